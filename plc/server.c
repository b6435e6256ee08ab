/* SPDX-License-Identifier: Apache-2.0
 *
 * The Modbus TCP server: one thread, one poll, non-blocking sockets, fixed buffers. A request that has arrived whole is
 * answered under the lock; half a request waits; a malformed one closes its connection; a reader that does not read
 * is not answered further until it does, and closed after a while. Nobody else notices.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "plc/handshake.h"
#include "plc/network.h"
#include "plc/pdu.h"
#include "plc/plc.h"

#define CLIENTS_MAX 64
#define HEADER 7               /* MBAP: transaction, protocol, length, unit */
#define FRAME_MAX (HEADER + OKNG_PDU_MAX)
#define ROOM (8 * FRAME_MAX)   /* each way and connection */
#define TICK_MS 20             /* for time-outs of the handshake and of connections */
#define STUCK_MS 5000          /* a reader that takes nothing for so long is closed */

struct client {
	int fd; /* -1: free */
	struct sockaddr_storage peer;
	int64_t heard_ms, stuck_ms;
	bool may_write, closing;
	size_t in, out;
	uint8_t rx[ROOM], tx[ROOM];
};

struct okng_plc {
	struct okng_plc_params params;
	struct okng_plc_handlers handlers;
	int units, listener, wake;
	unsigned short port;
	pthread_t thread;
	bool started;
	atomic_bool quit;
	pthread_mutex_t lock; /* units' handshakes */
	struct okng_handshake *unit;
	struct client *client;
	int writer; /* index of the client that owns the controls, -1: none */
	int64_t wrote_ms;
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(struct okng_plc *plc, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void say(struct okng_plc *plc, int level, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (plc->handlers.log)
		plc->handlers.log(plc->handlers.user, level, text);
}

static void drop(struct okng_plc *plc, struct client *c, const char *why)
{
	char name[80];
	okng_network_name(&c->peer, name, sizeof name);
	say(plc, LOG_INFO, "%s: connection closed: %s", name, why);
	close(c->fd);
	c->fd = -1;
	if (plc->writer == (int)(c - plc->client))
		plc->writer = -1;
}

static bool listed(char (*list)[64], int n, const struct sockaddr_storage *peer)
{
	for (int i = 0; i < n; i++)
		if (okng_network_holds(list[i], peer))
			return true;
	return n == 0;
}

static void accept_client(struct okng_plc *plc)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	int one = 1, fd = accept4(plc->listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char name[80];
	if (fd < 0)
		return;
	okng_network_name(&peer, name, sizeof name);
	struct client *c = NULL;
	for (int i = 0; i < plc->params.clients && !c; i++)
		if (plc->client[i].fd < 0)
			c = &plc->client[i];
	if (!c || !listed(plc->params.allow, plc->params.n_allow, &peer)) {
		say(plc, LOG_WARNING, "%s: refused: %s", name, c ? "not in plc.allow" : "too many connections (plc.clients)");
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->fd = fd;
	c->peer = peer;
	c->heard_ms = c->stuck_ms = now_ms();
	c->in = c->out = 0;
	c->closing = false;
	c->may_write = listed(plc->params.write_allow, plc->params.n_write_allow, &peer);
	say(plc, LOG_INFO, "%s: connected%s", name, c->may_write ? "" : ", may only read");
}

/* Rule 8: the first that writes owns the controls until it leaves or is silent for writer_s. */
static bool may_write(struct okng_plc *plc, struct client *c, int64_t now)
{
	int me = (int)(c - plc->client);
	if (!c->may_write)
		return false;
	if (plc->writer >= 0 && plc->writer != me &&
		(plc->params.writer_s == 0 || now - plc->wrote_ms < plc->params.writer_s * 1000LL))
		return false;
	if (plc->writer != me) {
		char name[80];
		okng_network_name(&c->peer, name, sizeof name);
		say(plc, LOG_NOTICE, "%s writes the controls now", name);
	}
	plc->writer = me;
	plc->wrote_ms = now;
	return true;
}

static void act(struct okng_plc *plc, int unit, const struct okng_handshake_actions *a)
{
	const struct okng_plc_handlers *h = &plc->handlers;
	if (a->offline)
		h->offline(h->user, unit, a->offline_value);
	if (a->clear_error)
		h->clear_error(h->user, unit);
	if (a->reset_counters)
		h->reset_counters(h->user, unit);
	if (a->trigger)
		h->trigger(h->user, unit, &a->asked);
	if (a->command)
		h->command(h->user, unit, a->code, a->id, a->args);
}

/* Answers one PDU for a unit; the length of the response, 0: malformed. */
static int answer(struct okng_plc *plc, struct client *c, int unit_id, const uint8_t *pdu, int size, uint8_t *response)
{
	int unit = unit_id == 0 || unit_id == 255 ? 0 : unit_id - 1;
	int64_t now = now_ms();
	bool wrote;
	if (unit >= plc->units)
		return okng_pdu_exception(pdu[0], OKNG_PDU_NO_TARGET, response);
	if (okng_pdu_writes(pdu[0]) && !may_write(plc, c, now))
		return okng_pdu_exception(pdu[0], OKNG_PDU_BUSY, response);
	struct okng_pdu_image image;
	struct okng_handshake_actions actions;
	pthread_mutex_lock(&plc->lock);
	struct okng_handshake *h = &plc->unit[unit];
	okng_handshake_tick(h, now);
	okng_handshake_registers(h, plc->params.word_order, now, image.input);
	image.discretes = okng_handshake_bits(h);
	memcpy(image.holding, h->holding, sizeof image.holding);
	int n = okng_pdu_answer(&image, pdu, size, response, &wrote);
	if (wrote) {
		okng_handshake_write(h, image.holding, plc->params.word_order, now, &actions);
		act(plc, unit, &actions);
	}
	pthread_mutex_unlock(&plc->lock);
	return n;
}

/* Answers every request that is whole; false: malformed, close. */
static bool answer_all(struct okng_plc *plc, struct client *c)
{
	size_t at = 0;
	bool good = true;
	while (good && c->in - at >= HEADER && c->out + FRAME_MAX <= ROOM) {
		const uint8_t *f = c->rx + at;
		unsigned protocol = (unsigned)f[2] << 8 | f[3], length = (unsigned)f[4] << 8 | f[5];
		if (protocol != 0 || length < 2 || length > 1 + OKNG_PDU_MAX)
			return false;
		if (c->in - at < 6 + length)
			break;
		uint8_t *r = c->tx + c->out;
		int n = answer(plc, c, f[6], f + HEADER, (int)length - 1, r + HEADER);
		good = n > 0;
		memcpy(r, f, 4);
		r[4] = (uint8_t)((n + 1) >> 8);
		r[5] = (uint8_t)(n + 1);
		r[6] = f[6];
		if (good)
			c->out += (size_t)(HEADER + n);
		at += 6 + length;
	}
	c->in -= at;
	memmove(c->rx, c->rx + at, c->in);
	return good;
}

static void send_some(struct okng_plc *plc, struct client *c)
{
	if (c->out == 0)
		return;
	ssize_t n = send(c->fd, c->tx, c->out, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		c->out -= (size_t)n;
		memmove(c->tx, c->tx + n, c->out);
		c->stuck_ms = now_ms();
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(plc, c, strerror(errno));
	}
}

static void receive(struct okng_plc *plc, struct client *c)
{
	ssize_t n = recv(c->fd, c->rx + c->in, ROOM - c->in, MSG_DONTWAIT);
	if (n == 0) {
		drop(plc, c, "by the peer");
		return;
	}
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			drop(plc, c, strerror(errno));
		return;
	}
	c->in += (size_t)n;
	c->heard_ms = now_ms();
	if (c->out == 0)
		c->stuck_ms = c->heard_ms;
}

static void serve(struct okng_plc *plc, struct client *c, short events)
{
	if (events & (POLLIN | POLLHUP | POLLERR))
		receive(plc, c);
	/* As long as answers leave room, for a full buffer of requests may be waiting. */
	for (size_t before = SIZE_MAX; c->fd >= 0 && c->in != before;) {
		before = c->in;
		if (!answer_all(plc, c)) {
			drop(plc, c, "malformed request");
			return;
		}
		send_some(plc, c);
	}
}

static void check_times(struct okng_plc *plc)
{
	int64_t now = now_ms();
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &plc->client[i];
		if (c->fd >= 0 && c->out && now - c->stuck_ms > STUCK_MS)
			drop(plc, c, "it does not read its answers");
		else if (c->fd >= 0 && plc->params.idle_s && now - c->heard_ms > plc->params.idle_s * 1000LL)
			drop(plc, c, "idle (plc.idle_s)");
	}
	pthread_mutex_lock(&plc->lock);
	for (int i = 0; i < plc->units; i++)
		okng_handshake_tick(&plc->unit[i], now);
	pthread_mutex_unlock(&plc->lock);
}

static void *server_main(void *arg)
{
	struct okng_plc *plc = arg;
	struct pollfd p[CLIENTS_MAX + 2];
	while (!atomic_load(&plc->quit)) {
		p[0] = (struct pollfd){.fd = plc->wake, .events = POLLIN};
		p[1] = (struct pollfd){.fd = plc->listener, .events = POLLIN};
		for (int i = 0; i < CLIENTS_MAX; i++) {
			struct client *c = &plc->client[i];
			short events = (short)((c->in < ROOM && c->out + FRAME_MAX <= ROOM ? POLLIN : 0) | (c->out ? POLLOUT : 0));
			p[2 + i] = (struct pollfd){.fd = c->fd, .events = events};
		}
		poll(p, CLIENTS_MAX + 2, TICK_MS);
		for (int i = 0; i < CLIENTS_MAX; i++)
			if (plc->client[i].fd >= 0 && p[2 + i].fd >= 0 && p[2 + i].revents)
				serve(plc, &plc->client[i], p[2 + i].revents);
		if (p[1].revents)
			accept_client(plc);
		check_times(plc);
	}
	return NULL;
}

int okng_plc_open(struct okng_plc **out, const struct okng_plc_params *params, int units, const struct okng_plc_handlers *handlers,
	char *why, size_t why_size)
{
	*out = NULL;
	struct okng_plc *plc = calloc(1, sizeof *plc);
	if (!plc)
		return -ENOMEM;
	plc->params = *params;
	plc->handlers = *handlers;
	plc->units = units;
	plc->port = params->port;
	plc->writer = -1;
	plc->wake = plc->listener = -1;
	pthread_mutex_init(&plc->lock, NULL);
	plc->unit = calloc((size_t)units, sizeof *plc->unit);
	plc->client = calloc(CLIENTS_MAX, sizeof *plc->client);
	int r = plc->unit && plc->client ? 0 : -ENOMEM;
	for (int i = 0; r == 0 && i < CLIENTS_MAX; i++)
		plc->client[i].fd = -1;
	if (r == 0 && (plc->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
		r = -errno;
	if (r == 0 && (plc->listener = okng_network_listen(params->bind, &plc->port)) < 0) {
		r = plc->listener;
		snprintf(why, why_size, "cannot listen on %s:%u: %s%s", params->bind, params->port,
			r == -EADDRINUSE ? "the port is in use" : strerror(-r),
			r == -EACCES ? " (ports below 1024 need CAP_NET_BIND_SERVICE)" : "");
	}
	if (r == 0) {
		r = -pthread_create(&plc->thread, NULL, server_main, plc);
		plc->started = r == 0;
	}
	if (r < 0)
		okng_plc_close(&plc);
	*out = plc;
	return r;
}

uint16_t okng_plc_port(const struct okng_plc *plc)
{
	return plc->port;
}

void okng_plc_close(struct okng_plc **out)
{
	struct okng_plc *plc = *out;
	*out = NULL;
	if (!plc)
		return;
	if (plc->started) {
		atomic_store(&plc->quit, true);
		uint64_t one = 1;
		ssize_t n = write(plc->wake, &one, sizeof one);
		(void)n;
		pthread_join(plc->thread, NULL);
	}
	for (int i = 0; plc->client && i < CLIENTS_MAX; i++)
		if (plc->client[i].fd >= 0)
			close(plc->client[i].fd);
	if (plc->listener >= 0)
		close(plc->listener);
	if (plc->wake >= 0)
		close(plc->wake);
	pthread_mutex_destroy(&plc->lock);
	free(plc->unit);
	free(plc->client);
	free(plc);
}

void okng_plc_set_status(struct okng_plc *plc, int unit, const struct okng_plc_status *status)
{
	pthread_mutex_lock(&plc->lock);
	okng_handshake_status(&plc->unit[unit], status);
	pthread_mutex_unlock(&plc->lock);
}

void okng_plc_heartbeat(struct okng_plc *plc, int unit)
{
	pthread_mutex_lock(&plc->lock);
	plc->unit[unit].beats++;
	pthread_mutex_unlock(&plc->lock);
}

void okng_plc_exposed(struct okng_plc *plc, int unit)
{
	pthread_mutex_lock(&plc->lock);
	okng_handshake_exposed(&plc->unit[unit]);
	pthread_mutex_unlock(&plc->lock);
}

void okng_plc_publish(struct okng_plc *plc, int unit, const struct okng_plc_result *result)
{
	pthread_mutex_lock(&plc->lock);
	okng_handshake_publish(&plc->unit[unit], result, now_ms());
	pthread_mutex_unlock(&plc->lock);
}

void okng_plc_command_done(struct okng_plc *plc, int unit, uint16_t id, uint16_t result)
{
	pthread_mutex_lock(&plc->lock);
	okng_handshake_command_done(&plc->unit[unit], id, result);
	pthread_mutex_unlock(&plc->lock);
}

void okng_plc_recipe_changed(struct okng_plc *plc, int unit)
{
	pthread_mutex_lock(&plc->lock);
	okng_handshake_recipe_changed(&plc->unit[unit]);
	pthread_mutex_unlock(&plc->lock);
}

uint32_t okng_plc_missed(struct okng_plc *plc, int unit)
{
	pthread_mutex_lock(&plc->lock);
	uint32_t n = plc->unit[unit].missed_count;
	pthread_mutex_unlock(&plc->lock);
	return n;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop. A connection asks for bytes only while it has room for answers, so a reader that does not read stops being
 * served, and is dropped when nothing moved for STALL_MS; half a request must be whole within HALF_MS. A connection gives
 * way after TURN requests, so that a busy one can't starve the others.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include "plc/net.h"
#include "plc/server.h"
#include "plc/stream.h"

#define CLIENTS_MAX 64
#define STALL_MS 3000
#define HALF_MS 5000
#define NO_FILES_MS 200 /* out of descriptors: accept again after */
#define TURN 16

struct conn {
	int fd; /* -1: free */
	struct okng_units_peer peer;
	char name[OKNG_NET_NAME];
	struct okng_stream stream;
	int64_t request_ms;  /* last whole request, or the connection's start */
	int64_t half_ms;     /* since when half a request lies there; -1 none */
	int64_t blocked_ms;  /* since when answers lie there and none could be sent; -1 none */
	bool turn_over;      /* whole requests are left for the next turn */
};

struct okng_server {
	struct okng_units *units;
	int listen_fd, wake_fd;
	uint16_t port;
	int dead_s;
	int64_t idle_ms, half_ms, accept_after_ms;
	struct okng_net_range allow[OKNG_PLC_ALLOW_MAX], write_allow[OKNG_PLC_ALLOW_MAX];
	int n_allow, n_write_allow;
	enum okng_word_order order;
	pthread_t thread;
	bool started;
	atomic_bool quit;
	int n_conns;
	struct conn conns[];
};

static void drop(struct okng_server *s, struct conn *c, int level, const char *reason)
{
	okng_units_gone(s->units, &c->peer);
	okng_units_log(s->units, level, "%s: %s", c->name, reason);
	close(c->fd);
	c->fd = -1;
}

static bool allowed(const struct okng_net_range *list, int n, const uint8_t address[16])
{
	for (int i = 0; i < n; i++)
		if (okng_net_range_holds(&list[i], address))
			return true;
	return n == 0;
}

/* false: the connection is gone. */
static bool flush(struct okng_server *s, struct conn *c, int64_t now)
{
	while (c->stream.n_out) {
		ssize_t n = send(c->fd, c->stream.out, c->stream.n_out, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (c->blocked_ms < 0)
				c->blocked_ms = now;
			return true;
		}
		if (n < 0) {
			drop(s, c, LOG_INFO, "connection lost");
			return false;
		}
		okng_stream_sent(&c->stream, (size_t)n);
		c->blocked_ms = -1;
	}
	c->blocked_ms = -1;
	return true;
}

/* Answers what lies there, a turn at most. false: the connection is gone. */
static bool serve(struct okng_server *s, struct conn *c, int64_t now)
{
	struct okng_adu adu;
	int r = 0;
	c->turn_over = false;
	for (int i = 0; okng_stream_can_answer(&c->stream) && (r = okng_stream_next(&c->stream, &adu)) > 0; i++) {
		if (i == TURN) {
			c->turn_over = true;
			break;
		}
		uint8_t answer[OKNG_PDU_MAX];
		int n = okng_units_request(s->units, &c->peer, adu.unit, adu.pdu, adu.size, answer);
		if (n < 0) {
			r = n;
			break;
		}
		okng_stream_answer(&c->stream, &adu, answer, (size_t)n);
		c->request_ms = now;
		c->half_ms = -1;
	}
	if (!flush(s, c, now))
		return false;
	if (r < 0) {
		drop(s, c, LOG_WARNING, "malformed request, closed");
		return false;
	}
	if (r == 0 && c->stream.n_in && c->half_ms < 0)
		c->half_ms = now;
	return true;
}

static void receive(struct okng_server *s, struct conn *c, int64_t now)
{
	struct okng_stream *st = &c->stream;
	ssize_t n = recv(c->fd, st->in + st->n_in, sizeof st->in - st->n_in, 0);
	if (n > 0) {
		st->n_in += (size_t)n;
		serve(s, c, now);
	} else if (n == 0) {
		drop(s, c, LOG_INFO, "disconnected");
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		drop(s, c, LOG_INFO, "connection lost");
	}
}

/* A free place. When there is none, those whose peer hung up since the last look are ended first, so that a storm of short
 * connections does not keep an honest one out. NULL: every place is taken. */
static struct conn *free_place(struct okng_server *s, int64_t now)
{
	struct pollfd fds[CLIENTS_MAX];
	for (struct conn *c = s->conns; c < s->conns + s->n_conns; c++)
		if (c->fd < 0)
			return c;
	for (int i = 0; i < s->n_conns; i++)
		fds[i] = (struct pollfd){.fd = s->conns[i].fd, .events = POLLRDHUP};
	struct conn *found = NULL;
	if (poll(fds, (nfds_t)s->n_conns, 0) > 0)
		for (int i = 0; i < s->n_conns; i++)
			if (fds[i].revents) {
				found = &s->conns[i];
				receive(s, found, now); /* what it asked before is done */
				if (found->fd >= 0)
					drop(s, found, LOG_INFO, "disconnected");
			}
	return found;
}

static void welcome(struct okng_server *s, int fd, const struct sockaddr_storage *from, int64_t now)
{
	uint8_t address[16];
	char name[OKNG_NET_NAME];
	okng_net_peer(from, address, name);
	bool may = allowed(s->allow, s->n_allow, address);
	struct conn *c = may ? free_place(s, now) : NULL;
	if (!c) {
		okng_units_log(s->units, LOG_WARNING, "%s: %s", name, may ? "refused, every connection is taken" : "refused, not in allow");
		close(fd);
		return;
	}
	okng_net_tune(fd, s->dead_s);
	memset(c, 0, sizeof *c);
	c->fd = fd;
	memcpy(c->name, name, sizeof c->name);
	c->peer = (struct okng_units_peer){okng_units_new_peer(s->units), allowed(s->write_allow, s->n_write_allow, address),
		c->name, s->order};
	c->request_ms = now;
	c->half_ms = c->blocked_ms = -1;
	okng_units_log(s->units, LOG_INFO, "%s: connected%s", name, c->peer.may_write ? "" : ", may only read");
}

static void accept_all(struct okng_server *s, int64_t now)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t size = sizeof from;
		int fd = accept4(s->listen_fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(s, fd, &from, now);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			s->accept_after_ms = now + NO_FILES_MS;
			okng_units_log(s->units, LOG_ERR, "cannot accept: %s", strerror(errno));
			return;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		}
	}
}

static short wanted(const struct conn *c)
{
	bool in = okng_stream_can_answer(&c->stream) && c->stream.n_in < sizeof c->stream.in;
	return (short)((in ? POLLIN : 0) | (c->stream.n_out ? POLLOUT : 0));
}

static void check_times(struct okng_server *s, struct conn *c, int64_t now)
{
	if (c->blocked_ms >= 0 && now - c->blocked_ms >= STALL_MS)
		drop(s, c, LOG_WARNING, "does not read its answers, closed");
	else if (c->half_ms >= 0 && now - c->half_ms >= s->half_ms)
		drop(s, c, LOG_WARNING, "half a request, closed");
	else if (s->idle_ms && now - c->request_ms >= s->idle_ms)
		drop(s, c, LOG_INFO, "silent, closed");
}

static void sooner(int64_t *next, int64_t at)
{
	if (*next < 0 || at < *next)
		*next = at;
}

static int poll_timeout(const struct okng_server *s, int64_t now, int64_t next)
{
	for (const struct conn *c = s->conns; c < s->conns + s->n_conns; c++) {
		if (c->fd < 0)
			continue;
		if (c->turn_over)
			return 0;
		if (c->blocked_ms >= 0)
			sooner(&next, c->blocked_ms + STALL_MS);
		if (c->half_ms >= 0)
			sooner(&next, c->half_ms + s->half_ms);
		if (s->idle_ms)
			sooner(&next, c->request_ms + s->idle_ms);
	}
	if (s->accept_after_ms > now)
		sooner(&next, s->accept_after_ms);
	return next < 0 ? -1 : next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
}

static void serve_conn(struct okng_server *s, struct conn *c, short events, int64_t now)
{
	if (events & POLLOUT && !flush(s, c, now))
		return;
	if (c->stream.n_in && (c->turn_over || events & POLLOUT) && !serve(s, c, now))
		return;
	/* An error or hang-up shows in recv, but only when there is room to ask for bytes. */
	if (events & (POLLIN | POLLHUP | POLLERR)) {
		if (wanted(c) & POLLIN)
			receive(s, c, now);
		else if (events & (POLLHUP | POLLERR))
			drop(s, c, LOG_INFO, "connection lost");
	}
}

static void *run(void *arg)
{
	struct okng_server *s = arg;
	struct pollfd fds[2 + CLIENTS_MAX];
	while (!atomic_load(&s->quit)) {
		int64_t next = okng_units_tick(s->units), now = okng_units_now_ms();
		fds[0] = (struct pollfd){.fd = s->wake_fd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = s->accept_after_ms > now ? -1 : s->listen_fd, .events = POLLIN};
		struct conn *of[2 + CLIENTS_MAX];
		nfds_t n = 2;
		for (struct conn *c = s->conns; c < s->conns + s->n_conns; c++)
			if (c->fd >= 0) {
				of[n] = c;
				fds[n++] = (struct pollfd){.fd = c->fd, .events = wanted(c)};
			}
		if (poll(fds, n, poll_timeout(s, now, next)) < 0)
			continue; /* EINTR, or no memory for a moment */
		now = okng_units_now_ms();
		if (fds[0].revents) {
			uint64_t count;
			if (read(s->wake_fd, &count, sizeof count) < 0)
				continue;
		}
		for (nfds_t i = 2; i < n; i++) {
			struct conn *c = of[i];
			if (fds[i].revents || c->turn_over)
				serve_conn(s, c, fds[i].revents, now);
			if (c->fd >= 0)
				check_times(s, c, now);
		}
		if (fds[1].revents)
			accept_all(s, now);
	}
	return NULL;
}

static int parse_ranges(const char (*texts)[64], int n, struct okng_net_range *out, char *why, size_t why_size)
{
	for (int i = 0; i < n; i++) {
		if (okng_net_range_parse(texts[i], &out[i]) < 0) {
			snprintf(why, why_size, "\"%s\" is not an address range like 192.168.1.0/24", texts[i]);
			return -EINVAL;
		}
	}
	return n;
}

static int start(struct okng_server *s, const struct okng_plc_params *p, char *why, size_t why_size)
{
	s->n_allow = parse_ranges(p->allow, p->n_allow, s->allow, why, why_size);
	if (s->n_allow < 0)
		return s->n_allow;
	s->n_write_allow = parse_ranges(p->write_allow, p->n_write_allow, s->write_allow, why, why_size);
	if (s->n_write_allow < 0)
		return s->n_write_allow;
	s->listen_fd = okng_net_listen(p->bind, &s->port);
	if (s->listen_fd < 0) {
		snprintf(why, why_size, "cannot listen on %s port %u: %s", p->bind, p->port, strerror(-s->listen_fd));
		return s->listen_fd;
	}
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = s->wake_fd < 0 ? -errno : 0;
	if (r == 0) {
		okng_units_listen(s->units, s->wake_fd, false);
		r = -pthread_create(&s->thread, NULL, run, s);
	}
	s->started = r == 0;
	if (r < 0)
		snprintf(why, why_size, "cannot start the link: %s", strerror(-r));
	return r;
}

int okng_server_open(struct okng_server **server, const struct okng_plc_params *p, struct okng_units *units, char *why,
	size_t why_size)
{
	*server = NULL;
	if (p->clients < 1 || p->clients > CLIENTS_MAX || p->n_allow < 0 || p->n_allow > OKNG_PLC_ALLOW_MAX ||
		p->n_write_allow < 0 || p->n_write_allow > OKNG_PLC_ALLOW_MAX || p->idle_s < 0 || p->writer_s < 0 || p->dead_s < 0) {
		snprintf(why, why_size, "connections must be 1 to %d, lists 0 to %d long, times not negative", CLIENTS_MAX,
			OKNG_PLC_ALLOW_MAX);
		return -EINVAL;
	}
	struct okng_server *s = calloc(1, sizeof *s + (size_t)p->clients * sizeof s->conns[0]);
	if (!s) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	s->units = units;
	s->listen_fd = s->wake_fd = -1;
	s->port = p->port;
	s->dead_s = p->dead_s;
	s->idle_ms = p->idle_s * INT64_C(1000);
	s->half_ms = s->idle_ms && s->idle_ms < HALF_MS ? s->idle_ms : HALF_MS;
	s->order = p->word_order;
	s->n_conns = p->clients;
	for (int i = 0; i < s->n_conns; i++)
		s->conns[i].fd = -1;
	int r = start(s, p, why, why_size);
	if (r < 0)
		okng_server_close(&s);
	*server = s;
	return r;
}

uint16_t okng_server_port(const struct okng_server *s)
{
	return s->port;
}

void okng_server_close(struct okng_server **server)
{
	struct okng_server *s = *server;
	*server = NULL;
	if (!s)
		return;
	if (s->started) {
		const uint64_t one = 1;
		atomic_store(&s->quit, true);
		while (write(s->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
			;
		pthread_join(s->thread, NULL);
	}
	for (int i = 0; i < s->n_conns; i++)
		if (s->conns[i].fd >= 0)
			close(s->conns[i].fd);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->wake_fd >= 0) {
		okng_units_unlisten(s->units, s->wake_fd);
		close(s->wake_fd);
	}
	free(s);
}

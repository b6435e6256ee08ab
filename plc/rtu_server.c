/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop reads what comes, and at each silence asks rtu.c whether that was a request. A frame is answered only after the
 * silence that ends it, which is also the pause that the bus needs before another talks.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plc/rtu.h"
#include "plc/rtu_server.h"
#include "plc/serial.h"

struct okng_rtu_server {
	struct okng_link link;
	struct okng_units_peer peer;
	struct okng_serial_params serial;
	unsigned unit;
	int64_t silence_ns;
	int fd;                /* -1: the device is not there */
	int64_t retry_ns;      /* then: when to try again */
	struct okng_rtu in;
	int64_t last_byte_ns;  /* of what lies in in */
	bool listening;        /* bytes came after which no silence was seen yet */
	uint8_t out[OKNG_RTU_MAX];
	size_t n_out, sent;
};

static void lose(struct okng_rtu_server *s, const char *why)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	okng_rtu_clear(&s->in);
	s->n_out = s->sent = 0;
	s->listening = false;
	okng_units_gone(s->link.units, &s->peer);
	s->retry_ns = okng_link_now_ns() + okng_link_down(&s->link, why) * INT64_C(1000000);
}

static void try_open(struct okng_rtu_server *s)
{
	char why[256] = "";
	okng_link_connecting(&s->link);
	s->fd = okng_serial_open(&s->serial, why, sizeof why);
	if (s->fd < 0) {
		s->fd = -1;
		lose(s, why);
	} else {
		okng_link_up(&s->link);
	}
}

static void flush(struct okng_rtu_server *s)
{
	while (s->sent < s->n_out) {
		ssize_t n = write(s->fd, s->out + s->sent, s->n_out - s->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			lose(s, strerror(errno));
			return;
		}
		s->sent += (size_t)n;
	}
	s->n_out = s->sent = 0;
}

static void broadcast(struct okng_rtu_server *s, const struct okng_rtu_frame *f)
{
	uint8_t unheard[OKNG_PDU_MAX];
	for (int i = 0; i < s->link.units->n; i++)
		okng_units_request(s->link.units, &s->peer, (uint8_t)(i + 1), f->pdu, f->size, unheard);
}

static void serve(struct okng_rtu_server *s, const struct okng_rtu_frame *f)
{
	uint8_t answer[OKNG_PDU_MAX];
	int n = okng_units_request(s->link.units, &s->peer, (uint8_t)(f->unit - s->unit + 1), f->pdu, f->size, answer);
	/* Malformed with a right CRC: the master is to blame, and hears so. */
	if (n < 0) {
		answer[0] = f->pdu[0] | 0x80;
		answer[1] = OKNG_PDU_ILLEGAL_VALUE;
		n = 2;
	}
	/* An answer not yet sent is one that its master gave up. */
	s->n_out = okng_rtu_frame(f->unit, answer, (size_t)n, s->out);
	s->sent = 0;
	if (s->serial.echo)
		okng_rtu_sent(&s->in, s->out, s->n_out);
	flush(s);
}

static void after_silence(struct okng_rtu_server *s, int64_t now)
{
	struct okng_rtu_frame f;
	s->listening = false;
	while (okng_rtu_request(&s->in, s->unit, (unsigned)s->link.units->n, &f)) {
		if (f.unit == 0)
			broadcast(s, &f);
		else
			serve(s, &f);
	}
	if (s->in.n && now - s->last_byte_ns >= s->silence_ns + OKNG_RTU_HOLD_MS * INT64_C(1000000))
		okng_rtu_clear(&s->in);
}

static void receive(struct okng_rtu_server *s)
{
	uint8_t bytes[OKNG_RTU_MAX];
	ssize_t n = read(s->fd, bytes, sizeof bytes);
	if (n > 0) {
		okng_rtu_put(&s->in, bytes, (size_t)n);
		s->last_byte_ns = okng_link_now_ns();
		s->listening = true;
	} else if (n == 0) {
		lose(s, "the device is gone");
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		lose(s, strerror(errno));
	}
}

static int64_t next_wake(const struct okng_rtu_server *s, int64_t tick_ms)
{
	int64_t until = tick_ms < 0 ? -1 : tick_ms * 1000000;
	if (s->fd < 0)
		okng_link_sooner(&until, s->retry_ns);
	else if (s->listening)
		okng_link_sooner(&until, s->last_byte_ns + s->silence_ns);
	else if (s->in.n)
		okng_link_sooner(&until, s->last_byte_ns + s->silence_ns + OKNG_RTU_HOLD_MS * INT64_C(1000000));
	return until;
}

static void *run(void *arg)
{
	struct okng_rtu_server *s = arg;
	while (!atomic_load(&s->link.quit)) {
		if (s->fd < 0 && okng_link_now_ns() >= s->retry_ns)
			try_open(s);
		int64_t until = next_wake(s, okng_units_tick(s->link.units));
		short got = okng_link_wait(&s->link, s->fd, (short)(POLLIN | (s->n_out ? POLLOUT : 0)), until);
		if (s->fd >= 0 && got & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
			receive(s);
		else if (s->fd >= 0 && s->in.n && okng_link_now_ns() >= s->last_byte_ns + s->silence_ns)
			after_silence(s, okng_link_now_ns());
		if (s->fd >= 0 && got & POLLOUT)
			flush(s);
	}
	return NULL;
}

int okng_rtu_server_open(struct okng_rtu_server **server, const struct okng_link_params *p, struct okng_units *units, char *why,
	size_t why_size)
{
	*server = NULL;
	if (!*p->serial.device || okng_serial_check_baud(p->serial.baud) < 0 || p->unit < 1 || p->unit + units->n - 1 > 247 ||
		p->retry_ms < 1 || p->retry_max_ms < p->retry_ms) {
		snprintf(why, why_size, "a device, a baud rate that the system has, units within 1 to 247 and waits are needed");
		return -EINVAL;
	}
	struct okng_rtu_server *s = calloc(1, sizeof *s);
	if (!s) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	s->fd = s->link.wake_fd = -1;
	s->link.units = units;
	s->link.retry_ms = p->retry_ms;
	s->link.retry_max_ms = p->retry_max_ms;
	snprintf(s->link.name, sizeof s->link.name, "%.31s%srtu-server %.127s", p->name, *p->name ? ", " : "", p->serial.device);
	s->serial = p->serial;
	s->unit = (unsigned)p->unit;
	s->silence_ns = okng_serial_silence_ns(&p->serial);
	s->peer = (struct okng_units_peer){okng_units_new_peer(units), true, s->link.name, p->word_order};
	int r = okng_link_start(&s->link, run, s, false, why, why_size);
	if (r < 0)
		okng_rtu_server_close(&s);
	*server = s;
	return r;
}

const struct okng_link *okng_rtu_server_link(const struct okng_rtu_server *s)
{
	return &s->link;
}

void okng_rtu_server_close(struct okng_rtu_server **server)
{
	struct okng_rtu_server *s = *server;
	*server = NULL;
	if (!s)
		return;
	okng_link_stop(&s->link);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

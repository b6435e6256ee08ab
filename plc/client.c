/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop for both transports: they differ in how the connection comes about, in the frame around a PDU, and in the silence
 * before a request on a serial line. A late answer is told from a fresh one by its transaction number on TCP; on a serial
 * line input is dropped before each request and the answer must fit what was asked.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "plc/client.h"
#include "plc/master.h"
#include "plc/net.h"
#include "plc/rtu.h"
#include "plc/serial.h"
#include "plc/stream.h"

#define MS INT64_C(1000000)

enum phase { APART, JOINING, JOINED };

struct okng_client {
	struct okng_link link;
	struct okng_units_peer peer;
	struct okng_link_params params;
	int unit;
	bool serial, refused; /* refused: another has the writer's place, said once */
	struct okng_master master;
	uint16_t old_seq;     /* the result shown when the link came up, where it answers no trigger of this PLC; not to be delivered late */

	enum phase phase;
	int fd;
	int64_t until_ns;     /* APART: next attempt; JOINING: its end; JOINED: of the wait for an answer */
	int64_t quiet_ns;     /* no request before */
	int64_t char_ns, silence_ns;
	bool asked;           /* a request is under way */
	int failures;         /* unanswered in a row */
	uint16_t transaction;
	uint8_t out[OKNG_STREAM_ADU];
	size_t n_out, sent;
	struct okng_stream in; /* TCP */
	struct okng_rtu rtu;   /* serial */
};

static void lose(struct okng_client *c, const char *why)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->phase == JOINED)
		okng_units_lost(c->link.units, &c->peer, c->master.delivered);
	c->phase = APART;
	c->asked = c->refused = false;
	c->failures = 0;
	c->n_out = c->sent = c->in.n_in = 0;
	okng_rtu_clear(&c->rtu);
	c->until_ns = okng_link_now_ns() + okng_link_down(&c->link, why) * MS;
}

static void joined(struct okng_client *c)
{
	c->phase = JOINED;
	c->quiet_ns = 0;
	struct okng_plc_image image;
	okng_units_image(c->link.units, c->unit, c->params.word_order, &image);
	bool ours = c->params.control && !okng_units_foreign(c->link.units, &c->peer, c->unit);
	c->old_seq = ours ? 0 : image.input[OKNG_INPUT_SEQ_HEAD];
	okng_master_reset(&c->master);
}

/* Where the PLC controls, the handshake drops what is old; a PLC that is only told, or comes back after another controlled,
 * must not take a result for news. */
static void hide_old(struct okng_client *c, uint16_t *input)
{
	if (!c->old_seq || input[OKNG_INPUT_SEQ_HEAD] != c->old_seq) {
		c->old_seq = 0;
		return;
	}
	okng_regmap_put_block(input, NULL, 0, c->params.word_order);
	uint32_t bits = okng_regmap_get_u32(input + OKNG_INPUT_STATUS_BITS, c->params.word_order);
	okng_regmap_put_u32(input + OKNG_INPUT_STATUS_BITS, bits & ~OKNG_MASTER_VERDICT_BITS, c->params.word_order);
}

static void join(struct okng_client *c)
{
	char why[256] = "";
	okng_link_connecting(&c->link);
	c->fd = c->serial ? okng_serial_open(&c->params.serial, why, sizeof why) : okng_net_connect(c->params.host, c->params.port);
	if (c->fd < 0) {
		const char *text = *why ? why : strerror(-c->fd);
		c->fd = -1;
		lose(c, text);
	} else if (c->serial) {
		joined(c);
	} else {
		okng_net_tune(c->fd, OKNG_NET_DEAD_S);
		c->phase = JOINING;
		c->until_ns = okng_link_now_ns() + c->params.response_ms * MS;
	}
}

static void end_joining(struct okng_client *c, short got)
{
	int err = 0;
	socklen_t size = sizeof err;
	if (got && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
		err = errno;
	if (err)
		lose(c, strerror(err));
	else if (got)
		joined(c);
	else if (okng_link_now_ns() >= c->until_ns)
		lose(c, "no connection in time");
}

static void flush(struct okng_client *c)
{
	while (c->sent < c->n_out) {
		ssize_t n = c->serial ? write(c->fd, c->out + c->sent, c->n_out - c->sent) :
			send(c->fd, c->out + c->sent, c->n_out - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			lose(c, strerror(errno));
			return;
		}
		c->sent += (size_t)n;
	}
	c->n_out = c->sent = 0;
}

static void send_request(struct okng_client *c, const uint8_t *pdu, size_t size, int64_t now)
{
	if (c->serial) {
		okng_serial_drop_input(c->fd);
		okng_rtu_clear(&c->rtu);
		c->n_out = okng_rtu_frame((uint8_t)c->params.unit, pdu, size, c->out);
		if (c->params.serial.echo)
			okng_rtu_sent(&c->rtu, c->out, c->n_out);
	} else {
		uint8_t *o = c->out;
		c->transaction++;
		o[0] = (uint8_t)(c->transaction >> 8);
		o[1] = (uint8_t)(c->transaction & 0xff);
		o[2] = o[3] = o[4] = 0;
		o[5] = (uint8_t)(size + 1);
		o[6] = (uint8_t)c->params.unit;
		memcpy(o + 7, pdu, size);
		c->n_out = size + 7;
	}
	c->sent = 0;
	c->asked = true;
	c->until_ns = now + c->params.response_ms * MS + (int64_t)c->n_out * c->char_ns;
	flush(c);
}

static void unanswered(struct okng_client *c, int64_t now)
{
	char why[96];
	snprintf(why, sizeof why, "no answer to function %u at %d for %d ms", c->master.function,
		c->master.function == c->params.read_function ? c->params.control_at : c->params.result_at, c->params.response_ms);
	okng_master_unanswered(&c->master);
	c->asked = false;
	c->quiet_ns = now + c->silence_ns;
	if (c->n_out) /* half a request is on its way, the next would be read as its rest */
		lose(c, "the request could not be sent");
	else if (c->in.n_in) /* and the next answer as the rest of this one */
		lose(c, "half an answer");
	else if (++c->failures >= c->params.tries)
		lose(c, why);
}

static void take_control(struct okng_client *c)
{
	struct okng_master *m = &c->master;
	int r = okng_units_control(c->link.units, &c->peer, c->unit, m->control, m->news, m->fresh);
	if (r < 0 && !c->refused)
		okng_units_log(c->link.units, LOG_WARNING, "%s: another has the writer's place, the control block of this PLC is ignored", c->link.name);
	c->refused = r < 0;
	m->fresh = r < 0; /* what it says while it is ignored is old when it is heard again */
}

static void take_exception(struct okng_client *c, uint8_t function, int64_t now)
{
	char why[128];
	snprintf(why, sizeof why, "the PLC answers exception %u to function %u at %d", c->master.exception, function,
		function == c->params.read_function ? c->params.control_at : c->params.result_at);
	/* Busy is an answer for a moment; everything else needs a person. */
	bool busy = c->master.exception == 5 || c->master.exception == 6;
	c->quiet_ns = now + c->params.poll_ms * MS + c->silence_ns;
	if (!busy || ++c->failures >= c->params.tries)
		lose(c, why);
}

/* -EPROTO: that was no answer to the request. */
static int take_answer(struct okng_client *c, const uint8_t *pdu, size_t size)
{
	uint8_t function = c->master.function;
	int64_t now = okng_link_now_ns();
	int r = okng_master_answer(&c->master, pdu, size);
	if (r < 0)
		return r;
	c->asked = false;
	c->quiet_ns = now + c->silence_ns;
	if (r == OKNG_MASTER_EXCEPTION) {
		take_exception(c, function, now);
		return 0;
	}
	c->failures = 0;
	if (r == OKNG_MASTER_CONTROL)
		take_control(c);
	if (okng_master_settled(&c->master))
		okng_link_up(&c->link);
	return 0;
}

static void receive_serial(struct okng_client *c)
{
	uint8_t bytes[OKNG_RTU_MAX];
	struct okng_rtu_frame f;
	ssize_t n = read(c->fd, bytes, sizeof bytes);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		lose(c, n == 0 ? "the device is gone" : strerror(errno));
		return;
	}
	if (n < 0)
		return;
	c->quiet_ns = okng_link_now_ns() + c->silence_ns;
	okng_rtu_put(&c->rtu, bytes, (size_t)n);
	if (c->asked && okng_rtu_answer(&c->rtu, (uint8_t)c->params.unit, c->master.function, &f))
		take_answer(c, f.pdu, f.size); /* what does not fit is noise: the wait goes on */
}

static void receive_tcp(struct okng_client *c)
{
	struct okng_adu adu;
	ssize_t n = recv(c->fd, c->in.in + c->in.n_in, sizeof c->in.in - c->in.n_in, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		lose(c, n == 0 ? "the PLC closed the connection" : strerror(errno));
		return;
	}
	c->in.n_in += n < 0 ? 0 : (size_t)n;
	int r = 0;
	while (c->phase == JOINED && (r = okng_stream_next(&c->in, &adu)) > 0) {
		struct okng_adu this = adu;
		uint8_t pdu[OKNG_PDU_MAX];
		memcpy(pdu, adu.pdu, adu.size);
		okng_stream_take(&c->in, &this);
		if (!c->asked || adu.transaction != c->transaction)
			continue; /* late: its request was given up */
		if (take_answer(c, pdu, adu.size) < 0)
			lose(c, "the answer does not fit the request");
	}
	if (c->phase == JOINED && r < 0)
		lose(c, "the answer is not Modbus TCP");
}

/* Sends what is due; returns when to look again. */
static int64_t go_on(struct okng_client *c, bool *owes)
{
	int64_t now = okng_link_now_ns(), then = -1;
	struct okng_plc_image image;
	if (c->asked && now >= c->until_ns)
		unanswered(c, now);
	if (c->phase != JOINED)
		return c->until_ns;
	okng_units_image(c->link.units, c->unit, c->params.word_order, &image);
	hide_old(c, image.input);
	*owes = okng_master_owes(&c->master, image.input);
	if (c->asked)
		return c->until_ns;
	if (now < c->quiet_ns)
		return c->quiet_ns;
	uint8_t pdu[OKNG_PDU_MAX];
	size_t n = okng_master_next(&c->master, image.input, now, pdu, &then);
	if (n == 0)
		return then;
	send_request(c, pdu, n, now);
	return c->until_ns;
}

static void *run(void *arg)
{
	struct okng_client *c = arg;
	int64_t end_ns = -1;
	for (;;) {
		bool owes = false;
		if (c->phase == APART && okng_link_now_ns() >= c->until_ns)
			join(c);
		int64_t until = c->phase == JOINED ? go_on(c, &owes) : c->until_ns;
		if (atomic_load(&c->link.quit)) {
			/* The last result still goes out, if that is possible at once. */
			if (end_ns < 0)
				end_ns = okng_link_now_ns() + c->params.response_ms * MS;
			if (atomic_load(&c->link.state) != OKNG_LINK_UP || !owes || okng_link_now_ns() >= end_ns)
				return NULL;
			okng_link_sooner(&until, end_ns);
		}
		int64_t tick = okng_units_tick(c->link.units);
		if (tick >= 0)
			okng_link_sooner(&until, tick * MS);
		short want = c->phase == JOINING || c->n_out ? POLLIN | POLLOUT : POLLIN;
		short got = okng_link_wait(&c->link, c->fd, want, until);
		if (c->phase == JOINING)
			end_joining(c, got);
		if (c->phase == JOINED && got & POLLOUT && c->n_out)
			flush(c);
		if (c->phase == JOINED && got & (POLLIN | POLLHUP | POLLERR | POLLNVAL) && c->serial)
			receive_serial(c);
		else if (c->phase == JOINED && got & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
			receive_tcp(c);
	}
}

static bool sound(const struct okng_link_params *p)
{
	bool serial = p->role == OKNG_LINK_RTU_CLIENT;
	if (serial ? !*p->serial.device || okng_serial_check_baud(p->serial.baud) < 0 || p->unit < 1 || p->unit > 247 :
		!*p->host || p->port == 0 || p->unit < 0 || p->unit > 255)
		return false;
	return (p->result_words == 64 || p->result_words == OKNG_MAP_INPUTS) && (p->read_function == 3 || p->read_function == 4) &&
		(p->write_function == 16 || p->write_function == 6) && p->write_max >= 1 && p->write_max <= 123 && p->poll_ms >= 1 &&
		p->response_ms >= 1 && p->tries >= 1 && p->retry_ms >= 1 && p->retry_max_ms >= p->retry_ms && p->control_at >= 0 &&
		p->control_at + OKNG_MAP_HOLDINGS <= 65536 && p->result_at >= 0 && p->result_at + p->result_words <= 65536;
}

int okng_client_open(struct okng_client **client, const struct okng_link_params *p, int unit, struct okng_units *units, char *why,
	size_t why_size)
{
	*client = NULL;
	if (unit < 0 || unit >= units->n) {
		snprintf(why, why_size, "there is no station %d", unit + 1);
		return -EINVAL;
	}
	if (!sound(p)) {
		snprintf(why, why_size, "a client needs its PLC's address or device, and numbers within their ranges");
		return -EINVAL;
	}
	struct okng_client *c = calloc(1, sizeof *c);
	if (!c) {
		snprintf(why, why_size, "no memory");
		return -ENOMEM;
	}
	c->fd = c->link.wake_fd = -1;
	c->params = *p;
	c->unit = unit;
	c->serial = p->role == OKNG_LINK_RTU_CLIENT;
	if (c->serial) {
		c->char_ns = okng_serial_char_ns(&p->serial);
		c->silence_ns = okng_serial_silence_ns(&p->serial);
		snprintf(c->link.name, sizeof c->link.name, "%.31s%srtu-client %.127s", p->name, *p->name ? ", " : "", p->serial.device);
	} else {
		snprintf(c->link.name, sizeof c->link.name, "%.31s%sclient %.63s:%u", p->name, *p->name ? ", " : "", p->host, p->port);
	}
	c->link.units = units;
	c->link.retry_ms = p->retry_ms;
	c->link.retry_max_ms = p->retry_max_ms;
	c->peer = (struct okng_units_peer){okng_units_new_peer(units), true, c->link.name, p->word_order};
	okng_master_init(&c->master, p);
	int r = okng_link_start(&c->link, run, c, true, why, why_size);
	if (r < 0)
		okng_client_close(&c);
	*client = c;
	return r;
}

const struct okng_link *okng_client_link(const struct okng_client *c)
{
	return &c->link;
}

int okng_client_unit(const struct okng_client *c)
{
	return c->unit;
}

void okng_client_close(struct okng_client **client)
{
	struct okng_client *c = *client;
	*client = NULL;
	if (!c)
		return;
	okng_link_stop(&c->link);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * One deadline for each call; every wait is a poll against what is left of it. See modbus.h.
 */
#include "cli/modbus.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/stop.h"


/* 0 when the socket is ready, -ETIMEDOUT, or -EINTR: it was told to stop. */
static int await(const struct okng_modbus *m, int fd, short events, int64_t end_ns)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = end_ns - okng_stop_now_ns();
		int n = m->stop && *m->stop ? -1 : poll(&p, 1, left <= 0 ? 0 : (int)((left + 999999) / 1000000));

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (m->stop && *m->stop)
			return -EINTR;
		if (errno != EINTR)
			return -errno;
	}
}

static int parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < 1 || n > 65535)
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

int okng_modbus_address(const char *text, char host[OKNG_MODBUS_HOST], uint16_t *port)
{
	const char *start = text, *end, *colon = strchr(text, ':');

	*port = OKNG_MODBUS_PORT;
	if (*text == '[') {
		start++;
		end = strchr(start, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && strchr(colon + 1, ':')) { /* IPv6 without brackets: no port */
		end = text + strlen(text);
		colon = NULL;
	} else {
		end = colon ? colon : text + strlen(text);
	}
	if (end == start || end - start >= OKNG_MODBUS_HOST)
		return -EINVAL;
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	return colon ? parse_port(colon + 1, port) : 0;
}

static int connect_one(const struct okng_modbus *m, const struct addrinfo *to, int64_t end_ns)
{
	int code = 0, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(code);

	if (fd < 0)
		return -errno;
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		code = errno;
	if (code == EINPROGRESS) {
		code = -await(m, fd, POLLOUT, end_ns);
		if (!code && getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
			code = errno;
	}
	if (!code)
		return fd;
	close(fd);
	return -code;
}

int okng_modbus_open(struct okng_modbus *m, const char *host, uint16_t port, int unit, int connect_ms, int response_ms,
	const volatile sig_atomic_t *stop)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM }, *all;
	int64_t end_ns = okng_stop_now_ns() + connect_ms * INT64_C(1000000);
	int fd = -EHOSTUNREACH, on = 1;
	char service[8];

	memset(m, 0, sizeof(*m));
	m->fd = -1;
	m->unit = (uint8_t)unit;
	m->response_ms = response_ms;
	m->stop = stop;
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &all))
		return -EHOSTUNREACH;
	for (const struct addrinfo *to = all; to && fd < 0 && fd != -EINTR && fd != -ETIMEDOUT; to = to->ai_next)
		fd = connect_one(m, to, end_ns);
	freeaddrinfo(all);
	if (fd < 0)
		return fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	m->fd = fd;
	return 0;
}

void okng_modbus_close(struct okng_modbus *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

static int transmit(struct okng_modbus *m, const uint8_t *frame, size_t size, int64_t end_ns)
{
	while (size) {
		ssize_t n = send(m->fd, frame, size, MSG_NOSIGNAL);
		int code = n >= 0 ? 0 : errno == EAGAIN ? await(m, m->fd, POLLOUT, end_ns) : errno == EINTR ? 0 : -errno;

		if (code)
			return code;
		if (n > 0) {
			frame += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Waits for one whole answer. */
static int receive(struct okng_modbus *m, struct okng_adu *adu, int64_t end_ns)
{
	struct okng_stream *s = &m->stream;

	for (;;) {
		ssize_t n;
		int code = okng_stream_next(s, adu);

		if (code)
			return code < 0 ? code : 0;
		code = await(m, m->fd, POLLIN, end_ns);
		if (code)
			return code;
		n = recv(m->fd, s->in + s->n_in, sizeof(s->in) - s->n_in, 0);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		s->n_in += n > 0 ? (size_t)n : 0;
	}
}

int okng_modbus_parse(const uint8_t *request, const uint8_t *answer, size_t size, size_t count, const uint8_t **data)
{
	if (size == 2 && answer[0] == (request[0] | 0x80) && answer[1])
		return answer[1];
	if (size < 2 || answer[0] != request[0])
		return -EPROTO;
	*data = answer + 2;
	if (count)
		return answer[1] == count && size == 2 + count ? 0 : -EPROTO;
	return size == 5 && memcmp(answer, request, 5) == 0 ? 0 : -EPROTO;
}

/* Sends a PDU and takes its answer off the stream; out gets count bytes of data. */
static int ask(struct okng_modbus *m, const uint8_t *pdu, size_t size, size_t count, uint8_t *out)
{
	int64_t end_ns = okng_stop_now_ns() + m->response_ms * INT64_C(1000000);
	uint8_t frame[OKNG_STREAM_ADU] = { 0 };
	const uint8_t *data;
	struct okng_adu adu;
	int code;

	if (m->fd < 0)
		return -ENOTCONN;
	if (m->stream.n_in) /* an answer to nothing */
		return -EPROTO;
	m->transaction++;
	frame[0] = (uint8_t)(m->transaction >> 8);
	frame[1] = (uint8_t)(m->transaction & 0xff);
	frame[5] = (uint8_t)(size + 1);
	frame[6] = m->unit;
	memcpy(frame + 7, pdu, size);
	m->sent_ns = okng_stop_now_ns();
	code = transmit(m, frame, 7 + size, end_ns);
	if (!code)
		code = receive(m, &adu, end_ns);
	m->seen_ns = okng_stop_now_ns();
	if (code)
		return code;
	if (adu.transaction != m->transaction || adu.unit != m->unit)
		return -EPROTO;
	code = okng_modbus_parse(pdu, adu.pdu, adu.size, count, &data);
	if (code == 0 && count)
		memcpy(out, data, count);
	okng_stream_take(&m->stream, &adu);
	return code;
}

static void put_head(uint8_t *pdu, int function, unsigned at, unsigned n)
{
	pdu[0] = (uint8_t)function;
	pdu[1] = (uint8_t)(at >> 8);
	pdu[2] = (uint8_t)(at & 0xff);
	pdu[3] = (uint8_t)(n >> 8);
	pdu[4] = (uint8_t)(n & 0xff);
}

int okng_modbus_read_bits(struct okng_modbus *m, enum okng_map_table table, uint16_t at, uint16_t n, uint32_t *bits)
{
	uint8_t pdu[5], data[4] = { 0 };
	int code;

	assert(n >= 1 && n <= 32 && (table == OKNG_TABLE_COIL || table == OKNG_TABLE_DISCRETE));
	put_head(pdu, table == OKNG_TABLE_COIL ? 1 : 2, at, n);
	code = ask(m, pdu, sizeof(pdu), (n + 7u) / 8, data);
	if (code == 0)
		*bits = (data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24) & (UINT32_MAX >> (32 - n));
	return code;
}

int okng_modbus_read_words(struct okng_modbus *m, enum okng_map_table table, uint16_t at, uint16_t n, uint16_t *words)
{
	uint8_t pdu[5], data[250];
	int code;

	assert(n >= 1 && n <= 125 && (table == OKNG_TABLE_INPUT || table == OKNG_TABLE_HOLDING));
	put_head(pdu, table == OKNG_TABLE_HOLDING ? 3 : 4, at, n);
	code = ask(m, pdu, sizeof(pdu), 2u * n, data);
	for (unsigned i = 0; code == 0 && i < n; i++)
		words[i] = (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
	return code;
}

int okng_modbus_write_words(struct okng_modbus *m, uint16_t at, uint16_t n, const uint16_t *words)
{
	uint8_t pdu[6 + 2 * 123];

	assert(n >= 1 && n <= 123);
	if (n == 1) {
		put_head(pdu, 6, at, words[0]);
		return ask(m, pdu, 5, 0, NULL);
	}
	put_head(pdu, 16, at, n);
	pdu[5] = (uint8_t)(2 * n);
	for (unsigned i = 0; i < n; i++) {
		pdu[6 + 2 * i] = (uint8_t)(words[i] >> 8);
		pdu[7 + 2 * i] = (uint8_t)(words[i] & 0xff);
	}
	return ask(m, pdu, 6 + 2u * n, 0, NULL);
}

int okng_modbus_write_coil(struct okng_modbus *m, uint16_t at, bool on)
{
	uint8_t pdu[5];

	put_head(pdu, 5, at, on ? 0xff00 : 0);
	return ask(m, pdu, sizeof(pdu), 0, NULL);
}

const char *okng_modbus_text(int code)
{
	static const char *const exceptions[] = {
		[1] = "exception 1 (illegal function)", [2] = "exception 2 (illegal data address)",
		[3] = "exception 3 (illegal data value)", [4] = "exception 4 (server device failure)",
		[5] = "exception 5 (acknowledge)", [6] = "exception 6 (server device busy)",
		[8] = "exception 8 (memory parity error)", [10] = "exception 10 (gateway path unavailable)",
		[11] = "exception 11 (gateway target device failed to respond)",
	};

	switch (code) {
	case -ETIMEDOUT: return "no answer in time";
	case -EPROTO: return "the answer is not Modbus TCP, or not to what was asked";
	case -ECONNRESET: return "the connection was closed";
	case -EHOSTUNREACH: return "no such host, or no way to it";
	}
	if (code <= 0)
		return strerror(-code);
	if ((size_t)code < sizeof(exceptions) / sizeof(exceptions[0]) && exceptions[code])
		return exceptions[code];
	return "an unknown exception";
}

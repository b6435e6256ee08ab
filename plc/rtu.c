/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that is late sees several frames as one burst: whole requests at its front are told apart by their lengths. A frame
 * found behind other bytes must have its CRC, its unit and exactly the length that its function implies; that noise
 * does so by chance is about one in 10^11 bursts. A frame which starts the burst needs the CRC and the unit only, so
 * that a function we do not know is answered with its exception.
 */
#include <string.h>

#include "plc/rtu.h"

#define SHORTEST 4

uint16_t okng_rtu_crc(const uint8_t *bytes, size_t n)
{
	unsigned crc = 0xffff;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return (uint16_t)crc;
}

int64_t okng_rtu_char_ns(int baud, bool parity, int stop_bits)
{
	return (parity || stop_bits == 2 ? 11 : 10) * INT64_C(1000000000) / baud;
}

int64_t okng_rtu_silence_ns(int baud, int64_t char_ns)
{
	return baud > 19200 ? 1750000 : char_ns * 7 / 2;
}

static void drop_taken(struct okng_rtu *r)
{
	r->n -= r->taken;
	memmove(r->bytes, r->bytes + r->taken, r->n);
	r->taken = 0;
}

void okng_rtu_clear(struct okng_rtu *r)
{
	r->n = r->taken = r->n_echo = 0;
}

void okng_rtu_sent(struct okng_rtu *r, const uint8_t *bytes, size_t n)
{
	r->n_echo = n < sizeof r->echo ? n : sizeof r->echo;
	r->heard = 0;
	memcpy(r->echo, bytes, r->n_echo);
}

static void append(struct okng_rtu *r, const uint8_t *bytes, size_t n)
{
	if (n > sizeof r->bytes) {
		bytes += n - sizeof r->bytes;
		n = sizeof r->bytes;
	}
	if (r->n + n > sizeof r->bytes) {
		size_t drop = r->n + n - sizeof r->bytes;
		r->n -= drop;
		memmove(r->bytes, r->bytes + drop, r->n);
	}
	memcpy(r->bytes + r->n, bytes, n);
	r->n += n;
}

void okng_rtu_put(struct okng_rtu *r, const uint8_t *bytes, size_t n)
{
	drop_taken(r);
	for (; n && r->heard < r->n_echo && *bytes == r->echo[r->heard]; bytes++, n--)
		r->heard++;
	if (n && r->heard < r->n_echo) /* not our echo after all: what was left out is another's */
		append(r, r->echo, r->heard);
	if (n)
		r->n_echo = 0;
	append(r, bytes, n);
}

static bool whole(const uint8_t *frame, size_t n)
{
	if (n < SHORTEST || n > OKNG_RTU_MAX)
		return false;
	uint16_t crc = okng_rtu_crc(frame, n - 2);
	return frame[n - 2] == (crc & 0xff) && frame[n - 1] == crc >> 8;
}

/* Length of the frame that a request starts; 0: more bytes must tell; -1: no function with a known length. */
static int request_length(const uint8_t *f, size_t n)
{
	if (n < 2)
		return 0;
	switch (f[1]) {
	case 1: case 2: case 3: case 4: case 5: case 6:
		return 8;
	case 15: case 16:
		return n < 7 ? 0 : 9 + f[6];
	case 22:
		return 10;
	case 23:
		return n < 11 ? 0 : 13 + f[10];
	default:
		return -1;
	}
}

/* Length of the frame that an answer starts; as above. */
static int answer_length(const uint8_t *f, size_t n)
{
	if (n < 2)
		return 0;
	if (f[1] & 0x80)
		return 5;
	switch (f[1]) {
	case 1: case 2: case 3: case 4: case 23:
		return n < 3 ? 0 : 5 + f[2];
	case 5: case 6: case 15: case 16:
		return 8;
	case 22:
		return 10;
	default:
		return -1;
	}
}

static bool ours(uint8_t unit, unsigned first, unsigned units)
{
	return unit == 0 || (unit >= first && unit - first < units);
}

static int take(struct okng_rtu *r, size_t at, size_t length, struct okng_rtu_frame *frame)
{
	frame->unit = r->bytes[at];
	frame->pdu = r->bytes + at + 1;
	frame->size = length - 3;
	r->taken = at + length;
	return 1;
}

int okng_rtu_request(struct okng_rtu *r, unsigned first, unsigned units, struct okng_rtu_frame *frame)
{
	const uint8_t *b = r->bytes;
	bool half = false;
	drop_taken(r);
	if (whole(b, r->n)) {
		if (ours(b[0], first, units))
			return take(r, 0, r->n, frame);
		r->n = 0;
		return 0;
	}
	size_t from = 0;
	for (int length; (length = request_length(b + from, r->n - from)) > 0 && (size_t)length < r->n - from && whole(b + from, (size_t)length);) {
		if (b[from] == 0)
			return take(r, from, (size_t)length, frame);
		from += (size_t)length;
	}
	for (size_t i = from; i < r->n; i++) {
		size_t left = r->n - i;
		int known = request_length(b + i, left);
		if (known < 0 || known > OKNG_RTU_MAX || !ours(b[i], first, units))
			continue;
		size_t length = (size_t)known;
		if (length == 0 || length > left)
			half = true;
		else if (length == left && whole(b + i, length))
			return take(r, i, length, frame);
	}
	if (!half)
		r->n = 0;
	return 0;
}

int okng_rtu_answer(struct okng_rtu *r, uint8_t unit, uint8_t function, struct okng_rtu_frame *frame)
{
	const uint8_t *b = r->bytes;
	drop_taken(r);
	for (size_t i = 0; i + SHORTEST <= r->n; i++) {
		if (b[i] != unit || (b[i + 1] & 0x7f) != function)
			continue;
		int length = answer_length(b + i, r->n - i);
		if (length > 0 && length <= OKNG_RTU_MAX && (size_t)length <= r->n - i && whole(b + i, (size_t)length))
			return take(r, i, (size_t)length, frame);
	}
	return 0;
}

size_t okng_rtu_frame(uint8_t unit, const uint8_t *pdu, size_t size, uint8_t frame[OKNG_RTU_MAX])
{
	frame[0] = unit;
	memcpy(frame + 1, pdu, size);
	uint16_t crc = okng_rtu_crc(frame, size + 1);
	frame[size + 1] = (uint8_t)(crc & 0xff);
	frame[size + 2] = (uint8_t)(crc >> 8);
	return size + 3;
}

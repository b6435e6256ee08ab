/* SPDX-License-Identifier: Apache-2.0
 *
 * The MBAP header: transaction, protocol (0), length of what follows (2 to 254), unit. Nonsense is refused as soon as its
 * bytes are there, without waiting for a length that will never come.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "plc/stream.h"

#define HEADER 7

int okng_stream_next(const struct okng_stream *s, struct okng_adu *adu)
{
	const uint8_t *p = s->in;
	if ((s->n_in > 2 && p[2]) || (s->n_in > 3 && p[3]) || (s->n_in > 4 && p[4]))
		return -EPROTO;
	if (s->n_in > 5 && (p[5] < 2 || p[5] > 254))
		return -EPROTO;
	if (s->n_in < HEADER || s->n_in < 6u + p[5])
		return 0;
	adu->transaction = (uint16_t)(p[0] << 8 | p[1]);
	adu->unit = p[6];
	adu->pdu = p + HEADER;
	adu->size = p[5] - 1u;
	return 1;
}

void okng_stream_take(struct okng_stream *s, const struct okng_adu *adu)
{
	size_t taken = HEADER + adu->size;
	s->n_in -= taken;
	memmove(s->in, s->in + taken, s->n_in);
}

bool okng_stream_can_answer(const struct okng_stream *s)
{
	return OKNG_STREAM_OUT - s->n_out >= OKNG_STREAM_ADU;
}

void okng_stream_answer(struct okng_stream *s, const struct okng_adu *adu, const uint8_t *pdu, size_t size)
{
	assert(size && size <= OKNG_STREAM_ADU - HEADER && okng_stream_can_answer(s));
	uint8_t *o = s->out + s->n_out;
	o[0] = (uint8_t)(adu->transaction >> 8);
	o[1] = (uint8_t)(adu->transaction & 0xff);
	o[2] = o[3] = o[4] = 0;
	o[5] = (uint8_t)(size + 1);
	o[6] = adu->unit;
	memcpy(o + HEADER, pdu, size);
	s->n_out += HEADER + size;
	okng_stream_take(s, adu);
}

void okng_stream_sent(struct okng_stream *s, size_t n)
{
	assert(n <= s->n_out);
	s->n_out -= n;
	memmove(s->out, s->out + n, s->n_out);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of one Modbus TCP connection into requests and back, pure: any split of the byte stream gives the same requests.
 * What a master receives has the same form.
 * Both buffers are fixed, so that no peer can make the server hold more.
 */
#ifndef OKNG_PLC_STREAM_H
#define OKNG_PLC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OKNG_STREAM_ADU 260 /* header of 7 bytes, PDU of 253 */
#define OKNG_STREAM_IN (8 * OKNG_STREAM_ADU)
#define OKNG_STREAM_OUT (32 * OKNG_STREAM_ADU)

struct okng_stream {
	uint8_t in[OKNG_STREAM_IN], out[OKNG_STREAM_OUT];
	size_t n_in, n_out;
};

struct okng_adu {
	uint16_t transaction;
	uint8_t unit;
	const uint8_t *pdu; /* into the stream's buffer, until okng_stream_answer */
	size_t size;        /* of the PDU, 1 to 253 */
};

/* 1: a request is there; 0: more bytes are needed; -EPROTO: the stream is not Modbus TCP. */
int okng_stream_next(const struct okng_stream *s, struct okng_adu *adu);

/* Takes it off without an answer. */
void okng_stream_take(struct okng_stream *s, const struct okng_adu *adu);

/* There is room for one more answer of any size. */
bool okng_stream_can_answer(const struct okng_stream *s);

/* Takes the request off and appends its answer. okng_stream_can_answer must be true. */
void okng_stream_answer(struct okng_stream *s, const struct okng_adu *adu, const uint8_t *pdu, size_t size);

/* n bytes of out were sent. */
void okng_stream_sent(struct okng_stream *s, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Modbus RTU frames, pure: bytes with the silences between them become frames. By the specification (Modbus over Serial
 * Line V1.02, 2.5.1.1) a frame ends with a silence of 3.5 characters. Adapters and schedulers cut and join bursts, so
 * the length that a request's function implies and the CRC help: a frame cut in two is kept for a while, and behind noise
 * or frames of others the last bytes are searched for a whole one.
 */
#ifndef OKNG_PLC_RTU_H
#define OKNG_PLC_RTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plc/pdu.h"

#define OKNG_RTU_MAX 256      /* unit, PDU of at most 253, CRC */
#define OKNG_RTU_HOLD_MS 50   /* so long half a frame waits for the rest */

struct okng_rtu {
	uint8_t bytes[2 * OKNG_RTU_MAX]; /* the latest; older ones fell off */
	size_t n, taken; /* taken: from the front, as a frame whose user is not done yet */
	uint8_t echo[OKNG_RTU_MAX]; /* what we sent and will hear */
	size_t n_echo, heard;
};

struct okng_rtu_frame {
	uint8_t unit;
	const uint8_t *pdu; /* into the reader, until its next call */
	size_t size;        /* 1 to 253 */
};

/* CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first. */
uint16_t okng_rtu_crc(const uint8_t *bytes, size_t n);

/* Duration of a character in ns (start, 8 data, parity or a second stop bit, stop: 11 bits; 10 without either). */
int64_t okng_rtu_char_ns(int baud, bool parity, int stop_bits);
/* The silence that ends a frame: 3.5 characters, above 19200 baud always 1.75 ms. */
int64_t okng_rtu_silence_ns(int baud, int64_t char_ns);

void okng_rtu_clear(struct okng_rtu *r);
/* The next bytes that come are those just sent, from an adapter that hears itself: they are left out. Where something else comes
 * first, nothing is. */
void okng_rtu_sent(struct okng_rtu *r, const uint8_t *bytes, size_t n);
void okng_rtu_put(struct okng_rtu *r, const uint8_t *bytes, size_t n);

/* After a silence, again and again until 0: 1 with the request of a master, whose unit is first to first + units - 1 or 0
 * (broadcast). 0: none, and what was not for us or not whole is gone unless it may be half a frame, which stays. A request
 * for one station with another behind it is left out: its master has given it up, or the other would not be there. */
int okng_rtu_request(struct okng_rtu *r, unsigned first, unsigned units, struct okng_rtu_frame *frame);

/* At any time: 1 when the answer of unit to a request with that function is whole. 0: not yet. */
int okng_rtu_answer(struct okng_rtu *r, uint8_t unit, uint8_t function, struct okng_rtu_frame *frame);

/* unit, PDU, CRC; size of the frame. */
size_t okng_rtu_frame(uint8_t unit, const uint8_t *pdu, size_t size, uint8_t frame[OKNG_RTU_MAX]);

#endif

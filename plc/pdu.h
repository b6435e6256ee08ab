/* SPDX-License-Identifier: Apache-2.0
 *
 * Modbus application protocol, server side, pure: a request's bytes become a struct, the struct and a register image
 * become the answer's bytes. Between the two the caller applies the write (if any) as one event, so that a request is
 * all or nothing and a read in the same request (FC 23) sees what the write did.
 *
 * Why not modbus_reply of libmodbus: it sends from within (blocking, select), writes a mapping word by word with no place
 * to see a write as one event, to refuse a writer or to answer exception 6, and it can't be fed from our own buffers.
 */
#ifndef OKNG_PLC_PDU_H
#define OKNG_PLC_PDU_H

#include <stddef.h>
#include <stdint.h>

#include "plc/regmap.h"

#define OKNG_PDU_MAX 253

enum okng_pdu_exception {
	OKNG_PDU_ILLEGAL_FUNCTION = 1,
	OKNG_PDU_ILLEGAL_ADDRESS = 2,
	OKNG_PDU_ILLEGAL_VALUE = 3,
	OKNG_PDU_BUSY = 6,           /* another client holds the writer's place */
	OKNG_PDU_GATEWAY_TARGET = 11 /* no such unit */
};

struct okng_pdu {
	uint8_t function;
	uint8_t exception;  /* 0, or what to answer; then the rest is void */
	enum okng_map_table table;
	uint16_t read_at, read_count;
	uint32_t written;   /* bit i: holding register i; 0: none of them. Coils are written as CONTROL_BITS */
	uint16_t words[OKNG_MAP_HOLDINGS];
	uint16_t n_limits;  /* words of limits there are */
	uint16_t limit_at, limit_count; /* limits written: words from OKNG_MAP_LIMITS + limit_at; whole ones; count 0: none */
	uint16_t limits[2 * OKNG_PLC_LIMITS_MAX];
	uint8_t echo[6];    /* what the answer to a write repeats */
	uint8_t echo_size;
};

/* holding: the present content (coils and masks build on it). limits: how many the recipe opens. 0 (look at exception), or
 * -EPROTO when the length fits no request of this function: the frame is malformed. */
int okng_pdu_parse(const uint8_t *request, size_t size, const uint16_t holding[OKNG_MAP_HOLDINGS], int limits,
	struct okng_pdu *pdu);

/* The request would change something. */
static inline bool okng_pdu_writes(const struct okng_pdu *pdu)
{
	return !pdu->exception && (pdu->written || pdu->limit_count);
}

/* The answer's size, 2 to OKNG_PDU_MAX. */
size_t okng_pdu_answer(const struct okng_pdu *pdu, const struct okng_plc_image *image, uint8_t answer[OKNG_PDU_MAX]);

#endif

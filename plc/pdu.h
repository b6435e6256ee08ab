/* SPDX-License-Identifier: Apache-2.0
 *
 * One Modbus request answered, as a pure function: bytes and register image in, bytes and written registers out (MODBUS
 * Application Protocol V1.1b3). libmodbus's own reply path writes into a mapping register by register and sends with
 * blocking calls; the handshake needs each request as one event and the server must never wait for a slow reader, so
 * this part is ours.
 */
#ifndef OKNG_PLC_PDU_H
#define OKNG_PLC_PDU_H

#include <stdbool.h>
#include <stdint.h>

#include "plc/regmap.h"

#define OKNG_PDU_MAX 253 /* bytes of a PDU */

enum okng_pdu_exception {
	OKNG_PDU_ILLEGAL_FUNCTION = 1,
	OKNG_PDU_ILLEGAL_ADDRESS = 2,
	OKNG_PDU_ILLEGAL_VALUE = 3,
	OKNG_PDU_BUSY = 6,
	OKNG_PDU_NO_TARGET = 11,
};

struct okng_pdu_image {
	uint16_t input[OKNG_INPUT_REGISTERS];
	uint32_t discretes;
	uint16_t holding[OKNG_HOLDING_REGISTERS]; /* changed by writes; coils are the bits of holding[0] */
};

/* Does this function code write? */
bool okng_pdu_writes(uint8_t function);

/* Answers request[0..size) (function code first, at least one byte) into response (OKNG_PDU_MAX bytes); *wrote tells whether
 * holding was written (also with the same values). A request whose length does not fit its function: 0, the connection
 * is to be closed. Else the length of the response, an exception included. */
int okng_pdu_answer(struct okng_pdu_image *image, const uint8_t *request, int size, uint8_t *response, bool *wrote);

/* An exception response; 2. */
int okng_pdu_exception(uint8_t function, enum okng_pdu_exception code, uint8_t *response);

#endif

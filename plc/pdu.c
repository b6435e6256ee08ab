/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses are checked before anything is read or written: a request is answered whole or refused whole.
 */
#include "plc/pdu.h"

#include <string.h>

#define READ_BITS_MAX 2000
#define READ_REGISTERS_MAX 125
#define WRITE_BITS_MAX 1968
#define WRITE_REGISTERS_MAX 123
#define READ_WRITE_MAX 121

enum { READ_COILS = 1, READ_DISCRETES = 2, READ_HOLDING = 3, READ_INPUT = 4, WRITE_COIL = 5, WRITE_REGISTER = 6,
	WRITE_COILS = 15, WRITE_REGISTERS = 16, MASK_WRITE = 22, READ_WRITE = 23 };

static uint16_t word(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put_word(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

bool okng_pdu_writes(uint8_t f)
{
	return f == WRITE_COIL || f == WRITE_REGISTER || f == WRITE_COILS || f == WRITE_REGISTERS || f == MASK_WRITE || f == READ_WRITE;
}

int okng_pdu_exception(uint8_t function, enum okng_pdu_exception code, uint8_t *response)
{
	response[0] = function | 0x80;
	response[1] = (uint8_t)code;
	return 2;
}

static int read_bits(uint32_t bits, uint32_t room, const uint8_t *req, uint8_t *res)
{
	uint32_t first = word(req + 1), n = word(req + 3);
	if (n < 1 || n > READ_BITS_MAX)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	if (first + n > room)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	int bytes = (int)(n + 7) / 8;
	uint32_t out = bits >> first & (n == 32 ? UINT32_MAX : ((uint32_t)1 << n) - 1);
	res[0] = req[0];
	res[1] = (uint8_t)bytes;
	for (int i = 0; i < bytes; i++)
		res[2 + i] = (uint8_t)(out >> (8 * i));
	return 2 + bytes;
}

/* Where registers [first, first + n) of the holding space lie; NULL: not all in one block. */
static const uint16_t *find_holding(const struct okng_pdu_image *image, uint32_t first, uint32_t n)
{
	if (first + n <= OKNG_HOLDING_REGISTERS)
		return image->holding + first;
	if (first >= OKNG_INPUT_COPY && first + n <= OKNG_INPUT_COPY + OKNG_INPUT_REGISTERS)
		return image->input + (first - OKNG_INPUT_COPY);
	return NULL;
}

static int read_registers(const struct okng_pdu_image *image, const uint8_t *req, uint8_t *res, uint32_t most)
{
	uint32_t first = word(req + 1), n = word(req + 3);
	if (n < 1 || n > most)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	const uint16_t *regs = req[0] != READ_INPUT ? find_holding(image, first, n) :
		first + n <= OKNG_INPUT_REGISTERS ? image->input + first : NULL;
	if (!regs)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	res[0] = req[0];
	res[1] = (uint8_t)(2 * n);
	for (uint32_t i = 0; i < n; i++)
		put_word(res + 2 + 2 * i, regs[i]);
	return (int)(2 + 2 * n);
}

static void put_coil(struct okng_pdu_image *image, uint32_t at, bool on)
{
	uint16_t bit = (uint16_t)(1u << at), *bits = &image->holding[OKNG_HR_CONTROL_BITS];
	*bits = (uint16_t)(on ? *bits | bit : *bits & ~bit);
}

static int echo(const uint8_t *req, int size, uint8_t *res)
{
	memcpy(res, req, (size_t)size);
	return size;
}

static int write_coil(struct okng_pdu_image *image, const uint8_t *req, uint8_t *res, bool *wrote)
{
	uint16_t at = word(req + 1), value = word(req + 3);
	if (value != 0 && value != 0xff00)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	if (at >= OKNG_COILS)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	put_coil(image, at, value != 0);
	*wrote = true;
	return echo(req, 5, res);
}

static int write_coils(struct okng_pdu_image *image, const uint8_t *req, int size, uint8_t *res, bool *wrote)
{
	uint32_t first = word(req + 1), n = word(req + 3);
	if (size != 6 + req[5])
		return 0;
	if (n < 1 || n > WRITE_BITS_MAX || req[5] != (n + 7) / 8)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	if (first + n > OKNG_COILS)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	for (uint32_t i = 0; i < n; i++)
		put_coil(image, first + i, req[6 + i / 8] >> (i % 8) & 1);
	*wrote = true;
	return echo(req, 5, res);
}

static int write_register(struct okng_pdu_image *image, const uint8_t *req, uint8_t *res, bool *wrote)
{
	uint16_t at = word(req + 1);
	if (at >= OKNG_HOLDING_REGISTERS)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	image->holding[at] = word(req + 3);
	*wrote = true;
	return echo(req, 5, res);
}

static int write_registers(struct okng_pdu_image *image, const uint8_t *req, int size, uint8_t *res, bool *wrote)
{
	uint32_t first = word(req + 1), n = word(req + 3);
	if (size != 6 + req[5])
		return 0;
	if (n < 1 || n > WRITE_REGISTERS_MAX || req[5] != 2 * n)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	if (first + n > OKNG_HOLDING_REGISTERS)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	for (uint32_t i = 0; i < n; i++)
		image->holding[first + i] = word(req + 6 + 2 * i);
	*wrote = true;
	return echo(req, 5, res);
}

static int mask_write(struct okng_pdu_image *image, const uint8_t *req, uint8_t *res, bool *wrote)
{
	uint16_t at = word(req + 1), and = word(req + 3), or = word(req + 5);
	if (at >= OKNG_HOLDING_REGISTERS)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	image->holding[at] = (uint16_t)((image->holding[at] & and) | (or & (uint16_t)~and));
	*wrote = true;
	return echo(req, 7, res);
}

/* The write comes first, then the read sees it (specification 6.17). */
static int read_write(struct okng_pdu_image *image, const uint8_t *req, int size, uint8_t *res, bool *wrote)
{
	uint32_t from = word(req + 1), n = word(req + 3), first = word(req + 5), m = word(req + 7);
	if (size != 10 + req[9])
		return 0;
	if (n < 1 || n > READ_REGISTERS_MAX || m < 1 || m > READ_WRITE_MAX || req[9] != 2 * m)
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_VALUE, res);
	if (first + m > OKNG_HOLDING_REGISTERS || !find_holding(image, from, n))
		return okng_pdu_exception(req[0], OKNG_PDU_ILLEGAL_ADDRESS, res);
	for (uint32_t i = 0; i < m; i++)
		image->holding[first + i] = word(req + 10 + 2 * i);
	*wrote = true;
	return read_registers(image, req, res, READ_REGISTERS_MAX);
}

/* The length a request must have at least, and, but for the last three, exactly. */
static int length_of(uint8_t function)
{
	switch (function) {
	case WRITE_COILS:
	case WRITE_REGISTERS: return 6;
	case MASK_WRITE: return 7;
	case READ_WRITE: return 10;
	default: return 5;
	}
}

int okng_pdu_answer(struct okng_pdu_image *image, const uint8_t *req, int size, uint8_t *res, bool *wrote)
{
	uint8_t f = req[0];
	bool variable = f == WRITE_COILS || f == WRITE_REGISTERS || f == READ_WRITE;
	*wrote = false;
	if (!okng_pdu_writes(f) && (f < READ_COILS || f > READ_INPUT))
		return okng_pdu_exception(f, OKNG_PDU_ILLEGAL_FUNCTION, res);
	if (size < length_of(f) || (!variable && size != length_of(f)))
		return 0;
	switch (f) {
	case READ_COILS: return read_bits(image->holding[OKNG_HR_CONTROL_BITS], OKNG_COILS, req, res);
	case READ_DISCRETES: return read_bits(image->discretes, OKNG_DISCRETES, req, res);
	case READ_HOLDING:
	case READ_INPUT: return read_registers(image, req, res, READ_REGISTERS_MAX);
	case WRITE_COIL: return write_coil(image, req, res, wrote);
	case WRITE_REGISTER: return write_register(image, req, res, wrote);
	case WRITE_COILS: return write_coils(image, req, size, res, wrote);
	case WRITE_REGISTERS: return write_registers(image, req, size, res, wrote);
	case MASK_WRITE: return mask_write(image, req, res, wrote);
	default: return read_write(image, req, size, res, wrote);
	}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * One function per kind of request. The order of checks is the specification's: function, quantity (3), address (2).
 */
#include <errno.h>
#include <string.h>

#include "plc/pdu.h"

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Among the limits that are open now. */
static bool in_limits(const struct okng_pdu *pdu, unsigned at, unsigned count)
{
	return at >= OKNG_MAP_LIMITS && at + count <= OKNG_MAP_LIMITS + (unsigned)pdu->n_limits;
}

static bool readable(const struct okng_pdu *pdu, enum okng_map_table table, unsigned at, unsigned count)
{
	return okng_regmap_readable(table, at, count) || (table == OKNG_TABLE_HOLDING && in_limits(pdu, at, count));
}

/* Limits are written whole. */
static bool words_writable(const struct okng_pdu *pdu, unsigned at, unsigned count)
{
	return okng_regmap_writable(OKNG_TABLE_HOLDING, at, count) ||
		(in_limits(pdu, at, count) && (at - OKNG_MAP_LIMITS) % 2 == 0 && count % 2 == 0);
}

static int refuse(struct okng_pdu *pdu, uint8_t exception)
{
	pdu->exception = exception;
	return 0;
}

static int parse_read(const uint8_t *r, size_t size, enum okng_map_table table, unsigned most, struct okng_pdu *pdu)
{
	if (size != 5)
		return -EPROTO;
	pdu->table = table;
	pdu->read_at = get16(r + 1);
	pdu->read_count = get16(r + 3);
	if (pdu->read_count == 0 || pdu->read_count > most)
		return refuse(pdu, OKNG_PDU_ILLEGAL_VALUE);
	if (!readable(pdu, table, pdu->read_at, pdu->read_count))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	return 0;
}

static void echo(struct okng_pdu *pdu, const uint8_t *from, uint8_t size)
{
	memcpy(pdu->echo, from, size);
	pdu->echo_size = size;
}

static void write_coil(struct okng_pdu *pdu, unsigned at, bool on)
{
	unsigned bits = pdu->words[OKNG_HOLDING_CONTROL_BITS];
	bits = on ? bits | 1u << at : bits & ~(1u << at);
	pdu->words[OKNG_HOLDING_CONTROL_BITS] = (uint16_t)(bits & OKNG_MAP_CONTROL);
	pdu->written |= 1u << OKNG_HOLDING_CONTROL_BITS;
}

static int parse_write_coil(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size != 5)
		return -EPROTO;
	unsigned at = get16(r + 1), value = get16(r + 3);
	if (value != 0 && value != 0xff00)
		return refuse(pdu, OKNG_PDU_ILLEGAL_VALUE);
	if (!okng_regmap_writable(OKNG_TABLE_COIL, at, 1))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	write_coil(pdu, at, value);
	echo(pdu, r + 1, 4);
	return 0;
}

static int parse_write_coils(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size < 6 || size != 6u + r[5])
		return -EPROTO;
	unsigned at = get16(r + 1), count = get16(r + 3);
	if (count == 0 || count > 1968 || r[5] != (count + 7) / 8)
		return refuse(pdu, OKNG_PDU_ILLEGAL_VALUE);
	if (!okng_regmap_writable(OKNG_TABLE_COIL, at, count))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	for (unsigned i = 0; i < count; i++)
		write_coil(pdu, at + i, r[6 + i / 8] >> (i % 8) & 1);
	echo(pdu, r + 1, 4);
	return 0;
}

static void write_words(struct okng_pdu *pdu, unsigned at, unsigned count, const uint8_t *bytes)
{
	if (at >= OKNG_MAP_LIMITS) {
		pdu->limit_at = (uint16_t)(at - OKNG_MAP_LIMITS);
		pdu->limit_count = (uint16_t)count;
		for (unsigned i = 0; i < count; i++)
			pdu->limits[i] = get16(bytes + 2 * i);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		pdu->words[at + i] = get16(bytes + 2 * i);
		pdu->written |= 1u << (at + i);
	}
	pdu->words[OKNG_HOLDING_CONTROL_BITS] &= OKNG_MAP_CONTROL;
}

static int parse_write_word(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size != 5)
		return -EPROTO;
	unsigned at = get16(r + 1);
	if (!okng_regmap_writable(OKNG_TABLE_HOLDING, at, 1))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	write_words(pdu, at, 1, r + 3);
	echo(pdu, r + 1, 4);
	return 0;
}

static int parse_write_words(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size < 6 || size != 6u + r[5])
		return -EPROTO;
	unsigned at = get16(r + 1), count = get16(r + 3);
	if (count == 0 || count > 123 || r[5] != 2 * count)
		return refuse(pdu, OKNG_PDU_ILLEGAL_VALUE);
	if (!words_writable(pdu, at, count))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	write_words(pdu, at, count, r + 6);
	echo(pdu, r + 1, 4);
	return 0;
}

static int parse_mask(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size != 7)
		return -EPROTO;
	unsigned at = get16(r + 1), and = get16(r + 3), or = get16(r + 5);
	if (!okng_regmap_writable(OKNG_TABLE_HOLDING, at, 1))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	unsigned value = (pdu->words[at] & and) | (or & ~and & 0xffff);
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)(value & 0xff)};
	write_words(pdu, at, 1, bytes);
	echo(pdu, r + 1, 6);
	return 0;
}

static int parse_read_write(const uint8_t *r, size_t size, struct okng_pdu *pdu)
{
	if (size < 10 || size != 10u + r[9])
		return -EPROTO;
	unsigned at = get16(r + 5), count = get16(r + 7);
	pdu->table = OKNG_TABLE_HOLDING;
	pdu->read_at = get16(r + 1);
	pdu->read_count = get16(r + 3);
	if (pdu->read_count == 0 || pdu->read_count > 125 || count == 0 || count > 121 || r[9] != 2 * count)
		return refuse(pdu, OKNG_PDU_ILLEGAL_VALUE);
	if (!readable(pdu, OKNG_TABLE_HOLDING, pdu->read_at, pdu->read_count) || !words_writable(pdu, at, count))
		return refuse(pdu, OKNG_PDU_ILLEGAL_ADDRESS);
	write_words(pdu, at, count, r + 10);
	return 0;
}

int okng_pdu_parse(const uint8_t *r, size_t size, const uint16_t holding[OKNG_MAP_HOLDINGS], int limits, struct okng_pdu *pdu)
{
	memset(pdu, 0, sizeof *pdu);
	pdu->n_limits = (uint16_t)(2 * limits);
	if (size == 0 || size > OKNG_PDU_MAX)
		return -EPROTO;
	memcpy(pdu->words, holding, sizeof pdu->words);
	pdu->function = r[0];
	switch (r[0]) {
	case 1:
		return parse_read(r, size, OKNG_TABLE_COIL, 2000, pdu);
	case 2:
		return parse_read(r, size, OKNG_TABLE_DISCRETE, 2000, pdu);
	case 3:
		return parse_read(r, size, OKNG_TABLE_HOLDING, 125, pdu);
	case 4:
		return parse_read(r, size, OKNG_TABLE_INPUT, 125, pdu);
	case 5:
		return parse_write_coil(r, size, pdu);
	case 6:
		return parse_write_word(r, size, pdu);
	case 15:
		return parse_write_coils(r, size, pdu);
	case 16:
		return parse_write_words(r, size, pdu);
	case 22:
		return parse_mask(r, size, pdu);
	case 23:
		return parse_read_write(r, size, pdu);
	default:
		return refuse(pdu, OKNG_PDU_ILLEGAL_FUNCTION);
	}
}

static size_t answer_bits(const struct okng_pdu *pdu, uint32_t bits, uint8_t *out)
{
	size_t bytes = (pdu->read_count + 7u) / 8;
	out[1] = (uint8_t)bytes;
	memset(out + 2, 0, bytes);
	for (unsigned i = 0; i < pdu->read_count; i++)
		if (bits >> (pdu->read_at + i) & 1)
			out[2 + i / 8] = (uint8_t)(out[2 + i / 8] | 1u << (i % 8));
	return 2 + bytes;
}

static size_t answer_words(const struct okng_pdu *pdu, const uint16_t *words, uint8_t *out)
{
	out[1] = (uint8_t)(2 * pdu->read_count);
	for (unsigned i = 0; i < pdu->read_count; i++) {
		out[2 + 2 * i] = (uint8_t)(words[i] >> 8);
		out[3 + 2 * i] = (uint8_t)(words[i] & 0xff);
	}
	return 2u + 2u * pdu->read_count;
}

size_t okng_pdu_answer(const struct okng_pdu *pdu, const struct okng_plc_image *image, uint8_t out[OKNG_PDU_MAX])
{
	out[0] = pdu->function;
	if (pdu->exception) {
		out[0] |= 0x80;
		out[1] = pdu->exception;
		return 2;
	}
	if (pdu->echo_size) {
		memcpy(out + 1, pdu->echo, pdu->echo_size);
		return 1u + pdu->echo_size;
	}
	switch (pdu->table) {
	case OKNG_TABLE_COIL:
		return answer_bits(pdu, image->holding[OKNG_HOLDING_CONTROL_BITS], out);
	case OKNG_TABLE_DISCRETE:
		return answer_bits(pdu, image->discrete, out);
	case OKNG_TABLE_INPUT:
		return answer_words(pdu, image->input + pdu->read_at, out);
	case OKNG_TABLE_HOLDING:
		break;
	}
	const uint16_t *words = pdu->read_at >= OKNG_MAP_COPY ? image->input + (pdu->read_at - OKNG_MAP_COPY) :
		pdu->read_at >= OKNG_MAP_LIMITS ? image->limits + (pdu->read_at - OKNG_MAP_LIMITS) : image->holding + pdu->read_at;
	return answer_words(pdu, words, out);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Values into registers and back, in the four orders that PLCs know, and the rows of regmap.def as data.
 */
#include <string.h>

#include "plc/regmap.h"

_Static_assert(sizeof(float) == 4, "float32 is the PLC's REAL");

static const struct okng_map_row rows[] = {
#define COIL(address, name, text) {OKNG_TABLE_COIL, OKNG_TYPE_BIT, address, 1, #name, text},
#define DISCRETE(address, name, text) {OKNG_TABLE_DISCRETE, OKNG_TYPE_BIT, address, 1, #name, text},
#define INPUT(address, words, type, name, text) {OKNG_TABLE_INPUT, OKNG_TYPE_##type, address, words, #name, text},
#define HOLDING(address, words, type, name, text) {OKNG_TABLE_HOLDING, OKNG_TYPE_##type, address, words, #name, text},
#include "plc/regmap.def"
};

static const struct okng_map_code codes[] = {
#define VERDICT(number, name, text) {"verdict", number, #name, text},
#define REASON(number, name, text) {"reason", number, #name, text},
#define COMMAND(number, name, text) {"command", number, #name, text},
#define STATE(number, name, text) {"state", number, #name, text},
#define ERROR_CODE(number, name, text) {"error", number, #name, text},
#define WARNING_CODE(number, name, text) {"warning", number, #name, text},
#define OFFLINE_CODE(number, name, text) {"offline", number, #name, text},
#include "plc/regmap.def"
};

const struct okng_map_row *okng_regmap_rows(size_t *n)
{
	*n = sizeof rows / sizeof *rows;
	return rows;
}

const struct okng_map_code *okng_regmap_codes(size_t *n)
{
	*n = sizeof codes / sizeof *codes;
	return codes;
}

static bool within(uint32_t address, uint32_t count, uint32_t first, uint32_t n)
{
	return count && address >= first && address - first < n && count <= n - (address - first);
}

bool okng_regmap_readable(enum okng_map_table table, uint32_t address, uint32_t count)
{
	switch (table) {
	case OKNG_TABLE_COIL:
		return within(address, count, 0, OKNG_MAP_COILS);
	case OKNG_TABLE_DISCRETE:
		return within(address, count, 0, OKNG_MAP_DISCRETES);
	case OKNG_TABLE_INPUT:
		return within(address, count, 0, OKNG_MAP_INPUTS);
	case OKNG_TABLE_HOLDING:
		return within(address, count, 0, OKNG_MAP_HOLDINGS) || within(address, count, OKNG_MAP_COPY, OKNG_MAP_INPUTS);
	}
	return false;
}

bool okng_regmap_writable(enum okng_map_table table, uint32_t address, uint32_t count)
{
	return (table == OKNG_TABLE_COIL && within(address, count, 0, OKNG_MAP_COILS)) ||
		(table == OKNG_TABLE_HOLDING && within(address, count, 0, OKNG_MAP_HOLDINGS));
}

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

static bool low_word_first(enum okng_word_order order)
{
	return order == OKNG_WORD_CDAB || order == OKNG_WORD_DCBA;
}

static bool bytes_swapped(enum okng_word_order order)
{
	return order == OKNG_WORD_BADC || order == OKNG_WORD_DCBA;
}

void okng_regmap_put_u32(uint16_t at[2], uint32_t value, enum okng_word_order order)
{
	uint16_t high = (uint16_t)(value >> 16), low = (uint16_t)(value & 0xffff);
	if (bytes_swapped(order)) {
		high = swap16(high);
		low = swap16(low);
	}
	at[0] = low_word_first(order) ? low : high;
	at[1] = low_word_first(order) ? high : low;
}

uint32_t okng_regmap_get_u32(const uint16_t at[2], enum okng_word_order order)
{
	uint16_t high = at[low_word_first(order) ? 1 : 0], low = at[low_word_first(order) ? 0 : 1];
	if (bytes_swapped(order)) {
		high = swap16(high);
		low = swap16(low);
	}
	return (uint32_t)high << 16 | low;
}

void okng_regmap_put_f32(uint16_t at[2], float value, enum okng_word_order order)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	okng_regmap_put_u32(at, bits, order);
}

float okng_regmap_get_f32(const uint16_t at[2], enum okng_word_order order)
{
	uint32_t bits = okng_regmap_get_u32(at, order);
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

void okng_regmap_put_ascii(uint16_t *at, size_t words, const char *text, enum okng_word_order order)
{
	size_t n = strnlen(text, 2 * words);
	for (size_t i = 0; i < words; i++) {
		uint8_t first = 2 * i < n ? (uint8_t)text[2 * i] : 0, second = 2 * i + 1 < n ? (uint8_t)text[2 * i + 1] : 0;
		uint16_t word = (uint16_t)(first << 8 | second);
		at[i] = bytes_swapped(order) ? swap16(word) : word;
	}
}

void okng_regmap_get_ascii(const uint16_t *at, size_t words, char *text, enum okng_word_order order)
{
	for (size_t i = 0; i < words; i++) {
		uint16_t word = bytes_swapped(order) ? swap16(at[i]) : at[i];
		text[2 * i] = (char)(word >> 8);
		text[2 * i + 1] = (char)(word & 0xff);
	}
	text[2 * words] = 0;
	memset(text + strlen(text), 0, 2 * words - strlen(text)); /* what follows the end is not part of it */
}

void okng_regmap_turn(enum okng_map_table table, uint16_t *words, enum okng_word_order from, enum okng_word_order to)
{
	if (from == to)
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint16_t *at = words + rows[i].address;
		if (rows[i].table != table)
			continue;
		if (rows[i].type == OKNG_TYPE_U32 || rows[i].type == OKNG_TYPE_F32)
			okng_regmap_put_u32(at, okng_regmap_get_u32(at, from), to);
		else if (rows[i].type == OKNG_TYPE_ASCII && bytes_swapped(from) != bytes_swapped(to))
			for (unsigned k = 0; k < rows[i].words; k++)
				at[k] = swap16(at[k]);
	}
}

uint32_t okng_regmap_whole_values(uint32_t holdings)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t both = UINT32_C(3) << (rows[i].address & 31);
		if (rows[i].table == OKNG_TABLE_HOLDING && (rows[i].type == OKNG_TYPE_U32 || rows[i].type == OKNG_TYPE_F32) &&
			holdings & both)
			holdings |= both;
	}
	return holdings;
}

void okng_regmap_put_block(uint16_t input[OKNG_MAP_INPUTS], const struct okng_plc_result *r, uint16_t age_ms,
	enum okng_word_order order)
{
	memset(input + OKNG_MAP_BLOCK, 0, (OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK) * sizeof *input);
	if (!r)
		return;
	input[OKNG_INPUT_SEQ_HEAD] = input[OKNG_INPUT_SEQ_TAIL] = r->seq;
	input[OKNG_INPUT_TRIG_SEQ_ECHO] = r->trig_seq;
	input[OKNG_INPUT_ACQ_ID] = r->acq_id;
	input[OKNG_INPUT_VERDICT] = r->verdict;
	input[OKNG_INPUT_REASON] = r->reason;
	input[OKNG_INPUT_RECIPE_JUDGED] = r->recipe;
	input[OKNG_INPUT_CLASS] = r->class_number;
	input[OKNG_INPUT_DEFECTS] = r->defects;
	input[OKNG_INPUT_SCORE] = r->score;
	input[OKNG_INPUT_LIMIT] = r->limit;
	input[OKNG_INPUT_X] = r->x;
	input[OKNG_INPUT_Y] = r->y;
	input[OKNG_INPUT_W] = r->w;
	input[OKNG_INPUT_H] = r->h;
	okng_regmap_put_u32(input + OKNG_INPUT_AREA, r->area, order);
	input[OKNG_INPUT_TIME] = r->time;
	input[OKNG_INPUT_AGE] = age_ms;
	okng_regmap_put_u32(input + OKNG_INPUT_UTC, r->utc, order);
	okng_regmap_put_ascii(input + OKNG_INPUT_PART_ID, OKNG_PLC_PART_ID / 2, r->part_id, order);
	for (int i = 0; i < 5; i++)
		okng_regmap_put_f32(input + OKNG_INPUT_MEASURE_1 + 2 * i, r->measures[i], order);
}

void okng_regmap_put_constants(uint16_t input[OKNG_MAP_INPUTS], enum okng_word_order order)
{
	input[OKNG_INPUT_MAP_VERSION] = 1;
	okng_regmap_put_u32(input + OKNG_INPUT_TEST_U32, 0x12345678, order);
	okng_regmap_put_f32(input + OKNG_INPUT_TEST_FLOAT, 123.45f, order);
	okng_regmap_put_ascii(input + OKNG_INPUT_TEST_ASCII, 2, "ABCD", order);
}

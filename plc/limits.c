/* SPDX-License-Identifier: Apache-2.0
 *
 * The registers hold float32, the file double: a value that the PLC writes back as it read it stays what it was.
 */
#include "plc/limits.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void okng_limits_open(struct okng_limits *l, uint32_t generation, const struct okng_plc_limit *rows, int n)
{
	l->n = n < 0 ? 0 : n < OKNG_PLC_LIMITS_MAX ? n : OKNG_PLC_LIMITS_MAX;
	l->generation = generation;
	for (int i = 0; i < l->n; i++) {
		l->row[i] = rows[i];
		l->value[i] = rows[i].value;
	}
}

static bool same(double a, double b)
{
	return !(a < b) && !(a > b);
}

/* false for what is no number, too. */
static bool allowed(const struct okng_plc_limit *row, float v)
{
	return v >= (float)row->min && v <= (float)row->max && (!row->whole || same((double)v, floor((double)v)));
}

int okng_limits_next(const struct okng_limits *l, unsigned at, unsigned count, const uint16_t *words, enum okng_word_order order,
	double next[OKNG_PLC_LIMITS_MAX])
{
	bool changed[OKNG_PLC_LIMITS_MAX] = {false};
	int n = 0;
	memcpy(next, l->value, (size_t)l->n * sizeof *next);
	for (unsigned i = 0; i < count / 2; i++) {
		unsigned k = at / 2 + i;
		float v = okng_regmap_get_f32(words + 2 * i, order);
		const struct okng_plc_limit *row = &l->row[k];
		if (!allowed(row, v))
			return -EINVAL;
		if (same((double)v, (double)(float)l->value[k]))
			continue;
		next[k] = (double)v < row->min ? row->min : (double)v > row->max ? row->max : (double)v;
		changed[k] = true;
		n++;
	}
	for (int k = 0; k + 1 < l->n; k++)
		if (l->row[k].below_next && (changed[k] || changed[k + 1]) && !(next[k] < next[k + 1]))
			return -EINVAL;
	return n;
}

void okng_limits_words(const struct okng_limits *l, enum okng_word_order order, uint16_t words[2 * OKNG_PLC_LIMITS_MAX])
{
	for (int i = 0; i < l->n; i++)
		okng_regmap_put_f32(words + 2 * i, (float)l->value[i], order);
}

static uint16_t crc_byte(uint16_t crc, unsigned byte)
{
	crc = (uint16_t)(crc ^ byte);
	for (int bit = 0; bit < 8; bit++)
		crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	return crc;
}

uint16_t okng_limits_crc(const struct okng_limits *l, uint16_t crc)
{
	bool as_filed = true;
	for (int i = 0; i < l->n && as_filed; i++)
		as_filed = same(l->value[i], l->row[i].value);
	for (int i = 0; i < l->n && !as_filed; i++) {
		uint16_t words[2];
		okng_regmap_put_f32(words, (float)l->value[i], OKNG_WORD_ABCD);
		for (int w = 0; w < 2; w++)
			crc = crc_byte(crc_byte(crc, words[w] >> 8), words[w] & 0xff);
	}
	return crc;
}

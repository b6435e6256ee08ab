/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of two-level patterns. Rows of bits have a word on each side, as their contract asks.
 */
#include "check_kernels.h"

#include <string.h>

static int32_t words_of(int32_t width)
{
	return (width + 63) / 64;
}

static const uint64_t *row_in(const struct checker *c, int slot)
{
	return (const uint64_t *)check_in(c, slot) + 1;
}

static void prepare_below(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	check_output(c, 0, (size_t)words_of(width) * 8, 8);
	*check_number(c, 0) = check_dice(c, 4) ? 1 + (int32_t)check_dice(c, 256) : check_level(c) + 1;
}

static uint64_t call_below(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->below(check_in(c, 0), *check_number(c, 0), check_out(c, 0), width);
	return 0;
}

static void prepare_rows(struct checker *c, int32_t width)
{
	for (int i = 0; i < 3; i++)
		check_input(c, i, ((size_t)words_of(width) + 2) * 8, 8);
	check_output(c, 0, (size_t)words_of(width) * 8, 8);
	*check_number(c, 0) = (int32_t)check_dice(c, 64);
}

static uint64_t call_dilate_plus(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->dilate_plus(row_in(c, 0), row_in(c, 1), row_in(c, 2), check_out(c, 0), words_of(width));
	return 0;
}

static uint64_t call_dilate_square(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->dilate_square(row_in(c, 0), row_in(c, 1), row_in(c, 2), check_out(c, 0), words_of(width));
	return 0;
}

#define WORD_BY_WORD(name) \
	static uint64_t call_##name(struct checker *c, const struct okng_kernels *k, int32_t width) \
	{ \
		k->name(row_in(c, 0), row_in(c, 1), check_out(c, 0), words_of(width)); \
		return 0; \
	}

WORD_BY_WORD(both)
WORD_BY_WORD(except)
WORD_BY_WORD(either)

static uint64_t call_join(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	memcpy(check_out(c, 0), row_in(c, 2), (size_t)words_of(width) * 8);
	k->join(row_in(c, 0), row_in(c, 1), check_out(c, 0), words_of(width));
	return 0;
}

static uint64_t call_overlap(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->overlap(row_in(c, 0), row_in(c, 1), *check_number(c, 0), words_of(width));
}

static uint64_t call_dilate_sides(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->dilate_sides(row_in(c, 1), check_out(c, 0), words_of(width));
	return 0;
}

static uint64_t call_shift(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->shift(row_in(c, 0), *check_number(c, 0), check_out(c, 0), words_of(width));
	return 0;
}

/* Bands of up to 32 rows; wide ones would be no other. */
static int32_t cell_words(int32_t width)
{
	return words_of(width) > 40 ? 40 : words_of(width);
}

static void prepare_cells(struct checker *c, int32_t width)
{
	int32_t rows = check_bench(c) || check_dice(c, 4) ? 32 : 1 + (int32_t)check_dice(c, 32), words = cell_words(width);
	size_t bytes = ((size_t)words * (size_t)rows + 1 + OKNG_PATTERN_BEYOND) * 8;
	check_input(c, 0, bytes, 8);
	check_input(c, 1, bytes, 8);
	check_output(c, 0, (size_t)words * 2 * 2, 2);
	*check_number(c, 0) = rows;
}

static uint64_t call_differ_cells(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	int32_t words = cell_words(width);
	k->differ_cells(check_in(c, 0), words, check_in(c, 1), words, *check_number(c, 0), words, check_out(c, 0));
	return 0;
}

static void prepare_differ(struct checker *c, int32_t width)
{
	prepare_cells(c, width);
	check_input(c, 2, (size_t)cell_words(width) * 8, 8);
	*check_number(c, 1) = (int32_t)check_dice(c, 64);
}

static uint64_t call_differ(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	int32_t words = cell_words(width);
	return k->differ((const uint64_t *)check_in(c, 0), words, (const uint64_t *)check_in(c, 1), words, *check_number(c, 1),
		*check_number(c, 0), (const uint64_t *)check_in(c, 2), words);
}

static void prepare_least(struct checker *c, int32_t width)
{
	check_input_16(c, 0, 3 * ((size_t)width + 2), 1024);
	check_input(c, 1, (size_t)width * 4, 4);
	check_output(c, 0, (size_t)width * 4, 4);
	*check_number(c, 0) = (int32_t)check_dice(c, 1 << 16);
}

static uint64_t call_keep_least(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	memcpy(check_out(c, 0), check_in(c, 1), (size_t)width * 4);
	k->keep_least((const uint16_t *)check_in(c, 0) + width + 3, width, width + 2, (uint32_t)*check_number(c, 0), check_out(c, 0));
	return 0;
}

#define ROW(name, prepare) {#name, offsetof(struct okng_kernels, name), prepare, call_##name}

const struct kernel_check check_kernels_pattern[] = {
	ROW(below, prepare_below),
	ROW(both, prepare_rows),
	ROW(except, prepare_rows),
	ROW(either, prepare_rows),
	ROW(join, prepare_rows),
	ROW(overlap, prepare_rows),
	ROW(dilate_sides, prepare_rows),
	ROW(dilate_plus, prepare_rows),
	ROW(dilate_square, prepare_rows),
	ROW(shift, prepare_rows),
	ROW(differ, prepare_differ),
	ROW(differ_cells, prepare_cells),
	ROW(keep_least, prepare_least),
	{0},
};

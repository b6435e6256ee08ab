/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of the chain from pixels to bit masks.
 */
#include "check_kernels.h"

static size_t words_of(int32_t width)
{
	return ((size_t)width + 63) / 64;
}

static void prepare_gauss3(struct checker *c, int32_t width)
{
	for (int i = 0; i < 3; i++)
		check_input(c, i, (size_t)width, 1);
	check_output(c, 0, (size_t)width, 1);
}

static uint64_t call_gauss3(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->gauss3(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), width);
	return 0;
}

/* Bounds `room` levels from the pattern's grey, or as they fall. */
static void prepare_bounds(struct checker *c, int32_t width, int slot)
{
	int room = check_bench(c) ? 16 : (int)check_dice(c, 8), shape = check_bench(c) ? 3 : (int)check_dice(c, 4);
	int level = check_level(c);
	uint8_t *lower = check_input(c, slot, (size_t)width, 1), *upper = check_input(c, slot + 1, (size_t)width, 1);
	for (int32_t x = 0; shape && x < width; x++) {
		int lo = level - room - (int)check_dice(c, 2), hi = level + room + (int)check_dice(c, 2);
		lower[x] = (uint8_t)(shape == 1 || lo < 0 ? 0 : lo);
		upper[x] = (uint8_t)(shape == 2 || hi > 255 ? 255 : hi);
	}
}

static void prepare_band(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	prepare_bounds(c, width, 1);
	check_output(c, 0, words_of(width) * 8, 8);
	check_output(c, 1, words_of(width) * 8, 8);
}

static uint64_t call_band(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->band(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), check_out(c, 1), width);
}

static void prepare_gauss3_band(struct checker *c, int32_t width)
{
	int32_t words = (int32_t)words_of(width);
	for (int i = 0; i < 3; i++)
		check_input(c, i, (size_t)width, 1);
	prepare_bounds(c, width, 3);
	check_output(c, 0, words_of(width) * 8, 8);
	check_output(c, 1, words_of(width) * 8, 8);
	int32_t from = (int32_t)check_dice(c, 3) ? 0 : (int32_t)check_dice(c, (uint32_t)words);
	int32_t to = (int32_t)check_dice(c, 3) ? words : from + 1 + (int32_t)check_dice(c, (uint32_t)(words - from));
	if (check_bench(c)) {
		from = 0;
		to = words;
	}
	*check_number(c, 0) = from * 64;
	*check_number(c, 1) = to * 64 < width ? to * 64 : width;
}

static uint64_t call_gauss3_band(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	const uint8_t *const rows[3] = {check_in(c, 0), check_in(c, 1), check_in(c, 2)};
	return k->gauss3_band(rows, check_in(c, 3), check_in(c, 4), check_out(c, 0), check_out(c, 1), width,
		*check_number(c, 0), *check_number(c, 1));
}

static void prepare_gauss3_16(struct checker *c, int32_t width)
{
	unsigned most = check_dice(c, 8) ? 4095 : 65535; /* too large a value wraps, but the same everywhere */
	for (int i = 0; i < 3; i++)
		check_input_16(c, i, (size_t)width, most);
	check_output(c, 0, (size_t)width * 2, 2);
}

static uint64_t call_gauss3_16(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->gauss3_16(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), width);
	return 0;
}

static void prepare_band_16(struct checker *c, int32_t width)
{
	unsigned most = check_dice(c, 2) ? 4095 : 65535;
	for (int i = 0; i < 3; i++)
		check_input_16(c, i, (size_t)width, most);
	check_output(c, 0, words_of(width) * 8, 8);
	check_output(c, 1, words_of(width) * 8, 8);
}

static uint64_t call_band_16(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->band_16(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), check_out(c, 1), width);
}

static void prepare_step(struct checker *c, int32_t width)
{
	for (int i = 0; i < 3; i++)
		check_input_bits(c, i, width);
	check_output(c, 0, words_of(width) * 8, 8);
	*check_number(c, 0) = check_dice(c, 2) ? 1 + (int32_t)check_dice(c, 4) : 1 + (int32_t)check_dice(c, 63);
}

static uint64_t call_erode(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->erode(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), width, *check_number(c, 0));
}

static uint64_t call_dilate(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->dilate(check_in(c, 0), check_in(c, 1), check_in(c, 2), check_out(c, 0), width, *check_number(c, 0));
}

#define ROW(name, prepare) {#name, offsetof(struct okng_kernels, name), prepare, call_##name}

const struct kernel_check check_kernels_chain[] = {
	ROW(gauss3, prepare_gauss3),
	ROW(band, prepare_band),
	ROW(gauss3_band, prepare_gauss3_band),
	ROW(gauss3_16, prepare_gauss3_16),
	ROW(band_16, prepare_band_16),
	ROW(erode, prepare_step),
	ROW(dilate, prepare_step),
	{0},
};

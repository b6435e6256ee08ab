/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of the local threshold.
 */
#include "check_kernels.h"

#include <string.h>

static void prepare_slide(struct checker *c, int32_t width)
{
	check_input_16(c, 0, (size_t)width, 65535);
	check_input(c, 1, (size_t)width, 1);
	check_input(c, 2, (size_t)width, 1);
	check_output(c, 0, (size_t)width * 2, 2);
}

static uint64_t call_slide(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	memcpy(check_out(c, 0), check_in(c, 0), (size_t)width * 2);
	k->slide(check_out(c, 0), check_in(c, 1), check_in(c, 2), width);
	return 0;
}

static void prepare_running(struct checker *c, int32_t width)
{
	check_input_16(c, 0, (size_t)width, 65535);
	check_output(c, 0, ((size_t)width + 1) * 4, 4);
}

static uint64_t call_running(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->running(check_in(c, 0), check_out(c, 0), width);
	return 0;
}

/* Running sums of columns that are each at most 255 × the rows of the window. */
static void prepare_box_mean(struct checker *c, int32_t width)
{
	int32_t span = check_bench(c) ? 31 : 1 + 2 * (int32_t)check_dice(c, 128);
	uint32_t rows = check_bench(c) ? 31 : 1 + check_dice(c, (uint32_t)span), sum = check_dice(c, 2) ? 0 : UINT32_MAX - 100000;
	uint32_t *sums = (uint32_t *)(void *)check_input(c, 0, ((size_t)width + (size_t)span) * 4, 4);
	for (int32_t x = 0; x < width + span; x++) {
		uint32_t grey = sums[x] & 255;
		sums[x] = sum;
		sum += rows * grey;
	}
	check_output(c, 0, (size_t)width, 1);
	*check_number(c, 0) = span;
	*check_number(c, 1) = (int32_t)rows * span;
}

static uint64_t call_box_mean(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->box_mean(check_in(c, 0), *check_number(c, 0), (uint32_t)*check_number(c, 1), check_out(c, 0), width);
	return 0;
}

static void prepare_margins(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	check_output(c, 0, (size_t)width, 1);
	check_output(c, 1, (size_t)width, 1);
	for (int i = 0; i < 2; i++)
		*check_number(c, i) = check_dice(c, 4) ? (int32_t)check_dice(c, 256) : 0;
}

static uint64_t call_margins(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->margins(check_in(c, 0), (uint8_t)*check_number(c, 0), (uint8_t)*check_number(c, 1), check_out(c, 0), check_out(c, 1), width);
	return 0;
}

const struct kernel_check check_kernels_local[] = {
	{"slide", offsetof(struct okng_kernels, slide), prepare_slide, call_slide},
	{"running", offsetof(struct okng_kernels, running), prepare_running, call_running},
	{"box_mean", offsetof(struct okng_kernels, box_mean), prepare_box_mean, call_box_mean},
	{"margins", offsetof(struct okng_kernels, margins), prepare_margins, call_margins},
	{0},
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels that prepare a frame: flat field, image check, pyramid, light, resampling. Those that may work in place
 * are tried so every other time: the input is copied into the output first.
 */
#include <string.h>

#include "check_kernels.h"

static void prepare_correct(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	uint8_t *dark = check_input(c, 1, (size_t)width, 1);
	for (int32_t x = 0; check_dice(c, 2) && x < width; x++)
		dark[x] %= 8;
	check_input_16(c, 2, (size_t)width, check_dice(c, 2) ? 8192 : 65535);
	check_output(c, 0, (size_t)width, 1);
	*check_number(c, 0) = check_bench(c) ? 0 : (int32_t)check_dice(c, 2);
}

static uint64_t call_correct(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	uint8_t *out = check_out(c, 0);
	const uint8_t *in = check_in(c, 0);
	if (*check_number(c, 0))
		in = memcpy(out, in, (size_t)width);
	k->correct(in, check_in(c, 1), check_in(c, 2), out, width);
	return 0;
}

static void prepare_row(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
}

static uint64_t call_sum(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->sum(check_in(c, 0), width);
}

static uint64_t call_energy(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	return k->energy(check_in(c, 0), width);
}

static void prepare_halve(struct checker *c, int32_t width)
{
	check_input(c, 0, 2 * (size_t)width, 1);
	check_input(c, 1, 2 * (size_t)width, 1);
	check_output(c, 0, (size_t)width, 1);
}

static uint64_t call_halve(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	k->halve(check_in(c, 0), check_in(c, 1), check_out(c, 0), width);
	return 0;
}

static void prepare_light_sums(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	check_input(c, 1, (size_t)width, 1);
}

static uint64_t call_light_sums(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	uint32_t sums[2] = {7, 7};
	k->light_sums(check_in(c, 0), check_in(c, 1), width, sums);
	return (uint64_t)sums[0] << 32 | sums[1];
}

static void prepare_light(struct checker *c, int32_t width)
{
	check_input(c, 0, (size_t)width, 1);
	check_input(c, 1, (size_t)width, 1);
	check_output(c, 0, (size_t)width, 1);
	*check_number(c, 0) = check_dice(c, 8) ? 2048 + (int32_t)check_dice(c, 6145) : (int32_t)check_dice(c, 2) * 8192;
}

static uint64_t call_light(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	uint8_t *row = memcpy(check_out(c, 0), check_in(c, 0), (size_t)width);
	k->light(row, check_in(c, 1), (uint32_t)*check_number(c, 0), width);
	return 0;
}

/* A frame of just the rows and columns that the pixels need, at any slope that it has room for. */
enum { FRAME, WX_EVEN, WX_ODD, WY_EVEN, WY_ODD };
enum { HEIGHT, SHIFT, FROM, TO, FX, FY, STEP_LOW, STEP_HIGH };

static int64_t slope_for(struct checker *c, int32_t width, int32_t height)
{
	int64_t most = width > 1 ? ((int64_t)(height - 1) << 32) / width : (int64_t)1 << 31;
	most = most < (int64_t)3 << 30 ? most : (int64_t)3 << 30;
	int64_t step = (int64_t)((double)check_dice(c, 1u << 20) / (1 << 20) * (double)most);
	step = check_bench(c) ? most / 2 : check_dice(c, 3) == 0 ? step >> check_dice(c, 24) : step;
	return check_bench(c) ? step : check_dice(c, 6) == 0 ? 0 : check_dice(c, 2) ? step : -step;
}

static struct okng_resample_run run_of(struct checker *c, int32_t width)
{
	int32_t shift = *check_number(c, SHIFT);
	return (struct okng_resample_run){.data = check_in(c, FRAME), .stride = width + 1 + shift, .height = *check_number(c, HEIGHT),
		.shift = shift, .wx = {check_in(c, WX_EVEN), check_in(c, WX_ODD)}, .wy = {check_in(c, WY_EVEN), check_in(c, WY_ODD)},
		.fx = (uint16_t)*check_number(c, FX), .fy = *check_number(c, FY),
		.step = (int64_t)((uint64_t)(uint32_t)*check_number(c, STEP_HIGH) << 32 | (uint32_t)*check_number(c, STEP_LOW))};
}

static void prepare_resample(struct checker *c, int32_t width)
{
	int32_t shift = (int32_t)check_dice(c, 4), stride = width + 1 + shift, most = CHECK_SIDE * 4 / stride;
	int32_t height = 2 + (int32_t)check_dice(c, (uint32_t)(most < 40 ? most - 1 : 39));
	height = check_bench(c) ? most : height;
	int64_t step = slope_for(c, width, height);
	check_input(c, FRAME, (size_t)stride * (size_t)height, 1);
	uint16_t *wx[2], *wy[2];
	uint32_t fx = check_dice(c, 65536);
	for (int odd = 0; odd < 2; odd++) {
		size_t n = (size_t)(width + !odd) / 2;
		wx[odd] = check_input_16(c, odd ? WX_ODD : WX_EVEN, n, 32767);
		wy[odd] = check_input_16(c, odd ? WY_ODD : WY_EVEN, n, 32767);
		for (size_t i = 0; i < n; i++) {
			wx[odd][i] = (uint16_t)(wx[odd][i] - fx);
			wy[odd][i] = (uint16_t)(((int64_t)(2 * i + (size_t)odd) * step + (1 << 18)) >> 19);
		}
	}
	*check_number(c, STEP_LOW) = (int32_t)(uint32_t)step;
	*check_number(c, STEP_HIGH) = (int32_t)(step >> 32);
	*check_number(c, HEIGHT) = height;
	*check_number(c, SHIFT) = shift;
	*check_number(c, FX) = (int32_t)fx;
	*check_number(c, FY) = 0;
	struct okng_resample_run run = run_of(c, width);
	int32_t end = okng_resample_y(&run, width - 1), low = end < 0 ? end : 0, high = end > 0 ? end : 0;
	int32_t room = (height - 1) * 8192 - (high - low);
	*check_number(c, FY) = -low + (check_bench(c) ? 0 : check_dice(c, 2) ? (int32_t)check_dice(c, (uint32_t)room + 1) : room);
	int32_t from = check_dice(c, 2) || check_bench(c) ? 0 : (int32_t)check_dice(c, (uint32_t)width);
	*check_number(c, FROM) = from;
	*check_number(c, TO) = check_dice(c, 2) || check_bench(c) ? width : from + 1 + (int32_t)check_dice(c, (uint32_t)(width - from));
	check_output(c, 0, (size_t)width, 1);
}

static uint64_t call_resample(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	struct okng_resample_run run = run_of(c, width);
	k->resample(&run, *check_number(c, FROM), *check_number(c, TO), check_out(c, 0));
	return 0;
}

/* Points in and around a picture of up to 100 rows, at any turn. */
enum { ROWS = 0, STRIDE = 1, ANGLE = 2, OX = 3, OY = 4 };

static struct okng_sampler sampler_of(struct checker *c, int32_t width)
{
	double t = *check_number(c, ANGLE) / 1e4;
	return (struct okng_sampler){.data = check_in(c, 0), .stride = *check_number(c, STRIDE), .width = width, .height = *check_number(c, ROWS),
		.c = (int64_t)((1 - t * t) / (1 + t * t) * (1 << 30)), .s = (int64_t)(2 * t / (1 + t * t) * (1 << 30)),
		.ox = *check_number(c, OX), .oy = *check_number(c, OY)};
}

static void prepare_points(struct checker *c, int32_t width)
{
	int32_t n = check_bench(c) ? 2000 : 1 + (int32_t)check_dice(c, 300), stride = width + (int32_t)check_dice(c, 3);
	int32_t most = CHECK_SIDE * 4 / stride, height = 1 + (int32_t)check_dice(c, (uint32_t)(most < 100 ? most : 100));
	height = check_bench(c) ? most : height;
	check_input(c, 0, (size_t)stride * (size_t)(height - 1) + (size_t)width, 1);
	int32_t (*uv)[2] = (int32_t (*)[2])(void *)check_input(c, 1, (size_t)n * sizeof *uv, 4);
	for (int32_t i = 0; i < n; i++) {
		uv[i][0] = (int32_t)check_dice(c, (uint32_t)(width + 8) * 1024) - (width + 8) * 512;
		uv[i][1] = (int32_t)check_dice(c, (uint32_t)(height + 8) * 1024) - (height + 8) * 512;
	}
	*check_number(c, ROWS) = height;
	*check_number(c, STRIDE) = stride;
	*check_number(c, ANGLE) = !check_bench(c) && check_dice(c, 3) ? (int32_t)check_dice(c, 800) - 400 : 0;
	*check_number(c, OX) = (width - 1) * 512 + (int32_t)check_dice(c, 9999);
	*check_number(c, OY) = (height - 1) * 512 - (int32_t)check_dice(c, 9999);
	check_output(c, 0, (size_t)n * 4, 4);
	*check_number(c, 5) = n;
}

static uint64_t call_sample(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	struct okng_sampler m = sampler_of(c, width);
	k->sample(&m, check_in(c, 1), *check_number(c, 5), check_out(c, 0));
	return 0;
}

static uint64_t call_smooth(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	struct okng_sampler m = sampler_of(c, width);
	k->smooth(&m, check_in(c, 1), *check_number(c, 5), check_out(c, 0));
	return 0;
}

#define ROW(name, prepare) {#name, offsetof(struct okng_kernels, name), prepare, call_##name}

const struct kernel_check check_kernels_frame[] = {
	ROW(correct, prepare_correct),
	ROW(sum, prepare_row),
	ROW(energy, prepare_row),
	ROW(halve, prepare_halve),
	ROW(light_sums, prepare_light_sums),
	ROW(light, prepare_light),
	ROW(resample, prepare_resample),
	ROW(sample, prepare_points),
	ROW(smooth, prepare_points),
	{0},
};

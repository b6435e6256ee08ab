/* SPDX-License-Identifier: Apache-2.0
 *
 * One pixel of each kernel of a frame, for the reference and for the ends of rows. Only static inline functions, as each
 * including file is compiled for another instruction set.
 */
#ifndef OKNG_PIPELINE_KERNELS_FRAME_PARTS_H
#define OKNG_PIPELINE_KERNELS_FRAME_PARTS_H

#include <stdint.h>

#include "pipeline/kernels.h"

static inline uint8_t correct_at(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, int32_t x)
{
	uint32_t light = in[x] > dark[x] ? (uint32_t)(in[x] - dark[x]) : 0, v = (light * gain[x] + 2048) >> 12;
	return (uint8_t)(v < 255 ? v : 255);
}

/* From pixel x on, 1 at least. */
static inline uint32_t energy_from(const uint8_t *row, int32_t x, int32_t width)
{
	uint32_t sum = 0;
	for (; x < width; x++) {
		int32_t d = row[x] - row[x - 1];
		sum += (uint32_t)(d * d);
	}
	return sum;
}

static inline uint8_t halve_at(const uint8_t *a, const uint8_t *b, int32_t x)
{
	return (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

static inline void light_sums_from(const uint8_t *a, const uint8_t *b, int32_t x, int32_t width, uint32_t sums[2])
{
	for (; x < width; x++) {
		uint32_t use = 0u - (uint32_t)(a[x] >= OKNG_LIGHT_BLACK && a[x] <= OKNG_LIGHT_WHITE && b[x] >= OKNG_LIGHT_BLACK &&
			b[x] <= OKNG_LIGHT_WHITE);
		sums[0] += a[x] & use;
		sums[1] += b[x] & use;
	}
}

static inline uint8_t light_at(uint8_t v, uint8_t reference, uint32_t gain)
{
	uint32_t out = (v * gain + 2048) >> 12;
	return (uint8_t)(out > 255 ? 255 : v == 255 && out < reference ? reference : out);
}

/* a × b / 2^15, rounded: what the wide sets have an instruction for. */
static inline int32_t times(int32_t a, int32_t b)
{
	return (a * b + 16384) >> 15;
}

/* Between a pixel and the one below it, in 1/32 level. What the products lose is what rounding halves upward wins later. */
static inline int32_t down(const uint8_t *p, ptrdiff_t stride, int32_t fy)
{
	return ((p[0] * (8192 - fy)) >> 8) + (fy ? (p[stride] * fy) >> 8 : 0);
}

static inline void resample_from(const struct okng_resample_run *run, int32_t x, int32_t x1, uint8_t *out)
{
	for (; x < x1; x++) {
		int32_t y = okng_resample_y(run, x), fy = y & 8191, wx = (uint16_t)(run->wx[x & 1][x >> 1] + run->fx);
		const uint8_t *p = run->data + (y >> 13) * run->stride + x + run->shift;
		int32_t left = down(p, run->stride, fy), right = down(p + 1, run->stride, fy);
		out[x] = (uint8_t)((left + times(right - left, wx) + 16) >> 5);
	}
}

/* How many rows `pixels` pixels in a row reach into, at most. */
static inline int resample_rows(const struct okng_resample_run *run, int32_t pixels)
{
	int64_t step = run->step < 0 ? -run->step : run->step;
	return step ? 2 + (int)(((pixels - 1) * step + ((int64_t)1 << 19) + ((int64_t)1 << 32) - 1) >> 32) : 2;
}

/* The uppermost row of the pixels from x on. */
static inline int32_t resample_row(const struct okng_resample_run *run, int32_t x, int32_t pixels)
{
	return okng_resample_y(run, run->step < 0 ? x + pixels - 1 : x) >> 13;
}

#endif

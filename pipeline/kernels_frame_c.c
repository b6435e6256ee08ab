/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the kernels that prepare a frame for comparison. Written plainly: they say what is meant, the wide
 * ones say how it is fast.
 */
#include "pipeline/kernels.h"
#include "pipeline/kernels_frame_parts.h"

static void correct(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, uint8_t *out, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		out[x] = correct_at(in, dark, gain, x);
}

static uint32_t sum(const uint8_t *row, int32_t width)
{
	uint32_t s = 0;
	for (int32_t x = 0; x < width; x++)
		s += row[x];
	return s;
}

static uint32_t energy(const uint8_t *row, int32_t width)
{
	return energy_from(row, 1, width);
}

static void halve(const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		out[x] = halve_at(a, b, x);
}

static void light_sums(const uint8_t *a, const uint8_t *b, int32_t width, uint32_t sums[2])
{
	sums[0] = sums[1] = 0;
	light_sums_from(a, b, 0, width, sums);
}

static void light(uint8_t *row, const uint8_t *reference, uint32_t gain, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		row[x] = light_at(row[x], reference[x], gain);
}

static void resample(const struct okng_resample_run *run, int32_t x0, int32_t x1, uint8_t *out)
{
	resample_from(run, x0, x1, out);
}

void okng_kernels_init_frame_c(struct okng_kernels *k)
{
	k->correct = correct;
	k->sum = sum;
	k->energy = energy;
	k->halve = halve;
	k->light_sums = light_sums;
	k->light = light;
	k->resample = resample;
}

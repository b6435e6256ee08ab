/* SPDX-License-Identifier: Apache-2.0
 *
 * The local threshold's kernels: the reference.
 */
#include "pipeline/kernels.h"

static void slide(uint16_t *columns, const uint8_t *in, const uint8_t *out, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		columns[x] = (uint16_t)(columns[x] + in[x] - out[x]);
}

static void running(const uint16_t *columns, uint32_t *sums, int32_t width)
{
	uint32_t sum = 0; /* in a register */
	for (int32_t x = 0; x < width; x++) {
		sums[x] = sum;
		sum += columns[x];
	}
	sums[width] = sum;
}

static void box_mean(const uint32_t *sums, int32_t span, uint32_t pixels, uint8_t *out, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		out[x] = (uint8_t)((sums[x + span] - sums[x] + pixels / 2) / pixels);
}

static void margins(const uint8_t *mean, uint8_t dark, uint8_t bright, uint8_t *lower, uint8_t *upper, int32_t width)
{
	for (int32_t x = 0; x < width; x++) {
		int lo = mean[x] - (dark ? dark : 255), hi = mean[x] + (bright ? bright : 255);
		lower[x] = (uint8_t)(lo < 0 ? 0 : lo);
		upper[x] = (uint8_t)(hi > 255 ? 255 : hi);
	}
}

void okng_kernels_init_local_c(struct okng_kernels *k)
{
	k->slide = slide;
	k->running = running;
	k->box_mean = box_mean;
	k->margins = margins;
}

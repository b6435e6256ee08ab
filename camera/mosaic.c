/* SPDX-License-Identifier: Apache-2.0
 *
 * Three rows at a time, each with one more value mirrored at either end; sums of at most 16 × 4095 fit 16 bits.
 */
#include "camera/mosaic.h"

/* to[1] is the first pixel. */
static void mosaic_row(uint16_t *to, const struct okng_mosaic *m, int32_t y, int32_t width, int32_t height)
{
	m->read(m->frame, y < 0 ? 1 : y < height ? y : height - 2, to + 1);
	to[0] = to[2];
	to[width + 1] = to[width - 1];
}

/* sums: room for n + 2 values. */
static void luminance(uint8_t *restrict to, const uint16_t *restrict a, const uint16_t *restrict b, const uint16_t *restrict c,
	uint16_t *restrict sums, int32_t n, int shift)
{
	for (int32_t x = 0; x < n + 2; x++)
		sums[x] = (uint16_t)(a[x] + 2 * b[x] + c[x]);
	for (int32_t x = 0; x < n; x++)
		to[x] = (uint8_t)((uint16_t)(sums[x] + 2 * sums[x + 1] + sums[x + 2]) >> shift);
}

/* at: of the first green pixel of the row, 0 or 1. */
static void green(uint8_t *restrict to, const uint16_t *restrict a, const uint16_t *restrict b, const uint16_t *restrict c, int32_t n, int at,
	int shift)
{
	for (int32_t x = 0; x < n; x++) {
		uint16_t around = (uint16_t)(a[x + 1] + c[x + 1] + b[x] + b[x + 2]), here = (uint16_t)(4 * b[x + 1]);
		to[x] = (uint8_t)(((x & 1) == at ? here : around) >> shift);
	}
}

void okng_mosaic_to_8(struct okng_image *to, const struct okng_mosaic *m, struct okng_mosaic_scratch *scratch)
{
	int low = m->depth - 8, first = m->pattern == OKNG_PATTERN_BG || m->pattern == OKNG_PATTERN_RG; /* column of the first green */
	mosaic_row(scratch->row[2], m, -1, to->width, to->height);
	mosaic_row(scratch->row[0], m, 0, to->width, to->height);
	for (int32_t y = 0; y < to->height; y++) {
		const uint16_t *a = scratch->row[(y + 2) % 3], *b = scratch->row[y % 3], *c = scratch->row[(y + 1) % 3];
		mosaic_row(scratch->row[(y + 1) % 3], m, y + 1, to->width, to->height);
		if (m->bayer == OKNG_BAYER_GREEN)
			green(okng_image_row(to, y), a, b, c, to->width, (first + y) & 1, low + 2);
		else
			luminance(okng_image_row(to, y), a, b, c, scratch->sums, to->width, low + 4);
	}
}

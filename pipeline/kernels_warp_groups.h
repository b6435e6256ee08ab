/* SPDX-License-Identifier: Apache-2.0
 *
 * The warp by single groups of eight pixels, for instruction sets whose registers hold one: included once, behind a
 * warp_group of the including file. kernels_warp_avx2.c takes two at a time and has its own.
 */
#ifndef OKNG_PIPELINE_KERNELS_WARP_GROUPS_H
#define OKNG_PIPELINE_KERNELS_WARP_GROUPS_H

#include "pipeline/kernels_warp_parts.h"

/* All of a block take as many rows: kernels_warp_avx2.c says why. */
static inline void warp_groups(const struct okng_warp_row *r, const struct warp_block *b, int32_t n, int rows, uint8_t *out)
{
	for (int32_t i = 0; i < n; i++)
		warp_group(r, b, i, rows, out + 8 * i);
}

/* Where not all fit. */
static void warp_some(const struct okng_warp_row *r, const struct warp_block *b, int32_t g, int32_t n, uint8_t *out)
{
	for (int32_t i = 0; i < n; i++) {
		if (warp_fits(r, b, i, 4))
			warp_group(r, b, i, 4, out + 8 * (g + i));
		else
			warp_from(r, 8 * (g + i), 8 * (g + i) + 8, out);
	}
}

static void warp(const struct okng_warp_row *r, int32_t x0, int32_t x1, uint8_t *out)
{
	int32_t g0 = (x0 + 7) >> 3, g1 = x1 >> 3;
	if (g1 <= g0 || r->width < WARP_TAPS) {
		warp_from(r, x0, x1, out);
		return;
	}
	warp_from(r, x0, 8 * g0, out);
	for (int32_t g = g0; g < g1; g += WARP_BLOCK) {
		struct warp_block b;
		int32_t n = g1 - g < WARP_BLOCK ? g1 - g : WARP_BLOCK;
		int32_t rows = warp_sort(r, g, n, &b);
		if (rows == 2)
			warp_groups(r, &b, n, 2, out + 8 * g);
		else if (rows == 3)
			warp_groups(r, &b, n, 3, out + 8 * g);
		else
			warp_some(r, &b, g, n, out);
	}
	warp_from(r, 8 * g1, x1, out);
}

#endif

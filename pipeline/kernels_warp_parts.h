/* SPDX-License-Identifier: Apache-2.0
 *
 * What the implementations of the warp share: one pixel, and the sorting of groups of eight pixels, whose taps lie close
 * together, into those that a register can hold and the rest. Only static inline functions, as each including file is
 * compiled for another instruction set.
 */
#ifndef OKNG_PIPELINE_KERNELS_WARP_PARTS_H
#define OKNG_PIPELINE_KERNELS_WARP_PARTS_H

#include <stdint.h>

#include "pipeline/kernels.h"

#define WARP_BLOCK 16 /* groups that are sorted at a time: what is past a row's end is sorted, too, and not used */
#define WARP_TAPS 16  /* bytes of a row of the frame for one group */

/* Pixel j of a group: column in 1/2^12 and row in 1/2^13. */
static inline int32_t warp_x(const struct okng_warp_row *r, int32_t i, int32_t j)
{
	return ((r->x[i] + 264) >> 4) + j * ((r->x[i + 1] - r->x[i] + 64) >> 7);
}

static inline int32_t warp_y(const struct okng_warp_row *r, int32_t i, int32_t j)
{
	return ((r->y[i] + 4) >> 3) + j * ((r->y[i + 1] - r->y[i] + 32) >> 6);
}

/* Between a pixel and its right neighbour, in -1/128 level: so a weight of one fits a byte. What counts nothing is not read. */
static inline int32_t warp_across(const uint8_t *p, int32_t f)
{
	return (f - 128) * p[0] - (f ? f * p[1] : 0);
}

static inline void warp_from(const struct okng_warp_row *r, int32_t x0, int32_t x1, uint8_t *out)
{
	for (int32_t x = x0; x < x1; x++) {
		int32_t at = warp_x(r, x >> 3, x & 7), down = warp_y(r, x >> 3, x & 7), f = at >> 5 & 127, fy = down & 8191;
		const uint8_t *p = r->data + (down >> 13) * r->stride + (at >> 12);
		int32_t upper = warp_across(p, f), lower = fy ? warp_across(p + r->stride, f) : upper;
		int32_t v = upper - (((lower - upper) * (-4 * fy) + 16384) >> 15);
		out[x] = (uint8_t)((64 - v) >> 7);
	}
}

/* Groups of a block: the rows of the frame that each reaches into, its first byte, and counted from there column and row
 * of its first pixel in the lower half words, the steps in the upper. What fits no register reaches into WARP_LOST rows. */
#define WARP_LOST 1024

struct warp_block {
	int32_t rows[WARP_BLOCK], top[WARP_BLOCK], col[WARP_BLOCK];
	uint32_t across[WARP_BLOCK], down[WARP_BLOCK];
};

/* Returns how many rows suffice for each of the first n groups, all in the frame; more than 4: none does. */
static inline int32_t warp_sort(const struct okng_warp_row *r, int32_t g, int32_t n, struct warp_block *b)
{
	const int32_t *xs = r->x + g, *ys = r->y + g, last = r->width - WARP_TAPS;
	int32_t most = 0;
	for (int32_t i = 0; i < WARP_BLOCK; i++) {
		int32_t x = (xs[i] + 264) >> 4, dx = (xs[i + 1] - xs[i] + 64) >> 7;
		int32_t y = (ys[i] + 4) >> 3, dy = (ys[i + 1] - ys[i] + 32) >> 6, end = y + 7 * dy;
		int32_t col = x >> 12, top = (y < end ? y : end) >> 13, rows = ((y > end ? y : end) >> 13) - top + 2;
		col = col < last ? col : last;
		int32_t fx = x - col * 4096, lost = (dx < 0) | (fx + 7 * dx >= (WARP_TAPS - 1) * 4096);
		rows |= -lost & WARP_LOST;
		b->rows[i] = rows;
		b->top[i] = top;
		b->col[i] = col;
		b->across[i] = (uint32_t)(fx & 0xffff) | (uint32_t)dx << 16;
		b->down[i] = (uint32_t)((y - top * 8192) & 0xffff) | (uint32_t)dy << 16;
	}
	if (n == WARP_BLOCK)
		for (int32_t i = 0; i < WARP_BLOCK; i++)
			most = b->rows[i] > most ? b->rows[i] : most;
	else
		for (int32_t i = 0; i < n; i++)
			most = b->rows[i] > most ? b->rows[i] : most;
	for (int32_t i = 0; !r->roomy && i < n; i++)
		most = b->top[i] + most <= r->height ? most : WARP_LOST;
	return most;
}

/* Whether the rows of group i that `rows` reaches are all in the frame, and suffice. */
static inline int warp_fits(const struct okng_warp_row *r, const struct warp_block *b, int32_t i, int32_t rows)
{
	return b->rows[i] <= rows && b->top[i] + rows <= r->height;
}

static inline const uint8_t *warp_at(const struct okng_warp_row *r, const struct warp_block *b, int32_t i)
{
	return r->data + b->top[i] * r->stride + b->col[i];
}

#endif

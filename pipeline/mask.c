/* SPDX-License-Identifier: Apache-2.0
 *
 * A step of s after a square of radius r gives the square of radius r + s as long as the nine squares leave no gap, also
 * none at the border where some of the nine are missing: s <= r + 1. So a radius takes about log2 of it in steps.
 */
#include "pipeline/mask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int okng_mask_init(struct okng_mask *mask, int32_t width, int32_t height)
{
	*mask = (struct okng_mask){0};
	if (width < 1 || height < 1 || width > OKNG_IMAGE_SIDE_MAX || height > OKNG_IMAGE_SIDE_MAX)
		return -EINVAL;
	int32_t words = (width + 63) / 64;
	mask->bits = calloc((size_t)words * (size_t)height, sizeof *mask->bits);
	if (!mask->bits)
		return -ENOMEM;
	mask->width = width;
	mask->height = height;
	mask->words = words;
	return 0;
}

int okng_mask_init_rows(struct okng_mask *mask, int32_t width, int32_t height)
{
	int r = okng_mask_init(mask, width, height);
	if (r < 0)
		return r;
	mask->rows = calloc((size_t)height, sizeof *mask->rows);
	if (mask->rows)
		return 0;
	okng_mask_finish(mask);
	return -ENOMEM;
}

void okng_mask_finish(struct okng_mask *mask)
{
	free(mask->bits);
	free(mask->rows);
	*mask = (struct okng_mask){0};
}

void okng_mask_fill(struct okng_mask *mask, struct okng_rect r, int value)
{
	int32_t x0 = r.x < 0 ? 0 : r.x, y0 = r.y < 0 ? 0 : r.y;
	int32_t x1 = r.x + r.w > mask->width ? mask->width : r.x + r.w;
	int32_t y1 = r.y + r.h > mask->height ? mask->height : r.y + r.h;
	for (int32_t y = y0; y < y1 && x0 < x1; y++) {
		uint64_t *row = okng_mask_row(mask, y);
		if (!okng_mask_row_counts(mask, y)) {
			memset(row, 0, (size_t)mask->words * sizeof *row);
			mask->rows[y] = 1;
		}
		for (int32_t i = x0 / 64; i <= (x1 - 1) / 64; i++) {
			uint64_t bits = ~(uint64_t)0;
			if (i == x0 / 64)
				bits &= ~(uint64_t)0 << (x0 & 63);
			if (i == (x1 - 1) / 64)
				bits &= ~(uint64_t)0 >> (63 - ((x1 - 1) & 63));
			row[i] = value ? row[i] | bits : row[i] & ~bits;
		}
	}
}

uint64_t okng_mask_count(const struct okng_mask *mask)
{
	uint64_t n = 0;
	for (int32_t y = 0; y < mask->height; y++) {
		const uint64_t *row = okng_mask_row(mask, y);
		for (int32_t i = 0; okng_mask_row_counts(mask, y) && i < mask->words; i++)
			n += (uint64_t)__builtin_popcountll(row[i]);
	}
	return n;
}

typedef bool (*step_kernel)(const uint64_t *, const uint64_t *, const uint64_t *, uint64_t *, int32_t, int);

/* The three rows of a step that are there and count: what is beyond the image, or empty for dilate, is another of them.
 * False: the result is empty. */
static bool step_rows(const struct okng_mask *m, int32_t y, int step, bool all, const uint64_t *rows[3])
{
	const uint64_t *other = NULL;
	for (int i = 0; i < 3; i++) {
		int32_t at = y + (i - 1) * step;
		bool there = at >= 0 && at < m->height;
		rows[i] = there && okng_mask_row_counts(m, at) ? okng_mask_row(m, at) : NULL;
		if (there && !rows[i] && all)
			return false;
		other = rows[i] ? rows[i] : other;
	}
	for (int i = 0; i < 3; i++)
		rows[i] = rows[i] ? rows[i] : other;
	return other;
}

static void take_step(step_kernel kernel, const struct okng_mask *from, struct okng_mask *to, int step, bool all)
{
	for (int32_t y = 0; y < from->height; y++) {
		const uint64_t *rows[3];
		bool any = step_rows(from, y, step, all, rows) && kernel(rows[0], rows[1], rows[2], okng_mask_row(to, y), from->width, step);
		if (to->rows)
			to->rows[y] = any;
	}
}

static void take_steps(step_kernel kernel, struct okng_mask *mask, struct okng_mask *spare, int radius, bool all)
{
	for (int done = 0, step; done < radius; done += step) {
		step = done + 1 < radius - done ? done + 1 : radius - done;
		take_step(kernel, mask, spare, step, all);
		struct okng_mask swap = *mask;
		*mask = *spare;
		*spare = swap;
	}
}

void okng_mask_erode(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius)
{
	take_steps(k->erode, mask, spare, radius, true);
}

void okng_mask_dilate(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius)
{
	take_steps(k->dilate, mask, spare, radius, false);
}

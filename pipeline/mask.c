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

void okng_mask_finish(struct okng_mask *mask)
{
	free(mask->bits);
	*mask = (struct okng_mask){0};
}

void okng_mask_fill(struct okng_mask *mask, struct okng_rect r, int value)
{
	int32_t x0 = r.x < 0 ? 0 : r.x, y0 = r.y < 0 ? 0 : r.y;
	int32_t x1 = r.x + r.w > mask->width ? mask->width : r.x + r.w;
	int32_t y1 = r.y + r.h > mask->height ? mask->height : r.y + r.h;
	for (int32_t y = y0; y < y1; y++) {
		uint64_t *row = okng_mask_row(mask, y);
		for (int32_t x = x0; x < x1; x++) {
			uint64_t bit = (uint64_t)1 << (x & 63);
			row[x >> 6] = value ? row[x >> 6] | bit : row[x >> 6] & ~bit;
		}
	}
}

uint64_t okng_mask_count(const struct okng_mask *mask)
{
	uint64_t n = 0;
	int64_t words = (int64_t)mask->words * mask->height;
	for (int64_t i = 0; i < words; i++)
		n += (uint64_t)__builtin_popcountll(mask->bits[i]);
	return n;
}

typedef void (*step_kernel)(const uint64_t *, const uint64_t *, const uint64_t *, uint64_t *, int32_t, int);

static void take_step(step_kernel kernel, const struct okng_mask *from, struct okng_mask *to, int step)
{
	for (int32_t y = 0; y < from->height; y++) {
		const uint64_t *row = okng_mask_row(from, y);
		const uint64_t *above = y >= step ? okng_mask_row(from, y - step) : row;
		const uint64_t *below = y + step < from->height ? okng_mask_row(from, y + step) : row;
		kernel(above, row, below, okng_mask_row(to, y), from->width, step);
	}
}

static void take_steps(step_kernel kernel, struct okng_mask *mask, struct okng_mask *spare, int radius)
{
	for (int done = 0, step; done < radius; done += step) {
		step = done + 1 < radius - done ? done + 1 : radius - done;
		take_step(kernel, mask, spare, step);
		uint64_t *bits = mask->bits;
		mask->bits = spare->bits;
		spare->bits = bits;
	}
}

void okng_mask_erode(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius)
{
	take_steps(k->erode, mask, spare, radius);
}

void okng_mask_dilate(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius)
{
	take_steps(k->dilate, mask, spare, radius);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A column's sum goes down with the row by one pixel in and one out, in 16 bits, as no window is higher than 255; of the
 * columns' running sums a window is one difference.
 */
#include "pipeline/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct okng_local {
	const struct okng_kernels *k;
	int32_t width, radius;
	uint16_t *columns; /* of the rows of the window */
	uint32_t *sums;    /* of the columns left of x; width + 1 */
	uint8_t *nothing;  /* a row beyond the image */
};

int okng_local_open(struct okng_local **local, int32_t width, int window, const struct okng_kernels *kernels)
{
	struct okng_local *l = calloc(1, sizeof *l);
	*local = l;
	if (!l)
		return -ENOMEM;
	l->k = kernels;
	l->width = width;
	l->radius = window / 2;
	l->columns = calloc((size_t)width, sizeof *l->columns);
	l->sums = calloc((size_t)width + 1, sizeof *l->sums);
	l->nothing = calloc((size_t)width, sizeof *l->nothing);
	if (l->columns && l->sums && l->nothing)
		return 0;
	okng_local_close(local);
	return -ENOMEM;
}

void okng_local_close(struct okng_local **local)
{
	struct okng_local *l = *local;
	*local = NULL;
	if (!l)
		return;
	free(l->columns);
	free(l->sums);
	free(l->nothing);
	free(l);
}

static const uint8_t *row_of(const struct okng_local *l, const struct okng_image *img, int32_t y)
{
	return y >= 0 && y < img->height ? okng_image_row(img, y) : l->nothing;
}

static void mean_by_one(const struct okng_local *l, uint32_t rows, uint8_t *mean, int32_t from, int32_t to)
{
	for (int32_t x = from; x < to; x++) {
		int32_t x0 = x > l->radius ? x - l->radius : 0, x1 = x + l->radius + 1 < l->width ? x + l->radius + 1 : l->width;
		uint32_t pixels = rows * (uint32_t)(x1 - x0);
		mean[x] = (uint8_t)((l->sums[x1] - l->sums[x0] + pixels / 2) / pixels);
	}
}

void okng_local_row(struct okng_local *l, const struct okng_image *img, int32_t y, uint8_t *mean)
{
	int32_t r = l->radius, w = l->width;
	if (y == 0) {
		memset(l->columns, 0, (size_t)w * sizeof *l->columns);
		for (int32_t v = 0; v < r; v++)
			l->k->slide(l->columns, row_of(l, img, v), l->nothing, w);
	}
	l->k->slide(l->columns, row_of(l, img, y + r), row_of(l, img, y - r - 1), w);
	l->k->running(l->columns, l->sums, w);
	uint32_t rows = (uint32_t)((y + r < img->height ? y + r : img->height - 1) - (y > r ? y - r : 0) + 1);
	if (w <= 2 * r) {
		mean_by_one(l, rows, mean, 0, w);
		return;
	}
	mean_by_one(l, rows, mean, 0, r);
	l->k->box_mean(l->sums, 2 * r + 1, rows * (uint32_t)(2 * r + 1), mean + r, w - 2 * r);
	mean_by_one(l, rows, mean, w - r, w);
}

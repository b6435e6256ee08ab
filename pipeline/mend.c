/* SPDX-License-Identifier: Apache-2.0
 *
 * Bad pixels: where good ones are is looked up once, when they are marked; a frame costs a few bytes read and sorted for
 * each. A median, because an edge of the part beside a bad pixel shall stay an edge.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/correct.h"

int32_t okng_flat_bad_max(int32_t width, int32_t height)
{
	int64_t most = (int64_t)width * height / 1000;
	return most > 16 ? (int32_t)most : 16;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Good pixels at a distance of exactly r, as long as there is room. */
static void add_ring(struct okng_bad_pixel *p, int r, int32_t width, int32_t height, const uint32_t *at, int32_t n)
{
	for (int dy = -r; dy <= r; dy++) {
		for (int dx = -r; dx <= r && p->n < OKNG_MEND_NEAR; dx++) {
			int32_t x = p->x + dx, y = p->y + dy;
			if ((abs(dx) != r && abs(dy) != r) || x < 0 || y < 0 || x >= width || y >= height)
				continue;
			uint32_t key = (uint32_t)y * (uint32_t)width + (uint32_t)x;
			if (bsearch(&key, at, (size_t)n, sizeof *at, by_value))
				continue;
			p->dx[p->n] = (int8_t)dx;
			p->dy[p->n] = (int8_t)dy;
			p->n++;
		}
	}
}

int okng_flat_mark(struct okng_flat *flat, const uint32_t *at, int32_t n, uint32_t *where)
{
	int32_t width = flat->dark.width, height = flat->dark.height;
	if (n < 0 || n > okng_flat_bad_max(width, height))
		return -EINVAL;
	for (int32_t i = 0; i < n; i++)
		if ((i > 0 && at[i] <= at[i - 1]) || at[i] >= (uint64_t)width * (uint64_t)height)
			return -EINVAL;
	struct okng_bad_pixel *bad = n ? calloc((size_t)n, sizeof *bad) : NULL;
	if (n && !bad)
		return -ENOMEM;
	for (int32_t i = 0; i < n; i++) {
		bad[i].x = (int32_t)(at[i] % (uint32_t)width);
		bad[i].y = (int32_t)(at[i] / (uint32_t)width);
		for (int r = 1; r <= OKNG_MEND_REACH && bad[i].n < OKNG_MEND_NEAR_MIN; r++)
			add_ring(&bad[i], r, width, height, at, n);
		if (bad[i].n >= OKNG_MEND_NEAR_MIN)
			continue;
		if (where)
			*where = at[i];
		free(bad);
		return -EDOM;
	}
	free(flat->bad);
	flat->bad = bad;
	flat->n_bad = n;
	return 0;
}

static uint8_t median(const struct okng_bad_pixel *p, const struct okng_image *img)
{
	uint8_t grey[OKNG_MEND_NEAR];
	for (int i = 0; i < p->n; i++) {
		uint8_t v = okng_image_row(img, p->y + p->dy[i])[p->x + p->dx[i]];
		int k = i;
		for (; k > 0 && grey[k - 1] > v; k--)
			grey[k] = grey[k - 1];
		grey[k] = v;
	}
	return (uint8_t)((grey[(p->n - 1) / 2] + grey[p->n / 2] + 1) / 2);
}

void okng_flat_mend(const struct okng_flat *flat, struct okng_image *img, int32_t y, int32_t *next)
{
	for (; *next < flat->n_bad && flat->bad[*next].y <= y; ++*next) {
		const struct okng_bad_pixel *p = &flat->bad[*next];
		okng_image_row(img, p->y)[p->x] = median(p, img);
	}
}

int okng_flat_copy(struct okng_flat *copy, const struct okng_flat *flat)
{
	*copy = (struct okng_flat){0};
	int r = okng_image_init(&copy->dark, flat->dark.width, flat->dark.height, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_image_init(&copy->gain, flat->gain.width, flat->gain.height, OKNG_PIXEL_MONO16);
	if (r == 0)
		r = okng_image_copy(&copy->dark, &flat->dark);
	if (r == 0)
		r = okng_image_copy(&copy->gain, &flat->gain);
	if (r == 0 && flat->n_bad) {
		copy->bad = malloc((size_t)flat->n_bad * sizeof *copy->bad);
		if (copy->bad)
			memcpy(copy->bad, flat->bad, (size_t)flat->n_bad * sizeof *copy->bad);
		copy->n_bad = copy->bad ? flat->n_bad : 0;
		r = copy->bad ? 0 : -ENOMEM;
	}
	if (r < 0)
		okng_flat_finish(copy);
	return r;
}

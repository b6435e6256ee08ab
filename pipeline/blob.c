/* SPDX-License-Identifier: Apache-2.0
 *
 * Only the runs of two rows are kept; sums go to the label of the run and labels are merged at the end. All sums are
 * integers, so that features do not depend on the order of merging.
 */
#include "pipeline/blob.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/labels.h"

#define SMOOTH_LEAST 64 /* pixels that a wide kernel smooths for the price of few */
#define SMOOTH_PIECES 8 /* runs in a row, beyond which it is smoothed in one */

struct run {
	int32_t x0, x1; /* [x0, x1) */
	uint32_t label;
};

struct sums {
	uint64_t n, x, y, xx, yy, xy, deviation;
	int32_t x0, y0, x1, y1; /* box, x1 and y1 past the end */
};

struct okng_blobs {
	int32_t width;
	const struct okng_kernels *smooth; /* NULL: values are taken as they are */
	uint8_t *smoothed;                 /* a row of them */
	struct run *runs[2];
	uint32_t *parent;
	struct sums *sums;
	uint32_t labels;
};

int okng_blobs_open(struct okng_blobs **blobs, int32_t width)
{
	struct okng_blobs *b = calloc(1, sizeof *b);
	*blobs = b;
	if (!b)
		return -ENOMEM;
	size_t most = (size_t)width / 2 + 1; /* runs in a row */
	b->width = width;
	b->runs[0] = calloc(most, sizeof **b->runs);
	b->runs[1] = calloc(most, sizeof **b->runs);
	b->parent = calloc(OKNG_BLOB_LABELS, sizeof *b->parent);
	b->sums = calloc(OKNG_BLOB_LABELS, sizeof *b->sums);
	b->smoothed = calloc((size_t)width, sizeof *b->smoothed);
	if (!b->runs[0] || !b->runs[1] || !b->parent || !b->sums || !b->smoothed) {
		okng_blobs_close(blobs);
		return -ENOMEM;
	}
	return 0;
}

void okng_blobs_close(struct okng_blobs **blobs)
{
	struct okng_blobs *b = *blobs;
	*blobs = NULL;
	if (!b)
		return;
	free(b->runs[0]);
	free(b->runs[1]);
	free(b->parent);
	free(b->sums);
	free(b->smoothed);
	free(b);
}

void okng_blobs_smooth(struct okng_blobs *b, const struct okng_kernels *kernels)
{
	b->smooth = kernels;
}

/* First pixel at or after x whose bit, flipped where flip has ones, is set; or width. */
static int32_t find_bit(const uint64_t *row, int32_t x, int32_t width, uint64_t flip)
{
	if (x >= width)
		return width;
	int32_t i = x >> 6, last = (width - 1) >> 6;
	uint64_t w = (row[i] ^ flip) & ~(uint64_t)0 << (x & 63);
	while (!w && i < last)
		w = row[++i] ^ flip;
	x = w ? i * 64 + __builtin_ctzll(w) : width;
	return x < width ? x : width;
}

static int find_runs(const uint64_t *row, int32_t width, struct run *runs)
{
	int n = 0;
	for (int32_t x = find_bit(row, 0, width, 0); x < width; n++) {
		runs[n].x0 = x;
		runs[n].x1 = x = find_bit(row, x, width, ~(uint64_t)0);
		x = find_bit(row, x, width, 0);
	}
	return n;
}

static bool new_label(struct okng_blobs *b, uint32_t *label)
{
	if (b->labels == OKNG_BLOB_LABELS)
		return false;
	*label = b->labels++;
	b->parent[*label] = *label;
	b->sums[*label] = (struct sums){.x0 = INT32_MAX, .y0 = INT32_MAX};
	return true;
}

/* Runs touch when they overlap or meet at a corner. */
static bool label_runs(struct okng_blobs *b, struct run *now, int n, const struct run *above, int m)
{
	int j = 0;
	for (int i = 0; i < n; i++) {
		bool labelled = false;
		while (j < m && above[j].x1 < now[i].x0)
			j++;
		for (int k = j; k < m && above[k].x0 <= now[i].x1; k++) {
			now[i].label = labelled ? okng_label_join(b->parent, now[i].label, above[k].label) : okng_label_lead(b->parent, above[k].label);
			labelled = true;
		}
		if (!labelled && !new_label(b, &now[i].label))
			return false;
	}
	return true;
}

static void add_run(struct sums *s, const struct run *r, int32_t y)
{
	uint64_t n = (uint64_t)(r->x1 - r->x0), first = (uint64_t)r->x0, last = (uint64_t)r->x1 - 1;
	uint64_t sx = (first + last) * n / 2;
	/* Sum of squares 0..k is k(k+1)(2k+1)/6. */
	uint64_t sxx = last * (last + 1) * (2 * last + 1) / 6 - (first ? (first - 1) * first * (2 * first - 1) / 6 : 0);
	s->n += n;
	s->x += sx;
	s->y += n * (uint64_t)y;
	s->xx += sxx;
	s->yy += n * (uint64_t)y * (uint64_t)y;
	s->xy += sx * (uint64_t)y;
	s->x0 = r->x0 < s->x0 ? r->x0 : s->x0;
	s->x1 = r->x1 > s->x1 ? r->x1 : s->x1;
	s->y0 = y < s->y0 ? y : s->y0;
	s->y1 = y + 1;
}

/* Smooths at least the pixels [x0, x1) of row y, more where that is not dearer, into their places. */
static void smooth_piece(struct okng_blobs *b, const struct okng_image *value, int32_t y, int32_t x0, int32_t x1)
{
	int32_t last = value->width - 1;
	int32_t from = x0 > 0 ? x0 - 1 : 0, to = x1 < last ? x1 + 1 : last + 1; /* the outermost may be wrong, but at the border */
	if (to - from < SMOOTH_LEAST) {
		to = from + SMOOTH_LEAST <= last ? from + SMOOTH_LEAST : last + 1;
		from = to - SMOOTH_LEAST > 0 ? to - SMOOTH_LEAST : 0;
	}
	const uint8_t *row = okng_image_row(value, y) + from;
	b->smooth->gauss3(y > 0 ? row - value->stride : row, row, y + 1 < value->height ? row + value->stride : row,
		b->smoothed + from, to - from);
}

static void add_deviations(struct okng_blobs *b, const struct run *runs, int n, int32_t y, const struct okng_image *value,
	const struct okng_image *expected)
{
	const uint8_t *e = okng_image_row(expected, y), *v = b->smooth ? b->smoothed : okng_image_row(value, y);
	bool whole = b->smooth && n > SMOOTH_PIECES;
	if (whole)
		smooth_piece(b, value, y, runs[0].x0, runs[n - 1].x1);
	for (int i = 0; i < n; i++) {
		uint64_t deviation = 0;
		if (b->smooth && !whole)
			smooth_piece(b, value, y, runs[i].x0, runs[i].x1);
		for (int32_t x = runs[i].x0; x < runs[i].x1; x++)
			deviation += (uint64_t)abs(v[x] - e[x]);
		b->sums[runs[i].label].deviation += deviation;
	}
}

static void merge(struct sums *to, const struct sums *s)
{
	to->n += s->n;
	to->x += s->x;
	to->y += s->y;
	to->xx += s->xx;
	to->yy += s->yy;
	to->xy += s->xy;
	to->deviation += s->deviation;
	to->x0 = s->x0 < to->x0 ? s->x0 : to->x0;
	to->y0 = s->y0 < to->y0 ? s->y0 : to->y0;
	to->x1 = s->x1 > to->x1 ? s->x1 : to->x1;
	to->y1 = s->y1 > to->y1 ? s->y1 : to->y1;
}

static void features(const struct sums *s, enum okng_polarity polarity, struct okng_defect *d)
{
	double n = (double)s->n, cx = (double)s->x / n, cy = (double)s->y / n;
	/* Second moments about the centre, each pixel a unit square. */
	double mxx = (double)s->xx / n - cx * cx + 1.0 / 12, myy = (double)s->yy / n - cy * cy + 1.0 / 12;
	double mxy = (double)s->xy / n - cx * cy;
	double mean = (mxx + myy) / 2, spread = sqrt((mxx - myy) * (mxx - myy) / 4 + mxy * mxy);
	double minor = mean - spread > 1.0 / 12 ? mean - spread : 1.0 / 12;
	*d = (struct okng_defect){
		.box = {s->x0, s->y0, s->x1 - s->x0, s->y1 - s->y0},
		.area = s->n > UINT32_MAX ? UINT32_MAX : (uint32_t)s->n,
		.cx = (float)cx,
		.cy = (float)cy,
		.elongation = (float)sqrt((mean + spread) / minor),
		.contrast = (float)((double)s->deviation / n),
		.fill = (float)(n / ((double)(s->x1 - s->x0) * (s->y1 - s->y0))),
		.polarity = polarity,
	};
}

int okng_blobs_find(struct okng_blobs *b, const struct okng_mask *mask, const struct okng_image *value,
	const struct okng_image *expected, enum okng_polarity polarity, int min_area,
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	int above = 0, found = 0;
	b->labels = 0;
	for (int32_t y = 0; y < mask->height; y++) {
		struct run *now = b->runs[y & 1];
		if (!okng_mask_row_counts(mask, y)) {
			above = 0;
			continue;
		}
		int n = find_runs(okng_mask_row(mask, y), mask->width, now);
		if (!label_runs(b, now, n, b->runs[~y & 1], above))
			return -EOVERFLOW;
		for (int i = 0; i < n; i++)
			add_run(&b->sums[now[i].label], &now[i], y);
		add_deviations(b, now, n, y, value, expected);
		above = n;
	}
	for (uint32_t l = 0; l < b->labels; l++)
		if (okng_label_lead(b->parent, l) != l)
			merge(&b->sums[okng_label_lead(b->parent, l)], &b->sums[l]);
	for (uint32_t l = 0; l < b->labels; l++) {
		struct okng_defect d;
		if (b->parent[l] != l || b->sums[l].n < (uint64_t)min_area)
			continue;
		features(&b->sums[l], polarity, &d);
		each(user, &d);
		found++;
	}
	return found;
}

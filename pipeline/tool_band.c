/* SPDX-License-Identifier: Apache-2.0
 *
 * The tools compare and blob: smooth → band → mask off what must not count → opening, closing → blobs, for the dark and
 * the bright side. They differ only in where their bounds come from.
 *
 * A row goes from pixels to bits in one kernel, while it is in the first cache; the smoothed image is stored nowhere (but
 * for a local threshold, whose window needs it). Rows and parts of rows without region are not looked at, and a row
 * where nothing deviates, as most do, is but a flag: it costs nothing in morphology and labelling.
 */
#include "pipeline/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/compare.h"
#include "pipeline/local.h"

#define OUTSIDE_SHARE 5 /* one over: how much of the region may lie outside the frame */

/* What of a row may count. */
struct extent {
	int32_t x0, x1; /* x0 a multiple of 64, x1 too or the width; empty: both 0 */
	uint32_t count; /* pixels */
};

struct band {
	const struct okng_kernels *k;
	struct okng_tool tool;
	bool is_local;
	struct okng_image lower, upper, expected; /* local: lower and upper are of one row */
	struct okng_image smooth;                 /* of a local threshold alone */
	struct okng_local *local;
	struct okng_mask valid, dark, bright, spare;
	struct extent *extents; /* of valid, by row */
	uint64_t valid_count;
	uint64_t *line[2];      /* dark, bright: the row at hand */
	struct okng_blobs *blobs;
};

static void smooth_image(const struct okng_kernels *k, const struct okng_image *in, struct okng_image *out)
{
	for (int32_t y = 0; y < in->height; y++)
		k->gauss3(okng_image_row(in, y > 0 ? y - 1 : y), okng_image_row(in, y),
			okng_image_row(in, y + 1 < in->height ? y + 1 : y), okng_image_row(out, y), in->width);
}

static void fill(struct okng_image *img, int value)
{
	for (int32_t y = 0; y < img->height; y++)
		memset(okng_image_row(img, y), value, (size_t)img->width);
}

static void make_valid(struct band *s)
{
	const struct okng_tool *t = &s->tool;
	struct okng_rect all = {0, 0, s->valid.width, s->valid.height};
	okng_mask_fill(&s->valid, t->region.w ? t->region : all, 1);
	for (int i = 0; i < t->n_ignore; i++)
		okng_mask_fill(&s->valid, t->ignore[i], 0);
	for (int32_t y = 0; y < s->valid.height; y++) {
		const uint64_t *row = okng_mask_row(&s->valid, y);
		struct extent *e = &s->extents[y];
		for (int32_t i = 0; i < s->valid.words; i++) {
			if (!row[i])
				continue;
			e->x0 = e->count ? e->x0 : i * 64;
			e->x1 = i * 64 + 64 < s->valid.width ? i * 64 + 64 : s->valid.width;
			e->count += (uint32_t)__builtin_popcountll(row[i]);
		}
		s->valid_count += e->count;
	}
}

/* Leaves s->smooth only where band_run needs it. */
static int make_bounds(struct band *s, const struct okng_model *model)
{
	const struct okng_tool *t = &s->tool;
	if (t->type == OKNG_TOOL_COMPARE || (s->is_local && t->smooth)) {
		int r = okng_image_init(&s->smooth, s->valid.width, s->valid.height, OKNG_PIXEL_MONO8);
		if (r < 0)
			return r;
	}
	if (t->type == OKNG_TOOL_COMPARE) {
		okng_compare_mean(model, &s->smooth);
		if (t->smooth)
			smooth_image(s->k, &s->smooth, &s->expected);
		else
			okng_image_copy(&s->expected, &s->smooth);
		okng_compare_bounds(t, model, &s->expected, &s->lower, &s->upper);
		okng_image_finish(&s->smooth);
	} else if (s->is_local) {
		return okng_local_open(&s->local, s->valid.width, t->window, s->k);
	} else {
		fill(&s->lower, t->dark);
		fill(&s->upper, t->bright);
	}
	return 0;
}

static void band_close(void **state)
{
	struct band *s = *state;
	*state = NULL;
	if (!s)
		return;
	struct okng_image *images[] = {&s->lower, &s->upper, &s->expected, &s->smooth};
	struct okng_mask *masks[] = {&s->valid, &s->dark, &s->bright, &s->spare};
	for (int i = 0; i < 4; i++) {
		okng_image_finish(images[i]);
		okng_mask_finish(masks[i]);
	}
	okng_blobs_close(&s->blobs);
	free(s->extents);
	free(s->line[0]);
	free(s->line[1]);
	okng_local_close(&s->local);
	free(s);
}

static int band_open(void **state, const struct okng_tool_setup *setup)
{
	const struct okng_tool *tool = setup->tool;
	const struct okng_model *model = setup->model;
	int32_t width = setup->width, height = setup->height;
	struct band *s = calloc(1, sizeof *s);
	*state = s;
	if (!s)
		return -ENOMEM;
	s->k = setup->kernels;
	s->tool = *tool;
	s->is_local = tool->type == OKNG_TOOL_BLOB && tool->threshold == OKNG_THRESHOLD_LOCAL;
	int32_t bounds = s->is_local ? 1 : height;
	struct okng_mask *masks[] = {&s->dark, &s->bright, &s->spare};
	int r = okng_image_init(&s->lower, width, bounds, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_image_init(&s->upper, width, bounds, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_image_init(&s->expected, width, height, OKNG_PIXEL_MONO8);
	for (int i = 0; r == 0 && i < 3; i++)
		r = okng_mask_init_rows(masks[i], width, height);
	if (r == 0)
		r = okng_mask_init(&s->valid, width, height);
	if (r == 0)
		r = okng_blobs_open(&s->blobs, width);
	if (r == 0) {
		s->extents = calloc((size_t)height, sizeof *s->extents);
		s->line[0] = calloc((size_t)s->valid.words, sizeof **s->line);
		s->line[1] = calloc((size_t)s->valid.words, sizeof **s->line);
		if (!s->extents || !s->line[0] || !s->line[1])
			r = -ENOMEM;
	}
	if (r == 0) {
		make_valid(s);
		r = make_bounds(s, model);
	}
	if (r < 0)
		band_close(state);
	return r;
}

/* The bits of word i whose pixels lie in [x0, x1). */
static uint64_t between(int32_t i, int32_t x0, int32_t x1)
{
	int32_t from = x0 - i * 64, to = x1 - i * 64;
	uint64_t low = from <= 0 ? ~(uint64_t)0 : from >= 64 ? 0 : ~(uint64_t)0 << from;
	uint64_t high = to <= 0 ? 0 : to >= 64 ? ~(uint64_t)0 : ~(~(uint64_t)0 << to);
	return low & high;
}

/* How many of the row's valid pixels lie in [x0, x1): all but those of the words that it cuts. */
static uint64_t count_seen(const struct extent *e, const uint64_t *valid, int32_t x0, int32_t x1)
{
	uint64_t n = e->count;
	int32_t i = e->x0 / 64, end = (e->x1 + 63) / 64;
	for (; i < end && i * 64 < x0; i++)
		n -= (uint64_t)__builtin_popcountll(valid[i] & ~between(i, x0, x1));
	for (i = i > x1 / 64 ? i : x1 / 64; i < end; i++)
		n -= (uint64_t)__builtin_popcountll(valid[i] & ~between(i, x0, x1));
	return n;
}

/* Row y of a mask from the line's words of e; what lies outside the region, ignored, or outside the frame is cleared. */
static void keep_line(struct okng_mask *mask, int32_t y, const uint64_t *line, const struct extent *e, const uint64_t *valid,
	int32_t x0, int32_t x1)
{
	uint64_t *row = okng_mask_row(mask, y), any = 0;
	int32_t first = e->x0 / 64, last = (e->x1 - 1) / 64;
	memset(row, 0, (size_t)mask->words * sizeof *row);
	for (int32_t i = first; i <= last; i++)
		row[i] = line[i] & valid[i];
	row[first] &= between(first, x0, x1);
	row[last] &= between(last, x0, x1);
	for (int32_t i = first; i <= last; i++)
		any |= row[i];
	mask->rows[y] = any != 0;
}

/* Whether any pixel of e leaves its bounds, and which: in s->line. Bits outside e are as they were. */
static bool compare_line(struct band *s, const struct okng_image *img, bool smooth, int32_t y, const struct extent *e)
{
	const uint8_t *lower = okng_image_row(&s->lower, s->is_local ? 0 : y), *upper = okng_image_row(&s->upper, s->is_local ? 0 : y);
	const uint8_t *row = okng_image_row(img, y);
	if (smooth) {
		const uint8_t *const rows[3] = {y > 0 ? row - img->stride : row, row, y + 1 < img->height ? row + img->stride : row};
		return s->k->gauss3_band(rows, lower, upper, s->line[0], s->line[1], img->width, e->x0, e->x1);
	}
	return s->k->band(row + e->x0, lower + e->x0, upper + e->x0, s->line[0] + e->x0 / 64, s->line[1] + e->x0 / 64, e->x1 - e->x0);
}

static void make_local_bounds(struct band *s, const struct okng_image *img, int32_t y)
{
	uint8_t *mean = okng_image_row(&s->expected, y);
	okng_local_row(s->local, img, y, mean);
	s->k->margins(mean, (uint8_t)s->tool.dark, (uint8_t)s->tool.bright, s->lower.data, s->upper.data, img->width);
}

/* The part of row y, [*x0, *x1), where the frame was seen; with shrink, by all that the smoothing takes in, too: beyond the
 * frame it meets repeated pixels, beside, above and below. */
static void seen_part(const struct okng_image *img, const int32_t (*spans)[2], int32_t y, int32_t shrink, int32_t *x0, int32_t *x1)
{
	*x0 = 0;
	*x1 = img->width;
	for (int32_t i = y - shrink > 0 ? y - shrink : 0; i <= y + shrink && i < img->height; i++) {
		int32_t first = spans[i][0] > 0 ? spans[i][0] + shrink : 0;
		int32_t end = spans[i][1] < img->width ? spans[i][1] - shrink : img->width;
		*x0 = first > *x0 ? first : *x0;
		*x1 = end < *x1 ? end : *x1;
	}
}

/* Fills dark and bright; the number of pixels that were looked at. */
static uint64_t compare_rows(struct band *s, const struct okng_image *img, bool smooth, const int32_t (*spans)[2])
{
	uint64_t seen = 0;
	for (int32_t y = 0; y < img->height; y++) {
		struct extent e = s->extents[y];
		const uint64_t *valid = okng_mask_row(&s->valid, y);
		int32_t x0, x1;
		seen_part(img, spans, y, s->tool.smooth, &x0, &x1);
		s->dark.rows[y] = s->bright.rows[y] = 0;
		if (s->is_local)
			make_local_bounds(s, img, y);
		if (!e.count || x1 <= x0)
			continue;
		seen += count_seen(&e, valid, x0, x1);
		e.x0 = x0 > e.x0 ? x0 & ~63 : e.x0;
		e.x1 = x1 < e.x1 ? (x1 + 63) & ~63 : e.x1;
		e.x1 = e.x1 < img->width ? e.x1 : img->width;
		if (e.x0 >= e.x1 || !compare_line(s, img, smooth, y, &e))
			continue;
		keep_line(&s->dark, y, s->line[0], &e, valid, x0, x1);
		keep_line(&s->bright, y, s->line[1], &e, valid, x0, x1);
	}
	return seen;
}

static int find_side(struct band *s, struct okng_mask *mask, const struct okng_image *img, enum okng_polarity polarity,
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	const struct okng_tool *t = &s->tool;
	const struct okng_image *expected = &s->expected;
	if (t->type == OKNG_TOOL_BLOB && t->threshold == OKNG_THRESHOLD_ABSOLUTE)
		expected = polarity == OKNG_POLARITY_DARK ? &s->lower : &s->upper;
	okng_mask_erode(s->k, mask, &s->spare, t->opening);
	okng_mask_dilate(s->k, mask, &s->spare, t->opening + t->closing);
	okng_mask_erode(s->k, mask, &s->spare, t->closing);
	return okng_blobs_find(s->blobs, mask, img, expected, polarity, t->min_area, each, user);
}

static int band_run(void *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	struct band *s = state;
	const struct okng_image *in = img;
	bool smooth = s->tool.smooth;
	if (s->is_local && smooth) {
		smooth_image(s->k, img, &s->smooth);
		in = &s->smooth;
		smooth = false;
	}
	uint64_t seen = compare_rows(s, in, smooth, spans);
	if (s->valid_count - seen > s->valid_count / OUTSIDE_SHARE)
		return -EDOM;
	okng_blobs_smooth(s->blobs, smooth ? s->k : NULL);
	int dark = find_side(s, &s->dark, in, OKNG_POLARITY_DARK, each, user);
	int bright = dark < 0 ? dark : find_side(s, &s->bright, in, OKNG_POLARITY_BRIGHT, each, user);
	return bright < 0 ? bright : dark + bright;
}

const struct okng_tool_kind okng_tool_band = {.open = band_open, .run = band_run, .close = band_close};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The tools compare and blob: smooth → band → mask off what must not count → opening, closing → blobs, for the dark and
 * the bright side. They differ only in where their bounds come from.
 */
#include "pipeline/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/compare.h"

#define OUTSIDE_SHARE 5 /* one over: how much of the region may lie outside the frame */

struct band {
	const struct okng_kernels *k;
	struct okng_tool tool;
	struct okng_image lower, upper, expected, smooth;
	struct okng_mask valid, dark, bright, spare;
	uint64_t valid_count;
	uint32_t *columns;
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
	s->valid_count = okng_mask_count(&s->valid);
}

static void make_bounds(struct band *s, const struct okng_model *model)
{
	const struct okng_tool *t = &s->tool;
	if (t->type == OKNG_TOOL_COMPARE) {
		okng_compare_mean(model, &s->smooth);
		if (t->smooth)
			smooth_image(s->k, &s->smooth, &s->expected);
		else
			okng_image_copy(&s->expected, &s->smooth);
		okng_compare_bounds(t, model, &s->expected, &s->lower, &s->upper);
	} else if (t->threshold == OKNG_THRESHOLD_ABSOLUTE) {
		fill(&s->lower, t->dark);
		fill(&s->upper, t->bright);
	}
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
	free(s->columns);
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
	int r = 0;
	struct okng_image *images[] = {&s->lower, &s->upper, &s->expected, &s->smooth};
	struct okng_mask *masks[] = {&s->valid, &s->dark, &s->bright, &s->spare};
	for (int i = 0; r == 0 && i < 4; i++)
		r = okng_image_init(images[i], width, height, OKNG_PIXEL_MONO8);
	for (int i = 0; r == 0 && i < 4; i++)
		r = okng_mask_init(masks[i], width, height);
	if (r == 0)
		r = okng_blobs_open(&s->blobs, width);
	if (r == 0 && !(s->columns = calloc((size_t)width, sizeof *s->columns)))
		r = -ENOMEM;
	if (r < 0) {
		band_close(state);
		return r;
	}
	make_valid(s);
	make_bounds(s, model);
	return 0;
}

static void make_local_bounds(struct band *s, const struct okng_image *img)
{
	const struct okng_tool *t = &s->tool;
	okng_compare_local_mean(img, t->window, s->columns, &s->expected);
	for (int32_t y = 0; y < img->height; y++) {
		const uint8_t *mean = okng_image_row(&s->expected, y);
		uint8_t *lo = okng_image_row(&s->lower, y), *hi = okng_image_row(&s->upper, y);
		for (int32_t x = 0; x < img->width; x++) {
			lo[x] = (uint8_t)(t->dark && mean[x] > t->dark ? mean[x] - t->dark : 0);
			hi[x] = (uint8_t)(t->bright && mean[x] + t->bright < 255 ? mean[x] + t->bright : 255);
		}
	}
}

/* Clears what lies outside the region, ignored, or outside the frame; counts what is left to look at. */
static uint64_t mask_off(uint64_t *dark, uint64_t *bright, const uint64_t *valid, int32_t words, int32_t x0, int32_t x1)
{
	uint64_t n = 0;
	for (int32_t i = 0; i < words; i++) {
		int32_t from = x0 - i * 64, to = x1 - i * 64;
		uint64_t low = from <= 0 ? ~(uint64_t)0 : from >= 64 ? 0 : ~(uint64_t)0 << from;
		uint64_t high = to <= 0 ? 0 : to >= 64 ? ~(uint64_t)0 : ~(~(uint64_t)0 << to);
		uint64_t keep = valid[i] & low & high;
		dark[i] &= keep;
		bright[i] &= keep;
		n += (uint64_t)__builtin_popcountll(keep);
	}
	return n;
}

static uint64_t compare_rows(struct band *s, const struct okng_image *img, const int32_t (*spans)[2])
{
	uint64_t seen = 0;
	int32_t shrink = s->tool.smooth; /* the smoothing saw the repeated pixels beyond the frame */
	for (int32_t y = 0; y < img->height; y++) {
		uint64_t *dark = okng_mask_row(&s->dark, y), *bright = okng_mask_row(&s->bright, y);
		s->k->band(okng_image_row(img, y), okng_image_row(&s->lower, y), okng_image_row(&s->upper, y), dark, bright, img->width);
		int32_t x0 = spans[y][0] > 0 ? spans[y][0] + shrink : 0;
		int32_t x1 = spans[y][1] < img->width ? spans[y][1] - shrink : img->width;
		seen += mask_off(dark, bright, okng_mask_row(&s->valid, y), s->dark.words, x0, x1);
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
	const struct okng_tool *t = &s->tool;
	const struct okng_image *in = img;
	if (t->smooth) {
		smooth_image(s->k, img, &s->smooth);
		in = &s->smooth;
	}
	if (t->type == OKNG_TOOL_BLOB && t->threshold == OKNG_THRESHOLD_LOCAL)
		make_local_bounds(s, in);
	uint64_t seen = compare_rows(s, in, spans);
	if (s->valid_count - seen > s->valid_count / OUTSIDE_SHARE)
		return -EDOM;
	int dark = find_side(s, &s->dark, in, OKNG_POLARITY_DARK, each, user);
	int bright = dark < 0 ? dark : find_side(s, &s->bright, in, OKNG_POLARITY_BRIGHT, each, user);
	return bright < 0 ? bright : dark + bright;
}

const struct okng_tool_kind okng_tool_band = {band_open, band_run, band_close};

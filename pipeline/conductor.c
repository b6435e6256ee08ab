/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the steps, and the check that golden image and part are of one kind at all.
 */
#include "pipeline/conductor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/conductor_parts.h"

#define MISFIT_MAX 1500 /* 1/1000 of the outline's pixels: parts of one kind stay below, strangers come above */
#define CUT_LEAST 32 /* pixels of conductor that end in one line */
#define OUTLINE_LEAST 2000 /* pixels: on a nearly empty board a defect is more than the pattern */

struct okng_conductor {
	struct okng_conductor_setup setup;
	const struct okng_kernels *k;
	int32_t width, height;
	struct okng_bits golden, part, copper, ground;
	struct okng_aligner *aligner;
	struct okng_seeker *seeker;
	struct okng_describer *describer;
	int32_t misfit;
	int n;
	struct okng_conductor_candidate candidate[OKNG_CONDUCTOR_FINDINGS_MAX];
	struct okng_conductor_finding finding[OKNG_CONDUCTOR_FINDINGS_MAX];
};

void okng_conductor_close(struct okng_conductor **conductor)
{
	struct okng_conductor *c = *conductor;
	*conductor = NULL;
	if (!c)
		return;
	okng_bits_finish(&c->golden);
	okng_bits_finish(&c->part);
	okng_bits_finish(&c->copper);
	okng_bits_finish(&c->ground);
	okng_aligner_close(&c->aligner);
	okng_seeker_close(&c->seeker);
	okng_describer_close(&c->describer);
	free(c);
}

int okng_conductor_open(struct okng_conductor **conductor, const struct okng_conductor_setup *setup, int32_t width, int32_t height)
{
	struct okng_conductor *c = calloc(1, sizeof *c);
	*conductor = c;
	if (!c)
		return -ENOMEM;
	c->setup = *setup;
	c->k = okng_kernels_get(okng_cpu_level());
	c->width = width;
	c->height = height;
	struct okng_bits *bits[] = {&c->golden, &c->part, &c->copper, &c->ground};
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof bits / sizeof *bits; i++)
		r = okng_bits_init(bits[i], width, height);
	if (r == 0)
		r = okng_aligner_open(&c->aligner, c->k, width, height);
	if (r == 0)
		r = okng_seeker_open(&c->seeker, c->k, width, height);
	if (r == 0)
		r = okng_describer_open(&c->describer, c->k, width, height);
	if (r < 0)
		okng_conductor_close(conductor);
	return r;
}

void okng_conductor_golden(struct okng_conductor *c, const struct okng_image *golden)
{
	okng_bits_threshold(c->k, &c->golden, golden, c->setup.threshold, c->setup.dark);
}

/* Side of a box with its margin, at least the least, clipped to the image. */
static void pad(int32_t *at, int32_t *length, const struct okng_conductor_setup *setup, int32_t side)
{
	int32_t from = *at - setup->margin, to = *at + *length + setup->margin, lack = setup->least_box - (to - from);
	if (lack > 0) {
		from -= lack / 2;
		to += lack - lack / 2;
	}
	from = from < 0 ? 0 : from;
	to = to > side ? side : to;
	*at = from;
	*length = to - from;
}

static uint32_t row_ones(const struct okng_bits *bits, int32_t y)
{
	uint32_t n = 0;
	for (int32_t i = 0; i < bits->words; i++)
		n += okng_bits_ones(okng_bits_row(bits, y)[i]);
	return n;
}

/* Whether conductors of the part end in this row, as if cut, where the golden pattern goes on in the row beyond. */
static bool is_cut(const struct okng_conductor *c, int32_t y, int32_t beyond)
{
	uint32_t ends = row_ones(&c->part, y), go_on = 0;
	if (beyond < 0 || beyond >= c->height || ends < CUT_LEAST)
		return false;
	for (int32_t i = 0; i < c->part.words; i++)
		go_on += okng_bits_ones(okng_bits_row(&c->part, y)[i] & okng_bits_row(&c->copper, beyond)[i]);
	return 2 * go_on >= ends;
}

/* Conductors that end in one straight row with nothing at all beyond it were cut off there by the camera, or whoever cut
 * the picture, whose blank rows are no part of the board: nothing is known of it there, and what the golden pattern has
 * is taken away. */
static void leave_out_cuts(struct okng_conductor *c)
{
	int32_t from = 0, to = c->height, words = c->part.words;
	while (from < to && row_ones(&c->part, from) == 0)
		from++;
	while (to > from && row_ones(&c->part, to - 1) == 0)
		to--;
	if (from == to)
		return; /* a blank part misses everything */
	from = is_cut(c, from, from - 1) ? from : 0;
	to = is_cut(c, to - 1, to) ? to : c->height;
	for (int32_t y = 0; y < c->height; y++) {
		if (y >= from && y < to)
			continue;
		memset(okng_bits_row(&c->copper, y), 0, (size_t)words * sizeof(uint64_t));
		memset(okng_bits_row(&c->ground, y), 0, (size_t)words * sizeof(uint64_t));
	}
}

/* Differing pixels over the outline of the golden pattern as it lies in the part. */
static int32_t measure_misfit(const struct okng_conductor *c)
{
	uint64_t outline = 0, differ = 0;
	const struct okng_bits *missing = okng_seeker_residual(c->seeker, false), *added = okng_seeker_residual(c->seeker, true);
	for (int32_t y = 0; y < c->height; y++) {
		const uint64_t *w = okng_bits_row(&c->copper, y), *below = w + c->copper.stride;
		for (int32_t i = 0; i < c->copper.words; i++) {
			outline += okng_bits_ones((w[i] ^ (w[i] << 1 | w[i - 1] >> 63)) | (w[i] ^ below[i]));
			differ += okng_bits_ones(okng_bits_row(missing, y)[i] | okng_bits_row(added, y)[i]);
		}
	}
	return (int32_t)(differ * 1000 / (outline + OUTLINE_LEAST));
}

int okng_conductor_run(struct okng_conductor *c, const struct okng_image *part)
{
	c->n = 0;
	c->misfit = INT32_MAX;
	okng_bits_threshold(c->k, &c->part, part, c->setup.threshold, c->setup.dark);
	okng_aligner_run(c->aligner, &c->golden, &c->part, c->setup.search);
	okng_aligner_warp(c->aligner, &c->golden, &c->copper, &c->ground);
	leave_out_cuts(c);
	int n = okng_seeker_run(c->seeker, &c->copper, &c->ground, &c->part, c->candidate, OKNG_CONDUCTOR_FINDINGS_MAX);
	c->misfit = measure_misfit(c);
	if (c->misfit > MISFIT_MAX)
		return -ENOENT;
	const struct okng_conductor_scene scene = {&c->copper, &c->ground, &c->part, c->seeker};
	for (int i = 0; i < n; i++) {
		struct okng_conductor_finding *f = &c->finding[i];
		okng_describer_run(c->describer, &scene, &c->candidate[i], i, f->feature, &f->tight);
		f->box = f->tight;
		pad(&f->box.x, &f->box.w, &c->setup, c->width);
		pad(&f->box.y, &f->box.h, &c->setup, c->height);
	}
	c->n = n < 0 ? 0 : n;
	return n;
}

const struct okng_conductor_finding *okng_conductor_finding(const struct okng_conductor *c, int i)
{
	return &c->finding[i];
}

int32_t okng_conductor_misfit(const struct okng_conductor *c)
{
	return c->misfit;
}

const char *okng_conductor_feature_name(int feature)
{
	static const char *const names[] = {
#define FEATURE(name, text) #name,
#include "pipeline/conductor_feature.def"
#undef FEATURE
	};
	return feature >= 0 && feature < OKNG_CONDUCTOR_FEATURES ? names[feature] : NULL;
}

uint32_t okng_conductor_feature_kind(void)
{
	uLong crc = crc32(0, NULL, 0);
	for (int i = 0; i < OKNG_CONDUCTOR_FEATURES; i++) {
		const char *name = okng_conductor_feature_name(i);
		crc = crc32(crc, (const unsigned char *)name, (uInt)strlen(name) + 1);
	}
	return (uint32_t)crc;
}

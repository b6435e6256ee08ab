/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the conductor tool (tool_conductor.c): bare boards, flexible prints and lead frames against a golden
 * image, as two-level patterns on packed bits. Threshold → align (global shift, then one shift a cell) → residual →
 * seeds → candidates → features. Local to pipeline/.
 */
#ifndef OKNG_PIPELINE_CONDUCTOR_PARTS_H
#define OKNG_PIPELINE_CONDUCTOR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/conductor.h"
#include "pipeline/image.h"
#include "pipeline/kernels.h"

/* ---- conductor_bits.c: bit images with a margin of zeros on every side, so that a look beyond the border needs no test */

#define OKNG_BITS_MARGIN 24 /* rows above and below; 64 pixels left and right, which a row's end shares with the next one's start */

struct okng_bits {
	uint64_t *first;         /* row 0, word 0; bit x % 64 of word x / 64; margins are always zero */
	int32_t width, height;
	int32_t words, stride;   /* words in a row, and from row to row */
	uint64_t *memory;
};

int okng_bits_init(struct okng_bits *bits, int32_t width, int32_t height); /* 0, -ENOMEM; zeroed */
void okng_bits_finish(struct okng_bits *bits);

static inline uint64_t *okng_bits_row(const struct okng_bits *bits, int32_t y)
{
	return bits->first + (int64_t)y * bits->stride;
}

static inline int okng_bits_get(const struct okng_bits *bits, int32_t x, int32_t y)
{
	return (int)(okng_bits_row(bits, y)[x >> 6] >> (x & 63) & 1);
}

/* The 64 bits from pixel x on, -64 < x < width. */
static inline uint64_t okng_bits_fetch(const uint64_t *row, int32_t x)
{
	const uint64_t *w = row + (x >> 6);
	int s = x & 63;
	return s ? w[0] >> s | w[1] << (64 - s) : w[0];
}

/* Set bits of a word, where the machine's own instruction may not be taken for granted. */
static inline uint32_t okng_bits_ones(uint64_t w)
{
	w -= w >> 1 & 0x5555555555555555u;
	w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
	return (uint32_t)(((w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
}

/* Word i of a row with the bits past the width cleared. */
static inline uint64_t okng_bits_inside(const struct okng_bits *bits, int32_t i)
{
	int32_t left = bits->width - i * 64;
	return left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
}

/* First pixel at or after x whose bit is not that of flip (0: set, ~0: clear); width when none is. */
static inline int32_t okng_bits_find(const uint64_t *row, int32_t x, int32_t width, uint64_t flip)
{
	while (x < width) {
		uint64_t w = (row[x >> 6] ^ flip) >> (x & 63);
		if (w) {
			x += __builtin_ctzll(w);
			return x < width ? x : width;
		}
		x = (x | 63) + 1;
	}
	return width;
}

/* Another size, at most that of init; what is in it is left open. */
void okng_bits_shape(struct okng_bits *bits, int32_t width, int32_t height);
void okng_bits_clear(struct okng_bits *bits);

/* Set where the pixel is conductor: below the threshold (dark) or at least it (bright). */
void okng_bits_threshold(const struct okng_kernels *k, struct okng_bits *bits, const struct okng_image *img, int threshold, bool dark);

/* Words from the first row's first to the last row's end, margins between included: what kernels take in one go. */
static inline int32_t okng_bits_span(const struct okng_bits *bits)
{
	return bits->height * bits->stride;
}

/* Dilation by one pixel to each side, by the disc of radius 1 (plus) or √2 (square of 3), pixels beyond the border being
 * clear. out, of the same shape, differs from in. */
void okng_bits_dilate_sides(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out);
void okng_bits_dilate_plus(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out);
void okng_bits_dilate_square(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out);

/* Dilation by the disc of all (x, y) with x² + y² ≤ square, of a radius up to 12; out and spare differ from in. */
void okng_bits_dilate_disc(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out, int square,
	struct okng_bits spare[2]);

/* Pixels to each side that such a disc's row has dy above its middle; -1: there is none. */
int okng_bits_disc_side(int square, int dy);

void okng_bits_invert(const struct okng_bits *in, struct okng_bits *out);

/* width × height pixels of `in` from (x0, y0) on, which may lie partly beyond its border; out must have room. */
void okng_bits_window(const struct okng_bits *in, int32_t x0, int32_t y0, int32_t width, int32_t height, struct okng_bits *out);

uint32_t okng_bits_count(const struct okng_kernels *k, const struct okng_bits *bits);
bool okng_bits_any(const struct okng_bits *bits);

/* Number of components (8-neighbours) of at least `least` pixels. */
int okng_bits_components(const struct okng_bits *bits, uint32_t least);

/* ---- conductor_align.c */

#define OKNG_ALIGN_CELL 32    /* pixels; a cell is half a word */
#define OKNG_ALIGN_LOCAL 4    /* ± pixels about the global shift */

struct okng_aligner; /* all its memory, sized at open */

int okng_aligner_open(struct okng_aligner **aligner, const struct okng_kernels *k, int32_t width, int32_t height);
void okng_aligner_close(struct okng_aligner **aligner);

/* Finds where each cell of the part lies in the golden pattern. search: ± pixels of the global shift, at most 16. */
void okng_aligner_run(struct okng_aligner *aligner, const struct okng_bits *golden, const struct okng_bits *part, int search);

/* The golden pattern as it would lie in the part's frame: conductor and, apart, the ground; neither is set where the
 * golden image does not reach. */
void okng_aligner_warp(const struct okng_aligner *aligner, const struct okng_bits *golden, struct okng_bits *copper,
	struct okng_bits *ground);

/* Global shift: golden pixel = part pixel + shift. */
void okng_aligner_shift(const struct okng_aligner *aligner, int32_t *dx, int32_t *dy);

/* ---- conductor_tilt.c */

#define OKNG_TILT_MAX 40 /* pixels: with the global and a cell's own shift within the margins of bit images */

/* What a cell found: the shift along one axis of the cell at (x, y), half cells from the middle. */
struct okng_tilt_point {
	int32_t x, y, shift;
};

/* The plane shift = plane[0] + plane[1] · x + plane[2] · y through most of the points. False, and plane as it was: too
 * few agree, or it is too steep. */
bool okng_tilt_fit(const struct okng_tilt_point *points, int n, double plane[3]);

/* The plane there, rounded, at most ±OKNG_TILT_MAX. */
int32_t okng_tilt_at(const double plane[3], int32_t x, int32_t y);

/* ---- conductor_seed.c */

struct okng_conductor_candidate {
	int32_t x0, y0, x1, y1; /* box of the seeds' region (dilated seeds), x1 and y1 past the end */
	uint32_t seeds;         /* pixels */
	bool added;             /* conductor where there should be none; else missing */
};

struct okng_seeker;

int okng_seeker_open(struct okng_seeker **seeker, const struct okng_kernels *k, int32_t width, int32_t height);
void okng_seeker_close(struct okng_seeker **seeker);

/* Candidates, added ones first, in the order of their first pixel; at most max: more are -EOVERFLOW. */
int okng_seeker_run(struct okng_seeker *seeker, const struct okng_bits *copper, const struct okng_bits *ground,
	const struct okng_bits *part, struct okng_conductor_candidate *out, int max);

/* A run of a candidate's region in one row. */
struct okng_region_run {
	int32_t y, x0, x1;
	int candidate;
};

/* Of the last run: the residual of one polarity, and the runs of its regions, by rows. */
const struct okng_bits *okng_seeker_residual(const struct okng_seeker *seeker, bool added);
const struct okng_region_run *okng_seeker_runs(const struct okng_seeker *seeker, bool added, int *n);

/* ---- conductor_feature.c */

struct okng_describer;

int okng_describer_open(struct okng_describer **describer, const struct okng_kernels *k, int32_t width, int32_t height);
void okng_describer_close(struct okng_describer **describer);

/* One board with what was found on it. */
struct okng_conductor_scene {
	const struct okng_bits *copper, *ground, *part;
	const struct okng_seeker *seeker;
};

/* The features of a candidate, index `which` in what the seeker returned, and the tight box of its differing pixels. */
void okng_describer_run(struct okng_describer *describer, const struct okng_conductor_scene *scene,
	const struct okng_conductor_candidate *candidate, int which, int32_t feature[OKNG_CONDUCTOR_FEATURES], struct okng_rect *box);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Misfit of a pixel along an outline is everywhere and means nothing; what lies deeper in its medium (conductor that is
 * missing, ground that is bridged) than the outline wobbles is a defect's seed. In a narrow gap nothing lies deep: there
 * the middle of the gap (its medial ridge) counts. Distances to the medium's border are levels of dilated bits: 1, √2, 2, √5.
 */
#include "pipeline/conductor_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/labels.h"

#define RUNS_MAX 65536 /* of one polarity; with more it is no part of this kind */

struct okng_seeker {
	const struct okng_kernels *k;
	struct okng_bits residual[2];  /* missing, added */
	struct okng_bits seeds, region[2], a, b, level[4];
	struct okng_region_run *runs[2];
	int n_runs[2];
	int first[2];                  /* index of a polarity's first candidate */
	uint32_t *parent;
};

void okng_seeker_close(struct okng_seeker **seeker)
{
	struct okng_seeker *s = *seeker;
	*seeker = NULL;
	if (!s)
		return;
	struct okng_bits *all[] = {&s->residual[0], &s->residual[1], &s->seeds, &s->region[0], &s->region[1], &s->a, &s->b,
		&s->level[0], &s->level[1], &s->level[2], &s->level[3]};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		okng_bits_finish(all[i]);
	free(s->runs[0]);
	free(s->runs[1]);
	free(s->parent);
	free(s);
}

int okng_seeker_open(struct okng_seeker **seeker, const struct okng_kernels *k, int32_t width, int32_t height)
{
	struct okng_seeker *s = calloc(1, sizeof *s);
	*seeker = s;
	if (!s)
		return -ENOMEM;
	struct okng_bits *all[] = {&s->residual[0], &s->residual[1], &s->seeds, &s->region[0], &s->region[1], &s->a, &s->b,
		&s->level[0], &s->level[1], &s->level[2], &s->level[3]};
	s->k = k;
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof all / sizeof *all; i++)
		r = okng_bits_init(all[i], width, height);
	s->runs[0] = calloc(RUNS_MAX, sizeof **s->runs);
	s->runs[1] = calloc(RUNS_MAX, sizeof **s->runs);
	s->parent = calloc(RUNS_MAX, sizeof *s->parent);
	if (r < 0 || !s->runs[0] || !s->runs[1] || !s->parent) {
		okng_seeker_close(seeker);
		return -ENOMEM;
	}
	return 0;
}

/* Leaves of level what has nothing of the medium within two pixels that lies deeper, which is not within `deeper_than`. */
static void keep_ridge(struct okng_seeker *s, struct okng_bits *level, const struct okng_bits *medium, const struct okng_bits *deeper_than)
{
	int32_t words = okng_bits_span(medium);
	s->k->except(medium->first, deeper_than->first, s->a.first, words);
	okng_bits_dilate_square(s->k, &s->a, &s->b);
	okng_bits_dilate_square(s->k, &s->b, &s->a);
	s->k->except(level->first, s->a.first, level->first, words);
}

/* Seeds of one polarity from its residual: medium is what the residual lies in, other its opposite. */
static void find_seeds(struct okng_seeker *s, const struct okng_bits *residual, const struct okng_bits *medium,
	const struct okng_bits *other)
{
	struct okng_bits *l = s->level; /* pixels at a distance of at most 1, √2, 2, √5 from other */
	okng_bits_dilate_plus(s->k, other, &l[0]);
	okng_bits_dilate_square(s->k, other, &l[1]);
	okng_bits_dilate_plus(s->k, &l[0], &l[2]);
	okng_bits_dilate_plus(s->k, &l[1], &l[3]);
	struct okng_bits *at2 = &s->seeds, *at1 = &l[0]; /* residual at exactly 2, and at exactly √2 */
	for (int32_t y = 0; y < residual->height; y++) {
		const uint64_t *r = okng_bits_row(residual, y);
		uint64_t *l0 = okng_bits_row(&l[0], y), *l1 = okng_bits_row(&l[1], y), *l2 = okng_bits_row(&l[2], y);
		uint64_t *o2 = okng_bits_row(at2, y);
		for (int32_t i = 0; i < residual->words; i++) {
			o2[i] = r[i] & ~l1[i] & l2[i];
			l0[i] = r[i] & ~l0[i] & l1[i];
		}
	}
	keep_ridge(s, at2, medium, &l[3]);
	keep_ridge(s, at1, medium, &l[1]);
	for (int32_t y = 0; y < residual->height; y++) {
		const uint64_t *r = okng_bits_row(residual, y), *l2 = okng_bits_row(&l[2], y), *o1 = okng_bits_row(at1, y);
		uint64_t *o = okng_bits_row(&s->seeds, y);
		for (int32_t i = 0; i < residual->words; i++)
			o[i] |= o1[i] | (r[i] & ~l2[i]);
	}
}

/* Octagon of radius 4 around the seeds. */
static void grow(struct okng_seeker *s, struct okng_bits *region)
{
	okng_bits_dilate_plus(s->k, &s->seeds, &s->a);
	okng_bits_dilate_square(s->k, &s->a, &s->b);
	okng_bits_dilate_plus(s->k, &s->b, &s->a);
	okng_bits_dilate_square(s->k, &s->a, region);
}

/* Runs of the region, joined when they overlap or meet at a corner; label is the run that leads. */
static int label(struct okng_seeker *s, int which)
{
	const struct okng_bits *region = &s->region[which];
	struct okng_region_run *runs = s->runs[which];
	int n = 0, above = 0, now = 0;
	for (int32_t y = 0; y < region->height; y++) {
		const uint64_t *row = okng_bits_row(region, y);
		int first = n, j = above;
		for (int32_t x = okng_bits_find(row, 0, region->width, 0); x < region->width; n++) {
			if (n == RUNS_MAX)
				return -EOVERFLOW;
			int32_t end = okng_bits_find(row, x, region->width, ~(uint64_t)0);
			runs[n] = (struct okng_region_run){.y = y, .x0 = x, .x1 = end, .candidate = -1};
			s->parent[n] = (uint32_t)n;
			while (j < now && runs[j].x1 < x)
				j++;
			for (int k = j; k < now && runs[k].x0 <= end; k++)
				okng_label_join(s->parent, (uint32_t)k, (uint32_t)n);
			x = okng_bits_find(row, end, region->width, 0);
		}
		above = first;
		now = n;
	}
	s->n_runs[which] = n;
	return 0;
}

static unsigned count_run(const uint64_t *row, int32_t x0, int32_t x1)
{
	unsigned n = 0;
	for (int32_t i = x0 >> 6; i <= (x1 - 1) >> 6; i++) {
		uint64_t w = row[i];
		if (i == x0 >> 6)
			w &= ~(uint64_t)0 << (x0 & 63);
		if (i == (x1 - 1) >> 6)
			w &= ~(uint64_t)0 >> (63 - ((x1 - 1) & 63));
		n += okng_bits_ones(w);
	}
	return n;
}

static int gather(struct okng_seeker *s, int which, struct okng_conductor_candidate *out, int n, int max)
{
	struct okng_region_run *runs = s->runs[which];
	s->first[which] = n;
	for (int i = 0; i < s->n_runs[which]; i++) {
		uint32_t r = okng_label_lead(s->parent, (uint32_t)i);
		if (r == (uint32_t)i) {
			if (n == max)
				return -EOVERFLOW;
			runs[i].candidate = n;
			out[n++] = (struct okng_conductor_candidate){.x0 = INT32_MAX, .y0 = runs[i].y, .added = which};
		}
		struct okng_conductor_candidate *c = &out[runs[r].candidate];
		runs[i].candidate = runs[r].candidate;
		c->x0 = runs[i].x0 < c->x0 ? runs[i].x0 : c->x0;
		c->x1 = runs[i].x1 > c->x1 ? runs[i].x1 : c->x1;
		c->y1 = runs[i].y + 1;
		c->seeds += count_run(okng_bits_row(&s->seeds, runs[i].y), runs[i].x0, runs[i].x1);
	}
	return n;
}

int okng_seeker_run(struct okng_seeker *s, const struct okng_bits *copper, const struct okng_bits *ground,
	const struct okng_bits *part, struct okng_conductor_candidate *out, int max)
{
	int n = 0;
	s->k->except(copper->first, part->first, s->residual[0].first, okng_bits_span(part));
	s->k->both(ground->first, part->first, s->residual[1].first, okng_bits_span(part));
	for (int which = 1; which >= 0 && n >= 0; which--) {
		find_seeds(s, &s->residual[which], which ? ground : copper, which ? copper : ground);
		grow(s, &s->region[which]);
		int r = label(s, which);
		n = r < 0 ? r : gather(s, which, out, n, max);
	}
	return n;
}

const struct okng_bits *okng_seeker_residual(const struct okng_seeker *s, bool added)
{
	return &s->residual[added];
}

const struct okng_region_run *okng_seeker_runs(const struct okng_seeker *s, bool added, int *n)
{
	*n = s->n_runs[added];
	return s->runs[added];
}

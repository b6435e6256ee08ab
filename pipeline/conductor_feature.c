/* SPDX-License-Identifier: Apache-2.0
 *
 * Each candidate is looked at in a window of its own, small enough to stay in L1. Distances are levels of discs, arcs are
 * components on rings: what an engineer would count with a pencil.
 */
#include "pipeline/conductor_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REACH 14      /* pixels of surroundings in the window */
#define AROUND 12     /* pixels: "around" it */
#define CLOSING 9     /* square of the closing's radius */
#define REFIT 2       /* ± pixels of the second alignment */

/* Squares of the radii that depths and widths are measured in: discs as far as a pixel's fraction matters, then octagons,
 * which a plus and a square of 3 by turns make of the last disc. */
static const uint8_t squares[] = {1, 2, 4, 5, 8, 9, 10, 13, 16, 20, 25, 36, 49, 64, 81, 100, 121, 144};
#define LEVELS ((int)sizeof squares)
#define DISCS 11
#define WIDEST 5 /* the last disc's radius */

enum { T, G, S, RAW, BLOB, OTHER, X0, X1, X2, X3, X4, X5, IMAGES };

struct okng_describer {
	const struct okng_kernels *k;
	struct okng_bits image[IMAGES], wide[WIDEST + 1];
};

/* A candidate's window and what is in it. */
struct look {
	struct okng_describer *m;
	const struct okng_conductor_scene *scene;
	const struct okng_conductor_candidate *c;
	int which;
	int32_t x0, y0, w, h;
	struct okng_bits *t, *g, *s, *raw, *blob;
	const struct okng_bits *medium, *other; /* what it lies in, and the opposite */
	int32_t *f;
};

void okng_describer_close(struct okng_describer **describer)
{
	struct okng_describer *m = *describer;
	*describer = NULL;
	for (int i = 0; m && i < IMAGES; i++)
		okng_bits_finish(&m->image[i]);
	for (int i = 0; m && i <= WIDEST; i++)
		okng_bits_finish(&m->wide[i]);
	free(m);
}

int okng_describer_open(struct okng_describer **describer, const struct okng_kernels *k, int32_t width, int32_t height)
{
	struct okng_describer *m = calloc(1, sizeof *m);
	*describer = m;
	int r = m ? 0 : -ENOMEM;
	if (m)
		m->k = k;
	for (int i = 0; r == 0 && i < IMAGES; i++)
		r = okng_bits_init(&m->image[i], width + 2 * REACH, height + 2 * REACH);
	for (int i = 0; r == 0 && i <= WIDEST; i++)
		r = okng_bits_init(&m->wide[i], width + 2 * REACH, height + 2 * REACH);
	if (r < 0 && m)
		okng_describer_close(describer);
	return r;
}

/* A length in 1/16 pixel from its square, rounded down. */
static int32_t length(int square)
{
	int32_t r = 0;
	while ((r + 1) * (r + 1) <= square * 256)
		r++;
	return r;
}

static void combine(const struct okng_bits *a, const struct okng_bits *b, char op, struct okng_bits *out)
{
	if (out != a && out != b)
		okng_bits_shape(out, a->width, a->height);
	for (int32_t y = 0; y < a->height; y++) {
		const uint64_t *p = okng_bits_row(a, y), *q = okng_bits_row(b, y);
		uint64_t *o = okng_bits_row(out, y);
		for (int32_t i = 0; i < a->words; i++)
			o[i] = op == '&' ? p[i] & q[i] : op == '-' ? p[i] & ~q[i] : op == '^' ? p[i] ^ q[i] : p[i] | q[i];
	}
}

static uint32_t count_both(const struct okng_bits *a, const struct okng_bits *b)
{
	uint32_t n = 0;
	for (int32_t y = 0; y < a->height; y++)
		for (int32_t i = 0; i < a->words; i++)
			n += okng_bits_ones(okng_bits_row(a, y)[i] & okng_bits_row(b, y)[i]);
	return n;
}

static void invert(const struct okng_bits *in, struct okng_bits *out)
{
	okng_bits_shape(out, in->width, in->height);
	for (int32_t y = 0; y < in->height; y++)
		for (int32_t i = 0; i < in->words; i++)
			okng_bits_row(out, y)[i] = ~okng_bits_row(in, y)[i] & okng_bits_inside(in, i);
}

/* Row by row wider by one pixel on each side, from 0 to WIDEST pixels: what all discs are put together from. */
static void spread(const struct look *l, const struct okng_bits *of)
{
	struct okng_bits *wide = l->m->wide;
	okng_bits_window(of, 0, 0, of->width, of->height, &wide[0]);
	for (int k = 1; k <= WIDEST; k++) {
		okng_bits_shape(&wide[k], of->width, of->height);
		for (int32_t y = 0; y < of->height; y++) {
			const uint64_t *r = okng_bits_row(&wide[k - 1], y);
			uint64_t *o = okng_bits_row(&wide[k], y);
			for (int32_t i = 0; i < of->words; i++)
				o[i] = r[i] | r[i] << 1 | r[i - 1] >> 63 | r[i] >> 1 | r[i + 1] << 63;
			o[of->words - 1] &= okng_bits_inside(of, of->words - 1);
		}
	}
}

/* Pixels to each side that a disc's row has, dy away from its middle; -1: none. */
static int half_width(int square, int dy)
{
	int half = -1;
	while ((half + 1) * (half + 1) + dy * dy <= square)
		half++;
	return half;
}

/* out, the disc of the square before, becomes that of `square`: only the rows of the disc that are wider now. */
static void widen_disc(const struct look *l, int before, int square, struct okng_bits *out)
{
	const struct okng_bits *wide = l->m->wide;
	for (int dy = 0; dy * dy <= square; dy++) {
		int half = half_width(square, dy);
		if (half == half_width(before, dy))
			continue;
		for (int32_t y = 0; y < out->height; y++) {
			const uint64_t *above = okng_bits_row(&wide[half], y - dy), *below = okng_bits_row(&wide[half], y + dy);
			uint64_t *o = okng_bits_row(out, y);
			for (int32_t i = 0; i < out->words; i++)
				o[i] |= above[i] | below[i];
		}
	}
}

/* near = what lies within level i of `of`; the levels are asked for one after the other. */
static void grow_level(const struct look *l, const struct okng_bits *of, int i, struct okng_bits *near)
{
	struct okng_bits *spare = &l->m->image[X5];
	if (i == 0) {
		spread(l, of);
		okng_bits_shape(near, of->width, of->height);
		okng_bits_clear(near);
	}
	if (i < DISCS) {
		widen_disc(l, i ? squares[i - 1] : -1, squares[i], near);
		return;
	}
	okng_bits_shape(spare, near->width, near->height);
	if (i % 2)
		okng_bits_dilate_plus(l->m->k, near, spare);
	else
		okng_bits_dilate_square(l->m->k, near, spare);
	struct okng_bits kept = *near;
	*near = *spare;
	*spare = kept;
}

/* The candidate's own differing pixels, in the window. */
static void paint(struct look *l)
{
	const struct okng_bits *residual = okng_seeker_residual(l->scene->seeker, l->c->added);
	int n;
	const struct okng_region_run *run = okng_seeker_runs(l->scene->seeker, l->c->added, &n);
	okng_bits_shape(l->raw, l->w, l->h);
	okng_bits_clear(l->raw);
	for (int i = 0; i < n && run[i].y < l->c->y1; i++) {
		if (run[i].candidate != l->which)
			continue;
		uint64_t *o = okng_bits_row(l->raw, run[i].y - l->y0);
		for (int32_t x = run[i].x0; x < run[i].x1; x++)
			if (okng_bits_get(residual, x, run[i].y))
				o[(x - l->x0) >> 6] |= (uint64_t)1 << ((x - l->x0) & 63);
	}
}

static void close_blob(struct look *l)
{
	struct okng_bits *a = &l->m->image[X0], *b = &l->m->image[X1];
	okng_bits_dilate_disc(l->raw, a, CLOSING);
	invert(a, b);
	okng_bits_dilate_disc(b, a, CLOSING);
	invert(a, l->blob);
	combine(l->blob, l->raw, '|', l->blob);
}

/* Radius of the largest disc within: the last level at which something is left. */
static int32_t inscribed(struct look *l, const struct okng_bits *blob)
{
	struct okng_bits *outside = &l->m->image[X0], *near = &l->m->image[X1], *inner = &l->m->image[X2];
	int32_t square = 0;
	invert(blob, outside);
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, outside, i, near);
		combine(blob, near, '-', inner);
		if (!okng_bits_any(inner))
			break;
		square = squares[i];
	}
	return length(square) + 16;
}

static void shape_features(struct look *l, struct okng_rect *box)
{
	int32_t x0 = l->w, y0 = l->h, x1 = 0, y1 = 0;
	int64_t n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
	for (int32_t y = 0; y < l->h; y++) {
		const uint64_t *row = okng_bits_row(l->raw, y);
		for (int32_t x = okng_bits_find(row, 0, l->w, 0); x < l->w; x = okng_bits_find(row, x + 1, l->w, 0)) {
			n++;
			sx += x;
			sy += y;
			sxx += x * x;
			syy += y * y;
			sxy += x * y;
			x0 = x < x0 ? x : x0;
			x1 = x >= x1 ? x + 1 : x1;
			y0 = y < y0 ? y : y0;
			y1 = y + 1;
		}
	}
	*box = (struct okng_rect){l->x0 + x0, l->y0 + y0, x1 - x0, y1 - y0};
	double mean_x = (double)sx / (double)n, mean_y = (double)sy / (double)n;
	double mxx = (double)sxx / (double)n - mean_x * mean_x + 1.0 / 12, myy = (double)syy / (double)n - mean_y * mean_y + 1.0 / 12;
	double mxy = (double)sxy / (double)n - mean_x * mean_y;
	double mean = (mxx + myy) / 2, spread = sqrt((mxx - myy) * (mxx - myy) / 4 + mxy * mxy);
	double minor = mean - spread > 1.0 / 12 ? mean - spread : 1.0 / 12;
	l->f[OKNG_CONDUCTOR_area] = (int32_t)n;
	l->f[OKNG_CONDUCTOR_width] = x1 - x0;
	l->f[OKNG_CONDUCTOR_height] = y1 - y0;
	l->f[OKNG_CONDUCTOR_fill] = (int32_t)(n * 1000 / ((int64_t)(x1 - x0) * (y1 - y0)));
	l->f[OKNG_CONDUCTOR_elongation] = (int32_t)(sqrt((mean + spread) / minor) * 1000);
	l->f[OKNG_CONDUCTOR_closed_area] = (int32_t)okng_bits_count(l->blob);
	l->f[OKNG_CONDUCTOR_fragments] = okng_bits_components(l->raw, 1);
	l->f[OKNG_CONDUCTOR_radius] = inscribed(l, l->raw);
	l->f[OKNG_CONDUCTOR_closed_radius] = inscribed(l, l->blob);
}

/* Depth of the blob in its medium, and the medium's own half width around it. */
static void depth_features(struct look *l)
{
	struct okng_bits *near = &l->m->image[X0], *deep = &l->m->image[X1], *about = &l->m->image[X2];
	int64_t sum = 0;
	int32_t depth = 16, half = 16, before = okng_bits_count(l->raw) ? (int32_t)okng_bits_count(l->raw) : 1, all = before, level = 16;
	okng_bits_dilate_disc(l->raw, about, 9);
	combine(about, l->medium, '&', about);
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, l->other, i, near);
		combine(about, near, '-', deep);
		if (!okng_bits_any(deep))
			break;
		half = i + 1 < LEVELS ? length(squares[i + 1]) : length(squares[i]);
		combine(l->raw, near, '-', deep);
		int32_t left = (int32_t)okng_bits_count(deep);
		sum += (int64_t)(before - left) * level;
		before = left;
		level = i + 1 < LEVELS ? length(squares[i + 1]) : length(squares[i]);
		if (left)
			depth = level;
	}
	sum += (int64_t)before * level;
	l->f[OKNG_CONDUCTOR_depth] = depth;
	l->f[OKNG_CONDUCTOR_depth_mean] = (int32_t)(sum / all);
	l->f[OKNG_CONDUCTOR_half_width] = half;
	l->f[OKNG_CONDUCTOR_relative_depth] = depth * 1000 / half;
}

static int32_t share(const struct okng_bits *of, const struct okng_bits *ring)
{
	uint32_t n = okng_bits_count(ring);
	return n ? (int32_t)(count_both(of, ring) * 1000 / n) : 0;
}

static int arcs(struct look *l, const struct okng_bits *of, const struct okng_bits *ring)
{
	combine(of, ring, '&', &l->m->image[X3]);
	return okng_bits_components(&l->m->image[X3], 2);
}

static void ring_features(struct look *l)
{
	static const struct {
		int radius, copper, ground, share, part_copper, part_ground, part_share;
	} rings[] = {
		{2, OKNG_CONDUCTOR_copper2, OKNG_CONDUCTOR_ground2, OKNG_CONDUCTOR_share2, -1, -1, -1},
		{3, OKNG_CONDUCTOR_copper3, OKNG_CONDUCTOR_ground3, OKNG_CONDUCTOR_share3, OKNG_CONDUCTOR_part_copper3,
			OKNG_CONDUCTOR_part_ground3, OKNG_CONDUCTOR_part_share3},
		{5, OKNG_CONDUCTOR_copper5, OKNG_CONDUCTOR_ground5, OKNG_CONDUCTOR_share5, OKNG_CONDUCTOR_part_copper5,
			OKNG_CONDUCTOR_part_ground5, -1},
		{7, OKNG_CONDUCTOR_copper7, OKNG_CONDUCTOR_ground7, OKNG_CONDUCTOR_share7, -1, -1, -1},
	};
	struct okng_bits *inner = &l->m->image[X0], *ring = &l->m->image[X1], *not_part = &l->m->image[X2];
	invert(l->s, not_part);
	for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
		int r = rings[i].radius;
		okng_bits_dilate_disc(l->blob, inner, (r - 1) * (r - 1));
		okng_bits_dilate_disc(l->blob, ring, r * r);
		combine(ring, inner, '-', ring);
		l->f[rings[i].copper] = arcs(l, l->t, ring);
		l->f[rings[i].ground] = arcs(l, l->g, ring);
		l->f[rings[i].share] = share(l->t, ring);
		if (rings[i].part_copper >= 0) {
			l->f[rings[i].part_copper] = arcs(l, l->s, ring);
			l->f[rings[i].part_ground] = arcs(l, not_part, ring);
		}
		if (rings[i].part_share >= 0)
			l->f[rings[i].part_share] = share(l->s, ring);
	}
}

static void topology_features(struct look *l)
{
	struct okng_bits *t = &l->m->image[X0], *near = &l->m->image[X1], *zone = &l->m->image[X2];
	okng_bits_dilate_disc(l->blob, zone, 64);
	combine(l->t, zone, '&', t);
	int copper = okng_bits_components(t, 3);
	okng_bits_dilate_disc(l->blob, near, 4);
	combine(t, near, '|', near);
	l->f[OKNG_CONDUCTOR_touched] = copper + 1 - okng_bits_components(near, 3);
	combine(t, l->blob, l->c->added ? '|' : '-', t);
	l->f[OKNG_CONDUCTOR_copper_change] = okng_bits_components(t, 3) - copper;
	combine(l->g, zone, '&', t);
	int ground = okng_bits_components(t, 3);
	combine(t, l->blob, l->c->added ? '-' : '|', t);
	l->f[OKNG_CONDUCTOR_ground_change] = okng_bits_components(t, 3) - ground;
}

static void around_features(struct look *l)
{
	struct okng_bits *near = &l->m->image[X0], *r = &l->m->image[X1];
	okng_bits_dilate_disc(l->raw, near, AROUND * AROUND);
	okng_bits_window(okng_seeker_residual(l->scene->seeker, l->c->added), l->x0, l->y0, l->w, l->h, r);
	l->f[OKNG_CONDUCTOR_around_same] = (int32_t)(count_both(r, near) - okng_bits_count(l->raw));
	okng_bits_window(okng_seeker_residual(l->scene->seeker, !l->c->added), l->x0, l->y0, l->w, l->h, r);
	l->f[OKNG_CONDUCTOR_around_other] = (int32_t)count_both(r, near);
}

/* Differing pixels with the golden pattern moved by (dx, dy), away from the blob and from the window's border. */
static uint32_t differing(const struct look *l, const struct okng_bits *away, int32_t dx, int32_t dy)
{
	uint32_t n = 0;
	for (int32_t y = REFIT; y < l->h - REFIT; y++)
		for (int32_t i = 0; i < l->t->words; i++) {
			uint64_t s = okng_bits_row(l->s, y)[i], a = okng_bits_row(away, y)[i];
			uint64_t t = okng_bits_fetch(okng_bits_row(l->t, y + dy), i * 64 + dx);
			uint64_t g = okng_bits_fetch(okng_bits_row(l->g, y + dy), i * 64 + dx);
			n += okng_bits_ones(((s & g) | (~s & t)) & a);
		}
	return n;
}

/* A misfit that goes away when the surroundings are aligned once more is none of the part's. */
static void refit_features(struct look *l)
{
	struct okng_bits *away = &l->m->image[X0], *other = &l->m->image[X1], *near = &l->m->image[X2], *left = &l->m->image[X3],
		*deep = &l->m->image[X4];
	int32_t bx = 0, by = 0;
	okng_bits_dilate_disc(l->blob, near, 4);
	invert(near, away);
	uint32_t first = differing(l, away, 0, 0), least = first * 8;
	for (int32_t y = -REFIT; y <= REFIT; y++)
		for (int32_t x = -REFIT; x <= REFIT; x++) {
			uint32_t d = differing(l, away, x, y) * 8 + (uint32_t)(abs(x) + abs(y)) * 8;
			if (d < least) {
				least = d;
				bx = x;
				by = y;
			}
		}
	l->f[OKNG_CONDUCTOR_refit_shift] = abs(bx) + abs(by);
	l->f[OKNG_CONDUCTOR_refit_gain] = first ? (int32_t)((first * 8 - least) * 125 / first) : 0;
	okng_bits_window(l->c->added ? l->scene->copper : l->scene->ground, l->x0 + bx, l->y0 + by, l->w, l->h, other);
	okng_bits_window(l->c->added ? l->scene->ground : l->scene->copper, l->x0 + bx, l->y0 + by, l->w, l->h, left);
	combine(left, l->s, l->c->added ? '&' : '-', left);
	okng_bits_dilate_disc(l->raw, near, 4);
	combine(left, near, '&', left);
	l->f[OKNG_CONDUCTOR_refit_area] = (int32_t)okng_bits_count(left);
	int32_t depth = l->f[OKNG_CONDUCTOR_refit_area] ? 16 : 0;
	l->f[OKNG_CONDUCTOR_refit_seeds] = 0;
	for (int i = 0; i < LEVELS && depth; i++) {
		grow_level(l, other, i, near);
		combine(left, near, '-', deep);
		uint32_t n = okng_bits_count(deep);
		if (squares[i] == 4)
			l->f[OKNG_CONDUCTOR_refit_seeds] = (int32_t)n;
		if (!n)
			break;
		depth = i + 1 < LEVELS ? length(squares[i + 1]) : length(squares[i]);
	}
	l->f[OKNG_CONDUCTOR_refit_depth] = depth;
}

/* The part's copper or ground within the zone, without specks: what an opening by a plus leaves. */
static void opened(struct look *l, const struct okng_bits *in, struct okng_bits *out)
{
	struct okng_bits *a = &l->m->image[X3], *b = &l->m->image[X4];
	invert(in, a);
	okng_bits_shape(b, l->w, l->h);
	okng_bits_dilate_plus(l->m->k, a, b);
	invert(b, a);
	okng_bits_shape(out, l->w, l->h);
	okng_bits_dilate_plus(l->m->k, a, out);
}

static int pieces_of_part(struct look *l, bool copper, const struct okng_bits *zone)
{
	struct okng_bits *s = &l->m->image[X1], *o = &l->m->image[X2];
	if (copper)
		combine(l->s, l->s, '&', s);
	else
		invert(l->s, s);
	opened(l, s, o);
	combine(o, zone, '&', o);
	return okng_bits_components(o, 3);
}

static void part_features(struct look *l)
{
	struct okng_bits *zone = &l->m->image[X0], *x = &l->m->image[X1], *y = &l->m->image[X2];
	l->f[OKNG_CONDUCTOR_solid] = l->f[OKNG_CONDUCTOR_area] * 1000 / l->f[OKNG_CONDUCTOR_closed_area];
	okng_bits_dilate_disc(l->blob, zone, 64);
	combine(l->t, zone, '&', x);
	int copper = okng_bits_components(x, 3);
	combine(l->g, zone, '&', x);
	int ground = okng_bits_components(x, 3);
	l->f[OKNG_CONDUCTOR_part_copper_change] = pieces_of_part(l, true, zone) - copper;
	l->f[OKNG_CONDUCTOR_part_ground_change] = pieces_of_part(l, false, zone) - ground;
	/* What is left of the medium near the blob. */
	okng_bits_dilate_disc(l->raw, zone, 9);
	const struct okng_bits *there = l->s;
	if (l->c->added)
		invert(l->s, x);
	else
		combine(there, there, '&', x);
	invert(x, y);
	combine(x, zone, '&', x);
	int32_t half = 16;
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, y, i, &l->m->image[X3]);
		combine(x, &l->m->image[X3], '-', &l->m->image[X4]);
		if (!okng_bits_any(&l->m->image[X4]))
			break;
		half = i + 1 < LEVELS ? length(squares[i + 1]) : length(squares[i]);
	}
	l->f[OKNG_CONDUCTOR_part_half_width] = okng_bits_any(x) ? half : 0;
	okng_bits_dilate_disc(l->raw, zone, 36);
	okng_bits_window(okng_seeker_residual(l->scene->seeker, l->c->added), l->x0, l->y0, l->w, l->h, x);
	okng_bits_window(okng_seeker_residual(l->scene->seeker, !l->c->added), l->x0, l->y0, l->w, l->h, y);
	l->f[OKNG_CONDUCTOR_net] = (int32_t)count_both(x, zone) - (int32_t)count_both(y, zone);
	l->f[OKNG_CONDUCTOR_specks] = okng_bits_components(x, 1) - okng_bits_components(x, 4);
}

static void least_features(struct look *l)
{
	struct okng_bits *near = &l->m->image[X0], *shallow = &l->m->image[X1];
	int32_t area = INT32_MAX, seeds = INT32_MAX;
	uint64_t flip = l->c->added ? 0 : ~(uint64_t)0;
	okng_bits_dilate_disc(l->raw, near, 4);
	okng_bits_dilate_disc(l->other, shallow, 4);
	for (int32_t dy = -1; dy <= 1; dy++)
		for (int32_t dx = -1; dx <= 1; dx++) {
			int32_t a = 0, n = 0;
			for (int32_t y = 1; y < l->h - 1; y++)
				for (int32_t i = 0; i < l->t->words; i++) {
					uint64_t mine = okng_bits_row(near, y)[i] & (okng_bits_row(l->s, y)[i] ^ flip);
					if (!mine)
						continue;
					mine &= okng_bits_fetch(okng_bits_row(l->medium, y + dy), i * 64 + dx);
					a += (int32_t)okng_bits_ones(mine);
					n += (int32_t)okng_bits_ones(mine & ~okng_bits_fetch(okng_bits_row(shallow, y + dy), i * 64 + dx));
				}
			area = a < area ? a : area;
			seeds = n < seeds ? n : seeds;
		}
	l->f[OKNG_CONDUCTOR_least_area] = area;
	l->f[OKNG_CONDUCTOR_least_seeds] = seeds;
}

static int32_t border_distance(const struct okng_conductor_scene *scene, struct okng_rect box)
{
	/* How far the golden image reaches beyond the box, which is where copper or ground is known. */
	int32_t reach = 32;
	for (int32_t d = 1; d <= 32; d++) {
		int32_t x0 = box.x - d, y0 = box.y - d, x1 = box.x + box.w - 1 + d, y1 = box.y + box.h - 1 + d;
		int32_t xs[] = {x0, x1, (x0 + x1) / 2, (x0 + x1) / 2}, ys[] = {(y0 + y1) / 2, (y0 + y1) / 2, y0, y1};
		for (int k = 0; k < 4; k++) {
			bool inside = xs[k] >= 0 && ys[k] >= 0 && xs[k] < scene->part->width && ys[k] < scene->part->height;
			if (!inside || !(okng_bits_get(scene->copper, xs[k], ys[k]) | okng_bits_get(scene->ground, xs[k], ys[k])))
				return d - 1;
		}
	}
	return reach;
}

void okng_describer_run(struct okng_describer *m, const struct okng_conductor_scene *scene,
	const struct okng_conductor_candidate *c, int which, int32_t feature[OKNG_CONDUCTOR_FEATURES], struct okng_rect *box)
{
	struct look l = {.m = m, .scene = scene, .c = c, .which = which, .x0 = c->x0 - REACH, .y0 = c->y0 - REACH,
		.w = c->x1 - c->x0 + 2 * REACH, .h = c->y1 - c->y0 + 2 * REACH, .t = &m->image[T], .g = &m->image[G], .s = &m->image[S],
		.raw = &m->image[RAW], .blob = &m->image[BLOB], .f = feature};
	okng_bits_window(scene->copper, l.x0, l.y0, l.w, l.h, l.t);
	okng_bits_window(scene->ground, l.x0, l.y0, l.w, l.h, l.g);
	okng_bits_window(scene->part, l.x0, l.y0, l.w, l.h, l.s);
	l.medium = c->added ? l.g : l.t;
	l.other = c->added ? l.t : l.g;
	feature[OKNG_CONDUCTOR_added] = c->added;
	feature[OKNG_CONDUCTOR_seed_area] = (int32_t)c->seeds;
	paint(&l);
	close_blob(&l);
	shape_features(&l, box);
	depth_features(&l);
	ring_features(&l);
	topology_features(&l);
	around_features(&l);
	refit_features(&l);
	part_features(&l);
	least_features(&l);
	feature[OKNG_CONDUCTOR_border] = border_distance(scene, *box);
}

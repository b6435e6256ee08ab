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
#define ZONE 8        /* pixels around it in which pieces are counted, those far off being the same with it and without */
#define PIECE 3       /* pixels: less is a speck and no piece of conductor or ground */
#define ABOUT 3       /* pixels around it in which the medium's width is measured */
#define CLOSING 3     /* radius of the closing that joins fragments */
#define REFIT 2       /* ± pixels of the second alignment */
#define NEAR 2        /* pixels: what is so near belongs to it, whichever way the surroundings are moved */
#define BORDER 32     /* pixels: farther from the border is as good as anywhere */

#define DISC(radius) ((radius) * (radius)) /* as discs are named */

/* Squares of the radii that depths and widths are measured in: discs as far as a pixel's fraction matters, then octagons,
 * which a plus and a square of 3 by turns make of the last disc. */
static const uint8_t squares[] = {1, 2, 4, 5, 8, 9, 10, 13, 16, 20, 25, 36, 49, 64, 81, 100, 121, 144};
#define LEVELS ((int)sizeof squares)
#define DISCS 11
#define WIDEST 5 /* the last disc's radius */

enum { T, G, S, RAW, BLOB, X0, X1, X2, X3, X4, X5, GROWN0, GROWN1, IMAGES };

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

/* What lies deeper than level i is at least so deep. */
static int32_t beyond(int i)
{
	return length(squares[i + 1 < LEVELS ? i + 1 : i]);
}

static void take_both(const struct look *l, const struct okng_bits *a, const struct okng_bits *b, struct okng_bits *out)
{
	okng_bits_shape(out, a->width, a->height);
	l->m->k->both(a->first, b->first, out->first, okng_bits_span(a));
}

static void take_except(const struct look *l, const struct okng_bits *a, const struct okng_bits *b, struct okng_bits *out)
{
	okng_bits_shape(out, a->width, a->height);
	l->m->k->except(a->first, b->first, out->first, okng_bits_span(a));
}

static void take_either(const struct look *l, const struct okng_bits *a, const struct okng_bits *b, struct okng_bits *out)
{
	okng_bits_shape(out, a->width, a->height);
	l->m->k->either(a->first, b->first, out->first, okng_bits_span(a));
}

static uint32_t count(const struct look *l, const struct okng_bits *bits)
{
	return okng_bits_count(l->m->k, bits);
}

static uint32_t count_both(const struct look *l, const struct okng_bits *a, const struct okng_bits *b)
{
	return (uint32_t)l->m->k->overlap(a->first, b->first, 0, okng_bits_span(a));
}

/* Pixels of a that b, moved by (-dx, -dy), has too, but for `leave` rows at top and bottom. */
static uint32_t count_moved(const struct look *l, const struct okng_bits *a, const struct okng_bits *b, int32_t dx, int32_t dy, int32_t leave)
{
	const uint64_t *from = okng_bits_row(b, leave + dy);
	return (uint32_t)l->m->k->overlap(okng_bits_row(a, leave), dx < 0 ? from - 1 : from, dx & 63, (l->h - 2 * leave) * a->stride);
}

static void dilate_disc(const struct look *l, const struct okng_bits *in, struct okng_bits *out, int square)
{
	okng_bits_dilate_disc(l->m->k, in, out, square, &l->m->image[GROWN0]);
}

/* Row by row wider by one pixel on each side, from 0 to WIDEST pixels: what all discs are put together from. */
static void spread(const struct look *l, const struct okng_bits *of)
{
	struct okng_bits *wide = l->m->wide;
	okng_bits_window(of, 0, 0, of->width, of->height, &wide[0]);
	for (int k = 1; k <= WIDEST; k++) {
		okng_bits_shape(&wide[k], of->width, of->height);
		okng_bits_dilate_sides(l->m->k, &wide[k - 1], &wide[k]);
	}
}

/* out, the disc of the square before, becomes that of `square`: only the rows of the disc that are wider now. */
static void widen_disc(const struct look *l, int before, int square, struct okng_bits *out)
{
	const struct okng_bits *wide = l->m->wide;
	for (int dy = 0; dy * dy <= square; dy++) {
		int side = okng_bits_disc_side(square, dy);
		if (side == okng_bits_disc_side(before, dy))
			continue;
		const uint64_t *middle = wide[side].first;
		ptrdiff_t rows = (ptrdiff_t)dy * wide->stride;
		l->m->k->join(middle - rows, middle + rows, out->first, okng_bits_span(out));
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
	dilate_disc(l, l->raw, a, DISC(CLOSING));
	okng_bits_invert(a, b);
	dilate_disc(l, b, a, DISC(CLOSING));
	okng_bits_invert(a, l->blob);
	take_either(l, l->blob, l->raw, l->blob);
}

/* Radius of the largest disc within: the last level at which something is left. */
static int32_t inscribed(struct look *l, const struct okng_bits *blob)
{
	struct okng_bits *outside = &l->m->image[X0], *near = &l->m->image[X1], *inner = &l->m->image[X2];
	int32_t square = 0;
	okng_bits_invert(blob, outside);
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, outside, i, near);
		take_except(l, blob, near, inner);
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
	l->f[OKNG_CONDUCTOR_closed_area] = (int32_t)count(l, l->blob);
	l->f[OKNG_CONDUCTOR_fragments] = okng_bits_components(l->raw, 1);
	l->f[OKNG_CONDUCTOR_radius] = inscribed(l, l->raw);
	l->f[OKNG_CONDUCTOR_closed_radius] = inscribed(l, l->blob);
}

/* Depth of the blob in its medium, and the medium's own half width around it. */
static void depth_features(struct look *l)
{
	struct okng_bits *near = &l->m->image[X0], *deep = &l->m->image[X1], *about = &l->m->image[X2];
	int64_t sum = 0;
	int32_t depth = 16, half = 16, before = count(l, l->raw) ? (int32_t)count(l, l->raw) : 1, all = before, level = 16;
	dilate_disc(l, l->raw, about, DISC(ABOUT));
	take_both(l, about, l->medium, about);
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, l->other, i, near);
		take_except(l, about, near, deep);
		if (!okng_bits_any(deep))
			break;
		half = beyond(i);
		take_except(l, l->raw, near, deep);
		int32_t left = (int32_t)count(l, deep);
		sum += (int64_t)(before - left) * level;
		before = left;
		level = beyond(i);
		if (left)
			depth = level;
	}
	sum += (int64_t)before * level;
	l->f[OKNG_CONDUCTOR_depth] = depth;
	l->f[OKNG_CONDUCTOR_depth_mean] = (int32_t)(sum / all);
	l->f[OKNG_CONDUCTOR_half_width] = half;
	l->f[OKNG_CONDUCTOR_relative_depth] = depth * 1000 / half;
}

static int32_t share(const struct look *l, const struct okng_bits *of, const struct okng_bits *ring)
{
	uint32_t n = count(l, ring);
	return n ? (int32_t)(count_both(l, of, ring) * 1000 / n) : 0;
}

static int arcs(struct look *l, const struct okng_bits *of, const struct okng_bits *ring)
{
	take_both(l, of, ring, &l->m->image[X3]);
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
	okng_bits_invert(l->s, not_part);
	for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
		int r = rings[i].radius;
		dilate_disc(l, l->blob, inner, DISC(r - 1));
		dilate_disc(l, l->blob, ring, DISC(r));
		take_except(l, ring, inner, ring);
		l->f[rings[i].copper] = arcs(l, l->t, ring);
		l->f[rings[i].ground] = arcs(l, l->g, ring);
		l->f[rings[i].share] = share(l, l->t, ring);
		if (rings[i].part_copper >= 0) {
			l->f[rings[i].part_copper] = arcs(l, l->s, ring);
			l->f[rings[i].part_ground] = arcs(l, not_part, ring);
		}
		if (rings[i].part_share >= 0)
			l->f[rings[i].part_share] = share(l, l->s, ring);
	}
}

static void topology_features(struct look *l)
{
	struct okng_bits *t = &l->m->image[X0], *near = &l->m->image[X1], *zone = &l->m->image[X2];
	dilate_disc(l, l->blob, zone, DISC(ZONE));
	take_both(l, l->t, zone, t);
	int copper = okng_bits_components(t, PIECE);
	dilate_disc(l, l->blob, near, DISC(NEAR));
	take_either(l, t, near, near);
	l->f[OKNG_CONDUCTOR_touched] = copper + 1 - okng_bits_components(near, PIECE);
	(l->c->added ? take_either : take_except)(l, t, l->blob, t);
	l->f[OKNG_CONDUCTOR_copper_change] = okng_bits_components(t, PIECE) - copper;
	take_both(l, l->g, zone, t);
	int ground = okng_bits_components(t, PIECE);
	(l->c->added ? take_except : take_either)(l, t, l->blob, t);
	l->f[OKNG_CONDUCTOR_ground_change] = okng_bits_components(t, PIECE) - ground;
}

static void around_features(struct look *l)
{
	struct okng_bits *near = &l->m->image[X0], *r = &l->m->image[X1];
	dilate_disc(l, l->raw, near, DISC(AROUND));
	okng_bits_window(okng_seeker_residual(l->scene->seeker, l->c->added), l->x0, l->y0, l->w, l->h, r);
	l->f[OKNG_CONDUCTOR_around_same] = (int32_t)(count_both(l, r, near) - count(l, l->raw));
	okng_bits_window(okng_seeker_residual(l->scene->seeker, !l->c->added), l->x0, l->y0, l->w, l->h, r);
	l->f[OKNG_CONDUCTOR_around_other] = (int32_t)count_both(l, r, near);
}

/* A misfit that goes away when the surroundings are aligned once more is none of the part's. */
static void refit_features(struct look *l)
{
	struct okng_bits *away = &l->m->image[X0], *other = &l->m->image[X1], *near = &l->m->image[X2], *left = &l->m->image[X3],
		*deep = &l->m->image[X4];
	int32_t bx = 0, by = 0;
	dilate_disc(l, l->blob, near, DISC(NEAR));
	okng_bits_invert(near, away);
	/* Where the part has conductor the ground differs, elsewhere the copper does. */
	struct okng_bits *copper = other, *ground = left;
	take_both(l, away, l->s, copper);
	take_except(l, away, l->s, ground);
	uint32_t first = count_moved(l, copper, l->g, 0, 0, REFIT) + count_moved(l, ground, l->t, 0, 0, REFIT), least = first * 8;
	for (int32_t y = -REFIT; y <= REFIT; y++)
		for (int32_t x = -REFIT; x <= REFIT; x++) {
			uint32_t d = count_moved(l, copper, l->g, x, y, REFIT) + count_moved(l, ground, l->t, x, y, REFIT);
			d = d * 8 + (uint32_t)(abs(x) + abs(y)) * 8;
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
	(l->c->added ? take_both : take_except)(l, left, l->s, left);
	dilate_disc(l, l->raw, near, DISC(NEAR));
	take_both(l, left, near, left);
	l->f[OKNG_CONDUCTOR_refit_area] = (int32_t)count(l, left);
	int32_t depth = l->f[OKNG_CONDUCTOR_refit_area] ? 16 : 0;
	l->f[OKNG_CONDUCTOR_refit_seeds] = 0;
	for (int i = 0; i < LEVELS && depth; i++) {
		grow_level(l, other, i, near);
		take_except(l, left, near, deep);
		uint32_t n = count(l, deep);
		if (squares[i] == 4)
			l->f[OKNG_CONDUCTOR_refit_seeds] = (int32_t)n;
		if (!n)
			break;
		depth = beyond(i);
	}
	l->f[OKNG_CONDUCTOR_refit_depth] = depth;
}

/* The part's copper or ground within the zone, without specks: what an opening by a plus leaves. */
static void opened(struct look *l, const struct okng_bits *in, struct okng_bits *out)
{
	struct okng_bits *a = &l->m->image[X3], *b = &l->m->image[X4];
	okng_bits_invert(in, a);
	okng_bits_shape(b, l->w, l->h);
	okng_bits_dilate_plus(l->m->k, a, b);
	okng_bits_invert(b, a);
	okng_bits_shape(out, l->w, l->h);
	okng_bits_dilate_plus(l->m->k, a, out);
}

static int pieces_of_part(struct look *l, const struct okng_bits *of, const struct okng_bits *zone)
{
	struct okng_bits *o = &l->m->image[X2];
	opened(l, of, o);
	take_both(l, o, zone, o);
	return okng_bits_components(o, PIECE);
}

static void part_features(struct look *l)
{
	struct okng_bits *zone = &l->m->image[X0], *x = &l->m->image[X1], *y = &l->m->image[X2];
	l->f[OKNG_CONDUCTOR_solid] = l->f[OKNG_CONDUCTOR_area] * 1000 / l->f[OKNG_CONDUCTOR_closed_area];
	dilate_disc(l, l->blob, zone, DISC(ZONE));
	take_both(l, l->t, zone, x);
	int copper = okng_bits_components(x, PIECE);
	take_both(l, l->g, zone, x);
	int ground = okng_bits_components(x, PIECE);
	l->f[OKNG_CONDUCTOR_part_copper_change] = pieces_of_part(l, l->s, zone) - copper;
	okng_bits_invert(l->s, x);
	l->f[OKNG_CONDUCTOR_part_ground_change] = pieces_of_part(l, x, zone) - ground;
	/* What is left of the medium near the blob, and what is not of it. */
	dilate_disc(l, l->raw, zone, DISC(ABOUT));
	(l->c->added ? take_except : take_both)(l, zone, l->s, x);
	if (l->c->added)
		take_both(l, l->s, l->s, y);
	else
		okng_bits_invert(l->s, y);
	int32_t half = 16;
	for (int i = 0; i < LEVELS; i++) {
		grow_level(l, y, i, &l->m->image[X3]);
		take_except(l, x, &l->m->image[X3], &l->m->image[X4]);
		if (!okng_bits_any(&l->m->image[X4]))
			break;
		half = beyond(i);
	}
	l->f[OKNG_CONDUCTOR_part_half_width] = okng_bits_any(x) ? half : 0;
	dilate_disc(l, l->raw, zone, DISC(6));
	okng_bits_window(okng_seeker_residual(l->scene->seeker, l->c->added), l->x0, l->y0, l->w, l->h, x);
	okng_bits_window(okng_seeker_residual(l->scene->seeker, !l->c->added), l->x0, l->y0, l->w, l->h, y);
	l->f[OKNG_CONDUCTOR_net] = (int32_t)count_both(l, x, zone) - (int32_t)count_both(l, y, zone);
	l->f[OKNG_CONDUCTOR_specks] = okng_bits_components(x, 1) - okng_bits_components(x, PIECE + 1);
}

static void least_features(struct look *l)
{
	struct okng_bits *mine = &l->m->image[X0], *shallow = &l->m->image[X1], *deep = &l->m->image[X2];
	uint32_t area = INT32_MAX, seeds = INT32_MAX;
	dilate_disc(l, l->raw, mine, DISC(NEAR));
	(l->c->added ? take_both : take_except)(l, mine, l->s, mine);
	dilate_disc(l, l->other, shallow, DISC(NEAR));
	take_except(l, l->medium, shallow, deep);
	for (int32_t dy = -1; dy <= 1; dy++)
		for (int32_t dx = -1; dx <= 1; dx++) {
			uint32_t a = count_moved(l, mine, l->medium, dx, dy, 1), n = count_moved(l, mine, deep, dx, dy, 1);
			area = a < area ? a : area;
			seeds = n < seeds ? n : seeds;
		}
	l->f[OKNG_CONDUCTOR_least_area] = (int32_t)area;
	l->f[OKNG_CONDUCTOR_least_seeds] = (int32_t)seeds;
}

/* How far the golden image reaches beyond the middles of the box's sides, which is where copper or ground is known. */
static int32_t border_distance(const struct okng_conductor_scene *scene, struct okng_rect box)
{
	for (int32_t d = 1; d <= BORDER; d++) {
		int32_t x0 = box.x - d, y0 = box.y - d, x1 = box.x + box.w - 1 + d, y1 = box.y + box.h - 1 + d;
		int32_t xs[] = {x0, x1, (x0 + x1) / 2, (x0 + x1) / 2}, ys[] = {(y0 + y1) / 2, (y0 + y1) / 2, y0, y1};
		for (int k = 0; k < 4; k++) {
			bool inside = xs[k] >= 0 && ys[k] >= 0 && xs[k] < scene->part->width && ys[k] < scene->part->height;
			if (!inside || !(okng_bits_get(scene->copper, xs[k], ys[k]) | okng_bits_get(scene->ground, xs[k], ys[k])))
				return d - 1;
		}
	}
	return BORDER;
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

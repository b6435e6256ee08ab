/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles: edges along rays, first from where the centre should be, then from where it is; what blur has drawn inwards
 * is put back.
 */
#include "pipeline/measure_parts.h"

#include <errno.h>
#include <math.h>

#define PULL_MAX 0.25 /* of the radius: the most that blur is taken to have drawn an edge inwards */

/* First pass: one edge for each ray from where the centre should be. */
static int search_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2])
{
	const struct okng_measure *m = &me->m;
	const struct okng_edge *e;
	me->a.n = 0;
	for (int i = 0; i < m->rays; i++) {
		okng_edge_rows_fan(me->rows, me->n_rows, m->centre, me->dir[i], m->radius);
		if (okng_edge_sample(me->finder, img, spans, me->rows, me->n_rows, m->radius - m->reach, 2 * m->reach) < 0)
			return -EDOM;
		int n = okng_edge_find(me->finder, m->contrast, &e), k = okng_measure_choose(m, e, n, NULL);
		if (k < 0)
			continue;
		me->rises[me->a.n] = e[k].contrast > 0;
		okng_measure_add(&me->a, &okng_measure_pixels,
			(struct okng_point){m->centre.x + e[k].at * me->dir[i].x, m->centre.y + e[k].at * me->dir[i].y});
	}
	return 0;
}

/* Second pass: each edge again, along the ray from the centre now known; what is not seen again stays where it was.
 * Sets spread of those seen and returns their number. */
static int refine_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_circle *c)
{
	const struct okng_measure *m = &me->m;
	double around = OKNG_MEASURE_AGAIN_SIGMAS * m->sigma + OKNG_MEASURE_AGAIN_PIXELS;
	const struct okng_edge *e;
	int seen = 0;
	for (int i = 0; i < me->a.n; i++) {
		struct okng_point *p = &me->a.px[i];
		double d = okng_measure_between(c->centre, *p), half = around < d ? around : d;
		if (!(d > 1))
			continue;
		struct okng_point dir = {(p->x - c->centre.x) / d, (p->y - c->centre.y) / d};
		okng_edge_rows_fan(me->rows, me->n_rows, c->centre, dir, d);
		if (okng_edge_sample(me->finder, img, spans, me->rows, me->n_rows, d - half, 2 * half) < 0)
			continue;
		int n = okng_edge_find(me->finder, m->contrast, &e), best = -1;
		for (int k = 0; k < n; k++)
			if ((e[k].contrast > 0) == me->rises[i] && (best < 0 || fabs(e[k].at - d) < fabs(e[best].at - d)))
				best = k;
		if (best < 0)
			continue;
		*p = (struct okng_point){c->centre.x + e[best].at * dir.x, c->centre.y + e[best].at * dir.y};
		me->spread[seen++] = e[best].spread;
	}
	return seen;
}

/* Puts back what the blur has drawn inwards, and maps the points. */
static void unpull(struct okng_measurer *me, int seen, const struct okng_circle *c, const struct okng_plane *plane)
{
	double pull = 0;
	if (seen) {
		pull = okng_fit_median(me->spread, seen) / (2 * c->radius);
		pull = pull < PULL_MAX * c->radius ? pull : PULL_MAX * c->radius;
	}
	int n = me->a.n;
	me->a.n = 0;
	for (int i = 0; i < n; i++) {
		struct okng_point p = me->a.px[i];
		double d = okng_measure_between(c->centre, p), f = d > 0 ? 1 + pull / d : 1;
		okng_measure_add(&me->a, plane,
			(struct okng_point){c->centre.x + f * (p.x - c->centre.x), c->centre.y + f * (p.y - c->centre.y)});
	}
}

int okng_measure_run_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement *out)
{
	const struct okng_measure *m = &me->m;
	struct okng_circle c;
	out[0].quantity = OKNG_QUANTITY_DIAMETER;
	out[1].quantity = OKNG_QUANTITY_ROUNDNESS;
	out[2].quantity = OKNG_QUANTITY_OFFSET;
	int r = search_circle(me, img, spans);
	if (r < 0)
		return r;
	if (!okng_measure_enough(m, me->a.n, m->rays) || okng_fit_circle(me->a.px, me->a.n, OKNG_MEASURE_FIT_FLOOR, &c) < 0)
		return 3;
	unpull(me, refine_circle(me, img, spans, &c), &c, plane);
	if (okng_fit_circle(me->a.px, me->a.n, OKNG_MEASURE_FIT_FLOOR, &c) < 0)
		return 3;
	struct okng_point place = c.centre;
	double floor = OKNG_MEASURE_FIT_FLOOR * okng_measure_pixel_on(plane, place);
	if (plane != &okng_measure_pixels && okng_fit_circle(me->a.at, me->a.n, floor, &c) < 0)
		return 3;
	/* Also points that did not count for the circle: a dent is what roundness is asked for. */
	double least = HUGE_VAL, most = 0;
	for (int i = 0; i < me->a.n; i++) {
		double d = okng_measure_between(c.centre, me->a.at[i]);
		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	out[0].value = 2 * c.radius;
	out[1].value = most - least;
	out[2].value = okng_measure_between(c.centre, okng_plane_map(plane, m->centre));
	for (int i = 0; i < 3; i++) {
		out[i].found = true;
		out[i].scatter = c.rms;
		out[i].x = (float)place.x;
		out[i].y = (float)place.y;
	}
	return 3;
}

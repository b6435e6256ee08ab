/* SPDX-License-Identifier: Apache-2.0
 *
 * A measure's scans checked and laid out, its values judged. Edges are found in pixels and mapped point by point before
 * anything is fitted, so that lines, circles and distances are those of the part's plane also where that is tilted.
 */
#include "pipeline/measure_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SCAN_MIN 2.0       /* pixels */
#define FAN 1.0            /* rays of a fan at most this share of the radius apart in all */

const struct okng_plane okng_measure_pixels = {{1, 0, 0, 0, 1, 0, 0, 0, 1}};

struct okng_plane okng_plane_scale(double mm_per_pixel)
{
	return (struct okng_plane){{mm_per_pixel, 0, 0, 0, mm_per_pixel, 0, 0, 0, 1}};
}

struct okng_point okng_plane_map(const struct okng_plane *plane, struct okng_point p)
{
	const double *m = plane->m;
	double w = m[6] * p.x + m[7] * p.y + m[8];
	return (struct okng_point){(m[0] * p.x + m[1] * p.y + m[2]) / w, (m[3] * p.x + m[4] * p.y + m[5]) / w};
}

static bool set_scan(struct okng_measure_scan *s, struct okng_point from, struct okng_point to)
{
	s->from = from;
	s->length = okng_measure_between(from, to);
	if (!(s->length >= SCAN_MIN))
		return false;
	s->dir = (struct okng_point){(to.x - from.x) / s->length, (to.y - from.y) / s->length};
	return true;
}

struct extent {
	double x0, y0, x1, y1;
};

static void include(struct extent *e, double x, double y)
{
	e->x0 = x < e->x0 ? x : e->x0;
	e->y0 = y < e->y0 ? y : e->y0;
	e->x1 = x > e->x1 ? x : e->x1;
	e->y1 = y > e->y1 ? y : e->y1;
}

static struct extent extent_of(struct okng_measurer *me)
{
	const struct okng_measure *m = &me->m;
	struct extent e = {1e9, 1e9, -1e9, -1e9};
	for (int i = 0; i < me->n_scans; i++)
		for (int k = 0; k < m->scans; k++) {
			okng_edge_rows_across(me->rows, me->n_rows, okng_measure_start(m, &me->scan[i], k), me->scan[i].dir);
			for (int row = 0; row < me->n_rows; row++) {
				const struct okng_edge_row *r = &me->rows[row];
				include(&e, r->origin.x, r->origin.y);
				include(&e, r->origin.x + me->scan[i].length * r->dir.x, r->origin.y + me->scan[i].length * r->dir.y);
			}
		}
	for (int i = 0; me->n_scans == 0 && i < m->rays; i++) {
		okng_edge_rows_fan(me->rows, me->n_rows, m->centre, me->dir[i], m->radius);
		for (int row = 0; row < me->n_rows; row++)
			for (int side = -1; side <= 1; side += 2)
				include(&e, m->centre.x + (m->radius + side * m->reach) * me->rows[row].dir.x,
					m->centre.y + (m->radius + side * m->reach) * me->rows[row].dir.y);
	}
	return e;
}

static const char *check(const struct okng_measure *m)
{
	bool circle = m->kind == OKNG_MEASURE_CIRCLE;
	if (m->kind < OKNG_MEASURE_WIDTH || m->kind > OKNG_MEASURE_CIRCLE)
		return "there is no such kind of measurement";
	if (!(m->breadth >= 1 && m->breadth <= 500) || m->scans < 1 || m->scans > OKNG_MEASURE_SCANS_MAX || m->scans > m->breadth)
		return "breadth or scans are out of range; scans may not be more than the breadth has pixels";
	if (m->scans == 2 || (m->kind == OKNG_MEASURE_ANGLE && m->scans < 3))
		return "a line is fitted to at least 3 scans";
	if (circle && (m->rays < 8 || m->rays > OKNG_MEASURE_RAYS_MAX || !(m->reach >= 1 && m->reach < m->radius)))
		return "rays, radius or reach are out of range; reach must be less than the radius";
	if (circle && !(m->arc.max - m->arc.min >= 30 && m->arc.max - m->arc.min <= 360))
		return "the arc must be of 30 to 360 degrees";
	if (m->pick == OKNG_PICK_OUTER && m->kind != OKNG_MEASURE_WIDTH)
		return "the outer edges are a pair: only a width has them";
	if (!(m->contrast > 0 && m->coverage > 0 && m->coverage <= 1 && m->tolerance.min < m->tolerance.max))
		return "contrast, coverage or tolerance are out of range";
	return NULL;
}

static const char *prepare(struct okng_measurer *me, int32_t width, int32_t height)
{
	const struct okng_measure *m = &me->m;
	const char *why = check(m);
	if (why)
		return why;
	if (m->kind == OKNG_MEASURE_CIRCLE) {
		int most = (int)(m->radius * FAN), n = (int)(m->breadth + 0.5);
		double full = m->arc.max - m->arc.min;
		me->n_rows = n < most ? n : most < 1 ? 1 : most;
		for (int i = 0; i < m->rays; i++)
			me->dir[i] = okng_edge_direction(m->arc.min + full * i / (full < 360 ? m->rays - 1 : m->rays));
	} else {
		me->n_rows = (int)(m->breadth / m->scans + 0.5);
		me->n_scans = m->kind == OKNG_MEASURE_DISTANCE || m->kind == OKNG_MEASURE_ANGLE ? 2 : 1;
		if (!set_scan(&me->scan[0], m->from, m->to))
			return "from and to must be at least 2 pixels apart";
		if (me->n_scans == 2 && !set_scan(&me->scan[1], m->from2, m->to2))
			return "from2 and to2 must be at least 2 pixels apart";
	}
	struct extent e = extent_of(me);
	if (!(e.x0 >= 0 && e.y0 >= 0 && e.x1 <= width - 1 && e.y1 <= height - 1))
		return "a scan with its breadth reaches beyond the image";
	me->box = (struct okng_rect){(int32_t)e.x0, (int32_t)e.y0, (int32_t)e.x1 - (int32_t)e.x0 + 1, (int32_t)e.y1 - (int32_t)e.y0 + 1};
	return NULL;
}

void okng_measurer_tune(struct okng_measurer *me, struct okng_measure_range tolerance, double max_roundness, double max_offset)
{
	me->m.tolerance = tolerance;
	me->m.max_roundness = max_roundness;
	me->m.max_offset = max_offset;
}

int okng_measurer_open(struct okng_measurer **measurer, const struct okng_measure *measure, int32_t width, int32_t height,
	const char **why)
{
	*why = NULL;
	struct okng_measurer *me = calloc(1, sizeof *me);
	*measurer = me;
	if (!me)
		return -ENOMEM;
	me->m = *measure;
	*why = prepare(me, width, height);
	int r = *why ? -EINVAL : 0;
	if (r == 0) {
		double first = me->scan[0].length, second = me->scan[1].length;
		double again = 2 * (OKNG_MEASURE_AGAIN_SIGMAS * measure->sigma + OKNG_MEASURE_AGAIN_PIXELS);
		double longest = first > second ? first : second;
		if (me->n_scans == 0)
			longest = 2 * measure->reach > again ? 2 * measure->reach : again;
		r = okng_edge_finder_open(&me->finder, longest, measure->sigma);
		if (r == -EINVAL)
			*why = "sigma must be from 0.5 to 10 pixels, and a scan at most 32768 pixels long";
	}
	if (r < 0)
		okng_measurer_close(measurer);
	return r;
}

double okng_measure_between(struct okng_point a, struct okng_point b)
{
	return sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

double okng_measure_pixel_on(const struct okng_plane *plane, struct okng_point px)
{
	return okng_measure_between(okng_plane_map(plane, px), okng_plane_map(plane, (struct okng_point){px.x + 1, px.y}));
}

void okng_measure_add(struct okng_measure_points *p, const struct okng_plane *plane, struct okng_point px)
{
	p->px[p->n] = px;
	p->at[p->n++] = okng_plane_map(plane, px);
}

bool okng_measure_enough(const struct okng_measure *m, int n, int of)
{
	return n > 0 && n >= m->coverage * of;
}

struct okng_point okng_measure_start(const struct okng_measure *m, const struct okng_measure_scan *s, int k)
{
	double off = (k - (m->scans - 1) * 0.5) * m->breadth / m->scans;
	return (struct okng_point){s->from.x - off * s->dir.y, s->from.y + off * s->dir.x};
}

/* Limits, and the score: 0.5 and above is beyond them. best is where the score is 0. */
static void judge(struct okng_measurement *v, double best)
{
	double room = v->upper - best, off = fabs(v->value - best);
	bool good = v->found && v->value >= v->lower && v->value <= v->upper;
	v->score = v->found ? (float)(off / (off + room)) : 1.0f;
	if (good && !(v->score < 0.5f))
		v->score = 0.49999f;
	if (!good && !(v->score >= 0.5f))
		v->score = 0.5f;
}

static void set_limits(const struct okng_measure *m, struct okng_measurement *v)
{
	if (v->quantity == OKNG_QUANTITY_ROUNDNESS || v->quantity == OKNG_QUANTITY_OFFSET) {
		v->upper = v->quantity == OKNG_QUANTITY_ROUNDNESS ? m->max_roundness : m->max_offset;
		v->judged = v->upper > 0;
		if (v->judged)
			judge(v, 0);
		return;
	}
	v->nominal = m->nominal;
	v->lower = m->nominal + m->tolerance.min;
	v->upper = m->nominal + m->tolerance.max;
	v->judged = true;
	judge(v, (v->lower + v->upper) / 2);
}

int okng_measurer_run(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement out[OKNG_MEASURE_VALUES_MAX])
{
	for (int i = 0; i < OKNG_MEASURE_VALUES_MAX; i++)
		out[i] = (struct okng_measurement){.unit = plane ? OKNG_UNIT_MM : OKNG_UNIT_PX};
	if (!plane)
		plane = &okng_measure_pixels;
	int n = me->n_scans ? okng_measure_run_scans(me, img, spans, plane, out) : okng_measure_run_circle(me, img, spans, plane, out);
	for (int i = 0; i < n; i++) {
		if (!(out[i].found && isfinite(out[i].value) && isfinite(out[i].scatter))) {
			out[i].found = false;
			out[i].value = out[i].scatter = 0;
		}
		set_limits(&me->m, &out[i]);
	}
	return n;
}

struct okng_rect okng_measurer_box(const struct okng_measurer *measurer)
{
	return measurer->box;
}

void okng_measurer_close(struct okng_measurer **measurer)
{
	struct okng_measurer *me = *measurer;
	*measurer = NULL;
	if (!me)
		return;
	okng_edge_finder_close(&me->finder);
	free(me);
}

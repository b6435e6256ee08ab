/* SPDX-License-Identifier: Apache-2.0
 *
 * Measures along straight scans: which of the edges found is meant, and width, position, distance and angle from them.
 */
#include "pipeline/measure_parts.h"

#include <errno.h>
#include <math.h>

#define PARALLEL 0.1 /* sine of the angle below which a fitted line does not cross the scan */

static bool fits(enum okng_transition transition, double contrast)
{
	return transition == OKNG_TRANSITION_ANY || (transition == OKNG_TRANSITION_RISE) == (contrast > 0);
}

/* The first that fits and the last of the opposite direction. */
static int choose_outer(const struct okng_measure *m, const struct okng_edge *e, int n, int *second)
{
	int first = 0;
	while (first < n && !fits(m->transition, e[first].contrast))
		first++;
	for (*second = n - 1; *second > first; --*second)
		if ((e[first].contrast > 0) != (e[*second].contrast > 0))
			return first;
	return -1;
}

int okng_measure_choose(const struct okng_measure *m, const struct okng_edge *e, int n, int *second)
{
	int best = -1, span = second ? 2 : 1;
	double most = 0;
	if (second && m->pick == OKNG_PICK_OUTER)
		return choose_outer(m, e, n, second);
	for (int i = 0; i + span <= n; i++) {
		const struct okng_edge *last = &e[i + span - 1];
		if (!fits(m->transition, e[i].contrast) || (span == 2 && (e[i].contrast > 0) == (last->contrast > 0)))
			continue;
		double strength = fabs(e[i].slope) < fabs(last->slope) ? fabs(e[i].slope) : fabs(last->slope);
		if (best >= 0 && (m->pick == OKNG_PICK_FIRST || (m->pick == OKNG_PICK_STRONGEST && !(strength > most))))
			continue;
		best = i;
		most = strength;
	}
	if (second)
		*second = best + 1;
	return best;
}

/* Edges of all scans of one kind; pairs: into a and b. 0 or -EDOM. */
static int gather(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_plane *plane,
	int which, struct okng_measure_points *a, struct okng_measure_points *b)
{
	const struct okng_measure *m = &me->m;
	const struct okng_measure_scan *s = &me->scan[which];
	const struct okng_edge *e;
	a->n = 0;
	if (b)
		b->n = 0;
	for (int k = 0; k < m->scans; k++) {
		struct okng_point at = okng_measure_start(m, s, k);
		okng_edge_rows_across(me->rows, me->n_rows, at, s->dir);
		int r = okng_edge_sample(me->finder, img, spans, me->rows, me->n_rows, 0, s->length);
		if (r < 0)
			return -EDOM;
		int n = okng_edge_find(me->finder, m->contrast, &e), second, i = okng_measure_choose(m, e, n, b ? &second : NULL);
		if (i < 0)
			continue;
		okng_measure_add(a, plane, (struct okng_point){at.x + e[i].at * s->dir.x, at.y + e[i].at * s->dir.y});
		if (b)
			okng_measure_add(b, plane, (struct okng_point){at.x + e[second].at * s->dir.x, at.y + e[second].at * s->dir.y});
	}
	return 0;
}

static struct okng_point middle(const struct okng_measure_points *p)
{
	struct okng_point sum = {0};
	for (int i = 0; i < p->n; i++) {
		sum.x += p->px[i].x;
		sum.y += p->px[i].y;
	}
	return (struct okng_point){sum.x / p->n, sum.y / p->n};
}

static bool fit_line(const struct okng_plane *plane, const struct okng_measure_points *p, struct okng_line *line)
{
	return okng_fit_line(p->at, p->n, OKNG_MEASURE_FIT_FLOOR * okng_measure_pixel_on(plane, p->px[0]), line) == 0;
}

/* Between two edges: points, or fitted lines, of which each is asked for the middle of the other. */
static bool distance(const struct okng_measurer *me, const struct okng_plane *plane, struct okng_measurement *out)
{
	const struct okng_measure_points *a = &me->a, *b = &me->b;
	struct okng_line la, lb;
	if (me->m.scans == 1) {
		out->value = okng_measure_between(a->at[0], b->at[0]);
		return true;
	}
	if (!fit_line(plane, a, &la) || !fit_line(plane, b, &lb))
		return false;
	out->value = (fabs(okng_fit_distance(&la, lb.at)) + fabs(okng_fit_distance(&lb, la.at))) / 2;
	out->scatter = sqrt((la.rms * la.rms + lb.rms * lb.rms) / 2);
	return true;
}

static bool position(const struct okng_measurer *me, const struct okng_plane *plane, struct okng_measurement *out)
{
	const struct okng_measure_scan *s = &me->scan[0];
	struct okng_point from = okng_plane_map(plane, s->from), to = okng_plane_map(plane, me->m.to);
	double size = okng_measure_between(from, to);
	struct okng_point u = {(to.x - from.x) / size, (to.y - from.y) / size};
	struct okng_line line;
	if (me->m.scans == 1) {
		out->value = (me->a.at[0].x - from.x) * u.x + (me->a.at[0].y - from.y) * u.y;
		return true;
	}
	if (!fit_line(plane, &me->a, &line))
		return false;
	/* Where the fitted line crosses the middle of the scan. */
	double d = okng_fit_distance(&line, from), across = line.dir.y * u.x - line.dir.x * u.y;
	if (!(fabs(across) > PARALLEL))
		return false;
	out->value = -d / across;
	out->scatter = line.rms;
	return true;
}

static bool angle(const struct okng_measurer *me, const struct okng_plane *plane, struct okng_measurement *out)
{
	struct okng_line a, b;
	if (!fit_line(plane, &me->a, &a) || !fit_line(plane, &me->b, &b))
		return false;
	double v = okng_fit_degrees(b.dir.x, b.dir.y) - okng_fit_degrees(a.dir.x, a.dir.y);
	out->value = v - 180 * floor((v - me->m.nominal) / 180 + 0.5);
	out->unit = OKNG_UNIT_DEG;
	return true;
}

int okng_measure_run_scans(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement *out)
{
	static const enum okng_quantity quantities[] = {[OKNG_MEASURE_WIDTH] = OKNG_QUANTITY_WIDTH,
		[OKNG_MEASURE_POSITION] = OKNG_QUANTITY_POSITION, [OKNG_MEASURE_DISTANCE] = OKNG_QUANTITY_DISTANCE,
		[OKNG_MEASURE_ANGLE] = OKNG_QUANTITY_ANGLE};
	const struct okng_measure *m = &me->m;
	bool pair = m->kind == OKNG_MEASURE_WIDTH, two = me->n_scans == 2 || pair;
	out->quantity = quantities[m->kind];
	int r = gather(me, img, spans, plane, 0, &me->a, pair ? &me->b : NULL);
	if (r == 0 && me->n_scans == 2)
		r = gather(me, img, spans, plane, 1, &me->b, NULL);
	if (r < 0)
		return r;
	out->unit = m->kind == OKNG_MEASURE_ANGLE ? OKNG_UNIT_DEG : out->unit;
	if (!okng_measure_enough(m, me->a.n, m->scans) || (two && !okng_measure_enough(m, me->b.n, m->scans)))
		return 1;
	struct okng_point a = middle(&me->a), b = two ? middle(&me->b) : a;
	out->x = (float)((a.x + b.x) / 2);
	out->y = (float)((a.y + b.y) / 2);
	out->found = m->kind == OKNG_MEASURE_ANGLE ? angle(me, plane, out) : m->kind == OKNG_MEASURE_POSITION ?
		position(me, plane, out) : distance(me, plane, out);
	return 1;
}

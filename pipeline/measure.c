/* SPDX-License-Identifier: Apache-2.0
 *
 * From a measure's scans to its values. Edges are found in pixels and mapped point by point before anything is fitted,
 * so that lines, circles and distances are those of the part's plane also where that is tilted.
 */
#include "pipeline/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "pipeline/fit.h"

#define FIT_FLOOR 0.02     /* pixels: points nearer than a few of these to their fit are never wrong ones */
#define SCAN_MIN 2.0       /* pixels */
#define PARALLEL 0.1       /* sine of the angle below which a fitted line does not cross the scan */
#define AGAIN_SIGMAS 4.0   /* second pass over a circle: this many sigmas … */
#define AGAIN_PIXELS 3.0   /* … and pixels to either side of the edge of the first */
#define FAN 1.0            /* rays of a fan at most this share of the radius apart in all */
#define PULL_MAX 0.25      /* of the radius: the most that blur is taken to have drawn an edge inwards */

static const struct okng_plane pixels = {{1, 0, 0, 0, 1, 0, 0, 0, 1}};

struct scan {
	struct okng_point from, dir;
	double length;
};

/* Points of one edge in the picture and on the plane. */
struct points {
	int n;
	struct okng_point px[OKNG_MEASURE_RAYS_MAX], at[OKNG_MEASURE_RAYS_MAX];
};

struct okng_measurer {
	struct okng_measure m;
	struct okng_edge_finder *finder;
	struct scan scan[2];
	int n_scans;                   /* 1 or 2 in use; 0: circle */
	int n_rows;                    /* averaged for each scan or ray */
	struct okng_rect box;
	struct okng_edge_row rows[OKNG_EDGE_ROWS_MAX];
	struct okng_point dir[OKNG_MEASURE_RAYS_MAX];
	bool rises[OKNG_MEASURE_RAYS_MAX];     /* circle: the edge of the first pass */
	double spread[OKNG_MEASURE_RAYS_MAX];
	struct points a, b;
};

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

static double between(struct okng_point a, struct okng_point b)
{
	return sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

static bool set_scan(struct scan *s, struct okng_point from, struct okng_point to)
{
	s->from = from;
	s->length = between(from, to);
	if (!(s->length >= SCAN_MIN))
		return false;
	s->dir = (struct okng_point){(to.x - from.x) / s->length, (to.y - from.y) / s->length};
	return true;
}

/* The start of the k-th of n scans side by side over the breadth. */
static struct okng_point start_of(const struct okng_measure *m, const struct scan *s, int k)
{
	double off = (k - (m->scans - 1) * 0.5) * m->breadth / m->scans;
	return (struct okng_point){s->from.x - off * s->dir.y, s->from.y + off * s->dir.x};
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
			okng_edge_rows_across(me->rows, me->n_rows, start_of(m, &me->scan[i], k), me->scan[i].dir);
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
		double again = 2 * (AGAIN_SIGMAS * measure->sigma + AGAIN_PIXELS);
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

/* Index of the wanted edge, -1: none. second not NULL: of the wanted pair. Equal ones: the first. */
static int choose(const struct okng_measure *m, const struct okng_edge *e, int n, int *second)
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

static void add(struct points *p, const struct okng_plane *plane, struct okng_point px)
{
	p->px[p->n] = px;
	p->at[p->n++] = okng_plane_map(plane, px);
}

/* Edges of all scans of one kind; pairs: into a and b. 0 or -EDOM. */
static int gather(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_plane *plane,
	int which, struct points *a, struct points *b)
{
	const struct okng_measure *m = &me->m;
	const struct scan *s = &me->scan[which];
	const struct okng_edge *e;
	a->n = 0;
	if (b)
		b->n = 0;
	for (int k = 0; k < m->scans; k++) {
		struct okng_point at = start_of(m, s, k);
		okng_edge_rows_across(me->rows, me->n_rows, at, s->dir);
		int r = okng_edge_sample(me->finder, img, spans, me->rows, me->n_rows, 0, s->length);
		if (r < 0)
			return -EDOM;
		int n = okng_edge_find(me->finder, m->contrast, &e), second, i = choose(m, e, n, b ? &second : NULL);
		if (i < 0)
			continue;
		add(a, plane, (struct okng_point){at.x + e[i].at * s->dir.x, at.y + e[i].at * s->dir.y});
		if (b)
			add(b, plane, (struct okng_point){at.x + e[second].at * s->dir.x, at.y + e[second].at * s->dir.y});
	}
	return 0;
}

static bool enough(const struct okng_measure *m, int n, int of)
{
	return n > 0 && n >= m->coverage * of;
}

static struct okng_point middle(const struct points *p)
{
	struct okng_point sum = {0};
	for (int i = 0; i < p->n; i++) {
		sum.x += p->px[i].x;
		sum.y += p->px[i].y;
	}
	return (struct okng_point){sum.x / p->n, sum.y / p->n};
}

/* How long one pixel is on the plane, there. */
static double pixel_on(const struct okng_plane *plane, struct okng_point px)
{
	return between(okng_plane_map(plane, px), okng_plane_map(plane, (struct okng_point){px.x + 1, px.y}));
}

static bool fit_line(const struct okng_plane *plane, const struct points *p, struct okng_line *line)
{
	return okng_fit_line(p->at, p->n, FIT_FLOOR * pixel_on(plane, p->px[0]), line) == 0;
}

/* Between two edges: points, or fitted lines, of which each is asked for the middle of the other. */
static bool distance(const struct okng_measurer *me, const struct okng_plane *plane, struct okng_measurement *out)
{
	const struct points *a = &me->a, *b = &me->b;
	struct okng_line la, lb;
	if (me->m.scans == 1) {
		out->value = between(a->at[0], b->at[0]);
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
	const struct scan *s = &me->scan[0];
	struct okng_point from = okng_plane_map(plane, s->from), to = okng_plane_map(plane, me->m.to);
	double size = between(from, to);
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

static int run_scans(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_plane *plane,
	struct okng_measurement *out)
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
	if (!enough(m, me->a.n, m->scans) || (two && !enough(m, me->b.n, m->scans)))
		return 1;
	struct okng_point a = middle(&me->a), b = two ? middle(&me->b) : a;
	out->x = (float)((a.x + b.x) / 2);
	out->y = (float)((a.y + b.y) / 2);
	out->found = m->kind == OKNG_MEASURE_ANGLE ? angle(me, plane, out) : m->kind == OKNG_MEASURE_POSITION ?
		position(me, plane, out) : distance(me, plane, out);
	return 1;
}

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
		int n = okng_edge_find(me->finder, m->contrast, &e), k = choose(m, e, n, NULL);
		if (k < 0)
			continue;
		me->rises[me->a.n] = e[k].contrast > 0;
		add(&me->a, &pixels, (struct okng_point){m->centre.x + e[k].at * me->dir[i].x, m->centre.y + e[k].at * me->dir[i].y});
	}
	return 0;
}

/* Second pass: each edge again, along the ray from the centre now known; what is not seen again stays where it was.
 * Sets spread of those seen and returns their number. */
static int refine_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_circle *c)
{
	const struct okng_measure *m = &me->m;
	double around = AGAIN_SIGMAS * m->sigma + AGAIN_PIXELS;
	const struct okng_edge *e;
	int seen = 0;
	for (int i = 0; i < me->a.n; i++) {
		struct okng_point *p = &me->a.px[i];
		double d = between(c->centre, *p), half = around < d ? around : d;
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
		double d = between(c->centre, p), f = d > 0 ? 1 + pull / d : 1;
		add(&me->a, plane, (struct okng_point){c->centre.x + f * (p.x - c->centre.x), c->centre.y + f * (p.y - c->centre.y)});
	}
}

static int run_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_plane *plane,
	struct okng_measurement *out)
{
	const struct okng_measure *m = &me->m;
	struct okng_circle c;
	out[0].quantity = OKNG_QUANTITY_DIAMETER;
	out[1].quantity = OKNG_QUANTITY_ROUNDNESS;
	out[2].quantity = OKNG_QUANTITY_OFFSET;
	int r = search_circle(me, img, spans);
	if (r < 0)
		return r;
	if (!enough(m, me->a.n, m->rays) || okng_fit_circle(me->a.px, me->a.n, FIT_FLOOR, &c) < 0)
		return 3;
	unpull(me, refine_circle(me, img, spans, &c), &c, plane);
	if (okng_fit_circle(me->a.px, me->a.n, FIT_FLOOR, &c) < 0)
		return 3;
	struct okng_point place = c.centre;
	if (plane != &pixels && okng_fit_circle(me->a.at, me->a.n, FIT_FLOOR * pixel_on(plane, place), &c) < 0)
		return 3;
	/* Also points that did not count for the circle: a dent is what roundness is asked for. */
	double least = HUGE_VAL, most = 0;
	for (int i = 0; i < me->a.n; i++) {
		double d = between(c.centre, me->a.at[i]);
		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	out[0].value = 2 * c.radius;
	out[1].value = most - least;
	out[2].value = between(c.centre, okng_plane_map(plane, m->centre));
	for (int i = 0; i < 3; i++) {
		out[i].found = true;
		out[i].scatter = c.rms;
		out[i].x = (float)place.x;
		out[i].y = (float)place.y;
	}
	return 3;
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

int okng_measurer_run(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2], const struct okng_plane *plane,
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX])
{
	for (int i = 0; i < OKNG_MEASURE_VALUES_MAX; i++)
		out[i] = (struct okng_measurement){.unit = plane ? OKNG_UNIT_MM : OKNG_UNIT_PX};
	if (!plane)
		plane = &pixels;
	int n = me->n_scans ? run_scans(me, img, spans, plane, out) : run_circle(me, img, spans, plane, out);
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * From a fit to a plane that somebody may measure by, or to the reason why not; and whether it still holds. A target may
 * lie anywhere and any way round, so the plane's own axes are those of the picture, and a check compares shapes only.
 */
#include "calib/planar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "calib/planar_fit.h"

#define HOLDS_FACTOR 2.5
#define HOLDS_LEAST 0.3 /* pixels */
#define DEGREES (180 / 3.14159265358979323846)

const char *const okng_planar_place_names[OKNG_PLANAR_PLACES] = {"centre", "top_left", "top_right", "bottom_left", "bottom_right"};

struct gathered {
	struct okng_planar_pair *pair;
	int n;
};

static int gather(struct gathered *g, const struct okng_lens_board *board, const struct okng_lens_point *corner, const bool *missing,
	struct okng_error *err)
{
	int per = board->cols * board->rows;
	*g = (struct gathered){calloc((size_t)per, sizeof *g->pair), 0};
	if (!g->pair)
		return okng_error_set(err, -ENOMEM, "", 0, "", "no memory");
	for (int i = 0; i < per; i++)
		if (!missing || !missing[i])
			g->pair[g->n++] = (struct okng_planar_pair){{i % board->cols * board->square, i / board->cols * board->square},
				{corner[i].x, corner[i].y}};
	if (g->n < OKNG_PLANAR_CORNERS_MIN)
		return okng_error_set(err, -EINVAL, "", 0, "", "only %d of the target's %d corners are seen, at least %d are needed", g->n, per,
			OKNG_PLANAR_CORNERS_MIN);
	return 0;
}

static double cross(struct okng_point o, struct okng_point a, struct okng_point b)
{
	return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

static int by_place(const void *a, const void *b)
{
	const struct okng_point *p = a, *q = b;
	return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* Area of the convex hull (A. Andrew's monotone chain, 1979). at has room for 3n points, the first n are the points. */
static double hull_area(struct okng_point *at, int n)
{
	struct okng_point *hull = at + n;
	int k = 0;
	qsort(at, (size_t)n, sizeof *at, by_place);
	for (int pass = 0, least = 2; pass < 2; pass++, least = k + 1) {
		for (int j = pass; j < n; j++) {
			struct okng_point p = at[pass ? n - 1 - j : j];
			while (k >= least && cross(hull[k - 2], hull[k - 1], p) <= 0)
				k--;
			hull[k++] = p;
		}
	}
	double twice = 0;
	for (int i = 0; i + 1 < k; i++)
		twice += hull[i].x * hull[i + 1].y - hull[i].y * hull[i + 1].x;
	return fabs(twice) / 2;
}

static int cover(struct okng_planar *p, const struct gathered *g, const struct okng_lens *lens)
{
	struct okng_point *at = calloc((size_t)g->n * 3 + 2, sizeof *at);
	if (!at)
		return -ENOMEM;
	for (int i = 0; i < g->n; i++)
		at[i] = g->pair[i].seen;
	p->coverage = fmin(1, hull_area(at, g->n) / ((double)lens->width * lens->height));
	free(at);
	return 0;
}

static struct okng_point place(const struct okng_lens *lens, enum okng_planar_place at)
{
	double right = lens->width - 1, bottom = lens->height - 1;
	switch (at) {
	case OKNG_PLANAR_TOP_LEFT: return (struct okng_point){0, 0};
	case OKNG_PLANAR_TOP_RIGHT: return (struct okng_point){right, 0};
	case OKNG_PLANAR_BOTTOM_LEFT: return (struct okng_point){0, bottom};
	case OKNG_PLANAR_BOTTOM_RIGHT: return (struct okng_point){right, bottom};
	default: return (struct okng_point){right / 2, bottom / 2};
	}
}

static void multiply(double out[9], const double a[9], const double b[9])
{
	for (int i = 0; i < 9; i++)
		out[i] = a[i / 3 * 3] * b[i % 3] + a[i / 3 * 3 + 1] * b[3 + i % 3] + a[i / 3 * 3 + 2] * b[6 + i % 3];
}

/* From undistorted pixels to the target's millimetres. */
static void target_plane(double m[9], const struct okng_planar_fit *fit)
{
	const double *h = fit->h;
	const double back[9] = {h[4] - h[5] * h[7], h[2] * h[7] - h[1], h[1] * h[5] - h[2] * h[4], h[5] * h[6] - h[3], h[0] - h[2] * h[6],
		h[2] * h[3] - h[0] * h[5], h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]};
	const double norm[9] = {1 / fit->px.size, 0, -fit->px.x / fit->px.size, 0, 1 / fit->px.size, -fit->px.y / fit->px.size, 0, 0, 1};
	const double whole[9] = {fit->mm.size, 0, fit->mm.x, 0, fit->mm.size, fit->mm.y, 0, 0, 1};
	double half[9];
	multiply(half, back, norm);
	multiply(m, whole, half);
}

/* Derivatives of the mapping at p: dX/dx, dX/dy, dY/dx, dY/dy. */
static void slopes(double d[4], const struct okng_plane *plane, struct okng_point p)
{
	const double *m = plane->m;
	double w = m[6] * p.x + m[7] * p.y + m[8];
	struct okng_point at = okng_plane_map(plane, p);
	for (int i = 0; i < 2; i++) {
		d[i] = (m[i] - at.x * m[6 + i]) / w;
		d[2 + i] = (m[3 + i] - at.y * m[6 + i]) / w;
	}
}

/* Turns, shifts and, if need be, mirrors the target's axes into those that planar.h promises. */
static void settle(struct okng_plane *plane, const double m[9], struct okng_point centre)
{
	double d[4], w = m[6] * centre.x + m[7] * centre.y + m[8];
	for (int i = 0; i < 9; i++)
		plane->m[i] = m[i] / w;
	struct okng_point at = okng_plane_map(plane, centre);
	slopes(d, plane, centre);
	double length = hypot(d[0], d[2]), c = d[0] / length, s = d[2] / length, mirror = d[0] * d[3] - d[1] * d[2] < 0 ? -1 : 1;
	const double move[9] = {c, s, -c * at.x - s * at.y, -mirror * s, mirror * c, mirror * (s * at.x - c * at.y), 0, 0, 1};
	double moved[9];
	multiply(moved, move, plane->m);
	for (int i = 0; i < 9; i++)
		plane->m[i] = moved[i];
}

bool okng_planar_sound(const struct okng_plane *plane, int32_t width, int32_t height)
{
	const struct okng_lens lens = {.width = width, .height = height};
	for (int i = 0; i < 9; i++)
		if (!isfinite(plane->m[i]))
			return false;
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++) {
		double d[4];
		struct okng_point p = place(&lens, (enum okng_planar_place)i);
		if (!(plane->m[6] * p.x + plane->m[7] * p.y + plane->m[8] > 1e-3))
			return false;
		slopes(d, plane, p);
		if (!(d[0] * d[3] - d[1] * d[2] > 0))
			return false;
	}
	return true;
}

/* Least and greatest mm per pixel at p over all directions, the lens's fx as pixel. */
static void stretch(const struct okng_planar *planar, const struct okng_lens *lens, bool has_lens, struct okng_point p, double *least,
	double *most)
{
	double d[4];
	slopes(d, &planar->plane, p);
	double tall = has_lens ? lens->param[1] / lens->param[0] : 1;
	double b = d[1] * tall, e = d[3] * tall;
	double mean = (d[0] * d[0] + b * b + d[2] * d[2] + e * e) / 2, det = d[0] * e - b * d[2];
	double spread = sqrt(fmax(mean * mean - det * det, 0));
	*most = sqrt(mean + spread);
	*least = fabs(det) / *most;
}

static void describe(struct okng_planar *p, const struct okng_planar_fit *fit, const struct okng_lens *lens, bool has_lens)
{
	struct okng_point centre = place(lens, OKNG_PLANAR_CENTRE), axis = has_lens ? (struct okng_point){lens->param[2], lens->param[3]} : centre;
	double least, most;
	stretch(p, lens, false, centre, &least, &most);
	p->scale = sqrt(least * most);
	stretch(p, lens, has_lens, axis, &least, &most);
	p->tilt = acos(fmin(1, least / most)) * DEGREES;
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++)
		p->sigma[i] = okng_planar_fit_sigma(fit, place(lens, (enum okng_planar_place)i));
}

static double worst_pixels(const struct okng_planar *p, const struct okng_lens *lens)
{
	double worst = 0;
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++) {
		double least, most;
		stretch(p, lens, false, place(lens, (enum okng_planar_place)i), &least, &most);
		worst = fmax(worst, p->sigma[i] / sqrt(least * most));
	}
	return worst;
}

static int judge(const struct okng_planar *p, const struct okng_lens *lens, bool has_lens, struct okng_error *err)
{
	if (p->tilt > OKNG_PLANAR_TILT_MAX)
		return okng_error_set(err, -EINVAL, "", 0, "", "too oblique: the plane is tilted by %.1f degrees against the camera, %.0f are possible", p->tilt,
			OKNG_PLANAR_TILT_MAX);
	if (p->rms > OKNG_PLANAR_RMS_MAX)
		return okng_error_set(err, -EINVAL, "", 0, "", "the corners are off a plane by %.2f pixels, %.1f are possible: %s", p->rms, OKNG_PLANAR_RMS_MAX,
			has_lens ? "is the target flat and the lens profile of this lens?" : "give the lens profile (okng calib lens); is the target flat?");
	double worst = worst_pixels(p, lens);
	if (worst > OKNG_PLANAR_SIGMA_MAX)
		return okng_error_set(err, -EINVAL, "", 0, "", "too uncertain: places in the picture's corners by %.2f pixels, %.1f are possible; take a target that "
			"fills the picture, with more corners, sharper", worst, OKNG_PLANAR_SIGMA_MAX);
	return 0;
}

int okng_planar_make(struct okng_planar *planar, const struct okng_lens_board *board, const struct okng_lens *lens, bool has_lens,
	const struct okng_lens_point *corner, const bool *missing, struct okng_error *err)
{
	struct gathered g;
	struct okng_planar_fit fit;
	double m[9];
	*planar = (struct okng_planar){.board = *board};
	int rc = gather(&g, board, corner, missing, err);
	planar->corners = g.n;
	if (rc == 0 && cover(planar, &g, lens) < 0)
		rc = okng_error_set(err, -ENOMEM, "", 0, "", "no memory");
	if (rc == 0 && planar->coverage < OKNG_PLANAR_COVER_MIN)
		rc = okng_error_set(err, -EINVAL, "", 0, "", "the target covers %.0f %% of the picture, %.0f %% are needed: take a larger one, or fewer and "
			"larger squares", 100 * planar->coverage, 100 * OKNG_PLANAR_COVER_MIN);
	if (rc == 0) {
		rc = okng_planar_fit(&fit, has_lens ? lens : NULL, g.pair, g.n);
		if (rc == -EDOM)
			rc = okng_error_set(err, -EINVAL, "", 0, "", "no plane fits these corners");
		else if (rc < 0)
			okng_error_set(err, rc, "", 0, "", "no memory");
	}
	free(g.pair);
	if (rc < 0)
		return rc;
	planar->rms = fit.rms;
	target_plane(m, &fit);
	settle(&planar->plane, m, place(lens, OKNG_PLANAR_CENTRE));
	if (!okng_planar_sound(&planar->plane, lens->width, lens->height)) {
		planar->plane = (struct okng_plane){{0}};
		return okng_error_set(err, -EINVAL, "", 0, "", "too oblique: the plane's horizon is in the picture");
	}
	describe(planar, &fit, lens, has_lens);
	return judge(planar, lens, has_lens, err);
}

static int to_plane(struct gathered *g, const struct okng_planar *planar, const struct okng_lens *lens, struct okng_error *err)
{
	const double *m = planar->plane.m;
	for (int i = 0; i < g->n; i++) {
		struct okng_point p;
		if (okng_planar_unbend(lens, g->pair[i].seen, &p) < 0 || !(m[6] * p.x + m[7] * p.y + m[8] > 0))
			return okng_error_set(err, -EINVAL, "", 0, "", "a corner of the target is where this lens and plane have no place");
		g->pair[i].seen = okng_plane_map(&planar->plane, p);
	}
	return 0;
}

/* pair: mm and, in seen, mm by the plane. Both about their middle, the latter turned (and mirrored) onto the former. */
static void lay(struct okng_planar_check *check, struct gathered *g)
{
	struct okng_point a = {0, 0}, b = {0, 0};
	for (int i = 0; i < g->n; i++) {
		a.x += g->pair[i].mm.x / g->n, a.y += g->pair[i].mm.y / g->n;
		b.x += g->pair[i].seen.x / g->n, b.y += g->pair[i].seen.y / g->n;
	}
	double c[2] = {0, 0}, s[2] = {0, 0}, size = 0, sum = 0;
	for (int i = 0; i < g->n; i++) {
		struct okng_point *t = &g->pair[i].mm, *z = &g->pair[i].seen;
		t->x -= a.x, t->y -= a.y, z->x -= b.x, z->y -= b.y;
		size += t->x * t->x + t->y * t->y;
		for (int k = 0; k < 2; k++) {
			double zy = k ? -z->y : z->y;
			c[k] += t->x * z->x + t->y * zy;
			s[k] += t->y * z->x - t->x * zy;
		}
	}
	int k = hypot(c[1], s[1]) > hypot(c[0], s[0]);
	double length = hypot(c[k], s[k]), co = length > 0 ? c[k] / length : 1, si = length > 0 ? s[k] / length : 0;
	check->scale = length / size;
	for (int i = 0; i < g->n; i++) {
		struct okng_point t = g->pair[i].mm, z = g->pair[i].seen;
		double zy = k ? -z.y : z.y, off = hypot(co * z.x - si * zy - t.x, si * z.x + co * zy - t.y);
		sum += off * off;
		check->worst = fmax(check->worst, off);
	}
	check->rms = sqrt(sum / g->n);
}

int okng_planar_verify(struct okng_planar_check *check, const struct okng_planar *planar, const struct okng_lens *lens, bool has_lens,
	const struct okng_lens_point *corner, const bool *missing, struct okng_error *err)
{
	struct gathered g;
	*check = (struct okng_planar_check){.limit = fmax(HOLDS_FACTOR * planar->rms, HOLDS_LEAST) * planar->scale};
	int rc = gather(&g, &planar->board, corner, missing, err);
	check->corners = g.n;
	if (rc == 0)
		rc = to_plane(&g, planar, has_lens ? lens : NULL, err);
	if (rc == 0) {
		lay(check, &g);
		check->holds = check->rms <= check->limit;
	}
	free(g.pair);
	return rc;
}

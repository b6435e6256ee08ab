/* SPDX-License-Identifier: Apache-2.0
 *
 * Robust start and weighted refinement of lines and circles. Everything is computed relative to the points' mean, so
 * that a small figure far from the origin loses no digits.
 */
#include "pipeline/fit.h"

#include <errno.h>
#include <math.h>

#define ROUNDS 12        /* of weighting */
#define TUKEY 4.685      /* 95 % efficiency where all points are right */
#define MAD 1.4826       /* median of absolute residuals to standard deviation */
#define STARTS 16        /* points of the line's start, each pair is tried */
#define TRIPLES 32       /* starts of the circle for each of four spacings */
#define HALVINGS 8
#define SETTLED 1e-10    /* of the radius */

struct work {
	struct okng_point p[OKNG_FIT_POINTS_MAX]; /* relative to mean */
	double residual[OKNG_FIT_POINTS_MAX], weight[OKNG_FIT_POINTS_MAX], sorted[OKNG_FIT_POINTS_MAX];
	struct okng_point mean;
	int n;
};

static double line_distance(const struct okng_line *line, struct okng_point p)
{
	return line->dir.y * (p.x - line->at.x) - line->dir.x * (p.y - line->at.y);
}

double okng_fit_distance(const struct okng_line *line, struct okng_point p)
{
	return line_distance(line, p);
}

static double length(double x, double y)
{
	return sqrt(x * x + y * y);
}

/* The k-th smallest of n values (0 the smallest), which it reorders: Hoare's selection. */
static double select_kth(double *v, int n, int k)
{
	int lo = 0, hi = n - 1;
	while (lo < hi) {
		double pivot = v[(lo + hi) / 2];
		int i = lo, j = hi;
		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				double t = v[i];
				v[i++] = v[j];
				v[j--] = t;
			}
		}
		if (k <= j)
			hi = j;
		else if (k >= i)
			lo = i;
		else
			break;
	}
	return v[k];
}

double okng_fit_median(double *values, int n)
{
	return select_kth(values, n, n / 2);
}

static double median_residual(struct work *w)
{
	for (int i = 0; i < w->n; i++)
		w->sorted[i] = fabs(w->residual[i]);
	return okng_fit_median(w->sorted, w->n);
}

static void start_work(struct work *w, const struct okng_point *points, int n)
{
	double x = 0, y = 0;
	for (int i = 0; i < n; i++) {
		x += points[i].x;
		y += points[i].y;
	}
	w->n = n;
	w->mean = (struct okng_point){x / n, y / n};
	for (int i = 0; i < n; i++)
		w->p[i] = (struct okng_point){points[i].x - w->mean.x, points[i].y - w->mean.y};
}

/* Tukey's biweight from the residuals; returns how many points count at all. */
static int weigh(struct work *w, double floor)
{
	double scale = MAD * median_residual(w);
	scale = TUKEY * (scale > floor ? scale : floor);
	int used = 0;
	for (int i = 0; i < w->n; i++) {
		double u = w->residual[i] / scale, v = 1 - u * u;
		w->weight[i] = v > 0 ? v * v : 0;
		used += v > 0;
	}
	return used;
}

static double weighted_rms(const struct work *w)
{
	double sum = 0, weight = 0;
	for (int i = 0; i < w->n; i++) {
		sum += w->weight[i] * w->residual[i] * w->residual[i];
		weight += w->weight[i];
	}
	return weight > 0 ? sqrt(sum / weight) : 0;
}

static void line_residuals(struct work *w, const struct okng_line *line)
{
	for (int i = 0; i < w->n; i++)
		w->residual[i] = line_distance(line, w->p[i]);
}

static int line_start(struct work *w, struct okng_line *line)
{
	int some = w->n < STARTS ? w->n : STARTS;
	double best = HUGE_VAL;
	struct okng_line keep = {0};
	for (int i = 0; i < some; i++)
		for (int j = i + 1; j < some; j++) {
			struct okng_point a = w->p[i * (w->n - 1) / (some - 1)], b = w->p[j * (w->n - 1) / (some - 1)];
			double size = length(b.x - a.x, b.y - a.y);
			if (!(size > 0))
				continue;
			struct okng_line l = {.at = a, .dir = {(b.x - a.x) / size, (b.y - a.y) / size}};
			line_residuals(w, &l);
			double m = median_residual(w);
			if (m < best) {
				best = m;
				keep = l;
			}
		}
	*line = keep;
	line_residuals(w, line);
	return best < HUGE_VAL ? 0 : -EDOM;
}

/* Total least squares of the weighted points: the main axis of their covariance. */
static int line_step(struct work *w, struct okng_line *line)
{
	double sw = 0, sx = 0, sy = 0, xx = 0, xy = 0, yy = 0;
	for (int i = 0; i < w->n; i++) {
		sw += w->weight[i];
		sx += w->weight[i] * w->p[i].x;
		sy += w->weight[i] * w->p[i].y;
	}
	if (!(sw > 0))
		return -EDOM;
	line->at = (struct okng_point){sx / sw, sy / sw};
	for (int i = 0; i < w->n; i++) {
		double u = w->p[i].x - line->at.x, v = w->p[i].y - line->at.y;
		xx += w->weight[i] * u * u;
		xy += w->weight[i] * u * v;
		yy += w->weight[i] * v * v;
	}
	/* Eigenvector of the greater eigenvalue, from the row that loses no digits. */
	double half = (xx - yy) / 2, root = sqrt(half * half + xy * xy);
	double x = half >= 0 ? half + root : fabs(xy), y = half >= 0 ? xy : xy < 0 ? half - root : root - half;
	double size = length(x, y);
	if (!(size > 0))
		return -EDOM;
	line->dir = (struct okng_point){x / size, y / size};
	line_residuals(w, line);
	return 0;
}

int okng_fit_line(const struct okng_point *points, int n, double floor, struct okng_line *line)
{
	struct work w;
	*line = (struct okng_line){0};
	if (n < 2 || n > OKNG_FIT_POINTS_MAX)
		return -EINVAL;
	start_work(&w, points, n);
	int r = line_start(&w, line);
	for (int round = 0; r == 0 && round < ROUNDS; round++) {
		line->used = weigh(&w, floor);
		r = line_step(&w, line);
	}
	if (r < 0)
		return r;
	line->rms = weighted_rms(&w);
	line->at.x += w.mean.x;
	line->at.y += w.mean.y;
	if (line->dir.x < 0 || (!(line->dir.x > 0) && line->dir.y < 0))
		line->dir = (struct okng_point){-line->dir.x, -line->dir.y};
	return 0;
}

static void circle_residuals(struct work *w, const struct okng_circle *c)
{
	for (int i = 0; i < w->n; i++)
		w->residual[i] = length(w->p[i].x - c->centre.x, w->p[i].y - c->centre.y) - c->radius;
}

static bool circle_through(struct okng_point a, struct okng_point b, struct okng_point c, struct okng_circle *out)
{
	double bx = b.x - a.x, by = b.y - a.y, cx = c.x - a.x, cy = c.y - a.y;
	double d = 2 * (bx * cy - by * cx), b2 = bx * bx + by * by, c2 = cx * cx + cy * cy;
	if (!(fabs(d) > 1e-9 * (b2 + c2)))
		return false;
	double x = (cy * b2 - by * c2) / d, y = (bx * c2 - cx * b2) / d;
	*out = (struct okng_circle){.centre = {a.x + x, a.y + y}, .radius = length(x, y)};
	return true;
}

/* Triples a third of the points apart, and narrower ones for where a whole side is missing or wrong. */
static int circle_start(struct work *w, struct okng_circle *circle)
{
	double best = HUGE_VAL;
	struct okng_circle keep = {0}, c;
	int some = w->n < TRIPLES ? w->n : TRIPLES;
	for (int part = 3; part <= 6; part++)
		for (int k = 0; k < some; k++) {
			int i = k * w->n / some, step = w->n / part > 0 ? w->n / part : 1;
			if (!circle_through(w->p[i], w->p[(i + step) % w->n], w->p[(i + 2 * step) % w->n], &c))
				continue;
			circle_residuals(w, &c);
			double m = median_residual(w);
			if (m < best) {
				best = m;
				keep = c;
			}
		}
	*circle = keep;
	circle_residuals(w, circle);
	return best < HUGE_VAL ? 0 : -EDOM;
}

static double cost(const struct work *w)
{
	double sum = 0;
	for (int i = 0; i < w->n; i++)
		sum += w->weight[i] * w->residual[i] * w->residual[i];
	return sum;
}

/* Solves the symmetric 3 × 3 system a·x = b by elimination with the diagonal as pivots (a is positive definite). */
static bool solve3(double a[3][3], double b[3], double x[3])
{
	for (int i = 0; i < 3; i++) {
		if (!(a[i][i] > 0))
			return false;
		for (int k = i + 1; k < 3; k++) {
			double f = a[k][i] / a[i][i];
			for (int j = i; j < 3; j++)
				a[k][j] -= f * a[i][j];
			b[k] -= f * b[i];
		}
	}
	for (int i = 2; i >= 0; i--) {
		double sum = b[i];
		for (int j = i + 1; j < 3; j++)
			sum -= a[i][j] * x[j];
		x[i] = sum / a[i][i];
	}
	return true;
}

/* One Gauss-Newton step, halved until it does not get worse. The size of the step, below 0: there is no circle. */
static double circle_step(struct work *w, struct okng_circle *c)
{
	double a[3][3] = {{0}}, b[3] = {0}, d[3];
	for (int i = 0; i < w->n; i++) {
		double x = w->p[i].x - c->centre.x, y = w->p[i].y - c->centre.y, size = length(x, y);
		if (!(size > 0))
			continue;
		double j[3] = {x / size, y / size, 1}; /* minus the derivatives of the residual */
		for (int k = 0; k < 3; k++) {
			for (int l = 0; l < 3; l++)
				a[k][l] += w->weight[i] * j[k] * j[l];
			b[k] += w->weight[i] * j[k] * w->residual[i];
		}
	}
	if (!solve3(a, b, d))
		return -1;
	double before = cost(w);
	struct okng_circle next = *c;
	for (int k = 0; k < HALVINGS; k++) {
		double f = 1.0 / (1 << k);
		next.centre = (struct okng_point){c->centre.x + f * d[0], c->centre.y + f * d[1]};
		next.radius = c->radius + f * d[2];
		circle_residuals(w, &next);
		if (next.radius > 0 && cost(w) <= before) {
			*c = next;
			return f * (fabs(d[0]) + fabs(d[1]) + fabs(d[2]));
		}
	}
	circle_residuals(w, c); /* nothing is better: it is there */
	return 0;
}

int okng_fit_circle(const struct okng_point *points, int n, double floor, struct okng_circle *circle)
{
	struct work w;
	*circle = (struct okng_circle){0};
	if (n < 3 || n > OKNG_FIT_POINTS_MAX)
		return -EINVAL;
	start_work(&w, points, n);
	int r = circle_start(&w, circle);
	double size = 0;
	for (int round = 0; r == 0 && round < ROUNDS; round++) {
		circle->used = weigh(&w, floor);
		for (int k = 0; k < 3 && (size = circle_step(&w, circle)) > SETTLED * circle->radius; k++)
			;
		if (circle->used < 3 || size < 0 || !(circle->radius < 1e6))
			r = -EDOM;
	}
	if (r < 0)
		return r;
	circle->rms = weighted_rms(&w);
	circle->centre.x += w.mean.x;
	circle->centre.y += w.mean.y;
	return 0;
}

double okng_fit_degrees(double x, double y)
{
	double up = -y, size = length(x, up);
	if (!(size > 0))
		return 0;
	/* The angle below 45° halved twice, then the series of the arcus tangent. */
	double far = fabs(x) > fabs(up) ? fabs(x) : fabs(up), near = fabs(x) > fabs(up) ? fabs(up) : fabs(x);
	double t = near / far;
	for (int i = 0; i < 2; i++)
		t = t / (1 + sqrt(1 + t * t));
	double q = t * t, sum = 0;
	for (int k = 31; k > 0; k -= 2)
		sum = 1.0 / k - q * sum;
	double a = 4 * t * sum * (180.0 / 3.14159265358979323846);
	a = fabs(x) > fabs(up) ? a : 90 - a;
	a = x < 0 ? 180 - a : a;
	return up < 0 ? -a : a;
}

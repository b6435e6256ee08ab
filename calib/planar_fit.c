/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight numbers by least squares: first linear, with the points straightened, then by Gauss-Newton on the distances in
 * the frame itself, because there the corners' errors are alike. Derivatives are differences: exact to nine digits here.
 */
#include "calib/planar_fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N OKNG_PLANAR_H
#define ROUNDS 20
#define STEP 1e-6       /* of a normed number */
#define PIVOT_LEAST 1e-12
#define UNBEND_ROUNDS 100
#define UNBEND_DONE 1e-7 /* pixels */

struct okng_point okng_planar_bend(const struct okng_lens *lens, struct okng_point p)
{
	if (!lens)
		return p;
	const double *q = lens->param;
	double x = (p.x - q[2]) / q[0], y = (p.y - q[3]) / q[1], r = x * x + y * y;
	double f = 1 + r * (q[4] + r * (q[5] + r * q[8]));
	double bx = x * f + 2 * q[6] * x * y + q[7] * (r + 2 * x * x);
	double by = y * f + q[6] * (r + 2 * y * y) + 2 * q[7] * x * y;
	return (struct okng_point){q[0] * bx + q[2], q[1] * by + q[3]};
}

int okng_planar_unbend(const struct okng_lens *lens, struct okng_point seen, struct okng_point *p)
{
	*p = seen;
	for (int i = 0; i < UNBEND_ROUNDS; i++) {
		struct okng_point at = okng_planar_bend(lens, *p);
		double dx = seen.x - at.x, dy = seen.y - at.y;
		if (!isfinite(dx) || !isfinite(dy))
			return -EDOM;
		if (fabs(dx) < UNBEND_DONE && fabs(dy) < UNBEND_DONE)
			return 0;
		p->x += dx;
		p->y += dy;
	}
	return -EDOM;
}

/* a = l·lᵀ in place, lower half; false: singular for all that doubles can tell. */
static bool cholesky(double a[N][N])
{
	double most = 0;
	for (int i = 0; i < N; i++)
		most = fmax(most, a[i][i]);
	for (int i = 0; i < N; i++) {
		for (int j = 0; j <= i; j++) {
			double sum = a[i][j];
			for (int k = 0; k < j; k++)
				sum -= a[i][k] * a[j][k];
			if (i != j)
				a[i][j] = sum / a[j][j];
			else if (!(sum > most * PIVOT_LEAST))
				return false;
			else
				a[i][i] = sqrt(sum);
		}
	}
	return true;
}

static void solve(double l[N][N], double b[N])
{
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < i; k++)
			b[i] -= l[i][k] * b[k];
		b[i] /= l[i][i];
	}
	for (int i = N - 1; i >= 0; i--) {
		for (int k = i + 1; k < N; k++)
			b[i] -= l[k][i] * b[k];
		b[i] /= l[i][i];
	}
}

static void add_row(double a[N][N], double b[N], const double row[N], double value)
{
	for (int i = 0; i < N; i++) {
		for (int j = 0; j <= i; j++)
			a[i][j] += row[i] * row[j];
		b[i] += row[i] * value;
	}
}

static struct okng_point normed(const struct okng_planar_norm *n, struct okng_point p)
{
	return (struct okng_point){(p.x - n->x) / n->size, (p.y - n->y) / n->size};
}

static struct okng_point whole(const struct okng_planar_norm *n, struct okng_point p)
{
	return (struct okng_point){n->x + n->size * p.x, n->y + n->size * p.y};
}

static bool norm_of(struct okng_planar_norm *norm, const struct okng_point *p, int n)
{
	double far = 0;
	*norm = (struct okng_planar_norm){0};
	for (int i = 0; i < n; i++) {
		norm->x += p[i].x / n;
		norm->y += p[i].y / n;
	}
	for (int i = 0; i < n; i++)
		far += hypot(p[i].x - norm->x, p[i].y - norm->y) / n;
	norm->size = far / sqrt(2.0);
	return norm->size > 0 && isfinite(norm->size);
}

static struct okng_point project(const double h[N], struct okng_point p)
{
	double w = h[6] * p.x + h[7] * p.y + 1;
	return (struct okng_point){(h[0] * p.x + h[1] * p.y + h[2]) / w, (h[3] * p.x + h[4] * p.y + h[5]) / w};
}

struct job {
	struct okng_planar_fit *fit;
	const struct okng_lens *lens;
	const struct okng_planar_pair *pair;
	struct okng_point *mm, *straight; /* normed, and before that whole */
	int n;
};

static struct okng_point drawn(const struct job *job, const double h[N], int i)
{
	return okng_planar_bend(job->lens, whole(&job->fit->px, project(h, job->mm[i])));
}

static int prepare(struct job *job)
{
	for (int i = 0; i < job->n; i++) {
		job->mm[i] = job->pair[i].mm;
		int rc = okng_planar_unbend(job->lens, job->pair[i].seen, &job->straight[i]);
		if (rc < 0)
			return rc;
	}
	if (!norm_of(&job->fit->mm, job->mm, job->n) || !norm_of(&job->fit->px, job->straight, job->n))
		return -EDOM;
	for (int i = 0; i < job->n; i++) {
		job->mm[i] = normed(&job->fit->mm, job->mm[i]);
		job->straight[i] = normed(&job->fit->px, job->straight[i]);
	}
	return 0;
}

static int start(struct job *job)
{
	double a[N][N] = {{0}}, *b = job->fit->h;
	memset(b, 0, sizeof job->fit->h);
	for (int i = 0; i < job->n; i++) {
		struct okng_point m = job->mm[i], p = job->straight[i];
		add_row(a, b, (const double[N]){m.x, m.y, 1, 0, 0, 0, -p.x * m.x, -p.x * m.y}, p.x);
		add_row(a, b, (const double[N]){0, 0, 0, m.x, m.y, 1, -p.y * m.x, -p.y * m.y}, p.y);
	}
	if (!cholesky(a))
		return -EDOM;
	solve(a, b);
	return 0;
}

static double cost(const struct job *job, const double h[N])
{
	double sum = 0;
	for (int i = 0; i < job->n; i++) {
		struct okng_point at = drawn(job, h, i);
		double dx = job->pair[i].seen.x - at.x, dy = job->pair[i].seen.y - at.y;
		sum += dx * dx + dy * dy;
	}
	return sum;
}

/* The normal equations at h. */
static void linearize(const struct job *job, const double h[N], double a[N][N], double b[N])
{
	memset(a, 0, sizeof(double[N][N]));
	memset(b, 0, sizeof(double[N]));
	for (int i = 0; i < job->n; i++) {
		struct okng_point at = drawn(job, h, i);
		double dx[N], dy[N], moved[N];
		for (int k = 0; k < N; k++) {
			memcpy(moved, h, sizeof moved);
			moved[k] = h[k] + STEP;
			struct okng_point more = drawn(job, moved, i);
			moved[k] = h[k] - STEP;
			struct okng_point less = drawn(job, moved, i);
			dx[k] = (more.x - less.x) / (2 * STEP);
			dy[k] = (more.y - less.y) / (2 * STEP);
		}
		add_row(a, b, dx, job->pair[i].seen.x - at.x);
		add_row(a, b, dy, job->pair[i].seen.y - at.y);
	}
}

static int refine(struct job *job)
{
	double a[N][N], step[N], *h = job->fit->h, now = cost(job, h);
	for (int round = 0; round < ROUNDS; round++) {
		double next[N];
		linearize(job, h, a, step);
		if (!cholesky(a))
			return -EDOM;
		solve(a, step);
		for (int k = 0; k < N; k++)
			next[k] = h[k] + step[k];
		double then = cost(job, next);
		if (!(then < now))
			break;
		memcpy(h, next, sizeof next);
		bool done = now - then < 1e-12 * now;
		now = then;
		if (done)
			break;
	}
	job->fit->rms = sqrt(now / job->n);
	return isfinite(now) ? 0 : -EDOM;
}

static int spread(struct job *job)
{
	double a[N][N], b[N], variance = job->fit->rms * job->fit->rms * job->n / (2 * job->n - N);
	linearize(job, job->fit->h, a, b);
	if (!cholesky(a))
		return -EDOM;
	for (int k = 0; k < N; k++) {
		double unit[N] = {0};
		unit[k] = 1;
		solve(a, unit);
		for (int i = 0; i < N; i++)
			job->fit->cov[i][k] = variance * unit[i];
	}
	return 0;
}

int okng_planar_fit(struct okng_planar_fit *fit, const struct okng_lens *lens, const struct okng_planar_pair *pair, int n)
{
	struct job job = {.fit = fit, .lens = lens, .pair = pair, .n = n};
	memset(fit, 0, sizeof *fit);
	job.mm = calloc((size_t)n, sizeof *job.mm);
	job.straight = calloc((size_t)n, sizeof *job.straight);
	int rc = job.mm && job.straight ? prepare(&job) : -ENOMEM;
	if (rc == 0)
		rc = start(&job);
	if (rc == 0)
		rc = refine(&job);
	if (rc == 0)
		rc = spread(&job);
	free(job.mm);
	free(job.straight);
	return rc;
}

struct okng_point okng_planar_fit_back(const struct okng_planar_fit *fit, const double h[N], struct okng_point px)
{
	struct okng_point p = normed(&fit->px, px);
	double a = h[0] - p.x * h[6], b = h[1] - p.x * h[7], c = p.x - h[2];
	double d = h[3] - p.y * h[6], e = h[4] - p.y * h[7], f = p.y - h[5];
	double det = a * e - b * d;
	return whole(&fit->mm, (struct okng_point){(c * e - b * f) / det, (a * f - c * d) / det});
}

double okng_planar_fit_sigma(const struct okng_planar_fit *fit, struct okng_point px)
{
	double dx[N], dy[N], xx = 0, xy = 0, yy = 0;
	for (int k = 0; k < N; k++) {
		double h[N];
		memcpy(h, fit->h, sizeof h);
		h[k] = fit->h[k] + STEP;
		struct okng_point more = okng_planar_fit_back(fit, h, px);
		h[k] = fit->h[k] - STEP;
		struct okng_point less = okng_planar_fit_back(fit, h, px);
		dx[k] = (more.x - less.x) / (2 * STEP);
		dy[k] = (more.y - less.y) / (2 * STEP);
	}
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < N; k++) {
			xx += dx[i] * fit->cov[i][k] * dx[k];
			xy += dx[i] * fit->cov[i][k] * dy[k];
			yy += dy[i] * fit->cov[i][k] * dy[k];
		}
	}
	return sqrt((xx + yy) / 2 + hypot((xx - yy) / 2, xy));
}

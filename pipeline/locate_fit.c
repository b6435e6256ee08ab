/* SPDX-License-Identifier: Apache-2.0
 *
 * The part that makes the last hundredths of a pixel. Each gradient point of the reference is one row of a linear
 * least-squares problem whose unknowns are shift, rotation, gain, offset and a smooth shading; a point whose grey does
 * not fit the light at all (a defect, a reflection, beyond the frame) is left out, judged by the median residual.
 * Reference and frame are both seen through a 3×3 binomial, without which the slope of a sharp edge depends on where
 * in the pixel it lies and the rounds swing around the answer.
 */
#include "pipeline/locate_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N OKNG_LOCATE_COLUMNS
#define SHADING OKNG_LOCATE_SHADING
#define POINTS_MIN 16
#define GRADIENT_MIN 10       /* levels over two pixels */
#define ROUNDS 14
#define DAMPED 6              /* rounds after which steps are halved: points that come and go can make it swing */
#define SETTLED 0.004         /* pixels at the corner: the steps have become small enough */
#define UNSETTLED 0.1         /* pixels: a last step larger than this is no answer */
#define LOST 6.0              /* pixels moved in all: it ran away */
#define SLACK 8               /* levels of residual that are always believed */
#define RIM 3                 /* pixels at the border without points: their taps and gradients need neighbours */
#define UNITY 64              /* gain 1: frame 8.8 over reference 8.2 */
#define DEGREES (180 / 3.14159265358979323846)

/* --- points --- */

/* The steepest pixel of each cell along one axis: strength and position. Returns how many cells there are. */
static int steepest(const struct okng_image *img, int axis, int32_t cell, int32_t *strength, int32_t *where)
{
	ptrdiff_t step = axis ? img->stride : 1;
	int n = 0;
	for (int32_t y0 = RIM; y0 < img->height - RIM; y0 += cell) {
		for (int32_t x0 = RIM; x0 < img->width - RIM; x0 += cell, n++) {
			int32_t best = 0, at = 0;
			int32_t y1 = y0 + cell < img->height - RIM ? y0 + cell : img->height - RIM;
			int32_t x1 = x0 + cell < img->width - RIM ? x0 + cell : img->width - RIM;
			for (int32_t y = y0; y < y1; y++) {
				const uint8_t *p = okng_image_row(img, y);
				for (int32_t x = x0; x < x1; x++) {
					int32_t g = abs(p[x + step] - p[x - step]);
					if (g > best)
						best = g, at = y * img->width + x;
				}
			}
			strength[n] = best;
			where[n] = at;
		}
	}
	return n;
}

/* The strength that about `want` cells reach, at least GRADIENT_MIN. */
static int32_t threshold(const int32_t *strength, int n, int want)
{
	int count[256] = {0}, sum = 0;
	for (int i = 0; i < n; i++)
		count[strength[i]]++;
	int32_t g = 255;
	for (; g > GRADIENT_MIN && sum + count[g] <= want; g--)
		sum += count[g];
	return g;
}

static int16_t clip(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < -INT16_MAX ? -INT16_MAX : v);
}

static void make_point(struct okng_locate_fit *fit, const struct okng_locate_view *ref, int32_t at)
{
	const struct okng_image *img = &ref->image;
	const struct okng_sampler m = okng_locate_sampler(ref, &(struct okng_locate_place){0});
	const int32_t one = OKNG_LOCATE_UNIT;
	double u = at % img->width - ref->cx, v = at / img->width - ref->cy;
	int32_t un = (int32_t)(u * 128 / fit->radius), vn = (int32_t)(v * 128 / fit->radius);
	int32_t ui = (int32_t)(u * one), vi = (int32_t)(v * one), grey[5];
	const int32_t cross[5][2] = {{ui, vi}, {ui + one, vi}, {ui - one, vi}, {ui, vi + one}, {ui, vi - one}};
	okng_kernels_get(OKNG_CPU_C)->smooth(&m, cross, 5, grey);
	int32_t t = grey[0] >> 6, gx = (grey[1] - grey[2]) >> 6, gy = (grey[3] - grey[4]) >> 6;
	int16_t *row = fit->row[fit->n_points];
	fit->uv[fit->n_points][0] = ui;
	fit->uv[fit->n_points][1] = vi;
	row[0] = clip(t);
	row[1] = 256;
	row[2] = clip(t * un / 64);
	row[3] = clip(t * vn / 64);
	row[4] = clip(t * (un * un + vn * vn) / 8192);
	row[5] = clip(gx);
	row[6] = clip(gy);
	row[7] = clip((int32_t)((gx * v - gy * u) / fit->radius));
	fit->n_points++;
	for (int i = 0; i < N; i++)
		for (int j = 0; j <= i; j++)
			fit->square[i][j] += row[i] * row[j];
}

/* Takes the steepest pixels along one axis; finer cells where only few have an edge. */
static void pick_axis(struct okng_locate_fit *fit, const struct okng_locate_view *ref, int axis, int32_t cell, int want,
	int32_t *strength, int32_t *where)
{
	int found, over;
	int32_t least;
	for (;; cell = cell / 2 > 4 ? cell / 2 : 4) {
		found = steepest(&ref->image, axis, cell, strength, where);
		least = threshold(strength, found, want);
		over = 0;
		for (int i = 0; i < found; i++)
			over += strength[i] >= least;
		if (cell == 4 || over >= want / 4)
			break;
	}
	/* What is over is left out evenly over the picture, not at its end. */
	int room = over < want ? over : want, seen = 0;
	for (int i = 0; i < found; i++) {
		if (strength[i] < least)
			continue;
		if ((int64_t)(seen + 1) * room / over > (int64_t)seen * room / over)
			make_point(fit, ref, where[i]);
		seen++;
	}
}

int okng_locate_fit_init(struct okng_locate_fit *fit, const struct okng_locate_view *ref, int n)
{
	const struct okng_image *img = &ref->image;
	*fit = (struct okng_locate_fit){0};
	fit->radius = sqrt((double)img->width * img->width + (double)img->height * img->height) / 2;
	int32_t cell = (int32_t)sqrt((double)img->width * img->height / (2.0 * n));
	cell = cell < 4 ? 4 : cell;
	/* Enough for the finest cells, of 4 pixels. */
	size_t cells = (size_t)(img->width / 4 + 1) * (size_t)(img->height / 4 + 1);
	int32_t *strength = calloc(2 * cells, sizeof *strength), *where = strength ? strength + cells : NULL;
	fit->uv = calloc((size_t)n, sizeof *fit->uv);
	fit->row = calloc((size_t)n, sizeof *fit->row);
	fit->grey = calloc((size_t)n, sizeof *fit->grey);
	fit->residual = calloc((size_t)n, sizeof *fit->residual);
	int rc = strength && fit->uv && fit->row && fit->grey && fit->residual ? 0 : -ENOMEM;
	for (int axis = 0; axis < 2 && !rc; axis++)
		pick_axis(fit, ref, axis, cell, n / 2, strength, where);
	if (!rc && fit->n_points < POINTS_MIN)
		rc = -ENODATA;
	free(strength);
	if (rc)
		okng_locate_fit_finish(fit);
	return rc;
}

void okng_locate_fit_finish(struct okng_locate_fit *fit)
{
	free(fit->uv);
	free(fit->row);
	free(fit->grey);
	free(fit->residual);
	*fit = (struct okng_locate_fit){0};
}

/* --- solver --- */

/* Solves the normal equations a·x = b for the columns listed, by LDLᵀ after scaling to a unit diagonal. A column that
 * the others explain already gets 0: what the picture cannot tell is not moved. */
static void solve(double a[N][N], const double b[N], const int *list, int n, double x[N])
{
	double l[N][N] = {{0}}, d[N], scale[N], y[N];
	for (int i = 0; i < n; i++)
		scale[i] = a[list[i]][list[i]] > 0 ? 1 / sqrt(a[list[i]][list[i]]) : 0;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++) {
			double sum = a[list[i]][list[j]] * scale[i] * scale[j];
			for (int k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k] * d[k];
			l[i][j] = d[j] > 0 ? sum / d[j] : 0;
		}
		d[i] = scale[i] > 0 ? 1 : 0;
		for (int k = 0; k < i; k++)
			d[i] -= l[i][k] * l[i][k] * d[k];
		if (d[i] < 1e-5)
			d[i] = 0;
	}
	for (int i = 0; i < n; i++) {
		y[i] = b[list[i]] * scale[i];
		for (int k = 0; k < i; k++)
			y[i] -= l[i][k] * y[k];
	}
	memset(x, 0, N * sizeof *x);
	for (int i = n - 1; i >= 0; i--) {
		y[i] = d[i] > 0 ? y[i] / d[i] : 0;
		for (int k = i + 1; k < n; k++)
			y[i] -= d[i] > 0 ? l[k][i] * y[k] : 0;
		x[list[i]] = y[i] * scale[i];
	}
}

/* --- one round --- */

struct sums {
	int64_t a[N][N], b[N];
	int64_t f, ff, rr; /* over the believed points: grey, its square, residual squared */
	int64_t n;
};

/* Residuals of all points: what the light alone says, less what was seen; 8.8. Returns up to which a point is believed:
 * three medians and some slack. */
static int32_t judge(const struct okng_locate_fit *fit, const struct okng_locate_light *light)
{
	int64_t q[SHADING];
	int count[256] = {0}, n = 0;
	for (int k = 0; k < SHADING; k++)
		q[k] = (int64_t)floor(light->q[k] * 65536 + 0.5);
	for (int i = 0; i < fit->n_points; i++) {
		const int16_t *row = fit->row[i];
		int64_t r = q[0] * row[0] + q[1] * row[1] + q[2] * row[2] + q[3] * row[3] + q[4] * row[4];
		r = fit->grey[i] - (r >> 16);
		r = r > 65535 ? 65535 : r < -65535 ? -65535 : r;
		fit->residual[i] = (int32_t)r;
		if (fit->grey[i] >= 0) {
			count[abs((int32_t)r) >> 8]++;
			n++;
		}
	}
	int32_t median = 0;
	for (int sum = count[0]; 2 * sum < n; sum += count[median])
		median++;
	return (3 * median + SLACK) * 256;
}

static void leave_out(struct sums *s, const int16_t *row)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j <= i; j++)
			s->a[i][j] -= row[i] * row[j];
}

/* Sums over the believed points at a place: of the products over all points, less those that are left out. */
static void gather(const struct okng_locate_fit *fit, const struct okng_kernels *k, const struct okng_locate_view *frame,
	const struct okng_locate_place *at, const struct okng_locate_light *light, struct sums *s)
{
	struct okng_sampler m = okng_locate_sampler(frame, at);
	int32_t limit = INT32_MAX;
	k->smooth(&m, (const int32_t (*)[2])fit->uv, fit->n_points, fit->grey);
	if (light->known)
		limit = judge(fit, light);
	else
		memcpy(fit->residual, fit->grey, (size_t)fit->n_points * sizeof *fit->grey);
	memset(s, 0, sizeof *s);
	memcpy(s->a, fit->square, sizeof s->a);
	for (int i = 0; i < fit->n_points; i++) {
		int32_t f = fit->grey[i], r = fit->residual[i];
		if (f < 0 || abs(r) > limit) {
			leave_out(s, fit->row[i]);
			continue;
		}
		for (int c = 0; c < N; c++)
			s->b[c] += fit->row[i][c] * (int64_t)f;
		s->f += f;
		s->ff += (int64_t)f * f;
		s->rr += (int64_t)r * r;
		s->n++;
	}
}

/* Solves for light and step; moves *at. Returns the size of the step, -1 when there is nothing to solve. */
static double step(const struct okng_locate_fit *fit, const struct sums *s, int free_mask, double damping,
	struct okng_locate_place *at, struct okng_locate_light *light)
{
	double a[N][N], b[N], x[N];
	int list[N], n = 0;
	if (s->n < POINTS_MIN || 4 * s->n < fit->n_points)
		return -1;
	for (int i = 0; i < N; i++) {
		b[i] = (double)s->b[i];
		for (int j = 0; j <= i; j++)
			a[i][j] = a[j][i] = (double)s->a[i][j];
	}
	for (int i = 0; i < N; i++)
		if (i < SHADING || (i < 7 ? free_mask & 1 : free_mask & 2))
			list[n++] = i;
	solve(a, b, list, n, x);
	/* Contrast gone or turned round is not the part. */
	if (!(x[0] > 0.1 * UNITY))
		return -1;
	for (int k = 0; k < SHADING; k++)
		light->q[k] = x[k];
	light->known = 1;
	/* The gradient columns are differences over two pixels. */
	double unit = 2 * damping / x[0], dx = unit * x[5], dy = unit * x[6], turn = unit * x[7] / fit->radius, si, co;
	double size = sqrt(dx * dx + dy * dy) + fabs(turn) * fit->radius;
	if (!(size < LOST))
		return -1;
	at->angle -= turn * DEGREES;
	okng_locate_sincos(at->angle, &si, &co);
	at->dx -= co * dx + si * dy;
	at->dy -= co * dy - si * dx;
	return size;
}

double okng_locate_fit_run(const struct okng_locate_fit *fit, const struct okng_kernels *k, const struct okng_locate_view *frame,
	int free_mask, struct okng_locate_place *at, struct okng_locate_light *light, double *explained)
{
	struct okng_locate_place start = *at;
	struct sums s;
	double size = -1;
	int judged = 0; /* the sums know a light */
	*explained = 0;
	for (int round = 0; round < ROUNDS; round++) {
		judged = light->known;
		gather(fit, k, frame, at, light, &s);
		size = step(fit, &s, free_mask, round < DAMPED ? 1 : 0.5, at, light);
		double moved = fabs(at->dx - start.dx) + fabs(at->dy - start.dy) +
			fabs(at->angle - start.angle) / DEGREES * fit->radius;
		if (moved > LOST)
			size = -1;
		if (size < SETTLED)
			break;
	}
	if (size < 0 || size > UNSETTLED) {
		*at = start;
		light->known = 0;
		return -1;
	}
	if (!judged)
		gather(fit, k, frame, at, light, &s);
	double variance = (double)s.ff * (double)s.n - (double)s.f * (double)s.f;
	*explained = variance > 0 ? 1 - (double)s.rr * (double)s.n / variance : 0;
	return size;
}

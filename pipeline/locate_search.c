/* SPDX-License-Identifier: Apache-2.0
 *
 * The exhaustive part. It runs on a picture of some 60 to 120 lines with the local mean taken off, so that a lamp at
 * the side or a vignette weighs nothing, and only looks at the brightest and darkest pixel of each cell of the
 * reference: they carry nearly all of the correlation. Places outside the frame count as the local mean.
 */
#include "pipeline/locate_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MAX 320
#define POINTS_MIN 16
#define CONTRAST_MIN 4           /* levels between the extremes of a cell that counts */
#define WORK (4 * 1000 * 1000)   /* points looked at per run, at most, where that leaves enough of them */
#define CORNER_STEP 1.5          /* pixels at the corner between two angles */

/* 3×3 binomial; the border row and column repeat. */
static void blur(uint8_t *out, const struct okng_image *img)
{
	int32_t w = img->width, h = img->height;
	for (int32_t y = 0; y < h; y++, out += w) {
		const uint8_t *a = okng_image_row(img, y > 0 ? y - 1 : 0), *b = okng_image_row(img, y);
		const uint8_t *c = okng_image_row(img, y + 1 < h ? y + 1 : y);
		for (int32_t x = 0; x < w; x++) {
			int32_t l = x > 0 ? x - 1 : 0, r = x + 1 < w ? x + 1 : x;
			int32_t side = a[l] + 2 * b[l] + c[l] + a[r] + 2 * b[r] + c[r];
			out[x] = (uint8_t)((side + 2 * (a[x] + 2 * b[x] + c[x]) + 8) >> 4);
		}
	}
}

/* Blurred picture less the mean of the window around each pixel (cut at the borders), in 1/4 levels. */
static void flatten(struct okng_locate_search *s, const struct okng_image *img)
{
	int32_t w = img->width, h = img->height, r = s->radius;
	blur(s->blurred, img);
	memset(s->columns, 0, (size_t)w * sizeof *s->columns);
	for (int32_t y = 0; y < r && y < h; y++)
		for (int32_t x = 0; x < w; x++)
			s->columns[x] += s->blurred[y * w + x];
	for (int32_t y = 0; y < h; y++) {
		int32_t top = y - r > 0 ? y - r : 0, bottom = y + r < h - 1 ? y + r : h - 1;
		for (int32_t x = 0; x < w && y + r < h; x++)
			s->columns[x] += s->blurred[(y + r) * w + x];
		for (int32_t x = 0; x < w && y - r - 1 >= 0; x++)
			s->columns[x] -= s->blurred[(y - r - 1) * w + x];
		int32_t sum = 0;
		for (int32_t x = 0; x < r && x < w; x++)
			sum += s->columns[x];
		int16_t *out = s->flat + (y + s->margin) * s->stride + s->margin;
		for (int32_t x = 0; x < w; x++) {
			sum += (x + r < w ? s->columns[x + r] : 0) - (x - r - 1 >= 0 ? s->columns[x - r - 1] : 0);
			int32_t left = x - r > 0 ? x - r : 0, right = x + r < w - 1 ? x + r : w - 1;
			int32_t n = (right - left + 1) * (bottom - top + 1);
			out[x] = (int16_t)(4 * s->blurred[y * w + x] - 4 * sum / n);
		}
	}
}

/* The extremes of each cell that has contrast; positions go to xs, ys, values to s->value. */
static int pick_cells(struct okng_locate_search *s, int32_t w, int32_t h, int32_t cell, int want, int32_t *xs, int32_t *ys)
{
	int n = 0;
	for (int32_t y0 = 0; y0 + cell <= h; y0 += cell) {
		for (int32_t x0 = 0; x0 + cell <= w && n + 2 <= want; x0 += cell) {
			int32_t at[2] = {0, 0}, v[2] = {INT32_MAX, INT32_MIN};
			for (int32_t i = 0; i < cell * cell; i++) {
				int32_t k = (y0 + i / cell + s->margin) * s->stride + x0 + i % cell + s->margin;
				if (s->flat[k] < v[0])
					v[0] = s->flat[k], at[0] = i;
				if (s->flat[k] > v[1])
					v[1] = s->flat[k], at[1] = i;
			}
			if (v[1] - v[0] < 4 * CONTRAST_MIN)
				continue;
			for (int e = 0; e < 2; e++, n++) {
				xs[n] = x0 + at[e] % cell;
				ys[n] = y0 + at[e] / cell;
				s->value[n] = v[e];
			}
		}
	}
	return n;
}

/* Where only few cells have contrast, finer ones draw more points from it, while all of them still fit. */
static int pick(struct okng_locate_search *s, int32_t w, int32_t h, int want, int32_t *xs, int32_t *ys)
{
	int32_t cell = (int32_t)sqrt(2.0 * w * h / want) + 1;
	int n = pick_cells(s, w, h, cell, want, xs, ys);
	while (n < want / 3 && cell > 3) {
		cell = cell * 2 / 3;
		n = pick_cells(s, w, h, cell, want, xs, ys);
	}
	return n;
}

/* Where the points fall in flat, for every angle. */
static void place_points(struct okng_locate_search *s, const struct okng_locate_view *ref, const int32_t *xs,
	const int32_t *ys)
{
	for (int a = 0; a < s->n_angles; a++) {
		double si, co;
		okng_locate_sincos((a - s->n_angles / 2) * s->step, &si, &co);
		for (int i = 0; i < s->n_points; i++) {
			double u = xs[i] - ref->cx, v = ys[i] - ref->cy;
			int32_t x = (int32_t)floor(ref->cx + co * u + si * v + 0.5);
			int32_t y = (int32_t)floor(ref->cy - si * u + co * v + 0.5);
			s->offset[a * s->n_points + i] = (y + s->margin) * s->stride + x + s->margin;
		}
	}
}

int okng_locate_search_init(struct okng_locate_search *s, const struct okng_locate_view *ref, int32_t shift, double angle)
{
	int32_t w = ref->image.width, h = ref->image.height, xs[POINTS_MAX], ys[POINTS_MAX];
	double corner = sqrt((double)w * w + (double)h * h) / 2;
	*s = (struct okng_locate_search){.shift = shift};
	int half = (int)ceil(angle / (CORNER_STEP / corner * (180 / 3.14159265358979323846)));
	s->n_angles = 2 * half + 1;
	s->step = half ? angle / half : 0;
	s->margin = shift + (int32_t)ceil(corner * angle / 57.0) + 2;
	s->stride = w + 2 * s->margin;
	s->radius = (w < h ? w : h) / 7;
	double tries = (2.0 * shift + 1) * (2.0 * shift + 1) * s->n_angles;
	int want = (int)(WORK / tries);
	want = want < 96 ? 96 : want > POINTS_MAX ? POINTS_MAX : want;
	s->flat = calloc((size_t)s->stride * (size_t)(h + 2 * s->margin), sizeof *s->flat);
	s->value = calloc(POINTS_MAX, sizeof *s->value);
	s->blurred = calloc((size_t)w * (size_t)h, 1);
	s->columns = calloc((size_t)w, sizeof *s->columns);
	int rc = s->flat && s->value && s->blurred && s->columns ? 0 : -ENOMEM;
	if (!rc) {
		flatten(s, &ref->image);
		s->n_points = pick(s, w, h, want, xs, ys);
		if (s->n_points < POINTS_MIN)
			rc = -ENODATA;
	}
	if (!rc) {
		s->offset = calloc((size_t)s->n_angles * (size_t)s->n_points, sizeof *s->offset);
		if (s->offset)
			place_points(s, ref, xs, ys);
		else
			rc = -ENOMEM;
	}
	if (rc)
		okng_locate_search_finish(s);
	return rc;
}

struct candidate {
	double score;
	int32_t dx, dy;
	int angle;
};

/* Normalised correlation of the points with the picture at a shift. */
static double correlate(const struct okng_locate_search *s, const int32_t *offset, int32_t shift, int64_t sum_t, int64_t sum_tt)
{
	const int16_t *f = s->flat + shift;
	int64_t sf = 0, sff = 0, stf = 0, n = s->n_points;
	for (int i = 0; i < s->n_points; i++) {
		int32_t v = f[offset[i]];
		sf += v;
		sff += v * v;
		stf += v * s->value[i];
	}
	double vt = (double)(n * sum_tt - sum_t * sum_t), vf = (double)(n * sff - sf * sf);
	return vt > 0 && vf > 0 ? (double)(n * stf - sum_t * sf) / sqrt(vt * vf) : 0;
}

/* Keeps best sorted, best first, one per neighbourhood. */
static int keep(struct candidate *best, int n, const struct candidate *c)
{
	int at = n;
	for (int i = 0; i < n; i++) {
		if (abs(best[i].dx - c->dx) > 2 || abs(best[i].dy - c->dy) > 2 || abs(best[i].angle - c->angle) > 2)
			continue;
		if (best[i].score >= c->score)
			return n;
		at = i;
		break;
	}
	if (at == OKNG_LOCATE_CANDIDATES) {
		at--;
		if (best[at].score >= c->score)
			return n;
	} else if (at == n) {
		n++;
	}
	for (; at > 0 && best[at - 1].score < c->score; at--)
		best[at] = best[at - 1];
	best[at] = *c;
	return n;
}

int okng_locate_search_run(struct okng_locate_search *s, const struct okng_locate_view *frame,
	struct okng_locate_place *places)
{
	struct candidate best[OKNG_LOCATE_CANDIDATES] = {0};
	int64_t st = 0, stt = 0;
	int n = 0;
	flatten(s, &frame->image);
	for (int i = 0; i < s->n_points; i++) {
		st += s->value[i];
		stt += (int64_t)s->value[i] * s->value[i];
	}
	for (int a = 0; a < s->n_angles; a++) {
		const int32_t *offset = s->offset + a * s->n_points;
		for (int32_t dy = -s->shift; dy <= s->shift; dy++) {
			for (int32_t dx = -s->shift; dx <= s->shift; dx++) {
				struct candidate c = {.dx = dx, .dy = dy, .angle = a};
				c.score = correlate(s, offset, dy * s->stride + dx, st, stt);
				if (c.score > 0)
					n = keep(best, n, &c);
			}
		}
	}
	for (int i = 0; i < n; i++)
		places[i] = (struct okng_locate_place){.dx = best[i].dx, .dy = best[i].dy,
			.angle = (best[i].angle - s->n_angles / 2) * s->step};
	return n;
}

void okng_locate_search_finish(struct okng_locate_search *s)
{
	free(s->flat);
	free(s->value);
	free(s->offset);
	free(s->blurred);
	free(s->columns);
	*s = (struct okng_locate_search){0};
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The scan is sampled twice per pixel, so that the peak of the response is round enough for a parabola at every phase
 * of the pixel raster. The kernel is antisymmetric and applied as differences: a mirrored picture gives the mirrored
 * place, and a flat one exactly nothing.
 */
#include "pipeline/edge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "pipeline/locate.h"

#define REACH 3.0      /* sigmas on either side */
#define PEAK_DIP 0.7   /* two peaks are two edges when the response between them is less than this of the lower one */
#define CONTRAST_REACH 2.0 /* pixels beyond the filter's reach within which the step of grey is taken */
#define LENGTH_MAX 32768.0

struct okng_edge_finder {
	double sigma, length;      /* length: opened for */
	int reach;                 /* samples of the kernel on either side */
	double *kernel;            /* [1 … reach]: response = Σ kernel[k] (grey[i + k] - grey[i - k]) */
	int room;                  /* samples of grey and response */
	double *grey, *response;
	struct okng_edge *edges;
	double start, end;         /* of the scan */
	double first_at;           /* distance of sample 0 */
	int from, to;              /* samples that could be read, [from, to) */
};

/* exp(-x), 0 <= x <= 1: Taylor to the limit of doubles. */
static double exp_minus(double x)
{
	double sum = 1;
	for (int k = 20; k > 0; k--)
		sum = 1 - x / k * sum;
	return sum;
}

/* -ln(v), 0.05 <= v <= 1: the series of the inverse hyperbolic tangent. */
static double minus_log(double v)
{
	double z = (1 - v) / (1 + v), q = z * z, sum = 0;
	for (int k = 159; k > 0; k -= 2)
		sum = 1.0 / k + q * sum;
	return 2 * z * sum;
}

/* Weights k·exp(-k²h²/2t²) by multiplication only, scaled so that a slope of 1 level per pixel answers 1. */
static void make_kernel(struct okng_edge_finder *f)
{
	double h = OKNG_EDGE_STEP, base = exp_minus(h * h / (2 * f->sigma * f->sigma)), base2 = base * base;
	double g = 1, ratio = base, sum = 0;
	for (int k = 1; k <= f->reach; k++) {
		g *= ratio; /* base^(k²), as k² - (k - 1)² = 2k - 1 */
		ratio *= base2;
		f->kernel[k] = k * g;
		sum += 2 * k * h * f->kernel[k];
	}
	for (int k = 1; k <= f->reach; k++)
		f->kernel[k] /= sum;
}

int okng_edge_finder_open(struct okng_edge_finder **finder, double length, double sigma)
{
	*finder = NULL;
	if (!(sigma >= OKNG_EDGE_SIGMA_MIN && sigma <= OKNG_EDGE_SIGMA_MAX && length >= 0 && length <= LENGTH_MAX))
		return -EINVAL;
	struct okng_edge_finder *f = calloc(1, sizeof *f);
	if (!f)
		return -ENOMEM;
	f->sigma = sigma;
	f->length = length;
	f->reach = (int)(REACH * sigma / OKNG_EDGE_STEP + 0.5);
	f->room = (int)(length / OKNG_EDGE_STEP) + 2 * f->reach + 8;
	f->kernel = calloc((size_t)f->reach + 1, sizeof *f->kernel);
	f->grey = calloc((size_t)f->room, sizeof *f->grey);
	f->response = calloc((size_t)f->room, sizeof *f->response);
	f->edges = calloc((size_t)f->room, sizeof *f->edges);
	*finder = f;
	if (!f->kernel || !f->grey || !f->response || !f->edges) {
		okng_edge_finder_close(finder);
		return -ENOMEM;
	}
	make_kernel(f);
	return 0;
}

/* Bilinear; false when one of the pixels that it needs may not be read. */
static bool sample(const struct okng_image *img, const int32_t (*spans)[2], double x, double y, double *grey)
{
	if (!(x >= 0 && y >= 0 && x <= img->width - 1 && y <= img->height - 1))
		return false;
	int32_t ix = (int32_t)x, iy = (int32_t)y;
	int32_t jx = x > ix ? ix + 1 : ix, jy = y > iy ? iy + 1 : iy; /* never beyond the last, which is whole */
	if (spans && (ix < spans[iy][0] || jx >= spans[iy][1] || ix < spans[jy][0] || jx >= spans[jy][1]))
		return false;
	const uint8_t *a = okng_image_row(img, iy), *b = okng_image_row(img, jy);
	double u = x - ix, v = y - iy;
	double top = a[ix] + u * (a[jx] - a[ix]), bottom = b[ix] + u * (b[jx] - b[ix]);
	*grey = top + v * (bottom - top);
	return true;
}

static bool sample_rows(const struct okng_image *img, const int32_t (*spans)[2], const struct okng_edge_row *rows, int n, double d,
	double *mean)
{
	double sum = 0, grey = 0;
	for (int i = 0; i < n; i++) {
		if (!sample(img, spans, rows[i].origin.x + d * rows[i].dir.x, rows[i].origin.y + d * rows[i].dir.y, &grey))
			return false;
		sum += grey;
	}
	*mean = sum / n;
	return true;
}

int okng_edge_sample(struct okng_edge_finder *f, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_edge_row *rows, int n, double start, double length)
{
	f->from = f->to = 0;
	if (img->pixel != OKNG_PIXEL_MONO8 || n < 1 || n > OKNG_EDGE_ROWS_MAX || !(length >= 0 && length <= f->length))
		return -EINVAL;
	int margin = f->reach + 1, core = (int)(length / OKNG_EDGE_STEP) + 2;
	f->start = start;
	f->end = start + length;
	f->first_at = start - margin * OKNG_EDGE_STEP;
	int total = core + 2 * margin, from = margin, to = margin;
	/* From the scan outwards: what can be read is one piece, as frame and scan are convex. */
	while (to < total && sample_rows(img, spans, rows, n, f->first_at + to * OKNG_EDGE_STEP, &f->grey[to]))
		to++;
	if (to < margin + core - 1)
		return -EDOM;
	while (from > 0 && sample_rows(img, spans, rows, n, f->first_at + (from - 1) * OKNG_EDGE_STEP, &f->grey[from - 1]))
		from--;
	f->from = from;
	f->to = to;
	return 0;
}

static void respond(struct okng_edge_finder *f)
{
	for (int i = f->from + f->reach; i < f->to - f->reach; i++) {
		double sum = 0;
		for (int k = 1; k <= f->reach; k++)
			sum += f->kernel[k] * (f->grey[i + k] - f->grey[i - k]);
		f->response[i] = sum;
	}
}

/* The variance of a Gaussian response from its value at the peak and one sigma to either side: r₋·r₊/r₀² does not
 * depend on where between the samples the peak lies. */
static double spread(const struct okng_edge_finder *f, int peak, int first, int last)
{
	int m = (int)(f->sigma / OKNG_EDGE_STEP + 0.5);
	if (peak - m < first || peak + m >= last)
		return 0;
	const double *r = f->response;
	double v = r[peak - m] * r[peak + m] / (r[peak] * r[peak]);
	v = v < 0.05 ? 0.05 : v;
	if (!(v < 0.999))
		return 0;
	double d = m * OKNG_EDGE_STEP, variance = d * d / minus_log(v) - f->sigma * f->sigma;
	return variance > 0 ? variance : 0;
}

/* One peak of the response with the samples [begin, end) that belong to it; [first, last) is where there is any. */
struct peak {
	int at, begin, end, first, last;
};

static bool refine(const struct okng_edge_finder *f, const struct peak *p, double min_contrast, struct okng_edge *e)
{
	const double *r = f->response;
	if (p->at <= p->first || p->at + 1 >= p->last)
		return false;
	double bend = r[p->at - 1] - 2 * r[p->at] + r[p->at + 1];
	double off = bend != 0 ? (r[p->at - 1] - r[p->at + 1]) / (2 * bend) : 0;
	off = off < -0.5 ? -0.5 : off > 0.5 ? 0.5 : off;
	e->at = f->first_at + (p->at + off) * OKNG_EDGE_STEP;
	if (!(e->at >= f->start && e->at <= f->end))
		return false;
	int window = f->reach + (int)(CONTRAST_REACH / OKNG_EDGE_STEP);
	int a = p->begin > p->at - window ? p->begin : p->at - window, b = p->end < p->at + window + 1 ? p->end : p->at + window + 1;
	double step = 0;
	for (int i = a; i < b; i++)
		step += r[i];
	e->contrast = step * OKNG_EDGE_STEP;
	e->slope = r[p->at] - 0.25 * (r[p->at - 1] - r[p->at + 1]) * off;
	e->spread = spread(f, p->at, p->first, p->last);
	return fabs(e->contrast) >= min_contrast;
}

int okng_edge_find(struct okng_edge_finder *f, double min_contrast, const struct okng_edge **edges)
{
	int n = 0, first = f->from + f->reach, last = f->to - f->reach;
	const double *r = f->response;
	respond(f);
	for (int begin = first; begin < last;) {
		bool up = r[begin] > 0;
		struct peak p = {begin, begin, begin + 1, first, last};
		int valley = begin;
		bool falling = false;
		/* Up to the change of sign, or until the response has dipped and risen again. */
		for (int i = begin + 1; i < last && (r[i] > 0) == up && r[i] != 0; i++, p.end++) {
			double v = fabs(r[i]);
			if (falling && v * PEAK_DIP > fabs(r[valley])) {
				p.end = valley;
				break;
			}
			if (v > fabs(r[p.at]))
				p.at = valley = i;
			else if (v < fabs(r[valley]))
				valley = i;
			falling = fabs(r[valley]) < PEAK_DIP * fabs(r[p.at]);
		}
		if (r[p.at] != 0 && refine(f, &p, min_contrast, &f->edges[n]))
			n++;
		begin = p.end;
	}
	*edges = f->edges;
	return n;
}

void okng_edge_rows_across(struct okng_edge_row *rows, int n, struct okng_point origin, struct okng_point dir)
{
	for (int i = 0; i < n; i++) {
		double off = i - (n - 1) * 0.5;
		rows[i].origin = (struct okng_point){origin.x - off * dir.y, origin.y + off * dir.x};
		rows[i].dir = dir;
	}
}

void okng_edge_rows_fan(struct okng_edge_row *rows, int n, struct okng_point centre, struct okng_point dir, double radius)
{
	for (int i = 0; i < n; i++) {
		double off = (i - (n - 1) * 0.5) / radius, norm = 1 / sqrt(1 + off * off);
		rows[i].origin = centre;
		rows[i].dir = (struct okng_point){(dir.x - off * dir.y) * norm, (dir.y + off * dir.x) * norm};
	}
}

struct okng_point okng_edge_direction(double angle)
{
	int turns = (int)floor(angle / 90.0 + 0.5);
	double s, c;
	okng_locate_sincos(angle - turns * 90.0, &s, &c);
	switch (((turns % 4) + 4) % 4) {
	case 0: return (struct okng_point){c, -s};
	case 1: return (struct okng_point){-s, -c};
	case 2: return (struct okng_point){-c, s};
	default: return (struct okng_point){s, c};
	}
}

void okng_edge_finder_close(struct okng_edge_finder **finder)
{
	struct okng_edge_finder *f = *finder;
	*finder = NULL;
	if (!f)
		return;
	free(f->kernel);
	free(f->grey);
	free(f->response);
	free(f->edges);
	free(f);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The pose becomes an affine map, rounded once per row and once per column: a pixel's place is the sum of both, to
 * 1/32768 pixel across and 1/8192 down, and the same whichever way it is reckoned. As the map hardly stretches, left taps
 * keep their distance from their pixels for long runs: those are the kernel's, the few pixels beside them are done here.
 */
#include "pipeline/resample.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "pipeline/locate.h"
#include "pipeline/resample_rows.h"

#define ONE 4294967296.0 /* 1 pixel in 32.32 */
#define AHEAD 12         /* a slanting row meets a cache line of every row of the frame that it crosses: no prefetcher follows */
#define HALF_X (1 << 16) /* half of 1/2^15 pixel, half of 1/2^13: in 32.32 */
#define HALF_Y (1 << 18)

void okng_locate_sincos(double angle, double *sine, double *cosine)
{
	double x = angle * (3.14159265358979323846 / 180.0), q = x * x;
	*sine = x * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0 * (1.0 - q / 110.0 *
		(1.0 - q / 156.0))))));
	*cosine = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0 * (1.0 - q / 90.0 *
		(1.0 - q / 132.0 * (1.0 - q / 182.0))))));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/* Narrows [*x0, *x1), of at least one pixel, to the x with 0 <= at + x·step < end. */
static void narrow(int64_t at, int64_t step, int64_t end, int32_t *x0, int32_t *x1)
{
	int64_t first = at + *x0 * step, last = at + (*x1 - 1) * step, lo = *x0, hi = *x1, slope = step < 0 ? -step : step;
	if (first >= 0 && first < end && last >= 0 && last < end)
		return;
	if (step == 0) {
		hi = lo;
	} else {
		int64_t from = -floor_div(step > 0 ? at : end - 1 - at, slope);
		int64_t to = floor_div(step > 0 ? end - 1 - at : at, slope);
		lo = from > lo ? from : lo;
		hi = to + 1 < hi ? to + 1 : hi;
	}
	if (hi <= lo)
		lo = hi = 0;
	*x0 = (int32_t)lo;
	*x1 = (int32_t)hi;
}

/* What all rows share. */
struct map {
	const struct okng_kernels *k;
	const struct okng_image *frame;
	struct okng_image *out;
	double sine, cosine, dx, dy;
	int64_t sx, sy; /* 32.32 from pixel to pixel */
	uint16_t wx[2][OKNG_IMAGE_SIDE_MAX / 2], wy[2][OKNG_IMAGE_SIDE_MAX / 2];
};

static void map_init(struct map *m, const struct okng_pose *pose)
{
	okng_locate_sincos(pose->angle, &m->sine, &m->cosine);
	m->dx = pose->dx;
	m->dy = pose->dy;
	m->sx = (int64_t)(m->cosine * ONE);
	m->sy = (int64_t)(-m->sine * ONE);
	for (int32_t x = 0; x < m->out->width; x++) {
		m->wx[x & 1][x >> 1] = (uint16_t)(((x * m->sx + HALF_X) >> 17) - ((int64_t)x << 15));
		m->wy[x & 1][x >> 1] = (uint16_t)((x * m->sy + HALF_Y) >> 19);
	}
}

/* The pixels [x0, x1), whose right taps lie in the frame, too: cut where the left taps' distance changes. at: of x = 0 in
 * 32.32. */
static void runs(const struct map *m, struct okng_resample_run *run, int64_t at, int32_t x0, int32_t x1, uint8_t *out)
{
	int64_t shrink = ((int64_t)1 << 32) - m->sx;
	for (int32_t x = x0; x < x1;) {
		int64_t far = at - x * shrink;
		run->shift = (int32_t)(far >> 32);
		run->fx = (uint16_t)((at >> 17) - (int64_t)run->shift * 32768);
		int64_t more = shrink > 0 ? (far & 0xffffffff) / shrink + 1 : x1 - x;
		int32_t end = more < x1 - x ? x + (int32_t)more : x1;
		m->k->resample(run, x, end, out);
		x = end;
	}
}

/* The last column of the frame, which has no right neighbour. */
static uint8_t on_border(const struct map *m, int32_t y)
{
	const uint8_t *p = okng_image_row(m->frame, y >> 13) + m->frame->width - 1;
	int32_t fy = y & 8191, v = ((p[0] * (8192 - fy)) >> 8) + (fy ? (p[m->frame->stride] * fy) >> 8 : 0);
	return (uint8_t)((v + 16) >> 5);
}

static void resample_row(void *state, int32_t y, int32_t span[2])
{
	const struct map *m = state;
	const struct okng_image *f = m->frame;
	double cx = (m->out->width - 1) / 2.0, cy = (m->out->height - 1) / 2.0, v = y - cy;
	int32_t fx = (int32_t)floor((cx + m->dx - m->cosine * cx + m->sine * v) * 32768 + 0.5);
	int32_t fy = (int32_t)floor((cy + m->dy + m->sine * cx + m->cosine * v) * 8192 + 0.5);
	int64_t ax = (int64_t)fx * (1 << 17) + HALF_X, ay = (int64_t)fy * (1 << 19) + HALF_Y;
	uint8_t *out = okng_image_row(m->out, y);
	span[0] = 0;
	span[1] = m->out->width;
	narrow(ay, m->sy, ((int64_t)(f->height - 1) << 32) + 2 * HALF_Y, &span[0], &span[1]);
	if (span[0] < span[1])
		narrow(ax, m->sx, ((int64_t)(f->width - 1) << 32) + 2 * HALF_X, &span[0], &span[1]);
	if (span[0] == span[1])
		return;
	int32_t x0 = span[0], x1 = span[1];
	narrow(ax, m->sx, (int64_t)(f->width - 1) << 32, &x0, &x1);
	struct okng_resample_run run = {.data = f->data, .stride = f->stride, .height = f->height, .wx = {m->wx[0], m->wx[1]},
		.wy = {m->wy[0], m->wy[1]}, .fy = fy, .step = m->sy, .ahead = -AHEAD};
	runs(m, &run, ax, x0, x1, out);
	for (int32_t x = x0 < x1 ? x1 : span[0]; x < span[1]; x++)
		out[x] = on_border(m, okng_resample_y(&run, x));
	memset(out, out[span[0]], (size_t)span[0]);
	memset(out + span[1], out[span[1] - 1], (size_t)(m->out->width - span[1]));
}

static bool sound(const struct okng_pose *pose, const struct okng_image *frame, const struct okng_image *out)
{
	return frame->data && out->data && frame->pixel == OKNG_PIXEL_MONO8 && out->pixel == OKNG_PIXEL_MONO8 &&
		fabs(pose->angle) <= 45.0 && fabs(pose->dx) <= 32768.0 && fabs(pose->dy) <= 32768.0;
}

int okng_resample(const struct okng_kernels *k, const struct okng_pose *pose, const struct okng_image *frame,
	const struct okng_image *light, struct okng_image *out, int32_t (*spans)[2])
{
	if (!sound(pose, frame, out))
		return -EINVAL;
	struct map m;
	m.k = k;
	m.frame = frame;
	m.out = out;
	map_init(&m, pose);
	okng_resample_rows(k, resample_row, &m, light, out, spans);
	return 0;
}

int okng_locate_resample(const struct okng_pose *pose, const struct okng_image *frame, struct okng_image *out,
	int32_t (*spans)[2])
{
	int32_t unwanted[OKNG_IMAGE_SIDE_MAX][2];
	return okng_resample(okng_kernels_get(okng_cpu_level()), pose, frame, NULL, out, spans ? spans : unwanted);
}

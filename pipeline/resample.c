/* SPDX-License-Identifier: Apache-2.0
 *
 * The pose becomes an affine map with 32 fraction bits once per row; everything per pixel is integer: two adds, a
 * rounding to 1/256 pixel, four taps. The span of a row, where all taps are inside, is solved beforehand so that the
 * inner loop has no test.
 */
#include "pipeline/locate.h"

#include <errno.h>
#include <math.h>

#define ONE 4294967296.0             /* 1 pixel in 32.32 */
#define HALF_STEP ((int64_t)1 << 23) /* half of 1/256 pixel */

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

/* Narrows [*x0, *x1) to the x with 0 <= at + x·step < end. */
static void narrow(int64_t at, int64_t step, int64_t end, int32_t *x0, int32_t *x1)
{
	int64_t lo = *x0, hi = *x1, slope = step < 0 ? -step : step;
	if (step == 0) {
		if (at < 0 || at >= end)
			hi = lo;
	} else {
		int64_t first = -floor_div(step > 0 ? at : end - 1 - at, slope);
		int64_t last = floor_div(step > 0 ? end - 1 - at : at, slope);
		lo = first > lo ? first : lo;
		hi = last + 1 < hi ? last + 1 : hi;
	}
	if (hi <= lo)
		lo = hi = 0;
	*x0 = (int32_t)lo;
	*x1 = (int32_t)hi;
}

/* One pixel anywhere: places beyond the frame are drawn to its border. px, py in 1/256 pixel. */
static uint8_t tap_clamped(const struct okng_image *frame, int64_t px, int64_t py)
{
	int64_t xm = (int64_t)(frame->width - 1) * 256, ym = (int64_t)(frame->height - 1) * 256;
	px = px < 0 ? 0 : px > xm ? xm : px;
	py = py < 0 ? 0 : py > ym ? ym : py;
	int32_t x = (int32_t)(px >> 8), y = (int32_t)(py >> 8);
	int32_t fx = (int32_t)(px & 255), fy = (int32_t)(py & 255);
	const uint8_t *a = okng_image_row(frame, y) + x;
	const uint8_t *b = y + 1 < frame->height ? a + frame->stride : a;
	int32_t r = x + 1 < frame->width;
	return (uint8_t)(((a[0] * (256 - fx) + a[r] * fx) * (256 - fy) + (b[0] * (256 - fx) + b[r] * fx) * fy + 32768) >> 16);
}

/* Pixels [x0, x1) whose four taps all lie inside. */
static void resample_inner(const struct okng_image *frame, uint8_t *out, int32_t x0, int32_t x1, int64_t fx, int64_t fy,
	int64_t sx, int64_t sy)
{
	fx += x0 * sx;
	fy += x0 * sy;
	for (int32_t x = x0; x < x1; x++, fx += sx, fy += sy) {
		const uint8_t *a = frame->data + (fy >> 32) * frame->stride + (fx >> 32), *b = a + frame->stride;
		int32_t wx = (int32_t)(fx >> 24) & 255, wy = (int32_t)(fy >> 24) & 255;
		int32_t top = a[0] * 256 + (a[1] - a[0]) * wx, bottom = b[0] * 256 + (b[1] - b[0]) * wx;
		out[x] = (uint8_t)((top * 256 + (bottom - top) * wy + 32768) >> 16);
	}
}

/* fx, fy: place of x = 0 in 32.32, half of 1/256 pixel already added. */
static void resample_row(const struct okng_image *frame, uint8_t *out, int32_t width, int64_t fx, int64_t fy, int64_t sx,
	int64_t sy, int32_t span[2])
{
	/* inside: the rounded place lies in [0, side - 1]; inner: also has a right and a lower neighbour */
	int64_t xe = ((int64_t)(frame->width - 1) * 256 + 1) << 24, ye = ((int64_t)(frame->height - 1) * 256 + 1) << 24;
	int32_t in0 = 0, in1 = width;
	narrow(fx, sx, xe, &in0, &in1);
	narrow(fy, sy, ye, &in0, &in1);
	int32_t a = in0, b = in1;
	narrow(fx, sx, (int64_t)(frame->width - 1) << 32, &a, &b);
	narrow(fy, sy, (int64_t)(frame->height - 1) << 32, &a, &b);
	for (int32_t x = 0; x < a; x++)
		out[x] = tap_clamped(frame, (fx + x * sx) >> 24, (fy + x * sy) >> 24);
	resample_inner(frame, out, a, b, fx, fy, sx, sy);
	for (int32_t x = b; x < width; x++)
		out[x] = tap_clamped(frame, (fx + x * sx) >> 24, (fy + x * sy) >> 24);
	span[0] = in0;
	span[1] = in1;
}

int okng_locate_resample(const struct okng_pose *pose, const struct okng_image *frame, struct okng_image *out,
	int32_t (*spans)[2])
{
	if (!frame->data || !out->data || frame->pixel != OKNG_PIXEL_MONO8 || out->pixel != OKNG_PIXEL_MONO8)
		return -EINVAL;
	if (!(fabs(pose->angle) <= 45.0) || !(fabs(pose->dx) <= 32768.0) || !(fabs(pose->dy) <= 32768.0))
		return -EINVAL;
	double s, c, cx = (out->width - 1) / 2.0, cy = (out->height - 1) / 2.0;
	okng_locate_sincos(pose->angle, &s, &c);
	int64_t sx = (int64_t)(c * ONE), sy = (int64_t)(-s * ONE);
	for (int32_t y = 0; y < out->height; y++) {
		double v = y - cy;
		double fx = cx + pose->dx - c * cx + s * v, fy = cy + pose->dy + s * cx + c * v;
		int32_t span[2];
		resample_row(frame, okng_image_row(out, y), out->width, (int64_t)floor(fx * ONE) + HALF_STEP,
			(int64_t)floor(fy * ONE) + HALF_STEP, sx, sy, span);
		if (spans) {
			spans[y][0] = span[0];
			spans[y][1] = span[1];
		}
	}
	return 0;
}

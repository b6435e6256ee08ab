/* SPDX-License-Identifier: Apache-2.0
 *
 * What a lens must be before it may bend pictures: numbers that a lens can have, and a map that keeps neighbours apart
 * all over the frame. A polynomial fitted where no corners were seen likes to turn back there.
 */
#include "pipeline/brown.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/locate.h"

#define STEPS 2048       /* of the radius, from the axis to beyond the corners */
#define SLOPE_MIN 0.1    /* pixels of the frame to one of the undistorted picture, at least */
#define CORNER_SLACK 1.02
#define OUTMOST 4.0          /* times the corner's radius: further out nothing is looked at */
#define NARROW 0.25      /* focal length over the longer side: less is no lens of this kind */
#define ASIDE 3.0        /* the axis this many longer sides away: a region of interest may lie beside it */
#define GRID 32

/* x' over x on a circle around the axis. */
static double factor(const struct okng_brown *l, double rr)
{
	return 1 + rr * (l->k1 + rr * (l->k2 + rr * l->k3));
}

/* The radius up to which the distorted radius grows with the ideal one, or to well beyond the corners. */
static double find_reach(const struct okng_brown *l, double corner, bool *enough)
{
	double step = OUTMOST * corner / STEPS, r = 0, seen = 0;
	for (int i = 1; i <= STEPS && seen < 2 * corner; i++) {
		double next = i * step * factor(l, i * step * (i * step));
		if (!(next - seen >= SLOPE_MIN * step))
			break;
		r = i * step;
		seen = next;
	}
	*enough = seen >= corner * CORNER_SLACK;
	return r;
}

/* Whether the map keeps its turn and its size all over the undistorted picture, tangential terms and all. */
static bool keeps_apart(const struct okng_brown *l)
{
	double du = (l->width - 1) / (double)GRID, dv = (l->height - 1) / (double)GRID, least = SLOPE_MIN * SLOPE_MIN;
	for (int j = 0; j <= GRID; j++)
		for (int i = 0; i <= GRID; i++) {
			double u = i * du, v = j * dv, x[3], y[3];
			okng_brown_at(l, u, v, &x[0], &y[0]);
			okng_brown_at(l, u + 1, v, &x[1], &y[1]);
			okng_brown_at(l, u, v + 1, &x[2], &y[2]);
			double area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
			if (!(area >= least && x[1] > x[0] && y[2] > y[0]))
				return false;
		}
	return true;
}

static bool plausible(const struct okng_brown *l)
{
	double longer = l->width > l->height ? l->width : l->height;
	return l->width >= 1 && l->height >= 1 && l->width <= OKNG_IMAGE_SIDE_MAX && l->height <= OKNG_IMAGE_SIDE_MAX &&
		l->fx >= NARROW * longer && l->fy >= NARROW * longer && l->fx <= 1e7 && l->fy <= 1e7 &&
		fabs(l->cx) <= ASIDE * longer && fabs(l->cy) <= ASIDE * longer;
}

int okng_brown_init(struct okng_brown *lens, int32_t width, int32_t height, const double param[9], struct okng_error *err)
{
	struct okng_brown l = {.width = width, .height = height, .fx = param[0], .fy = param[1], .cx = param[2], .cy = param[3],
		.k1 = param[4], .k2 = param[5], .p1 = param[6], .p2 = param[7], .k3 = param[8]};
	memset(lens, 0, sizeof *lens);
	for (int i = 0; i < 9; i++)
		if (!isfinite(param[i]))
			return okng_error_set(err, -EINVAL, "", 0, "lens", "a parameter of the lens is not a number");
	if (!plausible(&l))
		return okng_error_set(err, -EINVAL, "", 0, "lens", "focal length %.0f, %.0f with the axis at %.0f, %.0f is not that of a lens "
			"for pictures of %d×%d", l.fx, l.fy, l.cx, l.cy, width, height);
	l.ix = 1 / l.fx;
	l.iy = 1 / l.fy;
	double x = l.cx > width - 1 - l.cx ? l.cx : width - 1 - l.cx, y = l.cy > height - 1 - l.cy ? l.cy : height - 1 - l.cy;
	double corner = sqrt(x * l.ix * (x * l.ix) + y * l.iy * (y * l.iy));
	bool enough;
	double reach = find_reach(&l, corner, &enough);
	l.reach = reach * reach;
	if (!enough || !keeps_apart(&l))
		return okng_error_set(err, -EINVAL, "", 0, "lens", "the lens's polynomial turns back inside the picture, as it does where no "
			"corners of the board were seen: calibrate again with the board in all corners of the picture");
	*lens = l;
	return 0;
}

static uLong add_u64(uLong crc, uint64_t v)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return crc32(crc, bytes, sizeof bytes);
}

uint32_t okng_brown_id(const struct okng_brown *l)
{
	static const char salt[] = "okng lens 1";
	const double param[9] = {l->fx, l->fy, l->cx, l->cy, l->k1, l->k2, l->p1, l->p2, l->k3};
	uLong crc = crc32(0, (const unsigned char *)salt, sizeof salt);
	crc = add_u64(crc, (uint64_t)(uint32_t)l->width << 32 | (uint32_t)l->height);
	for (int i = 0; i < 9; i++) {
		uint64_t bits;
		memcpy(&bits, &param[i], sizeof bits);
		crc = add_u64(crc, bits);
	}
	return crc ? (uint32_t)crc : 1;
}

struct okng_brown okng_brown_halved(const struct okng_brown *lens, int level)
{
	struct okng_brown l = *lens;
	double scale = 1.0 / (1 << level);
	l.width >>= level;
	l.height >>= level;
	l.fx *= scale;
	l.fy *= scale;
	l.ix /= scale;
	l.iy /= scale;
	l.cx = (l.cx + 0.5) * scale - 0.5;
	l.cy = (l.cy + 0.5) * scale - 0.5;
	return l;
}

struct okng_point okng_brown_undistort(const struct okng_brown *lens, struct okng_point p)
{
	struct okng_point q = p;
	for (int round = 0; round < 50; round++) {
		double x[3], y[3], h = 1e-3;
		okng_brown_at(lens, q.x, q.y, &x[0], &y[0]);
		okng_brown_at(lens, q.x + h, q.y, &x[1], &y[1]);
		okng_brown_at(lens, q.x, q.y + h, &x[2], &y[2]);
		double a = (x[1] - x[0]) / h, b = (x[2] - x[0]) / h, c = (y[1] - y[0]) / h, d = (y[2] - y[0]) / h, det = a * d - b * c;
		double ex = p.x - x[0], ey = p.y - y[0];
		if (!(fabs(det) > 1e-6) || fabs(ex) + fabs(ey) < 1e-9)
			break;
		q.x += (d * ex - b * ey) / det;
		q.y += (a * ey - c * ex) / det;
	}
	return q;
}

struct okng_point okng_pose_map(const struct okng_pose *pose, int32_t width, int32_t height, struct okng_point p)
{
	double si, co, cx = (width - 1) / 2.0, cy = (height - 1) / 2.0, u = p.x - cx, v = p.y - cy;
	okng_locate_sincos(pose->angle, &si, &co);
	return (struct okng_point){cx + pose->dx + co * u + si * v, cy + pose->dy - si * u + co * v};
}

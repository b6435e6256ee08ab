/* SPDX-License-Identifier: Apache-2.0
 *
 * A lens as calib/lens.h measures it: where a point that a perfect lens would have drawn in one place of the picture was
 * drawn in fact. With x = (u - cx) / fx, y = (v - cy) / fy and r² = x² + y² the point (u, v) of the undistorted picture is
 * found in the frame at (cx + fx·x', cy + fy·y'),
 *
 *     x' = x·(1 + k1·r² + k2·r⁴ + k3·r⁶) + 2·p1·x·y + p2·(r² + 2·x²)
 *     y' = y·(1 + k1·r² + k2·r⁴ + k3·r⁶) + p1·(r² + 2·y²) + 2·p2·x·y
 *
 * (D. C. Brown, "Decentering Distortion of Lenses", 1966, as OpenCV has it.) The undistorted picture has the same fx, fy,
 * cx, cy and size as the frame. Beyond `reach`, where a polynomial may turn back, its factor stays as it is there, so that
 * what lies outside the frame stays outside. Additions and multiplications only, in this order: all machines with IEEE 754
 * agree to the last bit.
 */
#ifndef OKNG_PIPELINE_BROWN_H
#define OKNG_PIPELINE_BROWN_H

#include <stdint.h>

#include "pipeline/edge.h"
#include "pipeline/error.h"
#include "pipeline/image.h"
#include "pipeline/verdict.h"

struct okng_brown {
	int32_t width, height; /* of the frames */
	double fx, fy, cx, cy; /* pixels; the centre of the first pixel is (0, 0) */
	double k1, k2, p1, p2, k3;
	double ix, iy;         /* 1 / fx, 1 / fy; set by okng_brown_init */
	double reach;          /* largest r² that the polynomial is used for; set by okng_brown_init */
};

/* From fx, fy, cx, cy, k1, k2, p1, p2, k3. 0; -EINVAL with *err: numbers no lens has, or the polynomial turns back inside
 * the frame, so that two places of the part would be one of the frame. */
int okng_brown_init(struct okng_brown *lens, int32_t width, int32_t height, const double param[9], struct okng_error *err);

/* A number for these parameters, the same on every machine; never 0. */
uint32_t okng_brown_id(const struct okng_brown *lens);

/* The same lens for pictures halved `level` times by 2×2 means. */
struct okng_brown okng_brown_halved(const struct okng_brown *lens, int level);

static inline void okng_brown_at(const struct okng_brown *lens, double u, double v, double *u2, double *v2)
{
	double x = (u - lens->cx) * lens->ix, y = (v - lens->cy) * lens->iy, xx = x * x, yy = y * y, rr = xx + yy, xy2 = 2 * (x * y);
	double r = rr < lens->reach ? rr : lens->reach;
	double f = 1 + r * (lens->k1 + r * (lens->k2 + r * lens->k3));
	*u2 = lens->cx + lens->fx * (x * f + (lens->p1 * xy2 + lens->p2 * (rr + 2 * xx)));
	*v2 = lens->cy + lens->fy * (y * f + (lens->p1 * (rr + 2 * yy) + lens->p2 * xy2));
}

/* The other way, by Newton steps: where in the undistorted picture a point of the frame lies, to 1e-9 pixel. For drawings
 * and figures, not for the way of a part. */
struct okng_point okng_brown_undistort(const struct okng_brown *lens, struct okng_point p);

/* Where a point of the aligned picture (that of the taught part) lies in the undistorted picture, by the pose that
 * locate.h defines. */
struct okng_point okng_pose_map(const struct okng_pose *pose, int32_t width, int32_t height, struct okng_point p);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The homography between a flat target and where its corners were seen, with its covariance; what planar.h asks of it.
 * Both sides are brought to the same size first (R. Hartley, "In Defense of the Eight-Point Algorithm", 1997).
 */
#ifndef OKNG_CALIB_PLANAR_FIT_H
#define OKNG_CALIB_PLANAR_FIT_H

#include "calib/lens.h"
#include "pipeline/edge.h"

#define OKNG_PLANAR_H 8

struct okng_planar_pair {
	struct okng_point mm, seen; /* on the target; in the frame, pixels */
};

/* x' = X' + shift, divided by size, on both sides: mm of the target, undistorted pixels. */
struct okng_planar_norm {
	double x, y, size;
};

struct okng_planar_fit {
	struct okng_planar_norm mm, px;
	double h[OKNG_PLANAR_H]; /* mm to pixels, both normed, the ninth is 1 */
	double cov[OKNG_PLANAR_H][OKNG_PLANAR_H];
	double rms;              /* pixels of the frame */
};

/* 0; -EDOM: the pairs do not tell a homography, or no lens draws so; -ENOMEM. n >= 6; lens NULL: none. */
int okng_planar_fit(struct okng_planar_fit *fit, const struct okng_lens *lens, const struct okng_planar_pair *pair, int n);

/* Undistorted pixels to mm of the target, by h. */
struct okng_point okng_planar_fit_back(const struct okng_planar_fit *fit, const double h[OKNG_PLANAR_H], struct okng_point px);

/* Standard deviation of that in mm, in the worst direction. */
double okng_planar_fit_sigma(const struct okng_planar_fit *fit, struct okng_point px);

/* Where a lens (NULL: none) draws a point of the undistorted picture, and the other way; -EDOM: no such place. */
struct okng_point okng_planar_bend(const struct okng_lens *lens, struct okng_point p);
int okng_planar_unbend(const struct okng_lens *lens, struct okng_point seen, struct okng_point *p);

#endif

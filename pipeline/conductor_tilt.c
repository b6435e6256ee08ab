/* SPDX-License-Identifier: Apache-2.0
 *
 * A board that is turned by a degree, or stretched, is displaced by more at its corners than cells are searched for. What
 * the cells near the middle found tells the slope, by least squares with the strays left out. Sums are of integers
 * and the solver is + - × / in a fixed order: the same everywhere.
 */
#include "pipeline/conductor_parts.h"

#include <string.h>

#define CELLS_LEAST 12  /* that show something: fewer tell no slope */
#define STRAY 1.5       /* pixels from the plane */
#define ROUNDS 3        /* of leaving strays out */
#define FIRM 16         /* the slope counts as known to be 0 by so many cells at a distance of one cell */
#define SLOPE_MAX 1.0   /* pixels a cell: beyond 1.8° no cell is seen rightly */

/* Solves the symmetric s · p = r by elimination; s is positive definite. */
static void solve(double s[3][3], double r[3], double p[3])
{
	for (int i = 0; i < 3; i++)
		for (int k = i + 1; k < 3; k++) {
			double f = s[k][i] / s[i][i];
			for (int j = i; j < 3; j++)
				s[k][j] -= f * s[i][j];
			r[k] -= f * r[i];
		}
	for (int i = 2; i >= 0; i--) {
		p[i] = r[i];
		for (int j = i + 1; j < 3; j++)
			p[i] -= s[i][j] * p[j];
		p[i] /= s[i][i];
	}
}

/* The plane of the points that lie near the plane of the round before, all of them in the first; false: too few. */
static bool fit_round(const struct okng_tilt_point *points, int n, bool all, double p[3])
{
	double s[3][3] = {{0}}, r[3] = {0};
	int64_t count = 0;
	for (int i = 0; i < n; i++) {
		const double at[3] = {1, points[i].x, points[i].y};
		double d = points[i].shift - (p[0] + p[1] * at[1] + p[2] * at[2]);
		if (!all && (d > STRAY || d < -STRAY))
			continue;
		count++;
		for (int k = 0; k < 3; k++) {
			for (int j = 0; j < 3; j++)
				s[k][j] += at[k] * at[j]; /* integers below 2^53: exact */
			r[k] += at[k] * points[i].shift;
		}
	}
	if (count < CELLS_LEAST)
		return false;
	s[1][1] += 4 * FIRM; /* x and y are in half cells */
	s[2][2] += 4 * FIRM;
	solve(s, r, p);
	return true;
}

bool okng_tilt_fit(const struct okng_tilt_point *points, int n, double plane[3])
{
	double p[3] = {0};
	for (int i = 0; i < ROUNDS; i++)
		if (!fit_round(points, n, i == 0, p))
			return false;
	for (int i = 1; i < 3; i++)
		if (p[i] > SLOPE_MAX / 2 || p[i] < -SLOPE_MAX / 2)
			return false;
	memcpy(plane, p, sizeof p);
	return true;
}

int32_t okng_tilt_at(const double plane[3], int32_t x, int32_t y)
{
	double v = plane[0] + plane[1] * x + plane[2] * y;
	v = v > OKNG_TILT_MAX ? OKNG_TILT_MAX : v < -OKNG_TILT_MAX ? -OKNG_TILT_MAX : v;
	return v < 0 ? -(int32_t)(0.5 - v) : (int32_t)(v + 0.5);
}

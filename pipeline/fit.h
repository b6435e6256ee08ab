/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines and circles through measured points, some of which are wrong: dirt, a chip, a neighbour's edge.
 *
 * Method: a start that half of the points may spoil (least median of squares: P. Rousseeuw, "Least Median of Squares
 * Regression", JASA 79, 1984) over a fixed choice of pairs or triples instead of a random one; then least squares of the
 * distances themselves (total least squares for the line; Gauss-Newton for the circle: W. Gander, G. Golub, R. Strebel,
 * "Least-Squares Fitting of Circles and Ellipses", BIT 34, 1994), weighted again and again by Tukey's biweight of the
 * residuals over their median. Doubles in a fixed order, + - × / and sqrt only: the same everywhere.
 */
#ifndef OKNG_PIPELINE_FIT_H
#define OKNG_PIPELINE_FIT_H

#include "pipeline/edge.h"

#define OKNG_FIT_POINTS_MAX 512

struct okng_line {
	struct okng_point at;  /* centre of gravity of the weighted points */
	struct okng_point dir; /* of length 1; x > 0, or x == 0 and y > 0 */
	double rms;            /* of the weighted points' distances */
	int used;              /* points that counted */
};

struct okng_circle {
	struct okng_point centre;
	double radius;
	double rms;
	int used;
};

/* floor: a scatter below which points are never taken for wrong ones, in the points' unit, above 0. Points are at most
 * OKNG_FIT_POINTS_MAX. 0; -EINVAL (counts: 2 for a line, 3 for a circle); -EDOM: they lie on one point, or (circle) in a
 * line, or do not settle. */
int okng_fit_line(const struct okng_point *points, int n, double floor, struct okng_line *line);
int okng_fit_circle(const struct okng_point *points, int n, double floor, struct okng_circle *circle);

/* Distance of a point from the line, above 0 to the left of dir for a viewer (y runs down). */
double okng_fit_distance(const struct okng_line *line, struct okng_point p);

/* The median of n >= 1 values (the upper one of an even number), which it reorders. */
double okng_fit_median(double *values, int n);

/* Degrees of the vector (x, y), counter-clockwise for a viewer (y runs down), above -180 to 180; 0 for no vector. */
double okng_fit_degrees(double x, double y);

#endif

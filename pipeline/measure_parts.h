/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the measurer share, and nobody else includes.
 */
#ifndef OKNG_PIPELINE_MEASURE_PARTS_H
#define OKNG_PIPELINE_MEASURE_PARTS_H

#include "pipeline/fit.h"
#include "pipeline/measure.h"

#define OKNG_MEASURE_FIT_FLOOR 0.02    /* pixels: points nearer than a few of these to their fit are never wrong ones */
#define OKNG_MEASURE_AGAIN_SIGMAS 4.0  /* second pass over a circle: this many sigmas … */
#define OKNG_MEASURE_AGAIN_PIXELS 3.0  /* … and pixels to either side of the edge of the first */

struct okng_measure_scan {
	struct okng_point from, dir;
	double length;
};

/* Points of one edge in the picture and on the plane. */
struct okng_measure_points {
	int n;
	struct okng_point px[OKNG_MEASURE_RAYS_MAX], at[OKNG_MEASURE_RAYS_MAX];
};

struct okng_measurer {
	struct okng_measure m;
	struct okng_edge_finder *finder;
	struct okng_measure_scan scan[2];
	int n_scans;                   /* 1 or 2 in use; 0: circle */
	int n_rows;                    /* averaged for each scan or ray */
	struct okng_rect box;
	struct okng_edge_row rows[OKNG_EDGE_ROWS_MAX];
	struct okng_point dir[OKNG_MEASURE_RAYS_MAX];
	bool rises[OKNG_MEASURE_RAYS_MAX];     /* circle: the edge of the first pass */
	double spread[OKNG_MEASURE_RAYS_MAX];
	struct okng_measure_points a, b;
};

double okng_measure_between(struct okng_point a, struct okng_point b);

/* How long one pixel is on the plane, there. */
double okng_measure_pixel_on(const struct okng_plane *plane, struct okng_point px);

/* The start of the k-th of the scans side by side over the breadth. */
struct okng_point okng_measure_start(const struct okng_measure *m, const struct okng_measure_scan *s, int k);

/* Index of the wanted edge, -1: none. second not NULL: of the wanted pair. Equal ones: the first. */
int okng_measure_choose(const struct okng_measure *m, const struct okng_edge *e, int n, int *second);

void okng_measure_add(struct okng_measure_points *p, const struct okng_plane *plane, struct okng_point px);

/* True when n scans or rays of so many are as many as coverage asks for. */
bool okng_measure_enough(const struct okng_measure *m, int n, int of);

/* The plane that leaves pixels as they are. */
extern const struct okng_plane okng_measure_pixels;

/* All but the limits of okng_measurer_run; plane is never NULL. */
int okng_measure_run_scans(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement *out);
int okng_measure_run_circle(struct okng_measurer *me, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Edges along a scan at subpixel accuracy: grey averaged across the scan, smoothed and differentiated in one filter, the
 * peak of the response refined by a parabola.
 *
 * Method: first derivative of a Gaussian (J. Canny, "A Computational Approach to Edge Detection", PAMI 8(6), 1986), with
 * the extremum's place from a parabola as in C. Steger, "An Unbiased Detector of Curvilinear Structures", PAMI 20(2),
 * 1998. Peaks are kept apart when the response between them falls below PEAK_DIP of the lower one.
 *
 * How exact: for a step C seen through a Gaussian blur of s pixels (optics and pixel), noise n per pixel, breadth B and
 * filter sigma t, with q² = s² + t² (bilinear sampling adds 1/6 to both t² and q²), the place scatters by
 *
 *     n / C · √(2π) · q³ · √(3 / (8·√π·t⁵·B))      pixels
 *
 * and a neighbour edge at distance d pushes it by d·exp(-d² / 2q²) at most: 0.002 pixels at 4 q, 0.06 at 3 q. Where the
 * edge lies in the pixel raster matters by 0.01 pixels at most, for t >= 1, most of it from the rounding to whole levels.
 *
 * Pixel centres have whole coordinates. Doubles in a fixed order, + - × / and sqrt only: the same everywhere.
 */
#ifndef OKNG_PIPELINE_EDGE_H
#define OKNG_PIPELINE_EDGE_H

#include "pipeline/image.h"

#define OKNG_EDGE_STEP 0.5       /* pixels between samples along a scan */
#define OKNG_EDGE_SIGMA_MIN 0.5  /* pixels */
#define OKNG_EDGE_SIGMA_MAX 10.0
#define OKNG_EDGE_ROWS_MAX 512   /* rows averaged across a scan */

enum okng_transition { OKNG_TRANSITION_ANY = 0, OKNG_TRANSITION_RISE = 1, OKNG_TRANSITION_FALL = 2 };

struct okng_point {
	double x, y;
};

/* One row of a scan: a point at distance d along it lies at origin + d·dir; dir is of length 1. */
struct okng_edge_row {
	struct okng_point origin, dir;
};

struct okng_edge {
	double at;       /* pixels from the rows' origins */
	double contrast; /* grey levels from before to behind the edge: above 0 rises */
	double slope;    /* grey levels per pixel of the response's peak, signed as contrast */
	double spread;   /* pixels²: variance of the blur of optics, pixel and sampling, the filter's own taken off; >= 0 */
};

struct okng_edge_finder;

/* Room for scans of up to length pixels, with a filter of sigma. 0; -EINVAL (range); -ENOMEM. */
int okng_edge_finder_open(struct okng_edge_finder **finder, double length, double sigma);

/* Samples the scan from distance start to start + length and as far beyond as the filter reaches, averaged over n rows;
 * spans: per image row [x0, x1) that may be read, NULL: all. 0; -EDOM when a part of the scan itself may not be read;
 * -EINVAL (n, longer than opened for, format). No heap calls. */
int okng_edge_sample(struct okng_edge_finder *finder, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_edge_row *rows, int n, double start, double length);

/* All edges of the last sampled scan with |contrast| >= min_contrast, in order of distance, within the scan; the list is
 * the finder's, until the next call. An edge without room for the filter before the picture's end is not seen. */
int okng_edge_find(struct okng_edge_finder *finder, double min_contrast, const struct okng_edge **edges);

/* n rows side by side, 1 pixel apart, across a scan that starts at origin: n <= OKNG_EDGE_ROWS_MAX. */
void okng_edge_rows_across(struct okng_edge_row *rows, int n, struct okng_point origin, struct okng_point dir);

/* n rays from centre around the direction dir, side by side at 1 pixel where they are radius pixels away. */
void okng_edge_rows_fan(struct okng_edge_row *rows, int n, struct okng_point centre, struct okng_point dir, double radius);

/* Unit vector of an angle in degrees, any angle: 0 to the right, counter-clockwise for a viewer (y runs down). */
struct okng_point okng_edge_direction(double angle);

void okng_edge_finder_close(struct okng_edge_finder **finder);

#endif

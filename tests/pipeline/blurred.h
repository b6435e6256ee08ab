/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of edges whose place is known to a thousandth of a pixel: figures blurred by a Gaussian, integrated over each
 * pixel, with noise, rounded to 8 bits.
 */
#ifndef OKNG_TESTS_PIPELINE_BLURRED_H
#define OKNG_TESTS_PIPELINE_BLURRED_H

#include <stdint.h>

#include "pipeline/edge.h"

enum blurred_figure { BLURRED_EDGE, BLURRED_BAR, BLURRED_CORNER, BLURRED_DISC };

struct blurred {
	enum blurred_figure figure;
	struct okng_point at;   /* a point of the edge, of the bar's first edge, the corner, the disc's centre */
	double angle;           /* degrees, y down: normal of the edge, from dark to bright */
	double size;            /* width of the bar, radius of the disc; corner: degrees from the first edge's normal to the other's */
	double blur;            /* sigma of the optics, pixels */
	double dark, bright;    /* levels; swapped: the figure is dark */
	double noise;           /* standard deviation, levels */
};

/* Draws over all of img (MONO8). */
void blurred_draw(struct okng_image *img, const struct blurred *what, uint64_t *seed);

/* Roughly uniform in [lo, hi), and normal of standard deviation 1. */
double blurred_uniform(uint64_t *seed, double lo, double hi);
double blurred_normal(uint64_t *seed);

#endif

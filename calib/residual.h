/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the corners of a flat target lie from where a camera without distortion would draw them, and how far once the lens is
 * taken out: what a lens profile is worth, corner by corner.
 */
#ifndef OKNG_CALIB_RESIDUAL_H
#define OKNG_CALIB_RESIDUAL_H

#include "calib/lens.h"
#include "pipeline/edge.h"

struct okng_residual {
	struct okng_point at;            /* the corner, pixels of the frame */
	struct okng_point before, after; /* from where it should be to where it was seen, pixels: by the best plane without the lens, with it */
};

/* Of the corners that were seen (missing NULL: all) into residual[cols × rows]. How many; -EDOM: they do not tell a plane;
 * -ENOMEM. */
int okng_residuals(const struct okng_lens *lens, const struct okng_lens_board *board, const struct okng_lens_point *corner,
	const bool *missing, struct okng_residual *residual);

#endif

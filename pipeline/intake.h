/* SPDX-License-Identifier: Apache-2.0
 *
 * The first look at a frame: flat field, mean, sharpness and the locator's pyramid in one pass, row by row, so that
 * every pixel is fetched from memory once.
 */
#ifndef OKNG_PIPELINE_INTAKE_H
#define OKNG_PIPELINE_INTAKE_H

#include "pipeline/correct.h"
#include "pipeline/kernels.h"
#include "pipeline/locate.h"

struct okng_intake {
	const struct okng_kernels *k;
	const struct okng_flat *flat;   /* NULL: none */
	struct okng_image *corrected;   /* where it goes with a flat field */
	struct okng_locator *locator;   /* NULL: none */
	bool sharpness;                 /* wanted; else 0 */
};

struct okng_intake_sums {
	uint64_t grey;     /* of all pixels */
	double sharpness;  /* energy of the horizontal gradient over that of the mean grey: brightness does not matter */
};

/* frame: MONO8, of the size of flat and locator. Returns the picture to go on with: corrected, or the frame itself; the
 * locator has seen it (okng_locator_find). */
const struct okng_image *okng_intake_run(const struct okng_intake *intake, const struct okng_image *frame,
	struct okng_intake_sums *sums);

#endif

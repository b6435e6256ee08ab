/* SPDX-License-Identifier: Apache-2.0
 *
 * What helps to focus a lens and to set an exposure: numbers of one frame. Any thread.
 */
#ifndef OKNG_CLI_AIDS_H
#define OKNG_CLI_AIDS_H

#include <stdint.h>

#include "pipeline/image.h"

#define OKNG_AIDS_BINS 64

struct okng_aids {
	double sharpness; /* energy of the horizontal gradient over that of the mean grey, a pixel; what image.min_sharpness compares; 0 of a flat
	                   * or black picture. It grows with focus; only pictures of the same thing compare. */
	double mean;      /* grey levels, 0 to 255 */
	double dark, bright; /* shares of the pixels, 0 to 1, that are 0 and 255: information is lost there */
	uint32_t histogram[OKNG_AIDS_BINS]; /* pixels in each 4 grey levels */
};

/* Of that region of a MONO8 picture; a region of no width: all of it. 0, -EINVAL (not MONO8, a region beyond the picture),
 * -ENOMEM. */
int okng_aids_measure(struct okng_aids *aids, const struct okng_image *image, struct okng_rect region);

#endif

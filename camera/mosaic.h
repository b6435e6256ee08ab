/* SPDX-License-Identifier: Apache-2.0
 *
 * A Bayer mosaic to grey, at its full size. Luminance: (R + 2G + B) / 4 of the bilinear picture, which is the mosaic under
 * the 3 × 3 binomial weights, whatever its pattern. Green: as it is at green pixels, the mean of the four green neighbours
 * elsewhere; sharper, and blind to what only red and blue show. Edges are mirrored.
 */
#ifndef OKNG_CAMERA_MOSAIC_H
#define OKNG_CAMERA_MOSAIC_H

#include "pipeline/image.h"

enum okng_bayer { OKNG_BAYER_LUMINANCE, OKNG_BAYER_GREEN };

/* In this order formats name their patterns: the first two pixels of the first row. */
enum okng_pattern { OKNG_PATTERN_BG, OKNG_PATTERN_GB, OKNG_PATTERN_GR, OKNG_PATTERN_RG };

#define OKNG_MOSAIC_ROWS 3
/* For the rows that are needed at once; the caller's, so that nothing is allocated for a frame. */
struct okng_mosaic_scratch {
	uint16_t row[OKNG_MOSAIC_ROWS][OKNG_IMAGE_SIDE_MAX + 2], sums[OKNG_IMAGE_SIDE_MAX + 2];
};

struct okng_mosaic {
	enum okng_pattern pattern;
	enum okng_bayer bayer;
	int depth; /* bits of a value, 8 to 12: sums of 16 of them fit 16 bits */
	/* Row y of the mosaic, as many values as the picture is wide, none beyond depth. */
	void (*read)(const void *frame, int32_t y, uint16_t *to);
	const void *frame;
};

/* The upper 8 bits, after the filter, so that the low bits of neighbours count. *to: Mono8, 2 × 2 pixels at least. No heap. */
void okng_mosaic_to_8(struct okng_image *to, const struct okng_mosaic *mosaic, struct okng_mosaic_scratch *scratch);

#endif

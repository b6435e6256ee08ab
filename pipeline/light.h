/* SPDX-License-Identifier: Apache-2.0
 *
 * Lamps age and lines are not dark rooms: the overall brightness of an aligned part is brought to that of the taught
 * one before it is compared, and before it is learned. One gain for the whole part: what varies over the picture is the
 * flat field's and the tolerance's business. A white pixel may have been brighter than white: it counts as its place in the
 * reference where that is brighter than white in the taught light, so that a part is not rejected for being overexposed.
 */
#ifndef OKNG_PIPELINE_LIGHT_H
#define OKNG_PIPELINE_LIGHT_H

#include "pipeline/image.h"
#include "pipeline/kernels.h"

#define OKNG_LIGHT_ONE 4096 /* gain 1.0 */

/* Sums of the part's and of the reference's greys, over pixels that are neither black nor saturated in either. */
struct okng_light_sums {
	uint64_t part, reference;
};

/* Every how many rows one is looked at: some 128 rows tell the light of a picture of any height. */
int32_t okng_light_rows(int32_t height);

/* Adds the pixels [span[0], span[1]) of a row. */
void okng_light_add(const struct okng_kernels *k, struct okng_light_sums *sums, const uint8_t *part, const uint8_t *reference,
	const int32_t span[2]);

/* Gain, 4.12, that brings the part to the reference: the ratio of the sums, kept within 0.5 to 2; 1 where they are 0. The
 * kernel light applies it. */
uint32_t okng_light_gain(const struct okng_light_sums *sums);

#endif

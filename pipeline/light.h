/* SPDX-License-Identifier: Apache-2.0
 *
 * Lamps age and lines are not dark rooms: the overall brightness of an aligned part is brought to that of the taught
 * one before it is compared, and before it is learned.
 */
#ifndef OKNG_PIPELINE_LIGHT_H
#define OKNG_PIPELINE_LIGHT_H

#include "pipeline/image.h"

#define OKNG_LIGHT_ONE 4096 /* gain 1.0 */

/* Gain, 4.12, that brings img to reference (MONO8, one size): the ratio of their sums over the pixels of spans (NULL:
 * all) that are neither black nor saturated in either; kept within 0.5 to 2. */
uint32_t okng_light_gain(const struct okng_image *img, const int32_t (*spans)[2], const struct okng_image *reference);

/* In place: min(255, value × gain, rounded). A saturated pixel stays saturated. */
void okng_light_apply(struct okng_image *img, uint32_t gain);

#endif

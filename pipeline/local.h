/* SPDX-License-Identifier: Apache-2.0
 *
 * Means of the square window around each pixel, clipped at the border, row by row from running sums (F. C. Crow,
 * "Summed-area tables for texture mapping", SIGGRAPH 1984, kept for one row of windows).
 */
#ifndef OKNG_PIPELINE_LOCAL_H
#define OKNG_PIPELINE_LOCAL_H

#include "pipeline/image.h"
#include "pipeline/kernels.h"

struct okng_local;

/* For images `width` pixels wide; window: the side, odd, 3 to 255. kernels outlive it. 0, -ENOMEM. */
int okng_local_open(struct okng_local **local, int32_t width, int window, const struct okng_kernels *kernels);

/* The mean at each pixel of row y, rounded, into mean (width bytes). img is MONO8; rows are asked for in order from 0,
 * each once. No heap calls. */
void okng_local_row(struct okng_local *local, const struct okng_image *img, int32_t y, uint8_t *mean);

void okng_local_close(struct okng_local **local);

#endif

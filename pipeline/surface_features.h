/* SPDX-License-Identifier: Apache-2.0
 *
 * What a surface looks like: in each cell of 8 × 8 pixels the strongest answer of a small fixed bank of filters (dark
 * spots, pits and thin dark lines along, across and slanted to the image's axes; steps from row to row) on three scales:
 * on the logarithm of the grey value, on the same with every column's own long mean taken away (so that a vertical grain,
 * drawn, ground or brushed, does not count), and, the steps only, on the strength of the fine texture.
 */
#ifndef OKNG_PIPELINE_SURFACE_FEATURES_H
#define OKNG_PIPELINE_SURFACE_FEATURES_H

#include "pipeline/image.h"

#define OKNG_SURFACE_CELL 8       /* pixels, side of a cell */
#define OKNG_SURFACE_CHANNELS 40
#define OKNG_SURFACE_SIDE_MIN 64  /* pixels, of an image */

struct okng_surface_features;

/* Memory for images of this size. 0, -EINVAL (a side below OKNG_SURFACE_SIDE_MIN or above OKNG_IMAGE_SIDE_MAX), -ENOMEM. */
int okng_surface_features_open(struct okng_surface_features **features, int32_t width, int32_t height);

/* Computes the cells of img (MONO8, of the opened size). No heap calls. */
void okng_surface_features_run(struct okng_surface_features *features, const struct okng_image *img);

/* Cells across and down; a rest of less than a cell belongs to the last one. */
int32_t okng_surface_features_columns(const struct okng_surface_features *features);
int32_t okng_surface_features_rows(const struct okng_surface_features *features);

/* Of the last run: a channel's strongest answers, 0 to 32767 in 1/1024 of a doubling of the light, [rows × columns]. */
const int16_t *okng_surface_features_channel(const struct okng_surface_features *features, int channel);

/* "dark spot 4 px": what a channel answers to, and at what scale. Static. */
const char *okng_surface_features_name(int channel);

/* 1024 · log2(v / 2^shift), v ≥ 1, rounded down: by integers, so that it is the same everywhere. */
int32_t okng_surface_log(uint32_t v, int shift);

void okng_surface_features_close(struct okng_surface_features **features);

#endif

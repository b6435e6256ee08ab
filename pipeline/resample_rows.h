/* SPDX-License-Identifier: Apache-2.0
 *
 * What resample.c and warp.c share, and nobody else includes.
 */
#ifndef OKNG_PIPELINE_RESAMPLE_ROWS_H
#define OKNG_PIPELINE_RESAMPLE_ROWS_H

#include "pipeline/image.h"
#include "pipeline/kernels.h"

/* Fills row y of the picture; span: the pixels that lie in the frame, 0, 0 for none. Beyond them it repeats the outermost. */
typedef void (*okng_resample_row)(void *state, int32_t y, int32_t span[2]);

/* All rows of out, each once, brought to the brightness of light (NULL: none); rows without a pixel repeat the nearest with. */
void okng_resample_rows(const struct okng_kernels *k, okng_resample_row row, void *state, const struct okng_image *light,
	struct okng_image *out, int32_t (*spans)[2]);

#endif

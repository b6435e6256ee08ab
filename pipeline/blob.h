/* SPDX-License-Identifier: Apache-2.0
 *
 * Connected components of a bit mask (8-neighbours) and their features. Labelled from runs, one pass over the rows with
 * union-find on the labels (K. Suzuki, I. Horiba, N. Sugie, "Linear-time connected-component labeling based on sequential
 * local operations", CVIU 89, 2003, in its run-length form), so that an empty mask costs the look at its words.
 */
#ifndef OKNG_PIPELINE_BLOB_H
#define OKNG_PIPELINE_BLOB_H

#include "pipeline/mask.h"
#include "pipeline/verdict.h"

#define OKNG_BLOB_LABELS 65536 /* before merging; a frame with more is no part but noise */

struct okng_blobs;

int okng_blobs_open(struct okng_blobs **blobs, int32_t width); /* 0, -ENOMEM */

/* From now on a value is that of the image smoothed by gauss3 of these kernels, which outlive blobs; reckoned only where
 * a component lies. NULL: the value itself, as after open. */
void okng_blobs_smooth(struct okng_blobs *blobs, const struct okng_kernels *kernels);

/* Finds the components of mask with at least min_area pixels, in the order of their first pixel; value and expected
 * (MONO8, the mask's size) give the contrast, mean |value - expected|. Calls each(user, defect) with box, area, cx, cy,
 * elongation, contrast, fill and polarity set and the rest zero. Number of components, or -EOVERFLOW when the labels
 * ran out (nothing was called). No heap calls. */
int okng_blobs_find(struct okng_blobs *blobs, const struct okng_mask *mask, const struct okng_image *value,
	const struct okng_image *expected, enum okng_polarity polarity, int min_area,
	void (*each)(void *user, const struct okng_defect *defect), void *user);

void okng_blobs_close(struct okng_blobs **blobs);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame onto the reference, by the pose that locate.h defines, in the light of the reference: what inspection and
 * learning compare.
 */
#ifndef OKNG_PIPELINE_RESAMPLE_H
#define OKNG_PIPELINE_RESAMPLE_H

#include "pipeline/image.h"
#include "pipeline/kernels.h"
#include "pipeline/verdict.h"

/* Fills out (MONO8, the size of the reference, not the frame's memory) by bilinear interpolation in integers, the same
 * on every level of kernels; no pixel is more than 0.6 levels from the exact interpolation at the exact pose. spans
 * (out->height entries) receives [x0, x1) of each row, the pixels whose place lies inside the frame, 0, 0 for none.
 * Beyond them a row repeats its outermost pixel, and a row that has none the nearest that has; no row has any: black.
 * light (MONO8 of the size of out; NULL: none): the reference to whose brightness out is brought, see light.h.
 * 0; -EINVAL (format, or a pose beyond 45° or 32768 pixels). Any thread; needs some 80 KiB of stack. */
int okng_resample(const struct okng_kernels *k, const struct okng_pose *pose, const struct okng_image *frame,
	const struct okng_image *light, struct okng_image *out, int32_t (*spans)[2]);

#endif

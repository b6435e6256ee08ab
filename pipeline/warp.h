/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame onto the reference through the lens that took it: what okng_resample does for a pose, for pose and distortion
 * together, so that a frame is resampled once. The pixel (x, y) of the aligned picture takes its grey from lens(pose(x, y)).
 *
 * The lens is reckoned exactly at nodes, every 8th pixel of every 16th row of the aligned picture; rows between them lie on
 * parabolas, pixels on straight lines shifted so that nodes and middles are off by the same. No place that the undistorted
 * picture shows is off by more than OKNG_WARP_ERROR, none in those corners of the frame that only a moved part brings into
 * it by more than OKNG_WARP_ERROR_BEYOND: open measures both. Bilinear interpolation at 1/128 pixel across and 1/8192 down, in integers.
 */
#ifndef OKNG_PIPELINE_WARP_H
#define OKNG_PIPELINE_WARP_H

#include "pipeline/brown.h"
#include "pipeline/image.h"
#include "pipeline/kernels.h"
#include "pipeline/verdict.h"

#define OKNG_WARP_ERROR 0.02        /* pixels */
#define OKNG_WARP_ERROR_BEYOND 0.03

struct okng_warp;

/* The lens is copied. 0; -ENOMEM; -EINVAL with *err: it bends so strongly for its size of picture that places between the
 * nodes would be off by more than that. */
int okng_warp_open(struct okng_warp **warp, const struct okng_brown *lens, struct okng_error *err);

/* The same however far off the places are: for a picture that is only searched for where the part may be. */
int okng_warp_open_rough(struct okng_warp **warp, const struct okng_brown *lens, struct okng_error *err);

/* As okng_resample (resample.h), for frames and out of the lens's size; spans receives for each row the longest stretch of
 * pixels whose places lie in the frame. 0; -EINVAL. One thread at a time; no heap calls; a pose that comes again costs less. */
int okng_warp_run(struct okng_warp *warp, const struct okng_kernels *k, const struct okng_pose *pose, const struct okng_image *frame,
	const struct okng_image *light, struct okng_image *out, int32_t (*spans)[2]);

/* Where pixel x of row y of the last okng_warp_run was taken from; x below the width. */
struct okng_point okng_warp_place(struct okng_warp *warp, int32_t x, int32_t y);

void okng_warp_close(struct okng_warp **warp);

/* A new picture as a lens without distortion would have drawn it: for golden images and the like. 0; -EINVAL with *err
 * (another size or format); -ENOMEM. */
int okng_undistort(const struct okng_brown *lens, const struct okng_image *frame, struct okng_image *out, struct okng_error *err);

#endif

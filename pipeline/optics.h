/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of a camera, as calibration measured it: how its sensor sees an even light, how its lens draws, and where
 * its picture lies on the part's plane. Each may be missing.
 *
 * A frame goes through the flat field first. The lens is taken out in the same step that aligns the part, so that a frame is
 * resampled once; the locator looks at the frame through the lens, too, and its pose is one of the undistorted picture.
 *
 * The plane is the camera's: from pixels of the undistorted picture to millimetres. Tools measure in the aligned picture,
 * whose point p lies at pose(p) in the undistorted one; so its millimetres are plane(pose(p)), other ones for each part
 * of a tilted plane.
 */
#ifndef OKNG_PIPELINE_OPTICS_H
#define OKNG_PIPELINE_OPTICS_H

#include "pipeline/brown.h"
#include "pipeline/correct.h"
#include "pipeline/measure.h"

struct okng_optics {
	const struct okng_flat *flat;
	const struct okng_brown *lens;
	const struct okng_plane *plane; /* also without a lens: of the frame itself then */
};

/* From the aligned picture of width × height to millimetres: the plane after the pose. */
struct okng_plane okng_plane_posed(const struct okng_plane *plane, const struct okng_pose *pose, int32_t width, int32_t height);

#endif

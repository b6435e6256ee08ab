/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the part lies in the frame: shift and rotation against a reference image, to a few hundredths of a pixel, and
 * the frame resampled onto the reference so that it can be compared pixel by pixel.
 *
 * With reference centre (cx, cy) = ((width - 1) / 2, (height - 1) / 2), u = x - cx, v = y - cy and c, s = cos, sin of
 * pose.angle, the reference point (x, y) is found in the frame at
 *
 *     xf = cx + pose.dx + c·u + s·v
 *     yf = cy + pose.dy - s·u + c·v
 *
 * Pixel centres have whole coordinates, y runs down; a positive angle turns the part counter-clockwise for a viewer.
 *
 * Method: pyramid of 2×2 means; at the coarsest level every shift and angle is tried by normalised correlation over
 * structure points after the local mean is taken off (so that shading does not matter); the best few are refined
 * from level to level by Gauss-Newton on gradient points with gain, offset and smooth shading as free unknowns
 * (inverse compositional: S. Baker and I. Matthews, "Lucas-Kanade 20 Years On", IJCV 56(3), 2004). Sums over pixels are
 * integers, so that the pose does not depend on their order; only the small solver uses doubles (+ - × / only, and a
 * sine of our own), so that all machines with IEEE 754 agree.
 */
#ifndef OKNG_PIPELINE_LOCATE_H
#define OKNG_PIPELINE_LOCATE_H

#include <stdint.h>

#include "pipeline/brown.h"
#include "pipeline/image.h"
#include "pipeline/verdict.h"

#define OKNG_LOCATE_SEARCH_MAX 64  /* pixels */
#define OKNG_LOCATE_ANGLE_MAX 10.0 /* degrees */

struct okng_locator;

/* Learns the points of the reference (MONO8; it may be freed after) and allocates all that run needs. search in pixels
 * and angle in degrees bound the pose on either side; search == 0: the part does not shift, angle == 0: it does not
 * turn, both 0: the pose is the identity and only the score is computed. 0; -EINVAL (range, format, a side shorter
 * than 16); -ENODATA (the reference is blank: nothing to hold on to); -ENOMEM. */
int okng_locator_open(struct okng_locator **locator, const struct okng_image *reference, int search, double angle);

/* Frames are seen through this lens (copied) from now on; the reference is not. Poses are of the undistorted picture then: the
 * reference point (x, y) is found in the frame at lens(xf, yf). 0; -EINVAL with *err: another size; -ENOMEM. */
int okng_locator_look_through(struct okng_locator *locator, const struct okng_brown *lens, struct okng_error *err);

/* Finds the part in a frame (MONO8) of the reference's size. One thread at a time; no heap calls. *pose is always filled; its
 * score is the normalised correlation of frame and reference at the pose, 0 where either is blank.
 * 0; -EINVAL (other size or format, *pose zeroed); -ENOENT: no plausible place within the search range; -EDOM: a place
 * was found but the refinement settled neither at full nor at half size, *pose is the best guess. */
int okng_locator_run(struct okng_locator *locator, const struct okng_image *frame, struct okng_pose *pose);

/* The same in parts, for who passes over the frame anyway: begin takes the frame (which okng_locator_run would not
 * refuse), feed is told how many of its rows are ready, find does the rest when all are; it reads the frame again. */
void okng_locator_begin(struct okng_locator *locator, const struct okng_image *frame);
void okng_locator_feed(struct okng_locator *locator, int32_t rows);
int okng_locator_find(struct okng_locator *locator, struct okng_pose *pose);

/* Resamples the frame onto the reference: okng_resample (resample.h) with this machine's kernels, in the frame's own
 * light; spans may be NULL. */
int okng_locate_resample(const struct okng_pose *pose, const struct okng_image *frame, struct okng_image *out,
	int32_t (*spans)[2]);

/* Sine and cosine of an angle in degrees, |angle| <= 45: the polynomial behind the formulas above. */
void okng_locate_sincos(double angle, double *sine, double *cosine);

void okng_locator_close(struct okng_locator **locator);

#endif

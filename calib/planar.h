/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the plane that parts lie on is seen: from one picture of a target in that plane to millimetres, with what that is
 * worth. The homography is fitted to the corners where they were seen, through the lens, so that each counts by its own
 * error (Gauss-Newton from a linear start; R. Hartley and A. Zisserman, "Multiple View Geometry", 2nd ed., 4.1 and 4.5);
 * its covariance, from the residuals, is carried to places of the picture by first order propagation (ibid., 5.2).
 *
 * The plane maps pixels of the *undistorted* picture, which has the same fx, fy, cx, cy and size as the frame: of a profile
 * without lens those of the frame itself. The centre of the first pixel is (0, 0). Millimetres: the origin is where the
 * picture's centre ((width - 1) / 2, (height - 1) / 2) is seen, X runs there along the rows, Y roughly down the columns,
 * as in the picture; how the target lay does not matter. w is 1 at the centre and above 0 in all the picture.
 *
 * Pure, any thread; for the bench, not for the way of a part.
 */
#ifndef OKNG_CALIB_PLANAR_H
#define OKNG_CALIB_PLANAR_H

#include "calib/lens.h"
#include "pipeline/measure.h"

#define OKNG_PLANAR_CORNERS_MIN 12    /* seen, of any board */
#define OKNG_PLANAR_COVER_MIN 0.20    /* share of the picture within the outermost corners */
#define OKNG_PLANAR_TILT_MAX 45.0     /* degrees */
#define OKNG_PLANAR_RMS_MAX 1.0       /* pixels */
#define OKNG_PLANAR_SIGMA_MAX 0.5     /* pixels that a place may be uncertain by, in the worst corner of the picture */

enum okng_planar_place { OKNG_PLANAR_CENTRE = 0, OKNG_PLANAR_TOP_LEFT, OKNG_PLANAR_TOP_RIGHT, OKNG_PLANAR_BOTTOM_LEFT,
	OKNG_PLANAR_BOTTOM_RIGHT, OKNG_PLANAR_PLACES };

extern const char *const okng_planar_place_names[OKNG_PLANAR_PLACES];

struct okng_planar {
	struct okng_lens_board board;     /* the target */
	struct okng_plane plane;          /* from undistorted pixels to mm, see above */
	double scale;                     /* mm per pixel at the picture's centre, geometric mean of all directions */
	double tilt;                      /* degrees between the plane and the picture's, at the centre */
	double coverage;                  /* share of the picture within the outermost corners, 0 to 1 */
	double rms;                       /* reprojection error, pixels of the frame */
	double sigma[OKNG_PLANAR_PLACES]; /* standard uncertainty of a place on the target, mm, worst direction */
	int corners;                      /* used */
};

/* What a target in the plane shows: its corners by the plane, laid on the true ones by shift and turn. */
struct okng_planar_check {
	double rms, worst; /* mm that corners are off */
	double limit;      /* mm that rms may be: 2.5 times the calibration's error, or 0.3 pixels */
	double scale;      /* lengths by the plane over the true ones: 1.001 measures 1 mm per m too long */
	int corners;
	bool holds;
};

/* corner: cols × rows of the board, pixels of the frame; missing: cols × rows, true where it was not seen, or NULL: all were.
 * lens: width and height always; has_lens: its param too. 0; -EINVAL with *err: too few corners, too little of the picture,
 * too oblique, not flat (or bent by an unknown lens), too uncertain, no homography at all; *planar is then filled as far as
 * it got, for a report. */
int okng_planar_make(struct okng_planar *planar, const struct okng_lens_board *board, const struct okng_lens *lens, bool has_lens,
	const struct okng_lens_point *corner, const bool *missing, struct okng_error *err);

/* As above for a new picture, on which the target may lie anywhere in the plane. -EINVAL with *err: too few corners. */
int okng_planar_verify(struct okng_planar_check *check, const struct okng_planar *planar, const struct okng_lens *lens, bool has_lens,
	const struct okng_lens_point *corner, const bool *missing, struct okng_error *err);

/* Whether numbers can be a plane for pictures of this size: finite, no horizon in the picture, not mirrored. */
bool okng_planar_sound(const struct okng_plane *plane, int32_t width, int32_t height);

#endif

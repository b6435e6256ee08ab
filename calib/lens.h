/* SPDX-License-Identifier: Apache-2.0
 *
 * Lens calibration from pictures of a target: focal lengths, principal point and distortion with their standard
 * deviations. Model and solver are Zhang's (A flexible new technique for camera calibration, 2000) with Brown's
 * distortion (Decentering distortion of lenses, 1966), as OpenCV has them; OpenCV is in a module of its own, loaded
 * when a calibration runs, so that neither okngd nor okng is linked with it. What is rejected and when views are not
 * enough is decided here. Blocking, any thread, one call at a time per solver.
 */
#ifndef OKNG_CALIB_LENS_H
#define OKNG_CALIB_LENS_H

#include "pipeline/error.h"
#include "pipeline/image.h"

#define OKNG_LENS_PARAMS 9
#define OKNG_LENS_VIEWS_MIN 5    /* used views that a calibration needs */
#define OKNG_LENS_VIEWS_MAX 256
#define OKNG_LENS_CORNERS_MAX 2048 /* of a board */
#define OKNG_LENS_SEEN_MIN 12    /* corners that a view needs; of a smaller board all */
#define OKNG_LENS_DICTIONARIES 17 /* from 4x4_50 on, and aruco_original */
#define OKNG_LENS_COVER_COLS 8   /* cells of the coverage map */
#define OKNG_LENS_COVER_ROWS 6
#define OKNG_LENS_COVER_MIN 0.5  /* share of the cells that corners must reach */
#define OKNG_LENS_TILT_MIN 15.0  /* degrees that the two most different views must differ in tilt */

struct okng_lens_point {
	double x, y; /* pixels, centre of the first pixel is (0, 0) */
};

struct okng_lens_board {
	int cols, rows; /* inner corners, 3 to 64 each, of a ChArUco board too */
	double square;  /* mm, over 0 */
	double marker;  /* side of a ChArUco marker, mm, below square; 0: a chessboard */
	int dictionary; /* of the markers: OpenCV's number, below OKNG_LENS_DICTIONARIES */
};

/* fx, fy, cx, cy in pixels; k1, k2, p1, p2, k3. */
struct okng_lens {
	int32_t width, height;          /* of the pictures */
	double param[OKNG_LENS_PARAMS];
	double sigma[OKNG_LENS_PARAMS]; /* standard deviations */
	double rms;                     /* reprojection error over all used corners, pixels */
	int views, corners;             /* used */
};

/* "4x4_50" and so on, by number. */
extern const char *const okng_lens_dictionary_names[OKNG_LENS_DICTIONARIES];

extern const char *const okng_lens_param_names[OKNG_LENS_PARAMS];

enum okng_lens_fate {
	OKNG_LENS_USED = 0,
	OKNG_LENS_NO_BOARD, /* the board was not found, or too little of it */
	OKNG_LENS_OUTLIER,  /* fits much worse than the others */
};

struct okng_lens_view {
	struct okng_lens_point *corner; /* cols × rows, the caller's; NULL: the board was not found */
	const bool *missing;            /* cols × rows, the caller's: corners that were not seen; NULL: all were */
	bool *dropped;                  /* cols × rows, the caller's: out, corner missing or rejected */
	enum okng_lens_fate fate;       /* out */
	int n_missing, n_dropped;       /* out: corners not seen, corners rejected */
	double rms;                     /* out: pixels, over the used corners */
	double tilt;                    /* out: degrees between the board's normal and the axis */
	double normal[3];               /* out: of the board, in the camera's frame */
};

struct okng_lens_report {
	int n_outliers, n_missing, n_corners_dropped;
	int cover[OKNG_LENS_COVER_ROWS][OKNG_LENS_COVER_COLS]; /* used corners in each cell of the picture */
	double coverage;      /* share of the cells with a corner, 0 to 1 */
	double tilt_variety;  /* degrees between the two most different normals */
	double rms_first;     /* before anything was rejected, pixels */
};

/* What the module offers. Both catch every exception: -ENOMEM, or -EINVAL when OpenCV refuses. */
struct okng_lens_solver {
	const char *version;
	/* Corners row by row, to a fraction of a pixel; missing (same size): those of a ChArUco board that were not seen. -ENOENT:
	 * no whole chessboard in the picture, or not three rows and columns of a ChArUco board; -ERANGE: its dictionary has
	 * fewer markers than the board; -ENOTSUP: ChArUco, and built without it. */
	int (*find)(const struct okng_image *img, const struct okng_lens_board *board, struct okng_lens_point *corner, bool *missing);
	/* The cells of a marker with its border, row by row, 1 is black, at most room. How many a side has; -ERANGE: the
	 * dictionary has no such marker, or no room; -ENOTSUP. */
	int (*marker)(int dictionary, int id, uint8_t *black, int room);
	/* From the used views and corners: param, sigma, rms of *lens (size is given), and of each used view rms, normal and
	 * tilt; residual (n × cols × rows, may be NULL) gets the distance of each corner of a used view from where it
	 * should be, pixels. */
	int (*solve)(struct okng_lens *lens, const struct okng_lens_board *board, struct okng_lens_view *view, int n, double *residual);
	/* How a view fits a lens that is given: rms, normal, tilt of *view. */
	int (*fit)(const struct okng_lens *lens, const struct okng_lens_board *board, struct okng_lens_view *view);
};

#define OKNG_LENS_SYMBOL "okng_lens_by_opencv_2" /* what the module exports: a const struct okng_lens_solver */

/* The module at path; NULL: beside the program in a build folder, or where it was installed. It stays loaded.
 * 0; -ENOENT with *err: there is none, and how to get it. */
int okng_lens_load(const struct okng_lens_solver **solver, const char *path, struct okng_error *err);

/* Solves, rejects views and then corners that do not fit, solves again until nothing is rejected. 0; -EINVAL with *err
 * saying what is wanting (too few views, too alike, too little of the picture covered), *report and views are filled
 * then, too; -ENOMEM. lens: width and height are the caller's. */
int okng_lens_make(struct okng_lens *lens, const struct okng_lens_solver *solver, const struct okng_lens_board *board,
	struct okng_lens_view *view, int n, struct okng_lens_report *report, struct okng_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Measurements from edges: what a [[tool]] of type measure says it wants, and the measuring. Places are given in pixels
 * of the reference image; lengths come out in the unit of a plane, pixels where there is none.
 *
 * A scan goes from a point to a point; breadth pixels across it are averaged. With scans > 1 the breadth is divided into
 * that many scans side by side and a line is fitted through their edges (fit.h): then widths and distances are taken
 * across the lines, whatever the angle between them and the scan.
 *
 * A circle's edge is looked for along rays from its centre; a second pass starts from the circle that the first found.
 * Blur draws the edge of a circle of radius r inwards by s²/2r, with s the blur's sigma (diffusion at a curved front);
 * s² is taken from the edges' own width, and that is put back.
 */
#ifndef OKNG_PIPELINE_MEASURE_H
#define OKNG_PIPELINE_MEASURE_H

#include "pipeline/edge.h"
#include "pipeline/verdict.h"

#define OKNG_MEASURE_SCANS_MAX 64
#define OKNG_MEASURE_RAYS_MAX 360
#define OKNG_MEASURE_VALUES_MAX 3 /* one measure tool gives at most: diameter, roundness, offset */

enum okng_measure_kind {
	OKNG_MEASURE_WIDTH = 1, /* between two edges of opposite direction along one scan: neighbours, or the outermost */
	OKNG_MEASURE_POSITION,  /* of one edge along the scan, from its start */
	OKNG_MEASURE_DISTANCE,  /* between an edge of the first scan and one of the second */
	OKNG_MEASURE_ANGLE,     /* between the lines fitted to both scans' edges, counter-clockwise, nearest to nominal */
	OKNG_MEASURE_CIRCLE,    /* diameter, roundness, offset of the centre */
};

enum okng_pick {
	OKNG_PICK_FIRST = 1, OKNG_PICK_LAST, OKNG_PICK_STRONGEST,
	OKNG_PICK_OUTER, /* width only: from the first edge that fits to the last of the opposite direction, whatever lies between */
};

struct okng_measure_range {
	double min, max;
};

struct okng_measure {
	enum okng_measure_kind kind;
	struct okng_point from, to;    /* first scan */
	struct okng_point from2, to2;  /* second scan: distance, angle */
	double breadth;                /* 1 to 500 pixels across a scan; circle: averaged along the edge for each ray */
	int scans;                     /* 1, or 3 to OKNG_MEASURE_SCANS_MAX: a line is fitted; angle: at least 3 */
	struct okng_point centre;      /* circle: where it should be */
	double radius, reach;          /* circle: nominal, and how far to either side its edge is looked for */
	struct okng_measure_range arc; /* circle: 30 to 360 degrees of it, counter-clockwise from the right */
	int rays;                      /* circle: 8 to OKNG_MEASURE_RAYS_MAX over the arc */
	enum okng_transition transition; /* dark to bright: rise; along the scan, outwards on a circle; width: its first edge */
	enum okng_pick pick;           /* among those that fit; width: among the pairs */
	double sigma;                  /* OKNG_EDGE_SIGMA_MIN to 10 pixels: smoothing along the scan */
	double contrast;               /* 1 to 255 grey levels: lesser steps are no edges */
	double coverage;               /* 0.1 to 1: share of the scans or rays that must have an edge */
	enum okng_unit unit;           /* px or mm; an angle is in degrees */
	double nominal;
	struct okng_measure_range tolerance; /* deviations from nominal that are still good, min < max */
	double max_roundness, max_offset; /* circle: above that is out of tolerance; 0: only told */
};

/* From pixels of the reference image to millimetres on the part's plane: X = (m0·x + m1·y + m2) / w and
 * Y = (m3·x + m4·y + m5) / w with w = m6·x + m7·y + m8: scale, affine map or a tilted plane. */
struct okng_plane {
	double m[9];
};

struct okng_plane okng_plane_scale(double mm_per_pixel);
struct okng_point okng_plane_map(const struct okng_plane *plane, struct okng_point p);

struct okng_measurer;

/* The measure is copied. 0; -ENOMEM; -EINVAL: a value out of its range, or the scan leaves an image of width × height:
 * then *why says it in English (static). */
int okng_measurer_open(struct okng_measurer **measurer, const struct okng_measure *measure, int32_t width, int32_t height,
	const char **why);

/* Measures in the aligned image (MONO8) with what may be read of it (spans, see okng_edge_sample). plane NULL: pixels. It
 * may differ from part to part, so that a tilted plane can follow the part's pose. Fills all of out but tool and the
 * number of values: 1 or, circle, 3. -EDOM: a scan leaves the frame. No heap calls, one thread at a time. */
int okng_measurer_run(struct okng_measurer *measurer, const struct okng_image *img, const int32_t (*spans)[2],
	const struct okng_plane *plane, struct okng_measurement out[OKNG_MEASURE_VALUES_MAX]);

/* The limits from the next run on; tolerance.min < tolerance.max, the others 0 or more (0: only told). */
void okng_measurer_tune(struct okng_measurer *measurer, struct okng_measure_range tolerance, double max_roundness, double max_offset);

/* The upright box around all scans, clipped to the image. */
struct okng_rect okng_measurer_box(const struct okng_measurer *measurer);

void okng_measurer_close(struct okng_measurer **measurer);

#endif

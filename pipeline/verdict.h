/* SPDX-License-Identifier: Apache-2.0
 *
 * What the pipeline says of a part. The numbers are those of the PLC interface (the station checks that at compile
 * time); zero is "no verdict", so that a zeroed struct never ships a part.
 */
#ifndef OKNG_PIPELINE_VERDICT_H
#define OKNG_PIPELINE_VERDICT_H

#include "pipeline/image.h"

#define OKNG_DEFECTS_MAX 64 /* kept per part, worst first; more are counted */
#define OKNG_MEASURES_MAX 24 /* measured values per part, in the order of the recipe's tools */

enum okng_verdict { OKNG_NONE = 0, OKNG_OK = 1, OKNG_NG = 2, OKNG_REVIEW = 3, OKNG_FAULT = 4 };

enum okng_reason {
	OKNG_REASON_NONE = 0,
	OKNG_REASON_DEFECT = 1,
	OKNG_REASON_MEASURE = 2,    /* a measured value out of tolerance, or not found, decided */
	OKNG_REASON_NOT_FOUND = 10,
	OKNG_REASON_IMAGE = 11,     /* too dark, too bright or blurred */
	OKNG_REASON_NOT_ALIGNED = 12,
	OKNG_REASON_DEADLINE = 20,
	OKNG_REASON_CAMERA_LOST = 21,
	OKNG_REASON_INCOMPLETE = 22,
	OKNG_REASON_QUEUE_FULL = 23,
	OKNG_REASON_RECIPE = 24,
	OKNG_REASON_NOT_READY = 25,
	OKNG_REASON_OFFLINE = 26,
	OKNG_REASON_RESTARTED = 27,
	OKNG_REASON_PLC_LOST = 28,
	OKNG_REASON_INTERNAL = 30,
};

enum okng_polarity { OKNG_POLARITY_ANY = 0, OKNG_POLARITY_BRIGHT = 1, OKNG_POLARITY_DARK = 2 };

/* A blob with its features and, once classified and judged, its class and score. Flags are int, so that no byte of it is
 * padding: results are compared byte by byte. */
struct okng_defect {
	struct okng_rect box;        /* reference image */
	uint32_t area;               /* pixels beyond the band */
	float cx, cy;                /* centre of gravity */
	float elongation, contrast, fill;
	enum okng_polarity polarity;
	struct {                     /* of the tool conductor, else zero */
		int added;               /* 1: conductor where the golden image has none; else it is missing */
		float residue;           /* pixels that stay deep enough whichever way the surroundings are moved by a pixel */
		float depth;             /* pixels into the conductor or the gap */
		float relative_depth;    /* over half the width of the conductor or gap there */
		float radius;            /* pixels: of the largest circle within */
		float conductors;        /* pieces of conductor that it makes: -1 joins two, 1 adds one or cuts one */
		float grounds;           /* pieces of ground that it makes: -1 joins two, 1 is a hole */
		float border;            /* pixels from the border of the golden image, at most 32 */
	} conductor;
	int tool;                    /* index into the recipe's tools */
	int class_index;             /* index into the recipe's classes; -1: no row matched */
	int class_number;            /* 0: no row matched */
	enum okng_verdict verdict;   /* of its class row; no row: OKNG_NG */
	float score;                 /* 0 to 1, 0.5 is the limit: area / (area + limit area), or the tool's own when scored */
	float limit_area;
	int scored;                  /* 1: the tool measured how bad it is (taught trees, a surface's distance, a length): score is
	                              * set by the tool and area does not count */
	int taught_class;            /* class number that the tool itself says; 0: the recipe's rows name it */
	char why[40];                /* what decided, for people: the features or the value; may be empty */
};

enum okng_unit { OKNG_UNIT_PX = 0, OKNG_UNIT_MM = 1, OKNG_UNIT_DEG = 2 };

enum okng_quantity {
	OKNG_QUANTITY_WIDTH = 1, OKNG_QUANTITY_POSITION, OKNG_QUANTITY_DISTANCE, OKNG_QUANTITY_ANGLE, OKNG_QUANTITY_DIAMETER,
	OKNG_QUANTITY_ROUNDNESS, /* widest minus narrowest distance of the edge from the centre */
	OKNG_QUANTITY_OFFSET,    /* of the centre from where the recipe says */
};

/* One measured value of a part; a zeroed one was not found and not judged. */
struct okng_measurement {
	int tool;                    /* index into the recipe's tools */
	enum okng_quantity quantity;
	enum okng_unit unit;         /* of value, nominal, lower, upper and scatter */
	bool found;                  /* else value and scatter are 0 */
	bool judged;                 /* lower and upper hold; else it is only told */
	double value, nominal, lower, upper; /* both limits are still good */
	double scatter;              /* rms of the edge points about their line or circle; 0: a single edge */
	float score;                 /* 0 to 1, 0.5 is the limit: |value - middle| / (|value - middle| + half the tolerance) */
	float x, y;                  /* where, pixels of the reference image */
};

struct okng_pose {
	double dx, dy;  /* pixels: part in the frame minus part in the reference */
	double angle;   /* degrees, counter-clockwise in image coordinates with y down seen from the viewer */
	double score;   /* normalised correlation, -1 to 1 */
};

struct okng_result {
	enum okng_verdict verdict;
	enum okng_reason reason;
	float score, limit;  /* worst counted defect; limit is 0.5 */
	int worst;           /* index into defects, -1: none */
	int n_defects;       /* at or above their limit, class not ignored */
	int n_candidates;    /* entries in defects */
	int n_found;         /* blobs found in all; more than n_candidates when cut */
	struct okng_pose pose;
	float light, sharpness; /* over what was taught, 1 as then; 0: not known (drift.h) */
	bool found;             /* pose is the part's */
	char decided_by[96]; /* the row and limit that decided, for people: "class scratch: area 41 >= 20" */
	struct okng_defect defects[OKNG_DEFECTS_MAX]; /* by score, then y, then x */
	int n_measures;
	struct okng_measurement measures[OKNG_MEASURES_MAX]; /* in the order of the recipe's tools */
};

/* "OK", "NG", "REVIEW", "FAULT", "NONE". Static strings. */
const char *okng_verdict_name(enum okng_verdict verdict);
/* "px", "mm", "deg". Static strings. */
const char *okng_unit_name(enum okng_unit unit);
/* "width", "position", "distance", "angle", "diameter", "roundness", "offset", "" else. Static strings. */
const char *okng_quantity_name(enum okng_quantity quantity);
/* One short English phrase for a reason, "unknown reason" else. Static strings. */
const char *okng_reason_text(enum okng_reason reason);

#endif

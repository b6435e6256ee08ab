/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of a recipe, as plain data: what the quality engineer tunes in recipe.toml (config/ reads it into
 * this struct), what learn, compare, classify and judge are opened with. Lengths in pixels of the reference image,
 * grey values in levels 0 to 255, angles in degrees.
 */
#ifndef OKNG_PIPELINE_RECIPE_H
#define OKNG_PIPELINE_RECIPE_H

#include "pipeline/image.h"
#include "pipeline/measure.h"
#include "pipeline/verdict.h"

#define OKNG_NAME_MAX 48     /* bytes with the terminating zero */
#define OKNG_TOOLS_MAX 16
#define OKNG_CLASSES_MAX 32
#define OKNG_PATCHES_MAX 8   /* reference patches */
#define OKNG_IGNORES_MAX 16  /* masked rectangles of one tool */

enum okng_tool_type {
	OKNG_TOOL_COMPARE = 1, /* tolerance band against the taught part */
	OKNG_TOOL_BLOB,        /* threshold, no teaching needed */
	OKNG_TOOL_CONDUCTOR,   /* boards and lead frames as patterns, against a golden image */
	OKNG_TOOL_SURFACE = 4, /* how unlike any good patch a patch is */
	OKNG_TOOL_MEASURE = 5, /* edges, widths, angles, circles with tolerances; no teaching needed */
};

enum okng_threshold {
	OKNG_THRESHOLD_ABSOLUTE = 1, /* grey level itself */
	OKNG_THRESHOLD_LOCAL,        /* difference from the mean of a window around the pixel */
};

enum okng_decide {
	OKNG_DECIDE_TREES = 1, /* the forest that okng learn --pairs taught */
	OKNG_DECIDE_ROWS,      /* the recipe's [[class]] rows */
};

struct okng_range {
	double min, max; /* both inclusive */
};

struct okng_tool {
	char name[OKNG_NAME_MAX];
	enum okng_tool_type type;
	struct okng_rect region; /* in the reference image; w == 0: all of it */
	struct okng_rect ignore[OKNG_IGNORES_MAX];
	int n_ignore;
	bool smooth;    /* 3×3 Gauss (1 2 1) before the comparison or threshold */
	int opening;    /* 0 to 3: radius of the square opening of the mask */
	int closing;    /* 0 to 7: radius of the square closing after it: joins fragments */
	int min_area;   /* a blob smaller than this is noise and never becomes a candidate */
	/* compare: a pixel deviates when it leaves
	 * [mean - (min_dark + sigma_dark·σ + edge·g), mean + (min_bright + sigma_bright·σ + edge·g)]
	 * with σ the taught standard deviation and g the gradient magnitude of the mean, levels per pixel */
	double sigma_bright, sigma_dark; /* 0 to 20 */
	double min_bright, min_dark;     /* 0 to 255 levels */
	double edge;                     /* 0 to 4 pixels */
	/* blob: bright when value > bright, dark when value < dark (absolute); local: when it exceeds the window's mean by
	 * more than bright, or falls below it by more than dark. 0 switches that side off for local, and for absolute
	 * bright = 255 and dark = 0 do. */
	enum okng_threshold threshold;
	int bright, dark; /* 0 to 255 */
	int window;       /* 3 to 255, odd: side of the local window */
	/* conductor: see conductor.h */
	bool conductor_dark;
	int level;        /* 1 to 255: between conductor and ground */
	int search;       /* 0 to 16 */
	int box_margin;   /* 0 to 64 */
	int least_box;    /* 1 to 256 */
	enum okng_decide decide;
	struct okng_measure measure;
	/* surface: patch and margin, in pixels rounded to cells of 8, are part of what is taught */
	int patch;        /* 32 to 512: side of a patch */
	int margin;       /* 0 to 512: border of the region that is not looked at */
	double unlike;    /* 0.1 to 10: the limit, in times what the good parts taught */
	bool plc_writable; /* the PLC may move its limits, see tunable.h */
};

struct okng_class {
	char name[OKNG_NAME_MAX];
	int number;                    /* 1 to 999, shown in register CLASS */
	char tool[OKNG_NAME_MAX];      /* only blobs of this tool; "" = any */
	enum okng_polarity polarity;   /* OKNG_POLARITY_ANY = both */
	struct okng_range area;        /* pixels */
	struct okng_range width, height;
	struct okng_range elongation;  /* ≥ 1: ratio of the main axes of inertia */
	struct okng_range contrast;    /* levels: mean deviation from the expected grey */
	struct okng_range fill;        /* 0 to 1: area over box area */
	struct okng_range x, y;        /* centre of gravity, reference image */
	struct okng_range residue, depth, relative_depth, radius, conductors, grounds, border; /* see okng_defect.conductor */
	enum okng_verdict verdict;     /* OKNG_OK = ignore, OKNG_REVIEW, OKNG_NG */
	double limit_area;             /* area at which the score is 0.5; 0 = take it from [limits] */
	int limit_count;               /* how many at or above the limit are tolerated; -1 = take it from [limits] */
	bool plc_writable;
};

struct okng_limits {
	double area;       /* pixels at which a defect's score is 0.5 */
	int count;         /* how many such defects are tolerated per class */
	double total_area; /* sum over all candidates that makes an NG; 0 = off */
	bool plc_writable; /* the PLC may move them, see tunable.h */
};

struct okng_recipe {
	char name[OKNG_NAME_MAX];
	int number; /* 1 to 65535: what SELECT_RECIPE takes and RECIPE shows */
	struct {
		bool enabled;
		int search;       /* ± pixels, 0 to 64 */
		double angle;     /* ± degrees, 0 to 10 */
		double min_score; /* 0 to 1: normalised correlation below which the part is "not found" */
	} locate;
	struct {
		int min_mean, max_mean;  /* mean grey outside this: reason 11 */
		double min_sharpness;    /* gradient energy over that of the reference, 0 = off: reason 11 */
		bool match_light;        /* one gain brings the part to the taught brightness, see light.h */
	} image;
	struct {
		int min_images;          /* fewer good parts than this are refused */
	} learn;
	struct {
		double mm_per_pixel;     /* 0 to 1000, of the reference image; 0: not known, nothing is measured in mm */
	} scale;
	struct {
		struct okng_rect patch[OKNG_PATCHES_MAX]; /* in the frame, flat field corrected, not aligned */
		int n_patches;           /* 0: the whole taught image is the patch */
		double light;            /* 0 to 1: share by which brightness may drift, 0: not watched */
		double sharpness;        /* 0 to 1: share of the taught below which it has drifted, 0: not watched */
		double position;         /* 0 to 1: share of the search range beyond which parts lie elsewhere, 0: not watched */
		int parts;               /* 1 to 10000: that the slow average spans */
	} drift;
	struct okng_tool tools[OKNG_TOOLS_MAX];
	int n_tools;
	struct okng_class classes[OKNG_CLASSES_MAX];
	int n_classes;
	struct okng_limits limits;
};

/* True when the model must hold a taught image: a tool compares with it, or the part is located by it. */
bool okng_recipe_needs_image(const struct okng_recipe *recipe);

/* True when a tool needs what it was taught, apart from the image. */
bool okng_recipe_needs_taught(const struct okng_recipe *recipe);

/* True when it needs a model at all: that image, or what a tool was taught. */
bool okng_recipe_needs_model(const struct okng_recipe *recipe);

/* True when every reference patch lies within a frame of that size. */
bool okng_recipe_patches_fit(const struct okng_recipe *recipe, int32_t width, int32_t height);

/* Field-wise CRC-32 of what a taught model depends on (whether parts are located, whether their light is matched); kept
 * in the model so that a model of another recipe is refused. Search ranges, limits, classes and tolerance widths may be
 * tuned without teaching again. */
uint32_t okng_recipe_hash(const struct okng_recipe *recipe);

#endif

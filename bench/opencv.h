/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenCV as the rival, behind C: a module of its own, loaded when a benchmark runs and never installed, so that okng
 * neither needs OpenCV nor waits for its libraries at each start. Each piece of work is prepared once, with all memory
 * it needs, and then run as often as wished, on one thread.
 */
#ifndef OKNG_BENCH_OPENCV_H
#define OKNG_BENCH_OPENCV_H

#include "pipeline/image.h"
#include "pipeline/verdict.h"

enum okng_bench_op {
	OKNG_BENCH_GAUSS3 = 1, /* GaussianBlur 3×3 of frame */
	OKNG_BENCH_BAND,       /* inRange(frame, lower, upper) */
	OKNG_BENCH_GAUSS3_BAND, /* both */
	OKNG_BENCH_ERODE3,     /* erode, dilate 3×3 of frame (0 or 255) */
	OKNG_BENCH_DILATE3,
	OKNG_BENCH_LOCAL_MEAN, /* blur of frame, window × window */
	OKNG_BENCH_MARGINS,    /* frame - margin, below it frame + margin: out is twice as high */
	OKNG_BENCH_CORRECT,    /* subtract dark, multiply by gain */
	OKNG_BENCH_SUM,        /* sum(frame): its grey is the sole pixel of out, modulo 65536 */
	OKNG_BENCH_HALVE,      /* resize(frame) to half, INTER_AREA */
	OKNG_BENCH_LIGHT,      /* frame.convertTo with factor light */
	OKNG_BENCH_RESAMPLE,   /* warpAffine of frame by pose */
	OKNG_BENCH_UNDISTORT,  /* subtract dark, divide by the flat field in floats (tuned: CORRECT), remap by map */
	OKNG_BENCH_CHAIN,      /* GaussianBlur, inRange, morphologyEx, connectedComponentsWithStats of frame, or of regions */
	OKNG_BENCH_INSPECT,    /* CORRECT, locating, RESAMPLE, CHAIN, limits */
};

/* What to prepare; the images are the caller's and stay where they are until close. Those that op does not name are
 * not looked at. MONO8 but for gain (MONO16, 4.12); where frame is MONO16, so are lower and upper. */
struct okng_bench_work {
	enum okng_bench_op op;
	struct okng_image frame, lower, upper, reference, dark, gain;
	struct okng_pose pose;           /* locate.h says what it means */
	int window, margin;              /* of LOCAL_MEAN and MARGINS: pixels, levels */
	double light;                    /* of LIGHT */
	const float *map[2];             /* of UNDISTORT: columns and rows, of the size of frame, row by row */
	const struct okng_rect *regions; /* of CHAIN */
	int n_regions;                   /* 0: the whole image */
	int search;                      /* of INSPECT: ± pixels */
	double angle;                    /* ± degrees */
	int min_area;                    /* pixels */
	bool tuned;                      /* CHAIN, INSPECT: findContours instead of connectedComponentsWithStats */
};

struct okng_bench_outcome {
	int blobs;              /* of CHAIN and INSPECT: components of at least min_area */
	struct okng_pose pose;  /* of INSPECT; the score is the share of points that agree */
	struct okng_image out;  /* of the rest: a view, until the next run or close */
};

struct okng_bench_rival;

struct okng_bench_opencv {
	const char *version; /* "4.6.0" */
	/* 0, -ENOMEM, -EINVAL: OpenCV refuses it. */
	int (*open)(struct okng_bench_rival **rival, const struct okng_bench_work *work);
	/* 0, -ENOENT: the part was not found, -EINVAL, -ENOMEM. */
	int (*run)(struct okng_bench_rival *rival, struct okng_bench_outcome *outcome);
	void (*close)(struct okng_bench_rival **rival);
};

#define OKNG_BENCH_OPENCV_SYMBOL "okng_bench_opencv" /* what the module exports: a struct okng_bench_opencv */

#endif

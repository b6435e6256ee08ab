/* SPDX-License-Identifier: Apache-2.0
 *
 * The task that both sides are given: one compare tool over a board with defects. What differs between benchmarks is
 * the scene and how much of the way is gone.
 */
#ifndef OKNG_BENCH_TASK_H
#define OKNG_BENCH_TASK_H

#include "bench/bench.h"
#include "bench/scene.h"
#include "pipeline/inspect.h"
#include "pipeline/kernels.h"
#include "pipeline/mask.h"
#include "pipeline/recipe.h"
#include "pipeline/tool.h"

#define OKNG_BENCH_SEARCH 20   /* ± pixels */
#define OKNG_BENCH_ANGLE 3.0   /* ± degrees */
#define OKNG_BENCH_MIN_AREA 4  /* pixels */

struct okng_bench_task {
	struct okng_bench_scene scene;
	struct okng_model *model;
	struct okng_tool tool;
	struct okng_image lower, upper; /* the tool's bounds, as it makes them itself */
	int32_t (*spans)[2];            /* every row whole */
};

/* Draws the scene, makes model and bounds. 0, -EINVAL, -ENOMEM; finish accepts a zeroed one. */
int okng_bench_task_init(struct okng_bench_task *task, const struct okng_bench_view *view);
void okng_bench_task_finish(struct okng_bench_task *task);

/* The recipe of the whole inspection: locate, that tool, two classes, limits. */
void okng_bench_task_recipe(const struct okng_bench_task *task, struct okng_recipe *recipe);

/* What OpenCV is given of it. */
struct okng_bench_work okng_bench_task_work(const struct okng_bench_task *task, enum okng_bench_op op);

/* OpenCV as a side of a measurement: state is this, opened by open. */
struct okng_bench_opponent {
	const struct okng_bench_opencv *opencv;
	struct okng_bench_rival *rival;
	struct okng_bench_outcome outcome; /* of the last run */
};

/* Opens and runs it once; without OpenCV the side's run is NULL. 0 or negative errno with *err. */
int okng_bench_opponent_open(struct okng_bench_opponent *opponent, const struct okng_bench_opencv *opencv,
	const struct okng_bench_work *work, struct okng_bench_side *side, struct okng_error *err);
void okng_bench_opponent_close(struct okng_bench_opponent *opponent);

/* --- one file each; as okng_bench_run --- */

int okng_bench_kernel(const struct okng_bench_setup *setup, const char *name, struct okng_bench_row *row, struct okng_error *err);

struct okng_bench_variant {
	int blobs;                       /* defects in the picture */
	const struct okng_rect *regions; /* a tool for each, with one of the defects; n_regions 0: one for the whole picture */
	int n_regions;
	bool tuned;                      /* OpenCV by the fastest functions known to us, not the usual ones */
};

int okng_bench_chain(const struct okng_bench_setup *setup, const struct okng_bench_variant *variant, struct okng_bench_row *row,
	struct okng_error *err);
int okng_bench_inspect(const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row, struct okng_error *err);
int okng_bench_undistort(const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row, struct okng_error *err);
int okng_bench_scaling(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err);
int okng_bench_parts(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * One [[tool]] of a recipe, opened: the steps from the aligned image to defects. Each kind of tool is a row of three
 * functions in tool.c and a file of its own.
 */
#ifndef OKNG_PIPELINE_TOOL_H
#define OKNG_PIPELINE_TOOL_H

#include "pipeline/blob.h"
#include "pipeline/conductor.h"
#include "pipeline/error.h"
#include "pipeline/kernels.h"
#include "pipeline/model.h"
#include "pipeline/recipe.h"

struct okng_tool_state;

/* What a tool is opened with; all of it but plane may go after open. */
struct okng_tool_setup {
	const struct okng_tool *tool;
	const struct okng_model *model; /* NULL: none; its image is there when okng_recipe_needs_image */
	const struct okng_kernels *kernels;
	const struct okng_plane *plane; /* aligned image to millimetres, NULL: not known; read again at each run */
	int32_t width, height;          /* of the aligned image */
	struct okng_error *err;         /* for what is not -ENOMEM */
};

/* 0, -ENOMEM, -EINVAL with *setup->err (what the model lacks for this tool). */
int okng_tool_open(struct okng_tool_state **state, const struct okng_tool_setup *setup);

/* Inspects the aligned image (MONO8); spans: per row [x0, x1) that lies inside the frame. Calls each for every defect
 * of at least min_area. Number of them; -EDOM when over a fifth of the tool's region lies outside the frame; -EOVERFLOW
 * when more pieces differ than can be kept apart; -ENOENT when the tool could not align the part itself. No heap calls. */
int okng_tool_run(struct okng_tool_state *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user);

/* What the last run measured, NULL and *n 0 for a tool that does not measure. The tool's, until the next run. */
const struct okng_measurement *okng_tool_measures(struct okng_tool_state *state, int *n);

/* Compares with another golden image (MONO8, the same size) from now on: 0, or -ENOTSUP where that takes opening anew. */
int okng_tool_golden(struct okng_tool_state *state, const struct okng_image *golden);

/* The tool's limits (see tunable.h) are these from the next run on; a kind without such limits keeps what it has. */
void okng_tool_tune(struct okng_tool_state *state, const struct okng_tool *tool);

void okng_tool_close(struct okng_tool_state **state);

/* One kind of tool, as above; close is called with what open left in *state, also after it failed. */
struct okng_tool_kind {
	int (*open)(void **state, const struct okng_tool_setup *setup);
	int (*run)(void *state, const struct okng_image *img, const int32_t (*spans)[2],
		void (*each)(void *user, const struct okng_defect *defect), void *user);
	void (*close)(void **state);
	const struct okng_measurement *(*measures)(void *state, int *n); /* NULL: the kind does not measure */
	/* Another golden image of the same size from now on; NULL where that takes opening anew. No heap. */
	void (*golden)(void *state, const struct okng_image *golden);
	void (*tune)(void *state, const struct okng_tool *tool); /* NULL: no limits that can be moved. No heap. */
};

extern const struct okng_tool_kind okng_tool_band; /* compare, blob */
extern const struct okng_tool_kind okng_tool_surface;
extern const struct okng_tool_kind okng_tool_conductor;
extern const struct okng_tool_kind okng_tool_measure;

struct okng_conductor_setup okng_tool_conductor_setup(const struct okng_tool *tool);

#endif

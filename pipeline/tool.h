/* SPDX-License-Identifier: Apache-2.0
 *
 * One [[tool]] of a recipe, opened: its bounds, its mask, and the steps from the aligned image to defects. compare and
 * blob differ only in where their bounds come from.
 */
#ifndef OKNG_PIPELINE_TOOL_H
#define OKNG_PIPELINE_TOOL_H

#include "pipeline/blob.h"
#include "pipeline/kernels.h"
#include "pipeline/model.h"
#include "pipeline/recipe.h"

struct okng_tool_state;

/* model may be NULL for blob tools; width × height: of the aligned image. 0, -ENOMEM. */
int okng_tool_open(struct okng_tool_state **state, const struct okng_tool *tool, const struct okng_model *model,
	const struct okng_kernels *kernels, int32_t width, int32_t height);

/* Inspects the aligned image (MONO8); spans: per row [x0, x1) that lies inside the frame. Calls each for every defect
 * of at least min_area. Number of them; -EDOM when over a fifth of the tool's region lies outside the frame; -EOVERFLOW
 * when more pieces differ than can be kept apart. No heap calls. */
int okng_tool_run(struct okng_tool_state *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user);

void okng_tool_close(struct okng_tool_state **state);

#endif

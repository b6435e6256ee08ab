/* SPDX-License-Identifier: Apache-2.0
 *
 * Where patches lie and what they show: squares of cells that overlap by half, over the tool's region less its margin.
 * Shared by teaching and looking, so that both see the same.
 */
#ifndef OKNG_PIPELINE_SURFACE_PATCH_H
#define OKNG_PIPELINE_SURFACE_PATCH_H

#include "pipeline/recipe.h"
#include "pipeline/surface_features.h"

struct okng_surface_patches {
	struct okng_surface_features *features;
	int32_t width, height;       /* pixels, of the images */
	int32_t columns, rows;       /* cells */
	struct okng_rect area;       /* cells: where patches lie */
	int32_t side_x, side_y;      /* cells: of a patch; smaller than taught only where the area is */
	int32_t across, down;        /* patches */
	int16_t *region;             /* [rows × columns], -1: looked at, 0: not (margin, ignored) */
	int16_t *seen;               /* the same less what lies outside the frame; of the last run */
	uint32_t region_cells;
};

/* For images of this size; the tool's region must lie inside them. patch, margin: cells.
 * 0, -EINVAL (no room for a patch inside the margin), -ENOMEM. */
int okng_surface_patches_open(struct okng_surface_patches *patches, const struct okng_tool *tool, int32_t patch, int32_t margin,
	int32_t width, int32_t height);

/* Computes the features; spans as okng_tool_run, NULL: all lies in the frame. 0, -EDOM: over a fifth lies outside. */
int okng_surface_patches_run(struct okng_surface_patches *patches, const struct okng_image *img, const int32_t (*spans)[2]);

/* The cells of a patch. */
struct okng_rect okng_surface_patch_box(const struct okng_surface_patches *patches, int32_t index);

/* The strongest answer of each channel in a patch; false when too little of it was looked at. */
bool okng_surface_patch_answers(const struct okng_surface_patches *patches, int32_t index, int16_t answers[OKNG_SURFACE_CHANNELS]);

void okng_surface_patches_finish(struct okng_surface_patches *patches);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The tolerance band of a compare tool: per pixel lower and upper grey from the taught mean and standard deviation
 * (variation model: HALCON and others use the same idea), widened where the mean has edges.
 */
#ifndef OKNG_PIPELINE_COMPARE_H
#define OKNG_PIPELINE_COMPARE_H

#include "pipeline/model.h"
#include "pipeline/recipe.h"

/* The mean of the model as grey levels, rounded, into out (MONO8 of the model's size). */
void okng_compare_mean(const struct okng_model *model, struct okng_image *out);

/* Fills lower and upper (MONO8, the model's size) from the tool's widths by the formula in recipe.h. expected is the
 * mean, smoothed when the tool smooths; its gradient widens the band (central differences, |gx| + |gy| over 2, the
 * largest of the 3×3 neighbours). Bounds saturate at 0 and 255. */
void okng_compare_bounds(const struct okng_tool *tool, const struct okng_model *model, const struct okng_image *expected,
	struct okng_image *lower, struct okng_image *upper);

#endif

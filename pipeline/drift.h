/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether camera and light still are as they were when the recipe was taught: the brightness of reference patches, which lie in the
 * frame and not on the part (a grey card on the fixture), the sharpness, and where the part lies. Of one frame here; what
 * is slow, and what is too much, the station says. No heap, any thread.
 */
#ifndef OKNG_PIPELINE_DRIFT_H
#define OKNG_PIPELINE_DRIFT_H

#include "pipeline/error.h"
#include "pipeline/model.h"
#include "pipeline/recipe.h"

/* Sum of the grey levels of each patch of the recipe in a MONO8 frame that holds them all. */
void okng_drift_sums(const struct okng_recipe *recipe, const struct okng_image *frame, uint64_t sum[OKNG_PATCHES_MAX]);

/* What the patches were on average over so many taught parts, kept in model. 0, -ENOMEM, -ENOSPC. */
int okng_drift_teach(struct okng_model *model, const struct okng_recipe *recipe, const uint64_t sum[OKNG_PATCHES_MAX], uint32_t parts);

/* Taught sums of the patches, from model. 0; -EINVAL with *err: patches that were not taught, or lie elsewhere now. */
int okng_drift_load(uint64_t taught[OKNG_PATCHES_MAX], const struct okng_recipe *recipe, const struct okng_model *model, struct okng_error *err);

/* Mean over the patches of brightness over what was taught: 1 as then. */
double okng_drift_light(const struct okng_recipe *recipe, const uint64_t sum[OKNG_PATCHES_MAX], const uint64_t taught[OKNG_PATCHES_MAX]);

#endif

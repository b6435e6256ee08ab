/* SPDX-License-Identifier: Apache-2.0
 *
 * One part, pixels to verdict: flat field → image check → locate → resample, the lens with it → the recipe's tools → blobs →
 * classes → judge. An inspector belongs to one thread; all its memory is allocated at open, none while it runs. The same frame,
 * recipe and model give the same result to the last bit.
 */
#ifndef OKNG_PIPELINE_INSPECT_H
#define OKNG_PIPELINE_INSPECT_H

#include "pipeline/error.h"
#include "pipeline/model.h"
#include "pipeline/optics.h"
#include "pipeline/recipe.h"
#include "pipeline/tunable.h"

struct okng_inspector;

/* Copies recipe and what it needs of model and optics (NULL: nothing is known of the camera); they may be closed after. model
 * NULL is allowed unless okng_recipe_needs_image; then width × height must be given, else they are ignored. Measures in mm
 * come from the optics' plane, which follows each part's pose, or from the recipe's scale; both are refused.
 * 0; -EINVAL with *err (model of another recipe or taught through another lens, region outside the image, flat field or lens
 * of another size, two scales, a lens as okng_warp_open refuses it); -ENOMEM. */
int okng_inspector_open(struct okng_inspector **inspector, const struct okng_recipe *recipe, const struct okng_model *model,
	const struct okng_optics *optics, int32_t width, int32_t height, struct okng_error *err);

/* Compares with another golden image (MONO8 of the taught size) from now on. 0; -ENOTSUP where that takes opening anew
 * (locate, flat field, lens, or a tool that was taught with the image); -EINVAL another size. No heap. */
int okng_inspector_golden(struct okng_inspector *inspector, const struct okng_image *golden);

/* Moves limits from the next run on. list: of this inspector's recipe; tuning->n of them, each in the range of its row. No
 * heap. */
void okng_inspector_tune(struct okng_inspector *inspector, const struct okng_tunable *list, const struct okng_tuning *tuning);

/* Inspects one frame (MONO8). Never fails: whatever is wrong with the frame is a verdict with its reason in *result
 * (other size or format: FAULT, OKNG_REASON_IMAGE). Not reentrant. */
void okng_inspector_run(struct okng_inspector *inspector, const struct okng_image *frame, struct okng_result *result);

/* "c", "sse41" or "avx2": the kernels in use. Static. */
const char *okng_inspector_cpu(const struct okng_inspector *inspector);

/* Where a box of the reference image lies in the frame: the upright box around its corners, through the lens (NULL: none)
 * around points along its sides, clipped to the frame. */
struct okng_rect okng_inspect_box_in_frame(const struct okng_pose *pose, const struct okng_brown *lens, struct okng_rect box,
	int32_t width, int32_t height);

void okng_inspector_close(struct okng_inspector **inspector);

#endif

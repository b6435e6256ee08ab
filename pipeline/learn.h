/* SPDX-License-Identifier: Apache-2.0
 *
 * Teaching from good parts (variation model). The first image is the reference; each further one is located against
 * it, resampled onto it, brought to its brightness (recipe.image.match_light) and accumulated; mean and standard
 * deviation come out. Integer sums: the order of images after the first does not matter to the last bit. Surface tools are
 * taught the aligned parts along with it; a recipe with such tools that needs no image (okng_recipe_needs_image) is taught
 * without one, from parts of any size.
 */
#ifndef OKNG_PIPELINE_LEARN_H
#define OKNG_PIPELINE_LEARN_H

#include "pipeline/brown.h"
#include "pipeline/model.h"
#include "pipeline/recipe.h"

struct okng_learner;

int okng_learner_open(struct okng_learner **learner, const struct okng_recipe *recipe);

/* Parts are seen through this lens (copied): before the first is added. What is taught is the undistorted part, and the model
 * keeps the lens's number. 0; -EBUSY after the first part; as okng_warp_open with *err. */
int okng_learner_look_through(struct okng_learner *learner, const struct okng_brown *lens, struct okng_error *err);

/* Adds one good part (MONO8, the size of the first where an image is taught, of the lens where there is one). 0; -EINVAL other size, or no room for a
 * surface tool's patches; -EDOM it could not be aligned (the first:
 * it is blank) and was left out, *pose tells how far it came (pose may be NULL); -EOVERFLOW after 65000 parts; -ENOMEM. */
int okng_learner_add(struct okng_learner *learner, const struct okng_image *img, struct okng_pose *pose);

/* The model of what was added so far. 0; -ENODATA fewer than recipe.learn.min_images (surface tools: and than two); -ENOMEM. */
int okng_learner_model(const struct okng_learner *learner, struct okng_model **model);

void okng_learner_close(struct okng_learner **learner);

#endif

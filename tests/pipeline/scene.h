/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up board that can be looked at from any pose with any light, so that tests know the truth: the picture is a
 * function of real coordinates, sampled 4×4 times per pixel.
 */
#ifndef OKNG_TESTS_PIPELINE_SCENE_H
#define OKNG_TESTS_PIPELINE_SCENE_H

#include <stdint.h>

#include "pipeline/locate.h"

struct scene_light {
	double gain;     /* 1 = as it is; 0 is taken as 1 */
	double offset;   /* levels */
	double vignette; /* share lost in the corners */
	double noise;    /* standard deviation, levels */
	uint32_t seed;   /* of the noise */
};

/* Draws as scene_draw, seen through a lens of out's size (NULL: none). */
void scene_draw_through(struct okng_image *out, uint32_t board, const struct okng_pose *pose, const struct scene_light *light,
	const struct okng_brown *lens);

/* Draws board number `board` at the pose into out (MONO8, already allocated). */
void scene_draw(struct okng_image *out, uint32_t board, const struct okng_pose *pose, const struct scene_light *light);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The synthetic camera's picture: a small 3C board on a fixture, as an 8-bit machine-vision camera sees it, with seeded
 * variation of pose, light and noise, and injected defects whose kind and place are known. The board itself is always
 * the same; what differs from part to part depends only on params->seed and the part's number, and is the same to the
 * last bit on every machine (integers, and doubles without the maths library). Used by the camera of type synthetic, by
 * `okng camera grab` and by tests.
 */
#ifndef OKNG_CAMERA_SYNTHETIC_H
#define OKNG_CAMERA_SYNTHETIC_H

#include "camera/camera.h"

/* What to do with part `number`. */
enum okng_synthetic_part {
	OKNG_SYNTHETIC_BY_RATE = -1, /* params->defect_rate decides */
	OKNG_SYNTHETIC_GOOD = 0,     /* no defect: pose, light and noise are those the part would have had */
	OKNG_SYNTHETIC_DEFECT = 1,   /* one defect for sure */
};

struct okng_synthetic;

/* Draws the ideal board for params (width, height, seed, defect_rate, shift, angle, light, noise are used) and allocates
 * all that is needed later. 0; -EINVAL with *err; -ENOMEM. */
int okng_synthetic_open(struct okng_synthetic **synthetic, const struct okng_camera_params *params, struct okng_error *err);

/* Part `number` (from 1) into *out, MONO8 of the size of params; *truths is 0 for a good part, else the number of
 * defects, each with its kind and a box in the frame that holds every pixel it changed. No heap call. One thread at a
 * time. 0; -EINVAL when out has another size. */
int okng_synthetic_expose(struct okng_synthetic *synthetic, uint64_t number, enum okng_synthetic_part part, struct okng_image *out,
	struct okng_truth truth[OKNG_TRUTH_MAX], int *truths);

void okng_synthetic_close(struct okng_synthetic **synthetic);

/* One part without keeping anything: open, expose, close, into a new image that the caller finishes. */
int okng_synthetic_render(const struct okng_camera_params *params, uint64_t number, enum okng_synthetic_part part, struct okng_image *out,
	struct okng_truth truth[OKNG_TRUTH_MAX], int *truths, struct okng_error *err);

#endif

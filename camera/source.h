/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind a camera that has no exposure of its own: camera.c decides when, a source says what is seen.
 * All calls come from the camera's thread. Every member is mandatory.
 */
#ifndef OKNG_CAMERA_SOURCE_H
#define OKNG_CAMERA_SOURCE_H

#include "camera/camera.h"

struct okng_source_ops {
	bool simulates; /* not a real camera */
	bool skips;     /* free run: exposures nobody took in time are lost, as with a real camera; else they are late */
	/* Allocates all that expose needs. 0 and *width, *height; negative errno with *err. */
	int (*open)(void **source, const struct okng_camera_params *params, int32_t *width, int32_t *height, struct okng_error *err);
	/* True when there is nothing left to expose. */
	bool (*exhausted)(const void *source);
	/* Fills image, truths, truth and source of *frame for exposure frame->id. 0; -EIO with *err: damaged. No heap. */
	int (*expose)(void *source, struct okng_frame *frame, struct okng_error *err);
	/* Exposures that nobody will see: the parts that passed meanwhile. */
	void (*skip)(void *source, uint64_t exposures);
	void (*close)(void **source);
};

extern const struct okng_source_ops okng_source_replay, okng_source_synthetic;

#endif

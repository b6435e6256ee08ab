/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind a camera. A source has no exposure of its own: camera.c decides when, the source says what is seen.
 * A live source is a device that exposes by itself or when fired at, and can be lost and found again. All calls come
 * from the camera's thread, but for live stats, which any thread may call. Every member is mandatory unless it says so.
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

struct okng_live_ops {
	/* Connects and sets the camera up; allocates all that the other calls need. ready_fd, an eventfd, is signalled when
	 * next should be asked. 0 and *width, *height; negative errno with *err. */
	int (*open)(void **live, const struct okng_camera_params *params, int ready_fd, int32_t *width, int32_t *height, struct okng_error *err);
	/* True for a camera that a program plays. */
	bool (*simulates)(const void *live);
	/* Serial number of the camera that open found, "" unknown; static while live is open. */
	const char *(*serial)(const void *live);
	/* True when exposures come by themselves (free run, hardware line); else each is asked for with fire. */
	bool (*by_itself)(const void *live);
	/* Asks for one exposure, which next answers. Never blocks. 0; -ENODEV the camera is lost. */
	int (*fire)(void *live, struct okng_error *err);
	/* The next exposure, with image (of the size of open, Mono8), id and exposed_ns filled. frame->image may be turned to
	 * memory of the source's, with frame->lease set, until that is reclaimed. frame NULL: the pool is empty.
	 * 0; -EAGAIN nothing yet, ask again at *look_ns if ready_fd is silent; -ENOBUFS lost for want of a frame; -EIO it is
	 * broken or never arrived; -ENODEV the camera is lost. *err says why. Never blocks, no heap. */
	int (*next)(void *live, struct okng_frame *frame, int64_t *look_ns, struct okng_error *err);
	/* Takes back the memory that next lent to a frame (frame->lease), which nobody holds any more. Never blocks. NULL for
	 * a source that never lends. */
	void (*reclaim)(void *live, void *lease);
	void (*stats)(const void *live, struct okng_camera_stats *stats);
	void (*close)(void **live);
};

extern const struct okng_source_ops okng_source_replay, okng_source_recording, okng_source_synthetic;
/* The folder to replay holds a recording (store/recording.h), not pictures. */
bool okng_source_is_recording(const char *folder);
extern const struct okng_live_ops okng_live_v4l2;
extern const struct okng_live_ops okng_live_aravis; /* without Aravis in the build its open is -ENOSYS */

#endif

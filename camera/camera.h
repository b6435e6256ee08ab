/* SPDX-License-Identifier: Apache-2.0
 *
 * Frame sources behind one interface. A camera is used by one thread at a time (its camera thread), but for
 * okng_camera_wake, _trigger, _stats and okng_frame_ref, _unref, which any thread may call. Frames come from a fixed
 * pool, reference counted; no heap call after open.
 */
#ifndef OKNG_CAMERA_CAMERA_H
#define OKNG_CAMERA_CAMERA_H

#include <stdatomic.h>

#include "camera/params.h"
#include "pipeline/error.h"
#include "pipeline/image.h"

#define OKNG_TRUTH_MAX 8

/* A defect that a source knows it put there. */
struct okng_truth {
	char kind[24];
	struct okng_rect box; /* in the frame */
};

struct okng_frame {
	struct okng_image image;
	uint64_t id;            /* counts exposures of this camera from 1; a lost or broken one leaves a gap */
	int64_t exposed_ns;     /* CLOCK_MONOTONIC at the end of exposure */
	bool incomplete;        /* some of its bytes are not of this exposure: must not be inspected */
	int truths;             /* -1: the source does not know what is there; 0: good */
	struct okng_truth truth[OKNG_TRUTH_MAX];
	const char *source;     /* file name of a replayed frame, else ""; valid while the frame is held */
	atomic_int refs;
	struct okng_camera *camera;
	void *lease;            /* the source's, whose memory image shows; NULL: the pool's own */
};

struct okng_camera;

/* 0; negative errno with *err: -ENOENT no folder, -ENODATA no image in it, -EINVAL sizes that differ (names the file). */
int okng_camera_open(struct okng_camera **camera, const struct okng_camera_params *params, struct okng_error *err);

/* Width, height of the frames that will come. */
void okng_camera_size(const struct okng_camera *camera, int32_t *width, int32_t *height);
/* True for sources that are not a real camera: SIMULATION. */
bool okng_camera_simulates(const struct okng_camera *camera);
/* Serial number of the camera that was opened, "" where there is none or the source is no camera. Valid until close. */
const char *okng_camera_serial(const struct okng_camera *camera);
/* True when every exposure is asked for with okng_camera_trigger; else they come by themselves. */
bool okng_camera_on_trigger(const struct okng_camera *camera);

/* Asks for one exposure (on-trigger mode); any thread. 0; -EAGAIN the last one is still under way; -EINVAL in free run;
 * -ENODEV. The exposure is answered by exactly one take that returns a frame, -EIO, -ENOBUFS, -ENODATA or -ENODEV; one
 * that ends with -ETIMEDOUT or -EINTR leaves the answer to a later one. */
int okng_camera_trigger(struct okng_camera *camera);

/* Waits up to timeout_ms (-1: for ever) for the next frame and hands it over with one reference held by the caller.
 * 0; -ETIMEDOUT; -EINTR after okng_camera_wake; -ENODATA the folder is played through; -ENOBUFS every frame of the pool is
 * held (the exposure is lost and counted); -EIO broken picture (that frame is skipped; *err of okng_camera_error); -ENODEV the
 * camera is lost: it is being looked for, and frames come again once it was found. */
int okng_camera_take(struct okng_camera *camera, struct okng_frame **frame, int timeout_ms);

/* The last trouble in words. */
const char *okng_camera_error(const struct okng_camera *camera);

/* Makes a waiting or the next take return -EINTR. */
void okng_camera_wake(struct okng_camera *camera);

void okng_frame_ref(struct okng_frame *frame);
void okng_frame_unref(struct okng_frame **frame); /* clears it; accepts NULL content */

struct okng_camera_stats {
	uint64_t frames, dropped, incomplete, reconnects;
	uint64_t resent, missing; /* packets that came when asked for once more; that never came */
	bool lost;                /* the camera is gone and being looked for */
	char trouble[256];        /* why it was lost last, or cannot be reached; "" never */
};
void okng_camera_stats(const struct okng_camera *camera, struct okng_camera_stats *stats);

/* Every frame must have been given back. */
void okng_camera_close(struct okng_camera **camera);

#endif

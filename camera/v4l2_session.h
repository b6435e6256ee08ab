/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to a camera: opened, set up, its buffers mapped, streaming. It is never mended: a lost camera gets a new
 * session. What it mapped outlives it until no frame lies there any more. Nothing here locks; source_v4l2.c says which
 * thread may do what.
 */
#ifndef OKNG_CAMERA_V4L2_SESSION_H
#define OKNG_CAMERA_V4L2_SESSION_H

#include <linux/videodev2.h>

#include "camera/v4l2_setup.h"

struct okng_v4l2_session;

enum okng_v4l2_where { OKNG_V4L2_IDLE, OKNG_V4L2_DRIVER, OKNG_V4L2_OUT };

struct okng_v4l2_buffer {
	struct okng_v4l2_session *session;
	uint32_t index;
	enum okng_v4l2_where where; /* OUT: it waits for the camera thread, or a frame lies in it */
	void *data;
	size_t length;
};

struct okng_v4l2_session {
	int fd;                  /* -1 when stopped */
	char path[240];
	struct okng_v4l2_shape shape;
	uint32_t stamp_flags;    /* how the driver stamps its buffers */
	int n, driver, out;      /* buffers; those with the driver; those that are OUT */
	bool stopped;            /* who gives the last buffer back closes it */
	struct okng_v4l2_buffer buffers[VIDEO_MAX_FRAME];
};

/* Finds, opens, sets up and starts the camera, with about n buffers. 0; errors of okng_v4l2_find, _connect and _setup. */
int okng_v4l2_session_open(struct okng_v4l2_session **session, const struct okng_camera_params *params, int n, struct okng_error *err);

/* Gives a buffer that is not with the driver to it. */
int okng_v4l2_session_put(struct okng_v4l2_buffer *buffer);

/* The next full buffer, which is OUT then, with what the driver says of it. 0; -EAGAIN none; -EIO, -ENODEV … the stream is dead. */
int okng_v4l2_session_get(struct okng_v4l2_session *session, struct okng_v4l2_buffer **buffer, struct v4l2_buffer *said);

/* Stops the stream, which may take a moment and touches nothing that another thread may look at; then idle says that
 * all buffers but those OUT are idle. */
int okng_v4l2_session_halt(struct okng_v4l2_session *session);
void okng_v4l2_session_idle(struct okng_v4l2_session *session);
/* Starts it with what was put. */
int okng_v4l2_session_start(struct okng_v4l2_session *session);

/* Lets the device go; buffers that are OUT can still be read. Sets no field but fd. */
void okng_v4l2_session_stop(struct okng_v4l2_session *session);

/* Stops if need be and frees all. Accepts NULL content. */
void okng_v4l2_session_close(struct okng_v4l2_session **session);

#endif

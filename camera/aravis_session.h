/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to a camera: opened, set up, streaming, watched. It is never mended: a lost camera gets a new session,
 * and the old one is buried, which may take seconds, because Aravis says goodbye to a camera that does not answer.
 * Only source_aravis.c includes this.
 */
#ifndef OKNG_CAMERA_ARAVIS_SESSION_H
#define OKNG_CAMERA_ARAVIS_SESSION_H

#include "camera/aravis_pulse.h"
#include "camera/aravis_setup.h"

struct okng_aravis_session;

struct okng_aravis_events {
	void (*frame)(void *user);                                    /* a buffer waits; any thread */
	void (*lost)(void *user, uint64_t session, const char *why);  /* perhaps more than once; any thread */
	void *user;
	uint64_t session; /* tells this one from those before, whose address it may have */
};

/* All fields are written by open and restart only. */
struct okng_aravis_session {
	struct okng_aravis_events on;
	const struct okng_camera_params *params;
	struct okng_aravis_shape shape;
	ArvCamera *camera;
	ArvStream *stream;
	struct okng_aravis_pulse *pulse;
	gulong lost_handler;
	bool played;
	char serial[64]; /* "" unknown */
};

/* Waits seconds for a camera that is not there. 0; errors of okng_aravis_connect and _setup. */
int okng_aravis_session_open(struct okng_aravis_session **session, const struct okng_camera_params *params,
	const struct okng_aravis_events *on, struct okng_error *err);

/* A new stream in place of the old one, so that no frame asked for earlier can come any more. */
int okng_aravis_session_restart(struct okng_aravis_session *session, struct okng_error *err);

/* Fires the software trigger, waits for the camera's answer. 0, -EIO silent, -EINVAL refused. */
int okng_aravis_session_fire(struct okng_aravis_session *session, struct okng_error *err);

/* Whether a camera that has no pulse still answers: 0 or -EIO. */
int okng_aravis_session_check(struct okng_aravis_session *session, struct okng_error *err);

/* Adds packets that came when asked for once more, and that never came. */
void okng_aravis_session_packets(const struct okng_aravis_session *session, uint64_t *resent, uint64_t *missing);

/* Gives the stream's socket a buffer of kib KiB, 0: as much as the kernel allows. 0; -EINVAL it allows less; -EIO. */
int okng_aravis_socket_buffer(ArvGvStream *stream, int kib, struct okng_error *err);

/* After it no event comes. Waits seconds for a camera that does not answer. */
void okng_aravis_session_close(struct okng_aravis_session **session);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A camera's thread. On trigger it serves one exposure request at a time, so that a frame belongs to the part that
 * asked for it by construction; in free run it hands over what comes. It never waits for the station.
 */
#include <errno.h>
#include <stdio.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"

#define FREE_RUN_WAIT_MS 200

static void hand_over(struct view *v, struct exposed *e)
{
	if (e->err) /* the camera's words are this thread's to read */
		snprintf(e->why, sizeof e->why, "%.*s", (int)sizeof e->why - 1, okng_camera_error(v->camera));
	if (!okng_ring_push(&v->from_camera, e)) {
		/* The part, if any, ends by its deadline; the frame goes back to its pool. */
		okng_log(LOG_ERR, "a frame was dropped, the station does not keep up");
		okng_frame_unref(&e->frame);
	}
	okng_bell_ring(v->station->bell);
}

static int take_until(struct view *v, struct okng_frame **frame, int64_t until_ns)
{
	int64_t left_ms = (until_ns - okng_bell_now()) / 1000000;
	return okng_camera_take(v->camera, frame, left_ms > 0 ? (int)left_ms + 1 : 0);
}

static void serve_exposure(struct view *v, const struct exposure *x)
{
	struct exposed e = {.ticket = x->ticket};
	if (x->until_ns - okng_bell_now() < 1000000)
		return; /* judged by its deadline already: the camera is free for the next */
	e.err = okng_camera_trigger(v->camera);
	while (e.err == -EAGAIN) {
		/* The answer for a part that was judged by its deadline is still to come; it must not be taken for this one's. */
		e.err = take_until(v, &e.frame, x->until_ns);
		okng_frame_unref(&e.frame);
		if (e.err != -ETIMEDOUT && e.err != -EINTR)
			e.err = okng_camera_trigger(v->camera);
	}
	if (e.err == 0)
		e.err = take_until(v, &e.frame, x->until_ns);
	if (e.err == -EINTR && atomic_load(&v->station->capture_quit))
		return;
	hand_over(v, &e);
}

static void run_free(struct view *v)
{
	struct exposed e = {0};
	e.err = okng_camera_take(v->camera, &e.frame, FREE_RUN_WAIT_MS);
	if (e.err == -ETIMEDOUT || e.err == -EINTR)
		return;
	hand_over(v, &e);
	if (e.err == -ENODATA || e.err == -ENODEV)
		okng_bell_wait(v->bell, okng_bell_now() + FREE_RUN_WAIT_MS * 1000000LL);
}

static void *capture_main(void *arg)
{
	struct view *v = arg;
	struct okng_station *s = v->station;
	okng_log_subject(s->subject);
	while (!atomic_load(&s->capture_quit)) {
		struct exposure x;
		if (s->config.trigger == OKNG_TRIGGER_CAMERA)
			run_free(v);
		else if (okng_ring_pop(&v->to_camera, &x))
			serve_exposure(v, &x);
		else
			okng_bell_wait(v->bell, -1);
	}
	return NULL;
}

int okng_capture_start(struct okng_station *s)
{
	int r = 0;
	for (int i = 0; r == 0 && i < s->views; i++) {
		r = -pthread_create(&s->view[i].thread, NULL, capture_main, &s->view[i]);
		s->view[i].started = r == 0;
	}
	return r;
}

void okng_capture_stop(struct okng_station *s)
{
	atomic_store(&s->capture_quit, true);
	for (int i = 0; i < s->views; i++) {
		struct view *v = &s->view[i];
		if (!v->started)
			continue;
		okng_camera_wake(v->camera);
		okng_bell_ring(v->bell);
		pthread_join(v->thread, NULL);
		v->started = false;
	}
}

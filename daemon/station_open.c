/* SPDX-License-Identifier: Apache-2.0
 *
 * The station's life, and what the main thread says to it. All memory the way of a part needs is taken here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"
#include "daemon/station_thread.h"

int okng_station_link_event(struct okng_station *s, const struct okng_station_event *e)
{
	if (e->kind == OKNG_STATION_LIMITS && okng_ring_room(&s->from_link) <= s->part_room)
		return -EAGAIN; /* the ring keeps room for every trigger that the link may hand over */
	if (!okng_ring_push(&s->from_link, e))
		okng_log(LOG_CRIT, "the link's ring is full, an event was lost");
	okng_bell_ring(s->bell);
	return 0;
}

static unsigned part_room(const struct okng_station_config *config)
{
	unsigned room = 1;
	while (room < 2 * (unsigned)config->queue + REFUSED_MAX)
		room *= 2;
	return room;
}

static int allocate(struct okng_station *s)
{
	unsigned jobs = (unsigned)(s->config.queue * s->config.n_views);
	s->part_room = part_room(&s->config);
	s->parts = calloc(s->part_room, sizeof *s->parts);
	s->jobs = calloc(jobs, sizeof *s->jobs);
	s->histogram = calloc(TIME_BINS, sizeof *s->histogram);
	if (!s->parts || !s->jobs || !s->histogram)
		return -ENOMEM;
	for (unsigned i = 0; i < jobs; i++) {
		s->jobs[i].next_free = s->free_jobs;
		s->free_jobs = &s->jobs[i];
	}
	int r = okng_ring_init(&s->from_link, 2 * s->part_room, sizeof(struct okng_station_event));
	if (r == 0)
		r = okng_ring_init(&s->from_main, 16, sizeof(struct order));
	if (r == 0)
		r = okng_ring_init(&s->to_main, 16, sizeof(struct okng_station_command));
	if (r == 0)
		r = s->bell = okng_bell_open();
	return r < 0 ? r : 0;
}

static int open_view(struct okng_station *s, int i)
{
	struct view *v = &s->view[i];
	struct okng_camera_params p = s->config.view[i].camera;
	struct okng_error err = {0};
	v->station = s;
	v->index = i;
	if (s->config.trigger != OKNG_TRIGGER_CAMERA)
		p.rate = 0;
	/* Every part under way may hold a frame, and one is being filled. */
	if (p.frames < s->config.queue + 2)
		p.frames = s->config.queue + 2;
	int r = okng_ring_init(&v->from_camera, s->part_room, sizeof(struct exposed));
	if (r == 0)
		r = okng_ring_init(&v->to_camera, s->part_room, sizeof(struct exposure));
	if (r == 0)
		r = v->bell = okng_bell_open();
	if (r < 0)
		return r;
	r = okng_camera_open(&v->camera, &p, &err);
	if (r < 0) {
		okng_log(LOG_ERR, "camera %s: %s%s%s", p.name, err.file, *err.file ? ": " : "", err.text);
		return r;
	}
	okng_camera_size(v->camera, &v->width, &v->height);
	v->ok = true;
	return 0;
}

static int open_views(struct okng_station *s)
{
	int r = 0;
	s->views = s->config.n_views;
	for (int i = 0; r == 0 && i < s->views; i++)
		r = open_view(s, i);
	return r;
}

static int open_store(struct okng_station *s)
{
	char why[256] = "";
	struct okng_store_params p = s->config.store;
	p.picture_max_pixels = p.record_part_bytes = 0;
	for (int i = 0; i < s->views; i++) {
		int pixels = s->view[i].width * s->view[i].height;
		p.picture_max_pixels = pixels > p.picture_max_pixels ? pixels : p.picture_max_pixels;
		p.record_part_bytes += pixels;
	}
	int r = okng_store_open(&s->store, &p, why, sizeof why);
	if (r < 0) {
		okng_log(LOG_ERR, "record in %s: %s", p.folder, *why ? why : strerror(-r));
		return r;
	}
	struct okng_store_stats st;
	okng_store_stats(s->store, &st);
	if (st.recovered)
		okng_log(LOG_NOTICE, "record: %d rows of an earlier run were recovered", st.recovered);
	return 0;
}

int okng_station_open(struct okng_station **station, const struct okng_station_config *config, const char *station_file,
	const char *subject, int main_bell, uint64_t parts_wanted, bool show)
{
	*station = NULL;
	struct okng_station *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->config = *config;
	snprintf(s->station_file, sizeof s->station_file, "%s", station_file);
	snprintf(s->subject, sizeof s->subject, "%s", subject);
	s->bell = -1;
	for (int i = 0; i < OKNG_CAMERAS_MAX; i++)
		s->view[i].bell = -1;
	for (int i = 0; i < OKNG_WORKERS_MAX; i++)
		s->worker[i].bell = -1;
	s->main_bell = main_bell;
	s->parts_wanted = parts_wanted;
	s->show = show;
	s->deadline_ms = config->deadline_ms;
	s->period_ns = config->period_ms * 1000000LL;
	int r = allocate(s);
	if (r == 0)
		r = open_views(s);
	if (r == 0)
		r = open_store(s);
	if (r == 0)
		r = okng_record_allocate(s);
	if (r == 0 && okng_record_judging(s, config, config->recipe, &s->judging) < 0)
		okng_log(LOG_ERR, "recipe %s is not in force: READY stays off, every part is rejected", config->recipe);
	s->newest = s->judging;
	if (r < 0)
		okng_station_close(&s);
	*station = s;
	return r;
}

int okng_station_start(struct okng_station *s, struct okng_plc *plc, int unit)
{
	s->plc = plc;
	s->unit = unit;
	okng_status_limits(s);
	int r = okng_workers_start(s);
	if (r == 0) {
		r = -pthread_create(&s->thread, NULL, okng_station_thread, s);
		s->started = r == 0;
	}
	if (r == 0)
		r = okng_capture_start(s);
	if (r < 0)
		okng_log(LOG_ERR, "the station's threads could not be started: %s", strerror(-r));
	return r;
}

void okng_station_stop(struct okng_station *s)
{
	okng_capture_stop(s);
	atomic_store(&s->quit, true);
	if (s->started) {
		okng_bell_ring(s->bell);
		pthread_join(s->thread, NULL);
		s->started = false;
	}
}

bool okng_station_command(struct okng_station *s, struct okng_station_command *command)
{
	return okng_ring_pop(&s->to_main, command);
}

static int give_order(struct okng_station *s, const struct order *o)
{
	bool taken = okng_ring_push(&s->from_main, o);
	okng_bell_ring(s->bell);
	return taken ? 0 : -EAGAIN;
}

void okng_station_command_done(struct okng_station *s, const struct okng_station_command *command, int err)
{
	if (give_order(s, &(struct order){.kind = ORDER_DONE, .command = *command, .err = err}) < 0)
		okng_log(LOG_ERR, "the answer to command %u was lost", command->id);
}

const struct okng_station_config *okng_station_config(const struct okng_station *s)
{
	return &s->config;
}

const struct okng_judging *okng_station_judging(const struct okng_station *s)
{
	return s->newest;
}

/* What of a camera may change while it runs. */
static void take_optics(struct okng_view_config *to, const struct okng_view_config *from)
{
	memcpy(to->flat, from->flat, sizeof to->flat);
	memcpy(to->calibration, from->calibration, sizeof to->calibration);
}

int okng_station_prepare(const struct okng_station *s, const struct okng_station_config *config, const char *name,
	struct okng_judging **judging)
{
	struct okng_station_config fresh = *config;
	fresh.workers = s->config.workers;
	fresh.n_views = s->config.n_views;
	memcpy(fresh.view, s->config.view, sizeof fresh.view);
	for (int i = 0; i < s->views && i < config->n_views; i++)
		take_optics(&fresh.view[i], &config->view[i]);
	return okng_record_judging(s, &fresh, name, judging);
}

int okng_station_swap(struct okng_station *s, const struct okng_station_config *config, const char *name, struct okng_judging **judging)
{
	int r = give_order(s, &(struct order){.kind = ORDER_SWAP, .judging = *judging, .deadline_ms = config->deadline_ms,
		.period_ms = config->period_ms});
	if (r < 0) {
		okng_judging_close(judging);
		return r;
	}
	s->newest = *judging;
	*judging = NULL;
	memcpy(s->config.recipe, name, strnlen(name, sizeof s->config.recipe - 1) + 1);
	memcpy(s->config.recipes, config->recipes, sizeof s->config.recipes);
	for (int i = 0; i < s->views && i < config->n_views; i++)
		take_optics(&s->config.view[i], &config->view[i]);
	s->config.deadline_ms = config->deadline_ms;
	s->config.period_ms = config->period_ms;
	s->config.log_level = config->log_level;
	return 0;
}

void okng_station_totals(struct okng_station *s, struct okng_station_totals *t)
{
	t->parts = atomic_load(&s->total);
	t->ok = atomic_load(&s->ok);
	t->ng = atomic_load(&s->ng);
	t->review = atomic_load(&s->review);
	t->fault = atomic_load(&s->fault);
	t->beats = atomic_load(&s->beats);
	t->finished = atomic_load(&s->finished);
	t->idle = atomic_load(&s->idle);
}

void okng_station_drain(struct okng_station *s)
{
	give_order(s, &(struct order){.kind = ORDER_DRAIN});
}

/* Frames still in rings and parts go back to the pools, which the cameras' close insists on. */
static void give_back_frames(struct okng_station *s)
{
	struct exposed e;
	for (int v = 0; v < s->views; v++) {
		while (s->view[v].from_camera.slots && okng_ring_pop(&s->view[v].from_camera, &e))
			okng_frame_unref(&e.frame);
		for (unsigned i = 0; s->parts && i < s->part_room; i++)
			okng_frame_unref(&s->parts[i].look[v].frame);
	}
	for (int i = 0; s->jobs && i < s->config.queue * s->config.n_views; i++)
		okng_frame_unref(&s->jobs[i].frame);
}

static void close_bell(int bell)
{
	if (bell >= 0)
		close(bell);
}

static void release(struct okng_station *s)
{
	struct okng_ring *rings[] = {&s->from_link, &s->from_main, &s->to_main};
	for (size_t i = 0; i < sizeof rings / sizeof *rings; i++)
		okng_ring_finish(rings[i]);
	for (int i = 0; i < OKNG_WORKERS_MAX; i++) {
		okng_ring_finish(&s->worker[i].todo);
		okng_ring_finish(&s->worker[i].done);
		close_bell(s->worker[i].bell);
	}
	for (int i = 0; i < OKNG_CAMERAS_MAX; i++) {
		okng_ring_finish(&s->view[i].from_camera);
		okng_ring_finish(&s->view[i].to_camera);
		close_bell(s->view[i].bell);
	}
	close_bell(s->bell);
	free(s->parts);
	free(s->recorded);
	free(s->jobs);
	free(s->histogram);
	free(s);
}

void okng_station_close(struct okng_station **station)
{
	struct okng_station *s = *station;
	*station = NULL;
	if (!s)
		return;
	okng_station_stop(s);
	okng_workers_stop(s);
	struct order o;
	while (s->from_main.slots && okng_ring_pop(&s->from_main, &o))
		if (o.kind == ORDER_SWAP)
			okng_judging_close(&o.judging);
	while (s->replaced) {
		struct okng_judging *j = s->replaced;
		s->replaced = j->next;
		okng_judging_close(&j);
	}
	okng_judging_close(&s->judging);
	give_back_frames(s);
	for (int i = 0; i < s->views; i++)
		okng_camera_close(&s->view[i].camera);
	okng_store_close(&s->store);
	release(s);
}

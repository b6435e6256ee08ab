/* SPDX-License-Identifier: Apache-2.0
 *
 * The station thread: takes what the rings hold, moves parts on, publishes, sleeps until the bell or the next
 * deadline. It never reads a file, never waits for another thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"
#include "daemon/station_thread.h"

#define TICK_NS 250000000LL

/* Gives the frame to the worker with the least to do. */
static void dispatch(struct okng_station *s, struct part *p, int view)
{
	struct job *job = s->free_jobs;
	if (!s->judging) {
		okng_part_fault(p, OKNG_REASON_RECIPE, "no valid recipe");
		return;
	}
	if (!job) {
		okng_part_fault(p, OKNG_REASON_QUEUE_FULL, "every worker is busy");
		return;
	}
	struct worker *w = &s->worker[0];
	for (int i = 1; i < s->workers; i++)
		if (s->worker[i].under_way < w->under_way)
			w = &s->worker[i];
	if (!p->judging) {
		p->judging = s->judging;
		p->judging->jobs++;
		if (p->generation != p->judging->generation) /* another recipe came in between */
			p->tuning = s->tuning;
	}
	s->free_jobs = job->next_free;
	job->ticket = p->ticket;
	job->view = view;
	job->judging = p->judging;
	job->tuning = p->tuning;
	job->frame = p->look[view].frame;
	okng_frame_ref(job->frame);
	job->judging->jobs++;
	w->under_way++;
	okng_ring_push(&w->todo, &job); /* as large as the pool of jobs and one ping */
	okng_bell_ring(w->bell);
}

/* Every camera exposes for it. */
static void start_part(struct okng_station *s, struct part *p)
{
	struct exposure x = {p->ticket, p->deadline_ns};
	if (!s->judging)
		okng_part_fault(p, OKNG_REASON_RECIPE, "no valid recipe");
	for (int i = 0; i < s->views && !p->judged; i++) {
		if (!okng_ring_push(&s->view[i].to_camera, &x))
			okng_part_fault(p, OKNG_REASON_QUEUE_FULL, "the camera has too much to do");
		okng_bell_ring(s->view[i].bell);
	}
}

static unsigned under_way(const struct okng_station *s)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->count; i++)
		n += !s->parts[(s->first + i) & (s->part_room - 1)].judged;
	return n;
}

/* A trigger that is not the PLC's. NULL: every place is taken, it was not accepted. */
static struct part *own_trigger(struct okng_station *s, int64_t now)
{
	bool full = under_way(s) >= (unsigned)s->config.queue;
	struct part *p = okng_part_open(s, now, NULL, false);
	if (p && full)
		okng_part_fault(p, OKNG_REASON_QUEUE_FULL, "too many parts under way");
	return p;
}

static bool takes_own(const struct okng_station *s)
{
	return !s->draining && !s->offline && !(s->parts_wanted && s->triggered >= s->parts_wanted);
}

static void take_link(struct okng_station *s)
{
	struct okng_station_event e;
	while (okng_ring_pop(&s->from_link, &e)) {
		if (e.kind == OKNG_STATION_TRIGGER) {
			struct part *p = okng_part_open(s, okng_bell_now(), &e.trigger, true);
			if (!p) /* the link hands over at most queue + REFUSED_MAX at once */
				okng_log(LOG_CRIT, "a trigger found no place");
			else if (e.trigger.refused)
				okng_part_fault(p, e.trigger.refused, okng_reason_text((enum okng_reason)e.trigger.refused));
			else
				start_part(s, p);
		} else if (e.kind == OKNG_STATION_COMMAND && e.command.code == 3) {
			okng_status_reset(s);
			okng_plc_command_done(s->plc, s->unit, e.command.id, 0);
		} else if (e.kind == OKNG_STATION_COMMAND) {
			e.command.generation = s->judging ? s->judging->generation : 0;
			e.command.tuning = s->tuning;
			if (!okng_ring_push(&s->to_main, &e.command))
				okng_plc_command_done(s->plc, s->unit, e.command.id, EBUSY);
			okng_bell_ring(s->main_bell);
		} else if (e.kind == OKNG_STATION_OFFLINE) {
			s->offline = e.offline;
			okng_log(LOG_NOTICE, "%s by the PLC", e.offline ? "taken offline" : "put online");
		} else if (e.kind == OKNG_STATION_RESET) {
			okng_status_reset(s);
		} else if (e.kind == OKNG_STATION_LIMITS && s->judging && e.command.generation == s->judging->generation) {
			s->tuning = e.command.tuning; /* else the recipe went meanwhile, and its limits with it */
		}
		s->status_due = true;
	}
}

static void camera_trouble(struct okng_station *s, struct view *v, struct part *p, const struct exposed *e)
{
	int err = e->err;
	bool lost = err == -ENODEV || err == -ENODATA;
	const char *text = *e->why ? e->why : strerror(-err), *name = s->config.view[v->index].camera.name;
	if (p && err == -ENOBUFS)
		okng_part_fault(p, OKNG_REASON_QUEUE_FULL, "every frame of the pool is held");
	else if (p && err == -ETIMEDOUT)
		okng_part_fault(p, OKNG_REASON_DEADLINE, "no frame came in time");
	else if (p)
		okng_part_fault(p, lost ? OKNG_REASON_CAMERA_LOST : OKNG_REASON_INCOMPLETE, text);
	if (lost && v->ok) {
		v->ok = false;
		s->status_due = true;
		okng_log(err == -ENODATA ? LOG_NOTICE : LOG_ERR, "camera %s: %s", name, text);
	} else if (!lost) {
		okng_log(LOG_WARNING, "camera %s: %s", name, text);
	}
}

static void take_frame(struct okng_station *s, struct view *v, struct part *p, struct okng_frame *frame)
{
	okng_verdict_frame(p, v->index, frame);
	if (s->plc && p->answers_plc && okng_verdict_exposed(s, p))
		okng_plc_exposed(s->plc, s->unit);
	if (!frame->incomplete) {
		dispatch(s, p, v->index);
		return;
	}
	p->decides = v->index; /* its picture goes into the record */
	okng_part_fault(p, OKNG_REASON_INCOMPLETE, "the frame is incomplete");
}

static void take_camera(struct okng_station *s, struct view *v)
{
	struct exposed e;
	while (okng_ring_pop(&v->from_camera, &e)) {
		struct part *p = NULL;
		if (e.ticket)
			p = okng_part_find(s, e.ticket);
		else if (takes_own(s) && (e.frame || e.err == -EIO))
			p = own_trigger(s, e.frame ? e.frame->exposed_ns : okng_bell_now());
		if (e.err) {
			camera_trouble(s, v, p, &e);
			continue;
		}
		if (!v->ok)
			s->status_due = v->ok = true;
		if (p && !p->judged)
			take_frame(s, v, p, e.frame);
		else
			okng_frame_unref(&e.frame);
	}
}

static void close_replaced(struct okng_station *s)
{
	for (struct okng_judging **at = &s->replaced; *at;) {
		struct okng_judging *j = *at;
		if (j->jobs) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		okng_judging_close(&j);
	}
}

static void take_workers(struct okng_station *s)
{
	for (int i = 0; i < s->workers; i++) {
		struct worker *w = &s->worker[i];
		struct job *job;
		while (okng_ring_pop(&w->done, &job)) {
			if (job == &w->ping) {
				w->pinged = false;
				continue;
			}
			struct part *p = okng_part_find(s, job->ticket);
			/* Too late is too late, even when the deadline was not noticed before the result. */
			if (p && okng_bell_now() < p->deadline_ns)
				okng_verdict_look(s, p, job);
			okng_frame_unref(&job->frame);
			job->judging->jobs--;
			w->under_way--;
			job->next_free = s->free_jobs;
			s->free_jobs = job;
		}
	}
	if (s->replaced)
		close_replaced(s);
}

static void take_orders(struct okng_station *s)
{
	struct order o;
	while (okng_ring_pop(&s->from_main, &o)) {
		if (o.kind == ORDER_SWAP) {
			if (s->judging) {
				s->judging->next = s->replaced;
				s->replaced = s->judging;
			}
			s->judging = o.judging;
			for (int i = 0; i < s->views; i++)
				s->view[i].drift = (struct okng_drift){0};
			okng_status_limits(s);
			s->deadline_ms = o.deadline_ms;
			s->period_ns = o.period_ms * 1000000LL;
			okng_status_send(s);
			if (s->plc)
				okng_plc_recipe_changed(s->plc, s->unit);
		} else if (o.kind == ORDER_DONE && s->plc) {
			okng_plc_command_done(s->plc, s->unit, o.command.id, (uint16_t)-o.err);
		} else if (o.kind == ORDER_DRAIN) {
			s->draining = true;
		}
		s->status_due = true;
	}
}

static void run_timer(struct okng_station *s, int64_t now)
{
	if (s->config.trigger != OKNG_TRIGGER_TIMER || now < s->next_timer_ns)
		return;
	s->next_timer_ns += s->period_ns;
	if (s->next_timer_ns <= now) /* fell behind: keep the beat, do not catch up in a burst */
		s->next_timer_ns = now + s->period_ns;
	if (!takes_own(s))
		return;
	struct part *p = own_trigger(s, now);
	if (p && !p->judged)
		start_part(s, p);
	else if (!p)
		okng_log(LOG_ERR, "a timer trigger was left out: every place is taken");
}

/* The heartbeat counts only while every worker answered the last ping. */
static void run_tick(struct okng_station *s, int64_t now)
{
	if (now < s->next_tick_ns)
		return;
	s->next_tick_ns = now + TICK_NS;
	bool alive = true;
	for (int i = 0; i < s->workers; i++)
		alive = alive && !s->worker[i].pinged;
	if (alive) {
		atomic_fetch_add(&s->beats, 1);
		okng_bell_ring(s->main_bell);
		if (s->plc)
			okng_plc_heartbeat(s->plc, s->unit);
		for (int i = 0; i < s->workers; i++) {
			struct worker *w = &s->worker[i];
			struct job *ping = &w->ping;
			w->pinged = true;
			okng_ring_push(&w->todo, &ping);
			okng_bell_ring(w->bell);
		}
	}
	s->status_due = true;
}

static int64_t next_wake(const struct okng_station *s)
{
	int64_t next = s->next_tick_ns, deadline = okng_parts_deadline(s);
	if (deadline >= 0 && deadline < next)
		next = deadline;
	if (s->config.trigger == OKNG_TRIGGER_TIMER && s->next_timer_ns < next)
		next = s->next_timer_ns;
	return next;
}

void *okng_station_thread(void *arg)
{
	struct okng_station *s = arg;
	okng_log_subject(s->subject);
	s->next_timer_ns = s->next_tick_ns = okng_bell_now();
	while (!atomic_load(&s->quit)) {
		take_orders(s);
		take_link(s);
		for (int i = 0; i < s->views; i++)
			take_camera(s, &s->view[i]);
		take_workers(s);
		run_timer(s, okng_bell_now());
		okng_parts_publish(s, okng_bell_now());
		run_tick(s, okng_bell_now());
		if (s->status_due) {
			s->status_due = false;
			okng_status_send(s);
		}
		bool idle = s->count == 0;
		if (atomic_exchange(&s->idle, idle) != idle && idle)
			okng_bell_ring(s->main_bell);
		okng_bell_wait(s->bell, next_wake(s));
	}
	return NULL;
}

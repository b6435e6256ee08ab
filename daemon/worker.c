/* SPDX-License-Identifier: Apache-2.0
 *
 * The workers: each takes jobs from its own ring, inspects with its own inspector of the job's recipe, and gives the
 * job back. A ping is a job without a frame: answered, it proves that the thread still turns.
 */
#include "daemon/station_parts.h"

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	for (;;) {
		struct job *job;
		if (!okng_ring_pop(&w->todo, &job)) {
			if (atomic_load(&w->station->quit))
				return NULL;
			okng_bell_wait(w->bell, -1);
			continue;
		}
		if (job->frame)
			okng_judging_run(job->judging, job->view, w->index, &job->tuning, &job->frame->image, &job->result);
		/* As large as the pool of jobs and one ping: it cannot be full. */
		okng_ring_push(&w->done, &job);
		okng_bell_ring(w->station->bell);
	}
}

int okng_workers_start(struct okng_station *s)
{
	s->workers = s->config.workers;
	for (int i = 0; i < s->workers; i++) {
		struct worker *w = &s->worker[i];
		unsigned room = (unsigned)(s->config.queue * s->views) + 2;
		w->station = s;
		w->index = i;
		w->bell = okng_bell_open();
		int r = w->bell < 0 ? w->bell : okng_ring_init(&w->todo, room, sizeof(struct job *));
		if (r == 0)
			r = okng_ring_init(&w->done, room, sizeof(struct job *));
		if (r == 0)
			r = -pthread_create(&w->thread, NULL, worker_main, w);
		if (r < 0)
			return r;
		w->started = true;
	}
	return 0;
}

void okng_workers_stop(struct okng_station *s)
{
	for (int i = 0; i < OKNG_WORKERS_MAX; i++) {
		struct worker *w = &s->worker[i];
		if (w->started) {
			okng_bell_ring(w->bell);
			pthread_join(w->thread, NULL);
			w->started = false;
		}
	}
}

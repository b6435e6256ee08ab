/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline under a station's load: two workers against one, and the time of each of many parts.
 */
#include "bench/task.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define WORKERS 2
#define POSES 8
#define PARTS_WIDTH 640
#define PARTS_HEIGHT 480
#define PARTS_BLOBS 3

struct worker {
	struct okng_inspector *inspector;
	const struct okng_image *frame;
	pthread_barrier_t *start;
	int parts, bad;
	int64_t began, ended;
};

static void *work(void *state)
{
	struct worker *w = state;
	struct okng_result result;
	pthread_barrier_wait(w->start);
	w->began = okng_bench_now();
	for (int i = 0; i < w->parts; i++) {
		okng_inspector_run(w->inspector, w->frame, &result);
		w->bad += result.verdict != OKNG_NG;
	}
	w->ended = okng_bench_now();
	return NULL;
}

/* n workers inspect `parts` each; nanoseconds from the first one's start to the last one's end, or negative errno. */
static int64_t run_workers(struct worker *workers, int n, int parts)
{
	pthread_t thread[WORKERS];
	pthread_barrier_t start;
	int rc = -pthread_barrier_init(&start, NULL, (unsigned)n), running = 0;
	if (rc < 0)
		return rc;
	for (; running < n; running++) {
		workers[running].start = &start;
		workers[running].parts = parts;
		rc = -pthread_create(&thread[running], NULL, work, &workers[running]);
		if (rc < 0)
			break;
	}
	/* Those that wait for one that never came: it is this thread that comes for it. */
	for (int i = running; i < n; i++) {
		workers[i].parts = 0;
		work(&workers[i]);
	}
	int64_t began = INT64_MAX, ended = 0;
	for (int i = 0; i < running; i++) {
		pthread_join(thread[i], NULL);
		began = workers[i].began < began ? workers[i].began : began;
		ended = workers[i].ended > ended ? workers[i].ended : ended;
	}
	pthread_barrier_destroy(&start);
	return rc < 0 ? rc : ended - began;
}

static int measure_scaling(struct worker *workers, const struct okng_bench_setup *setup, struct okng_bench_row *row)
{
	static double ms[OKNG_BENCH_ROUNDS_MAX], ratio[OKNG_BENCH_ROUNDS_MAX];
	int64_t one = run_workers(workers, 1, 1), end = okng_bench_now() + (int64_t)(setup->seconds * 1e9);
	if (one < 0)
		return (int)one;
	int parts = (int)(setup->seconds * 1e9 / 20 / (double)(one + 1)), n = 0;
	parts = parts < 1 ? 1 : parts > 10000 ? 10000 : parts;
	while (n < OKNG_BENCH_ROUNDS_MAX && (n < setup->rounds || okng_bench_now() < end)) {
		one = run_workers(workers, 1, parts);
		int64_t both = one < 0 ? one : run_workers(workers, WORKERS, parts);
		if (both < 0)
			return (int)both;
		ms[n] = (double)one * 1e-6 / parts;
		ratio[n++] = WORKERS * (double)one / (double)both;
		row->parts += (1 + WORKERS) * parts;
	}
	row->t.rounds = n;
	row->t.ms = okng_bench_quantile(ms, n, 0.5);
	row->t.ratio = okng_bench_quantile(ratio, n, 0.5);
	row->t.spread = okng_bench_spread(ratio, n);
	return 0;
}

int okng_bench_scaling(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .pose = {.dx = -4.2, .dy = 9.7, .angle = -1.1},
		.blobs = OKNG_BENCH_BLOBS, .shaded = true, .seed = 2};
	struct worker workers[WORKERS] = {{.bad = 0}};
	struct okng_bench_task task;
	struct okng_recipe recipe;
	int rc = okng_bench_task_init(&task, &view), bad = 0;
	okng_bench_task_recipe(&task, &recipe);
	for (int i = 0; rc == 0 && i < WORKERS; i++) {
		workers[i].frame = &task.scene.frame;
		rc = okng_inspector_open(&workers[i].inspector, &recipe, task.model, &(struct okng_optics){.flat = &task.scene.flat}, 0, 0, err);
	}
	if (rc == 0)
		rc = measure_scaling(workers, setup, row);
	for (int i = 0; i < WORKERS; i++) {
		bad += workers[i].bad;
		okng_inspector_close(&workers[i].inspector);
	}
	okng_bench_task_finish(&task);
	return rc == 0 && bad ? okng_error_set(err, -EPROTO, "", 0, "scaling", "%d parts with defects were not NG", bad) : rc;
}

/* The same part in other poses and light; the model and flat field of the first serve all. */
static int open_scenes(struct okng_bench_scene *scenes)
{
	int rc = 0;
	for (int i = 0; rc == 0 && i < POSES; i++) {
		const struct okng_bench_view view = {.width = PARTS_WIDTH, .height = PARTS_HEIGHT, .blobs = PARTS_BLOBS, .shaded = true,
			.pose = {.dx = 4.7 * i - 16, .dy = 14 - 3.9 * i, .angle = 0.7 * i - 2.5}, .seed = (uint32_t)i};
		rc = okng_bench_scene_init(&scenes[i], &view);
	}
	return rc;
}

static int measure_parts(struct okng_inspector *inspector, const struct okng_bench_scene *scenes, double *ms, int n,
	struct okng_bench_row *row, struct okng_error *err)
{
	struct okng_result result;
	for (int i = -POSES; i < n; i++) { /* the first few warm up */
		const struct okng_image *frame = &scenes[(i + POSES) % POSES].frame;
		int64_t start = okng_bench_now();
		okng_inspector_run(inspector, frame, &result);
		if (i >= 0)
			ms[i] = (double)(okng_bench_now() - start) * 1e-6;
		if (result.verdict != OKNG_NG || result.n_found != PARTS_BLOBS)
			return okng_error_set(err, -EPROTO, "", 0, "parts", "part %d: %s with %d blobs (%s), there are %d", i,
				okng_verdict_name(result.verdict), result.n_found, result.decided_by, PARTS_BLOBS);
	}
	row->parts = n;
	row->t.rounds = n;
	row->t.ms = okng_bench_quantile(ms, n, 0.5);
	row->t.spread = okng_bench_spread(ms, n);
	row->p99_ms = okng_bench_quantile(ms, n, 0.99);
	row->p999_ms = okng_bench_quantile(ms, n, 0.999);
	row->max_ms = okng_bench_quantile(ms, n, 1);
	row->t.ratio = row->p999_ms / row->t.ms;
	return 0;
}

int okng_bench_parts(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	const struct okng_bench_view view = {.width = PARTS_WIDTH, .height = PARTS_HEIGHT, .shaded = true};
	struct okng_bench_scene scenes[POSES] = {{.view = {0}}};
	struct okng_inspector *inspector = NULL;
	struct okng_bench_task task;
	struct okng_recipe recipe;
	double *ms = calloc((size_t)setup->parts, sizeof *ms);
	int rc = okng_bench_task_init(&task, &view);
	okng_bench_task_recipe(&task, &recipe);
	row->width = PARTS_WIDTH;
	row->height = PARTS_HEIGHT;
	if (rc == 0)
		rc = ms ? open_scenes(scenes) : -ENOMEM;
	if (rc == 0)
		rc = okng_inspector_open(&inspector, &recipe, task.model, &(struct okng_optics){.flat = &scenes[0].flat}, 0, 0, err);
	if (rc == 0)
		rc = measure_parts(inspector, scenes, ms, setup->parts, row, err);
	okng_inspector_close(&inspector);
	for (int i = 0; i < POSES; i++)
		okng_bench_scene_finish(&scenes[i]);
	okng_bench_task_finish(&task);
	free(ms);
	return rc;
}

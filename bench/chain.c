/* SPDX-License-Identifier: Apache-2.0
 *
 * Smoothing, band compare, opening, blobs with features: a tool as the inspector runs it, on an aligned picture.
 */
#include "bench/task.h"

#include <errno.h>
#include <stdlib.h>

struct chain {
	struct okng_bench_task task;
	struct okng_tool_state **tools;
	int n_tools;
	int blobs; /* of the last run */
};

static void count(void *user, const struct okng_defect *defect)
{
	(void)defect;
	++*(int *)user;
}

static int run(void *state)
{
	struct chain *c = state;
	c->blobs = 0;
	for (int i = 0; i < c->n_tools; i++) {
		int n = okng_tool_run(c->tools[i], &c->task.scene.frame, (const int32_t (*)[2])c->task.spans, count, &c->blobs);
		if (n < 0)
			return n;
	}
	return 0;
}

static int open_tools(struct chain *c, const struct okng_rect *regions, int n_regions, struct okng_error *err)
{
	int n = n_regions ? n_regions : 1, rc = 0;
	c->tools = calloc((size_t)n, sizeof *c->tools);
	if (!c->tools)
		return -ENOMEM;
	for (int i = 0; rc == 0 && i < n; i++) {
		struct okng_tool tool = c->task.tool;
		if (n_regions)
			tool.region = regions[i];
		const struct okng_tool_setup setup = {.tool = &tool, .model = c->task.model, .kernels = okng_kernels_get(okng_cpu_level()),
			.width = c->task.scene.frame.width, .height = c->task.scene.frame.height, .err = err};
		rc = okng_tool_open(&c->tools[c->n_tools], &setup);
		c->n_tools += rc == 0;
	}
	return rc;
}

static int check(const struct chain *c, int blobs, const struct okng_bench_opponent *opponent, struct okng_error *err)
{
	if (c->blobs != blobs)
		return okng_error_set(err, -EPROTO, "", 0, "chain", "okng finds %d blobs, there are %d", c->blobs, blobs);
	if (opponent->rival && opponent->outcome.blobs != c->blobs)
		return okng_error_set(err, -EPROTO, "", 0, "chain", "okng finds %d blobs, OpenCV %d", c->blobs, opponent->outcome.blobs);
	return 0;
}

static int measure(struct chain *c, const struct okng_bench_setup *setup, const struct okng_bench_variant *variant,
	struct okng_bench_row *row, struct okng_error *err)
{
	struct okng_bench_opponent opponent;
	struct okng_bench_side theirs, ours = {run, c};
	struct okng_bench_stream stream = {.n = 0};
	struct okng_bench_work work = okng_bench_task_work(&c->task, OKNG_BENCH_CHAIN);
	work.regions = variant->regions;
	work.n_regions = variant->n_regions;
	work.tuned = variant->tuned;
	int rc = run(c);
	if (rc == 0)
		rc = okng_bench_opponent_open(&opponent, setup->opencv, &work, &theirs, err);
	if (rc < 0)
		return rc;
	okng_bench_stream_add(&stream, &c->task.scene.frame);
	okng_bench_stream_add(&stream, &c->task.lower);
	okng_bench_stream_add(&stream, &c->task.upper);
	rc = check(c, variant->n_regions ? variant->n_regions : variant->blobs, &opponent, err);
	if (rc == 0)
		rc = okng_bench_measure(&ours, &theirs, variant->n_regions ? NULL : &stream, setup->seconds, setup->rounds, &row->t);
	okng_bench_opponent_close(&opponent);
	return rc;
}

int okng_bench_chain(const struct okng_bench_setup *setup, const struct okng_bench_variant *variant,
	struct okng_bench_row *row, struct okng_error *err)
{
	struct chain c = {.n_tools = 0};
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .blobs = variant->blobs, .seed = 1};
	int rc = okng_bench_task_init(&c.task, &view);
	if (rc == 0)
		rc = open_tools(&c, variant->regions, variant->n_regions, err);
	if (rc == 0)
		rc = measure(&c, setup, variant, row, err);
	for (int i = 0; i < c.n_tools; i++)
		okng_tool_close(&c.tools[i]);
	free(c.tools);
	okng_bench_task_finish(&c.task);
	return rc;
}

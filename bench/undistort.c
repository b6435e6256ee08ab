/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field and lens, as an inspection without a located part does them: a frame with uneven light, drawn by a lens that
 * bends, becomes an even and straight one.
 */
#include "bench/lab.h"

#include <errno.h>
#include <stdlib.h>

#include "pipeline/warp.h"

/* A wide lens: the corners are drawn some 8 % nearer to the middle. */
static const double relative[9] = {1, 1, 0.502, 0.497, -0.2, 0.08, 0.0005, -0.0003, -0.01};

struct undistort {
	struct okng_bench_lab lab;
	struct okng_warp *warp;
	struct okng_image even;
	float *map[2]; /* for OpenCV: columns, rows */
};

static int run(void *state)
{
	struct undistort *u = state;
	int rc = okng_correct(&u->lab.task.scene.flat, &u->lab.task.scene.frame, &u->even);
	return rc ? rc : okng_warp_run(u->warp, u->lab.k, &(struct okng_pose){0}, &u->even, NULL, &u->lab.out, u->lab.task.spans);
}

static int open_lens(struct undistort *u, int32_t width, int32_t height, struct okng_error *err)
{
	struct okng_brown lens;
	double param[9];
	for (int i = 0; i < 9; i++)
		param[i] = relative[i] * (i == 3 ? height : i < 4 ? width : 1);
	int rc = okng_brown_init(&lens, width, height, param, err);
	if (rc == 0)
		rc = okng_warp_open(&u->warp, &lens, err);
	if (rc == 0)
		rc = okng_image_init(&u->even, width, height, OKNG_PIXEL_MONO8);
	for (int i = 0; rc == 0 && i < 2; i++)
		rc = (u->map[i] = calloc((size_t)width * (size_t)height, sizeof *u->map[i])) ? 0 : -ENOMEM;
	for (int32_t y = 0; rc == 0 && y < height; y++)
		for (int32_t x = 0; x < width; x++) {
			double px, py;
			okng_brown_at(&lens, x, y, &px, &py);
			u->map[0][(ptrdiff_t)y * width + x] = (float)px;
			u->map[1][(ptrdiff_t)y * width + x] = (float)py;
		}
	return rc;
}

static int measure(struct undistort *u, const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row, struct okng_error *err)
{
	struct okng_bench_side theirs, ours = {run, u};
	struct okng_bench_opponent opponent;
	struct okng_bench_work work = okng_bench_task_work(&u->lab.task, OKNG_BENCH_UNDISTORT);
	struct okng_bench_stream stream = okng_bench_lab_stream(&u->lab, OKNG_BENCH_FRAME | OKNG_BENCH_FLAT);
	work.map[0] = u->map[0];
	work.map[1] = u->map[1];
	work.tuned = tuned;
	int rc = okng_bench_opponent_open(&opponent, setup->opencv, &work, &theirs, err);
	if (rc == 0)
		rc = run(u);
	if (rc == 0 && theirs.run && !okng_bench_same_place(&u->lab, &opponent.outcome.out))
		rc = okng_error_set(err, -EPROTO, "", 0, row->name, "okng and OpenCV do not give the same");
	if (rc == 0)
		rc = okng_bench_measure(&ours, &theirs, &stream, setup->seconds, setup->rounds, &row->t);
	okng_bench_opponent_close(&opponent);
	return rc;
}

int okng_bench_undistort(const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row, struct okng_error *err)
{
	struct undistort u = {.warp = NULL};
	int rc = okng_bench_lab_init(&u.lab, setup->width, setup->height, true);
	if (rc == 0)
		rc = open_lens(&u, setup->width, setup->height, err);
	if (rc == 0)
		rc = measure(&u, setup, tuned, row, err);
	okng_warp_close(&u.warp);
	okng_image_finish(&u.even);
	free(u.map[0]);
	free(u.map[1]);
	okng_bench_lab_finish(&u.lab);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole inspection of a part that is shifted, turned and unevenly lit, from the camera's frame to the verdict.
 */
#include "bench/task.h"

#include <errno.h>
#include <math.h>

#define PLACE 0.5  /* pixels that shift, and rotation at the picture's corner, may be off the truth */

static const struct okng_pose pose = {.dx = 7.3, .dy = -11.6, .angle = 1.7};

struct inspection {
	struct okng_bench_task task;
	struct okng_inspector *inspector;
	struct okng_result result;
};

static int run(void *state)
{
	struct inspection *s = state;
	okng_inspector_run(s->inspector, &s->task.scene.frame, &s->result);
	return 0;
}

static int check_pose(const struct okng_bench_view *view, const struct okng_pose *found, const char *who, struct okng_error *err)
{
	double corner = sqrt((double)view->width * view->width + (double)view->height * view->height) / 2;
	double turn = fabs(found->angle - pose.angle) * 3.14159265358979323846 / 180 * corner;
	if (fabs(found->dx - pose.dx) > PLACE || fabs(found->dy - pose.dy) > PLACE || turn > PLACE)
		return okng_error_set(err, -EPROTO, "", 0, "inspect", "%s finds the part at %.3f, %.3f, %.4f°; it is at %.3f, %.3f, %.4f°", who,
			found->dx, found->dy, found->angle, pose.dx, pose.dy, pose.angle);
	return 0;
}

static int check_blobs(int found, const char *who, struct okng_error *err)
{
	return found == OKNG_BENCH_BLOBS ? 0 :
		okng_error_set(err, -EPROTO, "", 0, "inspect", "%s finds %d blobs, there are %d", who, found, OKNG_BENCH_BLOBS);
}

static int check(const struct inspection *s, const struct okng_bench_opponent *opponent, struct okng_error *err)
{
	int rc = 0;
	if (s->result.verdict != OKNG_NG)
		return okng_error_set(err, -EPROTO, "", 0, "inspect", "okng says %s (%s) of a part with defects",
			okng_verdict_name(s->result.verdict), s->result.decided_by);
	rc = check_pose(&s->task.scene.view, &s->result.pose, "okng", err);
	if (rc == 0)
		rc = check_blobs(s->result.n_found, "okng", err);
	if (rc == 0 && opponent->rival)
		rc = check_pose(&s->task.scene.view, &opponent->outcome.pose, "OpenCV", err);
	if (rc == 0 && opponent->rival)
		rc = check_blobs(opponent->outcome.blobs, "OpenCV", err);
	return rc;
}

static int measure(struct inspection *s, const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row,
	struct okng_error *err)
{
	struct okng_bench_opponent opponent;
	struct okng_bench_side theirs, ours = {run, s};
	struct okng_bench_stream stream = {.n = 0};
	struct okng_bench_work work = okng_bench_task_work(&s->task, OKNG_BENCH_INSPECT);
	work.tuned = tuned;
	run(s);
	int rc = okng_bench_opponent_open(&opponent, setup->opencv, &work, &theirs, err);
	if (rc == 0)
		rc = check(s, &opponent, err);
	okng_bench_stream_add(&stream, &work.frame);
	okng_bench_stream_add(&stream, &work.dark);
	okng_bench_stream_add(&stream, &work.gain);
	okng_bench_stream_add(&stream, &work.lower);
	okng_bench_stream_add(&stream, &work.upper);
	if (rc == 0)
		rc = okng_bench_measure(&ours, &theirs, &stream, setup->seconds, setup->rounds, &row->t);
	okng_bench_opponent_close(&opponent);
	return rc;
}

int okng_bench_inspect(const struct okng_bench_setup *setup, bool tuned, struct okng_bench_row *row, struct okng_error *err)
{
	struct inspection s = {.inspector = NULL};
	struct okng_recipe recipe;
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .pose = pose, .blobs = OKNG_BENCH_BLOBS,
		.shaded = true, .seed = 1};
	int rc = okng_bench_task_init(&s.task, &view);
	if (rc == 0) {
		okng_bench_task_recipe(&s.task, &recipe);
		rc = okng_inspector_open(&s.inspector, &recipe, s.task.model, &(struct okng_optics){.flat = &s.task.scene.flat}, 0, 0, err);
	}
	if (rc == 0)
		rc = measure(&s, setup, tuned, row, err);
	okng_inspector_close(&s.inspector);
	okng_bench_task_finish(&s.task);
	return rc;
}

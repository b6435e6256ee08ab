/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounds are reckoned by the pipeline's own functions and given to both sides: how they are taught is not timed.
 */
#include "bench/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/compare.h"

static int make_bounds(struct okng_bench_task *task)
{
	const struct okng_image *golden = &task->scene.golden;
	const struct okng_kernels *k = okng_kernels_get(OKNG_CPU_C);
	struct okng_image smooth = {0};
	int rc = okng_image_init(&smooth, golden->width, golden->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&task->lower, golden->width, golden->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&task->upper, golden->width, golden->height, OKNG_PIXEL_MONO8);
	for (int32_t y = 0; rc == 0 && y < golden->height; y++)
		k->gauss3(okng_image_row(golden, y > 0 ? y - 1 : 0), okng_image_row(golden, y),
			okng_image_row(golden, y + 1 < golden->height ? y + 1 : y), okng_image_row(&smooth, y), golden->width);
	if (rc == 0)
		okng_compare_bounds(&task->tool, task->model, &smooth, &task->lower, &task->upper);
	okng_image_finish(&smooth);
	return rc;
}

int okng_bench_task_init(struct okng_bench_task *task, const struct okng_bench_view *view)
{
	*task = (struct okng_bench_task){.tool = {.name = "board", .type = OKNG_TOOL_COMPARE, .smooth = true, .opening = 1,
		.min_area = OKNG_BENCH_MIN_AREA, .min_bright = 16, .min_dark = 16, .edge = 0.5, .window = 31}};
	int rc = okng_bench_scene_init(&task->scene, view);
	if (rc == 0)
		rc = okng_model_golden(&task->model, &task->scene.golden);
	if (rc == 0)
		rc = make_bounds(task);
	if (rc == 0 && !(task->spans = calloc((size_t)view->height, sizeof *task->spans)))
		rc = -ENOMEM;
	for (int32_t y = 0; rc == 0 && y < view->height; y++)
		task->spans[y][1] = view->width;
	if (rc < 0)
		okng_bench_task_finish(task);
	return rc;
}

void okng_bench_task_finish(struct okng_bench_task *task)
{
	okng_bench_scene_finish(&task->scene);
	okng_model_close(&task->model);
	okng_image_finish(&task->lower);
	okng_image_finish(&task->upper);
	free(task->spans);
	task->spans = NULL;
}

void okng_bench_task_recipe(const struct okng_bench_task *task, struct okng_recipe *recipe)
{
	struct okng_range any = {0, 1e9};
	struct okng_class row = {.area = any, .width = any, .height = any, .elongation = any, .contrast = any, .fill = any,
		.x = any, .y = any, .verdict = OKNG_NG, .limit_count = -1};
	*recipe = (struct okng_recipe){.name = "bench", .number = 1, .n_tools = 1, .n_classes = 2, .limits = {.area = 20}};
	recipe->locate.enabled = true;
	recipe->locate.search = OKNG_BENCH_SEARCH;
	recipe->locate.angle = OKNG_BENCH_ANGLE;
	recipe->locate.min_score = 0.5;
	recipe->image.min_mean = 5;
	recipe->image.max_mean = 250;
	recipe->learn.min_images = 1;
	recipe->tools[0] = task->tool;
	recipe->classes[0] = recipe->classes[1] = row;
	memcpy(recipe->classes[0].name, "hole", 5);
	recipe->classes[0].number = 1;
	recipe->classes[0].polarity = OKNG_POLARITY_DARK;
	memcpy(recipe->classes[1].name, "splash", 7);
	recipe->classes[1].number = 2;
	recipe->classes[1].polarity = OKNG_POLARITY_BRIGHT;
}

struct okng_bench_work okng_bench_task_work(const struct okng_bench_task *task, enum okng_bench_op op)
{
	const struct okng_bench_scene *scene = &task->scene;
	return (struct okng_bench_work){.op = op, .frame = scene->frame, .lower = task->lower, .upper = task->upper,
		.reference = scene->golden, .dark = scene->flat.dark, .gain = scene->flat.gain, .pose = scene->view.pose,
		.search = OKNG_BENCH_SEARCH, .angle = OKNG_BENCH_ANGLE, .min_area = OKNG_BENCH_MIN_AREA};
}

static int run(void *state)
{
	struct okng_bench_opponent *o = state;
	return o->opencv->run(o->rival, &o->outcome);
}

int okng_bench_opponent_open(struct okng_bench_opponent *opponent, const struct okng_bench_opencv *opencv,
	const struct okng_bench_work *work, struct okng_bench_side *side, struct okng_error *err)
{
	*opponent = (struct okng_bench_opponent){.opencv = opencv};
	*side = (struct okng_bench_side){0};
	if (!opencv)
		return 0;
	int rc = opencv->open(&opponent->rival, work);
	if (rc == 0)
		rc = run(opponent);
	*side = (struct okng_bench_side){run, opponent};
	return rc < 0 ? okng_error_set(err, rc, "", 0, "", "OpenCV could not do its part: %s", strerror(-rc)) : 0;
}

void okng_bench_opponent_close(struct okng_bench_opponent *opponent)
{
	if (opponent->rival)
		opponent->opencv->close(&opponent->rival);
}

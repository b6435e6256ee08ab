/* SPDX-License-Identifier: Apache-2.0
 *
 * No heap call on the way of a part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "bench/task.h"
#include "tests/heap.h"

/* The counters count at all: through a pointer, so that no compiler leaves the pair out. */
static void counted(void **state)
{
	(void)state;
	if (!heap_counts)
		skip();
	void *(*volatile take)(size_t) = malloc;
	void (*volatile give)(void *) = free;
	heap_start();
	give(take(100));
	assert_int_equal(heap_stop(), 2);
}

static void inspect(const struct okng_bench_task *task, enum okng_verdict want)
{
	struct okng_inspector *inspector;
	struct okng_recipe recipe;
	struct okng_result result;
	struct okng_error err;
	okng_bench_task_recipe(task, &recipe);
	recipe.image.match_light = true;
	assert_int_equal(okng_inspector_open(&inspector, &recipe, task->model, &(struct okng_optics){.flat = &task->scene.flat}, 0, 0, &err), 0);
	for (int i = 0; i < 3; i++) {
		heap_start();
		okng_inspector_run(inspector, &task->scene.frame, &result);
		assert_int_equal(heap_stop(), 0);
		assert_int_equal(result.verdict, want);
	}
	okng_inspector_close(&inspector);
}

static void none(void **state)
{
	(void)state;
	static const struct {
		int blobs;
		struct okng_pose pose;
		enum okng_verdict want;
	} cases[] = {
		{0, {.dx = 0}, OKNG_OK}, {10, {.dx = 7.3, .dy = -11.6, .angle = 1.7}, OKNG_NG}, {400, {.dx = 1}, OKNG_NG},
		{10, {.dx = 90, .dy = 90}, OKNG_FAULT}, /* beyond the search */
	};
	if (!heap_counts)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct okng_bench_view view = {.width = 640, .height = 480, .blobs = cases[i].blobs, .pose = cases[i].pose, .shaded = true};
		struct okng_bench_task task;
		assert_int_equal(okng_bench_task_init(&task, &view), 0);
		inspect(&task, cases[i].want);
		okng_bench_task_finish(&task);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counted), cmocka_unit_test(none)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

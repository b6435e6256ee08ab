/* SPDX-License-Identifier: Apache-2.0
 *
 * No heap call on the way of a part: this program's own malloc and its kin count while a part is inspected, and hand on
 * to glibc's. Sanitizers bring their own, and then there is nothing to count with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "bench/task.h"

#if defined(__has_feature)
#define FEATURE(x) __has_feature(x)
#else
#define FEATURE(x) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !FEATURE(address_sanitizer) && \
	!FEATURE(thread_sanitizer) && !FEATURE(memory_sanitizer)
#define COUNTS 1

static _Thread_local bool counting;
static int calls;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

void *malloc(size_t size)
{
	calls += counting;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	calls += counting;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	calls += counting;
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	calls += counting;
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	calls += counting;
	*p = __libc_memalign(alignment, size);
	return *p ? 0 : ENOMEM;
}

void free(void *p)
{
	calls += counting && p;
	__libc_free(p);
}
#else
#define COUNTS 0
static bool counting;
static int calls;
#endif

/* The counters count at all: through a pointer, so that no compiler leaves the pair out. */
static void counted(void **state)
{
	(void)state;
	if (!COUNTS)
		skip();
	void *(*volatile take)(size_t) = malloc;
	void (*volatile give)(void *) = free;
	calls = 0;
	counting = true;
	give(take(100));
	counting = false;
	assert_int_equal(calls, 2);
}

static void inspect(const struct okng_bench_task *task, enum okng_verdict want)
{
	struct okng_inspector *inspector;
	struct okng_recipe recipe;
	struct okng_result result;
	struct okng_error err;
	okng_bench_task_recipe(task, &recipe);
	recipe.image.match_light = true;
	assert_int_equal(okng_inspector_open(&inspector, &recipe, task->model, &task->scene.flat, 0, 0, &err), 0);
	for (int i = 0; i < 3; i++) {
		calls = 0;
		counting = true;
		okng_inspector_run(inspector, &task->scene.frame, &result);
		counting = false;
		assert_int_equal(result.verdict, want);
		assert_int_equal(calls, 0);
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
	if (!COUNTS)
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

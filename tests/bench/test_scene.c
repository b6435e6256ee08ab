/* SPDX-License-Identifier: Apache-2.0
 *
 * The made-up part is what it says it is: the defects are there and apart, the flat field makes the light even, the pose
 * is the one that the locator finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/scene.h"
#include "pipeline/blob.h"
#include "pipeline/locate.h"
#include "pipeline/mask.h"

static void count(void *user, const struct okng_defect *defect)
{
	assert_true(defect->area >= 20);
	++*(int *)user;
}

/* Blobs of what differs from the golden part. */
static int differing(const struct okng_bench_scene *scene)
{
	struct okng_mask mask;
	struct okng_blobs *blobs;
	int n = 0;
	assert_int_equal(okng_mask_init(&mask, scene->frame.width, scene->frame.height), 0);
	assert_int_equal(okng_blobs_open(&blobs, scene->frame.width), 0);
	for (int32_t y = 0; y < mask.height; y++)
		for (int32_t x = 0; x < mask.width; x++)
			if (abs(okng_image_row(&scene->frame, y)[x] - okng_image_row(&scene->golden, y)[x]) > 20)
				okng_mask_row(&mask, y)[x / 64] |= (uint64_t)1 << (x & 63);
	int found = okng_blobs_find(blobs, &mask, &scene->frame, &scene->golden, OKNG_POLARITY_DARK, 1, count, &n);
	assert_int_equal(found, n);
	okng_blobs_close(&blobs);
	okng_mask_finish(&mask);
	return n;
}

static void defects(void **state)
{
	(void)state;
	static const struct {
		int32_t width, height;
		int blobs; /* -1: as many as there is room for */
	} cases[] = {{640, 480, 0}, {640, 480, 3}, {640, 480, 40}, {640, 480, -1}, {333, 257, 8}, {800, 600, 100}, {1024, 300, 7}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_bench_view view = {.width = cases[i].width, .height = cases[i].height, .blobs = cases[i].blobs};
		struct okng_bench_scene scene;
		if (view.blobs < 0)
			view.blobs = okng_bench_scene_room(view.width, view.height);
		assert_int_equal(okng_bench_scene_init(&scene, &view), 0);
		assert_int_equal(differing(&scene), view.blobs);
		okng_bench_scene_finish(&scene);
		assert_null(scene.frame.data);
		view.blobs = okng_bench_scene_room(view.width, view.height) + 1;
		assert_int_equal(okng_bench_scene_init(&scene, &view), -EINVAL);
	}
}

static void light(void **state)
{
	(void)state;
	const struct okng_bench_view view = {.width = 320, .height = 240, .shaded = true};
	struct okng_bench_scene scene;
	struct okng_image even;
	int dim = 0;
	assert_int_equal(okng_bench_scene_init(&scene, &view), 0);
	assert_int_equal(okng_image_init(&even, view.width, view.height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_correct(&scene.flat, &scene.frame, &even), 0);
	for (int32_t y = 0; y < view.height; y++)
		for (int32_t x = 0; x < view.width; x++) {
			int want = okng_image_row(&scene.golden, y)[x];
			assert_true(abs(okng_image_row(&even, y)[x] - want) <= 5);
			dim += okng_image_row(&scene.frame, y)[x] < want - 10;
		}
	assert_true(dim > 1000);
	okng_image_finish(&even);
	okng_bench_scene_finish(&scene);
}

static void places(void **state)
{
	(void)state;
	static const struct okng_pose poses[] = {{.dx = 0}, {.dx = 7.3, .dy = -11.6, .angle = 1.7}, {.dx = -16, .dy = 14, .angle = -2.5}};
	for (size_t i = 0; i < sizeof poses / sizeof *poses; i++) {
		const struct okng_bench_view view = {.width = 640, .height = 480, .pose = poses[i], .blobs = 10, .seed = (uint32_t)i};
		struct okng_bench_scene scene;
		struct okng_locator *locator;
		struct okng_pose found;
		assert_int_equal(okng_bench_scene_init(&scene, &view), 0);
		assert_int_equal(okng_locator_open(&locator, &scene.golden, 20, 3), 0);
		assert_int_equal(okng_locator_run(locator, &scene.frame, &found), 0);
		assert_true(fabs(found.dx - poses[i].dx) < 0.1 && fabs(found.dy - poses[i].dy) < 0.1);
		assert_true(fabs(found.angle - poses[i].angle) < 0.01);
		okng_locator_close(&locator);
		okng_bench_scene_finish(&scene);
	}
}

/* Each region holds its defect whole, and they do not overlap. */
static void regions(void **state)
{
	(void)state;
	const struct okng_bench_view view = {.width = 800, .height = 600, .blobs = 8};
	struct okng_bench_scene scene;
	struct okng_mask all;
	assert_int_equal(okng_bench_scene_init(&scene, &view), 0);
	assert_int_equal(okng_mask_init(&all, view.width, view.height), 0);
	uint64_t area = 0;
	for (int i = 0; i < view.blobs; i++) {
		struct okng_rect r = okng_bench_scene_region(&view, i);
		int changed = 0, rim = 0;
		assert_true(r.x >= 0 && r.y >= 0 && r.x + r.w <= view.width && r.y + r.h <= view.height);
		for (int32_t y = r.y; y < r.y + r.h; y++)
			for (int32_t x = r.x; x < r.x + r.w; x++) {
				bool differs = abs(okng_image_row(&scene.frame, y)[x] - okng_image_row(&scene.golden, y)[x]) > 20;
				changed += differs;
				rim += differs && (x < r.x + 2 || y < r.y + 2 || x >= r.x + r.w - 2 || y >= r.y + r.h - 2);
			}
		assert_true(changed >= 20);
		assert_int_equal(rim, 0);
		okng_mask_fill(&all, r, 1);
		area += (uint64_t)r.w * (uint64_t)r.h;
	}
	assert_int_equal(okng_mask_count(&all), area);
	okng_mask_finish(&all);
	okng_bench_scene_finish(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(defects), cmocka_unit_test(light), cmocka_unit_test(places),
		cmocka_unit_test(regions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

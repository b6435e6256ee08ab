/* SPDX-License-Identifier: Apache-2.0
 *
 * The locator against a scene whose pose is known, in every light it promises to bear, and against pictures in which
 * the part is not, is blank or is out of reach; the resampler against its own definition, pixel by pixel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/locate.h"
#include "scene.h"

static const struct scene_light plain = {0};
static const struct okng_pose zero = {0};

static struct okng_image draw(int w, int h, uint32_t board, struct okng_pose pose, struct scene_light light)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, w, h, OKNG_PIXEL_MONO8), 0);
	scene_draw(&img, board, &pose, &light);
	return img;
}

static void known_poses(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int w, h, search;
		double angle;
		struct okng_pose pose;
		struct scene_light light;
		double pixels, degrees; /* accuracy asked for */
	} cases[] = {
		{"identity", 320, 240, 16, 2, {0, 0, 0, 0}, {0}, 0.02, 0.01},
		{"whole pixels", 320, 240, 16, 2, {5, -7, 0, 0}, {0}, 0.03, 0.01},
		{"half pixels", 320, 240, 16, 2, {2.5, 3.5, 0, 0}, {0}, 0.05, 0.02},
		{"noise", 640, 480, 32, 3, {11.37, -8.81, 0.7, 0}, {.noise = 5, .seed = 3}, 0.05, 0.02},
		{"turned", 640, 480, 16, 10, {-3.2, 4.9, 9.3, 0}, {.noise = 3, .seed = 4}, 0.05, 0.02},
		{"turned back", 640, 480, 16, 10, {3.2, -4.9, -9.9, 0}, {.noise = 3, .seed = 5}, 0.05, 0.02},
		{"dark", 640, 480, 24, 3, {-9.6, 9.4, -1.2, 0}, {.gain = 0.8, .noise = 4, .seed = 6}, 0.05, 0.02},
		{"bright", 640, 480, 24, 3, {9.6, -9.4, 1.2, 0}, {.gain = 1.2, .noise = 4, .seed = 7}, 0.05, 0.02},
		{"vignette", 640, 480, 24, 3, {7.3, 6.1, 0.4, 0}, {.vignette = 0.3, .noise = 4, .seed = 8}, 0.05, 0.02},
		{"all at once", 640, 480, 64, 5, {-61.3, 58.6, 4.4, 0},
			{.gain = 0.85, .offset = 9, .vignette = 0.2, .noise = 5, .seed = 9}, 0.05, 0.02},
		{"shift only", 320, 240, 20, 0, {19.3, -18.2, 0, 0}, {.noise = 3, .seed = 10}, 0.05, 0},
		{"turn only", 320, 240, 0, 4, {0, 0, 2.6, 0}, {.noise = 3, .seed = 11}, 0, 0.03},
		{"small", 96, 80, 10, 3, {4.7, -3.3, 1.1, 0}, {.noise = 2, .seed = 12}, 0.08, 0.08},
		{"odd sizes", 501, 333, 20, 3, {-12.4, 7.7, -2.2, 0}, {.noise = 4, .seed = 13}, 0.05, 0.02},
		{"tall", 240, 700, 20, 3, {4.4, -17.7, 1.9, 0}, {.noise = 4, .seed = 14}, 0.05, 0.02},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct okng_image ref = draw(cases[i].w, cases[i].h, 1 + (uint32_t)i, zero, plain);
		struct okng_image frame = draw(cases[i].w, cases[i].h, 1 + (uint32_t)i, cases[i].pose, cases[i].light);
		struct okng_locator *loc;
		struct okng_pose pose, again;
		assert_int_equal(okng_locator_open(&loc, &ref, cases[i].search, cases[i].angle), 0);
		okng_image_finish(&ref); /* not needed any more */
		int rc = okng_locator_run(loc, &frame, &pose);
		double dx = pose.dx - cases[i].pose.dx, dy = pose.dy - cases[i].pose.dy, da = pose.angle - cases[i].pose.angle;
		print_message("%-14s rc %d score %.3f error %+.4f %+.4f px %+.4f deg\n", cases[i].name, rc, pose.score, dx, dy, da);
		assert_int_equal(rc, 0);
		assert_true(fabs(dx) <= cases[i].pixels && fabs(dy) <= cases[i].pixels);
		assert_true(fabs(da) <= cases[i].degrees);
		assert_true(pose.score > 0.8 && pose.score <= 1.000001);
		assert_int_equal(okng_locator_run(loc, &frame, &again), 0);
		assert_memory_equal(&pose, &again, sizeof pose);
		okng_locator_close(&loc);
		assert_null(loc);
		okng_image_finish(&frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_poses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

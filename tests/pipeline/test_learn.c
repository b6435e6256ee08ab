/* SPDX-License-Identifier: Apache-2.0
 *
 * Teaching from shifted, turned, noisy parts of a known scene: the mean must come back onto the reference, the spread
 * must be that of the noise, the order must not matter, and what is no such part must be left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/learn.h"
#include "scene.h"

enum { W = 200, H = 150, PARTS = 12 };

static struct okng_recipe recipe(bool locate, int min_images)
{
	struct okng_recipe r = {0};
	r.locate.enabled = locate;
	r.locate.search = 12;
	r.locate.angle = 2;
	r.locate.min_score = 0.6;
	r.learn.min_images = min_images;
	return r;
}

static struct okng_image part(int k, uint32_t board)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	struct okng_pose pose = {.dx = k ? (k * 7 % 11) - 5.3 : 0, .dy = k ? (k * 5 % 9) - 4.4 : 0,
		.angle = k ? (k * 3 % 7) * 0.3 - 0.9 : 0};
	struct scene_light light = {.noise = 4, .seed = (uint32_t)k + 1};
	scene_draw(&img, board, &pose, &light);
	return img;
}

static uint16_t at(const struct okng_image *img, int x, int y)
{
	return ((const uint16_t *)(const void *)okng_image_row(img, y))[x];
}

static struct okng_model *teach(const int *order)
{
	struct okng_recipe r = recipe(true, PARTS);
	struct okng_learner *learner;
	struct okng_model *model;
	assert_int_equal(okng_learner_open(&learner, &r), 0);
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(okng_learner_model(learner, &model), -ENODATA);
		struct okng_image img = part(order[i], 5);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
		okng_image_finish(&img);
	}
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	assert_null(learner);
	assert_int_equal(model->parts, PARTS);
	assert_int_equal(model->recipe_hash, okng_recipe_hash(&r));
	return model;
}

static void mean_spread_and_order(void **state)
{
	(void)state;
	static const int up[PARTS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	static const int mixed[PARTS] = {0, 7, 3, 11, 1, 10, 2, 9, 4, 8, 6, 5};
	struct okng_model *a = teach(up), *b = teach(mixed);
	struct okng_image clean;
	assert_int_equal(okng_image_init(&clean, W, H, OKNG_PIXEL_MONO8), 0);
	scene_draw(&clean, 5, &(struct okng_pose){0}, &(struct scene_light){0});
	double error = 0, beside = 0, spread = 0;
	int flat = 0;
	for (int y = 0; y < H; y++) {
		assert_memory_equal(okng_image_row(&a->mean, y), okng_image_row(&b->mean, y), 2 * W);
		assert_memory_equal(okng_image_row(&a->sigma, y), okng_image_row(&b->sigma, y), 2 * W);
		for (int x = 0; x < W; x++) {
			assert_true(at(&a->mean, x, y) <= 255 * 256);
			double e = at(&a->mean, x, y) / 256.0 - okng_image_row(&clean, y)[x];
			double n = at(&a->mean, x, y) / 256.0 - okng_image_row(&clean, y)[x ? x - 1 : 1];
			error += e * e;
			beside += n * n;
			if (x > 15 && y > 15 && x < W - 15 && y < H - 15 && okng_image_row(&clean, y)[x] < 78) {
				spread += at(&a->sigma, x, y) / 256.0;
				flat++;
			}
		}
	}
	error = sqrt(error / (W * H));
	beside = sqrt(beside / (W * H));
	spread /= flat;
	print_message("mean off by %.2f levels rms, %.2f one pixel beside, spread of the ground %.2f levels\n", error,
		beside, spread);
	assert_true(3 * error < beside);         /* what is left is the softer edges of the interpolation */
	assert_true(spread > 1.5 && spread < 6); /* noise 4, smoothed by the interpolation */
	okng_image_finish(&clean);
	okng_model_close(&a);
	okng_model_close(&b);
}

/* Without locate and at one brightness the numbers are plain statistics. */
static void plain_numbers(void **state)
{
	(void)state;
	enum { N = 5 };
	static const uint8_t parts[3][N] = {{10, 30, 0, 255, 7}, {12, 28, 0, 0, 7}, {17, 23, 1, 255, 7}};
	struct okng_recipe r = recipe(false, 0);
	struct okng_learner *learner;
	struct okng_model *model;
	assert_int_equal(okng_learner_open(&learner, &r), 0);
	assert_int_equal(okng_learner_model(learner, &model), -ENODATA);
	for (int i = 0; i < 3; i++) {
		uint8_t grey[N];
		memcpy(grey, parts[i], N);
		struct okng_image img = okng_image_view(grey, N, 1, N, OKNG_PIXEL_MONO8);
		struct okng_pose pose;
		assert_int_equal(okng_learner_add(learner, &img, &pose), 0);
		assert_true(pose.score == 1 && pose.dx == 0 && pose.dy == 0 && pose.angle == 0);
	}
	assert_int_equal(okng_learner_model(learner, &model), 0);
	for (int i = 0; i < N; i++) {
		double sum = 0, square = 0;
		for (int k = 0; k < 3; k++)
			sum += parts[k][i];
		for (int k = 0; k < 3; k++)
			square += (parts[k][i] - sum / 3) * (parts[k][i] - sum / 3);
		assert_true(fabs(at(&model->mean, i, 0) - 256 * sum / 3) <= 0.5);
		double sigma = 256 * sqrt(square / 2);
		assert_true(at(&model->sigma, i, 0) <= sigma + 1e-9 && at(&model->sigma, i, 0) > sigma - 1.01);
	}
	okng_model_close(&model);
	okng_learner_close(&learner);
	okng_learner_close(&learner);
	okng_learner_close(NULL);
}

/* A brighter lamp is not a spread of the part. */
static void one_brightness(void **state)
{
	(void)state;
	static const uint8_t parts[3][4] = {{40, 80, 120, 160}, {50, 100, 150, 200}, {30, 60, 90, 120}};
	struct okng_recipe r = recipe(false, 3);
	r.image.match_light = true;
	struct okng_learner *learner;
	struct okng_model *model;
	assert_int_equal(okng_learner_open(&learner, &r), 0);
	for (int i = 0; i < 3; i++) {
		uint8_t grey[4];
		memcpy(grey, parts[i], 4);
		struct okng_image img = okng_image_view(grey, 4, 1, 4, OKNG_PIXEL_MONO8);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
	}
	assert_int_equal(okng_learner_model(learner, &model), 0);
	for (int x = 0; x < 4; x++) {
		assert_int_equal(at(&model->mean, x, 0), parts[0][x] * 256);
		assert_int_equal(at(&model->sigma, x, 0), 0);
	}
	okng_model_close(&model);
	okng_learner_close(&learner);
}

static void leaves_out(void **state)
{
	(void)state;
	struct okng_recipe r = recipe(true, 1);
	struct okng_learner *learner;
	struct okng_model *before, *after;
	struct okng_pose pose;
	struct okng_image blank, small, first = part(0, 5), other = part(3, 77), mono16;
	assert_int_equal(okng_image_init(&blank, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&small, W - 1, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&mono16, W, H, OKNG_PIXEL_MONO16), 0);
	assert_int_equal(okng_learner_open(&learner, &r), 0);
	assert_int_equal(okng_learner_add(learner, &blank, &pose), -EDOM); /* no reference */
	assert_int_equal(okng_learner_add(learner, &mono16, &pose), -EINVAL);
	assert_int_equal(okng_learner_add(learner, &first, &pose), 0);
	assert_int_equal(okng_learner_model(learner, &before), 0);
	assert_int_equal(okng_learner_add(learner, &small, &pose), -EINVAL);
	assert_int_equal(okng_learner_add(learner, &blank, &pose), -EDOM);
	assert_int_equal(okng_learner_add(learner, &other, &pose), -EDOM);
	assert_true(pose.score < 0.6);
	assert_int_equal(okng_learner_model(learner, &after), 0);
	assert_int_equal(after->parts, 1);
	for (int y = 0; y < H; y++)
		assert_memory_equal(okng_image_row(&before->mean, y), okng_image_row(&after->mean, y), 2 * W);
	okng_model_close(&before);
	okng_model_close(&after);
	okng_learner_close(&learner);
	okng_image_finish(&blank);
	okng_image_finish(&small);
	okng_image_finish(&mono16);
	okng_image_finish(&first);
	okng_image_finish(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_spread_and_order),
		cmocka_unit_test(plain_numbers),
		cmocka_unit_test(one_brightness),
		cmocka_unit_test(leaves_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a conductor tool was taught, from anywhere: an inspector is opened with it and judges a part with some defects.
 * The number that names the features keeps a fuzzer out, so each input is tried as it is and once with that put right.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/conductor.h"
#include "pipeline/inspect.h"
#include "pipeline/trees_format.h"

#define WIDTH 96
#define HEIGHT 80
#define CLASSES 15

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two tracks and a plane; with marks: an open, a short, a bite, a spur, a spot and a hole. */
static void draw(uint8_t *img, int marks)
{
	static const uint8_t rects[][5] = {
		{0, 10, 96, 8, 0}, {0, 30, 96, 6, 0}, {10, 48, 50, 28, 0},
		{20, 9, 6, 10, 255}, {50, 18, 5, 12, 0}, {70, 30, 7, 4, 255}, {80, 36, 5, 7, 0}, {76, 60, 6, 6, 0}, {28, 58, 6, 6, 255},
	};
	memset(img, 255, WIDTH * HEIGHT);
	for (size_t i = 0; i < (marks ? sizeof rects / sizeof *rects : 3); i++)
		for (int y = rects[i][1]; y < rects[i][1] + rects[i][3]; y++)
			memset(img + y * WIDTH + rects[i][0], rects[i][4], rects[i][2]);
}

static void make_recipe(struct okng_recipe *recipe)
{
	*recipe = (struct okng_recipe){.name = "fuzz", .number = 1, .image = {.max_mean = 255}, .limits = {.area = 1}, .n_tools = 1,
		.n_classes = CLASSES};
	recipe->tools[0] = (struct okng_tool){.name = "fuzz", .type = OKNG_TOOL_CONDUCTOR, .min_area = 1, .conductor_dark = true, .level = 128,
		.search = 4, .box_margin = 9, .least_box = 24, .decide = OKNG_DECIDE_TREES};
	for (int i = 0; i < CLASSES; i++)
		recipe->classes[i] = (struct okng_class){.name = "class", .number = i + 1, .verdict = OKNG_NG, .limit_count = -1};
}

static void judge(const uint8_t *data, size_t size)
{
	static uint8_t pixels[2][WIDTH * HEIGHT];
	const struct okng_image golden = okng_image_view(pixels[0], WIDTH, HEIGHT, WIDTH, OKNG_PIXEL_MONO8);
	const struct okng_image part = okng_image_view(pixels[1], WIDTH, HEIGHT, WIDTH, OKNG_PIXEL_MONO8);
	struct okng_inspector *inspector;
	struct okng_recipe recipe;
	struct okng_model *model;
	struct okng_error err = {0};
	draw(pixels[0], 0);
	draw(pixels[1], 1);
	make_recipe(&recipe);
	if (okng_model_golden(&model, &golden) != 0 || okng_model_set_chunk(model, OKNG_CHUNK_TREES, "fuzz", data, size) != 0)
		abort();
	if (okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err) == 0) {
		struct okng_result result, again;
		okng_inspector_run(inspector, &part, &result);
		okng_inspector_run(inspector, &part, &again);
		assert(memcmp(&result, &again, sizeof result) == 0);
		assert(result.n_candidates >= 6 && result.verdict != OKNG_FAULT);
		for (int i = 0; i < result.n_candidates; i++) {
			const struct okng_defect *d = &result.defects[i];
			assert(d->scored && d->score >= 0 && d->score <= 1);
			assert(d->taught_class >= 1 && d->taught_class <= 999 && memchr(d->why, '\0', sizeof d->why));
		}
	} else {
		assert(!inspector && err.text[0]);
	}
	okng_inspector_close(&inspector);
	okng_model_close(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	judge(data, size);
	size_t head = 4 + 4 * (size_t)(data[0] % 16); /* where the forest begins */
	if (size < head + OKNG_TREES_HEADER)
		return 0;
	uint8_t *mended = malloc(size);
	if (!mended)
		return 0;
	memcpy(mended, data, size);
	okng_trees_put(mended + head + 4, okng_conductor_feature_kind());
	okng_trees_put(mended + head + 8, OKNG_CONDUCTOR_FEATURES);
	judge(mended, size);
	free(mended);
	return 0;
}

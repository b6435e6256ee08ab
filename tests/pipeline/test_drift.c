/* SPDX-License-Identifier: Apache-2.0
 *
 * Reference patches: what is taught is what is read back, where it lies, and how brightness shows in results.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/drift.h"
#include "pipeline/inspect.h"
#include "pipeline/learn.h"

#define W 200
#define H 160

static struct okng_recipe recipe(void)
{
	static struct okng_recipe r;
	memset(&r, 0, sizeof r);
	r.number = 1;
	r.image.max_mean = 255;
	r.learn.min_images = 2;
	r.limits.area = 20;
	r.n_tools = 1;
	r.tools[0].type = OKNG_TOOL_COMPARE;
	strcpy(r.tools[0].name, "compare");
	r.tools[0].min_bright = r.tools[0].min_dark = 60;
	r.tools[0].min_area = 4;
	r.drift.patch[0] = (struct okng_rect){10, 10, 20, 15};
	r.drift.patch[1] = (struct okng_rect){150, 100, 40, 50};
	r.drift.n_patches = 2;
	r.drift.parts = 30;
	r.drift.light = 0.1;
	return r;
}

/* Grey of 100, and the patches of their own. */
static struct okng_image frame(const struct okng_recipe *r, int a, int b)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < H; y++)
		memset(okng_image_row(&img, y), 100, W);
	for (int i = 0; i < r->drift.n_patches; i++)
		for (int y = 0; y < r->drift.patch[i].h; y++)
			memset(okng_image_row(&img, r->drift.patch[i].y + y) + r->drift.patch[i].x, i ? b : a, (size_t)r->drift.patch[i].w);
	return img;
}

static struct okng_model *taught(const struct okng_recipe *r)
{
	static const int levels[][2] = {{118, 198}, {120, 200}, {122, 202}};
	struct okng_recipe places = recipe();
	struct okng_learner *l;
	struct okng_model *m;
	assert_int_equal(okng_learner_open(&l, r), 0);
	for (int i = 0; i < 3; i++) {
		struct okng_image img = frame(&places, levels[i][0], levels[i][1]);
		assert_int_equal(okng_learner_add(l, &img, NULL), 0);
		okng_image_finish(&img);
	}
	assert_int_equal(okng_learner_model(l, &m), 0);
	okng_learner_close(&l);
	return m;
}

static void keeps_what_was_taught(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_model *m = taught(&r);
	uint64_t sums[OKNG_PATCHES_MAX];
	struct okng_error err = {0};
	assert_int_equal(okng_drift_load(sums, &r, m, &err), 0);
	assert_int_equal(sums[0], 120 * 20 * 15);
	assert_int_equal(sums[1], 200 * 40 * 50);
	r.drift.n_patches = 0;
	assert_int_equal(okng_drift_load(sums, &r, NULL, &err), 0);
	okng_model_close(&m);
}

static void refuses_other_patches(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_model *m = taught(&r);
	uint64_t sums[OKNG_PATCHES_MAX];
	struct okng_error err = {0};
	r.drift.patch[1].y++;
	assert_int_equal(okng_drift_load(sums, &r, m, &err), -EINVAL);
	assert_non_null(strstr(err.text, "patch 2 was elsewhere"));
	r = recipe();
	r.drift.n_patches = 1;
	assert_int_equal(okng_drift_load(sums, &r, m, &err), -EINVAL);
	assert_string_equal(err.key, "drift.patches");
	okng_model_close(&m);
	assert_int_equal(okng_drift_load(sums, &r, NULL, &err), -EINVAL);
	/* A patch that no light fell on is no reference. */
	r = recipe();
	assert_int_equal(okng_model_new(&m, W, H), 0);
	assert_int_equal(okng_drift_teach(m, &r, (const uint64_t[OKNG_PATCHES_MAX]){1, 1}, 3), 0);
	assert_int_equal(okng_drift_load(sums, &r, m, &err), -EINVAL);
	assert_non_null(strstr(err.text, "black"));
	okng_model_close(&m);
	/* Beyond the picture: neither taught nor inspected. */
	struct okng_learner *l;
	r.drift.patch[0] = (struct okng_rect){W - 5, 0, 6, 6};
	assert_false(okng_recipe_patches_fit(&r, W, H));
	assert_true(okng_recipe_patches_fit(&r, W + 1, H));
	assert_int_equal(okng_learner_open(&l, &r), 0);
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_learner_add(l, &img, NULL), -ERANGE);
	okng_image_finish(&img);
	okng_learner_close(&l);
}

static void results_tell_the_light(void **state)
{
	(void)state;
	static const struct {
		int a, b;
		double light;
	} cases[] = {{120, 200, 1}, {108, 180, 0.9}, {60, 200, 0.75}, {132, 220, 1.1}, {0, 0, 0}};
	for (int patches = 2; patches >= 0; patches -= 2) {
		struct okng_recipe r = recipe();
		r.drift.n_patches = patches;
		struct okng_model *m = taught(&r);
		struct okng_inspector *s;
		struct okng_error err = {0};
		assert_int_equal(okng_inspector_open(&s, &r, m, NULL, W, H, &err), 0);
		struct okng_recipe places = recipe();
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			static struct okng_result result;
			struct okng_image img = frame(&places, cases[i].a, cases[i].b);
			okng_inspector_run(s, &img, &result);
			if (patches)
				assert_true(fabs((double)result.light - cases[i].light) < 1e-6);
			else /* the whole picture, of which the patches are little */
				assert_true(result.light > 0.8f && result.light < 1.02f);
			assert_false(result.found);
			okng_image_finish(&img);
		}
		okng_inspector_close(&s);
		okng_model_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_taught), cmocka_unit_test(refuses_other_patches), cmocka_unit_test(results_tell_the_light),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

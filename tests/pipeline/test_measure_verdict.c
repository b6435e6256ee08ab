/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool measure inside the inspector: values in the result, tolerances that become defects, classes and limits that
 * decide about them, faults where nothing could be measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "blurred.h"
#include "pipeline/inspect.h"
#include "pipeline/learn.h"

#define SIDE 96

static uint64_t seed = 4711;
static struct okng_image picture;
static struct okng_recipe recipe;
static struct okng_result result, again;

static int set_up(void **state)
{
	(void)state;
	return okng_image_init(&picture, SIDE, SIDE, OKNG_PIXEL_MONO8);
}

static int tear_down(void **state)
{
	(void)state;
	okng_image_finish(&picture);
	return 0;
}

/* A disc of radius 20.25 in the middle; the tools measure its width and its diameter in mm. */
static void make_recipe(void)
{
	static const struct okng_measure plain = {.breadth = 5, .scans = 1, .radius = 20, .reach = 8, .arc = {0, 360}, .rays = 64,
		.pick = OKNG_PICK_STRONGEST, .sigma = 1.5, .contrast = 20, .coverage = 0.7, .unit = OKNG_UNIT_MM};
	memset(&recipe, 0, sizeof recipe);
	recipe.image.max_mean = 255;
	recipe.scale.mm_per_pixel = 0.1;
	recipe.limits.area = 20;
	recipe.n_tools = 2;
	struct okng_tool *t = recipe.tools;
	for (int i = 0; i < 2; i++) {
		t[i].type = OKNG_TOOL_MEASURE;
		t[i].measure = plain;
		t[i].measure.nominal = 4.05;
		t[i].measure.tolerance = (struct okng_measure_range){-0.1, 0.15};
	}
	strcpy(t[0].name, "across");
	strcpy(t[1].name, "hole");
	t[0].measure.kind = OKNG_MEASURE_WIDTH;
	t[0].measure.from = (struct okng_point){12, 48};
	t[0].measure.to = (struct okng_point){84, 48};
	t[1].measure.kind = OKNG_MEASURE_CIRCLE;
	t[1].measure.centre = (struct okng_point){48, 48};
}

static void draw(double radius, double x)
{
	blurred_draw(&picture, &(struct blurred){.figure = BLURRED_DISC, .at = {x, 48}, .size = radius, .blur = 0.9, .dark = 60, .bright = 160,
		.noise = 2}, &seed);
}

static void inspect(void)
{
	struct okng_inspector *in;
	struct okng_error err = {0};
	if (okng_inspector_open(&in, &recipe, NULL, NULL, SIDE, SIDE, &err) < 0)
		fail_msg("%s", err.text);
	okng_inspector_run(in, &picture, &result);
	struct mallinfo2 before = mallinfo2();
	okng_inspector_run(in, &picture, &again);
	struct mallinfo2 after = mallinfo2();
	assert_true(before.uordblks == after.uordblks);
	assert_memory_equal(&result, &again, sizeof result);
	okng_inspector_close(&in);
}

static void good(void **state)
{
	(void)state;
	make_recipe();
	draw(20.25, 48);
	inspect();
	assert_int_equal(result.verdict, OKNG_OK);
	assert_int_equal(result.reason, OKNG_REASON_NONE);
	assert_int_equal(result.n_candidates, 0);
	assert_int_equal(result.n_measures, 4);
	static const enum okng_quantity order[] = {OKNG_QUANTITY_WIDTH, OKNG_QUANTITY_DIAMETER, OKNG_QUANTITY_ROUNDNESS, OKNG_QUANTITY_OFFSET};
	for (int i = 0; i < 4; i++) {
		const struct okng_measurement *m = &result.measures[i];
		assert_int_equal(m->quantity, order[i]);
		assert_int_equal(m->tool, i > 0);
		assert_int_equal(m->unit, OKNG_UNIT_MM);
		assert_true(m->found && m->judged == (i < 2) && m->score < 0.5f);
		if (i < 2)
			assert_true(m->lower > 3.9499 && m->lower < 3.9501 && m->upper > 4.1999 && m->upper < 4.2001 && fabs(m->value - 4.05) < 0.02);
		assert_true(fabs((double)m->x - 48) < 0.1 && fabs((double)m->y - 48) < 0.1);
	}
}

static void out_of_tolerance(void **state)
{
	(void)state;
	make_recipe();
	draw(21.5, 48);
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.reason, OKNG_REASON_MEASURE);
	assert_int_equal(result.n_defects, 2);
	for (int i = 0; i < 2; i++) {
		const struct okng_defect *d = &result.defects[i];
		assert_true(d->scored && d->score > 0.5f && d->area == 0);
		assert_true(strstr(d->why, d->tool ? "diameter 4.3" : "width 4.") && strstr(d->why, " mm > 4.200"));
		assert_true(d->box.x >= 12 && d->box.x + d->box.w <= 85 && d->box.y <= 48 && d->box.y + d->box.h > 48);
	}
	assert_non_null(strstr(result.decided_by, "mm > 4.200"));
	/* As much of a long name as there is room for, never half a character. */
	strcpy(recipe.tools[0].name, "a name that is much too long for its place");
	strcpy(recipe.tools[1].name, "\xe5\xad\x94\xe5\xad\x94\xe5\xad\x94\xe5\xad\x94\xe5\xad\x94");
	inspect();
	for (int i = 0; i < 2; i++) {
		const char *why = result.defects[i].why;
		assert_true(strlen(why) < sizeof result.defects[i].why && strstr(why, " mm > 4.200"));
		assert_true(strncmp(why, result.defects[i].tool ? "\xe5\xad\x94\xe5\xad\x94\xe5\xad\x94\xe5\xad\x94 diameter" : "a name that is ", 15) == 0);
	}
	draw(19.5, 48);
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_non_null(strstr(result.decided_by, "mm < 3.950"));
}

static void not_found(void **state)
{
	(void)state;
	make_recipe();
	for (int y = 0; y < SIDE; y++)
		memset(okng_image_row(&picture, y), 100, SIDE);
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.reason, OKNG_REASON_MEASURE);
	assert_int_equal(result.n_measures, 4);
	assert_int_equal(result.n_defects, 2); /* roundness and offset are only told */
	assert_true(result.score > 0.999f);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(result.defects[i].why, "edge not found"));
}

/* Rows and limits decide about measured defects as about any other; a bite out of the disc is one of roundness. */
static void classes(void **state)
{
	(void)state;
	static const struct {
		enum okng_verdict class_verdict;
		const char *tool;
		int tolerated;
		enum okng_verdict want;
	} rows[] = {{OKNG_NG, "", -1, OKNG_NG}, {OKNG_REVIEW, "", -1, OKNG_REVIEW}, {OKNG_OK, "", -1, OKNG_OK}, {OKNG_OK, "across", -1, OKNG_NG},
		{OKNG_REVIEW, "hole", -1, OKNG_NG}, {OKNG_NG, "", 1, OKNG_NG}, {OKNG_NG, "", 2, OKNG_OK}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		make_recipe();
		recipe.n_classes = 1;
		struct okng_class *c = &recipe.classes[0];
		static const struct okng_range any = {0, 1e9};
		*c = (struct okng_class){.number = 7, .verdict = rows[i].class_verdict, .limit_count = rows[i].tolerated, .area = any, .width = any,
			.height = any, .elongation = any, .contrast = any, .fill = any, .x = any, .y = any};
		strcpy(c->name, "size");
		strcpy(c->tool, rows[i].tool);
		draw(21.5, 48);
		inspect();
		assert_int_equal(result.verdict, rows[i].want);
		assert_int_equal(result.reason, rows[i].want == OKNG_OK ? OKNG_REASON_NONE : OKNG_REASON_MEASURE);
		assert_int_equal(result.n_measures, 4);
	}
	make_recipe();
	recipe.tools[1].measure.max_offset = 0.2;
	recipe.tools[1].measure.max_roundness = 0.3;
	draw(20.25, 51.5);
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.n_defects, 1);
	assert_non_null(strstr(result.decided_by, "offset 0.3"));
	draw(20.25, 48);
	for (int y = 60; y < 66; y++)
		memset(okng_image_row(&picture, y) + 30, 60, 12);
	recipe.n_tools = 2;
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_non_null(strstr(result.decided_by, "roundness 0."));
}

static void other_reasons(void **state)
{
	(void)state;
	make_recipe();
	recipe.n_tools = 3;
	recipe.tools[2] = (struct okng_tool){.name = "spot", .type = OKNG_TOOL_BLOB, .threshold = OKNG_THRESHOLD_ABSOLUTE, .bright = 220, .min_area = 4};
	draw(20.25, 48);
	for (int y = 5; y < 11; y++)
		memset(okng_image_row(&picture, y) + 5, 250, 6);
	inspect();
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.reason, OKNG_REASON_DEFECT); /* the spot decided, the measures are good */
	assert_int_equal(result.n_measures, 4);
}

static void refused(void **state)
{
	(void)state;
	struct okng_inspector *in;
	struct okng_error err = {0};
	make_recipe();
	recipe.scale.mm_per_pixel = 0;
	assert_int_equal(okng_inspector_open(&in, &recipe, NULL, NULL, SIDE, SIDE, &err), -EINVAL);
	assert_non_null(strstr(err.text, "mm_per_pixel"));
	assert_null(in);
	make_recipe();
	assert_int_equal(okng_inspector_open(&in, &recipe, NULL, NULL, 60, SIDE, &err), -EINVAL);
	assert_non_null(strstr(err.text, "across"));
	assert_non_null(strstr(err.text, "beyond the image"));
}

/* More values than a result holds: the first ones are kept, the verdict counts them all. */
static void many(void **state)
{
	(void)state;
	make_recipe();
	struct okng_tool hole = recipe.tools[1];
	recipe.n_tools = OKNG_TOOLS_MAX;
	for (int i = 0; i < OKNG_TOOLS_MAX; i++) {
		recipe.tools[i] = hole;
		snprintf(recipe.tools[i].name, sizeof recipe.tools[i].name, "hole %d", i);
	}
	recipe.tools[OKNG_TOOLS_MAX - 1].measure.nominal = 5;
	draw(20.25, 48);
	inspect();
	assert_true(OKNG_TOOLS_MAX * 3 > OKNG_MEASURES_MAX);
	assert_int_equal(result.n_measures, OKNG_MEASURES_MAX);
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.defects[0].tool, OKNG_TOOLS_MAX - 1);
}

/* Found where the part is: shifted and turned, and a FAULT when the part lies half outside. */
static void with_locate(void **state)
{
	(void)state;
	struct okng_learner *learner;
	struct okng_model *model;
	struct okng_inspector *in;
	struct okng_error err = {0};
	make_recipe();
	recipe.tools[0].measure.breadth = 1;
	recipe.tools[0].measure.from.x = 26.6;
	recipe.n_tools = 1;
	recipe.tools[0].measure.kind = OKNG_MEASURE_POSITION;
	recipe.tools[0].measure.pick = OKNG_PICK_FIRST;
	recipe.tools[0].measure.nominal = 0.115;
	recipe.locate.enabled = true;
	recipe.locate.search = 30;
	recipe.locate.min_score = 0.3;
	recipe.learn.min_images = 1;
	draw(20.25, 48);
	assert_int_equal(okng_learner_open(&learner, &recipe), 0);
	assert_int_equal(okng_learner_add(learner, &picture, NULL), 0);
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	if (okng_inspector_open(&in, &recipe, model, NULL, 0, 0, &err) < 0)
		fail_msg("%s", err.text);
	for (int shift = -16; shift <= 16; shift += 4) {
		draw(20.25, 48 + shift * 0.62);
		okng_inspector_run(in, &picture, &result);
		assert_int_equal(result.verdict, OKNG_OK);
		assert_true(result.measures[0].found && fabs(result.measures[0].value - 0.115) < 0.02);
	}
	draw(20.25, 48 + 25);
	okng_inspector_run(in, &picture, &result);
	assert_int_equal(result.verdict, OKNG_FAULT);
	okng_inspector_close(&in);
	okng_model_close(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(out_of_tolerance),
		cmocka_unit_test(not_found),
		cmocka_unit_test(classes),
		cmocka_unit_test(other_reasons),
		cmocka_unit_test(refused),
		cmocka_unit_test(many),
		cmocka_unit_test(with_locate),
	};
	return cmocka_run_group_tests_name("measure verdict", tests, set_up, tear_down);
}

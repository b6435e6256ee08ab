/* SPDX-License-Identifier: Apache-2.0
 *
 * Teaching from boxed pairs, and the tool that decides by it: what was boxed is named as it was boxed, what was not is
 * no defect, and the result says which features spoke.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "pipeline/conductor_judge.h"
#include "pipeline/conductor_learn.h"

#define PARTS 60
#define TOOL "board"

static const struct okng_conductor_setup setup = {.threshold = 128, .dark = true, .search = 16, .margin = 9, .least_box = 24};
static const int classes[] = {1, 2, 3, 4, 5, 6};
static const struct board_view plain = {0};
static struct okng_image golden;
static uint8_t *chunk;
static size_t chunk_size;
static uint32_t seed = 11;

static uint32_t dice(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* A shifted and warped part with defects of every kind somewhat larger and smaller, boxed, and with specks that are not. */
static struct okng_image draw_part(struct board_view *view, struct okng_conductor_box boxes[6])
{
	*view = (struct board_view){.dx = (int)dice(9) - 4, .dy = (int)dice(9) - 4, .warp = dice(3)};
	struct okng_image part = board_draw(BOARD_W, BOARD_H, view);
	for (int i = 0; i < 6; i++) {
		struct board_mark m = *board_defect((enum board_class)(i + 1));
		m.w += dice(3);
		m.x += i == 3 ? -(double)dice(20) : dice(3);
		board_mark(&part, view, &m);
		int x = (int)(m.x - view->dx), y = (int)(m.y - view->dy);
		boxes[i] = (struct okng_conductor_box){{x - 14, y - 14, 28, 28}, i + 1};
	}
	for (int i = 0; i < 8; i++) /* specks of two pixels in open ground */
		board_mark(&part, view, &(struct board_mark){205.5 + dice(10), 60 + dice(150), 2, 1, true});
	return part;
}

static int open_and_teach(void **state)
{
	(void)state;
	struct okng_conductor_teacher *teacher;
	golden = board_draw(BOARD_W, BOARD_H, &plain);
	assert_int_equal(okng_conductor_teacher_open(&teacher, &setup, classes, 6, BOARD_W, BOARD_H), 0);
	for (int i = 0; i < PARTS; i++) {
		struct okng_conductor_box boxes[6];
		struct board_view view;
		struct okng_image part = draw_part(&view, boxes);
		assert_int_equal(okng_conductor_teacher_add(teacher, &golden, &part, boxes, 6, i % 3), 0);
		okng_image_finish(&part);
	}
	assert_true(okng_conductor_teacher_samples(teacher) > PARTS * 7); /* the specks, too */
	assert_int_equal(okng_conductor_teacher_learn(teacher, -1, &chunk, &chunk_size), 0);
	okng_conductor_teacher_close(&teacher);
	assert_null(teacher);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	okng_image_finish(&golden);
	free(chunk);
	return 0;
}

static struct okng_inspector *open_taught(void)
{
	struct okng_inspector *inspector;
	struct okng_recipe recipe;
	struct okng_model *model;
	struct okng_error err = {0};
	board_recipe(&recipe);
	recipe.tools[0].decide = OKNG_DECIDE_TREES;
	assert_int_equal(okng_model_golden(&model, &golden), 0);
	assert_int_equal(okng_model_set_chunk(model, OKNG_CHUNK_TREES, TOOL, chunk, chunk_size), 0);
	if (okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err) != 0)
		fail_msg("%s", err.text);
	okng_model_close(&model);
	return inspector;
}

/* Parts it has not seen. */
static void names_what_was_boxed(void **state)
{
	(void)state;
	struct okng_inspector *inspector = open_taught();
	int right = 0, wrong = 0;
	seed = 4711;
	for (int i = 0; i < 20; i++) {
		struct okng_conductor_box boxes[6];
		struct board_view view;
		struct okng_image part = draw_part(&view, boxes);
		struct okng_result r;
		okng_inspector_run(inspector, &part, &r);
		assert_int_equal(r.verdict, OKNG_NG);
		for (int k = 0; k < r.n_candidates; k++) {
			const struct okng_defect *d = &r.defects[k];
			assert_true(d->scored && d->score >= 0 && d->score <= 1);
			if (d->score < 0.5f)
				continue;
			assert_true(strlen(d->why) > 0 && strlen(d->why) < sizeof d->why);
			bool met = false;
			for (int b = 0; b < 6; b++)
				met = met || (boxes[b].class_number == d->class_number && okng_conductor_overlap(d->box, boxes[b].rect) > 0.33);
			right += met;
			wrong += !met;
		}
		okng_image_finish(&part);
	}
	okng_inspector_close(&inspector);
	assert_true(right >= 118 && wrong <= 2);
}

static void good_parts_are_good(void **state)
{
	(void)state;
	struct okng_inspector *inspector = open_taught();
	for (int i = 0; i < 9; i++) {
		const struct board_view view = {.dx = i - 4, .dy = 4 - i, .warp = i % 3};
		struct okng_image part = board_draw(BOARD_W, BOARD_H, &view);
		struct okng_result r;
		for (int k = 0; k < 5; k++)
			board_mark(&part, &view, &(struct board_mark){206.5 + 2 * k, 25 + 11 * k, 2, 1, true});
		okng_inspector_run(inspector, &part, &r);
		assert_int_equal(r.verdict, OKNG_OK);
		okng_image_finish(&part);
	}
	okng_inspector_close(&inspector);
}

static void same_pairs_same_bytes(void **state)
{
	(void)state;
	uint8_t *before = chunk;
	size_t size = chunk_size;
	okng_image_finish(&golden);
	seed = 11;
	open_and_teach(NULL);
	assert_int_equal(size, chunk_size);
	assert_memory_equal(before, chunk, size);
	free(before);
}

static void what_it_needs(void **state)
{
	(void)state;
	struct okng_recipe recipe;
	struct okng_model *model;
	struct okng_inspector *inspector;
	struct okng_error err = {0};
	board_recipe(&recipe);
	recipe.tools[0].decide = OKNG_DECIDE_TREES;
	assert_int_equal(okng_model_golden(&model, &golden), 0);
	assert_int_equal(okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err), -EINVAL);
	assert_null(inspector);
	assert_string_equal(err.key, "tool.decide");
	assert_non_null(strstr(err.text, "okng learn --pairs"));
	chunk[0] ^= 1; /* one class fewer than the forest has */
	assert_int_equal(okng_model_set_chunk(model, OKNG_CHUNK_TREES, TOOL, chunk, chunk_size), 0);
	chunk[0] ^= 1;
	assert_int_equal(okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err), -EINVAL);
	assert_null(inspector);
	assert_non_null(strstr(err.text, "okng learn --pairs"));
	okng_model_close(&model);
}

static void groups_left_out(void **state)
{
	(void)state;
	struct okng_conductor_teacher *teacher;
	uint8_t *all, *some, *same;
	size_t n_all, n_some, n_same;
	assert_int_equal(okng_conductor_teacher_open(&teacher, &setup, classes, 6, BOARD_W, BOARD_H), 0);
	for (int i = 0; i < 12; i++) {
		struct okng_conductor_box boxes[6];
		struct board_view view;
		struct okng_image part = draw_part(&view, boxes);
		assert_int_equal(okng_conductor_teacher_add(teacher, &golden, &part, boxes, 6, i % 4), 0);
		okng_image_finish(&part);
	}
	assert_int_equal(okng_conductor_teacher_learn(teacher, -1, &all, &n_all), 0);
	assert_int_equal(okng_conductor_teacher_learn(teacher, 2, &some, &n_some), 0);
	assert_int_equal(okng_conductor_teacher_learn(teacher, 9, &same, &n_same), 0);
	assert_int_equal(n_all, n_same);
	assert_memory_equal(all, same, n_all);
	assert_true(n_some != n_all || memcmp(all, some, n_all) != 0);
	free(all);
	free(some);
	free(same);
	okng_conductor_teacher_close(&teacher);
}

static void what_is_not_taken(void **state)
{
	(void)state;
	struct okng_conductor_teacher *teacher;
	int many[16];
	uint8_t *bytes = NULL;
	size_t size;
	for (int i = 0; i < 16; i++)
		many[i] = i + 1;
	assert_int_equal(okng_conductor_teacher_open(&teacher, &setup, many, 0, BOARD_W, BOARD_H), -EINVAL);
	assert_int_equal(okng_conductor_teacher_open(&teacher, &setup, many, 16, BOARD_W, BOARD_H), -EINVAL);
	assert_null(teacher);
	assert_int_equal(okng_conductor_teacher_open(&teacher, &setup, many, 15, BOARD_W, BOARD_H), 0);
	struct okng_image stranger = board_draw(BOARD_W, BOARD_H, &(struct board_view){.stranger = true});
	const struct okng_conductor_box unknown = {{10, 10, 20, 20}, 16}, nothing_there = {{10, 10, 20, 20}, 15};
	assert_int_equal(okng_conductor_teacher_add(teacher, &golden, &stranger, NULL, 0, 0), -ENOENT);
	assert_int_equal(okng_conductor_teacher_add(teacher, &golden, &golden, &unknown, 1, 0), -EINVAL);
	assert_int_equal(okng_conductor_teacher_samples(teacher), 0);
	assert_int_equal(okng_conductor_teacher_add(teacher, &golden, &golden, &nothing_there, 1, 0), 1); /* one box without a finding */
	assert_int_equal(okng_conductor_teacher_samples(teacher), 0);
	assert_int_equal(okng_conductor_teacher_learn(teacher, -1, &bytes, &size), -EINVAL); /* from nothing */
	assert_null(bytes);
	okng_conductor_teacher_close(&teacher);
	okng_image_finish(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_was_boxed),
		cmocka_unit_test(good_parts_are_good),
		cmocka_unit_test(same_pairs_same_bytes),
		cmocka_unit_test(what_it_needs),
		cmocka_unit_test(groups_left_out),
		cmocka_unit_test(what_is_not_taken),
	};
	return cmocka_run_group_tests(tests, open_and_teach, finish);
}

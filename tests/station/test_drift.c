/* SPDX-License-Identifier: Apache-2.0
 *
 * The slow averages of the station: what is said, when it begins, and when it is over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/drift.h"

static struct okng_recipe recipe(void)
{
	static struct okng_recipe r;
	memset(&r, 0, sizeof r);
	r.locate.search = 20;
	r.locate.angle = 2;
	r.drift.light = 0.1;
	r.drift.sharpness = 0.8;
	r.drift.position = 0.7;
	r.drift.parts = 30;
	return r;
}

static const struct okng_result usual = {.light = 1, .sharpness = 1, .found = true};

/* After how many of these it changes, -1: not within most. */
static int changes_after(struct okng_drift *d, const struct okng_recipe *r, const struct okng_result *result, int most, const char *word)
{
	char why[200] = "";
	for (int i = 1; i <= most; i++)
		if (okng_drift_take(d, r, result, why, sizeof why)) {
			assert_non_null(strstr(why, word));
			return i;
		}
	return -1;
}

static void stays_silent_while_all_is_as_taught(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_drift d = {0};
	for (int i = 0; i < 1000; i++) {
		struct okng_result result = usual;
		char why[200];
		/* Parts scatter: light ±9 %, place over the whole search range. */
		result.light = 1 + 0.09f * (i % 2 ? 1 : -1);
		result.pose.dx = i % 2 ? 20 : -20;
		result.pose.angle = i % 3 - 1;
		assert_false(okng_drift_take(&d, &r, &result, why, sizeof why));
	}
	assert_false(d.shown);
}

static void says_what_has_moved(void **state)
{
	(void)state;
	static const struct {
		struct okng_result result;
		const char *word;
	} cases[] = {
		{{.light = 0.85f, .sharpness = 1, .found = true}, "15.0 % less"},
		{{.light = 1.2f, .sharpness = 1, .found = true}, "more than taught"},
		{{.light = 1, .sharpness = 0.7f, .found = true}, "sharpness"},
		{{.light = 1, .sharpness = 1, .found = true, .pose = {.dx = -15}}, "parts lie -15.0, 0.0"},
		{{.light = 1, .sharpness = 1, .found = true, .pose = {.dy = 15}}, "parts lie"},
		{{.light = 1, .sharpness = 1, .found = true, .pose = {.angle = 1.5}}, "1.50 degrees"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_recipe r = recipe();
		struct okng_drift d = {0};
		assert_int_equal(changes_after(&d, &r, &cases[i].result, 100, cases[i].word), 10); /* not of the first part alone */
		assert_true(d.shown);
		/* Back as it was: it takes some parts, and is said once. */
		int n = changes_after(&d, &r, &usual, 1000, "again as");
		assert_in_range(n, 2, 60);
		assert_int_equal(changes_after(&d, &r, &usual, 1000, ""), -1);
	}
}

static void one_odd_part_is_no_drift(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_drift d = {0};
	const struct okng_result odd = {.light = 0.2f, .sharpness = 0.1f};
	assert_int_equal(changes_after(&d, &r, &usual, 100, ""), -1);
	assert_int_equal(changes_after(&d, &r, &odd, 1, ""), -1);
	assert_int_equal(changes_after(&d, &r, &usual, 100, ""), -1);
	assert_in_range(changes_after(&d, &r, &odd, 100, "the light is"), 2, 10);
}

static void does_not_flicker(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_drift d = {0};
	struct okng_result at = usual;
	int changes = 0;
	for (int i = 0; i < 400; i++) {
		char why[200];
		at.light = i % 20 < 10 ? 0.905f : 0.893f; /* about the limit */
		changes += okng_drift_take(&d, &r, &at, why, sizeof why);
	}
	assert_int_equal(changes, 1);
	assert_true(d.shown);
}

static void what_is_off_is_not_watched(void **state)
{
	(void)state;
	struct okng_recipe r = recipe();
	struct okng_drift d = {0};
	const struct okng_result far = {.light = 0.1f, .sharpness = 0.1f, .found = true, .pose = {.dx = 20, .angle = 2}};
	r.drift.light = r.drift.sharpness = r.drift.position = 0;
	assert_int_equal(changes_after(&d, &r, &far, 1000, ""), -1);
	/* And what is not known moves nothing. */
	r = recipe();
	d = (struct okng_drift){0};
	assert_int_equal(changes_after(&d, &r, &(struct okng_result){0}, 1000, ""), -1);
	/* An average over few parts needs no more than those. */
	r.drift.parts = 1;
	d = (struct okng_drift){0};
	assert_int_equal(changes_after(&d, &r, &far, 1, "the light"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_silent_while_all_is_as_taught), cmocka_unit_test(says_what_has_moved), cmocka_unit_test(one_odd_part_is_no_drift),
		cmocka_unit_test(does_not_flicker), cmocka_unit_test(what_is_off_is_not_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

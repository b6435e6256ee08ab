/* SPDX-License-Identifier: Apache-2.0
 *
 * Totals against records with known truth: escapes, overkill, kinds, and defects that were found where they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/summary.h"
#include "pipeline/verdict.h"

static const struct okng_record rows[] = {
	{ .verdict = OKNG_OK, .truth = "good", .time_us = 1000 },
	{ .verdict = OKNG_NG, .reason = 1, .truth = "good", .x = 1, .y = 1, .w = 5, .h = 5, .time_us = 3000 },
	{ .verdict = OKNG_FAULT, .reason = 20, .truth = "good" },
	{ .verdict = OKNG_NG, .reason = 1, .truth = "scratch@10,10,5,5", .x = 12, .y = 12, .w = 20, .h = 2 },
	{ .verdict = OKNG_NG, .reason = 1, .truth = "scratch@10,10,5,5", .x = 15, .y = 10, .w = 20, .h = 2 },
	{ .verdict = OKNG_OK, .truth = "scratch@10,10,5,5" },
	{ .verdict = OKNG_REVIEW, .reason = 1, .truth = "stain@1,2,3,4 open@30,30,4,4", .x = 31, .y = 31, .w = 1, .h = 1 },
	{ .verdict = OKNG_NG, .reason = 1, .truth = "stain@1,2", .x = 0, .y = 0, .w = 90, .h = 90 },
	{ .verdict = OKNG_OK },
	{ .verdict = 99, .reason = 999 },
};

static void counts(void **state)
{
	struct okng_summary s = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		okng_summary_add(&s, &rows[i]);
	assert_int_equal(s.parts, 10);
	assert_int_equal(s.verdict[OKNG_OK], 3);
	assert_int_equal(s.verdict[OKNG_NG], 4);
	assert_int_equal(s.verdict[OKNG_NONE], 1);
	assert_int_equal(s.reason[1], 5);
	assert_int_equal(s.reason[20], 1);
	assert_int_equal(s.reason[OKNG_SUMMARY_REASONS - 1], 1);
	assert_int_equal(s.unknown, 2);
	assert_int_equal(s.good, 3);
	assert_int_equal(s.overkill, 2);
	assert_int_equal(s.bad, 5);
	assert_int_equal(s.caught, 4);
	assert_int_equal(s.escapes, 1);
	assert_int_equal(s.injected, 6);
	assert_int_equal(s.injected_caught, 5);
	assert_int_equal(s.injected_located, 2);
	assert_int_equal(s.n_kinds, 3);
	assert_string_equal(s.kind[0].name, "scratch");
	assert_int_equal(s.kind[0].injected, 3);
	assert_int_equal(s.kind[0].caught, 2);
	assert_int_equal(s.kind[0].located, 1);
	assert_string_equal(s.kind[2].name, "open");
	assert_int_equal(s.kind[2].located, 1);
	assert_int_equal(s.time_max_us, 3000);
}

static void kinds_are_told_apart_and_bounded(void **state)
{
	struct okng_summary s = { 0 };
	struct okng_record r = { .verdict = OKNG_NG };

	(void)state;
	strcpy(r.truth, "scratch@1,1,1,1 scratched@1,1,1,1 scr@1,1,1,1");
	okng_summary_add(&s, &r);
	assert_int_equal(s.n_kinds, 3);
	for (int i = 0; i < 2 * OKNG_SUMMARY_KINDS; i++) {
		snprintf(r.truth, sizeof(r.truth), "kind-with-a-name-that-is-too-long-%d k%d@1,1,1,1", i, i);
		okng_summary_add(&s, &r);
	}
	assert_int_equal(s.n_kinds, OKNG_SUMMARY_KINDS);
	assert_int_equal(s.injected, 3 + 4 * OKNG_SUMMARY_KINDS);
}

static void printed(void **state)
{
	struct okng_summary s = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		okng_summary_add(&s, &rows[i]);
	out = open_memstream(&text, &size);
	okng_summary_print(out, &s, false);
	fclose(out);
	assert_non_null(strstr(text, "10 parts: 3 OK, 4 NG, 1 REVIEW, 1 FAULT"));
	assert_non_null(strstr(text, "parts with a defect: 5, caught 4, escaped 1"));
	assert_non_null(strstr(text, "good parts: 3, rejected 2"));
	free(text);
	out = open_memstream(&text, &size);
	okng_summary_print(out, &s, true);
	fclose(out);
	assert_non_null(strstr(text, "\"escapes\": 1"));
	assert_non_null(strstr(text, "\"overkill\": 2"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(kinds_are_told_apart_and_bounded),
		cmocka_unit_test(printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

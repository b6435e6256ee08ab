/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON writer: commas, escapes, numbers. File names may hold any byte; the line must parse all the same.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json.h"

struct sink {
	struct okng_json json;
	FILE *out;
	char *text;
	size_t size;
};

static void begin(struct sink *s)
{
	s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
	okng_json_init(&s->json, s->out);
}

static void expect(struct sink *s, const char *text)
{
	fclose(s->out);
	assert_string_equal(s->text, text);
	free(s->text);
}

static void strings_are_escaped(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "tab\tline\nbell\a\x7f", "\"tab\\u0009line\\u000abell\\u0007\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f \xe8\x89\xaf \xf0\x9f\x94\xa9", "\"gr\xc3\xbc\xc3\x9f \xe8\x89\xaf \xf0\x9f\x94\xa9\"" },
		{ "\xff", "\"\\ufffd\"" },
		{ "\xc3", "\"\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },                 /* overlong */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },       /* surrogate */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* beyond U+10FFFF */
		{ "\xe8\x89" "a", "\"\\ufffd\\ufffda\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink s;

		begin(&s);
		okng_json_string(&s.json, NULL, cases[i].in);
		expect(&s, cases[i].out);
	}
}

static void numbers_are_json(void **state)
{
	static const struct { double in; int digits; const char *out; } cases[] = {
		{ 0, 3, "0" }, { -0.0001, 3, "0" }, { 1.5, 3, "1.5" }, { 0.12345, 4, "0.1235" }, { 100, 0, "100" }, { 120, 2, "120" },
		{ -2.25, 1, "-2.2" }, { NAN, 3, "null" }, { INFINITY, 3, "null" }, { -INFINITY, 3, "null" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink s;

		begin(&s);
		okng_json_number(&s.json, NULL, cases[i].in, cases[i].digits);
		expect(&s, cases[i].out);
	}
}

static void objects_nest_and_end_the_line(void **state)
{
	struct sink s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 2; i++) {
		okng_json_object(&s.json, NULL);
		okng_json_int(&s.json, "n", INT64_MIN);
		okng_json_array(&s.json, "empty");
		okng_json_end_array(&s.json);
		okng_json_array(&s.json, "list");
		okng_json_bool(&s.json, NULL, true);
		okng_json_null(&s.json, NULL);
		okng_json_object(&s.json, NULL);
		okng_json_string(&s.json, "k\"", "v");
		okng_json_end_object(&s.json);
		okng_json_end_array(&s.json);
		okng_json_end_object(&s.json);
	}
	expect(&s, "{\"n\": -9223372036854775808, \"empty\": [], \"list\": [true, null, {\"k\\\"\": \"v\"}]}\n"
		"{\"n\": -9223372036854775808, \"empty\": [], \"list\": [true, null, {\"k\\\"\": \"v\"}]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(numbers_are_json),
		cmocka_unit_test(objects_nest_and_end_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of pairs: what is taken, what is refused and with which line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/pairs.h"

static void pairs_are_taken(void **state)
{
	static const char list[] = "# comment\n\ng 1.png\tt 1.png\r\n/a/g\t/b/t\nlast\tline";
	struct okng_error err = { 0 };
	struct okng_pairs p;

	(void)state;
	assert_int_equal(okng_pairs_parse(&p, list, sizeof(list) - 1, "list", &err), 0);
	assert_int_equal(p.n, 3);
	assert_string_equal(p.pair[0].golden, "g 1.png");
	assert_string_equal(p.pair[0].image, "t 1.png");
	assert_string_equal(p.pair[1].golden, "/a/g");
	assert_string_equal(p.pair[1].image, "/b/t");
	assert_string_equal(p.pair[2].image, "line");
	okng_pairs_finish(&p);
	assert_null(p.pair);
}

static void what_is_no_pair_is_refused(void **state)
{
	static const struct { const char *text; size_t size; int rc, line; } cases[] = {
		{ "", 0, -ENODATA, 0 },
		{ "\n\r\n# a\tb\n", 9, -ENODATA, 0 },
		{ "a\tb\nonly one\n", 13, -EINVAL, 2 },
		{ "a b\n", 4, -EINVAL, 1 },
		{ "a\t\n", 3, -EINVAL, 1 },
		{ "\tb\n", 3, -EINVAL, 1 },
		{ "\n\na\tb\tc", 7, -EINVAL, 3 },
		{ "a\tb\0\n", 5, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct okng_error err = { 0 };
		struct okng_pairs p;

		assert_int_equal(okng_pairs_parse(&p, cases[i].text, cases[i].size, "list", &err), cases[i].rc);
		assert_int_equal(err.line, cases[i].line);
		assert_string_equal(err.file, "list");
		assert_true(err.text[0]);
		assert_null(p.pair);
	}
}

static void names_are_looked_for_beside_the_list_first(void **state)
{
	char dir[] = "/tmp/okng-pairs-XXXXXX", list[64], here[64], out[128];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(list, sizeof(list), "%s/list", dir);
	snprintf(here, sizeof(here), "%s/a.png", dir);
	f = fopen(here, "w");
	assert_non_null(f);
	fclose(f);
	assert_string_equal(okng_pairs_resolve(list, "a.png", out, sizeof(out)), here);
	assert_string_equal(okng_pairs_resolve(list, "b.png", out, sizeof(out)), "b.png");
	assert_string_equal(okng_pairs_resolve(list, "/x/a.png", out, sizeof(out)), "/x/a.png");
	assert_string_equal(okng_pairs_resolve("list", "a.png", out, sizeof(out)), "a.png");
	unlink(here);
	rmdir(dir);
}

static void a_list_that_is_not_there_is_named(void **state)
{
	struct okng_error err = { 0 };
	struct okng_pairs p;

	(void)state;
	assert_int_equal(okng_pairs_load(&p, "/nonexistent/list", &err), -ENOENT);
	assert_string_equal(err.file, "/nonexistent/list");
	assert_int_equal(okng_pairs_load(&p, "/", &err), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_taken),
		cmocka_unit_test(what_is_no_pair_is_refused),
		cmocka_unit_test(names_are_looked_for_beside_the_list_first),
		cmocka_unit_test(a_list_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as typed. The zone is fixed (UTC+8, no summer time) by the caller of the test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "cli/when.h"

#define S INT64_C(1000000)
#define NOW (INT64_C(1767225600) * S + 5) /* 2026-01-01 00:00:00 UTC, 08:00 in Shanghai */

static void times_are_understood(void **state)
{
	static const struct { const char *text; int64_t us; } cases[] = {
		{ "now", NOW },
		{ "90s", NOW - 90 * S },
		{ "10m", NOW - 600 * S },
		{ "8h", NOW - 28800 * S },
		{ "3d", NOW - 259200 * S },
		{ "2w", NOW - 1209600 * S },
		{ "today", 1767196800 * S },
		{ "yesterday", 1767110400 * S },
		{ "2026-01-01", 1767196800 * S },
		{ "2026-01-01T00:00Z", 1767225600 * S },
		{ "2026-01-01T00:00:01Z", 1767225601 * S },
		{ "2026-01-01 08:00", 1767225600 * S },
		{ "2026-01-01 08:00:30", 1767225630 * S },
		{ "2024-02-29Z", 1709164800 * S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = 0;

		assert_int_equal(okng_when_parse(cases[i].text, NOW, &us), 0);
		assert_int_equal(us, cases[i].us);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "h", "5", "5x", "5h ", "-5h", "99999999999h", "tomorrow", "2026-02-29", "2026-02-31Z", "2026-13-01", "2026-1-1",
		"2026-01-01T", "2026-01-01T8", "2026-01-01T24:00", "2026-01-01T08:60", "2026-01-01T08:00:61", "2026-01-01T08:00:1",
		"2026-01-01T08:00:00+01", "2026-01-01x", "1969-01-01", "2026-01-01T-1:00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = 77;

		assert_int_equal(okng_when_parse(cases[i], NOW, &us), -EINVAL);
		assert_int_equal(us, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_understood),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

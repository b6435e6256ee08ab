/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses as people write them, and times in the histogram. The client itself meets servers in test_plc_watch.py and
 * whatever bytes in fuzz_modbus.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "cli/modbus.h"
#include "cli/times.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		unsigned port;
	} cases[] = {
		{ "station", "station", 1502 },
		{ "station:502", "station", 502 },
		{ "192.168.1.10:65535", "192.168.1.10", 65535 },
		{ "::1", "::1", 1502 },
		{ "fe80::1%eth0", "fe80::1%eth0", 1502 },
		{ "[::1]", "::1", 1502 },
		{ "[::1]:502", "::1", 502 },
		{ "", NULL, 0 },
		{ ":502", NULL, 0 },
		{ "station:", NULL, 0 },
		{ "station:0", NULL, 0 },
		{ "station:65536", NULL, 0 },
		{ "station:5o2", NULL, 0 },
		{ "station: 502", NULL, 0 },
		{ "station:-1", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]502", NULL, 0 },
		{ "[]", NULL, 0 },
	};
	char host[OKNG_MODBUS_HOST], longest[OKNG_MODBUS_HOST + 1];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int code = okng_modbus_address(cases[i].text, host, &port);

		if ((code == 0) != (cases[i].host != NULL))
			fail_msg("\"%s\": %d", cases[i].text, code);
		if (code)
			continue;
		assert_string_equal(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
	memset(longest, 'h', sizeof(longest));
	longest[OKNG_MODBUS_HOST] = '\0';
	assert_int_equal(okng_modbus_address(longest, host, &port), -EINVAL);
	assert_int_equal(okng_modbus_address(longest + 1, host, &port), 0);
}

static void every_code_has_words(void **state)
{
	(void)state;
	for (int code = -200; code < 256; code++)
		assert_true(strlen(okng_modbus_text(code)) > 0);
	assert_non_null(strstr(okng_modbus_text(2), "exception 2"));
	assert_non_null(strstr(okng_modbus_text(-ETIMEDOUT), "in time"));
}

static bool near(double is, double wanted, double off)
{
	return fabs(is - wanted) <= off;
}

/* The middle of a bin is at most 1/128 away from what fell into it. */
static void percentiles(void **state)
{
	static struct okng_times t;
	const int n = 100000;

	(void)state;
	assert_true(isnan(okng_times_ms(&t, 0.5)));
	for (int i = 1; i <= n; i++)
		okng_times_add(&t, i * INT64_C(1000));
	assert_true(near(okng_times_ms(&t, 0.5), n / 2 / 1000.0, n / 2 / 1000.0 / 64));
	assert_true(near(okng_times_ms(&t, 0.99), n * 0.99 / 1000.0, n * 0.99 / 1000.0 / 64));
	assert_true(okng_times_ms(&t, 1) == n / 1000.0);
	for (int64_t ns = 1; ns < INT64_C(1000000000000); ns = ns * 3 / 2 + 1) {
		struct okng_times one = { .n = 0 };

		okng_times_add(&one, ns);
		okng_times_add(&one, ns + ns / 2); /* else the longest hides the bin */
		assert_true(near(okng_times_ms(&one, 0.5) * 1e6, (double)ns, (double)ns / 100 + 0.5));
	}
	okng_times_add(&t, INT64_MAX);
	okng_times_add(&t, -5);
	assert_true(okng_times_ms(&t, 1) == (double)INT64_MAX / 1e6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(every_code_has_words),
		cmocka_unit_test(percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

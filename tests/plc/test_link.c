/* SPDX-License-Identifier: Apache-2.0
 *
 * A link's states, its waits that double, and what it says: once for each change, not at every attempt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/link.h"

static char said[32][160];
static unsigned n_said;

static void on_trigger(void *user, int unit, const struct okng_plc_trigger *trigger)
{
	(void)user;
	(void)unit;
	(void)trigger;
}

static void on_log(void *user, int level, const char *text)
{
	(void)user;
	(void)level;
	snprintf(said[n_said++ % 32], sizeof said[0], "%s", text);
}

static void waits_and_words(void **state)
{
	(void)state;
	const struct okng_plc_handlers handlers = {.trigger = on_trigger, .log = on_log};
	struct okng_link l = {.units = okng_units_open(1, OKNG_WORD_ABCD, 0, &handlers), .name = "x", .wake_fd = -1,
		.retry_ms = 10, .retry_max_ms = 50, .wait_ms = 10};
	static const int waits[] = {10, 20, 40, 50, 50, 50};
	assert_non_null(l.units);
	n_said = 0;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		okng_link_connecting(&l);
		assert_int_equal(atomic_load(&l.state), OKNG_LINK_CONNECTING);
		assert_int_equal(okng_link_down(&l, i < 4 ? "no cable" : "no answer"), waits[i]);
		assert_int_equal(atomic_load(&l.state), OKNG_LINK_DOWN);
	}
	assert_int_equal(n_said, 2);
	assert_string_equal(said[0], "x: not up: no cable");
	assert_string_equal(said[1], "x: not up: no answer");
	assert_int_equal(atomic_load(&l.losses), 0); /* it never was up */
	for (int i = 0; i < 3; i++)
		okng_link_up(&l);
	assert_int_equal(n_said, 3);
	assert_string_equal(said[2], "x: UP");
	assert_int_equal(okng_link_down(&l, "no answer"), 10); /* up in between: from the start again */
	assert_int_equal(okng_link_down(&l, "no answer"), 20);
	assert_int_equal(n_said, 4);
	assert_string_equal(said[3], "x: DOWN: no answer");
	assert_int_equal(atomic_load(&l.losses), 1);
	okng_units_close(&l.units);
}

static void *wait_for_bell(void *arg)
{
	struct okng_link *l = arg;
	while (!atomic_load(&l->quit))
		okng_link_wait(l, -1, 0, -1);
	return NULL;
}

/* A thread that sleeps for ever wakes when the station has news, and when it is to stop. */
static void bell(void **state)
{
	(void)state;
	const struct okng_plc_handlers handlers = {.trigger = on_trigger, .log = on_log};
	char why[64];
	struct okng_link l = {.units = okng_units_open(1, OKNG_WORD_ABCD, 0, &handlers), .name = "x", .wake_fd = -1, .retry_ms = 10, .retry_max_ms = 10};
	assert_int_equal(okng_link_start(&l, wait_for_bell, &l, true, why, sizeof why), 0);
	assert_int_equal(l.units->n_listeners, 1);
	for (int i = 0; i < 1000; i++)
		okng_units_event(l.units, 0, &(struct okng_handshake_event){.kind = OKNG_EVENT_HEARTBEAT});
	okng_link_stop(&l);
	assert_int_equal(l.wake_fd, -1);
	assert_int_equal(l.units->n_listeners, 0);
	okng_link_stop(&l);
	okng_units_close(&l.units);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(waits_and_words), cmocka_unit_test(bell)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring: full and empty are told apart, order holds, and two threads pass every element exactly once.
 */
#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "daemon/ring.h"

static void full_and_empty(void **state)
{
	(void)state;
	struct okng_ring r;
	int v = 0;
	assert_int_equal(okng_ring_init(&r, 5, sizeof v), 0); /* rounds up to 8 */
	assert_false(okng_ring_pop(&r, &v));
	for (int round = 0; round < 3; round++) {
		for (v = 0; v < 8; v++)
			assert_true(okng_ring_push(&r, &v));
		assert_false(okng_ring_push(&r, &v));
		for (int i = 0; i < 8; i++) {
			assert_true(okng_ring_pop(&r, &v));
			assert_int_equal(v, i);
		}
		assert_false(okng_ring_pop(&r, &v));
	}
	okng_ring_finish(&r);
}

#define COUNT 200000

static void *produce(void *arg)
{
	struct okng_ring *r = arg;
	for (uint64_t i = 0; i < COUNT; i++)
		while (!okng_ring_push(r, (uint64_t[2]){i, ~i}))
			sched_yield();
	return NULL;
}

static void two_threads(void **state)
{
	(void)state;
	struct okng_ring r;
	pthread_t t;
	uint64_t v[2];
	assert_int_equal(okng_ring_init(&r, 16, sizeof v), 0);
	assert_int_equal(pthread_create(&t, NULL, produce, &r), 0);
	for (uint64_t i = 0; i < COUNT; i++) {
		while (!okng_ring_pop(&r, v))
			sched_yield();
		assert_true(v[0] == i && v[1] == ~i);
	}
	pthread_join(t, NULL);
	assert_false(okng_ring_pop(&r, v));
	okng_ring_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(full_and_empty), cmocka_unit_test(two_threads)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

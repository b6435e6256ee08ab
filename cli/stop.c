/* SPDX-License-Identifier: Apache-2.0
 *
 * The flag belongs to the process, as signals do.
 */
#include "cli/stop.h"

#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

const volatile sig_atomic_t *okng_stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return &stop;
}

int64_t okng_stop_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* In slices: a signal just before the sleep would otherwise be noticed only after it. */
bool okng_stop_wait_until(int64_t then_ns)
{
	for (int64_t now = okng_stop_now_ns(); !stop && now < then_ns; now = okng_stop_now_ns()) {
		int64_t left = then_ns - now < 100000000 ? then_ns - now : 100000000;
		const struct timespec slice = { .tv_nsec = left };

		nanosleep(&slice, NULL);
	}
	return !stop;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Ctrl-C and SIGTERM for commands that run until then: they set a flag, so that the command can leave the terminal and
 * the other side in order.
 */
#ifndef OKNG_CLI_STOP_H
#define OKNG_CLI_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* From now on the signals set what is returned; a second Ctrl-C ends the program as usual. */
const volatile sig_atomic_t *okng_stop_on_signals(void);

/* Waits until then (CLOCK_MONOTONIC); false when told to stop. */
bool okng_stop_wait_until(int64_t then_ns);

int64_t okng_stop_now_ns(void);

#endif

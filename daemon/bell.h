/* SPDX-License-Identifier: Apache-2.0
 *
 * A bell wakes the one thread that sleeps on it: an eventfd, rung after a push into one of that thread's rings.
 */
#ifndef OKNG_DAEMON_BELL_H
#define OKNG_DAEMON_BELL_H

#include <stdint.h>

int okng_bell_open(void);                        /* a descriptor, or negative errno */
void okng_bell_ring(int bell);                   /* any thread */
void okng_bell_wait(int bell, int64_t until_ns); /* returns when rung or at that CLOCK_MONOTONIC time; -1: only when rung */
int64_t okng_bell_now(void);                     /* CLOCK_MONOTONIC, ns */

#endif

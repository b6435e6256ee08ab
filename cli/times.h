/* SPDX-License-Identifier: Apache-2.0
 *
 * Many times in little room: a histogram whose bins grow with the time, so that a percentile is right to 1.6 %, and the
 * longest exactly, however many there are.
 */
#ifndef OKNG_CLI_TIMES_H
#define OKNG_CLI_TIMES_H

#include <stdint.h>

#define OKNG_TIMES_BINS 2560 /* 64 an octave, 1 ns to 18 minutes */

struct okng_times {
	uint64_t bins[OKNG_TIMES_BINS], n;
	int64_t longest_ns;
};

void okng_times_add(struct okng_times *t, int64_t ns);
/* The time which share (0 to 1) of all do not exceed, ms; NaN where there are none. 1: the longest. */
double okng_times_ms(const struct okng_times *t, double share);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Below 128 ns a bin is 1 ns; from there each octave has 64 bins, and a bin answers with its middle.
 */
#include "cli/times.h"

#include <math.h>

static unsigned bin_of(int64_t ns)
{
	uint64_t v = ns < 0 ? 0 : (uint64_t)ns;
	unsigned octave = 0;

	while (v >= 128) {
		v >>= 1;
		octave++;
	}
	unsigned bin = octave * 64 + (unsigned)v;

	return bin < OKNG_TIMES_BINS ? bin : OKNG_TIMES_BINS - 1;
}

static double middle_ns(unsigned bin)
{
	unsigned octave = bin < 128 ? 0 : bin / 64 - 1;

	return ldexp(bin - octave * 64 + (octave ? 0.5 : 0.0), (int)octave);
}

void okng_times_add(struct okng_times *t, int64_t ns)
{
	t->bins[bin_of(ns)]++;
	t->n++;
	if (ns > t->longest_ns)
		t->longest_ns = ns;
}

double okng_times_ms(const struct okng_times *t, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)t->n), below = 0;

	if (!t->n)
		return NAN;
	for (unsigned i = 0; i < OKNG_TIMES_BINS && share < 1; i++) {
		below += t->bins[i];
		if (below >= rank && below)
			return fmin(middle_ns(i), (double)t->longest_ns) / 1e6;
	}
	return (double)t->longest_ns / 1e6;
}

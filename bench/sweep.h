/* SPDX-License-Identifier: Apache-2.0
 *
 * How time grows with the size of the picture, with the number of blobs and with the number of regions: each a table
 * (CSV) and a picture (SVG).
 */
#ifndef OKNG_BENCH_SWEEP_H
#define OKNG_BENCH_SWEEP_H

#include "bench/bench.h"

#define OKNG_BENCH_SWEEP_POINTS 31 /* in all; fewer when quick */

/* Measures all and writes size-chain, size-inspect, blobs and regions, .csv and .svg each, into the folder dir, which is
 * made where it is not there. setup->seconds is for each point, its size for the points of blobs and regions.
 * quick: few points, none large. done (may be NULL) is told the name of every file as it is written, and every point
 * measured (file NULL). As okng_bench_run; what can't be written is its negative errno with *err. */
int okng_bench_sweep(const struct okng_bench_setup *setup, bool quick, const char *dir,
	void (*done)(void *user, const char *file), void *user, struct okng_error *err);

#endif

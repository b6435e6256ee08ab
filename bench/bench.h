/* SPDX-License-Identifier: Apache-2.0
 *
 * Benchmarks of the pipeline, side by side with OpenCV doing the same work where its module is there. What is timed is
 * checked first: both sides must find the same blobs, the part where it is, the same pixels.
 */
#ifndef OKNG_BENCH_BENCH_H
#define OKNG_BENCH_BENCH_H

#include "bench/measure.h"
#include "bench/opencv.h"
#include "pipeline/cpu.h"
#include "pipeline/error.h"

struct okng_bench_setup {
	int32_t width, height;   /* pixels, at least 320 × 240 */
	double seconds;          /* to measure each for */
	int rounds;              /* of each, at least: 1 to OKNG_BENCH_ROUNDS_MAX */
	int parts;               /* of "parts", at least 1 */
	const struct okng_bench_opencv *opencv; /* NULL: there is none */
};

#define OKNG_BENCH_BLOBS 40 /* defects in the picture of chain and inspect */

/* A figure; NAN: does not apply. Times in milliseconds. */
struct okng_bench_row {
	const char *name;           /* static */
	const char *what;           /* static, one line for people */
	enum okng_cpu cpu;          /* kernels in use */
	int32_t width, height;
	struct okng_bench_timing t; /* scaling: ratio is the throughput of two workers over that of one, ms one part's time
	                             * with one; parts: ratio is p99.9 over the median, spread that of the times */
	int parts;                  /* inspected, parts and scaling only; else 0 */
	double p99_ms, p999_ms, max_ms; /* parts only */
};

/* The names in the order in which they run, ends with NULL: chain, inspect, undistort, scaling, parts, then the kernels. */
extern const char *const okng_bench_names[];

/* Measures one; level: okng_cpu_level(). 0; -EINVAL with *err (no such name, a size that has no room for the picture);
 * -EPROTO with *err: a side did not find what is there, or OpenCV something else; -ENOMEM. Blocking. */
int okng_bench_run(const struct okng_bench_setup *setup, const char *name, struct okng_bench_row *row, struct okng_error *err);

#endif

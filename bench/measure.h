/* SPDX-License-Identifier: Apache-2.0
 *
 * Times of two sides that do the same work, and of reading the same bytes, taken in turn so that a machine that slows
 * down slows all of them down; time is what the thread spent on a processor. Medians; the ratio is the median of the
 * ratios of each round, its spread their interquartile range over that median.
 */
#ifndef OKNG_BENCH_MEASURE_H
#define OKNG_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/image.h"

#define OKNG_BENCH_ROUNDS_MAX 1000
#define OKNG_BENCH_BUFFERS_MAX 8

/* One side; run returns 0 or a negative errno, which ends the measurement. run NULL: there is no such side. */
struct okng_bench_side {
	int (*run)(void *state);
	void *state;
};

/* What the work must read at least once. */
struct okng_bench_stream {
	struct {
		const void *bytes;
		size_t size;
	} buffer[OKNG_BENCH_BUFFERS_MAX];
	int n;
};

/* Milliseconds and ratios; NAN where a side is missing. */
struct okng_bench_timing {
	double ms, opencv_ms, stream_ms; /* medians */
	double ratio;                    /* OpenCV's time over ours */
	double stream_ratio;             /* ours over the stream's */
	double spread;                   /* of ratio; of our time where there is no OpenCV */
	int rounds;
};

/* Monotonic, nanoseconds. */
int64_t okng_bench_now(void);

/* The q quantile (0 to 1) of n values, which are sorted by it; linear between neighbours; NAN for none. */
double okng_bench_quantile(double *values, int n, double q);

/* Interquartile range over median. Sorts. */
double okng_bench_spread(double *values, int n);

void okng_bench_stream_add(struct okng_bench_stream *stream, const struct okng_image *img);

/* Reads every byte of the stream; what it returns depends on all of them. */
uint64_t okng_bench_stream_read(const struct okng_bench_stream *stream);

/* Rounds for `seconds` and at least `least` (1 to OKNG_BENCH_ROUNDS_MAX); in each every side has a turn of up to 20 ms and
 * of two runs at least. stream NULL: none. 0, -ENOMEM, or what a side returned. One thread, blocking. */
int okng_bench_measure(const struct okng_bench_side *ours, const struct okng_bench_side *opencv,
	const struct okng_bench_stream *stream, double seconds, int least, struct okng_bench_timing *timing);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the sides moves on by one each round, so that none always runs behind the same other and finds the
 * caches as that one leaves them.
 */
#include "bench/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OURS, OPENCV, STREAM, SIDES };

struct samples {
	double ms[SIDES][OKNG_BENCH_ROUNDS_MAX];
	double scratch[OKNG_BENCH_ROUNDS_MAX];
	int n;
};

int64_t okng_bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double okng_bench_quantile(double *values, int n, double q)
{
	if (n <= 0)
		return NAN;
	qsort(values, (size_t)n, sizeof *values, by_value);
	double at = q * (n - 1);
	int i = (int)at;
	return i + 1 < n ? values[i] + (at - i) * (values[i + 1] - values[i]) : values[n - 1];
}

double okng_bench_spread(double *values, int n)
{
	double low = okng_bench_quantile(values, n, 0.25), high = okng_bench_quantile(values, n, 0.75);
	return (high - low) / okng_bench_quantile(values, n, 0.5);
}

void okng_bench_stream_add(struct okng_bench_stream *stream, const struct okng_image *img)
{
	stream->buffer[stream->n].bytes = img->data;
	stream->buffer[stream->n++].size = (size_t)img->height * (size_t)img->stride;
}

/* Four words at once, whatever the machine's registers hold. */
struct wide {
	uint64_t v __attribute__((vector_size(32)));
};

/* Four sums, so that no addition waits for the one before it. */
static uint64_t read_buffer(const uint8_t *p, size_t size)
{
	struct wide sum[4] = {{{0}}}, in[4];
	uint64_t rest = 0, all[4];
	size_t i = 0;
	for (; i + sizeof in <= size; i += sizeof in) {
		memcpy(in, p + i, sizeof in);
		sum[0].v += in[0].v;
		sum[1].v += in[1].v;
		sum[2].v += in[2].v;
		sum[3].v += in[3].v;
	}
	for (; i < size; i++)
		rest += p[i];
	sum[0].v += sum[1].v + sum[2].v + sum[3].v;
	memcpy(all, sum, sizeof all);
	return all[0] + all[1] + all[2] + all[3] + rest;
}

uint64_t okng_bench_stream_read(const struct okng_bench_stream *stream)
{
	uint64_t sum = 0;
	for (int i = 0; i < stream->n; i++)
		sum += read_buffer(stream->buffer[i].bytes, stream->buffer[i].size);
	return sum;
}

struct reading {
	struct okng_bench_stream stream;
	uint64_t sum; /* kept, so that the reading is not left out */
};

static int run_stream(void *state)
{
	struct reading *r = state;
	r->sum += okng_bench_stream_read(&r->stream);
	return 0;
}

static int run_round(const struct okng_bench_side *sides, int first, struct samples *samples, int slot)
{
	for (int i = 0; i < SIDES; i++) {
		int side = (first + i) % SIDES;
		if (!sides[side].run) {
			samples->ms[side][slot] = NAN;
			continue;
		}
		int64_t start = okng_bench_now();
		int rc = sides[side].run(sides[side].state);
		if (rc < 0)
			return rc;
		samples->ms[side][slot] = (double)(okng_bench_now() - start) * 1e-6;
	}
	return 0;
}

/* Quantiles of a side without disturbing the rounds, which belong together across sides. */
static double median_of(struct samples *s, int side)
{
	memcpy(s->scratch, s->ms[side], (size_t)s->n * sizeof *s->scratch);
	return isnan(s->scratch[0]) ? NAN : okng_bench_quantile(s->scratch, s->n, 0.5);
}

static double *ratios(struct samples *s, int over, int under)
{
	for (int i = 0; i < s->n; i++)
		s->scratch[i] = s->ms[over][i] / s->ms[under][i];
	return s->scratch;
}

static void sum_up(struct samples *s, struct okng_bench_timing *t)
{
	t->rounds = s->n;
	t->ms = median_of(s, OURS);
	t->opencv_ms = median_of(s, OPENCV);
	t->stream_ms = median_of(s, STREAM);
	t->ratio = isnan(t->opencv_ms) ? NAN : okng_bench_quantile(ratios(s, OPENCV, OURS), s->n, 0.5);
	t->stream_ratio = isnan(t->stream_ms) ? NAN : okng_bench_quantile(ratios(s, OURS, STREAM), s->n, 0.5);
	if (isnan(t->opencv_ms)) {
		memcpy(s->scratch, s->ms[OURS], (size_t)s->n * sizeof *s->scratch);
		t->spread = okng_bench_spread(s->scratch, s->n);
	} else {
		t->spread = okng_bench_spread(ratios(s, OPENCV, OURS), s->n);
	}
}

int okng_bench_measure(const struct okng_bench_side *ours, const struct okng_bench_side *opencv,
	const struct okng_bench_stream *stream, double seconds, int least, struct okng_bench_timing *timing)
{
	struct reading reading = {.sum = 0};
	struct okng_bench_side sides[SIDES] = {[OURS] = *ours, [OPENCV] = *opencv};
	struct samples *samples = calloc(1, sizeof *samples);
	if (!samples)
		return -ENOMEM;
	if (stream) {
		reading.stream = *stream;
		sides[STREAM] = (struct okng_bench_side){run_stream, &reading};
	}
	int rc = run_round(sides, 0, samples, 0); /* to warm up: round 0 is written over */
	int64_t end = okng_bench_now() + (int64_t)(seconds * 1e9);
	while (rc == 0 && samples->n < OKNG_BENCH_ROUNDS_MAX && (samples->n < least || okng_bench_now() < end)) {
		rc = run_round(sides, samples->n % SIDES, samples, samples->n);
		samples->n++;
	}
	if (rc == 0)
		sum_up(samples, timing);
	free(samples);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A side runs for a while when it is its turn, and the first run of a turn does not count: it then finds the caches as
 * it leaves them itself, as in a station that does nothing else. The order moves on by one each round.
 */
#include "bench/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OURS, OPENCV, STREAM, SIDES };

#define TURN 0.02     /* seconds of a turn, */
#define TURNS_LEAST 24 /* but so short that there are this many */
#define RUNS_MAX 64   /* that count in a turn */

struct samples {
	double ms[SIDES][OKNG_BENCH_ROUNDS_MAX];
	double scratch[OKNG_BENCH_ROUNDS_MAX];
	int n;
};

static int64_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t okng_bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Of this thread alone: where other programs take the processor meanwhile, a long run would lose more than a short
 * one, and the ratio would be theirs. On a quiet machine it is the time on the wall, as no side waits for anything. */
static int64_t spent(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
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

/* Three places of a buffer at once, 64 bytes each in turn: on the machines tried this reads faster than one place does,
 * and so is the harder measure. */
static uint64_t read_buffer(const uint8_t *p, size_t size)
{
	uint64_t __attribute__((vector_size(32))) a = {0}, b = a, c = a, d = a, e = a, f = a, in = a;
	size_t part = size / 3, i = 0;
	const uint8_t *q = p + part, *r = q + part;
	uint64_t rest = 0;
	for (; i + 64 <= part; i += 64) {
		memcpy(&in, p + i, 32);
		a += in;
		memcpy(&in, p + i + 32, 32);
		b += in;
		memcpy(&in, q + i, 32);
		c += in;
		memcpy(&in, q + i + 32, 32);
		d += in;
		memcpy(&in, r + i, 32);
		e += in;
		memcpy(&in, r + i + 32, 32);
		f += in;
	}
	for (size_t k = i; k < part; k++)
		rest += p[k] + (uint64_t)q[k] + r[k];
	for (size_t k = 3 * part; k < size; k++)
		rest += p[k];
	a += b + c + d + e + f;
	return a[0] + a[1] + a[2] + a[3] + rest;
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

/* One turn: the median of its runs but the first, in milliseconds. */
static int take_turn(const struct okng_bench_side *side, double seconds, double *figure)
{
	double ms[RUNS_MAX];
	int64_t began = spent();
	int n = 0, rc = side->run(side->state);
	while (rc == 0 && n < RUNS_MAX && (n == 0 || (double)(spent() - began) < seconds * 1e9)) {
		int64_t start = spent();
		rc = side->run(side->state);
		ms[n++] = (double)(spent() - start) * 1e-6;
	}
	*figure = okng_bench_quantile(ms, n, 0.5);
	return rc;
}

static int run_round(const struct okng_bench_side *sides, int first, double seconds, struct samples *samples, int slot)
{
	int rc = 0;
	for (int i = 0; rc == 0 && i < SIDES; i++) {
		int side = (first + i) % SIDES;
		samples->ms[side][slot] = NAN;
		if (sides[side].run)
			rc = take_turn(&sides[side], seconds, &samples->ms[side][slot]);
	}
	return rc;
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
	double turn = seconds / TURNS_LEAST < TURN ? seconds / TURNS_LEAST : TURN;
	int rc = 0;
	int64_t end = okng_bench_now() + (int64_t)(seconds * 1e9);
	while (rc == 0 && samples->n < OKNG_BENCH_ROUNDS_MAX && (samples->n < least || okng_bench_now() < end)) {
		rc = run_round(sides, samples->n % SIDES, turn, samples, samples->n);
		samples->n++;
	}
	if (rc == 0)
		sum_up(samples, timing);
	free(samples);
	return rc;
}

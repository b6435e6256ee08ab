/* SPDX-License-Identifier: Apache-2.0
 *
 * What figures are made of: quantiles against values reckoned by hand, and sides whose work is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/measure.h"

static void quantiles(void **state)
{
	(void)state;
	static const struct {
		int n;
		double values[5], q, want;
	} cases[] = {
		{1, {7}, 0, 7}, {1, {7}, 0.5, 7}, {1, {7}, 1, 7}, {2, {9, 1}, 0.5, 5}, {3, {5, 1, 9}, 0.5, 5},
		{5, {5, 4, 3, 2, 1}, 0.25, 2}, {5, {5, 4, 3, 2, 1}, 0.75, 4}, {5, {5, 4, 3, 2, 1}, 0.999, 4.996}, {4, {4, 2, 1, 3}, 1, 4},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double values[5];
		for (int k = 0; k < 5; k++)
			values[k] = cases[i].values[k];
		assert_true(fabs(okng_bench_quantile(values, cases[i].n, cases[i].q) - cases[i].want) < 1e-12);
	}
	assert_true(isnan(okng_bench_quantile(NULL, 0, 0.5)));
	double same[] = {3, 3, 3}, wide[] = {1, 2, 3, 4, 5};
	assert_true(okng_bench_spread(same, 3) == 0);
	assert_true(fabs(okng_bench_spread(wide, 5) - 2.0 / 3) < 1e-12);
}

/* Every byte counts, whatever the size, and those past the end do not. */
static void stream(void **state)
{
	(void)state;
	uint8_t *bytes = calloc(1, 1000);
	assert_non_null(bytes);
	for (size_t size = 0; size <= 900; size += 37) {
		struct okng_bench_stream s = {.n = 0};
		s.buffer[s.n].bytes = bytes;
		s.buffer[s.n++].size = size;
		uint64_t zero = okng_bench_stream_read(&s);
		assert_int_equal(zero, 0);
		for (size_t i = 0; i < size; i++) {
			bytes[i] = 1;
			assert_int_not_equal(okng_bench_stream_read(&s), 0);
			bytes[i] = 0;
		}
		bytes[size] = 1;
		assert_int_equal(okng_bench_stream_read(&s), 0);
		bytes[size] = 0;
	}
	free(bytes);
}

struct toil {
	uint64_t steps, x;
	int runs, fail_at;
};

static int toil(void *state)
{
	struct toil *t = state;
	for (uint64_t i = 0; i < t->steps; i++)
		t->x = t->x * 6364136223846793005u + 1442695040888963407u;
	return ++t->runs == t->fail_at ? -EPROTO : 0;
}

static void sides(void **state)
{
	(void)state;
	struct toil a = {.steps = 20000, .x = 1}, b = {.steps = 200000, .x = 2};
	const struct okng_bench_side ours = {toil, &a}, theirs = {toil, &b}, none = {NULL, NULL};
	struct okng_bench_timing t;
	assert_int_equal(okng_bench_measure(&ours, &theirs, NULL, 0.05, 3, &t), 0);
	assert_true(t.rounds >= 3 && a.runs >= 2 * t.rounds && b.runs >= 2 * t.rounds);
	assert_true(t.ms > 0 && t.opencv_ms > t.ms);
	assert_true(t.ratio > 2 && t.ratio < 50); /* ten times the work */
	assert_true(t.spread >= 0);
	assert_true(isnan(t.stream_ms) && isnan(t.stream_ratio));

	struct okng_image img;
	struct okng_bench_stream s = {.n = 0};
	assert_int_equal(okng_image_init(&img, 640, 480, OKNG_PIXEL_MONO8), 0);
	okng_bench_stream_add(&s, &img);
	assert_int_equal(okng_bench_measure(&ours, &none, &s, 0.01, 1, &t), 0);
	assert_true(t.stream_ms > 0 && t.stream_ratio > 0 && t.ms > 0);
	assert_true(isnan(t.opencv_ms) && isnan(t.ratio) && t.spread >= 0);
	okng_image_finish(&img);
}

/* What a side says ends the measurement. */
static void failure(void **state)
{
	(void)state;
	for (int at = 1; at < 6; at++) {
		struct toil a = {.steps = 1}, b = {.steps = 1, .fail_at = at};
		const struct okng_bench_side ours = {toil, &a}, theirs = {toil, &b};
		struct okng_bench_timing t;
		assert_int_equal(okng_bench_measure(&ours, &theirs, NULL, 0.01, 5, &t), -EPROTO);
		assert_int_equal(b.runs, at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles), cmocka_unit_test(stream), cmocka_unit_test(sides),
		cmocka_unit_test(failure)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

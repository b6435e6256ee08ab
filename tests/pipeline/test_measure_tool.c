/* SPDX-License-Identifier: Apache-2.0
 *
 * Measuring where it is hard or impossible, and what the inspector makes of it: what is not found is never OK, values
 * reach the result with their limits, and everything is the same to the last bit everywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blurred.h"
#include "pipeline/inspect.h"
#include "pipeline/measure.h"

#define SIDE 64
#define EXPECTED_BITS 0x613e1b3d9e083c58u /* of x86-64 and aarch64, gcc and clang, with and without optimisation */

static struct okng_image picture;
static uint64_t seed = 99;

static const struct okng_measure plain = {
	.kind = OKNG_MEASURE_POSITION, .from = {10, 30}, .to = {50, 30}, .from2 = {10, 45}, .to2 = {50, 45}, .breadth = 9, .scans = 1,
	.centre = {31, 31}, .radius = 15, .reach = 8, .arc = {0, 360}, .rays = 64, .pick = OKNG_PICK_STRONGEST, .sigma = 1.5, .contrast = 20,
	.coverage = 0.7, .tolerance = {-1e6, 1e6},
};

static int set_up(void **state)
{
	(void)state;
	return okng_image_init(&picture, SIDE, SIDE, OKNG_PIXEL_MONO8);
}

static int tear_down(void **state)
{
	(void)state;
	okng_image_finish(&picture);
	return 0;
}

static int measure(const struct okng_measure *m, const int32_t (*spans)[2], struct okng_measurement *out)
{
	struct okng_measurer *me;
	const char *why;
	int r = okng_measurer_open(&me, m, picture.width, picture.height, &why);
	if (r < 0)
		fail_msg("%s", why ? why : "no memory");
	r = okng_measurer_run(me, &picture, spans, NULL, out);
	okng_measurer_close(&me);
	return r;
}

/* Vertical stripes: levels[i] from from[i] on, blurred. */
static void stripes(const double *from, const double *levels, int n, double noise)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			double v = levels[0];
			for (int i = 1; i < n; i++)
				v += (levels[i] - levels[i - 1]) * 0.5 * erfc(-(x - from[i]) / (0.9 * sqrt(2)));
			v += noise * blurred_normal(&seed);
			okng_image_row(&picture, y)[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : floor(v + 0.5));
		}
}

static void not_there(void **state)
{
	(void)state;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	for (int noisy = 0; noisy < 2; noisy++) {
		stripes(&(double){0}, &(double){120}, 1, noisy * 8);
		for (int kind = OKNG_MEASURE_WIDTH; kind <= OKNG_MEASURE_CIRCLE; kind++) {
			struct okng_measure m = plain;
			m.kind = (enum okng_measure_kind)kind;
			m.scans = kind == OKNG_MEASURE_ANGLE ? 3 : 1;
			m.max_roundness = 1;
			int n = measure(&m, NULL, out);
			assert_int_equal(n, kind == OKNG_MEASURE_CIRCLE ? 3 : 1);
			for (int i = 0; i < n; i++) {
				assert_false(out[i].found);
				assert_true(out[i].value == 0 && out[i].scatter == 0);
				assert_true(!out[i].judged || (out[i].score > 0.99f && out[i].score <= 1));
			}
			assert_true(out[0].judged);
			assert_true(n == 1 || (out[1].judged && !out[2].judged));
		}
	}
	/* One edge is no width; two of the same direction are none; an edge of the wrong direction is not taken. */
	struct okng_measure m = plain;
	stripes((double[]){0, 25, 35}, (double[]){30, 100, 170}, 3, 2);
	m.kind = OKNG_MEASURE_WIDTH;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_false(out[0].found);
	m.kind = OKNG_MEASURE_POSITION;
	m.transition = OKNG_TRANSITION_FALL;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_false(out[0].found);
	m.transition = OKNG_TRANSITION_RISE;
	m.contrast = 90;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_false(out[0].found);
	m.contrast = 60;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_true(out[0].found);
}

static double position(enum okng_pick pick, enum okng_transition transition)
{
	struct okng_measure m = plain;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	m.pick = pick;
	m.transition = transition;
	assert_int_equal(measure(&m, NULL, out), 1);
	return out[0].found ? out[0].value + 10 : -1;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 0.03;
}

static void which_edge(void **state)
{
	(void)state;
	/* A stair of two equal steps, then two equal steps down. */
	stripes((double[]){0, 18, 26.5, 37, 45}, (double[]){40, 90, 140, 90, 40}, 5, 0);
	assert_true(near(position(OKNG_PICK_FIRST, OKNG_TRANSITION_ANY), 18));
	assert_true(near(position(OKNG_PICK_LAST, OKNG_TRANSITION_ANY), 45));
	assert_true(near(position(OKNG_PICK_LAST, OKNG_TRANSITION_RISE), 26.5));
	assert_true(near(position(OKNG_PICK_FIRST, OKNG_TRANSITION_FALL), 37));
	stripes((double[]){0, 18, 26.5, 37, 45}, (double[]){40, 90, 170, 90, 40}, 5, 0);
	assert_true(near(position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_ANY), 26.5) || near(position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_ANY), 37));
	assert_true(near(position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_FALL), 37));
	/* Two edges that differ in nothing: the first. */
	stripes((double[]){0, 20, 40}, (double[]){40, 140, 40}, 3, 0);
	assert_true(near(position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_ANY), 20));
	/* Pairs: two bars, the second of more contrast. */
	struct okng_measure m = plain;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	stripes((double[]){0, 14, 22, 30, 41}, (double[]){40, 100, 40, 140, 40}, 5, 0);
	m.kind = OKNG_MEASURE_WIDTH;
	m.transition = OKNG_TRANSITION_RISE;
	static const struct {
		enum okng_pick pick;
		double width;
	} rows[] = {{OKNG_PICK_FIRST, 8}, {OKNG_PICK_LAST, 11}, {OKNG_PICK_STRONGEST, 11}};
	for (size_t i = 0; i < 3; i++) {
		m.pick = rows[i].pick;
		assert_int_equal(measure(&m, NULL, out), 1);
		assert_true(out[0].found && near(out[0].value, rows[i].width));
	}
	m.pick = OKNG_PICK_OUTER;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_true(out[0].found && near(out[0].value, 27));
	m.contrast = 90; /* only the second is left */
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_true(out[0].found && near(out[0].value, 11));
	m.contrast = 20;
	m.transition = OKNG_TRANSITION_FALL;
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_true(out[0].found && near(out[0].value, 8));
	m.from.x = 35; /* one edge only */
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_false(out[0].found);
	m.from.x = 10;
	m.pick = OKNG_PICK_STRONGEST; /* the gap between them */
	assert_int_equal(measure(&m, NULL, out), 1);
	assert_true(near(out[0].value, 8));
}

static void at_the_ends(void **state)
{
	(void)state;
	for (int tenth = -4; tenth <= 4; tenth++) {
		double at = 50 + tenth / 10.0;
		stripes((double[]){0, at}, (double[]){40, 140}, 2, 0);
		double found = position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_ANY);
		if (tenth)
			assert_true(tenth < 0 ? near(found, at) : found < 0);
		stripes((double[]){0, at - 40}, (double[]){140, 40}, 2, 0);
		found = position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_ANY);
		if (tenth)
			assert_true(tenth > 0 ? near(found, at - 40) : found < 0);
	}
	/* To the picture's last pixel: an edge is seen with room for the filter, else not at all. */
	struct okng_measure m = plain;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	m.to.x = SIDE - 1;
	for (int at = 40; at < SIDE + 3; at++) {
		stripes((double[]){0, at + 0.3}, (double[]){40, 140}, 2, 0);
		assert_int_equal(measure(&m, NULL, out), 1);
		assert_true(out[0].found ? near(out[0].value, at - 9.7) : at > SIDE - 8);
		assert_true(out[0].found || at > SIDE - 8);
	}
}

static void out_of_the_picture(void **state)
{
	(void)state;
	struct okng_measurer *me;
	const char *why;
	static const struct {
		double x0, y0, x1, y1, breadth;
		int want;
	} rows[] = {{10, 4, 50, 4, 9, 0}, {10, 3.9, 50, 3.9, 9, -EINVAL}, {0, 30, 63, 30, 9, 0}, {-0.1, 30, 63, 30, 9, -EINVAL}, {0, 30, 63.1, 30, 9, -EINVAL},
		{10, 30, 11, 30, 9, -EINVAL}, {30, 63, 30, 10, 9, 0}, {30, 64, 30, 10, 9, -EINVAL}, {3, 3, 40, 40, 9, 0}, {2, 2, 40, 40, 9, -EINVAL},
		{10, 30, 50, 30, 62, -EINVAL}, {10, 30, 50, 30, 0.5, -EINVAL}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_measure m = plain;
		m.from = (struct okng_point){rows[i].x0, rows[i].y0};
		m.to = (struct okng_point){rows[i].x1, rows[i].y1};
		m.breadth = rows[i].breadth;
		int r = okng_measurer_open(&me, &m, SIDE, SIDE, &why);
		if (r != rows[i].want || (r < 0) != (why != NULL) || (r < 0) != (me == NULL))
			fail_msg("row %zu: %d, %s", i, r, why ? why : "");
		okng_measurer_close(&me);
	}
	/* The frame may end within the picture: a piece missing beyond the scan is no harm, one of the scan itself is. */
	static int32_t spans[SIDE][2];
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	stripes((double[]){0, 30}, (double[]){40, 140}, 2, 0);
	for (int end = 46; end <= SIDE; end++) {
		for (int y = 0; y < SIDE; y++) {
			spans[y][0] = 0;
			spans[y][1] = y > 30 ? end : SIDE;
		}
		int r = measure(&plain, (const int32_t (*)[2])spans, out);
		assert_int_equal(r, end > 50 ? 1 : -EDOM);
		assert_true(r < 0 || (out[0].found && near(out[0].value, 20)));
	}
	struct okng_measure circle = plain;
	circle.kind = OKNG_MEASURE_CIRCLE;
	spans[31][0] = 10;
	assert_int_equal(measure(&circle, (const int32_t (*)[2])spans, out), -EDOM);
	struct okng_image wide = picture;
	wide.pixel = OKNG_PIXEL_MONO16;
	assert_int_equal(okng_measurer_open(&me, &plain, SIDE, SIDE, &why), 0);
	assert_true(okng_measurer_run(me, &wide, NULL, NULL, out) < 0);
	okng_measurer_close(&me);
	okng_measurer_close(&me);
}

static void saturated(void **state)
{
	(void)state;
	static const struct {
		double dark, bright, off;
	} rows[] = {{0, 255, 0.03}, {60, 300, 0.35}, {-50, 200, 0.35}, {-400, 600, 0.3}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stripes((double[]){0, 30.4}, (double[]){rows[i].dark, rows[i].bright}, 2, 3);
		double off = position(OKNG_PICK_STRONGEST, OKNG_TRANSITION_RISE) - 30.4;
		printf("edge from %.0f to %.0f: %+.3f pixels\n", rows[i].dark, rows[i].bright, off);
		assert_true(fabs(off) < rows[i].off);
	}
}

static void draw_disc(double x, double y, double radius)
{
	blurred_draw(&picture, &(struct blurred){.figure = BLURRED_DISC, .at = {x, y}, .size = radius, .blur = 0.9, .dark = 40, .bright = 150,
		.noise = 3}, &seed);
}

static void hard_circles(void **state)
{
	(void)state;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	struct okng_measure m = plain;
	m.kind = OKNG_MEASURE_CIRCLE;
	/* Tiny: three pixels across. */
	m.radius = 2.2;
	m.reach = 1.7;
	m.breadth = 3;
	m.sigma = 0.6;
	draw_disc(31.3, 30.8, 2.2);
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_true(out[0].found && fabs(out[0].value - 4.4) < 0.4);
	/* Half of it covered: not found, but for the arc that is left. */
	m = plain;
	m.kind = OKNG_MEASURE_CIRCLE;
	draw_disc(31.6, 30.5, 15.4);
	for (int y = 0; y < 30; y++)
		memset(okng_image_row(&picture, y), 40, SIDE);
	m.transition = OKNG_TRANSITION_FALL;
	m.arc = (struct okng_measure_range){190, 350};
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_true(out[0].found && fabs(out[0].value - 30.8) < 0.1 && fabs((double)out[0].x - 31.6) < 0.1);
	m.arc = (struct okng_measure_range){0, 360};
	m.reach = 5;
	m.coverage = 0.8;
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_false(out[0].found || out[1].found || out[2].found);
	/* A bite of the edge leaves the diameter and shows in the roundness. */
	m = plain;
	m.kind = OKNG_MEASURE_CIRCLE;
	m.breadth = 3;
	m.max_roundness = 1.5;
	m.max_offset = 0.5;
	m.transition = OKNG_TRANSITION_FALL;
	m.nominal = 30.8;
	m.tolerance = (struct okng_measure_range){-0.1, 0.1};
	draw_disc(31.1, 30.9, 15.4);
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_true(out[1].value < 0.7 && out[1].score < 0.5f && out[2].score < 0.5f && out[0].score < 0.5f);
	for (int y = 29; y < 34; y++)
		memset(okng_image_row(&picture, y) + 43, 40, 8);
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_true(fabs(out[0].value - 30.8) < 0.1 && out[0].score < 0.5f);
	assert_true(out[1].value > 3 && out[1].value < 5 && out[1].score > 0.5f && out[2].score < 0.5f);
	/* Too far off the centre where it should be. */
	draw_disc(32.4, 30.9, 15.4);
	assert_int_equal(measure(&m, NULL, out), 3);
	assert_true(out[2].score > 0.5f && fabs(out[2].value - 1.4) < 0.05 && out[0].score < 0.5f);
}

static void scores(void **state)
{
	(void)state;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	stripes((double[]){0, 30}, (double[]){40, 140}, 2, 0);
	struct okng_measure m = plain;
	assert_int_equal(measure(&m, NULL, out), 1);
	double is = out[0].value;
	static const struct {
		double nominal, min, max;
		float least, most;
	} rows[] = {{0, -1, 1, 0, 0.001f}, {-0.5, 0.0, 1.0, 0, 0.001f}, {-1, -1, 1, 0.49f, 0.4999f}, {1, -1, 1, 0.49f, 0.4999f}, {-1.001, -1, 1, 0.5f, 0.501f},
		{1.001, -1, 1, 0.5f, 0.501f}, {-3, -1, 1, 0.749f, 0.751f}, {1e6, -1, 1, 0.9999f, 1}, {0.5, -1, 1, 0.33f, 0.34f}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		m.nominal = is + rows[i].nominal;
		m.tolerance = (struct okng_measure_range){rows[i].min, rows[i].max};
		assert_int_equal(measure(&m, NULL, out), 1);
		bool good = out[0].value >= out[0].lower && out[0].value <= out[0].upper;
		assert_true(good == (out[0].score < 0.5f));
		if (!(out[0].score >= rows[i].least - 1e-4f && out[0].score <= rows[i].most + 1e-4f))
			fail_msg("row %zu: score %g", i, (double)out[0].score);
	}
}

/* Pictures of numbers only: every machine draws the same. */
static uint32_t dice(void)
{
	static uint32_t state = 2024;
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static void draw_numbers(int kind)
{
	int32_t cx = 24 + (int32_t)(dice() % 16), cy = 24 + (int32_t)(dice() % 16), r = 8 + (int32_t)(dice() % 12), slope = (int32_t)(dice() % 9) - 4;
	for (int32_t y = 0; y < SIDE; y++)
		for (int32_t x = 0; x < SIDE; x++) {
			int32_t in = kind == 0 ? (int32_t)(dice() % 256) : kind == 1 ? ((x - cx) * (x - cx) + (y - cy) * (y - cy) - r * r) * 8 / r + 128 :
				kind == 2 ? (abs(x * 4 - cx * 4 + slope * (y - cy)) - 4 * r) * 16 + 128 : kind == 3 ? ((x ^ y) & 1) * 255 : (x + y) * 2;
			int32_t v = (in < 40 ? 40 : in > 200 ? 200 : in) + (kind ? (int32_t)(dice() % 13) - 6 : 0);
			okng_image_row(&picture, y)[x] = (uint8_t)v;
		}
}

static struct okng_measure random_measure(void)
{
	struct okng_measure m = plain;
	m.kind = (enum okng_measure_kind)(1 + dice() % 5);
	struct okng_point *ends[] = {&m.from, &m.to, &m.from2, &m.to2, &m.centre};
	for (int i = 0; i < 5; i++)
		*ends[i] = (struct okng_point){(dice() % 640) / 10.0, (dice() % 640) / 10.0};
	m.scans = (int[]){1, 3, 5, 9}[dice() % 4];
	m.breadth = m.scans + dice() % 16;
	m.radius = 1.5 + dice() % 28;
	m.reach = 1 + (m.radius - 1.2) * (dice() % 100) / 100;
	m.arc.min = dice() % 360;
	m.arc.max = m.arc.min + 30 + dice() % 331;
	m.rays = 8 + (int)(dice() % 60);
	m.transition = (enum okng_transition)(dice() % 3);
	m.pick = (enum okng_pick)(1 + dice() % 3);
	m.sigma = 0.5 + (dice() % 50) / 10.0;
	m.contrast = 1 + dice() % 40;
	m.coverage = 0.1 + (dice() % 90) / 100.0;
	return m;
}

/* Whatever is asked of whatever picture: nothing is read or written where it may not be, values are finite and possible,
 * the second time as the first, and the bits of all of them are those of every other machine. */
static void anything(void **state)
{
	(void)state;
	static const struct okng_plane plane = {{0.02, 0.001, 7, -0.001, 0.021, -9, 0.002, -0.001, 1}};
	uint64_t sum = 14695981039346656037u;
	int opened = 0, found = 0;
	for (int i = 0; i < 6000; i++) {
		struct okng_measure m = random_measure();
		struct okng_measurement out[OKNG_MEASURE_VALUES_MAX], again[OKNG_MEASURE_VALUES_MAX];
		struct okng_measurer *me;
		const char *why;
		draw_numbers(i % 5);
		if (okng_measurer_open(&me, &m, SIDE, SIDE, &why) < 0) {
			assert_non_null(why);
			continue;
		}
		opened++;
		struct okng_rect box = okng_measurer_box(me);
		assert_true(box.x >= 0 && box.y >= 0 && box.w > 0 && box.h > 0 && box.x + box.w <= SIDE && box.y + box.h <= SIDE);
		int n = okng_measurer_run(me, &picture, NULL, i % 3 ? NULL : &plane, out);
		assert_true(n == 1 || n == 3);
		assert_int_equal(okng_measurer_run(me, &picture, NULL, i % 3 ? NULL : &plane, again), n);
		assert_memory_equal(out, again, sizeof *out * (size_t)n);
		for (int k = 0; k < n; k++) {
			assert_true(isfinite(out[k].value) && fabs(out[k].value) < 1e6 && isfinite(out[k].scatter) && out[k].scatter >= 0);
			assert_true(out[k].found || out[k].value == 0);
			found += out[k].found;
			uint64_t bits;
			memcpy(&bits, &out[k].value, sizeof bits);
			for (int b = 0; b < 8; b++)
				sum = (sum ^ (bits >> (8 * b) & 255)) * 1099511628211u;
		}
		okng_measurer_close(&me);
	}
	printf("%d measures of any kind, %d values found, their bits: %016llx\n", opened, found, (unsigned long long)sum);
	assert_true(opened > 1000 && found > 500);
	assert_true(sum == EXPECTED_BITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_there),
		cmocka_unit_test(which_edge),
		cmocka_unit_test(at_the_ends),
		cmocka_unit_test(out_of_the_picture),
		cmocka_unit_test(saturated),
		cmocka_unit_test(hard_circles),
		cmocka_unit_test(scores),
		cmocka_unit_test(anything),
	};
	return cmocka_run_group_tests_name("measure tool", tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Fits against known figures: exact points, points with noise, and with up to 40 % of them wrong; what cannot be fitted
 * is said to be so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "blurred.h"
#include "pipeline/fit.h"

#define PI 3.14159265358979323846
#define TRIALS 200

static uint64_t seed = 77;
static struct okng_point points[OKNG_FIT_POINTS_MAX];

static void degrees(void **state)
{
	(void)state;
	double worst = 0;
	for (int i = -1800; i <= 1800; i++) {
		double a = i / 10.0, x = 3 * cos(a * PI / 180), y = -3 * sin(a * PI / 180), d = okng_fit_degrees(x, y) - a;
		d -= 360 * floor(d / 360 + 0.5);
		worst = fabs(d) > worst ? fabs(d) : worst;
		struct okng_point u = okng_edge_direction(a);
		assert_true(fabs(u.x - x / 3) < 1e-9 && fabs(u.y - y / 3) < 1e-9);
	}
	assert_true(worst < 1e-9);
	assert_true(okng_fit_degrees(1, 0) == 0 && okng_fit_degrees(0, -1) == 90 && okng_fit_degrees(0, 1) == -90);
	assert_true(okng_fit_degrees(-1, 0) == 180 && okng_fit_degrees(0, 0) == 0);
	struct okng_point far = okng_edge_direction(720 + 450 - 360);
	assert_true(fabs(far.x) < 1e-12 && far.y == -1);
}

static void medians(void **state)
{
	(void)state;
	for (int n = 1; n < 60; n++) {
		double v[60], sorted[60];
		for (int i = 0; i < n; i++)
			v[i] = floor(blurred_uniform(&seed, 0, n % 7 + 1));
		memcpy(sorted, v, sizeof v);
		for (int i = 1; i < n; i++)
			for (int k = i; k > 0 && sorted[k] < sorted[k - 1]; k--) {
				double t = sorted[k];
				sorted[k] = sorted[k - 1];
				sorted[k - 1] = t;
			}
		assert_true(okng_fit_median(v, n) == sorted[n / 2]);
	}
}

/* wrong: share of the points that are moved off by 3 to 30, all to one side, next to each other. */
static double line_error(int n, double noise, double wrong)
{
	struct okng_line line;
	double a = blurred_uniform(&seed, 0, 180), c = cos(a * PI / 180), s = sin(a * PI / 180), off = blurred_uniform(&seed, -900, 900);
	int bad = (int)(wrong * n), first = (int)blurred_uniform(&seed, 0, n - bad);
	for (int i = 0; i < n; i++) {
		double t = 5.0 * i, d = off + noise * blurred_normal(&seed) + (i >= first && i < first + bad ? blurred_uniform(&seed, 3, 30) : 0);
		points[i] = (struct okng_point){t * c - d * s, t * s + d * c};
	}
	assert_int_equal(okng_fit_line(points, n, 0.02, &line), 0);
	assert_true(fabs(line.dir.x * line.dir.x + line.dir.y * line.dir.y - 1) < 1e-12);
	assert_true(line.used >= 2 && line.used <= n);
	double turn = okng_fit_degrees(line.dir.x, line.dir.y) + a;
	turn -= 180 * floor(turn / 180 + 0.5);
	assert_true(fabs(turn) < 0.02 + 240 * noise / n);
	struct okng_point middle = {2.5 * (n - 1) * c - off * s, 2.5 * (n - 1) * s + off * c};
	return fabs(okng_fit_distance(&line, middle));
}

static void lines(void **state)
{
	(void)state;
	static const double noises[] = {0, 0.05}, wrongs[] = {0, 0.2, 0.4};
	for (int n = 5; n <= 60; n += 11)
		for (size_t k = 0; k < 2; k++)
			for (size_t w = 0; w < 3; w++) {
				double worst = 0;
				for (int i = 0; i < TRIALS; i++) {
					double e = line_error(n, noises[k], n > 10 ? wrongs[w] : 0);
					worst = e > worst ? e : worst;
				}
				assert_true(worst < 1e-9 + noises[k] * (n > 10 ? 2.5 : 3));
			}
	struct okng_line line;
	points[0] = points[1] = points[2] = (struct okng_point){4, 5};
	assert_int_equal(okng_fit_line(points, 3, 0.02, &line), -EDOM);
	assert_int_equal(okng_fit_line(points, 1, 0.02, &line), -EINVAL);
	assert_int_equal(okng_fit_line(points, OKNG_FIT_POINTS_MAX + 1, 0.02, &line), -EINVAL);
	points[1].y = 9;
	assert_int_equal(okng_fit_line(points, 2, 0.02, &line), 0);
	assert_true(line.dir.x == 0 && line.dir.y == 1 && line.used == 2 && okng_fit_distance(&line, (struct okng_point){6, 7}) == 2);
}

static void circle_error(int n, double arc, double noise, double wrong)
{
	struct okng_circle circle;
	double r = blurred_uniform(&seed, 3, 200), x = blurred_uniform(&seed, -500, 500), y = blurred_uniform(&seed, -500, 500);
	double start = blurred_uniform(&seed, 0, 360);
	int bad = (int)(wrong * n), first = (int)blurred_uniform(&seed, 0, n - bad);
	for (int i = 0; i < n; i++) {
		double a = (start + arc * i / n) * PI / 180, d = r + noise * blurred_normal(&seed);
		if (i >= first && i < first + bad)
			d += r * blurred_uniform(&seed, 0.05, 0.4) + 0.5;
		points[i] = (struct okng_point){x + d * cos(a), y + d * sin(a)};
	}
	assert_int_equal(okng_fit_circle(points, n, 0.02, &circle), 0);
	double some = arc < 180 ? 20 : 4, e = fabs(circle.radius - r) + fabs(circle.centre.x - x) + fabs(circle.centre.y - y);
	if (e > 1e-6 + 3 * some * noise / sqrt(n) * 3)
		fail_msg("%d points over %g degrees, noise %g, wrong %g: off by %g of radius %g, %d used", n, arc, noise, wrong, e, r, circle.used);
	assert_true(circle.rms <= 2 * noise + 1e-6);
}

static void circles(void **state)
{
	(void)state;
	static const double arcs[] = {360, 180, 90}, noises[] = {0, 0.05}, wrongs[] = {0, 0.2, 0.35};
	for (int n = 16; n <= 128; n *= 2)
		for (size_t a = 0; a < 3; a++)
			for (size_t k = 0; k < 2; k++)
				for (size_t w = 0; w < (arcs[a] < 200 ? 1 : 3); w++)
					for (int i = 0; i < TRIALS; i++)
						circle_error(n, arcs[a], noises[k], wrongs[w]);
	struct okng_circle circle;
	for (int i = 0; i < 9; i++)
		points[i] = (struct okng_point){i, 2 * i};
	assert_int_equal(okng_fit_circle(points, 9, 0.02, &circle), -EDOM);
	assert_int_equal(okng_fit_circle(points, 2, 0.02, &circle), -EINVAL);
	assert_int_equal(okng_fit_circle(points, OKNG_FIT_POINTS_MAX + 1, 0.02, &circle), -EINVAL);
	for (int i = 0; i < 9; i++)
		points[i] = (struct okng_point){7, 7};
	assert_int_equal(okng_fit_circle(points, 9, 0.02, &circle), -EDOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(degrees),
		cmocka_unit_test(medians),
		cmocka_unit_test(lines),
		cmocka_unit_test(circles),
	};
	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}

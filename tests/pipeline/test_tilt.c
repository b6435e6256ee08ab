/* SPDX-License-Identifier: Apache-2.0
 *
 * Boards that are turned and stretched by more at their corners than a cell is searched for, and boards whose border is
 * not all in the golden picture: the golden pattern must be laid where the part's is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "camera/synthetic_random.h"
#include "pipeline/conductor_parts.h"
#include "pipeline/locate.h"

#define SIDE 640
#define DISCS 160

struct disc {
	double x, y, radius;
};

/* Where a part's pixel shows the board: turned and stretched about the middle, shifted. */
struct lie {
	double dx, dy, angle, stretch;
};

static struct disc disc[DISCS];

static void place_discs(void)
{
	struct okng_random r = okng_random_init(5, 0, 0);
	for (int i = 0; i < DISCS; i++)
		disc[i] = (struct disc){okng_random_range(&r, -20, SIDE + 20), okng_random_range(&r, -20, SIDE + 20), okng_random_range(&r, 5, 26)};
}

/* Conductors on a board without bounds: discs and tracks at 45°. */
static bool is_conductor(double x, double y, int n)
{
	for (int i = 0; i < n; i++) {
		double u = x - disc[i].x, v = y - disc[i].y;
		if (u * u + v * v <= disc[i].radius * disc[i].radius || (i % 5 == 0 && fabs(u + v) < 5 && fabs(u) < 70) || (i % 5 == 1 && fabs(v) < 4 && fabs(u) < 90))
			return true;
	}
	return false;
}

static void draw(struct okng_bits *bits, int n, const struct lie *lie)
{
	double s, c, m = (SIDE - 1) / 2.0;
	okng_locate_sincos(lie->angle, &s, &c);
	okng_bits_shape(bits, SIDE, SIDE);
	for (int32_t y = 0; y < SIDE; y++)
		for (int32_t x = 0; x < SIDE; x++) {
			double u = (x - m) * (1 + lie->stretch), v = (y - m) * (1 + lie->stretch);
			if (is_conductor(m + lie->dx + c * u + s * v, m + lie->dy - s * u + c * v, n))
				okng_bits_row(bits, y)[x >> 6] |= (uint64_t)1 << (x & 63);
		}
}

/* Pixels of the part that are further than one from what the laid pattern has there, where it is known. */
static long strays(const struct okng_bits *copper, const struct okng_bits *ground, const struct okng_bits *part)
{
	long n = 0;
	for (int32_t y = 0; y < SIDE; y++)
		for (int32_t x = 0; x < SIDE; x++) {
			const struct okng_bits *same = okng_bits_get(part, x, y) ? copper : ground, *other = same == copper ? ground : copper;
			bool near = !okng_bits_get(other, x, y);
			for (int i = 0; i < 9 && !near; i++)
				near = okng_bits_get(same, x + i % 3 - 1, y + i / 3 - 1);
			n += !near;
		}
	return n;
}

static long lay(int n, const struct lie *lie)
{
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	struct okng_bits golden, part, copper, ground, *all[] = {&golden, &part, &copper, &ground};
	struct okng_aligner *aligner;
	for (int i = 0; i < 4; i++)
		assert_int_equal(okng_bits_init(all[i], SIDE, SIDE), 0);
	assert_int_equal(okng_aligner_open(&aligner, k, SIDE, SIDE), 0);
	draw(&golden, n, &(struct lie){0});
	draw(&part, n, lie);
	okng_aligner_run(aligner, &golden, &part, 16);
	okng_aligner_warp(aligner, &golden, &copper, &ground);
	long left = strays(&copper, &ground, &part);
	okng_aligner_close(&aligner);
	for (int i = 0; i < 4; i++)
		okng_bits_finish(all[i]);
	return left;
}

static void turned_and_stretched(void **state)
{
	(void)state;
	static const struct lie lies[] = {
		{0, 0, 0, 0}, {3, -4, 0, 0}, {0, 0, 0.4, 0}, {0, 0, 1, 0}, {0, 0, -1, 0}, {5, -5, 1, 0}, {-5, 3, -1, 0},
		{0, 0, 0, 0.015}, {2, 2, 0, -0.015}, {-4, 4, 0.8, 0.01}, {15, -14, -0.5, 0.005},
	};
	place_discs();
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		long left = lay(DISCS, &lies[i]);
		print_message("shift %g %g, %g°, stretched %g: %ld stray pixels\n", lies[i].dx, lies[i].dy, lies[i].angle, lies[i].stretch, left);
		assert_in_range(left, 0, 40);
	}
}

/* One conductor reaches over all borders, and the only other thing to hold on to is a little away from one. */
static void border_is_not_ground(void **state)
{
	(void)state;
	static const struct lie lies[] = {{4, 4, 0, 0}, {-4, 3, 0, 0}, {5, -5, 0, 0}};
	disc[0] = (struct disc){300, 300, 150};
	disc[1] = (struct disc){-100, 320, 124};
	disc[2] = (struct disc){320, 740, 115};
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
		print_message("%zu: %ld\n", i, lay(3, &lies[i]));
	place_discs();
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
		print_message("all %zu: %ld\n", i, lay(DISCS, &lies[i]));
}

static void planes(void **state)
{
	(void)state;
	struct okng_tilt_point points[200];
	struct okng_random r = okng_random_init(9, 0, 0);
	double plane[3] = {7, 7, 7};
	for (int i = 0; i < 200; i++) {
		points[i] = (struct okng_tilt_point){2 * (i % 20) - 19, 2 * (i / 20) - 9, 0};
		double v = 1.2 + 0.2 * points[i].x - 0.1 * points[i].y;
		points[i].shift = (int32_t)floor(v + 0.5) + (i % 7 == 0 ? okng_random_below(&r, 13) - 6 : 0);
	}
	assert_false(okng_tilt_fit(points, 11, plane)); /* too few */
	assert_true(plane[0] == 7 && plane[1] == 7 && plane[2] == 7);
	assert_true(okng_tilt_fit(points, 200, plane));
	assert_true(fabs(plane[0] - 1.2) < 0.15 && fabs(plane[1] - 0.2) < 0.02 && fabs(plane[2] + 0.1) < 0.02);
	assert_int_equal(okng_tilt_at((double[3]){0.4, 0.1, 0}, 1, 3), 1);
	assert_int_equal(okng_tilt_at((double[3]){-0.5, 0, 0}, 9, 3), -1);
	assert_int_equal(okng_tilt_at((double[3]){0, 1, 1}, 100, 100), OKNG_TILT_MAX);
	assert_int_equal(okng_tilt_at((double[3]){0, 1, 1}, -100, -100), -OKNG_TILT_MAX);
	for (int i = 0; i < 200; i++)
		points[i].shift = points[i].x; /* 60 times steeper than a degree */
	assert_false(okng_tilt_fit(points, 200, plane));
	for (int i = 0; i < 200; i++)
		points[i] = (struct okng_tilt_point){3, 4, 2}; /* all in one place: no slope is made up */
	assert_true(okng_tilt_fit(points, 200, plane));
	assert_int_equal(okng_tilt_at(plane, 3, 4), 2);
	assert_true(fabs(plane[1]) < 0.5 && fabs(plane[2]) < 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planes),
		cmocka_unit_test(turned_and_stretched),
		cmocka_unit_test(border_is_not_ground),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

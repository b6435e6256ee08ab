/* SPDX-License-Identifier: Apache-2.0
 *
 * How exact measuring is, on edges of known place, and that what cannot be measured is never told as measured. Prints the
 * tables; the goals are 0.05 pixels (1 sigma) and 0.02 pixels of bias at a contrast of 20 times the noise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blurred.h"
#include "pipeline/measure.h"

#define SIDE 72
#define MIDDLE ((SIDE - 1) / 2.0)
#define TRIALS 240
#define DARK 50.0
#define BRIGHT 170.0
#define NOISE 6.0 /* contrast over noise: 20 */
#define PI 3.14159265358979323846

static struct okng_image picture;
static uint64_t seed = 20240607;

static const struct okng_measure plain = {
	.kind = OKNG_MEASURE_POSITION, .breadth = 11, .scans = 1, .radius = 20, .reach = 8, .arc = {0, 360}, .rays = 64,
	.pick = OKNG_PICK_STRONGEST, .sigma = 1.5, .contrast = 20, .coverage = 0.7, .tolerance = {-1e6, 1e6},
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

static int measure(const struct okng_measure *m, const struct okng_plane *plane, struct okng_measurement *out)
{
	struct okng_measurer *me;
	const char *why;
	int r = okng_measurer_open(&me, m, picture.width, picture.height, &why);
	if (r < 0)
		fail_msg("%s", why ? why : "no memory");
	r = okng_measurer_run(me, &picture, NULL, plane, out);
	okng_measurer_close(&me);
	return r;
}

/* A scan of 2·half pixels through the point, in direction angle (y down). */
static void set_scan(struct okng_point *from, struct okng_point *to, struct okng_point through, double angle, double half)
{
	double c = cos(angle * PI / 180), s = sin(angle * PI / 180);
	*from = (struct okng_point){through.x - half * c, through.y - half * s};
	*to = (struct okng_point){through.x + half * c, through.y + half * s};
}

struct sums {
	double sum, square;
	int n;
};

static void count(struct sums *s, double error)
{
	s->sum += error;
	s->square += error * error;
	s->n++;
}

static double bias(const struct sums *s)
{
	return s->sum / s->n;
}

static double scatter(const struct sums *s)
{
	return sqrt(s->square / s->n - bias(s) * bias(s));
}

/* What edge.h says: pixel and bilinear sampling are part of the blur, sampling of the filter, too. */
static double predicted(double blur, double sigma, double breadth)
{
	double t2 = sigma * sigma + 1.0 / 6, q = sqrt(blur * blur + 1.0 / 12 + t2);
	return NOISE / (BRIGHT - DARK) * sqrt(2 * PI) * q * q * q * sqrt(3 / (8 * sqrt(PI) * t2 * t2 * sqrt(t2) * breadth));
}

/* The edge through at, turned by tilt against the scan, which has its middle at the edge but for off pixels. */
static double edge_error(double blur, double noise, const struct okng_measure *m, double angle, double off, double tilt)
{
	struct okng_measure one = *m;
	struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
	struct okng_point at = {MIDDLE + blurred_uniform(&seed, -3, 3), MIDDLE + blurred_uniform(&seed, -3, 3)};
	double half = 14, c = cos(angle * PI / 180), s = sin(angle * PI / 180);
	blurred_draw(&picture, &(struct blurred){.figure = BLURRED_EDGE, .at = at, .angle = angle + tilt, .blur = blur, .dark = DARK,
		.bright = BRIGHT, .noise = noise}, &seed);
	set_scan(&one.from, &one.to, (struct okng_point){at.x - off * c, at.y - off * s}, angle, half);
	assert_int_equal(measure(&one, NULL, out), 1);
	assert_true(out[0].found);
	return out[0].value - (half + off);
}

static void single_edges(void **state)
{
	(void)state;
	static const double blurs[] = {0.7, 1.0, 1.2}, breadths[] = {5, 7, 9, 11}, sigmas[] = {1.5, 2.0};
	printf("single edge, any orientation, contrast/noise 20, %d trials: blur, edge_sigma, breadth: bias, 1 sigma (formula)\n", TRIALS);
	for (size_t b = 0; b < 3; b++)
		for (size_t f = 0; f < 2; f++)
			for (size_t w = 0; w < 4; w++) {
				struct okng_measure m = plain;
				struct sums sums = {0};
				m.breadth = breadths[w];
				m.sigma = sigmas[f];
				for (int i = 0; i < TRIALS; i++)
					count(&sums, edge_error(blurs[b], NOISE, &m, blurred_uniform(&seed, 0, 360), blurred_uniform(&seed, -4, 4), 0));
				double should = predicted(blurs[b], m.sigma, m.breadth);
				printf("  %.1f  %.1f  %2.0f:  %+.4f  %.4f (%.4f)\n", blurs[b], m.sigma, m.breadth, bias(&sums), scatter(&sums), should);
				assert_true(fabs(bias(&sums)) < 0.02);
				assert_true(scatter(&sums) < 1.2 * should);
				if (m.breadth >= 9)
					assert_true(scatter(&sums) < 0.05);
			}
}

/* Without noise what is left is the raster, the sampling and the rounding to 8 bits. */
static void raster(void **state)
{
	(void)state;
	static const double angles[] = {0, 90, 180, 27, 45, 63.4349, 133};
	double worst = 0;
	struct sums all = {0};
	for (size_t a = 0; a < sizeof angles / sizeof *angles; a++)
		for (int phase = 0; phase < 20; phase++)
			for (int tilt = -1; tilt <= 1; tilt++) {
				double e = edge_error(0.7 + 0.025 * phase, 0, &plain, angles[a], phase / 20.0 - 0.5, tilt * 8);
				worst = fabs(e) > worst ? fabs(e) : worst;
				count(&all, e);
			}
	printf("single edge without noise, all phases of the raster, tilted by 0 and 8 degrees: bias %+.5f, 1 sigma %.5f, worst %.4f\n",
		bias(&all), scatter(&all), worst);
	assert_true(fabs(bias(&all)) < 0.002 && scatter(&all) < 0.004 && worst < 0.02);
}

static void bars(void **state)
{
	(void)state;
	static const struct {
		double width, sigma;
	} rows[] = {{6, 0.8}, {8, 1.5}, {12.3, 1.5}, {25.7, 1.5}};
	printf("width of a bar, blur 0.7 to 1.2, any orientation, breadth 11: width, edge_sigma: bias, 1 sigma\n");
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		for (int scans = 1; scans <= 5; scans += 4) {
			struct sums sums = {0};
			for (int i = 0; i < TRIALS; i++) {
				struct okng_measure m = plain;
				struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
				double angle = blurred_uniform(&seed, 0, 360), c = cos(angle * PI / 180), s = sin(angle * PI / 180);
				double width = rows[k].width + blurred_uniform(&seed, -0.5, 0.5);
				bool dark = i % 2;
				struct okng_point at = {MIDDLE - c * width / 2, MIDDLE - s * width / 2};
				m.kind = OKNG_MEASURE_WIDTH;
				m.sigma = rows[k].sigma;
				m.transition = dark ? OKNG_TRANSITION_FALL : OKNG_TRANSITION_RISE;
				m.scans = scans;
				m.breadth = scans > 1 ? 25 : 11;
				blurred_draw(&picture, &(struct blurred){.figure = BLURRED_BAR, .at = at, .angle = angle, .size = width,
					.blur = blurred_uniform(&seed, 0.7, 1.2), .dark = dark ? BRIGHT : DARK, .bright = dark ? DARK : BRIGHT, .noise = NOISE}, &seed);
				set_scan(&m.from, &m.to, (struct okng_point){MIDDLE + blurred_uniform(&seed, -1, 1), MIDDLE + blurred_uniform(&seed, -1, 1)},
					angle + (scans > 1 ? blurred_uniform(&seed, -8, 8) : 0), 19);
				assert_int_equal(measure(&m, NULL, out), 1);
				assert_true(out[0].found && out[0].quantity == OKNG_QUANTITY_WIDTH && out[0].unit == OKNG_UNIT_PX);
				count(&sums, out[0].value - width);
			}
			printf("  %4.1f  %.1f  %s  %+.4f  %.4f\n", rows[k].width, rows[k].sigma, scans > 1 ? "5 scans over 25, tilted:" : "1 scan over 11:         ",
				bias(&sums), scatter(&sums));
			assert_true(fabs(bias(&sums)) < 0.02);
			if (rows[k].sigma > 1.4)
				assert_true(scatter(&sums) < 0.05 * sqrt(2));
		}
}

/* What a near edge does is known: it pushes by no more than d·exp(-d²/2q²), see edge.h; where the filter ends, by less. */
static void near_edges(void **state)
{
	(void)state;
	printf("bar without noise, blur 1, edge_sigma 1.5: width: bias (formula)\n");
	for (int width = 5; width <= 10; width++) {
		struct sums sums = {0};
		double q2 = 1 + 1.0 / 12 + 1.5 * 1.5 + 1.0 / 6, should = 0;
		for (int i = 0; i < 5; i++) /* it is the distance that is seen by the other edge: the width and what it is pushed */
			should = (width + should) * exp(-((width + should) * (width + should) - should * should) / (2 * q2));
		for (int i = 0; i < 40; i++) {
			struct okng_measure m = plain;
			struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
			double angle = blurred_uniform(&seed, 0, 360), c = cos(angle * PI / 180), s = sin(angle * PI / 180);
			struct okng_point at = {MIDDLE - c * width / 2 + blurred_uniform(&seed, -1, 1), MIDDLE - s * width / 2};
			blurred_draw(&picture, &(struct blurred){.figure = BLURRED_BAR, .at = at, .angle = angle, .size = width, .blur = 1, .dark = DARK,
				.bright = BRIGHT}, &seed);
			m.kind = OKNG_MEASURE_WIDTH;
			set_scan(&m.from, &m.to, (struct okng_point){MIDDLE, MIDDLE}, angle, 19);
			assert_int_equal(measure(&m, NULL, out), 1);
			assert_true(out[0].found);
			count(&sums, out[0].value - width);
		}
		printf("  %2d  %+.4f  (%+.4f)\n", width, bias(&sums), 2 * should);
		assert_true(bias(&sums) < 2 * should + 0.003 && bias(&sums) > should - 0.003);
	}
}

static void distances(void **state)
{
	(void)state;
	printf("distance of two edges, one scan for each, noise as above: scans: bias, 1 sigma\n");
	for (int scans = 1; scans <= 5; scans += 4) {
		struct sums sums = {0};
		for (int i = 0; i < TRIALS; i++) {
			struct okng_measure m = plain;
			struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
			double angle = blurred_uniform(&seed, 0, 360), c = cos(angle * PI / 180), s = sin(angle * PI / 180);
			double width = blurred_uniform(&seed, 22, 26), tilt = scans > 1 ? blurred_uniform(&seed, -6, 6) : 0;
			struct okng_point at = {MIDDLE - c * width / 2, MIDDLE - s * width / 2};
			m.kind = OKNG_MEASURE_DISTANCE;
			m.scans = scans;
			m.breadth = scans > 1 ? 25 : 11;
			m.pick = i % 2 ? OKNG_PICK_FIRST : OKNG_PICK_LAST;
			blurred_draw(&picture, &(struct blurred){.figure = BLURRED_BAR, .at = at, .angle = angle, .size = width, .blur = 1, .dark = DARK,
				.bright = BRIGHT, .noise = NOISE}, &seed);
			set_scan(&m.from, &m.to, at, angle + tilt, 9);
			set_scan(&m.from2, &m.to2, (struct okng_point){at.x + c * width, at.y + s * width}, angle - tilt, 9);
			assert_int_equal(measure(&m, NULL, out), 1);
			assert_true(out[0].found);
			count(&sums, out[0].value - width);
		}
		printf("  %d  %+.4f  %.4f\n", scans, bias(&sums), scatter(&sums));
		assert_true(fabs(bias(&sums)) < 0.02 && scatter(&sums) < 0.05 * sqrt(2));
	}
}

static void angles(void **state)
{
	(void)state;
	struct sums sums = {0};
	for (int i = 0; i < TRIALS; i++) {
		struct okng_measure m = plain;
		struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
		double first = blurred_uniform(&seed, -7, 7), turn = blurred_uniform(&seed, 83, 97), both = first + turn - 90;
		struct okng_point corner = {blurred_uniform(&seed, 15, 18), blurred_uniform(&seed, 15, 18)};
		m.kind = OKNG_MEASURE_ANGLE;
		m.breadth = 36;
		m.scans = 12;
		m.transition = OKNG_TRANSITION_RISE;
		m.nominal = i % 2 ? 90 : -90;
		blurred_draw(&picture, &(struct blurred){.figure = BLURRED_CORNER, .at = corner, .angle = first, .size = turn, .blur = 1, .dark = DARK,
			.bright = BRIGHT, .noise = NOISE}, &seed);
		double x = corner.x - tan(first * PI / 180) * (48 - corner.y), y = corner.y + tan(both * PI / 180) * (48 - corner.x);
		set_scan(&m.from, &m.to, (struct okng_point){x < 14 ? 14 : x, 48}, 0, 13);
		set_scan(&m.from2, &m.to2, (struct okng_point){48, y < 14 ? 14 : y}, 90, 13);
		assert_int_equal(measure(&m, NULL, out), 1);
		assert_true(out[0].found && out[0].unit == OKNG_UNIT_DEG);
		count(&sums, out[0].value - (i % 2 ? 180 - turn : -turn));
	}
	printf("angle of two edges of 36 pixels, 12 scans, noise as above: bias %+.4f, 1 sigma %.4f degrees\n", bias(&sums), scatter(&sums));
	assert_true(fabs(bias(&sums)) < 0.03 && scatter(&sums) < 0.2);
}

/* Edges are mapped before anything is computed: scale, shear and a tilted plane. */
static void on_a_plane(void **state)
{
	(void)state;
	static const struct okng_plane planes[] = {
		{{0.02, 0, 0, 0, 0.02, 0, 0, 0, 1}}, {{0.02, 0.004, 7, -0.003, 0.025, -9, 0, 0, 1}}, {{0.02, 0.001, 7, -0.001, 0.021, -9, 0.002, -0.001, 1}}};
	for (size_t k = 0; k < sizeof planes / sizeof *planes; k++)
		for (int scans = 1; scans <= 5; scans += 4) {
			struct okng_measure m = plain;
			struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
			double angle = 25 + 50.0 * (double)k, c = cos(angle * PI / 180), s = sin(angle * PI / 180);
			struct okng_point at = {MIDDLE - c * 9, MIDDLE - s * 9}, end = {at.x + c * 18.3, at.y + s * 18.3};
			blurred_draw(&picture, &(struct blurred){.figure = BLURRED_BAR, .at = at, .angle = angle, .size = 18.3, .blur = 0.9, .dark = DARK,
				.bright = BRIGHT}, &seed);
			m.kind = OKNG_MEASURE_WIDTH;
			m.scans = scans;
			m.breadth = scans > 1 ? 15 : 9;
			set_scan(&m.from, &m.to, (struct okng_point){MIDDLE, MIDDLE}, angle, 19);
			struct okng_point a = okng_plane_map(&planes[k], at), b = okng_plane_map(&planes[k], end);
			struct okng_point along = okng_plane_map(&planes[k], (struct okng_point){at.x - s, at.y + c});
			double should = hypot(b.x - a.x, b.y - a.y), ux = along.x - a.x, uy = along.y - a.y;
			if (scans > 1) /* across the mapped edges, which are parallel but on the tilted plane */
				should = fabs((b.x - a.x) * uy - (b.y - a.y) * ux) / hypot(ux, uy);
			assert_int_equal(measure(&m, &planes[k], out), 1);
			assert_true(out[0].found && out[0].unit == OKNG_UNIT_MM);
			if (fabs(out[0].value - should) > 0.02 * (k == 2 && scans > 1 ? 0.1 : 0.02))
				fail_msg("plane %zu, %d scans: %.5f, not %.5f mm", k, scans, out[0].value, should);
			if (k || scans > 1)
				continue;
			struct okng_measure circle = plain;
			circle.kind = OKNG_MEASURE_CIRCLE;
			circle.centre = (struct okng_point){MIDDLE, MIDDLE};
			blurred_draw(&picture, &(struct blurred){.figure = BLURRED_DISC, .at = {MIDDLE + 1, MIDDLE}, .size = 20.5, .blur = 0.9, .dark = DARK,
				.bright = BRIGHT}, &seed);
			assert_int_equal(measure(&circle, &planes[0], out), 3);
			assert_true(out[0].found && fabs(out[0].value - 0.82) < 0.0004 && fabs(out[2].value - 0.02) < 0.0004 && out[1].value < 0.0006);
		}
}

static void circles(void **state)
{
	(void)state;
	static const struct {
		double radius, reach, breadth;
	} rows[] = {{3.5, 2.5, 3}, {5, 4, 5}, {10, 7, 7}, {22.5, 8, 9}};
	printf("circle, blur 0.7 to 1.2, 64 rays, centre up to 2 pixels off: radius: diameter bias, 1 sigma; centre bias, 1 sigma; roundness\n");
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		for (int noisy = 0; noisy < 2; noisy++) {
			struct sums d = {0}, x = {0}, round = {0};
			for (int i = 0; i < TRIALS / 2; i++) {
				struct okng_measure m = plain;
				struct okng_measurement out[OKNG_MEASURE_VALUES_MAX];
				double radius = rows[k].radius + blurred_uniform(&seed, -0.3, 0.3), most = rows[k].radius > 6 ? 1.4 : 0.5;
				struct okng_point at = {MIDDLE + blurred_uniform(&seed, -most, most), MIDDLE + blurred_uniform(&seed, -most, most)};
				bool dark = i % 2;
				m.kind = OKNG_MEASURE_CIRCLE;
				m.centre = (struct okng_point){MIDDLE, MIDDLE};
				m.radius = rows[k].radius;
				m.reach = rows[k].reach;
				m.breadth = rows[k].breadth;
				m.sigma = rows[k].radius < 8 ? 1 : 1.5;
				m.transition = dark ? OKNG_TRANSITION_RISE : OKNG_TRANSITION_FALL;
				blurred_draw(&picture, &(struct blurred){.figure = BLURRED_DISC, .at = at, .size = radius, .blur = blurred_uniform(&seed, 0.7, 1.2),
					.dark = dark ? BRIGHT : DARK, .bright = dark ? DARK : BRIGHT, .noise = noisy ? NOISE : 0}, &seed);
				assert_int_equal(measure(&m, NULL, out), 3);
				assert_true(out[0].found && out[1].found && out[2].found);
				count(&d, out[0].value - 2 * radius);
				count(&x, (double)out[0].x - at.x);
				count(&round, out[1].value);
				double off = sqrt((at.x - MIDDLE) * (at.x - MIDDLE) + (at.y - MIDDLE) * (at.y - MIDDLE));
				assert_true(fabs(out[2].value - off) < (rows[k].radius > 8 ? 0.1 : 0.3));
			}
			printf("  %4.1f  %s  %+.4f  %.4f;  %+.4f  %.4f;  %.3f\n", rows[k].radius, noisy ? "noise" : "     ", bias(&d), scatter(&d), bias(&x),
				scatter(&x), bias(&round));
			if (rows[k].radius > 4) {
				assert_true(fabs(bias(&d)) < 0.02);
				assert_true(scatter(&d) < (rows[k].radius > 8 ? 0.05 : 0.07)); /* 31 pixels of edge are few */
				assert_true(scatter(&x) < 0.055);
			} else {
				assert_true(fabs(bias(&d)) < 0.05);
			}
			assert_true(fabs(bias(&x)) < 0.02);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_edges),
		cmocka_unit_test(raster),
		cmocka_unit_test(bars),
		cmocka_unit_test(near_edges),
		cmocka_unit_test(distances),
		cmocka_unit_test(angles),
		cmocka_unit_test(on_a_plane),
		cmocka_unit_test(circles),
	};
	return cmocka_run_group_tests_name("measure", tests, set_up, tear_down);
}

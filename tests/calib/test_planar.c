/* SPDX-License-Identifier: Apache-2.0
 *
 * The plane against truth: a target seen by a camera that is known, through a lens and without, gives millimetres that
 * are right within the uncertainty told; pictures that do not suffice are refused with the reason; a plane that moved is
 * noticed, a target that moved on it is not.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "calib/planar.h"
#include "calib/planar_fit.h"

enum { W = 2448, H = 2048, PER = 13 * 9 };

static const struct okng_lens_board board = {.cols = 13, .rows = 9, .square = 5};
static struct okng_error err;

static struct okng_lens lens_of(double k1)
{
	return (struct okng_lens){.width = W, .height = H, .param = {4000, 4010, 1230, 1015, k1, k1 == 0 ? 0 : 0.3, k1 / 100, -k1 / 200, 0}};
}

/* The plane before the camera: distance along the axis, tilt in degrees about x and y. */
struct scene {
	double z, rx, ry;
};

/* Ray of an undistorted pixel meets the plane: millimetres in the plane's own axes, and the other way. */
static void axes(const struct scene *s, double u[3], double v[3])
{
	double rad = 3.14159265358979323846 / 180, a = sin(s->rx * rad), b = cos(s->rx * rad), c = sin(s->ry * rad), d = cos(s->ry * rad);
	u[0] = d, u[1] = 0, u[2] = -c;
	v[0] = a * c, v[1] = b, v[2] = a * d;
}

static struct okng_point see(const struct scene *s, const struct okng_lens *lens, double x, double y)
{
	double u[3], v[3];
	axes(s, u, v);
	double p[3] = {x * u[0] + y * v[0], x * u[1] + y * v[1], s->z + x * u[2] + y * v[2]};
	return (struct okng_point){lens->param[2] + lens->param[0] * p[0] / p[2], lens->param[3] + lens->param[1] * p[1] / p[2]};
}

static double noise(uint32_t *seed) /* sigma 1, as the sum of twelve */
{
	double sum = -6;
	for (int i = 0; i < 12; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		sum += (*seed >> 8) / 16777216.0;
	}
	return sum;
}

/* Corners of a target of this square whose middle lies at x, y, turned by angle degrees. */
static void corners(struct okng_lens_point out[PER], const struct scene *s, const struct okng_lens *lens, double square, double x, double y,
	double angle, double sigma, uint32_t seed)
{
	double rad = angle * 3.14159265358979323846 / 180;
	for (int i = 0; i < PER; i++) {
		double a = (i % board.cols - 6) * square, b = (i / board.cols - 4) * square;
		struct okng_point p = okng_planar_bend(lens, see(s, lens, x + a * cos(rad) - b * sin(rad), y + a * sin(rad) + b * cos(rad)));
		out[i].x = p.x + sigma * noise(&seed);
		out[i].y = p.y + sigma * noise(&seed);
	}
}

static double between(struct okng_point a, struct okng_point b)
{
	return hypot(a.x - b.x, a.y - b.y);
}

static void test_millimetres_are_right(void **state)
{
	static const struct {
		struct scene scene;
		double k1;
	} rows[] = {{{120, 0, 0}, 0}, {{120, 0, 0}, -0.15}, {{120, 12, -20}, -0.15}, {{120, -30, 5}, 0.1}};
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct okng_lens lens = lens_of(rows[r].k1);
		struct okng_lens_point at[PER];
		struct okng_planar p;
		corners(at, &rows[r].scene, &lens, board.square, 2, -1, 3, 0.05, 7);
		if (okng_planar_make(&p, &board, &lens, true, at, NULL, &err) < 0)
			fail_msg("row %zu: %s", r, err.text);
		double cosine = cos(rows[r].scene.rx / 57.29577951308232) * cos(rows[r].scene.ry / 57.29577951308232);
		assert_true(fabs(p.tilt - acos(cosine) * 57.29577951308232) < (cosine > 0.9999 ? 1.0 : 0.2));
		assert_true(p.rms > 0.05 && p.rms < 0.09 && p.corners == PER && p.coverage > 0.3);
		/* lengths all over the picture, none of them the target's */
		for (int i = 0; i < 30; i++) {
			double x = -30 + 12.0 * (i % 6), y = -24 + 11.0 * (i / 6);
			struct okng_point a = okng_plane_map(&p.plane, see(&rows[r].scene, &lens, x, y));
			struct okng_point b = okng_plane_map(&p.plane, see(&rows[r].scene, &lens, x + 7, y + 2));
			assert_true(fabs(between(a, b) - hypot(7, 2)) < 5 * p.sigma[1] && p.sigma[1] < 0.01);
		}
		/* the axes that the header promises */
		struct okng_point centre = {(W - 1) / 2.0, (H - 1) / 2.0};
		struct okng_point o = okng_plane_map(&p.plane, centre), right = okng_plane_map(&p.plane, (struct okng_point){centre.x + 1e-3, centre.y});
		struct okng_point down = okng_plane_map(&p.plane, (struct okng_point){centre.x, centre.y + 1});
		assert_true(hypot(o.x, o.y) < 1e-9 && right.x > 0 && fabs(right.y) < 1e-9 && down.y > 0);
	}
}

/* Two hundred calibrations: what is told as uncertainty is how much they scatter. */
static void test_uncertainty_is_what_it_says(void **state)
{
	enum { TIMES = 200 };
	static const struct scene scene = {120, 10, 15};
	struct okng_lens lens = lens_of(-0.15);
	double told[OKNG_PLANAR_PLACES] = {0}, seen[OKNG_PLANAR_PLACES] = {0};
	const struct okng_point place[OKNG_PLANAR_PLACES] = {{(W - 1) / 2.0, (H - 1) / 2.0}, {0, 0}, {W - 1, 0}, {0, H - 1}, {W - 1, H - 1}};
	(void)state;
	struct okng_lens_point at[PER];
	struct okng_planar_pair pair[PER];
	struct okng_planar_fit truth, fit;
	for (uint32_t t = 0; t <= TIMES; t++) {
		struct okng_planar p;
		corners(at, &scene, &lens, board.square, 0, 0, 0, t ? 0.1 : 0, t * 977 + 1);
		assert_int_equal(okng_planar_make(&p, &board, &lens, true, at, NULL, &err), 0);
		for (int i = 0; i < PER; i++)
			pair[i] = (struct okng_planar_pair){{i % 13 * 5.0, i / 13 * 5.0}, {at[i].x, at[i].y}};
		assert_int_equal(okng_planar_fit(&fit, &lens, pair, PER), 0);
		if (t == 0)
			truth = fit;
		for (int i = 0; t && i < OKNG_PLANAR_PLACES; i++) {
			double off = between(okng_planar_fit_back(&fit, fit.h, place[i]), okng_planar_fit_back(&truth, truth.h, place[i]));
			told[i] += p.sigma[i] * p.sigma[i] / TIMES;
			seen[i] += off * off / TIMES;
		}
	}
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++) {
		/* seen is over both directions, told is of the worst: between 1 and √2 of it */
		double ratio = sqrt(seen[i] / told[i]);
		if (!(ratio > 0.85 && ratio < 1.6))
			fail_msg("%s: seen %.5f, told %.5f mm", okng_planar_place_names[i], sqrt(seen[i]), sqrt(told[i]));
	}
	assert_true(told[1] > 2 * told[0]); /* beyond the target it grows */
}

static void test_refusals(void **state)
{
	static const struct {
		struct scene scene;
		double k1, square, x, sigma;
		bool has_lens, few;
		const char *why;
	} rows[] = {
		{{120, 0, 0}, 0, 5, 0, 0.05, true, true, "only 11 of the target's 117 corners"},
		{{120, 0, 0}, 0, 2.5, 0, 0.05, true, false, "of the picture, 20 % are needed"},
		{{140, 50, 0}, 0, 5, 0, 0.05, true, false, "too oblique: the plane is tilted by 50"},
		{{130, 76, 0}, 0, 9, 0, 0.001, true, false, "too oblique"},
		{{120, 0, 0}, -0.5, 5, 0, 0.05, false, false, "give the lens profile"},
		{{120, 0, 0}, 0, 5, 0, 1.5, true, false, "is the target flat and the lens"},
		{{120, 0, 0}, 0, 3.7, -14, 0.68, true, false, "too uncertain"},
	};
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct okng_lens lens = lens_of(rows[r].k1);
		struct okng_lens_point at[PER];
		struct okng_planar p;
		bool missing[PER];
		for (int i = 0; i < PER; i++)
			missing[i] = rows[r].few && i % 11 != 0;
		corners(at, &rows[r].scene, &lens, rows[r].square, rows[r].x, 0, 0, rows[r].sigma, 3);
		int rc = okng_planar_make(&p, &board, &lens, rows[r].has_lens, at, missing, &err);
		if (rc != -EINVAL || !strstr(err.text, rows[r].why))
			fail_msg("row %zu: %d, %s", r, rc, rc ? err.text : "made");
	}
	struct okng_lens lens = lens_of(0);
	struct okng_lens_point line[PER];
	struct okng_planar p;
	for (int i = 0; i < PER; i++)
		line[i] = (struct okng_lens_point){i * 20.0, i * 15.0};
	assert_int_equal(okng_planar_make(&p, &board, &lens, true, line, NULL, &err), -EINVAL);
}

static void test_some_corners_do(void **state)
{
	static const struct scene scene = {120, 10, 5};
	struct okng_lens lens = lens_of(-0.15);
	struct okng_lens_point at[PER];
	struct okng_planar all, some;
	bool missing[PER];
	(void)state;
	corners(at, &scene, &lens, board.square, 0, 0, 0, 0.05, 5);
	assert_int_equal(okng_planar_make(&all, &board, &lens, true, at, NULL, &err), 0);
	for (int i = 0; i < PER; i++)
		if ((missing[i] = i % 13 > 8 || i % 3 == 0))
			at[i] = (struct okng_lens_point){-1e6, NAN};
	assert_int_equal(okng_planar_make(&some, &board, &lens, true, at, missing, &err), 0);
	assert_true(some.corners == 9 * 9 * 2 / 3 && fabs(some.scale - all.scale) < 1e-3 * all.scale);
	assert_true(some.sigma[OKNG_PLANAR_TOP_RIGHT] > 1.5 * all.sigma[OKNG_PLANAR_TOP_RIGHT]);
}

static void test_verify(void **state)
{
	static const struct scene scene = {120, 8, 5};
	static const struct {
		struct scene scene;
		double k1, square, x, y, angle;
		bool holds;
	} rows[] = {
		{{120, 8, 5}, -0.15, 5, 0, 0, 0, true}, {{120, 8, 5}, -0.15, 5, -3, 4, 170, true}, {{120, 8, 5}, -0.15, 5, 5, 4, -40, true},
		{{120.6, 8, 5}, -0.15, 5, 0, 0, 0, false}, {{120, 9, 5}, -0.15, 5, 0, 0, 0, false}, {{120, 8, 5}, -0.12, 5, 0, 0, 0, false},
		{{120, 8, 5}, -0.15, 5.02, 0, 0, 0, false}, {{120, 8, 5}, -0.15, 5.001, 0, 0, 0, true},
	};
	struct okng_lens lens = lens_of(-0.15);
	struct okng_lens_point at[PER];
	struct okng_planar p;
	struct okng_planar_check check;
	(void)state;
	corners(at, &scene, &lens, board.square, 1, 0, 0, 0.05, 5);
	assert_int_equal(okng_planar_make(&p, &board, &lens, true, at, NULL, &err), 0);
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct okng_lens now = lens_of(rows[r].k1);
		corners(at, &rows[r].scene, &now, rows[r].square, rows[r].x, rows[r].y, rows[r].angle, 0.05, 11);
		assert_int_equal(okng_planar_verify(&check, &p, &lens, true, at, NULL, &err), 0);
		if (check.holds != rows[r].holds)
			fail_msg("row %zu: %.4f of %.4f mm", r, check.rms, check.limit);
		assert_true(check.worst >= check.rms && check.corners == PER);
	}
	assert_true(fabs(check.scale - 1.0002) < 1e-4);
	for (int i = 0; i < PER; i++) { /* seen from behind, as by a mirror */
		struct okng_point q = okng_planar_bend(&lens, see(&scene, &lens, -(i % 13 - 6) * 5.0, (i / 13 - 4) * 5.0));
		at[i] = (struct okng_lens_point){q.x, q.y};
	}
	assert_int_equal(okng_planar_verify(&check, &p, &lens, true, at, NULL, &err), 0);
	assert_true(check.holds);
	bool missing[PER] = {false};
	memset(missing, 1, PER - 11);
	assert_int_equal(okng_planar_verify(&check, &p, &lens, true, at, missing, &err), -EINVAL);
}

static void test_sound(void **state)
{
	static const struct {
		struct okng_plane plane;
		bool sound;
	} rows[] = {
		{{{0.1, 0, 0, 0, 0.1, 0, 0, 0, 1}}, true}, {{{0.1, 0, 0, 0, -0.1, 0, 0, 0, 1}}, false}, {{{0.1, 0, 0, 0, 0.1, 0, 0, 0, -1}}, false},
		{{{0.1, 0, 0, 0, 0.1, 0, -0.01, 0, 1}}, false}, {{{0.1, 0, 0, 0.2, 0, 0, 0, 0, 1}}, false}, {{{0.1, 0, 0, 0, 0.1, 0, 1e-4, 0, 1}}, true},
		{{{0}}, false}, {{{0.1, 0, NAN, 0, 0.1, 0, 0, 0, 1}}, false},
	};
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		assert_int_equal(okng_planar_sound(&rows[r].plane, 640, 480), rows[r].sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_millimetres_are_right),
		cmocka_unit_test(test_uncertainty_is_what_it_says),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_some_corners_do),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

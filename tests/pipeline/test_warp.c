/* SPDX-License-Identifier: Apache-2.0
 *
 * The map through a lens against the lens's formula and plain bilinear interpolation in floating point; the same on every
 * level of kernels; what lies beyond the frame; lenses that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/optics.h"
#include "pipeline/warp.h"
#include "tests/heap.h"

static uint64_t seed = 88172645463325252u;

static double within(double low, double high)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return low + (high - low) * (double)(seed >> 11) / 9007199254740992.0;
}

/* Width, height, and fx, fy, cx, cy, k1, k2, p1, p2, k3. */
static const struct {
	const char *name;
	int32_t width, height;
	double param[9];
} lenses[] = {
	{"none", 640, 480, {700, 700, 319.5, 239.5}},
	{"mild", 2448, 2048, {7100, 7100, 1230, 1018, -0.11, 0.3, 0.0004, -0.0002, 0}},
	{"wide", 2448, 2048, {2000, 2010, 1210, 1040, -0.25, 0.1, 0.001, -0.0007, -0.02}},
	{"webcam", 640, 480, {536, 536, 342, 235, -0.265, -0.047, 0.0018, -0.0003, 0.252}},
	{"pincushion", 800, 600, {900, 900, 402, 297, 0.15, 0.02, -0.001, 0.002, 0}},
	{"decentred", 333, 217, {400, 390, 120, 140, -0.15, 0.02, 0.01, -0.01, 0}},
	{"moustache", 1280, 1024, {1500, 1500, 640, 512, -0.2, 0.6, 0, 0, -0.2}},
	{"aside", 640, 480, {4000, 4000, -700, 900, -0.2, 0, 0, 0, 0}},
	{"narrow", 7, 90, {300, 300, 3, 45, -0.3, 0, 0, 0, 0}},
	{"tiny", 1, 1, {300, 300, 0, 0, -0.3, 0, 0, 0, 0}},
};

#define LENSES (sizeof lenses / sizeof *lenses)

static struct okng_brown lens_of(size_t i)
{
	struct okng_brown lens;
	struct okng_error err = {0};
	int rc = okng_brown_init(&lens, lenses[i].width, lenses[i].height, lenses[i].param, &err);
	if (rc)
		print_message("%s: %s\n", lenses[i].name, err.text);
	assert_int_equal(rc, 0);
	return lens;
}

static struct okng_warp *warp_of(const struct okng_brown *lens)
{
	struct okng_warp *warp;
	struct okng_error err = {0};
	int rc = okng_warp_open(&warp, lens, &err);
	if (rc)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	return warp;
}

static struct okng_image image_of(int32_t width, int32_t height)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, width, height, OKNG_PIXEL_MONO8), 0);
	return img;
}

/* Long waves: no more than some 12 levels from pixel to pixel. */
static void draw_waves(struct okng_image *img)
{
	double a = within(0, 6), b = within(0, 6);
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++)
			okng_image_row(img, y)[x] = (uint8_t)(128 + 60 * sin(0.09 * x + a) + 60 * sin(0.08 * y - 0.03 * x + b));
}

static void draw_noise(struct okng_image *img)
{
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++)
			okng_image_row(img, y)[x] = (uint8_t)within(0, 256);
}

static struct okng_pose pose_of(int round, const struct okng_brown *lens)
{
	if (round == 0)
		return (struct okng_pose){0};
	double far = round % 5 == 4 ? lens->width : 64;
	return (struct okng_pose){.dx = within(-far, far), .dy = within(-far, far), .angle = within(-10, 10)};
}

/* The plain model: the place by the formulas of brown.h and locate.h. */
static struct okng_point place_of(const struct okng_brown *l, const struct okng_pose *pose, double x, double y)
{
	double a = pose->angle * 3.14159265358979323846 / 180, cx = (l->width - 1) / 2.0, cy = (l->height - 1) / 2.0;
	double u = cx + pose->dx + cos(a) * (x - cx) + sin(a) * (y - cy), v = cy + pose->dy - sin(a) * (x - cx) + cos(a) * (y - cy);
	double p = (u - l->cx) / l->fx, q = (v - l->cy) / l->fy, rr = p * p + q * q, r = rr < l->reach ? rr : l->reach;
	double f = 1 + l->k1 * r + l->k2 * r * r + l->k3 * r * r * r;
	return (struct okng_point){l->cx + l->fx * (p * f + 2 * l->p1 * p * q + l->p2 * (rr + 2 * p * p)),
		l->cy + l->fy * (q * f + l->p1 * (rr + 2 * q * q) + 2 * l->p2 * p * q)};
}

static double grey_at(const struct okng_image *img, struct okng_point p)
{
	int32_t x = (int32_t)floor(p.x), y = (int32_t)floor(p.y);
	x = x < 0 ? 0 : x > img->width - 2 ? img->width - 2 : x;
	y = y < 0 ? 0 : y > img->height - 2 ? img->height - 2 : y;
	double fx = p.x - x, fy = p.y - y;
	const uint8_t *a = okng_image_row(img, y) + x, *b = okng_image_row(img, y + 1) + x;
	return (a[0] * (1 - fx) + a[1] * fx) * (1 - fy) + (b[0] * (1 - fx) + b[1] * fx) * fy;
}

static bool is_inside(const struct okng_brown *l, struct okng_point p, double margin)
{
	return p.x >= margin && p.y >= margin && p.x <= l->width - 1 - margin && p.y <= l->height - 1 - margin;
}

/* Every place that lies in the frame, for random poses, is where the formula says: within the error that warp.h promises. */
static void places(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENSES; i++) {
		struct okng_brown lens = lens_of(i);
		struct okng_warp *warp = warp_of(&lens);
		struct okng_image frame = image_of(lens.width, lens.height), out = image_of(lens.width, lens.height);
		int32_t (*spans)[2] = calloc((size_t)lens.height, sizeof *spans);
		double most[2] = {0, 0}; /* straight, moved */
		for (int round = 0; round < 12; round++) {
			struct okng_pose pose = pose_of(round, &lens);
			assert_int_equal(okng_warp_run(warp, okng_kernels_get(OKNG_CPU_C), &pose, &frame, NULL, &out, spans), 0);
			for (int32_t y = 0; y < lens.height; y += lens.width > 1000 ? 13 : 3)
				for (int32_t x = 0; x < lens.width; x += lens.width > 1000 ? 5 : 1) {
					struct okng_point want = place_of(&lens, &pose, x, y), have = okng_warp_place(warp, x, y);
					if (!is_inside(&lens, want, 0) && !is_inside(&lens, have, 0))
						continue;
					double off = sqrt((want.x - have.x) * (want.x - have.x) + (want.y - have.y) * (want.y - have.y));
					most[round > 0] = off > most[round > 0] ? off : most[round > 0];
				}
		}
		print_message("%-12s off by up to %.4f pixels, %.4f where parts are moved\n", lenses[i].name, most[0], most[1]);
		assert_true(most[0] < OKNG_WARP_ERROR);
		assert_true(most[1] < OKNG_WARP_ERROR_BEYOND);
		free(spans);
		okng_image_finish(&frame);
		okng_image_finish(&out);
		okng_warp_close(&warp);
	}
}

static void check_pixels(const struct okng_brown *lens, const struct okng_pose *pose, const struct okng_image *frame,
	const struct okng_image *out, int32_t (*spans)[2])
{
	for (int32_t y = 0; y < lens->height; y++) {
		const uint8_t *row = okng_image_row(out, y);
		for (int32_t x = spans[y][0]; x < spans[y][1]; x++) {
			struct okng_point p = place_of(lens, pose, x, y);
			assert_true(is_inside(lens, p, -OKNG_WARP_ERROR));
			assert_true(fabs(row[x] - grey_at(frame, p)) < 0.5 + 0.02 + 12 * OKNG_WARP_ERROR_BEYOND);
		}
		for (int32_t x = 0; spans[y][1] && x < spans[y][0]; x++)
			assert_int_equal(row[x], row[spans[y][0]]);
		for (int32_t x = spans[y][1]; spans[y][1] && x < lens->width; x++)
			assert_int_equal(row[x], row[spans[y][1] - 1]);
	}
}

/* What is left out of a row is beyond the frame, or a lesser stretch than the one that is told. */
static void check_spans(const struct okng_brown *lens, const struct okng_pose *pose, int32_t (*spans)[2])
{
	for (int32_t y = 0; y < lens->height; y++) {
		int32_t run = 0;
		for (int32_t x = 0; x < lens->width; x++) {
			run = is_inside(lens, place_of(lens, pose, x, y), OKNG_WARP_ERROR) ? run + 1 : 0;
			assert_true(run <= spans[y][1] - spans[y][0]);
		}
	}
}

static void pixels(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENSES; i++) {
		struct okng_brown lens = lens_of(i);
		if (lens.width < 2 || lens.width > 1000)
			continue;
		struct okng_warp *warp = warp_of(&lens);
		struct okng_image frame = image_of(lens.width, lens.height), out = image_of(lens.width, lens.height);
		int32_t (*spans)[2] = calloc((size_t)lens.height, sizeof *spans);
		for (int round = 0; round < 5; round++) {
			struct okng_pose pose = pose_of(round, &lens);
			draw_waves(&frame);
			assert_int_equal(okng_warp_run(warp, okng_kernels_get(okng_cpu_level()), &pose, &frame, NULL, &out, spans), 0);
			check_pixels(&lens, &pose, &frame, &out, spans);
			check_spans(&lens, &pose, spans);
		}
		free(spans);
		okng_image_finish(&frame);
		okng_image_finish(&out);
		okng_warp_close(&warp);
	}
}

/* Bit by bit, with light and without, and the second time from nodes that are known. */
static void levels(void **state)
{
	(void)state;
	int beyond_c = 0;
	for (size_t i = 0; i < LENSES; i++) {
		struct okng_brown lens = lens_of(i);
		struct okng_warp *plain = warp_of(&lens), *warp = warp_of(&lens);
		struct okng_image frame = image_of(lens.width, lens.height), want = image_of(lens.width, lens.height);
		struct okng_image have = image_of(lens.width, lens.height), light = image_of(lens.width, lens.height);
		int32_t (*spans)[2] = calloc(2 * (size_t)lens.height, sizeof *spans);
		for (int round = 0; round < (lens.width > 1000 ? 3 : 10); round++) {
			struct okng_pose pose = pose_of(round, &lens);
			draw_noise(&frame);
			draw_waves(&light);
			const struct okng_image *lit = round % 2 ? &light : NULL;
			assert_int_equal(okng_warp_run(plain, okng_kernels_get(OKNG_CPU_C), &pose, &frame, lit, &want, spans), 0);
			for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
				if (!okng_cpu_has(level))
					continue;
				beyond_c += level > OKNG_CPU_C;
				assert_int_equal(okng_warp_run(warp, okng_kernels_get(level), &(struct okng_pose){.dx = 9}, &frame, NULL, &have, spans + lens.height), 0);
				for (int again = 0; again < 2; again++) {
					assert_int_equal(okng_warp_run(warp, okng_kernels_get(level), &pose, &frame, lit, &have, spans + lens.height), 0);
					assert_memory_equal(spans, spans + lens.height, (size_t)lens.height * sizeof *spans);
					for (int32_t y = 0; y < lens.height; y++)
						assert_memory_equal(okng_image_row(&want, y), okng_image_row(&have, y), (size_t)lens.width);
				}
			}
		}
		free(spans);
		okng_image_finish(&frame);
		okng_image_finish(&want);
		okng_image_finish(&have);
		okng_image_finish(&light);
		okng_warp_close(&plain);
		okng_warp_close(&warp);
	}
	if (!beyond_c)
		print_message("this machine has no level but c\n");
}

static void without_distortion(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(0);
	struct okng_image frame = image_of(lens.width, lens.height), out;
	struct okng_error err = {0};
	draw_noise(&frame);
	assert_int_equal(okng_undistort(&lens, &frame, &out, &err), 0);
	for (int32_t y = 0; y < lens.height; y++)
		assert_memory_equal(okng_image_row(&frame, y), okng_image_row(&out, y), (size_t)lens.width);
	okng_image_finish(&out);
	struct okng_image view = okng_image_view(frame.data, 639, 480, frame.stride, OKNG_PIXEL_MONO8);
	assert_int_equal(okng_undistort(&lens, &view, &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "639×480"));
	okng_image_finish(&frame);
}

static void no_lens(void **state)
{
	(void)state;
	static const struct {
		int32_t width, height;
		double param[9];
		const char *says;
	} cases[] = {
		{640, 480, {500, 500, 320, 240, -0.9, 0, 0, 0, 0}, "turns back"},
		{640, 480, {500, 500, 320, 240, 0, 0, 0, 0, -9}, "turns back"},
		{640, 480, {500, 500, 320, 240, 0, 0, 0.9, 0, 0}, "turns back"},
		{640, 480, {500, 500, 320, 240, NAN, 0, 0, 0, 0}, "not a number"},
		{640, 480, {100, 500, 320, 240}, "not that of a lens"},
		{640, 480, {500, -500, 320, 240}, "not that of a lens"},
		{640, 480, {500, 500, 1e5, 240}, "not that of a lens"},
	};
	struct okng_brown lens;
	struct okng_error err;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(&err, 0, sizeof err);
		assert_int_equal(okng_brown_init(&lens, cases[i].width, cases[i].height, cases[i].param, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
	}
	/* A lens, but too strong for the nodes of so small a picture. */
	struct okng_warp *warp;
	static const double strong[9] = {50, 50, 40, 30, -0.25, 0.12, 0, 0, 0};
	assert_int_equal(okng_brown_init(&lens, 80, 60, strong, &err), 0);
	assert_int_equal(okng_warp_open(&warp, &lens, &err), -EINVAL);
	assert_null(warp);
	assert_non_null(strstr(err.text, "too strongly"));
}

static void there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENSES; i++) {
		struct okng_brown lens = lens_of(i), half = okng_brown_halved(&lens, 1);
		for (int n = 0; n < 200; n++) {
			double u = within(0, lens.width - 1), v = within(0, lens.height - 1), x, y, hx, hy;
			okng_brown_at(&lens, u, v, &x, &y);
			struct okng_point back = okng_brown_undistort(&lens, (struct okng_point){x, y});
			assert_true(fabs(back.x - u) < 1e-6 && fabs(back.y - v) < 1e-6);
			okng_brown_at(&half, (u + 0.5) / 2 - 0.5, (v + 0.5) / 2 - 0.5, &hx, &hy);
			assert_true(fabs(hx - ((x + 0.5) / 2 - 0.5)) < 1e-6 && fabs(hy - ((y + 0.5) / 2 - 0.5)) < 1e-6);
		}
	}
	struct okng_brown a = lens_of(1), b = a;
	assert_int_equal(okng_brown_id(&a), okng_brown_id(&b));
	b.p2 += 1e-12;
	assert_int_not_equal(okng_brown_id(&a), okng_brown_id(&b));
}

/* The millimetres of a point of the aligned picture are those of the point of the frame that it came from. */
static void planes(void **state)
{
	(void)state;
	for (int n = 0; n < 100; n++) {
		struct okng_plane plane = {{0.1, 0.003, -4, -0.002, 0.11, 7, within(-1e-4, 1e-4), within(-1e-4, 1e-4), 1}};
		struct okng_pose pose = {.dx = within(-60, 60), .dy = within(-60, 60), .angle = within(-10, 10)};
		struct okng_plane posed = okng_plane_posed(&plane, &pose, 640, 480);
		struct okng_point p = {within(0, 639), within(0, 479)};
		struct okng_point want = okng_plane_map(&plane, okng_pose_map(&pose, 640, 480, p)), have = okng_plane_map(&posed, p);
		assert_true(fabs(want.x - have.x) < 1e-9 && fabs(want.y - have.y) < 1e-9);
	}
}

static void refuses(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(0);
	struct okng_warp *warp = warp_of(&lens);
	struct okng_image frame = image_of(640, 480), out = image_of(640, 480), other = image_of(640, 479);
	int32_t (*spans)[2] = calloc(480, sizeof *spans);
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	static const struct okng_pose bad[] = {{.angle = 46}, {.dx = 1e9}, {.dy = NAN}, {.angle = NAN}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(okng_warp_run(warp, k, &bad[i], &frame, NULL, &out, spans), -EINVAL);
	assert_int_equal(okng_warp_run(warp, k, &(struct okng_pose){0}, &other, NULL, &out, spans), -EINVAL);
	assert_int_equal(okng_warp_run(warp, k, &(struct okng_pose){0}, &frame, NULL, &other, spans), -EINVAL);
	/* All of it beyond the frame: black, and said so. */
	memset(frame.data, 200, (size_t)frame.stride * 480);
	assert_int_equal(okng_warp_run(warp, k, &(struct okng_pose){.dx = 30000, .dy = -30000}, &frame, NULL, &out, spans), 0);
	for (int32_t y = 0; y < 480; y++)
		assert_true(spans[y][0] == 0 && spans[y][1] == 0 && okng_image_row(&out, y)[y] == 0);
	heap_start();
	assert_int_equal(okng_warp_run(warp, k, &(struct okng_pose){.dx = 3, .angle = 1}, &frame, NULL, &out, spans), 0);
	if (heap_counts)
		assert_int_equal(heap_stop(), 0);
	free(spans);
	okng_image_finish(&frame);
	okng_image_finish(&out);
	okng_image_finish(&other);
	okng_warp_close(&warp);
	okng_warp_close(&warp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places), cmocka_unit_test(pixels), cmocka_unit_test(levels), cmocka_unit_test(without_distortion),
		cmocka_unit_test(no_lens), cmocka_unit_test(there_and_back), cmocka_unit_test(planes), cmocka_unit_test(refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

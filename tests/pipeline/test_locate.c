/* SPDX-License-Identifier: Apache-2.0
 *
 * The locator against a scene whose pose is known, in every light it promises to bear, and against pictures in which
 * the part is not, is blank or is out of reach; the resampler against its own definition, pixel by pixel.
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

#include "pipeline/locate.h"
#include "scene.h"

static const struct scene_light plain = {0};
static const struct okng_pose zero = {0};

static struct okng_image draw(int w, int h, uint32_t board, struct okng_pose pose, struct scene_light light)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, w, h, OKNG_PIXEL_MONO8), 0);
	scene_draw(&img, board, &pose, &light);
	return img;
}

static void known_poses(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int w, h, search;
		double angle;
		struct okng_pose pose;
		struct scene_light light;
		double pixels, degrees; /* accuracy asked for */
	} cases[] = {
		{"identity", 320, 240, 16, 2, {0, 0, 0, 0}, {0}, 0.02, 0.01},
		{"whole pixels", 320, 240, 16, 2, {5, -7, 0, 0}, {0}, 0.03, 0.01},
		{"half pixels", 320, 240, 16, 2, {2.5, 3.5, 0, 0}, {0}, 0.05, 0.02},
		{"noise", 640, 480, 32, 3, {11.37, -8.81, 0.7, 0}, {.noise = 5, .seed = 3}, 0.05, 0.02},
		{"turned", 640, 480, 16, 10, {-3.2, 4.9, 9.3, 0}, {.noise = 3, .seed = 4}, 0.05, 0.02},
		{"turned back", 640, 480, 16, 10, {3.2, -4.9, -9.9, 0}, {.noise = 3, .seed = 5}, 0.05, 0.02},
		{"dark", 640, 480, 24, 3, {-9.6, 9.4, -1.2, 0}, {.gain = 0.8, .noise = 4, .seed = 6}, 0.05, 0.02},
		{"bright", 640, 480, 24, 3, {9.6, -9.4, 1.2, 0}, {.gain = 1.2, .noise = 4, .seed = 7}, 0.05, 0.02},
		{"vignette", 640, 480, 24, 3, {7.3, 6.1, 0.4, 0}, {.vignette = 0.3, .noise = 4, .seed = 8}, 0.05, 0.02},
		{"all at once", 640, 480, 64, 5, {-61.3, 58.6, 4.4, 0},
			{.gain = 0.85, .offset = 9, .vignette = 0.2, .noise = 5, .seed = 9}, 0.05, 0.02},
		{"shift only", 320, 240, 20, 0, {19.3, -18.2, 0, 0}, {.noise = 3, .seed = 10}, 0.05, 0},
		{"turn only", 320, 240, 0, 4, {0, 0, 2.6, 0}, {.noise = 3, .seed = 11}, 0, 0.03},
		{"small", 96, 80, 10, 3, {4.7, -3.3, 1.1, 0}, {.noise = 2, .seed = 12}, 0.08, 0.08},
		{"odd sizes", 501, 333, 20, 3, {-12.4, 7.7, -2.2, 0}, {.noise = 4, .seed = 13}, 0.05, 0.02},
		{"tall", 240, 700, 20, 3, {4.4, -17.7, 1.9, 0}, {.noise = 4, .seed = 14}, 0.05, 0.02},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct okng_image ref = draw(cases[i].w, cases[i].h, 1 + (uint32_t)i, zero, plain);
		struct okng_image frame = draw(cases[i].w, cases[i].h, 1 + (uint32_t)i, cases[i].pose, cases[i].light);
		struct okng_locator *loc;
		struct okng_pose pose, again;
		assert_int_equal(okng_locator_open(&loc, &ref, cases[i].search, cases[i].angle), 0);
		okng_image_finish(&ref); /* not needed any more */
		int rc = okng_locator_run(loc, &frame, &pose);
		double dx = pose.dx - cases[i].pose.dx, dy = pose.dy - cases[i].pose.dy, da = pose.angle - cases[i].pose.angle;
		print_message("%-14s rc %d score %.3f error %+.4f %+.4f px %+.4f deg\n", cases[i].name, rc, pose.score, dx, dy, da);
		assert_int_equal(rc, 0);
		assert_true(fabs(dx) <= cases[i].pixels && fabs(dy) <= cases[i].pixels);
		assert_true(fabs(da) <= cases[i].degrees);
		assert_true(pose.score > 0.8 && pose.score <= 1.000001);
		assert_int_equal(okng_locator_run(loc, &frame, &again), 0);
		assert_memory_equal(&pose, &again, sizeof pose);
		okng_locator_close(&loc);
		assert_null(loc);
		okng_image_finish(&frame);
	}
}

/* The part with pieces missing and added is still found where it is. */
static void defects(void **state)
{
	(void)state;
	struct okng_image ref = draw(400, 300, 31, zero, plain);
	struct okng_image frame = draw(400, 300, 31, (struct okng_pose){.dx = 6.4, .dy = -3.7, .angle = 0.8},
		(struct scene_light){.noise = 4, .seed = 2});
	static const struct okng_rect patches[] = {{60, 60, 50, 40}, {250, 30, 30, 90}, {180, 200, 70, 60}, {330, 230, 40, 40}};
	for (size_t i = 0; i < sizeof patches / sizeof patches[0]; i++)
		for (int y = 0; y < patches[i].h; y++)
			memset(okng_image_row(&frame, patches[i].y + y) + patches[i].x, i % 2 ? 245 : 10, (size_t)patches[i].w);
	struct okng_locator *loc;
	struct okng_pose pose;
	assert_int_equal(okng_locator_open(&loc, &ref, 16, 2), 0);
	assert_int_equal(okng_locator_run(loc, &frame, &pose), 0);
	assert_true(fabs(pose.dx - 6.4) < 0.06 && fabs(pose.dy + 3.7) < 0.06 && fabs(pose.angle - 0.8) < 0.03);
	okng_locator_close(&loc);
	okng_image_finish(&ref);
	okng_image_finish(&frame);
}

static void not_there(void **state)
{
	(void)state;
	enum { W = 320, H = 240 };
	static const struct {
		const char *name;
		uint32_t board; /* 0: blank */
		int search;
		double angle;
		struct okng_pose pose;
		struct scene_light light;
	} cases[] = {
		{"black", 0, 16, 2, {0, 0, 0, 0}, {0}},
		{"noise only", 0, 16, 2, {0, 0, 0, 0}, {.offset = 128, .noise = 20, .seed = 1}},
		{"blank, no search", 0, 0, 0, {0, 0, 0, 0}, {0}},
		{"another board", 41, 16, 2, {0, 0, 0, 0}, {.noise = 3, .seed = 2}},
		{"a third board", 42, 64, 10, {3, 3, 3, 0}, {.noise = 3, .seed = 3}},
		{"another, no search", 43, 0, 0, {0, 0, 0, 0}, {0}},
		{"too far right", 40, 16, 2, {24.5, 0, 0, 0}, {.noise = 3, .seed = 4}},
		{"too far up", 40, 16, 2, {0, -30, 0, 0}, {.noise = 3, .seed = 5}},
		{"turned too far", 40, 16, 2, {0, 0, 4.5, 0}, {.noise = 3, .seed = 6}},
		{"upside down", 40, 16, 2, {0, 0, 180, 0}, {.noise = 3, .seed = 7}},
		{"shifted, no search", 40, 0, 0, {9, 9, 0, 0}, {0}},
	};
	struct okng_image ref = draw(W, H, 40, zero, plain);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scene_light light = cases[i].light;
		struct okng_image frame;
		if (cases[i].board) {
			frame = draw(W, H, cases[i].board, cases[i].pose, light);
		} else {
			/* A board seen through a closed shutter: only offset and noise are left. */
			light.gain = 1e-9;
			frame = draw(W, H, 1, zero, light);
		}
		struct okng_locator *loc;
		struct okng_pose pose;
		assert_int_equal(okng_locator_open(&loc, &ref, cases[i].search, cases[i].angle), 0);
		int rc = okng_locator_run(loc, &frame, &pose);
		print_message("%-18s rc %d score %.3f\n", cases[i].name, rc, pose.score);
		assert_true(rc == -ENOENT || (rc == -EDOM && pose.score < 0.5));
		okng_locator_close(&loc);
		okng_image_finish(&frame);
	}
	okng_image_finish(&ref);
}

static void refuses(void **state)
{
	(void)state;
	struct okng_image ref = draw(100, 80, 3, zero, plain), blank, wide, mono16;
	struct okng_locator *loc;
	struct okng_pose pose;
	assert_int_equal(okng_image_init(&blank, 100, 80, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&wide, 101, 80, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&mono16, 100, 80, OKNG_PIXEL_MONO16), 0);
	struct okng_image tiny = okng_image_view(ref.data, 15, 80, ref.stride, OKNG_PIXEL_MONO8);
	const struct {
		const struct okng_image *img;
		int search;
		double angle;
		int want;
	} cases[] = {
		{&ref, 8, 1, 0}, {&ref, 0, 0, 0}, {&ref, OKNG_LOCATE_SEARCH_MAX, OKNG_LOCATE_ANGLE_MAX, 0},
		{&ref, -1, 1, -EINVAL}, {&ref, OKNG_LOCATE_SEARCH_MAX + 1, 1, -EINVAL}, {&ref, 8, -0.1, -EINVAL},
		{&ref, 8, OKNG_LOCATE_ANGLE_MAX + 0.1, -EINVAL}, {&ref, 8, NAN, -EINVAL}, {&tiny, 8, 1, -EINVAL},
		{&mono16, 8, 1, -EINVAL}, {&blank, 8, 1, -ENODATA}, {&blank, 0, 0, -ENODATA},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(okng_locator_open(&loc, cases[i].img, cases[i].search, cases[i].angle), cases[i].want);
		assert_true((loc != NULL) == (cases[i].want == 0));
		okng_locator_close(&loc);
	}
	assert_int_equal(okng_locator_open(&loc, &ref, 8, 1), 0);
	assert_int_equal(okng_locator_run(loc, &wide, &pose), -EINVAL);
	assert_int_equal(okng_locator_run(loc, &mono16, &pose), -EINVAL);
	assert_true(pose.score == 0);
	okng_locator_close(&loc);
	okng_locator_close(&loc);
	okng_locator_close(NULL);
	okng_image_finish(&ref);
	okng_image_finish(&blank);
	okng_image_finish(&wide);
	okng_image_finish(&mono16);
}

/* Bilinear value by the header's formulas in doubles; -1: outside. */
static double reference_sample(const struct okng_image *f, const struct okng_image *out, const struct okng_pose *p, int x, int y)
{
	double a = p->angle * 3.14159265358979323846 / 180, c = cos(a), s = sin(a);
	double cx = (out->width - 1) / 2.0, cy = (out->height - 1) / 2.0, u = x - cx, v = y - cy;
	double xf = cx + p->dx + c * u + s * v, yf = cy + p->dy - s * u + c * v;
	if (xf < -0.01 || yf < -0.01 || xf > f->width - 0.99 || yf > f->height - 0.99)
		return -1;
	int x0 = (int)fmin(fmax(floor(xf), 0), f->width - 2), y0 = (int)fmin(fmax(floor(yf), 0), f->height - 2);
	double wx = xf - x0, wy = yf - y0;
	const uint8_t *r0 = okng_image_row(f, y0) + x0, *r1 = okng_image_row(f, y0 + 1) + x0;
	return (r0[0] * (1 - wx) + r0[1] * wx) * (1 - wy) + (r1[0] * (1 - wx) + r1[1] * wx) * wy;
}

static void resample(void **state)
{
	(void)state;
	enum { W = 57, H = 43 };
	static const struct okng_pose poses[] = {
		{0, 0, 0, 0}, {3, -2, 0, 0}, {0.5, 0.25, 0, 0}, {-4.3, 6.7, 2.5, 0}, {1.5, 2.5, -9.9, 0}, {0, 0, 45, 0},
		{W + 3, 0, 0, 0}, {0, -H - 9, 5, 0}, {-20.75, 17.125, -30, 0}, {W - 1, H - 1, 0, 0}, {-W + 1.0, 0, 0, 0},
	};
	struct okng_image frame, out;
	int32_t spans[H][2];
	assert_int_equal(okng_image_init(&frame, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&out, W, H, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			okng_image_row(&frame, y)[x] = (uint8_t)(128 + 100 * sin(x * 0.5) * cos(y * 0.4));
	for (size_t i = 0; i < sizeof poses / sizeof poses[0]; i++) {
		int inside = 0, spanned = 0;
		assert_int_equal(okng_locate_resample(&poses[i], &frame, &out, spans), 0);
		for (int y = 0; y < H; y++) {
			assert_true(spans[y][0] >= 0 && spans[y][0] <= spans[y][1] && spans[y][1] <= W);
			assert_true(spans[y][0] < spans[y][1] || (spans[y][0] == 0 && spans[y][1] == 0));
			spanned += spans[y][1] - spans[y][0];
			for (int x = 0; x < W; x++) {
				double want = reference_sample(&frame, &out, &poses[i], x, y);
				inside += want >= 0;
				if (want >= 0 && x >= spans[y][0] && x < spans[y][1])
					assert_true(fabs(okng_image_row(&out, y)[x] - want) <= 1.01);
				else if (want < 0)
					assert_false(x >= spans[y][0] && x < spans[y][1]);
			}
		}
		assert_true(abs(inside - spanned) <= 2); /* a place on the very border may round either way */
		if (i == 0)
			for (int y = 0; y < H; y++)
				assert_memory_equal(okng_image_row(&out, y), okng_image_row(&frame, y), W);
	}
	assert_int_equal(okng_locate_resample(&(struct okng_pose){.angle = 46}, &frame, &out, NULL), -EINVAL);
	assert_int_equal(okng_locate_resample(&(struct okng_pose){.dx = 1e9}, &frame, &out, NULL), -EINVAL);
	assert_int_equal(okng_locate_resample(&(struct okng_pose){.dy = NAN}, &frame, &out, NULL), -EINVAL);
	assert_int_equal(okng_locate_resample(&(struct okng_pose){.dy = -40000}, &frame, &out, NULL), -EINVAL);
	assert_int_equal(okng_locate_resample(&zero, &frame, &out, NULL), 0);
	okng_image_finish(&frame);
	okng_image_finish(&out);
}

/* Located, resampled and compared: the part must lie on the reference. */
static void lies_on_the_reference(void **state)
{
	(void)state;
	struct okng_image ref = draw(300, 220, 51, zero, plain), out;
	struct okng_image frame = draw(300, 220, 51, (struct okng_pose){.dx = -7.6, .dy = 5.3, .angle = -3.1}, plain);
	struct okng_locator *loc;
	struct okng_pose pose;
	int32_t spans[220][2];
	long far = 0, seen = 0;
	assert_int_equal(okng_image_init(&out, 300, 220, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_locator_open(&loc, &ref, 16, 4), 0);
	assert_int_equal(okng_locator_run(loc, &frame, &pose), 0);
	assert_int_equal(okng_locate_resample(&pose, &frame, &out, spans), 0);
	for (int y = 0; y < 220; y++)
		for (int x = spans[y][0]; x < spans[y][1]; x++, seen++)
			far += abs(okng_image_row(&out, y)[x] - okng_image_row(&ref, y)[x]) > 45;
	assert_true(seen > 300 * 220 * 8 / 10);
	assert_true(far * 200 < seen);
	okng_locator_close(&loc);
	okng_image_finish(&ref);
	okng_image_finish(&frame);
	okng_image_finish(&out);
}

static void sine_and_cosine(void **state)
{
	(void)state;
	for (int i = -450; i <= 450; i++) {
		double s, c, a = i / 10.0;
		okng_locate_sincos(a, &s, &c);
		assert_true(fabs(s - sin(a * 3.14159265358979323846 / 180)) < 1e-12);
		assert_true(fabs(c - cos(a * 3.14159265358979323846 / 180)) < 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_poses),
		cmocka_unit_test(defects),
		cmocka_unit_test(not_there),
		cmocka_unit_test(refuses),
		cmocka_unit_test(resample),
		cmocka_unit_test(lies_on_the_reference),
		cmocka_unit_test(sine_and_cosine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The synthetic board: the same everywhere, and its truth is the truth.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "camera/synthetic.h"

static struct okng_error err;

static struct okng_camera_params params(int w, int h)
{
	return (struct okng_camera_params){.type = OKNG_CAMERA_SYNTHETIC, .frames = 2, .width = w, .height = h, .seed = 1, .defect_rate = 0.25,
		.shift = 6, .angle = 1, .light = 0.08, .noise = 2};
}

struct bench {
	struct okng_synthetic *synthetic;
	struct okng_image good, bad;
	struct okng_truth truth[OKNG_TRUTH_MAX];
	int truths;
};

static struct bench bench_open(const struct okng_camera_params *p)
{
	struct bench b = {0};
	if (okng_synthetic_open(&b.synthetic, p, &err) != 0)
		fail_msg("%s: %s", err.key, err.text);
	assert_int_equal(okng_image_init(&b.good, p->width, p->height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&b.bad, p->width, p->height, OKNG_PIXEL_MONO8), 0);
	return b;
}

static void bench_close(struct bench *b)
{
	okng_synthetic_close(&b->synthetic);
	okng_image_finish(&b->good);
	okng_image_finish(&b->bad);
}

static uint32_t crc_of(uint32_t crc, const struct okng_image *img)
{
	for (int y = 0; y < img->height; y++)
		crc = (uint32_t)crc32(crc, okng_image_row(img, y), (uInt)img->width);
	return crc;
}

/* The sums are those of every machine and compiler; a change of the drawing changes them on purpose. */
static void bytes_are_the_same_everywhere(void **state)
{
	(void)state;
	static const struct { int w, h; uint32_t crc; } rows[] = {{640, 480, 0x1c7e59b0}, {161, 123, 0x2826ceae}, {800, 1000, 0x5c74d59a}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = params(rows[i].w, rows[i].h);
		struct bench b = bench_open(&p);
		uint32_t crc = 0;
		for (uint64_t n = 1; n <= 12; n++) {
			assert_int_equal(okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_BY_RATE, &b.good, b.truth, &b.truths), 0);
			crc = crc_of(crc, &b.good);
			crc = (uint32_t)crc32(crc, (const Bytef *)&b.truths, sizeof b.truths);
		}
		if (crc != rows[i].crc)
			fail_msg("%d x %d: 0x%08x", rows[i].w, rows[i].h, (unsigned)crc);
		bench_close(&b);
	}
}

static void order_does_not_matter(void **state)
{
	(void)state;
	struct okng_camera_params p = params(320, 240);
	struct bench b = bench_open(&p);
	uint32_t forward[10];
	for (int n = 0; n < 10; n++) {
		okng_synthetic_expose(b.synthetic, (uint64_t)n, OKNG_SYNTHETIC_DEFECT, &b.bad, b.truth, &b.truths);
		forward[n] = crc_of(0, &b.bad);
	}
	for (int n = 9; n >= 0; n--) {
		okng_synthetic_expose(b.synthetic, (uint64_t)n, OKNG_SYNTHETIC_DEFECT, &b.bad, b.truth, &b.truths);
		assert_int_equal(crc_of(0, &b.bad), forward[n]);
	}
	p.seed = 2;
	struct okng_image img;
	assert_int_equal(okng_synthetic_render(&p, 3, OKNG_SYNTHETIC_DEFECT, &img, b.truth, &b.truths, &err), 0);
	assert_int_not_equal(crc_of(0, &img), forward[3]);
	okng_image_finish(&img);
	bench_close(&b);
}

static bool inside(const struct okng_rect *r, int x, int y)
{
	return x >= r->x && y >= r->y && x < r->x + r->w && y < r->y + r->h;
}

/* Pixels of the box that differ by at least level from the good part; fails if one differs outside all boxes. */
static int count_changed(const struct bench *b, int which, int level, int *all)
{
	int n = 0;
	*all = 0;
	for (int y = 0; y < b->good.height; y++)
		for (int x = 0; x < b->good.width; x++) {
			int d = abs(okng_image_row(&b->good, y)[x] - okng_image_row(&b->bad, y)[x]);
			if (d == 0)
				continue;
			bool any = false;
			for (int i = 0; i < b->truths; i++)
				any = any || inside(&b->truth[i].box, x, y);
			if (!any)
				fail_msg("pixel (%d, %d) differs by %d outside the truth", x, y, d);
			if (inside(&b->truth[which].box, x, y)) {
				++*all;
				n += d >= level;
			}
		}
	return n;
}

static void truth_holds_what_changed_and_shows(void **state)
{
	(void)state;
	struct okng_camera_params p = params(640, 480);
	p.noise = 0;
	struct bench b = bench_open(&p);
	static const char *const kinds[] = {"missing-solder", "bridge", "missing-pin", "bent-pin", "open-track", "missing-print", "smeared-print",
		"scratch", "particle", "stain", "missing-part"};
	int seen[sizeof kinds / sizeof *kinds] = {0};
	for (uint64_t n = 1; n <= 400; n++) {
		assert_int_equal(okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_GOOD, &b.good, b.truth, &b.truths), 0);
		assert_int_equal(b.truths, 0);
		assert_int_equal(okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_DEFECT, &b.bad, b.truth, &b.truths), 0);
		assert_true(b.truths >= 1 && b.truths <= 2);
		for (int i = 0; i < b.truths; i++) {
			const struct okng_truth *t = &b.truth[i];
			assert_true(t->box.x >= 0 && t->box.y >= 0 && t->box.x + t->box.w <= 640 && t->box.y + t->box.h <= 480);
			int all, strong = count_changed(&b, i, 45, &all);
			if (strong < 40)
				fail_msg("part %d: %s changes only %d pixels by 45 levels", (int)n, t->kind, strong);
			if (strong * 30 < t->box.w * t->box.h)
				fail_msg("part %d: the box of %s is mostly empty", (int)n, t->kind);
			size_t k = 0;
			while (k < sizeof kinds / sizeof *kinds && strcmp(kinds[k], t->kind) != 0)
				k++;
			assert_true(k < sizeof kinds / sizeof *kinds);
			seen[k]++;
		}
	}
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (seen[k] < 5)
			fail_msg("%s was seen only %d times", kinds[k], seen[k]);
	bench_close(&b);
}

static void truth_holds_at_any_pose_and_size(void **state)
{
	(void)state;
	static const struct { int w, h; double shift, angle, light, noise; } rows[] = {
		{160, 120, 0, 0, 0, 0}, {200, 300, 80, 45, 1, 64}, {301, 227, 40, 20, 0.5, 10}, {1280, 200, 300, 5, 0.1, 3},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = params(rows[i].w, rows[i].h);
		p.shift = rows[i].shift;
		p.angle = rows[i].angle;
		p.light = rows[i].light;
		p.noise = rows[i].noise;
		struct bench b = bench_open(&p);
		for (uint64_t n = 1; n <= 60; n++) {
			okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_GOOD, &b.good, b.truth, &b.truths);
			okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_DEFECT, &b.bad, b.truth, &b.truths);
			int all;
			count_changed(&b, 0, 1, &all);
		}
		bench_close(&b);
	}
}

static void rate_is_kept(void **state)
{
	(void)state;
	static const struct { double rate; int least, most; } rows[] = {{0, 0, 0}, {0.02, 20, 62}, {0.25, 440, 560}, {1, 2000, 2000}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = params(160, 120);
		p.defect_rate = rows[i].rate;
		struct bench b = bench_open(&p);
		int bad = 0;
		for (uint64_t n = 1; n <= 2000; n++) {
			okng_synthetic_expose(b.synthetic, n, OKNG_SYNTHETIC_BY_RATE, &b.bad, b.truth, &b.truths);
			bad += b.truths > 0;
		}
		assert_in_range(bad, rows[i].least, rows[i].most);
		bench_close(&b);
	}
}

static void light_and_noise_are_as_asked(void **state)
{
	(void)state;
	struct okng_camera_params p = params(640, 480);
	p.shift = p.angle = p.light = p.noise = 0;
	struct bench still = bench_open(&p);
	okng_synthetic_expose(still.synthetic, 1, OKNG_SYNTHETIC_GOOD, &still.good, still.truth, &still.truths);
	okng_synthetic_expose(still.synthetic, 2, OKNG_SYNTHETIC_GOOD, &still.bad, still.truth, &still.truths);
	assert_int_equal(crc_of(0, &still.good), crc_of(0, &still.bad)); /* nothing varies */
	p.noise = 4;
	struct bench noisy = bench_open(&p);
	okng_synthetic_expose(noisy.synthetic, 7, OKNG_SYNTHETIC_GOOD, &noisy.good, noisy.truth, &noisy.truths);
	int64_t sum = 0, squares = 0;
	for (int y = 0; y < 480; y++)
		for (int x = 0; x < 640; x++) {
			int d = okng_image_row(&noisy.good, y)[x] - okng_image_row(&still.good, y)[x];
			sum += d;
			squares += d * d;
		}
	double n = 640.0 * 480, mean = (double)sum / n, variance = (double)squares / n - mean * mean;
	assert_true(mean > -0.2 && mean < 0.2);
	assert_true(variance > 3.6 * 3.6 && variance < 4.3 * 4.3);
	bench_close(&noisy);
	bench_close(&still);
}

static void other_sizes_are_refused(void **state)
{
	(void)state;
	struct okng_camera_params p = params(320, 240);
	struct bench b = bench_open(&p);
	struct okng_image small;
	assert_int_equal(okng_image_init(&small, 319, 240, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_synthetic_expose(b.synthetic, 1, OKNG_SYNTHETIC_GOOD, &small, b.truth, &b.truths), -EINVAL);
	okng_image_finish(&small);
	bench_close(&b);
	struct okng_synthetic *s;
	p.noise = 65;
	assert_int_equal(okng_synthetic_open(&s, &p, &err), -EINVAL);
	assert_null(s);
	assert_string_equal(err.key, "camera.noise");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_the_same_everywhere),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(truth_holds_what_changed_and_shows),
		cmocka_unit_test(truth_holds_at_any_pose_and_size),
		cmocka_unit_test(rate_is_kept),
		cmocka_unit_test(light_and_noise_are_as_asked),
		cmocka_unit_test(other_sizes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * From kernels to verdict: each kernel against a naive reference at odd widths with guarded ends, blobs of known
 * features, every rule of classes and judge, and the whole inspector on parts with defects of known place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/blob.h"
#include "pipeline/classify.h"
#include "pipeline/compare.h"
#include "pipeline/inspect.h"
#include "pipeline/judge.h"
#include "pipeline/learn.h"

static uint32_t seed = 12345;

static uint32_t dice(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

#define GUARD 0xa5
static uint8_t bytes_above[512], bytes_row[512], bytes_below[512], bytes_out[512 + 64];

static int at(const uint8_t *row, int x, int width)
{
	return row[x < 0 ? 0 : x >= width ? width - 1 : x];
}

static void gauss_and_band(void **state)
{
	(void)state;
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	for (int width = 1; width < 300; width += 1 + width / 20) {
		for (int i = 0; i < 512; i++) {
			int extreme = width % 3 == 0;
			bytes_above[i] = (uint8_t)(extreme ? (dice() & 1) * 255 : dice());
			bytes_row[i] = (uint8_t)(extreme ? (dice() & 1) * 255 : dice());
			bytes_below[i] = (uint8_t)(extreme ? (dice() & 1) * 255 : dice());
		}
		int off = width % 5; /* any alignment */
		const uint8_t *a = bytes_above + off, *b = bytes_row + off, *c = bytes_below + off;
		memset(bytes_out, GUARD, sizeof bytes_out);
		k->gauss3(a, b, c, bytes_out + off, width);
		for (int x = 0; x < width; x++) {
			int sum = 8;
			for (int d = -1; d <= 1; d++)
				sum += (d ? 1 : 2) * (at(a, x + d, width) + 2 * at(b, x + d, width) + at(c, x + d, width));
			assert_int_equal(bytes_out[off + x], sum >> 4);
		}
		assert_int_equal(bytes_out[off + width], GUARD);
		uint64_t dark[9], bright[9];
		memset(dark, GUARD, sizeof dark);
		memset(bright, GUARD, sizeof bright);
		k->band(b, a, c, dark, bright, width);
		int words = (width + 63) / 64;
		for (int x = 0; x < words * 64; x++) {
			assert_int_equal(dark[x / 64] >> (x % 64) & 1, x < width && b[x] < a[x]);
			assert_int_equal(bright[x / 64] >> (x % 64) & 1, x < width && b[x] > c[x]);
		}
		assert_true(dark[words] == 0xa5a5a5a5a5a5a5a5u);
	}
}

static bool pixel(const struct okng_mask *m, int x, int y, bool outside)
{
	if (x < 0 || y < 0 || x >= m->width || y >= m->height)
		return outside;
	return okng_mask_row(m, y)[x / 64] >> (x % 64) & 1;
}

static void morphology(void **state)
{
	(void)state;
	static const int sizes[][2] = {{1, 1}, {7, 5}, {64, 3}, {65, 9}, {127, 11}, {200, 4}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (int radius = 1; radius <= 10; radius++)
			for (int erode = 0; erode < 2; erode++) {
				struct okng_mask m, before, spare;
				assert_int_equal(okng_mask_init(&m, sizes[i][0], sizes[i][1]), 0);
				assert_int_equal(okng_mask_init(&before, sizes[i][0], sizes[i][1]), 0);
				assert_int_equal(okng_mask_init(&spare, sizes[i][0], sizes[i][1]), 0);
				for (int y = 0; y < m.height; y++)
					for (int x = 0; x < m.width; x++)
						okng_mask_fill(&m, (struct okng_rect){x, y, 1, 1}, dice() % 8 ? erode : !erode);
				memcpy(before.bits, m.bits, (size_t)m.words * (size_t)m.height * 8);
				(erode ? okng_mask_erode : okng_mask_dilate)(okng_kernels_get(okng_cpu_level()), &m, &spare, radius);
				for (int y = 0; y < m.height; y++)
					for (int x = 0; x < m.words * 64; x++) {
						bool want = erode;
						for (int v = -radius; v <= radius; v++)
							for (int u = -radius; u <= radius; u++)
								want = erode ? want && pixel(&before, x + u, y + v, true) : want || pixel(&before, x + u, y + v, false);
						bool have = okng_mask_row(&m, y)[x / 64] >> (x % 64) & 1;
						assert_int_equal(have, x < m.width && want);
					}
				okng_mask_finish(&m);
				okng_mask_finish(&before);
				okng_mask_finish(&spare);
			}
}

struct found {
	int n;
	struct okng_defect d[8];
};

static void keep(void *user, const struct okng_defect *d)
{
	struct found *f = user;
	if (f->n < 8)
		f->d[f->n] = *d;
	f->n++;
}

static int find(const char *const *rows, int width, int height, int min_area, struct found *f)
{
	struct okng_mask m;
	struct okng_image a, b;
	struct okng_blobs *blobs;
	memset(f, 0, sizeof *f);
	assert_int_equal(okng_mask_init(&m, width, height), 0);
	assert_int_equal(okng_image_init(&a, width, height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&b, width, height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_blobs_open(&blobs, width), 0);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			okng_mask_fill(&m, (struct okng_rect){x, y, 1, 1}, rows ? rows[y][x] == '#' : (x + y) % 2 == 0);
			okng_image_row(&a, y)[x] = 100;
			okng_image_row(&b, y)[x] = 130;
		}
	int n = okng_blobs_find(blobs, &m, &a, &b, OKNG_POLARITY_DARK, min_area, keep, f);
	okng_blobs_close(&blobs);
	okng_mask_finish(&m);
	okng_image_finish(&a);
	okng_image_finish(&b);
	return n;
}

static void blobs(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"#......###", /* a dot, and a ring whose arms meet late */
		".......#.#",
		".#.....###",
		"..#.......",
		"......####",
	};
	struct found f;
	assert_int_equal(find(rows, 10, 5, 1, &f), 4);
	assert_int_equal(f.d[0].area, 1);
	assert_true(f.d[0].elongation > 0.99f && f.d[0].elongation < 1.01f);
	assert_int_equal(f.d[1].area, 8);
	assert_int_equal(f.d[1].box.x, 7);
	assert_int_equal(f.d[1].box.w, 3);
	assert_int_equal(f.d[1].box.h, 3);
	assert_true(f.d[1].cx > 7.99f && f.d[1].cx < 8.01f && f.d[1].cy > 0.99f && f.d[1].cy < 1.01f);
	assert_true(f.d[1].fill > 0.88f && f.d[1].fill < 0.9f);
	assert_int_equal(f.d[2].area, 2); /* corners touch */
	assert_int_equal(f.d[3].area, 4);
	assert_true(f.d[3].elongation > 3.99f && f.d[3].elongation < 4.01f);
	assert_true(f.d[3].contrast > 29.9f && f.d[3].contrast < 30.1f);
	assert_int_equal(f.d[3].polarity, OKNG_POLARITY_DARK);
	assert_int_equal(find(rows, 10, 5, 4, &f), 2);
	/* Every second pixel: one component over corners, however many runs. */
	assert_int_equal(find(NULL, 301, 200, 1, &f), 1);
	assert_int_equal(f.d[0].area, 301 * 200 / 2);
}

static struct okng_class any_class(const char *name, int number)
{
	struct okng_class c = {.number = number, .verdict = OKNG_NG, .limit_count = -1};
	const struct okng_range all = {0, 1e9};
	strcpy(c.name, name);
	c.area = c.width = c.height = c.elongation = c.contrast = c.fill = c.x = c.y = all;
	return c;
}

static void classes_and_judge(void **state)
{
	(void)state;
	struct okng_recipe r = {.n_tools = 1, .n_classes = 3, .limits = {.area = 20}};
	strcpy(r.tools[0].name, "t");
	r.classes[0] = any_class("long", 11);
	r.classes[0].elongation.min = 4;
	r.classes[1] = any_class("bright", 12);
	r.classes[1].polarity = OKNG_POLARITY_BRIGHT;
	r.classes[1].verdict = OKNG_REVIEW;
	r.classes[2] = any_class("dust", 13);
	r.classes[2].area.max = 30;
	r.classes[2].limit_count = 1;
	static const struct {
		int n;
		struct okng_defect d[3];
		double total;
		enum okng_verdict verdict;
		int worst_class, defects;
	} cases[] = {
		{0, {{.area = 0}}, 0, OKNG_OK, -1, 0},
		{1, {{.area = 19, .elongation = 5}}, 0, OKNG_OK, -1, 0},                        /* below its limit */
		{1, {{.area = 20, .elongation = 5}}, 0, OKNG_NG, 11, 1},                        /* at it */
		{1, {{.area = 100, .elongation = 1, .polarity = OKNG_POLARITY_BRIGHT}}, 0, OKNG_REVIEW, 12, 1},
		{1, {{.area = 100, .elongation = 1, .polarity = OKNG_POLARITY_DARK}}, 0, OKNG_NG, 0, 1}, /* no row: rejects */
		{1, {{.area = 25, .elongation = 1, .polarity = OKNG_POLARITY_DARK}}, 0, OKNG_OK, 13, 1}, /* one is tolerated */
		{2, {{.area = 25, .elongation = 1, .polarity = OKNG_POLARITY_DARK}, {.area = 26, .elongation = 1, .polarity = OKNG_POLARITY_DARK}}, 0, OKNG_NG, 13, 2},
		{2, {{.area = 100, .elongation = 1, .polarity = OKNG_POLARITY_BRIGHT}, {.area = 21, .elongation = 5}}, 0, OKNG_NG, 11, 2}, /* NG over REVIEW */
		{2, {{.area = 15, .elongation = 5}, {.area = 15, .elongation = 5}}, 30, OKNG_NG, -1, 0},                                /* the sum */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_result res;
		uint64_t total = 0;
		memset(&res, 0, sizeof res);
		r.limits.total_area = cases[i].total;
		for (int k = 0; k < cases[i].n; k++) {
			struct okng_defect d = cases[i].d[k];
			d.box.x = k;
			okng_classify(&r, &d);
			total += d.area;
			okng_judge_add(&res, &d);
		}
		okng_judge(&r, total, &res);
		assert_int_equal(res.verdict, cases[i].verdict);
		assert_int_equal(res.n_defects, cases[i].defects);
		assert_int_equal(res.worst < 0 ? -1 : res.defects[res.worst].class_number, cases[i].worst_class);
		assert_int_equal(res.verdict == OKNG_OK, *res.decided_by == '\0');
		assert_int_equal(res.reason, res.verdict == OKNG_OK ? OKNG_REASON_NONE : OKNG_REASON_DEFECT);
	}
	/* More than are kept: the worst stay, all are counted. */
	struct okng_result res;
	memset(&res, 0, sizeof res);
	for (int k = 0; k < 200; k++) {
		struct okng_defect d = {.area = (uint32_t)(1 + (k * 37) % 200), .elongation = 5};
		okng_classify(&r, &d);
		okng_judge_add(&res, &d);
	}
	assert_int_equal(res.n_found, 200);
	assert_int_equal(res.n_candidates, OKNG_DEFECTS_MAX);
	for (int k = 0; k < OKNG_DEFECTS_MAX; k++)
		assert_int_equal(res.defects[k].area, 200 - k);
}

#define W 320
#define H 240

/* Blocks of grey on a slope, shifted, with noise. */
static void draw(struct okng_image *img, int dx, int dy, uint32_t noise)
{
	seed = noise;
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			int u = x - dx + 64, v = y - dy + 64;
			uint32_t block = (uint32_t)(u / 16 * 7349 + v / 16 * 9151);
			block ^= block >> 5;
			okng_image_row(img, y)[x] = (uint8_t)(60 + block * 2654435761u % 120 + (uint32_t)(u / 16) % 3 + dice() % 5);
		}
}

static void paint(struct okng_image *img, struct okng_rect r, int value)
{
	for (int y = r.y; y < r.y + r.h; y++)
		memset(okng_image_row(img, y) + r.x, value, (size_t)r.w);
}

static void whole(void **state)
{
	(void)state;
	struct okng_recipe r = {.n_tools = 1, .limits = {.area = 20}, .locate = {true, 16, 2, 0.5}, .image = {10, 245, 0, true}, .learn = {5}};
	r.tools[0] = (struct okng_tool){.type = OKNG_TOOL_COMPARE, .smooth = true, .min_area = 4, .sigma_bright = 4, .sigma_dark = 4,
		.min_bright = 16, .min_dark = 16, .edge = 0.5, .window = 31};
	struct okng_image img;
	struct okng_learner *learner;
	struct okng_model *model;
	struct okng_inspector *ins;
	struct okng_error err;
	struct okng_result res, again;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_learner_open(&learner, &r), 0);
	for (uint32_t i = 0; i < 6; i++) {
		draw(&img, (int)(i % 3), -(int)(i % 2), i + 1);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
	}
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	assert_int_equal(okng_inspector_open(&ins, &r, model, NULL, 0, 0, &err), 0);

	draw(&img, 5, -4, 77);
	okng_inspector_run(ins, &img, &res);
	assert_int_equal(res.verdict, OKNG_OK);
	assert_true(res.pose.dx > 4.8 && res.pose.dx < 5.2 && res.pose.dy > -4.2 && res.pose.dy < -3.8);

	static const struct {
		struct okng_rect box;
		int value;
		enum okng_polarity polarity;
	} defects[] = {{{100, 80, 10, 6}, 255, OKNG_POLARITY_BRIGHT}, {{200, 150, 4, 20}, 0, OKNG_POLARITY_DARK}, {{40, 200, 8, 8}, 0, OKNG_POLARITY_DARK}};
	for (int i = 0; i < 3; i++) {
		draw(&img, 5, -4, 78);
		paint(&img, defects[i].box, defects[i].value);
		okng_inspector_run(ins, &img, &res);
		assert_int_equal(res.verdict, OKNG_NG);
		assert_int_equal(res.n_defects, 1);
		assert_int_equal(res.defects[0].polarity, defects[i].polarity);
		struct okng_rect box = okng_inspect_box_in_frame(&res.pose, NULL, res.defects[0].box, W, H);
		assert_true(abs(box.x - defects[i].box.x) <= 2 && abs(box.y - defects[i].box.y) <= 2);
		assert_true(abs(box.w - defects[i].box.w) <= 3 && abs(box.h - defects[i].box.h) <= 3);
		/* Same in, same out, and not one heap call. */
		struct mallinfo2 before = mallinfo2();
		okng_inspector_run(ins, &img, &again);
		struct mallinfo2 after = mallinfo2();
		assert_int_equal(before.uordblks, after.uordblks);
		assert_memory_equal(&res, &again, sizeof res);
	}
	/* What cannot be inspected is never OK. */
	paint(&img, (struct okng_rect){0, 0, W, H}, 3);
	okng_inspector_run(ins, &img, &res);
	assert_int_equal(res.verdict, OKNG_FAULT);
	assert_int_equal(res.reason, OKNG_REASON_IMAGE);
	paint(&img, (struct okng_rect){0, 0, W, H}, 120);
	okng_inspector_run(ins, &img, &res);
	assert_int_equal(res.verdict, OKNG_FAULT);
	assert_int_equal(res.reason, OKNG_REASON_NOT_FOUND);
	struct okng_image small = okng_image_view(img.data, W - 1, H, img.stride, OKNG_PIXEL_MONO8);
	okng_inspector_run(ins, &small, &res);
	assert_int_equal(res.verdict, OKNG_FAULT);
	okng_inspector_close(&ins);

	/* A model of another recipe, a region beyond the image, no model: refused with a word. */
	struct okng_recipe other = r;
	other.image.match_light = false;
	assert_int_equal(okng_inspector_open(&ins, &other, model, NULL, 0, 0, &err), -EINVAL);
	assert_non_null(strstr(err.text, "teach"));
	other = r;
	other.tools[0].region = (struct okng_rect){300, 0, 40, 10};
	assert_int_equal(okng_inspector_open(&ins, &other, model, NULL, 0, 0, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not inside"));
	assert_int_equal(okng_inspector_open(&ins, &r, NULL, NULL, W, H, &err), -EINVAL);
	okng_model_close(&model);
	okng_image_finish(&img);
}

static void thresholds(void **state)
{
	(void)state;
	struct okng_recipe r = {.n_tools = 1, .limits = {.area = 10}, .image = {0, 255, 0, false}};
	struct okng_inspector *ins;
	struct okng_image img;
	struct okng_error err;
	struct okng_result res;
	r.tools[0] = (struct okng_tool){.type = OKNG_TOOL_BLOB, .min_area = 4, .threshold = OKNG_THRESHOLD_ABSOLUTE, .bright = 200, .dark = 40, .window = 31,
		.ignore = {{0, 0, 20, 20}}, .n_ignore = 1};
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int local = 0; local < 2; local++) {
		if (local) {
			r.tools[0].threshold = OKNG_THRESHOLD_LOCAL;
			r.tools[0].bright = 30;
			r.tools[0].dark = 0; /* off */
		}
		assert_int_equal(okng_inspector_open(&ins, &r, NULL, NULL, W, H, &err), 0);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				okng_image_row(&img, y)[x] = (uint8_t)(local ? 50 + x / 3 : 120); /* a slope does not matter to local */
		paint(&img, (struct okng_rect){5, 5, 8, 8}, 255); /* ignored */
		okng_inspector_run(ins, &img, &res);
		assert_int_equal(res.verdict, OKNG_OK);
		paint(&img, (struct okng_rect){100, 100, 5, 4}, 250);
		paint(&img, (struct okng_rect){200, 50, 6, 6}, 0);
		okng_inspector_run(ins, &img, &res);
		assert_int_equal(res.verdict, OKNG_NG);
		assert_int_equal(res.n_defects, local ? 1 : 2);
		assert_int_equal(res.defects[local ? 0 : 1].area, 20);
		okng_inspector_close(&ins);
	}
	okng_image_finish(&img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gauss_and_band), cmocka_unit_test(morphology), cmocka_unit_test(blobs),
		cmocka_unit_test(classes_and_judge), cmocka_unit_test(whole), cmocka_unit_test(thresholds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Same in, same out: every instruction set of this machine gives the aligned image, the spans, the pose and the result
 * of C to the last bit, at random poses, sizes and turns, up to the extreme. And what they agree on is right: the
 * resampled picture against exact interpolation, the pass over a frame against its parts done one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/inspect.h"
#include "pipeline/intake.h"
#include "pipeline/light.h"
#include "pipeline/resample.h"
#include "scene.h"

static uint32_t seed = 20;

static uint32_t dice(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static double within(double most)
{
	return ((double)dice(2000001) / 1e6 - 1) * most;
}

/* An image in memory that ends with its last pixel; rows at any distance. */
static struct okng_image make(int32_t width, int32_t height)
{
	ptrdiff_t stride = width + (ptrdiff_t)dice(4);
	uint8_t *data = malloc((size_t)stride * (size_t)(height - 1) + (size_t)width);
	assert_non_null(data);
	return okng_image_view(data, width, height, stride, OKNG_PIXEL_MONO8);
}

enum fill { NOISE, EXTREMES, SMOOTH, FILLS };

static void fill(struct okng_image *img, enum fill how)
{
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++)
			okng_image_row(img, y)[x] = (uint8_t)(how == NOISE ? dice(256) : how == EXTREMES ? dice(2) * 255 :
				(uint32_t)(128 + 100 * sin(x * 0.11) * cos(y * 0.07)));
}

static struct okng_pose random_pose(int32_t width, int32_t height)
{
	static const double turns[] = {0, 0.05, 1, 3, 3.8, 6, 11, 12, 30, 45};
	static const double shifts[] = {0, 0.5, 20, 1e4};
	double shift = shifts[dice(4)], turn = turns[dice(sizeof turns / sizeof *turns)];
	struct okng_pose pose = {.dx = within(shift > 1e3 ? width : shift), .dy = within(shift > 1e3 ? height : shift), .angle = within(turn)};
	if (dice(4) == 0) { /* the very ends */
		pose.dx = floor(pose.dx);
		pose.dy = floor(pose.dy);
		pose.angle = dice(2) ? turn : -turn;
	}
	return pose;
}

static void resample_on_every_level(void **state)
{
	(void)state;
	static int32_t spans[2][700][2];
	int beyond_c = 0;
	for (int round = 0; round < 400; round++) {
		int32_t width = 1 + (int32_t)dice(round % 4 ? 90 : 700), height = 1 + (int32_t)dice(round % 4 ? 60 : 700);
		struct okng_image frame = make(1 + (int32_t)dice(2) * (width - 1) + (int32_t)dice(40), 1 + (int32_t)dice(2) * (height - 1) + (int32_t)dice(40));
		struct okng_image light = make(width, height), want = make(width, height), have = make(width, height);
		struct okng_pose pose = random_pose(width, height);
		const struct okng_image *lit = dice(2) ? &light : NULL;
		fill(&frame, (enum fill)(round % FILLS));
		fill(&light, (enum fill)dice(FILLS));
		fill(&want, NOISE);
		assert_int_equal(okng_resample(okng_kernels_get(OKNG_CPU_C), &pose, &frame, lit, &want, spans[0]), 0);
		for (enum okng_cpu level = OKNG_CPU_C + 1; level < OKNG_CPU_LEVELS; level++) {
			if (!okng_cpu_has(level))
				continue;
			beyond_c++;
			fill(&have, NOISE);
			memset(spans[1], 0x55, sizeof spans[1]);
			assert_int_equal(okng_resample(okng_kernels_get(level), &pose, &frame, lit, &have, spans[1]), 0);
			assert_memory_equal(spans[0], spans[1], (size_t)height * sizeof spans[0][0]);
			for (int32_t y = 0; y < height; y++)
				assert_memory_equal(okng_image_row(&want, y), okng_image_row(&have, y), (size_t)width);
		}
		free(frame.data);
		free(light.data);
		free(want.data);
		free(have.data);
	}
	if (!beyond_c)
		print_message("this machine has no level but c\n");
}

/* Where the pixel falls, by the formulas of locate.h; false: not surely inside. */
static bool place(const struct okng_image *frame, const struct okng_image *out, const struct okng_pose *p, int32_t x, int32_t y, double at[2])
{
	double a = p->angle * 3.14159265358979323846 / 180, c = cos(a), s = sin(a);
	double cx = (out->width - 1) / 2.0, cy = (out->height - 1) / 2.0, u = x - cx, v = y - cy;
	at[0] = cx + p->dx + c * u + s * v;
	at[1] = cy + p->dy - s * u + c * v;
	return at[0] >= 0 && at[1] >= 0 && at[0] < frame->width - 1 && at[1] < frame->height - 1;
}

static double exact(const struct okng_image *frame, const double at[2])
{
	int32_t x = (int32_t)at[0], y = (int32_t)at[1];
	double wx = at[0] - x, wy = at[1] - y;
	const uint8_t *a = okng_image_row(frame, y) + x, *b = a + frame->stride;
	return (a[0] * (1 - wx) + a[1] * wx) * (1 - wy) + (b[0] * (1 - wx) + b[1] * wx) * wy;
}

static void resample_is_exact(void **state)
{
	(void)state;
	static int32_t spans[300][2];
	double worst = 0, sum = 0, square = 0;
	long n = 0;
	for (int round = 0; round < 60; round++) {
		int32_t width = 200 + (int32_t)dice(200), height = 100 + (int32_t)dice(200);
		struct okng_image frame = make(width, height), out = make(width, height);
		struct okng_pose pose = {.dx = within(20), .dy = within(20), .angle = within(round % 3 ? 3 : 45)};
		fill(&frame, (enum fill)(round % FILLS));
		assert_int_equal(okng_resample(okng_kernels_get(okng_cpu_level()), &pose, &frame, NULL, &out, spans), 0);
		for (int32_t y = 0; y < height; y++) {
			for (int32_t x = 0; x < width; x++) {
				double at[2];
				if (!place(&frame, &out, &pose, x, y, at))
					continue;
				/* A place on the very border may round either way. */
				assert_true((x >= spans[y][0] && x < spans[y][1]) || at[0] < 0.001 || at[1] < 0.001 || at[0] > frame.width - 1.001 ||
					at[1] > frame.height - 1.001);
				double e = okng_image_row(&out, y)[x] - exact(&frame, at);
				worst = fabs(e) > worst ? fabs(e) : worst;
				sum += e;
				square += e * e;
				n++;
			}
		}
		free(frame.data);
		free(out.data);
	}
	print_message("%ld pixels: at most %.3f levels off, in the mean %+.4f, deviation %.3f\n", n, worst, sum / (double)n, sqrt(square / (double)n));
	assert_true(n > 1000000);
	assert_true(worst <= 0.6);
	assert_true(fabs(sum / (double)n) < 0.02);
	assert_true(sqrt(square / (double)n) < 0.3); /* rounding alone is 0.289 */
}

/* Beyond the frame the outermost pixels and rows are repeated; a part that is not in the picture at all is black. */
static void beyond_the_frame(void **state)
{
	(void)state;
	enum { W = 50, H = 40 };
	int32_t spans[H][2];
	struct okng_image frame = make(W, H), out = make(W, H);
	fill(&frame, NOISE);
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	assert_int_equal(okng_resample(k, &(struct okng_pose){.dx = 5, .dy = -7}, &frame, NULL, &out, spans), 0);
	for (int y = 0; y < H; y++) {
		assert_int_equal(spans[y][0], 0);
		assert_int_equal(spans[y][1], y < 7 ? 0 : W - 5);
		const uint8_t *from = okng_image_row(&frame, y < 7 ? 0 : y - 7);
		assert_memory_equal(okng_image_row(&out, y), from + 5, W - 5);
		for (int x = W - 5; x < W; x++)
			assert_int_equal(okng_image_row(&out, y)[x], from[W - 1]);
	}
	assert_int_equal(okng_resample(k, &(struct okng_pose){.dx = 3 * W}, &frame, &frame, &out, spans), 0);
	for (int y = 0; y < H; y++) {
		assert_int_equal(spans[y][1], 0);
		for (int x = 0; x < W; x++)
			assert_int_equal(okng_image_row(&out, y)[x], 0);
	}
	free(frame.data);
	free(out.data);
}

/* The light of a part that is all of the reference but darker, by a share of its rows and by all of them. */
static void light(void **state)
{
	(void)state;
	static int32_t spans[700][2];
	for (int32_t height = 60; height <= 700; height += 320) {
		struct okng_image ref = make(300, height), part = make(300, height), out = make(300, height);
		fill(&ref, SMOOTH);
		for (int32_t y = 0; y < height; y++)
			for (int32_t x = 0; x < 300; x++)
				okng_image_row(&part, y)[x] = (uint8_t)((okng_image_row(&ref, y)[x] * 4 + 2) / 5);
		okng_image_row(&part, 0)[7] = 255; /* a glint stays one */
		assert_int_equal(okng_resample(okng_kernels_get(okng_cpu_level()), &(struct okng_pose){0}, &part, &ref, &out, spans), 0);
		assert_int_equal(okng_image_row(&out, 0)[7], 255);
		for (int32_t y = 1; y < height; y++)
			for (int32_t x = 0; x < 300; x++)
				assert_in_range(okng_image_row(&out, y)[x] + 2 - okng_image_row(&ref, y)[x], 1, 3);
		free(ref.data);
		free(part.data);
		free(out.data);
	}
	assert_int_equal(okng_light_gain(&(struct okng_light_sums){0, 0}), OKNG_LIGHT_ONE);
	assert_int_equal(okng_light_gain(&(struct okng_light_sums){1000, 9000}), 2 * OKNG_LIGHT_ONE);
	assert_int_equal(okng_light_gain(&(struct okng_light_sums){9000, 1000}), OKNG_LIGHT_ONE / 2);
	assert_int_equal(okng_light_gain(&(struct okng_light_sums){3, 2}), 2731); /* 2730.67 */
	assert_int_equal(okng_light_rows(1), 1);
	assert_int_equal(okng_light_rows(255), 1);
	assert_int_equal(okng_light_rows(2048), 16);
}

/* A part in more light: where that made it white, it may be as bright as the reference, and is at least white in its light. */
static void too_much_light(void **state)
{
	(void)state;
	enum { W = 300, H = 200 };
	static int32_t spans[H][2];
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
		if (!okng_cpu_has(level))
			continue;
		struct okng_image ref = make(W, H), part = make(W, H), out = make(W, H);
		for (int32_t y = 0; y < H; y++)
			for (int32_t x = 0; x < W; x++) {
				okng_image_row(&ref, y)[x] = (uint8_t)(x < 100 ? 240 : 60 + x / 4);
				int lit = okng_image_row(&ref, y)[x] * 5 / 4;
				okng_image_row(&part, y)[x] = (uint8_t)(lit > 255 ? 255 : lit);
			}
		okng_image_row(&part, 3)[150] = 255; /* a glint */
		assert_int_equal(okng_resample(okng_kernels_get(level), &(struct okng_pose){0}, &part, &ref, &out, spans), 0);
		assert_in_range(okng_image_row(&out, 3)[150], 203, 205); /* 255 × 4 / 5 */
		for (int32_t y = 0; y < H; y++)
			for (int32_t x = 0; x < W; x++)
				if (y != 3 || x != 150)
					assert_in_range(okng_image_row(&out, y)[x] + 1 - okng_image_row(&ref, y)[x], 0, 2);
		free(ref.data);
		free(part.data);
		free(out.data);
	}
}

static struct okng_image board(int32_t width, int32_t height, struct okng_pose pose, struct scene_light lamp)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, width, height, OKNG_PIXEL_MONO8), 0);
	scene_draw(&img, 77, &pose, &lamp);
	return img;
}

static void draw_flat(struct okng_flat *flat, int32_t width, int32_t height)
{
	uint32_t bad[5], n = (uint32_t)(width * height), step = n / 5 - 1;
	*flat = (struct okng_flat){0};
	assert_int_equal(okng_image_init(&flat->dark, width, height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&flat->gain, width, height, OKNG_PIXEL_MONO16), 0);
	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++) {
			okng_image_row(&flat->dark, y)[x] = (uint8_t)(3 + dice(3));
			((uint16_t *)(void *)okng_image_row(&flat->gain, y))[x] = (uint16_t)(4096 + (x * 7 + y * 3) % 500 + (int32_t)dice(40));
		}
	for (uint32_t i = 0; i < 5; i++)
		bad[i] = n - 1 - (4 - i) * step; /* the last pixel is one */
	if (step > 4)
		assert_int_equal(okng_flat_mark(flat, bad, 5, NULL), 0);
}

/* Which level the modules take by themselves. */
static void set_level(enum okng_cpu level)
{
	assert_int_equal(setenv("OKNG_CPU", okng_cpu_name(level), 1), 0);
	assert_int_equal(okng_cpu_level(), level);
}

/* The pass over a frame gives what its parts give, with and without each. */
static void intake(void **state)
{
	(void)state;
	static const int32_t sizes[][2] = {{320, 240}, {333, 241}, {121, 160}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		int32_t w = sizes[i][0], h = sizes[i][1];
		struct okng_image ref = board(w, h, (struct okng_pose){0}, (struct scene_light){0}), corrected, want;
		struct okng_image frame = board(w, h, (struct okng_pose){.dx = 3.3, .dy = -2.2, .angle = 0.7}, (struct scene_light){.noise = 3, .seed = 5});
		struct okng_flat flat;
		struct okng_locator *loc;
		struct okng_pose run, found;
		draw_flat(&flat, w, h);
		assert_int_equal(okng_image_init(&corrected, w, h, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_image_init(&want, w, h, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_locator_open(&loc, &ref, 16, 2), 0);
		for (int what = 0; what < 8; what++) {
			struct okng_intake t = {.k = okng_kernels_get(okng_cpu_level()), .flat = what & 1 ? &flat : NULL, .corrected = &corrected,
				.locator = what & 2 ? loc : NULL, .sharpness = what & 4};
			struct okng_intake_sums sums;
			const struct okng_image *img = okng_intake_run(&t, &frame, &sums);
			assert_ptr_equal(img, what & 1 ? &corrected : &frame);
			if (what & 1) {
				assert_int_equal(okng_correct(&flat, &frame, &want), 0);
				for (int32_t y = 0; y < h; y++)
					assert_memory_equal(okng_image_row(&corrected, y), okng_image_row(&want, y), (size_t)w);
			}
			uint64_t grey = 0, energy = 0;
			for (int32_t y = 0; y < h; y++)
				for (int32_t x = 0; x < w; x++) {
					const uint8_t *p = okng_image_row(img, y) + x;
					grey += *p;
					energy += x ? (uint64_t)((p[0] - p[-1]) * (p[0] - p[-1])) : 0;
				}
			double mean = (double)grey / ((double)w * h);
			assert_true(sums.grey == grey);
			assert_true(sums.sharpness == (what & 4 ? (double)energy / (mean * mean) : 0));
			if (!(what & 2))
				continue;
			assert_int_equal(okng_locator_find(loc, &found), 0);
			assert_int_equal(okng_locator_run(loc, img, &run), 0);
			assert_memory_equal(&run, &found, sizeof run);
		}
		okng_locator_close(&loc);
		okng_image_finish(&ref);
		okng_image_finish(&frame);
		okng_image_finish(&corrected);
		okng_image_finish(&want);
		okng_flat_finish(&flat);
	}
}

static void locate_on_every_level(void **state)
{
	(void)state;
	static const int32_t sizes[][2] = {{320, 240}, {501, 333}, {96, 80}, {640, 480}};
	for (int round = 0; round < 12; round++) {
		int32_t w = sizes[round % 4][0], h = sizes[round % 4][1];
		struct okng_image ref = board(w, h, (struct okng_pose){0}, (struct scene_light){0});
		struct okng_pose pose = {.dx = within(9), .dy = within(9), .angle = within(3)}, have[2];
		struct okng_image frame = board(w, h, pose, (struct scene_light){.gain = 0.9, .vignette = 0.1, .noise = 4, .seed = (uint32_t)round});
		int rc[2] = {0, 0};
		for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
			struct okng_locator *loc;
			if (!okng_cpu_has(level))
				continue;
			set_level(level);
			memset(&have[level != OKNG_CPU_C], 0x55, sizeof have[0]);
			assert_int_equal(okng_locator_open(&loc, &ref, 10, 3), 0);
			rc[level != OKNG_CPU_C] = okng_locator_run(loc, &frame, &have[level != OKNG_CPU_C]);
			okng_locator_close(&loc);
			assert_int_equal(rc[level != OKNG_CPU_C], rc[0]);
			assert_memory_equal(&have[level != OKNG_CPU_C], &have[0], sizeof have[0]);
		}
		assert_int_equal(rc[0], 0);
		assert_true(fabs(have[0].dx - pose.dx) < 0.1 && fabs(have[0].dy - pose.dy) < 0.1);
		okng_image_finish(&ref);
		okng_image_finish(&frame);
	}
	unsetenv("OKNG_CPU");
}

static struct okng_recipe whole_recipe(void)
{
	struct okng_recipe r = {.number = 1, .n_tools = 2, .limits = {.area = 12}};
	strcpy(r.name, "levels");
	r.locate.enabled = true;
	r.locate.search = 10;
	r.locate.angle = 3;
	r.locate.min_score = 0.4;
	r.image.min_mean = 10;
	r.image.max_mean = 245;
	r.image.min_sharpness = 0.2;
	r.image.match_light = true;
	r.tools[0] = (struct okng_tool){.type = OKNG_TOOL_COMPARE, .smooth = true, .opening = 1, .min_area = 4, .min_bright = 30, .min_dark = 30,
		.sigma_bright = 1, .sigma_dark = 1, .edge = 1};
	r.tools[1] = (struct okng_tool){.type = OKNG_TOOL_BLOB, .threshold = OKNG_THRESHOLD_ABSOLUTE, .bright = 250, .dark = 10, .window = 31, .min_area = 4};
	strcpy(r.tools[0].name, "compare");
	strcpy(r.tools[1].name, "blob");
	return r;
}

/* The whole inspection, with everything on: the same result on every level, and not one heap call. */
static void inspect_on_every_level(void **state)
{
	(void)state;
	enum { W = 501, H = 333 };
	struct okng_recipe recipe = whole_recipe();
	struct okng_image ref = board(W, H, (struct okng_pose){0}, (struct scene_light){0});
	struct okng_flat flat;
	struct okng_model *model;
	int defects = 0;
	draw_flat(&flat, W, H);
	assert_int_equal(okng_model_golden(&model, &ref), 0);
	for (int round = 0; round < 6; round++) {
		static struct okng_result have[2];
		struct okng_pose pose = {.dx = within(8), .dy = within(8), .angle = within(3)};
		struct okng_image frame = board(W, H, pose, (struct scene_light){.gain = 0.85, .noise = 3, .seed = (uint32_t)round});
		for (int y = 0; y < 12; y++)
			memset(okng_image_row(&frame, 100 + 10 * round + y) + 150, round % 2 ? 5 : 253, 14);
		for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
			struct okng_inspector *ins;
			struct okng_error err;
			struct okng_result *mine = &have[level != OKNG_CPU_C];
			if (!okng_cpu_has(level))
				continue;
			set_level(level);
			assert_int_equal(okng_inspector_open(&ins, &recipe, model, &(struct okng_optics){.flat = &flat}, 0, 0, &err), 0);
			assert_string_equal(okng_inspector_cpu(ins), okng_cpu_name(level));
			struct mallinfo2 before = mallinfo2();
			okng_inspector_run(ins, &frame, mine);
			struct mallinfo2 after = mallinfo2();
			assert_int_equal(before.uordblks, after.uordblks);
			assert_memory_equal(mine, &have[0], sizeof have[0]);
			okng_inspector_close(&ins);
		}
		assert_int_equal(have[0].verdict, OKNG_NG);
		defects += have[0].n_defects;
		okng_image_finish(&frame);
	}
	unsetenv("OKNG_CPU");
	assert_true(defects >= 6);
	okng_model_close(&model);
	okng_flat_finish(&flat);
	okng_image_finish(&ref);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resample_on_every_level),
		cmocka_unit_test(resample_is_exact),
		cmocka_unit_test(beyond_the_frame),
		cmocka_unit_test(light),
		cmocka_unit_test(too_much_light),
		cmocka_unit_test(intake),
		cmocka_unit_test(locate_on_every_level),
		cmocka_unit_test(inspect_on_every_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

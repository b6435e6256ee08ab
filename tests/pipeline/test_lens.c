/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts seen through a lens that bends strongly, learned, located, compared and measured with its calibration: as good as
 * without a lens. Without the calibration the same parts are rejected, which shows that it matters.
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

#include "pipeline/inspect.h"
#include "pipeline/learn.h"
#include "pipeline/warp.h"
#include "scene.h"
#include "tests/heap.h"

#define W 480
#define H 360

/* 38 pixels of barrel in the corners. */
static const double strong[9] = {430, 432, 244, 177, -0.22, 0.03, 0.001, -0.0008, 0};

static struct okng_brown lens_of(const double param[9])
{
	struct okng_brown lens;
	assert_int_equal(okng_brown_init(&lens, W, H, param, NULL), 0);
	return lens;
}

static struct okng_recipe recipe_of(void)
{
	struct okng_recipe r = {.n_tools = 1, .limits = {.area = 20}, .locate = {true, 16, 3, 0.5}, .image = {10, 245, 0, true}, .learn = {5}};
	r.tools[0] = (struct okng_tool){.type = OKNG_TOOL_COMPARE, .smooth = true, .min_area = 4, .sigma_bright = 4, .sigma_dark = 4,
		.min_bright = 16, .min_dark = 16, .edge = 0.5, .window = 31};
	return r;
}

/* Part n of the taught ones and of those to come: each lies elsewhere. */
static struct okng_pose pose_of(int n)
{
	static const double at[][3] = {{0, 0, 0}, {3, -2, 0.4}, {-4, 3, -0.5}, {2, 5, 0.2}, {-3, -4, 0.7}, {5, 1, -0.3},
		{12, -9, 1.5}, {-13, 8, -1.8}, {14, 13, 2.4}, {-10, -12, 0.9}, {8.5, -14.5, -2.2}, {-0.5, 11.3, 1.1}};
	return (struct okng_pose){.dx = at[n][0], .dy = at[n][1], .angle = at[n][2]};
}

#define TAUGHT 6
#define PARTS 12

static struct okng_model *teach(const struct okng_recipe *recipe, const struct okng_brown *seen, const struct okng_brown *known)
{
	struct okng_learner *learner;
	struct okng_model *model;
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_learner_open(&learner, recipe), 0);
	if (known)
		assert_int_equal(okng_learner_look_through(learner, known, NULL), 0);
	for (int i = 0; i < TAUGHT; i++) {
		struct okng_pose pose = pose_of(i);
		scene_draw_through(&img, 7, &pose, &(struct scene_light){.noise = 2, .seed = (uint32_t)i + 1}, seen);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
	}
	if (known)
		assert_int_equal(okng_learner_look_through(learner, known, NULL), -EBUSY);
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	okng_image_finish(&img);
	return model;
}

static struct okng_inspector *open_with(const struct okng_recipe *recipe, const struct okng_model *model, const struct okng_brown *lens)
{
	struct okng_inspector *in;
	struct okng_error err = {0};
	int rc = okng_inspector_open(&in, recipe, model, &(struct okng_optics){.lens = lens}, W, H, &err);
	if (rc)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	return in;
}

static void paint(struct okng_image *img, struct okng_rect r, int value)
{
	for (int y = r.y; y < r.y + r.h; y++)
		memset(okng_image_row(img, y) + r.x, value, (size_t)r.w);
}

/* Good parts are OK, and lie where they were put; defects are found where they were painted, in pixels of the frame. */
static void parts(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(strong);
	struct okng_recipe recipe = recipe_of();
	struct okng_model *model = teach(&recipe, &lens, &lens);
	assert_int_equal(model->lens, okng_brown_id(&lens));
	struct okng_inspector *in = open_with(&recipe, model, &lens);
	struct okng_image img;
	struct okng_result res, again;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int i = TAUGHT; i < PARTS; i++) {
		struct okng_pose pose = pose_of(i);
		scene_draw_through(&img, 7, &pose, &(struct scene_light){.noise = 2, .gain = 1.05, .seed = (uint32_t)i + 40}, &lens);
		okng_inspector_run(in, &img, &res);
		if (res.verdict != OKNG_OK)
			print_message("part %d: %s (found at %.2f, %.2f, %.2f)\n", i, res.decided_by, res.pose.dx, res.pose.dy, res.pose.angle);
		assert_int_equal(res.verdict, OKNG_OK);
		assert_true(fabs(res.pose.dx - pose.dx) < 0.1 && fabs(res.pose.dy - pose.dy) < 0.1 && fabs(res.pose.angle - pose.angle) < 0.03);
		static const struct okng_rect at[] = {{60, 60, 9, 7}, {400, 300, 6, 10}, {420, 50, 8, 8}, {230, 170, 10, 6}, {70, 290, 7, 7}, {240, 320, 9, 6}};
		paint(&img, at[i - TAUGHT], i % 2 ? 255 : 0);
		okng_inspector_run(in, &img, &res);
		assert_int_equal(res.verdict, OKNG_NG);
		assert_int_equal(res.n_defects, 1);
		struct okng_rect box = okng_inspect_box_in_frame(&res.pose, &lens, res.defects[0].box, W, H);
		assert_true(abs(box.x - at[i - TAUGHT].x) <= 3 && abs(box.y - at[i - TAUGHT].y) <= 3);
		assert_true(abs(box.w - at[i - TAUGHT].w) <= 4 && abs(box.h - at[i - TAUGHT].h) <= 4);
		heap_start();
		okng_inspector_run(in, &img, &again);
		if (heap_counts)
			assert_int_equal(heap_stop(), 0);
		assert_memory_equal(&res, &again, sizeof res);
	}
	okng_inspector_close(&in);
	okng_model_close(&model);
	okng_image_finish(&img);
}

/* The same results on every level, to the last bit. */
static void same(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(strong);
	struct okng_recipe recipe = recipe_of();
	struct okng_model *model = teach(&recipe, &lens, &lens);
	struct okng_image img;
	struct okng_result first, res;
	struct okng_pose pose = pose_of(8);
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	scene_draw_through(&img, 7, &pose, &(struct scene_light){.noise = 3, .seed = 5}, &lens);
	paint(&img, (struct okng_rect){300, 100, 9, 9}, 255);
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
		if (!okng_cpu_has(level))
			continue;
		setenv("OKNG_CPU", okng_cpu_name(level), 1);
		struct okng_model *own = teach(&recipe, &lens, &lens);
		for (int32_t y = 0; y < H; y++)
			assert_memory_equal(okng_image_row(&own->mean, y), okng_image_row(&model->mean, y), W * 2);
		struct okng_inspector *in = open_with(&recipe, own, &lens);
		okng_inspector_run(in, &img, &res);
		assert_int_equal(res.verdict, OKNG_NG);
		if (level == OKNG_CPU_C)
			first = res;
		assert_memory_equal(&first, &res, sizeof res);
		okng_inspector_close(&in);
		okng_model_close(&own);
	}
	unsetenv("OKNG_CPU");
	okng_model_close(&model);
	okng_image_finish(&img);
}

static void needed(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(strong);
	struct okng_recipe recipe = recipe_of();
	struct okng_model *model = teach(&recipe, &lens, NULL);
	struct okng_inspector *in = open_with(&recipe, model, NULL);
	struct okng_image img;
	struct okng_result res;
	int ok = 0;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int i = TAUGHT; i < PARTS; i++) {
		struct okng_pose pose = pose_of(i);
		scene_draw_through(&img, 7, &pose, &(struct scene_light){.noise = 2, .seed = (uint32_t)i + 40}, &lens);
		okng_inspector_run(in, &img, &res);
		ok += res.verdict == OKNG_OK;
	}
	assert_true(ok <= 1); /* of six */
	okng_inspector_close(&in);
	okng_model_close(&model);
	okng_image_finish(&img);
}

static void expect(const struct okng_recipe *recipe, const struct okng_model *model, const struct okng_optics *optics, const char *says)
{
	struct okng_inspector *in;
	struct okng_error err = {0};
	assert_int_equal(okng_inspector_open(&in, recipe, model, optics, W, H, &err), -EINVAL);
	assert_null(in);
	assert_non_null(strstr(err.text, says));
}

static void mixed_up(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(strong), other = lens, small;
	struct okng_recipe recipe = recipe_of();
	struct okng_model *model = teach(&recipe, &lens, &lens), *plain = teach(&recipe, NULL, NULL);
	struct okng_plane plane = okng_plane_scale(0.1);
	other.k1 += 1e-9;
	assert_int_equal(okng_brown_init(&small, W, H - 1, strong, NULL), 0);
	expect(&recipe, model, NULL, "with a lens profile, and there is none");
	expect(&recipe, model, &(struct okng_optics){.lens = &other}, "with another lens profile");
	expect(&recipe, plain, &(struct okng_optics){.lens = &lens}, "without the lens profile");
	expect(&recipe, model, &(struct okng_optics){.lens = &small}, "480×359");
	recipe.scale.mm_per_pixel = 0.1;
	expect(&recipe, model, &(struct okng_optics){.lens = &lens, .plane = &plane}, "mm_per_pixel");
	recipe.scale.mm_per_pixel = 0;
	struct okng_inspector *in = open_with(&recipe, model, &lens);
	assert_int_equal(okng_inspector_golden(in, &(struct okng_image){.width = W, .height = H, .pixel = OKNG_PIXEL_MONO8}), -ENOTSUP);
	okng_inspector_close(&in);
	okng_model_close(&model);
	okng_model_close(&plain);
}

/* --- a plate with bars of 2 mm, on a plane that is a little tilted --- */

#define BARS 12
#define BAR_W 2.0
#define BAR_H 5.0

static const struct okng_plane tilted = {{0.1, 0.001, -1, -0.0015, 0.1, 2, 1.5e-5, -2e-5, 1}};

static struct okng_point bar_at(int i)
{
	return (struct okng_point){6 + 10.3 * (i % 4) + 0.37 * (i / 4), 7 + 10.1 * (i / 4) + 0.9 * (i % 4)};
}

/* How much of a blurred spot, sigma 0.1 mm, a pixel, lies within `half` of the middle. */
static double share(double from_middle, double half)
{
	return 0.5 * erf((from_middle + half) / 0.1414) - 0.5 * erf((from_middle - half) / 0.1414);
}

static double on_bars(double x, double y)
{
	double most = 0;
	for (int i = 0; i < BARS; i++) {
		struct okng_point c = bar_at(i);
		double v = share(x - c.x, BAR_W / 2) * share(y - c.y, BAR_H / 2);
		most = v > most ? v : most;
	}
	return most;
}

/* The pixel of the undistorted picture that lies on a point of the plane. */
static struct okng_point pixel_of(double x, double y)
{
	const double *m = tilted.m;
	double a = m[0] - x * m[6], b = m[1] - x * m[7], c = m[3] - y * m[6], d = m[4] - y * m[7], e = x * m[8] - m[2], f = y * m[8] - m[5];
	double det = a * d - b * c;
	return (struct okng_point){(d * e - b * f) / det, (a * f - c * e) / det};
}

/* The plate moved by so many mm and turned on the plane. */
static void draw_plate(struct okng_image *img, const struct okng_brown *lens, double dx, double dy, double degrees)
{
	double t = degrees * 3.14159265358979323846 / 180, c = cos(t), s = sin(t);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			struct okng_point p = okng_plane_map(&tilted, okng_brown_undistort(lens, (struct okng_point){x, y}));
			double u = p.x - 23 - dx, v = p.y - 18 - dy;
			okng_image_row(img, y)[x] = (uint8_t)(200.5 - 140 * on_bars(23 + c * u + s * v, 18 - s * u + c * v));
		}
}

static struct okng_recipe bars_recipe(bool mm)
{
	struct okng_recipe r = {.n_tools = BARS, .limits = {.area = 20}, .locate = {true, 24, 3, 0.5}, .image = {1, 254, 0, false}, .learn = {1}};
	for (int i = 0; i < BARS; i++) {
		struct okng_point c = bar_at(i), from = pixel_of(c.x - 2, c.y), to = pixel_of(c.x + 2, c.y);
		r.tools[i] = (struct okng_tool){.type = OKNG_TOOL_MEASURE, .measure = {.kind = OKNG_MEASURE_WIDTH, .from = from, .to = to, .breadth = 18, .scans = 6,
			.rays = 16, .transition = OKNG_TRANSITION_ANY, .pick = OKNG_PICK_STRONGEST, .sigma = 1, .contrast = 30, .coverage = 0.8,
			.unit = mm ? OKNG_UNIT_MM : OKNG_UNIT_PX, .nominal = mm ? BAR_W : 20, .tolerance = {-0.5, 0.5}}};
		if (!mm)
			r.tools[i].measure.tolerance = (struct okng_measure_range){-9, 9};
	}
	return r;
}

/* Widths in mm are right all over the field and wherever the plate lies; in pixels they are not, as the plane is tilted. */
static void millimetres(void **state)
{
	(void)state;
	static const double moves[][3] = {{0, 0, 0}, {1.4, -0.9, 1.1}, {-1.2, 1.3, -1.9}, {0.6, 1.5, 2.3}};
	struct okng_brown lens = lens_of(strong);
	struct okng_recipe recipe = bars_recipe(true);
	struct okng_learner *learner;
	struct okng_model *model;
	struct okng_inspector *in;
	struct okng_image img;
	struct okng_result res;
	struct okng_error err = {0};
	double worst = 0;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_learner_open(&learner, &recipe), 0);
	assert_int_equal(okng_learner_look_through(learner, &lens, NULL), 0);
	draw_plate(&img, &lens, 0, 0, 0);
	assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	expect(&recipe, model, &(struct okng_optics){.lens = &lens}, "plane");
	assert_int_equal(okng_inspector_open(&in, &recipe, model, &(struct okng_optics){.lens = &lens, .plane = &tilted}, W, H, &err), 0);
	for (size_t m = 0; m < sizeof moves / sizeof *moves; m++) {
		draw_plate(&img, &lens, moves[m][0], moves[m][1], moves[m][2]);
		okng_inspector_run(in, &img, &res);
		assert_int_equal(res.verdict, OKNG_OK);
		assert_int_equal(res.n_measures, BARS);
		for (int i = 0; i < BARS; i++) {
			assert_true(res.measures[i].found && res.measures[i].unit == OKNG_UNIT_MM);
			double off = fabs(res.measures[i].value - BAR_W);
			worst = off > worst ? off : worst;
		}
	}
	print_message("2 mm right to %.4f mm (a pixel is about 0.1 mm)\n", worst);
	assert_true(worst < 0.008);
	okng_inspector_close(&in);
	recipe = bars_recipe(false);
	assert_int_equal(okng_inspector_open(&in, &recipe, model, &(struct okng_optics){.lens = &lens}, W, H, &err), 0);
	draw_plate(&img, &lens, 0, 0, 0);
	okng_inspector_run(in, &img, &res);
	double least = 1e9, most = 0;
	for (int i = 0; i < BARS; i++) {
		least = res.measures[i].value < least ? res.measures[i].value : least;
		most = res.measures[i].value > most ? res.measures[i].value : most;
	}
	assert_true(res.n_measures == BARS && most - least > 0.1);
	okng_inspector_close(&in);
	okng_model_close(&model);
	okng_image_finish(&img);
}

/* Long edges across the whole field: bent in the frame, straight in what the tools see. */
static double bend_of(const struct okng_image *img, int row, int32_t x0, int32_t x1)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, at[W], worst = 0;
	int n = 0;
	for (int32_t x = x0; x < x1; x++) {
		int32_t y = row - 40 < 0 ? 0 : row - 40;
		for (; y < row + 40 && y < H - 1; y++)
			if (okng_image_row(img, y)[x] >= 128 && okng_image_row(img, y + 1)[x] < 128)
				break;
		double a = okng_image_row(img, y)[x], b = okng_image_row(img, y + 1)[x];
		at[x] = y + (a - 128) / (a - b);
		sx += x;
		sy += at[x];
		sxx += (double)x * x;
		sxy += x * at[x];
		n++;
	}
	double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx), off = (sy - slope * sx) / n;
	for (int32_t x = x0; x < x1; x++) {
		double far = fabs(at[x] - off - slope * x);
		worst = far > worst ? far : worst;
	}
	return worst;
}

static void straight(void **state)
{
	(void)state;
	struct okng_brown lens = lens_of(strong);
	struct okng_image img, out;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int row = 40; row < H; row += 90) {
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++) {
				struct okng_point p = okng_brown_undistort(&lens, (struct okng_point){x, y});
				double v = 128 - 50 * (p.y - row - 0.02 * p.x);
				okng_image_row(&img, y)[x] = (uint8_t)(v < 20 ? 20 : v > 230 ? 230 : v);
			}
		assert_int_equal(okng_undistort(&lens, &img, &out, NULL), 0);
		double before = bend_of(&img, row, 5, W - 5), after = bend_of(&out, row, 5, W - 5);
		print_message("row %d: bent by %.2f pixels, then by %.3f\n", row, before, after);
		assert_true(after < 0.06);
		assert_true(row != 40 || before > 5);
		okng_image_finish(&out);
	}
	okng_image_finish(&img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight), cmocka_unit_test(parts), cmocka_unit_test(same), cmocka_unit_test(needed),
		cmocka_unit_test(mixed_up), cmocka_unit_test(millimetres),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

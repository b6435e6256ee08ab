/* SPDX-License-Identifier: Apache-2.0
 *
 * The conductor tool on a made-up board: every kind of defect at its place with its features, good parts that are shifted
 * and warped, strangers, borders, sizes of no kind at all, and the promises of its headers: the same bits on every
 * instruction set, no heap call, another golden image as good as opening anew.
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

#include "board.h"
#include "pipeline/conductor.h"
#include "pipeline/cpu.h"
#include "tests/heap.h"

static const struct board_view plain = {0};
static struct okng_recipe recipe;

static int setup(void **state)
{
	(void)state;
	board_recipe(&recipe);
	return 0;
}

static struct okng_inspector *open_on(const struct okng_recipe *r, const struct okng_image *golden)
{
	struct okng_inspector *inspector;
	struct okng_model *model;
	struct okng_error err = {0};
	assert_int_equal(okng_model_golden(&model, golden), 0);
	if (okng_inspector_open(&inspector, r, model, NULL, 0, 0, &err) != 0)
		fail_msg("%s", err.text);
	okng_model_close(&model);
	return inspector;
}

static struct okng_result inspect(const struct okng_recipe *r, const struct okng_image *golden, const struct okng_image *part)
{
	struct okng_inspector *inspector = open_on(r, golden);
	struct okng_result result;
	okng_inspector_run(inspector, part, &result);
	okng_inspector_close(&inspector);
	return result;
}

static struct okng_result look_at(const struct board_view *view, const struct board_mark *marks, int n)
{
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = board_draw(BOARD_W, BOARD_H, view);
	for (int i = 0; i < n; i++)
		board_mark(&part, view, &marks[i]);
	struct okng_result result = inspect(&recipe, &golden, &part);
	okng_image_finish(&golden);
	okng_image_finish(&part);
	return result;
}

static bool covers(struct okng_rect box, double x, double y)
{
	return x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h;
}

/* The picture's part of a mark: where it lies and how large it is, as far as the board did not look so already. */
static void truth(const struct board_mark *mark, double *cx, double *cy, uint32_t *area)
{
	struct okng_image before = board_draw(BOARD_W, BOARD_H, &plain), after = board_draw(BOARD_W, BOARD_H, &plain);
	int x0 = BOARD_W, x1 = 0, y0 = BOARD_H, y1 = 0;
	board_mark(&after, &plain, mark);
	*area = 0;
	for (int y = 0; y < BOARD_H; y++)
		for (int x = 0; x < BOARD_W; x++)
			if (okng_image_row(&before, y)[x] != okng_image_row(&after, y)[x]) {
				x0 = x < x0 ? x : x0;
				x1 = x > x1 ? x : x1;
				y0 = y < y0 ? y : y0;
				y1 = y;
				++*area;
			}
	*cx = (x0 + x1) / 2.0;
	*cy = (y0 + y1) / 2.0;
	okng_image_finish(&before);
	okng_image_finish(&after);
}

static const struct kind {
	enum board_class class;
	bool added;
	float conductors, grounds;
} kinds[] = {
	{BOARD_OPEN, false, 1, -1}, {BOARD_SHORT, true, -1, 1}, {BOARD_MOUSEBITE, false, 0, 0}, {BOARD_SPUR, true, 0, 0},
	{BOARD_COPPER, true, 1, 0}, {BOARD_PIN_HOLE, false, 0, 1},
};

#define KINDS ((int)(sizeof kinds / sizeof *kinds))

static void each_kind_of_defect(void **state)
{
	(void)state;
	for (int i = 0; i < KINDS; i++) {
		const struct board_mark *mark = board_defect(kinds[i].class);
		struct okng_result r = look_at(&plain, mark, 1);
		const struct okng_defect *d = &r.defects[0];
		double cx, cy;
		uint32_t area;
		truth(mark, &cx, &cy, &area);
		assert_int_equal(r.verdict, OKNG_NG);
		assert_int_equal(r.reason, OKNG_REASON_DEFECT);
		assert_int_equal(r.n_defects, 1);
		assert_int_equal(r.n_candidates, 1);
		assert_int_equal(d->class_number, kinds[i].class);
		assert_int_equal(d->conductor.added, kinds[i].added);
		assert_int_equal(d->polarity, kinds[i].added ? OKNG_POLARITY_DARK : OKNG_POLARITY_BRIGHT);
		assert_true(d->conductor.conductors == kinds[i].conductors);
		assert_true(d->conductor.grounds == kinds[i].grounds);
		assert_int_equal(d->area, area);
		assert_true(fabs((double)d->cx - cx) < 0.01 && fabs((double)d->cy - cy) < 0.01);
		assert_true(covers(d->box, cx, cy) && d->box.w >= 24 && d->box.h >= 24);
		assert_true(d->conductor.residue > 3 && d->conductor.depth >= 2 && d->conductor.radius >= 2);
		assert_true(d->conductor.border == 32 || (kinds[i].class == BOARD_SPUR && d->conductor.border > 20));
	}
}

/* Depths are those of the shapes: a hole of 9 pixels in a plane, a bite of 7 into half a conductor of 22. */
static void features_measure(void **state)
{
	(void)state;
	struct okng_result hole = look_at(&plain, board_defect(BOARD_PIN_HOLE), 1), bite = look_at(&plain, board_defect(BOARD_MOUSEBITE), 1);
	assert_true(fabs((double)hole.defects[0].conductor.radius - 5) <= 1);
	assert_true(fabs((double)hole.defects[0].elongation - 1) < 0.05);
	assert_true(fabs((double)hole.defects[0].fill - 0.785) < 0.1);
	assert_true(fabs((double)bite.defects[0].conductor.depth - 7) <= 1);
	assert_true(bite.defects[0].conductor.relative_depth > 0.5f && bite.defects[0].conductor.relative_depth < 1);
}

static void all_at_once(void **state)
{
	(void)state;
	struct board_mark marks[KINDS];
	for (int i = 0; i < KINDS; i++)
		marks[i] = *board_defect(kinds[i].class);
	struct okng_result r = look_at(&plain, marks, KINDS);
	bool seen[KINDS + 1] = {0};
	assert_int_equal(r.n_defects, KINDS);
	for (int i = 0; i < r.n_defects; i++) {
		double cx, cy;
		uint32_t area;
		assert_in_range(r.defects[i].class_number, 1, KINDS);
		truth(board_defect((enum board_class)r.defects[i].class_number), &cx, &cy, &area);
		assert_true(covers(r.defects[i].box, cx, cy));
		assert_false(seen[r.defects[i].class_number]);
		seen[r.defects[i].class_number] = true;
	}
}

static const struct board_view views[] = {
	{.dx = 0}, {.dx = 16}, {.dx = -16}, {.dy = 16}, {.dy = -16}, {.dx = 16, .dy = -16}, {.dx = -11, .dy = 7}, {.dx = 3.5, .dy = -2.5},
	{.warp = 2}, {.warp = 3}, {.dx = 9, .dy = -12, .warp = 3},
};

#define VIEWS ((int)(sizeof views / sizeof *views))

static void good_parts_shifted_and_warped(void **state)
{
	(void)state;
	for (int i = 0; i < VIEWS; i++) {
		struct okng_result r = look_at(&views[i], NULL, 0);
		if (r.verdict != OKNG_OK)
			fail_msg("view %d: %s, %s at %d,%d", i, okng_verdict_name(r.verdict), r.decided_by, r.defects[0].box.x, r.defects[0].box.y);
		assert_int_equal(r.n_defects, 0);
	}
}

/* On a shifted and warped part the same defects, where the part has them. */
static void defects_shifted_and_warped(void **state)
{
	(void)state;
	for (int v = 0; v < VIEWS; v++)
		for (int i = 0; i < KINDS; i++) {
			const struct board_mark *mark = board_defect(kinds[i].class);
			struct okng_result r = look_at(&views[v], mark, 1);
			assert_int_equal(r.verdict, OKNG_NG);
			assert_int_equal(r.n_defects, 1);
			assert_true(covers(r.defects[0].box, mark->x - views[v].dx, mark->y - views[v].dy));
			assert_int_equal(r.defects[0].conductor.added, kinds[i].added);
			if (views[v].warp == 0)
				assert_int_equal(r.defects[0].class_number, kinds[i].class);
		}
}

static void bright_conductors(void **state)
{
	(void)state;
	const struct board_view bright = {.bright = true};
	struct okng_recipe r = recipe;
	r.tools[0].conductor_dark = false;
	for (int i = 0; i < r.n_classes; i++)
		r.classes[i].polarity = r.classes[i].polarity == OKNG_POLARITY_ANY ? OKNG_POLARITY_ANY :
			r.classes[i].polarity == OKNG_POLARITY_DARK ? OKNG_POLARITY_BRIGHT : OKNG_POLARITY_DARK;
	for (int i = 0; i < KINDS; i++) {
		struct okng_image golden = board_draw(BOARD_W, BOARD_H, &bright), part = board_draw(BOARD_W, BOARD_H, &bright);
		board_mark(&part, &bright, board_defect(kinds[i].class));
		struct okng_result have = inspect(&r, &golden, &part), dark = look_at(&plain, board_defect(kinds[i].class), 1);
		assert_int_equal(have.defects[0].polarity, kinds[i].added ? OKNG_POLARITY_BRIGHT : OKNG_POLARITY_DARK);
		have.defects[0].polarity = dark.defects[0].polarity;
		have.light = dark.light;
		assert_memory_equal(&have, &dark, sizeof have);
		okng_image_finish(&golden);
		okng_image_finish(&part);
	}
}

static void strangers_are_refused(void **state)
{
	(void)state;
	const struct board_view cases[] = {{.stranger = true}, {.bright = true}, {.dx = 1500}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = board_draw(BOARD_W, BOARD_H, &cases[i]);
		struct okng_result r = i == 2 ? inspect(&recipe, &part, &golden) : inspect(&recipe, &golden, &part);
		if (i < 2) {
			assert_int_equal(r.verdict, OKNG_FAULT);
			assert_int_equal(r.reason, OKNG_REASON_NOT_ALIGNED);
			assert_string_equal(r.decided_by, "could not be aligned with the golden image");
			assert_int_equal(r.n_candidates, 0);
		} else {
			assert_int_not_equal(r.verdict, OKNG_OK); /* nearly blank against the board */
		}
		okng_image_finish(&golden);
		okng_image_finish(&part);
	}
}

/* A shower of specks is no part of this kind, and has words of its own. */
static void too_much_is_a_fault(void **state)
{
	(void)state;
	struct okng_image golden, part;
	assert_int_equal(okng_image_init(&golden, 700, 700, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&part, 700, 700, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < 700; y++) {
		memset(okng_image_row(&golden, y), 255, 700);
		for (int x = 0; x < 700; x++)
			okng_image_row(&part, y)[x] = x % 20 == 5 && y % 20 == 5 ? 0 : 255;
	}
	struct okng_result r = inspect(&recipe, &golden, &part);
	assert_int_equal(r.verdict, OKNG_FAULT);
	assert_int_equal(r.reason, OKNG_REASON_NOT_ALIGNED);
	assert_string_equal(r.decided_by, "more differs than can be told apart: not this part, or not aligned");
	okng_image_finish(&golden);
	okng_image_finish(&part);
}

static void where_the_tool_does_not_look(void **state)
{
	(void)state;
	const struct board_mark *mark = board_defect(BOARD_COPPER); /* (250..260, 63..73) */
	const struct {
		struct okng_rect region, ignore;
		int min_area, found;
	} cases[] = {
		{{0, 0, 0, 0}, {0, 0, 0, 0}, 1, 1},
		{{0, 0, 240, 250}, {0, 0, 0, 0}, 1, 0}, {{252, 0, 10, 250}, {0, 0, 0, 0}, 1, 1}, /* cut by the region: counts */
		{{0, 0, 0, 0}, {245, 60, 20, 20}, 1, 0}, {{0, 0, 0, 0}, {245, 60, 10, 20}, 1, 1}, /* partly ignored: counts */
		{{0, 0, 0, 0}, {0, 0, 0, 0}, 60, 1}, {{0, 0, 0, 0}, {0, 0, 0, 0}, 100, 0},
	};
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = board_draw(BOARD_W, BOARD_H, &plain);
	board_mark(&part, &plain, mark);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_recipe r = recipe;
		r.tools[0].region = cases[i].region;
		r.tools[0].ignore[0] = cases[i].ignore;
		r.tools[0].n_ignore = cases[i].ignore.w > 0;
		r.tools[0].min_area = cases[i].min_area;
		struct okng_result result = inspect(&r, &golden, &part);
		assert_int_equal(result.n_defects, cases[i].found);
		assert_int_equal(result.verdict, cases[i].found ? OKNG_NG : OKNG_OK);
	}
	okng_image_finish(&golden);
	okng_image_finish(&part);
}

/* Boxes have their margin and least side, and stop at the picture. */
static void boxes(void **state)
{
	(void)state;
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = board_draw(BOARD_W, BOARD_H, &plain);
	board_mark(&part, &plain, board_defect(BOARD_COPPER));
	const int cases[][3] = {{9, 24, 29}, {0, 1, 11}, {0, 24, 24}, {0, 25, 25}, {20, 1, 51}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_recipe r = recipe;
		r.tools[0].box_margin = cases[i][0];
		r.tools[0].least_box = cases[i][1];
		struct okng_rect box = inspect(&r, &golden, &part).defects[0].box;
		assert_int_equal(box.w, cases[i][2]);
		assert_int_equal(box.h, cases[i][2]);
		assert_true(abs(box.x + box.w / 2 - 255) <= 1 && abs(box.y + box.h / 2 - 68) <= 1);
	}
	okng_image_finish(&golden);
	okng_image_finish(&part);
}

static void defects_at_the_border(void **state)
{
	(void)state;
	static const struct board_mark cases[] = {
		{0, 48.5, 16, 12, false},        /* open at the left border */
		{329, 44, 20, 12, false},        /* and at the right one */
		{45, 249, 14, 12, false},        /* at the bottom */
		{300, 3, 12, 12, true},          /* copper at the top */
		{0, 0, 16, 0, true},             /* and in the corners */
		{329, 249, 16, 0, true}, {0, 249, 16, 0, true}, {329, 0, 16, 0, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_result r = look_at(&plain, &cases[i], 1);
		const struct okng_defect *d = &r.defects[0];
		assert_int_equal(r.n_candidates, 1);
		assert_int_equal(d->conductor.added, cases[i].added);
		assert_true(d->box.x >= 0 && d->box.y >= 0 && d->box.x + d->box.w <= BOARD_W && d->box.y + d->box.h <= BOARD_H);
		assert_true(covers(d->box, fmin(cases[i].x, BOARD_W - 1), fmin(cases[i].y, BOARD_H - 1)));
		assert_true(d->conductor.border < 8);
		assert_int_equal(r.verdict, OKNG_OK); /* the row "edge" says so */
		assert_int_equal(d->class_number, BOARD_EDGE);
	}
}

/* Where the camera's picture ends before the board does, nothing is known; a conductor that is missing altogether is, even
 * where the next one then looks like the end of the picture. */
static void cut_pictures(void **state)
{
	(void)state;
	static const struct {
		struct board_mark mark;
		bool found;
	} cases[] = {
		{{165, 240, 400, 50, false}, false},  /* blank below row 215, where three tracks end */
		{{100, 25, 210, 12, false}, true},    /* the topmost track is missing: another runs along below */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_result r = look_at(&plain, &cases[i].mark, 1);
		assert_int_equal(r.n_candidates > 0, cases[i].found);
	}
}

/* From both ends of what a header promises: any size, any content. */
static uint32_t seed = 7;

static uint32_t dice(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void fill(struct okng_image *img, int how, const struct okng_image *like)
{
	uint32_t grain = 1 + dice(9);
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++) {
			uint8_t *p = okng_image_row(img, y) + x;
			if (how == 0)
				*p = (uint8_t)dice(256);
			else if (how == 1)
				*p = (uint8_t)(((uint32_t)x / grain * 7 + (uint32_t)y / grain * 13) % 5 < 2 ? 0 : 255);
			else if (how == 2)
				*p = (uint8_t)(dice(97) ? okng_image_row(like, y)[x] : dice(256));
			else
				*p = (uint8_t)(how == 3 ? 0 : 255);
		}
}

#define HOW 5

static const int32_t sizes[][2] = {{1, 1}, {2, 1}, {1, 9}, {5, 3}, {16, 16}, {31, 33}, {32, 64}, {63, 65}, {64, 64}, {65, 40}, {127, 97}, {129, 200},
	{330, 50}};

static void any_size_any_content(void **state)
{
	(void)state;
	int findings = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		int32_t w = sizes[i][0], h = sizes[i][1];
		const struct okng_conductor_setup own = {.threshold = 128, .dark = i % 2, .search = (int)i % 17, .margin = (int)i * 5, .least_box = 1 + (int)i * 20};
		struct okng_image golden, part;
		struct okng_conductor *c;
		assert_int_equal(okng_image_init(&golden, w, h, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_image_init(&part, w, h, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_conductor_open(&c, &own, w, h), 0);
		for (int how = 0; how < HOW * HOW; how++) {
			fill(&golden, how / HOW == 2 ? 0 : how / HOW, NULL);
			fill(&part, how % HOW, &golden);
			okng_conductor_golden(c, &golden);
			int n = okng_conductor_run(c, &part);
			assert_true(n >= 0 || n == -ENOENT || n == -EOVERFLOW);
			for (int k = 0; k < n; k++) {
				const struct okng_conductor_finding *f = okng_conductor_finding(c, k);
				assert_true(f->tight.x >= 0 && f->tight.y >= 0 && f->tight.w > 0 && f->tight.h > 0);
				assert_true(f->tight.x + f->tight.w <= w && f->tight.y + f->tight.h <= h);
				assert_true(f->box.x >= 0 && f->box.y >= 0 && f->box.x <= f->tight.x && f->box.y <= f->tight.y);
				assert_true(f->box.x + f->box.w <= w && f->box.x + f->box.w >= f->tight.x + f->tight.w);
				assert_true(f->box.y + f->box.h <= h && f->box.y + f->box.h >= f->tight.y + f->tight.h);
				assert_in_range(f->feature[OKNG_CONDUCTOR_area], 1, f->tight.w * f->tight.h);
				findings++;
			}
			assert_int_equal(okng_conductor_run(c, &golden), 0); /* it is its own golden image */
		}
		okng_conductor_close(&c);
		okng_image_finish(&golden);
		okng_image_finish(&part);
	}
	assert_true(findings > 1000);
}

static void use_level(enum okng_cpu level)
{
	assert_int_equal(setenv("OKNG_CPU", okng_cpu_name(level), 1), 0);
	assert_int_equal(okng_cpu_level(), level);
}

/* Marks of every kind on a shifted, warped part, and noise along its outlines. */
static struct okng_image busy_part(void)
{
	const struct board_view view = {.dx = 5, .dy = -3, .warp = 3};
	struct okng_image part = board_draw(BOARD_W, BOARD_H, &view);
	for (int i = 0; i < KINDS; i++)
		board_mark(&part, &view, board_defect(kinds[i].class));
	for (int i = 0; i < 300; i++)
		okng_image_row(&part, (int32_t)dice(BOARD_H))[dice(BOARD_W)] = (uint8_t)dice(256);
	return part;
}

static void the_same_on_every_level(void **state)
{
	(void)state;
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = busy_part();
	struct okng_result want, have;
	int beyond_c = 0;
	use_level(OKNG_CPU_C);
	want = inspect(&recipe, &golden, &part);
	assert_true(want.n_defects >= KINDS);
	for (enum okng_cpu level = OKNG_CPU_C + 1; level < OKNG_CPU_LEVELS; level++)
		if (okng_cpu_has(level)) {
			use_level(level);
			have = inspect(&recipe, &golden, &part);
			assert_memory_equal(&have, &want, sizeof have);
			beyond_c++;
		}
	unsetenv("OKNG_CPU");
	okng_image_finish(&golden);
	okng_image_finish(&part);
	if (!beyond_c)
		skip();
}

static void levels_agree_at_odd_sizes(void **state)
{
	(void)state;
	static struct okng_conductor_finding want[OKNG_CONDUCTOR_FINDINGS_MAX];
	const struct okng_conductor_setup own = {.threshold = 128, .dark = true, .search = 16, .margin = 9, .least_box = 24};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct okng_image golden, part;
		int32_t w = sizes[i][0], h = sizes[i][1];
		int n = 0;
		assert_int_equal(okng_image_init(&golden, w, h, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_image_init(&part, w, h, OKNG_PIXEL_MONO8), 0);
		fill(&golden, 1, NULL);
		fill(&part, 2, &golden);
		for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
			struct okng_conductor *c;
			if (!okng_cpu_has(level))
				continue;
			use_level(level);
			assert_int_equal(okng_conductor_open(&c, &own, w, h), 0);
			okng_conductor_golden(c, &golden);
			int found = okng_conductor_run(c, &part);
			if (level == OKNG_CPU_C)
				n = found;
			assert_int_equal(found, n);
			for (int k = 0; k < n && level == OKNG_CPU_C; k++)
				want[k] = *okng_conductor_finding(c, k);
			for (int k = 0; k < n; k++)
				assert_memory_equal(okng_conductor_finding(c, k), &want[k], sizeof want[k]);
			okng_conductor_close(&c);
		}
		okng_image_finish(&golden);
		okng_image_finish(&part);
	}
	unsetenv("OKNG_CPU");
}

static void another_golden_image(void **state)
{
	(void)state;
	struct okng_image first = board_draw(BOARD_W, BOARD_H, &plain), other = board_draw(BOARD_W, BOARD_H, &(struct board_view){.stranger = true});
	struct okng_image part = busy_part(), small = board_draw(64, 64, &plain);
	struct okng_result want = inspect(&recipe, &first, &part), have;
	struct okng_inspector *inspector = open_on(&recipe, &other);
	okng_inspector_run(inspector, &part, &have);
	assert_int_equal(have.verdict, OKNG_FAULT);
	heap_start();
	int r = okng_inspector_golden(inspector, &first);
	assert_int_equal(heap_stop(), 0);
	assert_int_equal(r, 0);
	for (int i = 0; i < 2; i++) {
		okng_inspector_run(inspector, &part, &have);
		assert_memory_equal(&have, &want, sizeof have);
	}
	assert_int_equal(okng_inspector_golden(inspector, &small), -EINVAL);
	okng_inspector_run(inspector, &part, &have);
	assert_memory_equal(&have, &want, sizeof have);
	okng_inspector_close(&inspector);
	struct okng_recipe lit = recipe;
	lit.image.match_light = true;
	inspector = open_on(&lit, &first);
	assert_int_equal(okng_inspector_golden(inspector, &other), -ENOTSUP);
	okng_inspector_close(&inspector);
	okng_image_finish(&first);
	okng_image_finish(&other);
	okng_image_finish(&part);
	okng_image_finish(&small);
}

static void nothing_stays_of_the_part_before(void **state)
{
	(void)state;
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain), part = busy_part(), noise;
	struct okng_inspector *inspector = open_on(&recipe, &golden);
	struct okng_result first, again;
	assert_int_equal(okng_image_init(&noise, BOARD_W, BOARD_H, OKNG_PIXEL_MONO8), 0);
	okng_inspector_run(inspector, &part, &first);
	for (int how = 0; how < HOW; how++) {
		fill(&noise, how, &part);
		okng_inspector_run(inspector, &noise, &again);
		okng_inspector_run(inspector, &part, &again);
		assert_memory_equal(&again, &first, sizeof again);
	}
	okng_inspector_close(&inspector);
	okng_image_finish(&golden);
	okng_image_finish(&part);
	okng_image_finish(&noise);
}

static void no_heap_calls(void **state)
{
	(void)state;
	if (!heap_counts)
		skip();
	struct okng_image golden = board_draw(BOARD_W, BOARD_H, &plain);
	struct okng_image parts[] = {board_draw(BOARD_W, BOARD_H, &plain), busy_part(), board_draw(BOARD_W, BOARD_H, &(struct board_view){.stranger = true})};
	struct okng_inspector *inspector = open_on(&recipe, &golden);
	static const enum okng_verdict want[] = {OKNG_OK, OKNG_NG, OKNG_FAULT};
	for (int i = 0; i < 3; i++) {
		struct okng_result r;
		heap_start();
		okng_inspector_run(inspector, &parts[i], &r);
		assert_int_equal(heap_stop(), 0);
		assert_int_equal(r.verdict, want[i]);
		okng_image_finish(&parts[i]);
	}
	okng_inspector_close(&inspector);
	okng_image_finish(&golden);
}

/* Blank against blank is good; of a pattern nothing is left. */
static void blank_pictures(void **state)
{
	(void)state;
	struct okng_image blank = board_draw(BOARD_W, BOARD_H, &(struct board_view){.dx = 5000, .dy = 5000});
	struct okng_image board = board_draw(BOARD_W, BOARD_H, &plain);
	struct okng_image spot = board_draw(BOARD_W, BOARD_H, &(struct board_view){.dx = 5000, .dy = 5000});
	board_mark(&spot, &plain, &(struct board_mark){100, 100, 10, 0, true});
	assert_int_equal(inspect(&recipe, &blank, &blank).verdict, OKNG_OK);
	assert_int_not_equal(inspect(&recipe, &board, &blank).verdict, OKNG_OK);
	assert_int_not_equal(inspect(&recipe, &blank, &board).verdict, OKNG_OK);
	struct okng_result r = inspect(&recipe, &blank, &spot);
	assert_int_equal(r.verdict, OKNG_NG);
	assert_int_equal(r.defects[0].class_number, BOARD_COPPER);
	okng_image_finish(&blank);
	okng_image_finish(&board);
	okng_image_finish(&spot);
}

static void features_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < OKNG_CONDUCTOR_FEATURES; i++) {
		assert_true(strlen(okng_conductor_feature_name(i)) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(okng_conductor_feature_name(i), okng_conductor_feature_name(k));
	}
	assert_null(okng_conductor_feature_name(-1));
	assert_null(okng_conductor_feature_name(OKNG_CONDUCTOR_FEATURES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_defect),
		cmocka_unit_test(features_measure),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(good_parts_shifted_and_warped),
		cmocka_unit_test(defects_shifted_and_warped),
		cmocka_unit_test(bright_conductors),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(too_much_is_a_fault),
		cmocka_unit_test(where_the_tool_does_not_look),
		cmocka_unit_test(boxes),
		cmocka_unit_test(defects_at_the_border),
		cmocka_unit_test(cut_pictures),
		cmocka_unit_test(any_size_any_content),
		cmocka_unit_test(the_same_on_every_level),
		cmocka_unit_test(levels_agree_at_odd_sizes),
		cmocka_unit_test(another_golden_image),
		cmocka_unit_test(nothing_stays_of_the_part_before),
		cmocka_unit_test(no_heap_calls),
		cmocka_unit_test(blank_pictures),
		cmocka_unit_test(features_have_names),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

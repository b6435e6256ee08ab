/* SPDX-License-Identifier: Apache-2.0
 *
 * The tools compare and blob, fused into one pass over the rows, against the same steps one after the other, pixel by
 * pixel and written for nothing but to be read: random images, sizes, regions, frames and parameters, on every
 * instruction set of the machine. Defects must be the same to the last bit.
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

#include "pipeline/compare.h"
#include "pipeline/tool.h"

#define SIDE 320
#define DEFECTS 4096
#define CASES 400

static uint64_t seed;

static int dice(int below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (int)((seed >> 32) % (uint64_t)below);
}

static bool chance(int one_in)
{
	return dice(one_in) == 0;
}

struct trial {
	int32_t w, h;
	struct okng_tool tool;
	struct okng_model model;
	struct okng_image img;
	int32_t spans[SIDE][2];
};

struct defects {
	int n;
	struct okng_defect d[DEFECTS];
};

static void keep(void *user, const struct okng_defect *d)
{
	struct defects *all = user;
	assert_true(all->n < DEFECTS);
	all->d[all->n++] = *d;
}

/* The steps, each on whole images of one byte a pixel. */
struct plain {
	int32_t w, h;
	uint8_t value[SIDE * SIDE], lower[SIDE * SIDE], upper[SIDE * SIDE], expected[SIDE * SIDE], counts[SIDE * SIDE];
	uint8_t mask[SIDE * SIDE], spare[SIDE * SIDE];
};

static void load_image(const struct plain *p, uint8_t *to, const struct okng_image *img)
{
	for (int32_t y = 0; y < p->h; y++)
		memcpy(to + y * p->w, okng_image_row(img, y), (size_t)p->w);
}

static int clamp(int v, int most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

static void smooth(const struct plain *p, uint8_t *img)
{
	static uint8_t in[SIDE * SIDE];
	memcpy(in, img, sizeof in);
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w; x++) {
			int sum = 8;
			for (int v = -1; v <= 1; v++)
				for (int u = -1; u <= 1; u++)
					sum += (2 - abs(u)) * (2 - abs(v)) * in[clamp(y + v, p->h - 1) * p->w + clamp(x + u, p->w - 1)];
			img[y * p->w + x] = (uint8_t)(sum >> 4);
		}
}

static void compare_bounds(struct plain *p, const struct trial *t)
{
	struct okng_image mean = okng_image_view(p->expected, p->w, p->h, p->w, OKNG_PIXEL_MONO8);
	struct okng_image lower = okng_image_view(p->lower, p->w, p->h, p->w, OKNG_PIXEL_MONO8);
	struct okng_image upper = okng_image_view(p->upper, p->w, p->h, p->w, OKNG_PIXEL_MONO8);
	okng_compare_mean(&t->model, &mean);
	if (t->tool.smooth)
		smooth(p, p->expected);
	okng_compare_bounds(&t->tool, &t->model, &mean, &lower, &upper);
}

static void local_bounds(struct plain *p, const struct okng_tool *tool)
{
	int r = tool->window / 2;
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w; x++) {
			unsigned sum = 0, n = 0;
			for (int v = y - r; v <= y + r; v++)
				for (int u = x - r; u <= x + r; u++)
					if (u >= 0 && v >= 0 && u < p->w && v < p->h) {
						sum += p->value[v * p->w + u];
						n++;
					}
			int mean = (int)((sum + n / 2) / n), i = y * p->w + x;
			p->expected[i] = (uint8_t)mean;
			p->lower[i] = (uint8_t)(tool->dark ? clamp(mean - tool->dark, 255) : 0);
			p->upper[i] = (uint8_t)(tool->bright ? clamp(mean + tool->bright, 255) : 255);
		}
}

static bool within(struct okng_rect r, int x, int y)
{
	return x >= r.x && y >= r.y && x < r.x + r.w && y < r.y + r.h;
}

static bool in_frame(const struct plain *p, const int32_t span[2], int smooth, int x)
{
	return (span[0] <= 0 || x >= span[0] + smooth) && (span[1] >= p->w || x < span[1] - smooth);
}

/* counts; false: too much of the region lies outside the frame. */
static bool counting(struct plain *p, const struct trial *t)
{
	const struct okng_tool *tool = &t->tool;
	long valid = 0, seen = 0;
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w; x++) {
			bool in = tool->region.w == 0 || within(tool->region, x, y);
			for (int i = 0; i < tool->n_ignore; i++)
				in = in && !within(tool->ignore[i], x, y);
			bool framed = true;
			for (int i = -tool->smooth; i <= tool->smooth; i++)
				framed = framed && (y + i < 0 || y + i >= p->h || in_frame(p, t->spans[y + i], tool->smooth, x));
			p->counts[y * p->w + x] = in && framed;
			valid += in;
			seen += in && framed;
		}
	return valid - seen <= valid / 5;
}

/* The square of 2·radius + 1: any set in it (dilate), or none clear (erode); nothing is beyond the image. */
static void morph(struct plain *p, int radius, bool dilate)
{
	memcpy(p->spare, p->mask, sizeof p->mask);
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w; x++) {
			bool any = false, all = true;
			for (int v = clamp(y - radius, p->h - 1); v <= clamp(y + radius, p->h - 1); v++)
				for (int u = clamp(x - radius, p->w - 1); u <= clamp(x + radius, p->w - 1); u++) {
					any = any || p->spare[v * p->w + u];
					all = all && p->spare[v * p->w + u];
				}
			p->mask[y * p->w + x] = dilate ? any : all;
		}
}

struct piece {
	uint64_t n, x, y, xx, yy, xy, deviation;
	int x0, y0, x1, y1;
};

/* Takes the component of pixel `at` off the mask. */
static void take_piece(struct plain *p, int at, const uint8_t *expected, struct piece *s)
{
	static int stack[SIDE * SIDE * 9];
	int n = 0;
	*s = (struct piece){.x0 = SIDE, .y0 = SIDE};
	stack[n++] = at;
	while (n > 0) {
		int i = stack[--n], x = i % p->w, y = i / p->w;
		if (!p->mask[i])
			continue;
		p->mask[i] = 0;
		s->n++;
		s->x += (uint64_t)x;
		s->y += (uint64_t)y;
		s->xx += (uint64_t)(x * x);
		s->yy += (uint64_t)(y * y);
		s->xy += (uint64_t)(x * y);
		s->deviation += (uint64_t)abs(p->value[i] - expected[i]);
		s->x0 = x < s->x0 ? x : s->x0;
		s->y0 = y < s->y0 ? y : s->y0;
		s->x1 = x + 1 > s->x1 ? x + 1 : s->x1;
		s->y1 = y + 1 > s->y1 ? y + 1 : s->y1;
		for (int v = y - 1; v <= y + 1; v++)
			for (int u = x - 1; u <= x + 1; u++)
				if (u >= 0 && v >= 0 && u < p->w && v < p->h && p->mask[v * p->w + u])
					stack[n++] = v * p->w + u;
	}
}

static struct okng_defect defect_of(const struct piece *s, enum okng_polarity polarity)
{
	double n = (double)s->n, cx = (double)s->x / n, cy = (double)s->y / n;
	double mxx = (double)s->xx / n - cx * cx + 1.0 / 12, myy = (double)s->yy / n - cy * cy + 1.0 / 12;
	double mxy = (double)s->xy / n - cx * cy;
	double mean = (mxx + myy) / 2, spread = sqrt((mxx - myy) * (mxx - myy) / 4 + mxy * mxy);
	double minor = mean - spread > 1.0 / 12 ? mean - spread : 1.0 / 12;
	return (struct okng_defect){
		.box = {s->x0, s->y0, s->x1 - s->x0, s->y1 - s->y0},
		.area = (uint32_t)s->n,
		.cx = (float)cx,
		.cy = (float)cy,
		.elongation = (float)sqrt((mean + spread) / minor),
		.contrast = (float)((double)s->deviation / n),
		.fill = (float)(n / ((double)(s->x1 - s->x0) * (s->y1 - s->y0))),
		.polarity = polarity,
	};
}

static void plain_side(struct plain *p, const struct okng_tool *tool, enum okng_polarity polarity, struct defects *out)
{
	const uint8_t *expected = p->expected;
	bool dark = polarity == OKNG_POLARITY_DARK;
	if (tool->type == OKNG_TOOL_BLOB && tool->threshold == OKNG_THRESHOLD_ABSOLUTE)
		expected = dark ? p->lower : p->upper;
	for (int i = 0; i < p->w * p->h; i++)
		p->mask[i] = p->counts[i] && (dark ? p->value[i] < p->lower[i] : p->value[i] > p->upper[i]);
	morph(p, tool->opening, false);
	morph(p, tool->opening, true);
	morph(p, tool->closing, true);
	morph(p, tool->closing, false);
	for (int i = 0; i < p->w * p->h; i++) {
		struct piece s;
		if (!p->mask[i])
			continue;
		take_piece(p, i, expected, &s);
		struct okng_defect d = defect_of(&s, polarity);
		if (s.n >= (uint64_t)tool->min_area)
			keep(out, &d);
	}
}

static int plain_run(struct plain *p, const struct trial *t, struct defects *out)
{
	out->n = 0;
	p->w = t->w;
	p->h = t->h;
	load_image(p, p->value, &t->img);
	if (t->tool.smooth)
		smooth(p, p->value);
	if (t->tool.type == OKNG_TOOL_COMPARE)
		compare_bounds(p, t);
	else if (t->tool.threshold == OKNG_THRESHOLD_LOCAL)
		local_bounds(p, &t->tool);
	else {
		memset(p->lower, t->tool.dark, sizeof p->lower);
		memset(p->upper, t->tool.bright, sizeof p->upper);
	}
	if (!counting(p, t))
		return -EDOM;
	plain_side(p, &t->tool, OKNG_POLARITY_DARK, out);
	plain_side(p, &t->tool, OKNG_POLARITY_BRIGHT, out);
	return out->n;
}

static struct okng_rect some_rect(const struct trial *t)
{
	int x = dice(t->w), y = dice(t->h);
	return (struct okng_rect){x, y, 1 + dice(t->w - x), 1 + dice(t->h - y)};
}

static void some_image(struct trial *t)
{
	int noise = 1 + dice(4) * 3, spots = dice(12), salt = 30 + dice(400);
	for (int y = 0; y < t->h; y++)
		for (int x = 0; x < t->w; x++) {
			int level = 60 + (x / 13 * 37 + y / 9 * 53) % 120;
			((uint16_t *)(void *)okng_image_row(&t->model.mean, y))[x] = (uint16_t)(level * 256 + dice(256));
			((uint16_t *)(void *)okng_image_row(&t->model.sigma, y))[x] = (uint16_t)dice(4 * 256);
			okng_image_row(&t->img, y)[x] = (uint8_t)(dice(salt) ? clamp(level + dice(2 * noise) - noise, 255) : dice(256));
		}
	for (int i = 0; i < spots; i++) {
		struct okng_rect r = some_rect(t);
		int value = dice(3) ? dice(256) : dice(2) * 255;
		for (int y = r.y; y < r.y + r.h && y < r.y + 14; y++)
			for (int x = r.x; x < r.x + r.w && x < r.x + 20; x++)
				if (dice(12))
					okng_image_row(&t->img, y)[x] = (uint8_t)value;
	}
}

static void some_trial(struct trial *t)
{
	memset(t, 0, sizeof *t);
	t->w = 1 + (chance(3) ? dice(66) : chance(3) ? 63 + dice(3) + 64 * dice(4) : dice(SIDE - 1));
	t->h = 1 + dice(chance(4) ? 4 : 70);
	assert_int_equal(okng_image_init(&t->img, t->w, t->h, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&t->model.mean, t->w, t->h, OKNG_PIXEL_MONO16), 0);
	assert_int_equal(okng_image_init(&t->model.sigma, t->w, t->h, OKNG_PIXEL_MONO16), 0);
	some_image(t);
	struct okng_tool *tool = &t->tool;
	*tool = (struct okng_tool){.type = chance(2) ? OKNG_TOOL_COMPARE : OKNG_TOOL_BLOB, .smooth = dice(3), .opening = dice(4),
		.closing = chance(2) ? 0 : dice(8), .min_area = 1 + dice(6), .sigma_bright = dice(40) / 10.0, .sigma_dark = dice(40) / 10.0,
		.min_bright = dice(40), .min_dark = dice(40), .edge = dice(3) / 2.0, .window = 3 + 2 * dice(20)};
	tool->threshold = chance(2) ? OKNG_THRESHOLD_ABSOLUTE : OKNG_THRESHOLD_LOCAL;
	bool local = tool->threshold == OKNG_THRESHOLD_LOCAL;
	tool->dark = local ? dice(60) : chance(5) ? 0 : 20 + dice(60);
	tool->bright = local ? dice(60) : chance(5) ? 255 : 150 + dice(100);
	if (chance(2))
		tool->region = some_rect(t);
	for (tool->n_ignore = dice(4); tool->n_ignore > 0 && !tool->ignore[0].w;)
		for (int i = 0; i < tool->n_ignore; i++)
			tool->ignore[i] = some_rect(t);
	bool framed = chance(2);
	for (int y = 0; y < t->h; y++) {
		t->spans[y][0] = framed ? dice(1 + t->w / 8) : 0;
		t->spans[y][1] = framed ? t->w - dice(1 + t->w / 8) : t->w;
		if (framed && chance(40))
			t->spans[y][0] = t->spans[y][1] = dice(2) * t->w; /* all of the row lies outside */
	}
}

static void finish_trial(struct trial *t)
{
	okng_image_finish(&t->img);
	okng_image_finish(&t->model.mean);
	okng_image_finish(&t->model.sigma);
}

static void assert_same(const struct defects *have, const struct defects *want)
{
	assert_int_equal(have->n, want->n);
	for (int i = 0; i < have->n; i++) {
		const struct okng_defect *a = &have->d[i], *b = &want->d[i];
		assert_memory_equal(&a->box, &b->box, sizeof a->box);
		assert_int_equal(a->area, b->area);
		assert_int_equal(a->polarity, b->polarity);
		const float *fa[] = {&a->cx, &a->cy, &a->elongation, &a->contrast, &a->fill};
		const float *fb[] = {&b->cx, &b->cy, &b->elongation, &b->contrast, &b->fill};
		for (int k = 0; k < 5; k++)
			assert_memory_equal(fa[k], fb[k], sizeof *fa[k]);
	}
}

static struct defects have, want;
static struct plain plain;
static struct trial trial;

static void fused_is_plain(void **state)
{
	(void)state;
	int found = 0, refused = 0, clean = 0;
	for (uint64_t number = 1; number <= CASES; number++) {
		seed = number * 0x9e3779b97f4a7c15u;
		some_trial(&trial);
		int n = plain_run(&plain, &trial, &want);
		for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
			struct okng_tool_state *tool;
			struct okng_tool_setup setup = {.tool = &trial.tool, .model = &trial.model, .width = trial.w, .height = trial.h};
			if (!okng_cpu_has(level))
				continue;
			setup.kernels = okng_kernels_get(level);
			assert_int_equal(okng_tool_open(&tool, &setup), 0);
			for (int twice = 0; twice < 2; twice++) { /* nothing stays of the part before */
				have.n = 0;
				int m = okng_tool_run(tool, &trial.img, (const int32_t (*)[2])trial.spans, keep, &have);
				if (m != n || (n >= 0 && have.n != n))
					print_message("trial %d, %d×%d, %s: %d, not %d\n", (int)number, trial.w, trial.h, okng_cpu_name(level), m, n);
				assert_int_equal(m, n);
				if (n >= 0)
					assert_same(&have, &want);
			}
			okng_tool_close(&tool);
		}
		found += n > 0;
		refused += n == -EDOM;
		clean += n == 0;
		finish_trial(&trial);
	}
	/* The trials say something: of each kind there were many. */
	assert_true(found > CASES / 3 && refused > CASES / 40 && clean > CASES / 40);
}

/* Values at their bounds are within them; one pixel that is not is nine when smoothed. */
static void uniform(void **state)
{
	(void)state;
	for (int smoothed = 0; smoothed < 2; smoothed++)
		for (int value = 0; value < 256; value += 51) {
			struct okng_tool tool = {.type = OKNG_TOOL_BLOB, .threshold = OKNG_THRESHOLD_ABSOLUTE, .smooth = smoothed, .min_area = 1,
				.dark = value, .bright = value};
			struct okng_tool_setup setup = {.tool = &tool, .kernels = okng_kernels_get(okng_cpu_level()), .width = 200, .height = 9};
			struct okng_tool_state *open;
			struct okng_image img;
			int32_t spans[9][2];
			assert_int_equal(okng_image_init(&img, 200, 9, OKNG_PIXEL_MONO8), 0);
			for (int y = 0; y < 9; y++) {
				memset(okng_image_row(&img, y), value, 200);
				spans[y][0] = 0;
				spans[y][1] = 200;
			}
			assert_int_equal(okng_tool_open(&open, &setup), 0);
			have.n = 0;
			assert_int_equal(okng_tool_run(open, &img, (const int32_t (*)[2])spans, keep, &have), 0);
			okng_image_row(&img, 4)[150] = (uint8_t)(value < 128 ? 255 : 0);
			assert_int_equal(okng_tool_run(open, &img, (const int32_t (*)[2])spans, keep, &have), 1);
			assert_int_equal(have.d[0].area, smoothed ? 9 : 1);
			assert_int_equal(have.d[0].box.x, smoothed ? 149 : 150);
			assert_int_equal(have.d[0].polarity, value < 128 ? OKNG_POLARITY_BRIGHT : OKNG_POLARITY_DARK);
			okng_tool_close(&open);
			okng_image_finish(&img);
		}
}

/* OKNG_CPU takes what the machine has, and changes nothing with what it has not, or with a word that is none. */
static void masked(void **state)
{
	(void)state;
	unsetenv("OKNG_CPU");
	enum okng_cpu best = okng_cpu_level();
	assert_true(okng_cpu_has(best) && okng_cpu_has(OKNG_CPU_C));
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
		setenv("OKNG_CPU", okng_cpu_name(level), 1);
		assert_int_equal(okng_cpu_level(), okng_cpu_has(level) ? level : best);
		if (okng_cpu_has(level))
			assert_int_equal(okng_kernels_get(level)->cpu, level);
	}
	setenv("OKNG_CPU", "avx", 1);
	assert_int_equal(okng_cpu_level(), best);
	unsetenv("OKNG_CPU");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masked),
		cmocka_unit_test(uniform),
		cmocka_unit_test(fused_is_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

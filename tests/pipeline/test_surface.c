/* SPDX-License-Identifier: Apache-2.0
 *
 * The surface tool: on made textures (what it finds, where, that it is the same twice, what damaged bytes and wrong sizes
 * do), and, where the data lies beside the source (OKNG_SHARED), on real magnetic tiles: taught from four fifths of the
 * good ones in five random splits, it must tell the defective from the rest. Tiles are told apart by the chance that a
 * defective one scores worse than a good one (area under the ROC curve).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "camera/image_file.h"
#include "pipeline/inspect.h"
#include "pipeline/learn.h"
#include "pipeline/surface.h"
#include "pipeline/surface_model.h"

#define KINDS 6
#define SPLITS 5
#define LIMITS 4

#if defined(__SANITIZE_ADDRESS__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
#ifndef SLOW
#define SLOW 0
#endif

static const char *const kind_names[KINDS] = {"Free", "Blowhole", "Break", "Crack", "Fray", "Uneven"};

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static struct okng_tool make_tool(void)
{
	return (struct okng_tool){.name = "finish", .type = OKNG_TOOL_SURFACE, .patch = 128, .margin = 16, .unlike = 1};
}

/* Ground metal: columns of their own brightness, noise, light that falls off. */
static struct okng_image make_surface(uint32_t seed, int32_t w, int32_t h)
{
	struct okng_image img;
	uint32_t r = seed * 2654435761u + 1;
	assert_int_equal(okng_image_init(&img, w, h, OKNG_PIXEL_MONO8), 0);
	for (int32_t x = 0; x < w; x++) {
		int column = (int)(next_random(&r) % 24);
		for (int32_t y = 0; y < h; y++)
			okng_image_row(&img, y)[x] = (uint8_t)(90 + column + (int)(next_random(&r) % 16) + x * 40 / w - y * 20 / h);
	}
	return img;
}

/* A dark disc of this radius. */
static void add_hole(struct okng_image *img, int32_t cx, int32_t cy, int32_t radius)
{
	for (int32_t y = cy - radius; y <= cy + radius; y++)
		for (int32_t x = cx - radius; x <= cx + radius; x++)
			if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius)
				okng_image_row(img, y)[x] = (uint8_t)(okng_image_row(img, y)[x] / 2);
}

struct told {
	int n;
	struct okng_defect defect[16];
};

static void tell(void *user, const struct okng_defect *defect)
{
	struct told *t = user;
	if (t->n < 16)
		t->defect[t->n] = *defect;
	t->n++;
}

static void teach(const struct okng_tool *tool, int parts, uint8_t **bytes, size_t *size)
{
	struct okng_surface_teacher *teacher;
	assert_int_equal(okng_surface_teacher_open(&teacher, tool), 0);
	for (int i = 0; i < parts; i++) {
		struct okng_image img = make_surface((uint32_t)i + 1, 240 + 8 * (i % 3), 320);
		assert_int_equal(okng_surface_teacher_add(teacher, &img, NULL), 0);
		okng_image_finish(&img);
	}
	assert_int_equal(okng_surface_teacher_bytes(teacher, bytes, size), 0);
	okng_surface_teacher_close(&teacher);
	assert_null(teacher);
}

static void finds_a_hole_where_it_is(void **state)
{
	(void)state;
	struct okng_tool tool = make_tool();
	struct okng_surface *surface;
	struct okng_error err = {0};
	uint8_t *bytes;
	size_t size;
	teach(&tool, 12, &bytes, &size);
	assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, 300, 280, &err), 0);
	for (uint32_t i = 0; i < 5; i++) {
		struct okng_image img = make_surface(1000 + i, 300, 280);
		struct told good = {0}, bad = {0}, again = {0};
		assert_int_equal(okng_surface_run(surface, &img, NULL, tell, &good), 1);
		assert_true(good.defect[0].score < 0.5f && good.defect[0].scored && good.defect[0].area == 0);
		int32_t cx = 60 + 40 * (int32_t)i, cy = 200 - 30 * (int32_t)i;
		add_hole(&img, cx, cy, 7);
		int n = okng_surface_run(surface, &img, NULL, tell, &bad);
		assert_true(n >= 1);
		const struct okng_defect *d = &bad.defect[0];
		assert_true(d->score > 0.5f && d->area >= 64 && d->polarity == OKNG_POLARITY_DARK && d->why[0]);
		assert_true(d->box.x <= cx && cx < d->box.x + d->box.w && d->box.y <= cy && cy < d->box.y + d->box.h);
		assert_true(d->box.w <= 40 && d->box.h <= 40);
		int32_t columns, rows;
		const uint16_t *map = okng_surface_map(surface, &columns, &rows);
		assert_int_equal(columns, 300 / 8);
		assert_int_equal(rows, 280 / 8);
		assert_true(map[cy / 8 * columns + cx / 8] > 256);
		assert_int_equal(map[0], 0);
		assert_int_equal(okng_surface_run(surface, &img, NULL, tell, &again), n);
		assert_memory_equal(&again, &bad, sizeof bad);
		/* With a limit ten times as wide: distance / (distance + limit). Moved back, all is as before. */
		okng_surface_tune(surface, 10 * tool.unlike);
		again = (struct told){0};
		assert_true(okng_surface_run(surface, &img, NULL, tell, &again) <= n);
		float odds = d->score / (1 - d->score), fewer = again.defect[0].score / (1 - again.defect[0].score);
		assert_true(fewer > odds / 10.001f && fewer < odds / 9.999f);
		okng_surface_tune(surface, tool.unlike);
		again = (struct told){0};
		assert_int_equal(okng_surface_run(surface, &img, NULL, tell, &again), n);
		assert_memory_equal(&again, &bad, sizeof bad);
		okng_image_finish(&img);
	}
	okng_surface_close(&surface);
	assert_null(surface);
	free(bytes);
}

static void teaches_the_same_twice(void **state)
{
	(void)state;
	struct okng_tool tool = make_tool();
	uint8_t *a, *b;
	size_t size, again;
	teach(&tool, 6, &a, &size);
	teach(&tool, 6, &b, &again);
	assert_int_equal(size, again);
	assert_memory_equal(a, b, size);
	free(a);
	free(b);
}

static void ignores_what_it_is_told_to(void **state)
{
	(void)state;
	struct okng_tool tool = make_tool();
	struct okng_surface *surface;
	struct okng_error err = {0};
	uint8_t *bytes;
	size_t size;
	teach(&tool, 12, &bytes, &size);
	struct okng_image img = make_surface(77, 300, 280);
	add_hole(&img, 100, 120, 6);
	tool.ignore[0] = (struct okng_rect){20, 40, 160, 160}; /* by more than the widest filter reaches */
	tool.n_ignore = 1;
	assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, 300, 280, &err), 0);
	struct told t = {0};
	assert_int_equal(okng_surface_run(surface, &img, NULL, tell, &t), 1);
	assert_true(t.defect[0].score < 0.5f);
	int32_t spans[280][2];
	for (int y = 0; y < 280; y++) {
		spans[y][0] = 0;
		spans[y][1] = y < 140 ? 300 : 0;
	}
	assert_int_equal(okng_surface_run(surface, &img, (const int32_t (*)[2])spans, tell, &t), -EDOM);
	okng_surface_close(&surface);
	okng_image_finish(&img);
	free(bytes);
}

static void refuses_what_does_not_fit(void **state)
{
	(void)state;
	struct okng_tool tool = make_tool(), other = tool;
	struct okng_surface *surface;
	struct okng_error err = {0};
	uint8_t *bytes;
	size_t size;
	teach(&tool, 3, &bytes, &size);
	for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 97) {
		err.text[0] = '\0';
		assert_int_equal(okng_surface_open(&surface, &tool, bytes, cut, 300, 280, &err), -EINVAL);
		assert_null(surface);
		assert_true(err.text[0] != '\0');
	}
	for (size_t at = 0; at < 16; at++) { /* magic, version, channels, patch */
		bytes[at] ^= 0x40;
		assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, 300, 280, &err), -EINVAL);
		bytes[at] ^= 0x40;
	}
	other.patch = 64;
	assert_int_equal(okng_surface_open(&surface, &other, bytes, size, 300, 280, &err), -EINVAL);
	assert_non_null(strstr(err.text, "patch = 128"));
	assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, 40, 280, &err), -EINVAL);
	free(bytes);

	struct okng_surface_teacher *teacher;
	struct okng_image small = make_surface(1, 63, 63);
	tool.margin = 144;
	struct okng_image narrow = make_surface(1, 240, 320);
	assert_int_equal(okng_surface_teacher_open(&teacher, &tool), 0);
	assert_int_equal(okng_surface_teacher_add(teacher, &small, NULL), -EINVAL);
	assert_int_equal(okng_surface_teacher_add(teacher, &narrow, NULL), -EINVAL);
	assert_int_equal(okng_surface_teacher_bytes(teacher, &bytes, &size), -ENODATA);
	okng_surface_teacher_close(&teacher);
	okng_image_finish(&small);
	okng_image_finish(&narrow);
}

/* The whole way: learner, model, inspector; parts of several sizes, no taught image. */
static void inspects_parts_of_any_size(void **state)
{
	(void)state;
	struct okng_recipe recipe = {.name = "surface", .number = 1, .image = {.min_mean = 10, .max_mean = 245}, .learn = {.min_images = 5},
		.n_tools = 1, .limits = {.area = 20}};
	struct okng_learner *learner;
	struct okng_model *model = NULL;
	struct okng_error err = {0};
	recipe.tools[0] = make_tool();
	assert_true(okng_recipe_needs_model(&recipe) && !okng_recipe_needs_image(&recipe));
	assert_int_equal(okng_learner_open(&learner, &recipe), 0);
	for (uint32_t i = 0; i < 12; i++) {
		struct okng_image img = make_surface(i + 1, 200 + 10 * (int32_t)i, 260);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
		assert_int_equal(okng_learner_model(learner, &model), i + 1 < 5 ? -ENODATA : 0);
		if (i + 1 < 12)
			okng_model_close(&model);
		okng_image_finish(&img);
	}
	okng_learner_close(&learner);
	assert_int_equal(model->mean.width, 0);
	assert_non_null(okng_model_chunk(model, OKNG_CHUNK_SURFACE, "finish"));
	for (int32_t w = 220; w < 420; w += 90) {
		struct okng_inspector *inspector;
		struct okng_result good, bad;
		struct okng_image img = make_surface(500 + (uint32_t)w, w, 280);
		assert_int_equal(okng_inspector_open(&inspector, &recipe, model, NULL, w, 280, &err), 0);
		okng_inspector_run(inspector, &img, &good);
		add_hole(&img, 110, 120, 7);
		okng_inspector_run(inspector, &img, &bad);
		assert_int_equal(good.verdict, OKNG_OK);
		assert_true(good.score > 0);
		assert_int_equal(bad.verdict, OKNG_NG);
		assert_true(bad.score > 0.5f && strstr(bad.decided_by, "of limit"));
		okng_inspector_close(&inspector);
		okng_image_finish(&img);
	}
	struct okng_inspector *inspector;
	snprintf(recipe.tools[0].name, sizeof recipe.tools[0].name, "other");
	assert_int_equal(okng_inspector_open(&inspector, &recipe, model, NULL, 300, 280, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not taught"));
	okng_model_close(&model);
}

/* An image is taught, too: parts must have its size, and both the tools get what they need. */
static void teaches_along_with_an_image(void **state)
{
	(void)state;
	struct okng_recipe recipe = {.name = "both", .number = 1, .image = {.min_mean = 10, .max_mean = 245}, .learn = {.min_images = 5},
		.n_tools = 2, .limits = {.area = 20}};
	struct okng_learner *learner;
	struct okng_inspector *inspector;
	struct okng_model *model;
	struct okng_error err = {0};
	struct okng_result result;
	recipe.tools[0] = (struct okng_tool){.name = "band", .type = OKNG_TOOL_COMPARE, .min_bright = 255, .min_dark = 255, .min_area = 4};
	recipe.tools[1] = make_tool();
	assert_true(okng_recipe_needs_image(&recipe));
	assert_int_equal(okng_learner_open(&learner, &recipe), 0);
	for (uint32_t i = 0; i < 8; i++) {
		struct okng_image img = make_surface(i + 1, 240, 260), other = make_surface(i + 1, 248, 260);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
		assert_int_equal(okng_learner_add(learner, &other, NULL), -EINVAL);
		okng_image_finish(&img);
		okng_image_finish(&other);
	}
	assert_int_equal(okng_learner_model(learner, &model), 0);
	okng_learner_close(&learner);
	assert_int_equal(model->mean.width, 240);
	assert_int_equal(model->parts, 8);
	assert_non_null(okng_model_chunk(model, OKNG_CHUNK_SURFACE, "finish"));
	assert_int_equal(okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err), 0);
	struct okng_image img = make_surface(900, 240, 260);
	add_hole(&img, 110, 120, 7);
	okng_inspector_run(inspector, &img, &result);
	assert_int_equal(result.verdict, OKNG_NG);
	assert_int_equal(result.defects[0].tool, 1);
	okng_image_finish(&img);
	okng_inspector_close(&inspector);
	okng_model_close(&model);
}

/* More patches than are kept: a choice of them, the same each time, that still tells a hole from the rest. */
static void keeps_a_choice_of_many(void **state)
{
	(void)state;
	struct okng_tool tool = make_tool();
	struct okng_surface *surface;
	uint8_t *bytes;
	size_t size;
	if (SLOW)
		skip();
	tool.patch = 32;
	teach(&tool, 42, &bytes, &size);
	assert_int_equal(size, 32 + 2 * OKNG_SURFACE_CHANNELS * (1 + OKNG_SURFACE_PATCHES_MAX));
	assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, 300, 280, NULL), 0);
	struct okng_image img = make_surface(3000, 300, 280);
	struct told good = {0}, bad = {0};
	assert_int_equal(okng_surface_run(surface, &img, NULL, tell, &good), 1);
	assert_true(good.defect[0].score < 0.5f);
	add_hole(&img, 110, 120, 7);
	assert_true(okng_surface_run(surface, &img, NULL, tell, &bad) >= 1);
	assert_true(bad.defect[0].score > 0.5f);
	okng_surface_close(&surface);
	okng_image_finish(&img);
	free(bytes);
}

struct tile {
	char *path;
	int kind;
	double score[SPLITS]; /* distance over limit; below 0: taught from it */
};

static struct tile *tiles;
static int n_tiles, n_good;

static int load_names(void)
{
	const char *shared = getenv("OKNG_SHARED");
	if (!shared)
		shared = getenv("OKNG_SHARED_DEFAULT");
	for (int k = 0; k < KINDS; k++) {
		char folder[4096], **list = NULL;
		snprintf(folder, sizeof folder, "%s/data/mtd/MT_%s", shared ? shared : "../shared", kind_names[k]);
		int n = okng_image_file_list(&list, folder, "*.jpg", NULL);
		if (n <= 0)
			return 0;
		tiles = realloc(tiles, (size_t)(n_tiles + n) * sizeof *tiles);
		assert_non_null(tiles);
		for (int i = 0; i < n; i++)
			tiles[n_tiles++] = (struct tile){.path = strdup(list[i]), .kind = k};
		n_good = k ? n_good : n;
		okng_image_file_list_free(&list);
	}
	return n_tiles;
}

static struct okng_image load_tile(int i)
{
	struct okng_image img;
	assert_int_equal(okng_image_file_load(&img, tiles[i].path, NULL), 0);
	return img;
}

static void worst(void *user, const struct okng_defect *defect)
{
	double *top = user, v = (double)defect->score / (1 - (double)defect->score);
	*top = v > *top ? v : *top;
}

/* Four fifths of the good tiles, drawn by the split's own seed. */
static void split(int s, bool *taught)
{
	int order[4096];
	uint32_t r = 12345u + 7919u * (uint32_t)s;
	assert_true(n_good < 4096);
	for (int i = 0; i < n_good; i++)
		order[i] = i;
	for (int i = n_good - 1; i > 0; i--) {
		int k = (int)(next_random(&r) % (uint32_t)(i + 1)), o = order[i];
		order[i] = order[k];
		order[k] = o;
	}
	for (int i = 0; i < n_tiles; i++)
		taught[i] = false;
	for (int i = 0; i < n_good * 4 / 5; i++)
		taught[order[i]] = true;
}

static void judge_split(int s, double *ms, double *pixels)
{
	struct okng_tool tool = make_tool();
	struct okng_surface_teacher *teacher;
	bool taught[4096];
	uint8_t *bytes;
	size_t size;
	split(s, taught);
	assert_int_equal(okng_surface_teacher_open(&teacher, &tool), 0);
	for (int i = 0; i < n_tiles; i++)
		if (taught[i]) {
			struct okng_image img = load_tile(i);
			assert_int_equal(okng_surface_teacher_add(teacher, &img, NULL), 0);
			okng_image_finish(&img);
		}
	assert_int_equal(okng_surface_teacher_bytes(teacher, &bytes, &size), 0);
	okng_surface_teacher_close(&teacher);
	for (int i = 0; i < n_tiles; i++) {
		struct okng_surface *surface;
		struct timespec a, b;
		tiles[i].score[s] = -1;
		if (taught[i])
			continue;
		struct okng_image img = load_tile(i);
		assert_int_equal(okng_surface_open(&surface, &tool, bytes, size, img.width, img.height, NULL), 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		assert_true(okng_surface_run(surface, &img, NULL, worst, &tiles[i].score[s]) >= 1);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		*ms += (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
		*pixels += (double)img.width * img.height;
		okng_surface_close(&surface);
		okng_image_finish(&img);
	}
	free(bytes);
}

/* Share of pairs (good, defective of this kind; 0: of any) that are in order. */
static double auroc(int s, int kind)
{
	double right = 0, pairs = 0;
	for (int i = 0; i < n_good; i++)
		for (int k = n_good; k < n_tiles; k++)
			if (tiles[i].score[s] >= 0 && (kind == 0 || tiles[k].kind == kind)) {
				double g = tiles[i].score[s], d = tiles[k].score[s];
				right += d > g ? 1 : d < g ? 0 : 0.5;
				pairs++;
			}
	return right / pairs;
}

/* Share of the tiles of one kind that are beyond so many times the taught limit. */
static double beyond(int s, int kind, double unlike)
{
	int n = 0, over = 0;
	for (int i = 0; i < n_tiles; i++)
		if (tiles[i].kind == kind && tiles[i].score[s] >= 0) {
			n++;
			over += tiles[i].score[s] >= unlike;
		}
	return (double)over / n;
}

static void tells_real_tiles_apart(void **state)
{
	(void)state;
	if (SLOW) {
		print_message("skipped: takes too long with a sanitizer\n");
		skip();
	}
	if (load_names() == 0) {
		print_message("skipped: no tiles (set OKNG_SHARED)\n");
		skip();
	}
	static const double unlike[LIMITS] = {1, 0.8, 0.6, 0.5};
	double ms = 0, pixels = 0, mean[KINDS] = {0}, over[KINDS][LIMITS] = {{0}};
	for (int s = 0; s < SPLITS; s++) {
		judge_split(s, &ms, &pixels);
		for (int k = 0; k < KINDS; k++) {
			mean[k] += auroc(s, k) / SPLITS;
			for (int i = 0; i < LIMITS; i++)
				over[k][i] += beyond(s, k, unlike[i]) / SPLITS;
		}
		print_message("split %d: AUROC %.3f\n", s, auroc(s, 0));
	}
	print_message("%-10s %-8s rejected at unlike = %.1f, %.1f, %.1f, %.1f\n", "", "AUROC", unlike[0], unlike[1], unlike[2], unlike[3]);
	for (int k = 0; k < KINDS; k++)
		print_message("%-10s %-8.3f %.3f %.3f %.3f %.3f\n", k ? kind_names[k] : "all; Free", mean[k], over[k][0], over[k][1], over[k][2],
			over[k][3]);
	print_message("%.2f ms of one core per 0.1 megapixel\n", ms / (pixels / 1e5));
	assert_true(mean[0] > 0.93);
	for (int k = 1; k < KINDS; k++)
		assert_true(mean[k] > 0.89);
	assert_true(over[0][0] < 0.03); /* 95 good tiles a split: 1 in 1000 itself can't be seen */
	for (int i = 0; i < n_tiles; i++)
		free(tiles[i].path);
	free(tiles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_hole_where_it_is),
		cmocka_unit_test(teaches_the_same_twice),
		cmocka_unit_test(ignores_what_it_is_told_to),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(inspects_parts_of_any_size),
		cmocka_unit_test(teaches_along_with_an_image),
		cmocka_unit_test(keeps_a_choice_of_many),
		cmocka_unit_test(tells_real_tiles_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

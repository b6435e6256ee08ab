/* SPDX-License-Identifier: Apache-2.0
 *
 * False calls: good parts as lines show them (disturb.h), judged by the recipes that are shipped. The synthetic camera's
 * board is taught from forty parts as a user would and judged on others, which vary by themselves, too; a DeepPCB template is
 * judged against itself, over a border that is cut off, so that what moves into the picture is real. So that an
 * inspection that sees nothing does not pass, defects are put in and must be found under the same disturbances.
 * Arguments: parts a row and source, and the source's name (all of them else). Exit status 77 when only the boards
 * were asked for and their data is not there.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/synthetic.h"
#include "camera/synthetic_random.h"
#include "config/config.h"
#include "deeppcb.h"
#include "disturb.h"
#include "pipeline/inspect.h"
#include "pipeline/learn.h"
#include "score.h"

#define BORDER 12        /* pixels of a template that are cut off: 5 and 1° in the corners are 10.5 */
#define SIDE (DEEPPCB_SIDE - 2 * BORDER)
#define TAUGHT 40        /* parts, as scripts/demo does */
#define DEFECT_EVERY 4   /* parts for one with defects */
#define DISCS 4          /* defects put on a template */
#define ASSERTED 100     /* parts a row: fewer say nothing */
#define FOUND_SYNTHETIC 0.98 /* share of defects found in every row, at least */
#define FOUND_BOARDS 0.98

struct row {
	int parts, fault, ng, review;
	int defects, found;
};

struct source {
	const char *name;
	struct okng_inspector *inspector;
	struct disturber *disturber;
	struct okng_image out;
	struct row row[DISTURB_KINDS];
	double floor;
};

static struct okng_recipe recipe_of(const char *name)
{
	static struct okng_config_errors errors;
	struct okng_recipe recipe;
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", getenv("OKNG_RECIPES"), name);
	int r = okng_config_load_recipe(&recipe, path, &errors);
	if (r < 0)
		printf("%s: %s\n", path, errors.error[0].text);
	assert(r == 0);
	return recipe;
}

static void judge_good(struct source *s, enum disturb_kind kind, uint64_t seed, const struct okng_image *part)
{
	static struct okng_result result;
	struct disturb d = disturb_draw(kind, seed);
	struct row *row = &s->row[kind];
	disturber_run(s->disturber, &d, seed, part, &s->out);
	okng_inspector_run(s->inspector, &s->out, &result);
	row->parts++;
	row->fault += result.verdict == OKNG_FAULT;
	row->ng += result.verdict == OKNG_NG;
	row->review += result.verdict == OKNG_REVIEW;
	if (result.verdict != OKNG_OK)
		printf("  %s %s %llu: %s (shift %.1f %.1f, %.2f°, light %.2f, corners %.2f, blur %.2f), %s\n", s->name, disturb_name(kind),
			(unsigned long long)seed, okng_verdict_name(result.verdict), d.dx, d.dy, d.angle, d.light, d.vignette, d.blur, result.decided_by);
}

static bool meet(const struct okng_rect *a, const struct okng_rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

/* Whether the part is rejected for a defect that lies where this one was put. */
static bool found(const struct okng_result *result, const struct okng_rect *at, const struct okng_image *frame)
{
	for (int i = 0; i < result->n_candidates; i++) {
		const struct okng_defect *d = &result->defects[i];
		struct okng_rect box = okng_inspect_box_in_frame(&result->pose, NULL, d->box, frame->width, frame->height);
		if (d->verdict == OKNG_NG && d->score >= result->limit && meet(&box, at))
			return result->verdict == OKNG_NG;
	}
	return false;
}

static void judge_bad(struct source *s, enum disturb_kind kind, uint64_t seed, const struct okng_image *part, const struct okng_rect *at, int n)
{
	static struct okng_result result;
	struct disturb d = disturb_draw(kind, seed);
	disturber_run(s->disturber, &d, seed, part, &s->out);
	okng_inspector_run(s->inspector, &s->out, &result);
	for (int i = 0; i < n; i++) {
		struct okng_rect box = disturber_box(s->disturber, &d, at[i]);
		s->row[kind].defects += box.w > 0;
		s->row[kind].found += box.w > 0 && found(&result, &box, &s->out);
	}
}

/* ---- the synthetic camera's board */

static struct okng_camera_params camera(uint32_t seed)
{
	return (struct okng_camera_params){.width = 640, .height = 480, .seed = seed, .shift = 5, .angle = 1, .light = 0.05, .noise = 2};
}

static struct okng_inspector *teach(const struct okng_recipe *recipe)
{
	struct okng_camera_params params = camera(1);
	struct okng_truth truth[OKNG_TRUTH_MAX];
	struct okng_learner *learner;
	struct okng_model *model;
	struct okng_inspector *inspector;
	struct okng_error err;
	int truths, r = okng_learner_open(&learner, recipe);
	assert(r == 0);
	for (uint64_t i = 1; i <= TAUGHT; i++) {
		struct okng_image img;
		r = okng_synthetic_render(&params, i, OKNG_SYNTHETIC_GOOD, &img, truth, &truths, &err);
		assert(r == 0);
		r = okng_learner_add(learner, &img, NULL);
		assert(r == 0);
		okng_image_finish(&img);
	}
	r = okng_learner_model(learner, &model);
	assert(r == 0);
	r = okng_inspector_open(&inspector, recipe, model, NULL, 0, 0, &err);
	assert(r == 0);
	okng_learner_close(&learner);
	okng_model_close(&model);
	return inspector;
}

static void judge_synthetic(struct source *s, int parts)
{
	struct okng_recipe recipe = recipe_of("demo");
	struct okng_camera_params params = camera(2026);
	struct okng_synthetic *synthetic;
	struct okng_truth truth[OKNG_TRUTH_MAX];
	struct okng_rect at[OKNG_TRUTH_MAX];
	struct okng_image img;
	struct okng_error err;
	int truths, r = okng_synthetic_open(&synthetic, &params, &err);
	assert(r == 0);
	r = okng_image_init(&img, params.width, params.height, OKNG_PIXEL_MONO8);
	assert(r == 0);
	r = okng_image_init(&s->out, params.width, params.height, OKNG_PIXEL_MONO8);
	assert(r == 0);
	s->inspector = teach(&recipe);
	s->disturber = disturber_open(img.width, img.height, img.width, img.height);
	for (int i = 1; i <= parts; i++) {
		r = okng_synthetic_expose(synthetic, (uint64_t)i, OKNG_SYNTHETIC_GOOD, &img, truth, &truths);
		assert(r == 0 && truths == 0);
		for (enum disturb_kind kind = 0; kind < DISTURB_KINDS; kind++)
			judge_good(s, kind, (uint64_t)i, &img);
		if (i % DEFECT_EVERY)
			continue;
		r = okng_synthetic_expose(synthetic, (uint64_t)i, OKNG_SYNTHETIC_DEFECT, &img, truth, &truths);
		assert(r == 0);
		for (int k = 0; k < truths; k++)
			at[k] = truth[k].box;
		for (enum disturb_kind kind = 0; kind < DISTURB_KINDS; kind++)
			judge_bad(s, kind, (uint64_t)i, &img, at, truths);
	}
	okng_synthetic_close(&synthetic);
	okng_image_finish(&img);
}

/* ---- DeepPCB templates */

/* Turns a disc of the picture over from conductor to ground or back, where it is nearly all of one. False: it is not. */
static bool put_disc(struct okng_image *img, int32_t x0, int32_t y0, int32_t radius)
{
	int32_t dark = 0, n = 0, limit = radius * radius + radius;
	for (int pass = 0; pass < 2; pass++) {
		bool add = 2 * dark < n;
		if (pass && (add ? dark : n - dark) * 5 > n)
			return false;
		for (int32_t y = -radius; y <= radius; y++)
			for (int32_t x = -radius; x <= radius; x++) {
				uint8_t *p = okng_image_row(img, y0 + y) + x0 + x;
				if (x * x + y * y > limit)
					continue;
				if (pass)
					*p = add ? 0 : 255;
				n += !pass;
				dark += !pass && *p < 128;
			}
	}
	return true;
}

/* Copper where none belongs, holes and bites: discs of 4 to 7 pixels, apart from each other. */
static int put_discs(struct okng_image *img, uint64_t seed, struct okng_rect at[DISCS])
{
	struct okng_random r = okng_random_init(3, seed, 0xd15c);
	int n = 0;
	for (int tries = 0; tries < 200 && n < DISCS; tries++) {
		int32_t radius = 4 + okng_random_below(&r, 4), room = DEEPPCB_SIDE - 2 * (2 * BORDER + radius);
		int32_t x = 2 * BORDER + radius + okng_random_below(&r, room), y = 2 * BORDER + radius + okng_random_below(&r, room);
		bool apart = true;
		for (int i = 0; i < n; i++)
			apart = apart && abs(at[i].x - x) + abs(at[i].y - y) > 80;
		if (apart && put_disc(img, x, y, radius))
			at[n++] = (struct okng_rect){x - radius, y - radius, 2 * radius + 1, 2 * radius + 1};
	}
	return n;
}

static struct okng_image middle(const struct okng_image *img)
{
	return okng_image_view(okng_image_row(img, BORDER) + BORDER, SIDE, SIDE, img->stride, OKNG_PIXEL_MONO8);
}

static void judge_boards(struct source *s, int parts, int n)
{
	struct okng_recipe recipe = recipe_of("bare-board");
	struct okng_model *taught, *model;
	struct okng_error err;
	char path[4096];
	int r = okng_image_init(&s->out, SIDE, SIDE, OKNG_PIXEL_MONO8);
	assert(r == 0);
	snprintf(path, sizeof path, "%s/bare-board/model.okm", getenv("OKNG_RECIPES"));
	r = okng_model_load(&taught, path, &err);
	assert(r == 0);
	r = okng_model_golden(&model, &s->out);
	assert(r == 0);
	r = okng_model_copy_chunks(model, taught);
	assert(r == 0);
	r = okng_inspector_open(&s->inspector, &recipe, model, NULL, 0, 0, &err);
	assert(r == 0);
	s->disturber = disturber_open(DEEPPCB_SIDE, DEEPPCB_SIDE, SIDE, SIDE);
	for (int i = 0; i < parts; i++) {
		struct deeppcb_pair pair;
		struct okng_rect at[DISCS];
		deeppcb_load((int)((int64_t)i * n / (parts < n ? parts : n)) % n, &pair);
		struct okng_image golden = middle(&pair.golden);
		r = okng_inspector_golden(s->inspector, &golden);
		assert(r == 0);
		for (enum disturb_kind kind = 0; kind < DISTURB_KINDS; kind++)
			judge_good(s, kind, (uint64_t)i, &pair.golden);
		int discs = i % DEFECT_EVERY ? 0 : put_discs(&pair.golden, (uint64_t)i, at);
		for (enum disturb_kind kind = 0; kind < DISTURB_KINDS && discs; kind++)
			judge_bad(s, kind, (uint64_t)i, &pair.golden, at, discs);
		deeppcb_finish(&pair);
	}
	okng_model_close(&taught);
	okng_model_close(&model);
}

/* Prints the table; false: more is rejected, or less found, than may be. */
static bool print(const struct source *s, int parts)
{
	bool good = true;
	printf("%-10s %-11s  parts    OK    NG REVIEW FAULT  rejected  surely below   defects  found\n", "source", "disturbance");
	for (enum disturb_kind kind = 0; kind < DISTURB_KINDS; kind++) {
		const struct row *r = &s->row[kind];
		int out = r->ng + r->review + r->fault;
		double share = r->defects ? (double)r->found / r->defects : 0;
		printf("%-10s %-11s %6d %5d %5d %6d %5d  %6.2f %%      %6.2f %%  %7d  %.2f %%\n", s->name, disturb_name(kind), r->parts, r->parts - out,
			r->ng, r->review, r->fault, out * 100.0 / r->parts, score_upper(out, r->parts) * 100, r->defects, share * 100);
		good = good && out * 1000 <= r->parts && share >= s->floor;
	}
	return good || parts < ASSERTED;
}

static void finish(struct source *s)
{
	okng_inspector_close(&s->inspector);
	disturber_close(&s->disturber);
	okng_image_finish(&s->out);
}

int main(int argc, char **argv)
{
	int parts = argc > 1 ? atoi(argv[1]) : 1000;
	const char *only = argc > 2 ? argv[2] : NULL;
	struct source synthetic = {.name = "synthetic", .floor = FOUND_SYNTHETIC}, boards = {.name = "boards", .floor = FOUND_BOARDS};
	bool good = true;
	assert(parts > 0 && getenv("OKNG_RECIPES"));
	int n = only && strcmp(only, boards.name) != 0 ? 0 : deeppcb_open();
	if (only && strcmp(only, boards.name) == 0 && n == 0)
		return 77;
	if (!only || strcmp(only, synthetic.name) == 0) {
		judge_synthetic(&synthetic, parts);
		good = print(&synthetic, parts) && good;
	}
	if (n) {
		judge_boards(&boards, parts, n);
		good = print(&boards, parts) && good;
	}
	finish(&synthetic);
	finish(&boards);
	return good ? 0 : 1;
}

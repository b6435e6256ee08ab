/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool conductor: findings of conductor.h, named either by the forest the recipe was taught or by its rows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/compare.h"
#include "pipeline/conductor.h"
#include "pipeline/conductor_judge.h"
#include "pipeline/tool.h"

struct state {
	struct okng_tool tool;
	struct okng_image golden;
	struct okng_conductor *conductor;
	struct okng_conductor_judge *judge; /* NULL: the recipe's rows decide */
};

static void conductor_close(void **state)
{
	struct state *s = *state;
	*state = NULL;
	if (!s)
		return;
	okng_image_finish(&s->golden);
	okng_conductor_close(&s->conductor);
	okng_conductor_judge_close(&s->judge);
	free(s);
}

struct okng_conductor_setup okng_tool_conductor_setup(const struct okng_tool *tool)
{
	return (struct okng_conductor_setup){.threshold = tool->level, .dark = tool->conductor_dark, .search = tool->search,
		.margin = tool->box_margin, .least_box = tool->least_box};
}

static int open_judge(struct state *s, const struct okng_tool_setup *setup)
{
	const struct okng_chunk *chunk = okng_model_chunk(setup->model, OKNG_CHUNK_TREES, s->tool.name);
	if (!chunk)
		return okng_error_set(setup->err, -EINVAL, "", 0, "tool.decide",
			"tool %s decides by trees, but the model has none: teach it with okng learn --pairs, or set decide = \"rows\"", s->tool.name);
	return okng_conductor_judge_parse(&s->judge, chunk->bytes, chunk->size, "", setup->err);
}

static int conductor_open(void **state, const struct okng_tool_setup *setup)
{
	struct state *s = calloc(1, sizeof *s);
	*state = s;
	if (!s)
		return -ENOMEM;
	s->tool = *setup->tool;
	const struct okng_conductor_setup own = okng_tool_conductor_setup(setup->tool);
	int r = okng_image_init(&s->golden, setup->width, setup->height, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_conductor_open(&s->conductor, &own, setup->width, setup->height);
	if (r == 0 && s->tool.decide == OKNG_DECIDE_TREES)
		r = open_judge(s, setup);
	if (r < 0)
		return r;
	okng_compare_mean(setup->model, &s->golden);
	okng_conductor_golden(s->conductor, &s->golden);
	return 0;
}

static void conductor_golden(void *state, const struct okng_image *golden)
{
	struct state *s = state;
	okng_conductor_golden(s->conductor, golden);
}

static bool within(const struct okng_rect *inner, const struct okng_rect *outer)
{
	return inner->x >= outer->x && inner->y >= outer->y && inner->x + inner->w <= outer->x + outer->w &&
		inner->y + inner->h <= outer->y + outer->h;
}

static bool apart(const struct okng_rect *a, const struct okng_rect *b)
{
	return a->x >= b->x + b->w || b->x >= a->x + a->w || a->y >= b->y + b->h || b->y >= a->y + a->h;
}

/* Dropped is only what lies wholly outside the region, or wholly within one ignored rectangle. */
static bool counts(const struct okng_tool *t, const struct okng_conductor_finding *f)
{
	if (f->feature[OKNG_CONDUCTOR_area] < t->min_area || (t->region.w && apart(&f->tight, &t->region)))
		return false;
	for (int i = 0; i < t->n_ignore; i++)
		if (within(&f->tight, &t->ignore[i]))
			return false;
	return true;
}

static float pixels(int32_t sixteenths)
{
	return (float)sixteenths / 16;
}

/* What the rows look at first, in their words; whole words only. */
static void say_why(const struct okng_conductor_finding *f, char *why, size_t size)
{
	int n = snprintf(why, size, "conductors %d, grounds %d", f->feature[OKNG_CONDUCTOR_copper_change],
		f->feature[OKNG_CONDUCTOR_ground_change]);
	if (snprintf(why + n, size - (size_t)n, ", residue %d", f->feature[OKNG_CONDUCTOR_least_seeds]) >= (int)size - n)
		why[n] = '\0';
}

static struct okng_defect describe(const struct state *s, const struct okng_conductor_finding *f)
{
	const int32_t *v = f->feature;
	struct okng_defect d = {
		.box = f->box,
		.area = (uint32_t)v[OKNG_CONDUCTOR_area],
		.cx = (float)f->tight.x + (float)(f->tight.w - 1) / 2,
		.cy = (float)f->tight.y + (float)(f->tight.h - 1) / 2,
		.elongation = (float)v[OKNG_CONDUCTOR_elongation] / 1000,
		.contrast = 255,
		.fill = (float)v[OKNG_CONDUCTOR_fill] / 1000,
		.polarity = (v[OKNG_CONDUCTOR_added] != 0) == s->tool.conductor_dark ? OKNG_POLARITY_DARK : OKNG_POLARITY_BRIGHT,
		.conductor = {
			.added = v[OKNG_CONDUCTOR_added] != 0,
			.residue = (float)v[OKNG_CONDUCTOR_least_seeds],
			.depth = pixels(v[OKNG_CONDUCTOR_depth]),
			.relative_depth = (float)v[OKNG_CONDUCTOR_relative_depth] / 1000,
			.radius = pixels(v[OKNG_CONDUCTOR_radius]),
			.conductors = (float)v[OKNG_CONDUCTOR_copper_change],
			.grounds = (float)v[OKNG_CONDUCTOR_ground_change],
			.border = (float)v[OKNG_CONDUCTOR_border],
		},
	};
	if (s->judge) {
		d.scored = true;
		d.taught_class = okng_conductor_judge_run(s->judge, f, &d.score, d.why, sizeof d.why);
	} else {
		say_why(f, d.why, sizeof d.why);
	}
	return d;
}

static int conductor_run(void *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	struct state *s = state;
	int n = okng_conductor_run(s->conductor, img), found = 0;
	(void)spans; /* beyond the frame the image repeats its border, where a conductor at most grows longer */
	for (int i = 0; i < n; i++) {
		const struct okng_conductor_finding *f = okng_conductor_finding(s->conductor, i);
		if (!counts(&s->tool, f))
			continue;
		struct okng_defect d = describe(s, f);
		each(user, &d);
		found++;
	}
	return n < 0 ? n : found;
}

const struct okng_tool_kind okng_tool_conductor = {.open = conductor_open, .run = conductor_run, .close = conductor_close, .golden = conductor_golden};

/* SPDX-License-Identifier: Apache-2.0
 *
 * A pair that can't be read or aligned is named and left out; a mistake in its boxes is a person's, who can mend it: all of
 * them are named and nothing is written. A box that nothing was found in is counted: those are the defects that the tool
 * can't see whatever it is taught.
 */
#include "cli/learn_pairs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera/image_file.h"
#include "cli/boxes.h"
#include "cli/json.h"
#include "cli/pairs.h"
#include "cli/say.h"
#include "cli/taught.h"
#include "pipeline/conductor_judge.h"
#include "pipeline/conductor_learn.h"
#include "pipeline/tool.h"

/* What became of the pairs with one tool. */
struct lesson {
	const struct okng_tool *tool;
	int used, boxes, missed;
};

struct teaching {
	const char *list, *folder;
	struct okng_taught taught;
	struct okng_pairs pairs;
	int classes[OKNG_CLASSES_MAX], n_classes;
	struct okng_conductor_teacher *teacher;
	int32_t width, height;
	struct lesson lesson[OKNG_TOOLS_MAX];
	int n_lessons, left_out, mistakes;
	struct okng_json json;
	bool as_json;
};

static int ascending(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Boxes may be called what the rows call a defect of this tool. */
static void collect_classes(struct teaching *t, const struct okng_tool *tool)
{
	t->n_classes = 0;
	for (int i = 0; i < t->taught.recipe.n_classes; i++) {
		const struct okng_class *c = &t->taught.recipe.classes[i];

		if (c->verdict != OKNG_OK && (!*c->tool || strcmp(c->tool, tool->name) == 0))
			t->classes[t->n_classes++] = c->number;
	}
	qsort(t->classes, (size_t)t->n_classes, sizeof(*t->classes), ascending);
}

static int open_teacher(struct teaching *t, const struct okng_tool *tool, const struct okng_image *first, struct okng_error *err)
{
	const struct okng_conductor_setup setup = okng_tool_conductor_setup(tool);
	int rc;

	t->width = first->width;
	t->height = first->height;
	rc = okng_conductor_teacher_open(&t->teacher, &setup, t->classes, t->n_classes, t->width, t->height);
	return rc ? okng_error_set(err, rc, "", 0, "", "%s", strerror(-rc)) : 0;
}

static int add_images(struct teaching *t, const struct okng_pair *pair, const struct okng_image *golden, const struct okng_image *part,
	const struct okng_boxes *boxes, struct okng_error *err)
{
	struct lesson *l = &t->lesson[t->n_lessons];
	int rc;

	if (golden->width != part->width || golden->height != part->height)
		return okng_error_set(err, -EINVAL, pair->image, 0, "", "%d x %d pixels, its golden image has %d x %d", part->width, part->height,
			golden->width, golden->height);
	if (!t->teacher && (rc = open_teacher(t, l->tool, part, err)) != 0)
		return rc;
	if (part->width != t->width || part->height != t->height)
		return okng_error_set(err, -EINVAL, pair->image, 0, "", "%d x %d pixels, the first pair has %d x %d", part->width, part->height,
			t->width, t->height);
	rc = okng_conductor_teacher_add(t->teacher, golden, part, boxes->box, boxes->n, 0);
	if (rc >= 0) {
		l->used++;
		l->boxes += boxes->n;
		l->missed += rc;
		return 0;
	}
	return okng_error_set(err, rc, pair->image, 0, "", "%s", rc == -ENOENT ? "could not be aligned with its golden image" :
		rc == -EOVERFLOW ? "too much differs from its golden image" : strerror(-rc));
}

/* *mistake: what is wrong is in the boxes. */
static int add_pair(struct teaching *t, const struct okng_pair *pair, bool *mistake, struct okng_error *err)
{
	struct okng_image golden = { 0 }, part = { 0 };
	struct okng_boxes boxes = { 0 };
	char path[4096];
	int rc;

	*mistake = false;
	rc = okng_image_file_load(&golden, okng_pairs_resolve(t->list, pair->golden, path, sizeof(path)), err);
	if (!rc)
		rc = okng_image_file_load(&part, okng_pairs_resolve(t->list, pair->image, path, sizeof(path)), err);
	if (!rc) {
		rc = okng_boxes_find(t->folder, pair->image, path, sizeof(path), err);
		if (!rc)
			rc = okng_boxes_load(&boxes, path, err);
		if (!rc)
			rc = okng_boxes_check(&boxes, path, part.width, part.height, t->classes, t->n_classes, err);
		*mistake = rc && rc != -ENOMEM;
	}
	if (!rc)
		rc = add_images(t, pair, &golden, &part, &boxes, err);
	okng_image_finish(&golden);
	okng_image_finish(&part);
	okng_boxes_finish(&boxes);
	return rc;
}

static void leave_out(struct teaching *t, const struct okng_pair *pair, const struct okng_error *err, int rc)
{
	char why[sizeof(*err) + 32];

	t->left_out++;
	okng_say_error(err, rc, pair->image);
	okng_say("left out: %s", pair->image);
	if (t->as_json) {
		okng_json_object(&t->json, NULL);
		okng_json_string(&t->json, "file", pair->image);
		okng_json_string(&t->json, "why", err->text[0] ? okng_say_where(err, why, sizeof(why)) : strerror(-rc));
		okng_json_end_object(&t->json);
	}
}

/* 0 also when some were left out. */
static int add_pairs(struct teaching *t)
{
	for (int i = 0; i < t->pairs.n; i++) {
		struct okng_error err = { 0 };
		bool mistake;
		int rc = add_pair(t, &t->pairs.pair[i], &mistake, &err);

		if (rc == -ENOMEM)
			return rc;
		if (rc)
			leave_out(t, &t->pairs.pair[i], &err, rc);
		t->mistakes += mistake;
		okng_say_progress("learn", i + 1, t->pairs.n);
	}
	return 0;
}

/* All pairs through one tool; its chunk goes into model. Says what is wrong. */
static int teach_tool(struct teaching *t, const struct okng_tool *tool, struct okng_model *model)
{
	struct lesson *l = &t->lesson[t->n_lessons];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	*l = (struct lesson){ .tool = tool };
	collect_classes(t, tool);
	if (t->n_classes < 1 || t->n_classes > OKNG_CONDUCTOR_CLASSES_MAX) {
		okng_say("learn: tool %s has %d [[class]] rows to tell apart, it can be taught 1 to %d", tool->name, t->n_classes,
			OKNG_CONDUCTOR_CLASSES_MAX);
		return -EINVAL;
	}
	rc = add_pairs(t);
	if (!rc && t->mistakes)
		rc = -EBADMSG;
	if (!rc)
		rc = t->teacher ? okng_conductor_teacher_learn(t->teacher, -1, &bytes, &size) : -EINVAL;
	if (!rc)
		rc = okng_model_set_chunk(model, OKNG_CHUNK_TREES, tool->name, bytes, size);
	if (rc == -EBADMSG)
		okng_say("learn: mend the boxes of %d pairs; nothing written", t->mistakes);
	else if (rc == -EINVAL)
		okng_say("learn: %d pairs are not enough to teach tool %s; nothing written", l->used, tool->name);
	else if (rc)
		okng_say("learn: %s", strerror(-rc));
	free(bytes);
	okng_conductor_teacher_close(&t->teacher);
	t->n_lessons += rc == 0;
	return rc;
}

static void report(struct teaching *t, const char *path)
{
	for (int i = 0; path && !t->as_json && i < t->n_lessons; i++)
		printf("%s: tool %s taught from %d pairs, %d left out; %d boxes, %d without a finding\n", path, t->lesson[i].tool->name,
			t->lesson[i].used, t->pairs.n - t->lesson[i].used, t->lesson[i].boxes, t->lesson[i].missed);
	if (!t->as_json)
		return;
	okng_json_end_array(&t->json);
	okng_json_bool(&t->json, "taught", path != NULL);
	okng_json_string(&t->json, "model", path ? path : "");
	okng_json_array(&t->json, "tools");
	for (int i = 0; path && i < t->n_lessons; i++) {
		okng_json_object(&t->json, NULL);
		okng_json_string(&t->json, "tool", t->lesson[i].tool->name);
		okng_json_int(&t->json, "pairs", t->lesson[i].used);
		okng_json_int(&t->json, "boxes", t->lesson[i].boxes);
		okng_json_int(&t->json, "without_finding", t->lesson[i].missed);
		okng_json_end_object(&t->json);
	}
	okng_json_end_array(&t->json);
	okng_json_end_object(&t->json);
}

/* The model there was, for what it holds besides; an empty one where none is, or none of use with this recipe. */
static int open_model(struct okng_model **model, const char *path, const struct okng_recipe *recipe)
{
	uint32_t hash = okng_recipe_hash(recipe);
	int rc;

	if (access(path, F_OK) == 0 && okng_model_load(model, path, NULL) == 0) {
		if ((*model)->recipe_hash == hash)
			return 0;
		okng_model_close(model);
	}
	rc = okng_model_new(model, 0, 0);
	if (!rc)
		(*model)->recipe_hash = hash;
	return rc;
}

static int teach_tools(struct teaching *t, const char *recipe, struct okng_model *model)
{
	int rc = 0;

	for (int i = 0; i < t->taught.recipe.n_tools && !rc; i++) {
		const struct okng_tool *tool = &t->taught.recipe.tools[i];

		if (tool->type == OKNG_TOOL_CONDUCTOR && tool->decide == OKNG_DECIDE_TREES)
			rc = teach_tool(t, tool, model);
	}
	if (!rc && !t->n_lessons) {
		okng_say("learn: %s has no [[tool]] of type \"conductor\" that decides by \"trees\": nothing to teach from pairs", recipe);
		rc = -EINVAL;
	}
	return rc;
}

static int teach(struct teaching *t, const char *recipe)
{
	struct okng_error err = { 0 };
	struct okng_model *model = NULL;
	char path[4096];
	int rc;

	if (t->as_json) {
		okng_json_init(&t->json, stdout);
		okng_json_object(&t->json, NULL);
		okng_json_array(&t->json, "left_out");
	}
	rc = okng_taught_model_path(recipe, path, sizeof(path));
	if (!rc)
		rc = open_model(&model, path, &t->taught.recipe);
	if (rc)
		okng_say("learn: %s", strerror(-rc));
	if (!rc)
		rc = teach_tools(t, recipe, model);
	if (!rc) {
		rc = okng_model_save(model, path, &err);
		if (rc)
			okng_say_error(&err, rc, "learn");
	}
	report(t, rc ? NULL : path);
	okng_model_close(&model);
	return rc;
}

int okng_learn_pairs(const char *recipe, const char *pairs, const char *boxes, bool json)
{
	struct teaching t = { .list = pairs, .folder = boxes, .as_json = json };
	struct okng_error err = { 0 };
	int rc;

	rc = okng_taught_open_recipe(&t.taught, recipe);
	if (!rc) {
		rc = okng_pairs_load(&t.pairs, pairs, &err);
		if (rc)
			okng_say_error(&err, rc, pairs);
	}
	if (!rc)
		rc = teach(&t, recipe);
	okng_pairs_finish(&t.pairs);
	okng_taught_close(&t.taught);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A pair that can't be read or aligned is named and left out; a box that nothing was found in is counted: those are the
 * defects that the tool can't see whatever it is taught.
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
#include "pipeline/conductor_learn.h"
#include "pipeline/tool.h"

struct teaching {
	const char *list, *folder;
	struct okng_taught taught;
	struct okng_pairs pairs;
	const struct okng_tool *tool;
	int classes[OKNG_CLASSES_MAX], n_classes;
	struct okng_conductor_teacher *teacher;
	int32_t width, height;
	int used, left_out, boxes, missed;
};

static int ascending(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Boxes may be called what the rows call a defect of this tool. */
static void collect_classes(struct teaching *t)
{
	t->n_classes = 0;
	for (int i = 0; i < t->taught.recipe.n_classes; i++) {
		const struct okng_class *c = &t->taught.recipe.classes[i];

		if (c->verdict != OKNG_OK && (!*c->tool || strcmp(c->tool, t->tool->name) == 0))
			t->classes[t->n_classes++] = c->number;
	}
	qsort(t->classes, (size_t)t->n_classes, sizeof(*t->classes), ascending);
}

static int add_images(struct teaching *t, const struct okng_pair *pair, const struct okng_image *golden, const struct okng_image *part,
	const struct okng_boxes *boxes, struct okng_error *err)
{
	const struct okng_conductor_setup setup = okng_tool_conductor_setup(t->tool);
	int rc;

	if (golden->width != part->width || golden->height != part->height)
		return okng_error_set(err, -EINVAL, pair->image, 0, "", "%d x %d pixels, its golden image has %d x %d", part->width, part->height,
			golden->width, golden->height);
	if (!t->teacher) {
		t->width = part->width;
		t->height = part->height;
		rc = okng_conductor_teacher_open(&t->teacher, &setup, t->classes, t->n_classes, t->width, t->height);
		if (rc)
			return okng_error_set(err, rc, "", 0, "class", "%s",
				rc == -EINVAL ? "the recipe needs 1 to 15 [[class]] rows to teach" : strerror(-rc));
	}
	if (part->width != t->width || part->height != t->height)
		return okng_error_set(err, -EINVAL, pair->image, 0, "", "%d x %d pixels, the first pair has %d x %d", part->width, part->height,
			t->width, t->height);
	rc = okng_conductor_teacher_add(t->teacher, golden, part, boxes->box, boxes->n, 0);
	if (rc >= 0) {
		t->used++;
		t->boxes += boxes->n;
		t->missed += rc;
		return 0;
	}
	return okng_error_set(err, rc, pair->image, 0, "", "%s", rc == -ENOENT ? "could not be aligned with its golden image" :
		rc == -EINVAL ? "a box has a class that no [[class]] row has" : rc == -EOVERFLOW ? "too much differs" : strerror(-rc));
}

static int add_pair(struct teaching *t, const struct okng_pair *pair, struct okng_error *err)
{
	struct okng_image golden = { 0 }, part = { 0 };
	struct okng_boxes boxes = { 0 };
	char path[4096];
	int rc;

	rc = okng_image_file_load(&golden, okng_pairs_resolve(t->list, pair->golden, path, sizeof(path)), err);
	if (!rc)
		rc = okng_image_file_load(&part, okng_pairs_resolve(t->list, pair->image, path, sizeof(path)), err);
	if (!rc)
		rc = okng_boxes_find(t->folder, pair->image, path, sizeof(path), err);
	if (!rc)
		rc = okng_boxes_load(&boxes, path, err);
	if (!rc)
		rc = add_images(t, pair, &golden, &part, &boxes, err);
	okng_image_finish(&golden);
	okng_image_finish(&part);
	okng_boxes_finish(&boxes);
	return rc;
}

/* All pairs through one tool; its chunk goes into model. */
static int teach_tool(struct teaching *t, struct okng_model *model)
{
	struct okng_error err = { 0 };
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = 0;

	collect_classes(t);
	t->used = t->left_out = t->boxes = t->missed = 0;
	for (int i = 0; i < t->pairs.n; i++) {
		memset(&err, 0, sizeof(err));
		rc = add_pair(t, &t->pairs.pair[i], &err);
		if (rc == -ENOMEM || (rc && !t->teacher && !t->used && !strcmp(err.key, "class")))
			break;
		if (rc) {
			okng_say_error(&err, rc, t->pairs.pair[i].image);
			okng_say("left out: %s", t->pairs.pair[i].image);
			t->left_out++;
		}
		rc = 0;
		okng_say_progress("learn", i + 1, t->pairs.n);
	}
	if (rc)
		okng_say_error(&err, rc, "learn");
	if (!rc && !t->teacher)
		rc = -ENODATA;
	if (!rc)
		rc = okng_conductor_teacher_learn(t->teacher, -1, &bytes, &size);
	if (!rc)
		rc = okng_model_set_chunk(model, OKNG_CHUNK_TREES, t->tool->name, bytes, size);
	if (rc == -ENODATA || rc == -EINVAL)
		okng_say("learn: %d pairs are not enough to teach tool %s; nothing written", t->used, t->tool->name);
	free(bytes);
	okng_conductor_teacher_close(&t->teacher);
	return rc;
}

static void report(const struct teaching *t, const char *path, bool json)
{
	struct okng_json out;

	if (!json) {
		printf("%s: tool %s taught from %d pairs, %d left out; %d boxes, %d without a finding\n", path, t->tool->name, t->used,
			t->left_out, t->boxes, t->missed);
		return;
	}
	okng_json_init(&out, stdout);
	okng_json_object(&out, NULL);
	okng_json_string(&out, "model", path);
	okng_json_string(&out, "tool", t->tool->name);
	okng_json_int(&out, "pairs", t->used);
	okng_json_int(&out, "left_out", t->left_out);
	okng_json_int(&out, "boxes", t->boxes);
	okng_json_int(&out, "without_finding", t->missed);
	okng_json_end_object(&out);
}

/* The model there was, for what it holds besides; an empty one where none is or it is no good. */
static int open_model(struct okng_model **model, const char *path, const struct okng_recipe *recipe)
{
	struct okng_error err = { 0 };
	int rc;

	if (access(path, F_OK) == 0 && okng_model_load(model, path, &err) == 0)
		return 0;
	rc = okng_model_new(model, 0, 0);
	if (!rc)
		(*model)->recipe_hash = okng_recipe_hash(recipe);
	return rc;
}

static int teach(struct teaching *t, const char *recipe, bool json)
{
	struct okng_error err = { 0 };
	struct okng_model *model = NULL;
	char path[4096];
	int rc, tools = 0;

	rc = okng_taught_model_path(recipe, path, sizeof(path));
	if (!rc)
		rc = open_model(&model, path, &t->taught.recipe);
	for (int i = 0; i < t->taught.recipe.n_tools && !rc; i++) {
		t->tool = &t->taught.recipe.tools[i];
		if (t->tool->type != OKNG_TOOL_CONDUCTOR || t->tool->decide != OKNG_DECIDE_TREES)
			continue;
		tools++;
		rc = teach_tool(t, model);
		if (!rc)
			rc = okng_model_save(model, path, &err);
		if (rc && err.text[0])
			okng_say_error(&err, rc, "learn");
		if (!rc)
			report(t, path, json);
	}
	if (!rc && !tools) {
		okng_say("learn: %s has no [[tool]] of type \"conductor\" that decides by \"trees\": nothing to teach from pairs", recipe);
		rc = -EINVAL;
	}
	okng_model_close(&model);
	return rc;
}

int okng_learn_pairs(const char *recipe, const char *pairs, const char *boxes, bool json)
{
	struct teaching t = { .list = pairs, .folder = boxes };
	struct okng_error err = { 0 };
	int rc;

	rc = okng_taught_open_recipe(&t.taught, recipe);
	if (!rc) {
		rc = okng_pairs_load(&t.pairs, pairs, &err);
		if (rc)
			okng_say_error(&err, rc, pairs);
	}
	if (!rc)
		rc = teach(&t, recipe, json);
	okng_pairs_finish(&t.pairs);
	okng_taught_close(&t.taught);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Boxes and findings are matched greedily by their overlap, as the score of such data sets does it.
 */
#include "pipeline/conductor_learn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/conductor_judge.h"
#include "pipeline/trees.h"
#include "pipeline/trees_format.h"

#define OVERLAP 0.33 /* a finding meets a box when they have more than this in common */
#define ROUNDS 100
#define LEAVES 8
#define LEAST 10
#define RATE 0.1

struct okng_conductor_teacher {
	struct okng_conductor *conductor;
	int classes[OKNG_CONDUCTOR_CLASSES_MAX], n_classes;
	size_t n, room;
	int32_t (*features)[OKNG_CONDUCTOR_FEATURES];
	uint8_t *labels;
	int *groups;
};

void okng_conductor_teacher_close(struct okng_conductor_teacher **teacher)
{
	struct okng_conductor_teacher *t = *teacher;
	*teacher = NULL;
	if (!t)
		return;
	okng_conductor_close(&t->conductor);
	free(t->features);
	free(t->labels);
	free(t->groups);
	free(t);
}

int okng_conductor_teacher_open(struct okng_conductor_teacher **teacher, const struct okng_conductor_setup *setup,
	const int *class_numbers, int n, int32_t width, int32_t height)
{
	*teacher = NULL;
	if (n < 1 || n > OKNG_CONDUCTOR_CLASSES_MAX)
		return -EINVAL;
	struct okng_conductor_teacher *t = calloc(1, sizeof *t);
	if (!t)
		return -ENOMEM;
	memcpy(t->classes, class_numbers, (size_t)n * sizeof *class_numbers);
	t->n_classes = n;
	int r = okng_conductor_open(&t->conductor, setup, width, height);
	if (r < 0)
		okng_conductor_teacher_close(&t);
	*teacher = t;
	return r;
}

static int32_t common(int32_t a, int32_t a_length, int32_t b, int32_t b_length)
{
	int32_t from = a > b ? a : b, to = a + a_length < b + b_length ? a + a_length : b + b_length;
	return to > from ? to - from : 0;
}

double okng_conductor_overlap(struct okng_rect a, struct okng_rect b)
{
	double both = (double)common(a.x, a.w, b.x, b.w) * common(a.y, a.h, b.y, b.h);
	double all = (double)a.w * a.h + (double)b.w * b.h - both;
	return all > 0 ? both / all : 0;
}

static int label_of(const struct okng_conductor_teacher *t, int class_number)
{
	for (int i = 0; i < t->n_classes; i++)
		if (t->classes[i] == class_number)
			return i + 1;
	return -EINVAL;
}

static int make_room(struct okng_conductor_teacher *t, size_t n)
{
	if (t->n + n <= t->room)
		return 0;
	size_t room = 2 * (t->n + n);
	void *features = realloc(t->features, room * sizeof *t->features);
	if (features)
		t->features = features;
	void *labels = realloc(t->labels, room);
	if (labels)
		t->labels = labels;
	void *groups = realloc(t->groups, room * sizeof *t->groups);
	if (groups)
		t->groups = groups;
	if (!features || !labels || !groups)
		return -ENOMEM;
	t->room = room;
	return 0;
}

/* The best pair of a box and a finding not yet taken goes first. Returns the boxes left over. */
static int match(struct okng_conductor_teacher *t, int found, const struct okng_conductor_box *boxes, int n)
{
	bool taken[OKNG_CONDUCTOR_FINDINGS_MAX] = {0};
	uint8_t *label = t->labels ? t->labels + t->n : NULL; /* nothing was ever found */
	int left = n;
	for (int i = 0; i < found; i++)
		label[i] = 0;
	for (;;) {
		double most = OVERLAP;
		int bi = -1, bk = -1;
		for (int i = 0; i < found; i++)
			for (int k = 0; k < n && !label[i]; k++) {
				double v = taken[k] ? 0 : okng_conductor_overlap(okng_conductor_finding(t->conductor, i)->box, boxes[k].rect);
				if (v > most) {
					most = v;
					bi = i;
					bk = k;
				}
			}
		if (bi < 0)
			return left;
		label[bi] = (uint8_t)label_of(t, boxes[bk].class_number);
		taken[bk] = true;
		left--;
	}
}

int okng_conductor_teacher_add(struct okng_conductor_teacher *t, const struct okng_image *golden, const struct okng_image *part,
	const struct okng_conductor_box *boxes, int n, int group)
{
	if (n > OKNG_CONDUCTOR_FINDINGS_MAX)
		return -EOVERFLOW;
	for (int i = 0; i < n; i++)
		if (label_of(t, boxes[i].class_number) < 0)
			return -EINVAL;
	okng_conductor_golden(t->conductor, golden);
	int found = okng_conductor_run(t->conductor, part);
	if (found < 0)
		return found;
	if (make_room(t, (size_t)found) < 0)
		return -ENOMEM;
	int left = match(t, found, boxes, n);
	for (int i = 0; i < found; i++) {
		memcpy(t->features[t->n + (size_t)i], okng_conductor_finding(t->conductor, i)->feature, sizeof *t->features);
		t->groups[t->n + (size_t)i] = group;
	}
	t->n += (size_t)found;
	return left;
}

size_t okng_conductor_teacher_samples(const struct okng_conductor_teacher *t)
{
	return t->n;
}

static int pack(const struct okng_conductor_teacher *t, const uint8_t *forest, size_t forest_size, uint8_t **bytes, size_t *size)
{
	size_t head = 4 * (size_t)(1 + t->n_classes);
	uint8_t *b = malloc(head + forest_size);
	if (!b)
		return -ENOMEM;
	okng_trees_put(b, (uint32_t)t->n_classes);
	for (int i = 0; i < t->n_classes; i++)
		okng_trees_put(b + 4 * (i + 1), (uint32_t)t->classes[i]);
	memcpy(b + head, forest, forest_size);
	*bytes = b;
	*size = head + forest_size;
	return 0;
}

int okng_conductor_teacher_learn(const struct okng_conductor_teacher *t, int without, uint8_t **bytes, size_t *size)
{
	const struct okng_trees_teaching teaching = {.kind = okng_conductor_feature_kind(), .n_features = OKNG_CONDUCTOR_FEATURES,
		.n_classes = t->n_classes + 1, .rounds = ROUNDS, .leaves = LEAVES, .least = LEAST, .rate = RATE};
	int32_t (*features)[OKNG_CONDUCTOR_FEATURES] = calloc(t->n + 1, sizeof *features);
	uint8_t *labels = calloc(t->n + 1, 1), *forest = NULL;
	size_t n = 0, forest_size = 0;
	int r = features && labels ? 0 : -ENOMEM;
	for (size_t i = 0; i < t->n && r == 0; i++) {
		if (without >= 0 && t->groups[i] == without)
			continue;
		memcpy(features[n], t->features[i], sizeof *features);
		labels[n++] = t->labels[i];
	}
	if (r == 0)
		r = okng_trees_learn(&teaching, features[0], labels, n, &forest, &forest_size);
	if (r == 0)
		r = pack(t, forest, forest_size, bytes, size);
	free(features);
	free(labels);
	free(forest);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The score keeps two promises: its limit of 0.5 is where a defect becomes likelier than none, whichever it is, and above
 * it orders findings by how sure their class is.
 */
#include "pipeline/conductor_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/trees.h"
#include "pipeline/trees_format.h"

struct okng_conductor_judge {
	int number[OKNG_CONDUCTOR_CLASSES_MAX], n;
	struct okng_trees *trees;
};

static int damaged(const char *name, struct okng_error *err)
{
	return okng_error_set(err, -EINVAL, name, 0, "trees", "the taught classifier is damaged: teach the recipe again with okng learn --pairs");
}

int okng_conductor_judge_parse(struct okng_conductor_judge **judge, const void *bytes, size_t size, const char *name,
	struct okng_error *err)
{
	const uint8_t *b = bytes;
	*judge = NULL;
	uint32_t n = size >= 4 ? okng_trees_get(b) : 0;
	if (n < 1 || n > OKNG_CONDUCTOR_CLASSES_MAX || size < 4 * (size_t)(n + 1))
		return damaged(name, err);
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t number = okng_trees_get(b + 4 * i);
		if (number < 1 || number > 999 || (i > 1 && number <= okng_trees_get(b + 4 * (i - 1))))
			return damaged(name, err);
	}
	struct okng_conductor_judge *j = calloc(1, sizeof *j);
	if (!j)
		return okng_error_set(err, -ENOMEM, name, 0, "trees", "out of memory");
	j->n = (int)n;
	for (uint32_t i = 0; i < n; i++)
		j->number[i] = (int)okng_trees_get(b + 4 * (i + 1));
	size_t head = 4 * (size_t)(n + 1);
	int r = okng_trees_parse(&j->trees, b + head, size - head, okng_conductor_feature_kind(), OKNG_CONDUCTOR_FEATURES, name, err);
	if (r == 0 && okng_trees_classes(j->trees) != j->n + 1)
		r = damaged(name, err);
	if (r < 0)
		okng_conductor_judge_close(&j);
	*judge = j;
	return r;
}

void okng_conductor_judge_close(struct okng_conductor_judge **judge)
{
	struct okng_conductor_judge *j = *judge;
	*judge = NULL;
	if (!j)
		return;
	okng_trees_close(&j->trees);
	free(j);
}

int okng_conductor_judge_run(const struct okng_conductor_judge *j, const struct okng_conductor_finding *finding, float *score,
	char *why, size_t size)
{
	double p[OKNG_TREES_CLASSES_MAX];
	int best = 1, most[2];
	okng_trees_run(j->trees, finding->feature, p);
	for (int k = 2; k <= j->n; k++)
		if (p[k] > p[best])
			best = k;
	*score = (float)(p[0] <= 0.5 ? 0.5 + p[best] / 2 : p[best]);
	if (!why)
		return j->number[best - 1];
	*why = '\0';
	okng_trees_explain(j->trees, finding->feature, best, most, 2);
	for (int i = 0, at = 0; i < 2 && most[i] >= 0 && at >= 0 && (size_t)at < size; i++) {
		int n = snprintf(why + at, size - (size_t)at, "%s%s %d", i ? ", " : "", okng_conductor_feature_name(most[i]),
			finding->feature[most[i]]);
		if (n < 0 || (size_t)(at + n) >= size) {
			why[at] = '\0'; /* whole words only */
			break;
		}
		at += n;
	}
	return j->number[best - 1];
}

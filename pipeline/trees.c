/* SPDX-License-Identifier: Apache-2.0
 *
 * Children lie after their parent and have no other, which the reader checks: a walk always ends.
 *
 * A forest is not walked to be run: a tree's branch is a guess that the processor gets wrong half of the time. Feature by
 * feature the splits that send it right strike the leaves to their left off their trees; the first leaf left is where a
 * walk would have ended (C. Lucchese et al., "QuickScorer", SIGIR 2015).
 */
#include "pipeline/trees.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/trees_format.h"

struct node {
	uint8_t feature, left, right;
	int32_t threshold, value;
};

/* A split that strikes off leaves when the feature is above its threshold. */
struct split {
	int32_t threshold;
	uint16_t tree, keeps; /* bit: leaf, from left to right */
};

struct okng_trees {
	int features, classes, rounds;
	uint32_t of_feature[OKNG_TREES_FEATURES_MAX + 1]; /* where a feature's splits begin; by rising thresholds */
	struct split *splits;
	int32_t *leaves; /* [tree][leaf] */
	double start[OKNG_TREES_CLASSES_MAX];
	uint32_t *first; /* of rounds × classes trees: index of the root */
	struct node *nodes;
};

static int refuse(struct okng_error *err, const char *name, const char *why)
{
	return okng_error_set(err, -EINVAL, name, 0, "trees", "%s: teach the recipe again with okng learn --pairs", why);
}

static int check_tree(const uint8_t *p, uint32_t n, int features)
{
	uint32_t parents = 1; /* bit: the node has one; the root needs none */
	for (uint32_t i = 0; i < n; i++, p += OKNG_TREES_NODE) {
		if (p[3] || (p[0] == OKNG_TREES_LEAF ? p[1] || p[2] : p[0] >= features || p[1] <= i || p[2] <= i || p[1] >= n || p[2] >= n))
			return -EINVAL;
		if (p[0] == OKNG_TREES_LEAF)
			continue;
		uint32_t children = (uint32_t)1 << p[1] | (uint32_t)1 << p[2];
		if (p[1] == p[2] || (parents & children))
			return -EINVAL;
		parents |= children;
	}
	return parents == (uint32_t)(((uint64_t)1 << n) - 1) ? 0 : -EINVAL;
}

/* All of it against the size, before anything is allocated. */
static int check(const uint8_t *b, size_t size, uint32_t kind, int n_features, const char *name, struct okng_error *err)
{
	if (size < OKNG_TREES_HEADER || okng_trees_get(b) != OKNG_TREES_MAGIC)
		return refuse(err, name, "the taught classifier is damaged");
	if (okng_trees_get(b + 4) != kind || okng_trees_get(b + 8) != (uint32_t)n_features)
		return refuse(err, name, "it was taught for other features than this okng measures");
	uint32_t classes = okng_trees_get(b + 12), rounds = okng_trees_get(b + 16), nodes = okng_trees_get(b + 20);
	if (classes < 2 || classes > OKNG_TREES_CLASSES_MAX || rounds < 1 || rounds > OKNG_TREES_ROUNDS_MAX ||
	    nodes > classes * rounds * (2 * OKNG_TREES_LEAVES_MAX - 1) ||
	    size != OKNG_TREES_HEADER + (size_t)classes * 4 + (size_t)classes * rounds * 4 + (size_t)nodes * OKNG_TREES_NODE)
		return refuse(err, name, "the taught classifier is damaged");
	const uint8_t *counts = b + OKNG_TREES_HEADER + (size_t)classes * 4, *p = counts + (size_t)classes * rounds * 4;
	uint32_t left = nodes;
	for (uint32_t i = 0; i < classes * rounds; i++) {
		uint32_t n = okng_trees_get(counts + (size_t)i * 4);
		if (n < 1 || n > 2 * OKNG_TREES_LEAVES_MAX - 1 || n > left || check_tree(p, n, n_features) < 0)
			return refuse(err, name, "the taught classifier is damaged");
		left -= n;
		p += (size_t)n * OKNG_TREES_NODE;
	}
	return left ? refuse(err, name, "the taught classifier is damaged") : 0;
}

static void read_nodes(struct okng_trees *t, const uint8_t *b, uint32_t nodes)
{
	uint32_t trees = (uint32_t)(t->classes * t->rounds);
	const uint8_t *starts = b + OKNG_TREES_HEADER, *counts = starts + t->classes * 4, *p = counts + (size_t)trees * 4;
	for (int k = 0; k < t->classes; k++)
		t->start[k] = (double)(int32_t)okng_trees_get(starts + k * 4) / OKNG_TREES_ONE;
	for (uint32_t i = 0, at = 0; i < trees; i++) {
		t->first[i] = at;
		at += okng_trees_get(counts + (size_t)i * 4);
	}
	for (uint32_t i = 0; i < nodes; i++, p += OKNG_TREES_NODE)
		t->nodes[i] = (struct node){p[0], p[1], p[2], (int32_t)okng_trees_get(p + 4), (int32_t)okng_trees_get(p + 8)};
}

/* A split on its way to its feature. */
struct placed {
	struct split split;
	uint8_t feature;
};

/* Fills the leaves of tree i from node `at` on, the next of them being number *leaf, and its splits; the leaves found. */
static uint16_t place(struct okng_trees *t, uint32_t i, uint32_t at, int *leaf, struct placed **next)
{
	const struct node *node = &t->nodes[t->first[i] + at];
	if (node->feature == OKNG_TREES_LEAF) {
		t->leaves[i * OKNG_TREES_LEAVES_MAX + (uint32_t)*leaf] = node->value;
		return (uint16_t)(1u << (*leaf)++);
	}
	struct placed *own = (*next)++;
	uint16_t left = place(t, i, node->left, leaf, next), right = place(t, i, node->right, leaf, next);
	*own = (struct placed){{node->threshold, (uint16_t)i, (uint16_t)~left}, node->feature};
	return left | right;
}

static int by_feature_and_threshold(const void *a, const void *b)
{
	const struct placed *p = a, *q = b;
	if (p->feature != q->feature)
		return p->feature - q->feature;
	if (p->split.threshold != q->split.threshold)
		return p->split.threshold < q->split.threshold ? -1 : 1;
	return p->split.tree - q->split.tree;
}

static int order_splits(struct okng_trees *t, uint32_t nodes)
{
	uint32_t trees = (uint32_t)(t->classes * t->rounds), n = (nodes - trees) / 2; /* one fewer than a tree has leaves */
	struct placed *all = calloc(n + 1, sizeof *all), *next = all;
	t->splits = calloc(n + 1, sizeof *t->splits);
	t->leaves = calloc((size_t)trees * OKNG_TREES_LEAVES_MAX, sizeof *t->leaves);
	if (!all || !t->splits || !t->leaves) {
		free(all);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < trees; i++) {
		int leaf = 0;
		place(t, i, 0, &leaf, &next);
	}
	qsort(all, n, sizeof *all, by_feature_and_threshold);
	for (uint32_t i = 0, f = 0; i <= n; i++) {
		for (; f <= OKNG_TREES_FEATURES_MAX && (i == n || f <= all[i].feature); f++)
			t->of_feature[f] = i;
		t->splits[i] = all[i].split;
	}
	free(all);
	return 0;
}

int okng_trees_parse(struct okng_trees **trees, const void *bytes, size_t size, uint32_t kind, int n_features, const char *name,
	struct okng_error *err)
{
	const uint8_t *b = bytes;
	*trees = NULL;
	int r = check(b, size, kind, n_features, name, err);
	if (r < 0)
		return r;
	struct okng_trees *t = calloc(1, sizeof *t);
	uint32_t nodes = okng_trees_get(b + 20);
	r = -ENOMEM;
	if (t) {
		t->features = n_features;
		t->classes = (int)okng_trees_get(b + 12);
		t->rounds = (int)okng_trees_get(b + 16);
		t->first = calloc((size_t)(t->classes * t->rounds), sizeof *t->first);
		t->nodes = calloc(nodes, sizeof *t->nodes);
	}
	if (t && t->first && t->nodes) {
		read_nodes(t, b, nodes);
		r = order_splits(t, nodes);
	}
	if (r < 0) {
		okng_trees_close(&t);
		return okng_error_set(err, r, name, 0, "trees", "out of memory");
	}
	*trees = t;
	return 0;
}

int okng_trees_classes(const struct okng_trees *trees)
{
	return trees->classes;
}

static const struct node *step(const struct node *tree, const struct node *at, const int32_t *features)
{
	return tree + (features[at->feature] <= at->threshold ? at->left : at->right);
}

void okng_trees_run(const struct okng_trees *t, const int32_t *features, double *probability)
{
	uint16_t kept[OKNG_TREES_CLASSES_MAX * OKNG_TREES_ROUNDS_MAX];
	int64_t sum[OKNG_TREES_CLASSES_MAX] = {0};
	int trees = t->classes * t->rounds;
	memset(kept, 0xff, (size_t)trees * sizeof *kept);
	for (int f = 0; f < t->features; f++)
		for (uint32_t i = t->of_feature[f]; i < t->of_feature[f + 1] && features[f] > t->splits[i].threshold; i++)
			kept[t->splits[i].tree] &= t->splits[i].keeps;
	const int32_t *leaves = t->leaves;
	for (int r = 0, i = 0; r < t->rounds; r++)
		for (int k = 0; k < t->classes; k++, i++, leaves += OKNG_TREES_LEAVES_MAX)
			sum[k] += leaves[__builtin_ctz(kept[i])];
	for (int k = 0; k < t->classes; k++)
		probability[k] = t->start[k] + (double)sum[k] / OKNG_TREES_ONE;
	okng_trees_softmax(probability, t->classes);
}

void okng_trees_explain(const struct okng_trees *t, const int32_t *features, int chosen, int *most, int n)
{
	int64_t spoke[OKNG_TREES_FEATURES_MAX] = {0};
	for (int i = 0; i < t->classes * t->rounds; i++) {
		int k = i % t->classes, sign = k == chosen ? 1 : k == 0 ? -1 : 0;
		const struct node *tree = &t->nodes[t->first[i]], *at = tree;
		while (sign && at->feature != OKNG_TREES_LEAF) {
			const struct node *next = step(tree, at, features);
			spoke[at->feature] += sign * ((int64_t)next->value - at->value);
			at = next;
		}
	}
	for (int i = 0; i < n; i++) {
		int best = -1;
		for (int f = 0; f < t->features; f++)
			if (spoke[f] > 0 && (best < 0 || spoke[f] > spoke[best]))
				best = f;
		most[i] = best;
		if (best >= 0)
			spoke[best] = 0;
	}
}

void okng_trees_close(struct okng_trees **trees)
{
	struct okng_trees *t = *trees;
	*trees = NULL;
	if (!t)
		return;
	free(t->splits);
	free(t->leaves);
	free(t->first);
	free(t->nodes);
	free(t);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A boosted forest of small trees over whole-number features: which class a candidate belongs to, and which features
 * decided. Class 0 means "none of them". Thresholds and leaves are integers, so that a forest gives the same probability
 * to the last bit everywhere. Algorithm: gradient tree boosting with the multinomial deviance (J. H. Friedman, "Greedy
 * function approximation: a gradient boosting machine", Annals of Statistics 29, 2001).
 */
#ifndef OKNG_PIPELINE_TREES_H
#define OKNG_PIPELINE_TREES_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/error.h"

#define OKNG_TREES_CLASSES_MAX 16
#define OKNG_TREES_FEATURES_MAX 128
#define OKNG_TREES_LEAVES_MAX 16 /* bits of a mask of leaves */
#define OKNG_TREES_ROUNDS_MAX 400

struct okng_trees;

/* From the bytes of okng_trees_learn; name: what errors call them. kind: what the features are, which must be what they
 * were taught for. 0; -EINVAL with *err (damaged, or taught for other features); -ENOMEM. Everything is checked before
 * anything is allocated. */
int okng_trees_parse(struct okng_trees **trees, const void *bytes, size_t size, uint32_t kind, int n_features, const char *name,
	struct okng_error *err);

int okng_trees_classes(const struct okng_trees *trees); /* how many, with class 0 */

/* Fills probability of every class; their sum is 1. No heap. */
void okng_trees_run(const struct okng_trees *trees, const int32_t *features, double *probability);

/* What spoke for class `chosen` against class 0: the features whose splits moved the answer most, strongest first; -1 where
 * fewer spoke (A. Saabas' decomposition of a path). */
void okng_trees_explain(const struct okng_trees *trees, const int32_t *features, int chosen, int *most, int n);

void okng_trees_close(struct okng_trees **trees);

struct okng_trees_teaching {
	uint32_t kind;           /* kept in the bytes, asked for by okng_trees_parse */
	int n_features, n_classes;
	int rounds, leaves;      /* trees a class, leaves a tree */
	int least;               /* fewest samples in a leaf */
	double rate;             /* what share of each tree's advice is taken */
};

/* Teaches n samples, features one sample after the other, labels 0 to n_classes - 1. *bytes is malloc'd for the caller.
 * The same samples in the same order give the same bytes. 0, -EINVAL (a parameter, a label out of range, fewer than
 * 2 · least samples), -ENOMEM. */
int okng_trees_learn(const struct okng_trees_teaching *teaching, const int32_t *features, const uint8_t *labels, size_t n,
	uint8_t **bytes, size_t *size);

#endif

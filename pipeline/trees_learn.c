/* SPDX-License-Identifier: Apache-2.0
 *
 * Features are put into bins once; a tree then grows best leaf first from histograms of gradients (G. Ke et al.,
 * "LightGBM: a highly efficient gradient boosting decision tree", 2017). Sums run over the samples in their order, and of
 * two splits as good the one of the lower feature and bin is taken: the same samples give the same forest.
 */
#include "pipeline/trees.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>

#include "pipeline/trees_format.h"

#define BINS 128
#define LEAST_HESSIAN 1e-3
#define RIDGE 0.1 /* keeps leaves of few samples small */

struct cell {
	double g, h;
	uint32_t n;
};

struct leaf {
	int node;           /* its place in the tree */
	size_t from, to;    /* its samples in order[] */
	struct cell sum;
	double gain;        /* of its best split; 0: none */
	int feature, bin;
};

struct node {
	int feature, left, right;
	int32_t threshold, value;
};

struct grower {
	const struct okng_trees_teaching *t;
	size_t n;
	const uint8_t *labels;
	uint8_t *binned;                /* [feature][sample] */
	int32_t (*upper)[BINS];         /* [feature][bin]: greatest value in it */
	int bins[OKNG_TREES_FEATURES_MAX];
	double *score, *probability;    /* [sample][class] */
	double *g, *h;                  /* of one class */
	uint32_t *order, *spare;
	struct cell histogram[BINS];
	struct leaf leaf[OKNG_TREES_LEAVES_MAX];
	struct node node[2 * OKNG_TREES_LEAVES_MAX];
	int n_leaves, n_nodes;
	uint8_t *out;                   /* the bytes, growing */
	size_t size, nodes_in_all;
};

static int by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

/* Bins of about equal numbers of samples; equal values share a bin. */
static void make_bins(struct grower *s, int f, const int32_t *features, int32_t *sorted)
{
	size_t stride = (size_t)s->t->n_features, share = s->n / BINS + 1;
	for (size_t i = 0; i < s->n; i++)
		sorted[i] = features[i * stride + (size_t)f];
	qsort(sorted, s->n, sizeof *sorted, by_value);
	int bins = 0;
	for (size_t i = 0; i < s->n; bins++) {
		size_t end = i + share < s->n && bins < BINS - 1 ? i + share : s->n;
		while (end < s->n && sorted[end] == sorted[end - 1])
			end++;
		s->upper[f][bins] = sorted[end - 1];
		i = end;
	}
	s->bins[f] = bins;
	for (size_t i = 0; i < s->n; i++) {
		int32_t v = features[i * stride + (size_t)f];
		int low = 0, high = bins - 1;
		while (low < high) {
			int mid = (low + high) / 2;
			if (v <= s->upper[f][mid])
				high = mid;
			else
				low = mid + 1;
		}
		s->binned[(size_t)f * s->n + i] = (uint8_t)low;
	}
}

static double worth(const struct cell *c)
{
	return c->g * c->g / (c->h + RIDGE);
}

static void try_feature(struct grower *s, struct leaf *l, int f)
{
	const uint8_t *bin = s->binned + (size_t)f * s->n;
	struct cell *cells = s->histogram, left = {0};
	memset(cells, 0, (size_t)s->bins[f] * sizeof *cells);
	for (size_t i = l->from; i < l->to; i++) {
		uint32_t k = s->order[i];
		struct cell *c = &cells[bin[k]];
		c->g += s->g[k];
		c->h += s->h[k];
		c->n++;
	}
	for (int b = 0; b + 1 < s->bins[f]; b++) {
		left.g += cells[b].g;
		left.h += cells[b].h;
		left.n += cells[b].n;
		struct cell right = {l->sum.g - left.g, l->sum.h - left.h, l->sum.n - left.n};
		if (left.n < (uint32_t)s->t->least || left.h < LEAST_HESSIAN)
			continue;
		if (right.n < (uint32_t)s->t->least || right.h < LEAST_HESSIAN)
			break;
		double gain = worth(&left) + worth(&right) - worth(&l->sum);
		if (gain > l->gain + 1e-9) {
			l->gain = gain;
			l->feature = f;
			l->bin = b;
		}
	}
}

static void weigh(struct grower *s, struct leaf *l)
{
	l->sum = (struct cell){0};
	for (size_t i = l->from; i < l->to; i++) {
		l->sum.g += s->g[s->order[i]];
		l->sum.h += s->h[s->order[i]];
		l->sum.n++;
	}
	l->gain = 0;
	for (int f = 0; f < s->t->n_features; f++)
		try_feature(s, l, f);
	double v = -l->sum.g / (l->sum.h + RIDGE) * s->t->rate * OKNG_TREES_ONE;
	s->node[l->node] = (struct node){.feature = OKNG_TREES_LEAF, .value = (int32_t)(v < 0 ? v - 0.5 : v + 0.5)};
}

static void split(struct grower *s, struct leaf *l)
{
	const uint8_t *bin = s->binned + (size_t)l->feature * s->n;
	size_t left = l->from, others = 0;
	for (size_t i = l->from; i < l->to; i++) {
		uint32_t k = s->order[i];
		if (bin[k] <= l->bin)
			s->order[left++] = k;
		else
			s->spare[others++] = k;
	}
	memcpy(s->order + left, s->spare, others * sizeof *s->spare);
	struct node *node = &s->node[l->node];
	node->feature = l->feature;
	node->threshold = s->upper[l->feature][l->bin];
	node->left = s->n_nodes;
	node->right = s->n_nodes + 1;
	struct leaf *r = &s->leaf[s->n_leaves++];
	*r = (struct leaf){.node = s->n_nodes + 1, .from = left, .to = l->to};
	*l = (struct leaf){.node = s->n_nodes, .from = l->from, .to = left};
	s->n_nodes += 2;
	weigh(s, l);
	weigh(s, r);
}

static void grow(struct grower *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->order[i] = (uint32_t)i;
	s->n_leaves = s->n_nodes = 1;
	s->leaf[0] = (struct leaf){.to = s->n};
	weigh(s, &s->leaf[0]);
	while (s->n_leaves < s->t->leaves) {
		int best = 0;
		for (int i = 1; i < s->n_leaves; i++)
			if (s->leaf[i].gain > s->leaf[best].gain)
				best = i;
		if (s->leaf[best].gain <= 0)
			break;
		split(s, &s->leaf[best]);
	}
}

static void add_tree(struct grower *s, int k)
{
	for (int i = 0; i < s->n_leaves; i++) {
		const struct leaf *l = &s->leaf[i];
		double v = (double)s->node[l->node].value / OKNG_TREES_ONE;
		for (size_t j = l->from; j < l->to; j++)
			s->score[s->order[j] * (size_t)s->t->n_classes + (size_t)k] += v;
	}
}

static void write_tree(struct grower *s, int tree)
{
	okng_trees_put(s->out + OKNG_TREES_HEADER + (size_t)(s->t->n_classes + tree) * 4, (uint32_t)s->n_nodes);
	for (int i = 0; i < s->n_nodes; i++, s->size += OKNG_TREES_NODE) {
		const struct node *n = &s->node[i];
		bool leaf = n->feature == OKNG_TREES_LEAF;
		uint8_t *p = s->out + s->size;
		p[0] = (uint8_t)n->feature;
		p[1] = (uint8_t)(leaf ? 0 : n->left);
		p[2] = (uint8_t)(leaf ? 0 : n->right);
		p[3] = 0;
		okng_trees_put(p + 4, (uint32_t)n->threshold);
		okng_trees_put(p + 8, (uint32_t)n->value);
	}
	s->nodes_in_all += (size_t)s->n_nodes;
}

/* ln(share) by halving towards 1 and the series of artanh: the same bits everywhere. */
static double logarithm(double x)
{
	double sum = 0;
	for (; x < 0.75; x *= 2)
		sum -= 0.69314718055994530942;
	double t = (x - 1) / (x + 1), term = t, series = 0;
	for (int i = 1; i < 40; i += 2, term *= t * t)
		series += term / i;
	return sum + 2 * series;
}

static void start(struct grower *s)
{
	const struct okng_trees_teaching *t = s->t;
	const uint32_t head[] = {OKNG_TREES_MAGIC, t->kind, (uint32_t)t->n_features, (uint32_t)t->n_classes, (uint32_t)t->rounds};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		okng_trees_put(s->out + i * 4, head[i]);
	for (int k = 0; k < t->n_classes; k++) {
		size_t n = 0;
		for (size_t i = 0; i < s->n; i++)
			n += s->labels[i] == k;
		int32_t v = (int32_t)(logarithm(((double)n + 0.5) / ((double)s->n + 0.5 * t->n_classes)) * OKNG_TREES_ONE);
		okng_trees_put(s->out + OKNG_TREES_HEADER + (size_t)k * 4, (uint32_t)v);
		for (size_t i = 0; i < s->n; i++)
			s->score[i * (size_t)t->n_classes + (size_t)k] = (double)v / OKNG_TREES_ONE;
	}
	s->size = OKNG_TREES_HEADER + (size_t)t->n_classes * 4 * (size_t)(1 + t->rounds);
}

static void boost(struct grower *s)
{
	int classes = s->t->n_classes;
	start(s);
	for (int round = 0; round < s->t->rounds; round++) {
		memcpy(s->probability, s->score, s->n * (size_t)classes * sizeof *s->score);
		for (size_t i = 0; i < s->n; i++)
			okng_trees_softmax(s->probability + i * (size_t)classes, classes);
		for (int k = 0; k < classes; k++) {
			for (size_t i = 0; i < s->n; i++) {
				double p = s->probability[i * (size_t)classes + (size_t)k];
				s->g[i] = p - (s->labels[i] == k);
				s->h[i] = p * (1 - p);
			}
			grow(s);
			add_tree(s, k);
			write_tree(s, round * classes + k);
		}
	}
	okng_trees_put(s->out + 20, (uint32_t)s->nodes_in_all);
}

static bool sound(const struct okng_trees_teaching *t, const uint8_t *labels, size_t n)
{
	if (t->n_features < 1 || t->n_features > OKNG_TREES_FEATURES_MAX || t->n_classes < 2 || t->n_classes > OKNG_TREES_CLASSES_MAX ||
	    t->rounds < 1 || t->rounds > OKNG_TREES_ROUNDS_MAX || t->leaves < 2 || t->leaves > OKNG_TREES_LEAVES_MAX || t->least < 1 ||
	    !(t->rate > 0 && t->rate <= 1) || n < 2 * (size_t)t->least || n > UINT32_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (labels[i] >= t->n_classes)
			return false;
	return true;
}

int okng_trees_learn(const struct okng_trees_teaching *t, const int32_t *features, const uint8_t *labels, size_t n,
	uint8_t **bytes, size_t *size)
{
	*bytes = NULL;
	*size = 0;
	if (!sound(t, labels, n))
		return -EINVAL;
	struct grower *s = calloc(1, sizeof *s);
	int32_t *sorted = calloc(n, sizeof *sorted);
	if (!s || !sorted) {
		free(s);
		free(sorted);
		return -ENOMEM;
	}
	size_t classes = (size_t)t->n_classes, trees = classes * (size_t)t->rounds;
	s->t = t;
	s->n = n;
	s->labels = labels;
	s->binned = calloc(n, (size_t)t->n_features);
	s->upper = calloc((size_t)t->n_features, sizeof *s->upper);
	s->score = calloc(n * classes, sizeof *s->score);
	s->probability = calloc(n * classes, sizeof *s->probability);
	s->g = calloc(n, sizeof *s->g);
	s->h = calloc(n, sizeof *s->h);
	s->order = calloc(n, sizeof *s->order);
	s->spare = calloc(n, sizeof *s->spare);
	s->out = calloc(OKNG_TREES_HEADER + classes * 4 + trees * (4 + 2 * (size_t)t->leaves * OKNG_TREES_NODE), 1);
	int r = s->binned && s->upper && s->score && s->probability && s->g && s->h && s->order && s->spare && s->out ? 0 : -ENOMEM;
	if (r == 0) {
		for (int f = 0; f < t->n_features; f++)
			make_bins(s, f, features, sorted);
		boost(s);
		*bytes = s->out;
		*size = s->size;
		s->out = NULL;
	}
	free(sorted);
	free(s->binned);
	free(s->upper);
	free(s->score);
	free(s->probability);
	free(s->g);
	free(s->h);
	free(s->order);
	free(s->spare);
	free(s->out);
	free(s);
	return r;
}

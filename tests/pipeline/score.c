/* SPDX-License-Identifier: Apache-2.0 */
#include "score.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/conductor_learn.h"

#define OVERLAP 0.33
#define LIMIT 0.5f

static int by_score(const void *a, const void *b)
{
	const struct score_box *x = a, *y = b;
	if (x->score < y->score || x->score > y->score)
		return x->score < y->score ? 1 : -1;
	if (x->image != y->image)
		return x->image - y->image;
	return x->rect.y != y->rect.y ? x->rect.y - y->rect.y : x->rect.x - y->rect.x;
}

/* The truth that a detection meets best; -1: none. */
static long meet(const struct score_box *truth, size_t n, const bool *met, const struct score_box *d)
{
	double most = OVERLAP;
	long best = -1;
	for (size_t i = 0; i < n; i++) {
		if (truth[i].image != d->image || truth[i].class_number != d->class_number || met[i])
			continue;
		double v = okng_conductor_overlap(truth[i].rect, d->rect);
		if (v > most) {
			most = v;
			best = (long)i;
		}
	}
	return best;
}

static double area(const double *precision, const double *recall, size_t n)
{
	double most = 0, sum = 0;
	for (size_t i = n; i-- > 0;) {
		most = precision[i] > most ? precision[i] : most;
		sum += most * (recall[i] - (i ? recall[i - 1] : 0));
	}
	return sum;
}

void score_boxes(const struct score_box *truth, size_t n_truth, struct score_box *found, size_t n_found, struct score *out)
{
	bool *met = calloc(n_truth + 1, sizeof *met);
	double *precision = calloc(n_found + 1, sizeof *precision), *recall = calloc(n_found + 1, sizeof *recall);
	assert(met && precision && recall);
	*out = (struct score){.boxes = n_truth};
	qsort(found, n_found, sizeof *found, by_score);
	for (int k = 1; k <= SCORE_CLASSES; k++) {
		size_t boxes = 0, n = 0, right = 0;
		for (size_t i = 0; i < n_truth; i++)
			boxes += truth[i].class_number == k;
		for (size_t i = 0; i < n_found; i++) {
			if (found[i].class_number != k)
				continue;
			long at = meet(truth, n_truth, met, &found[i]);
			if (at >= 0)
				met[at] = true;
			right += at >= 0;
			precision[n] = (double)right / (double)(n + 1);
			recall[n++] = (double)right / (double)(boxes ? boxes : 1);
			if (found[i].score >= LIMIT) {
				out->right += at >= 0;
				out->wrong += at < 0;
			}
		}
		out->ap[k] = area(precision, recall, n);
		out->ap[0] += out->ap[k] / SCORE_CLASSES;
	}
	size_t said = out->right + out->wrong;
	out->precision = said ? (double)out->right / (double)said : 0;
	out->recall = n_truth ? (double)out->right / (double)n_truth : 0;
	out->f = out->right ? 2 * out->precision * out->recall / (out->precision + out->recall) : 0;
	free(met);
	free(precision);
	free(recall);
}

/* Chance of at most k of n. */
static double at_most(int k, int n, double p)
{
	double term = n * log1p(-p), sum = exp(term);
	for (int i = 1; i <= k; i++) {
		term += log((double)(n - i + 1) / i) + log(p) - log1p(-p);
		sum += exp(term);
	}
	return sum;
}

double score_upper(int k, int n)
{
	double low = 0, high = 1;
	for (int i = 0; i < 60 && k < n; i++) {
		double p = (low + high) / 2;
		if (at_most(k, n, p) > 0.05)
			low = p;
		else
			high = p;
	}
	return high;
}

void score_print(const char *name, const struct score *s)
{
	printf("%-12s %6zu  %6.2f ", name, s->boxes, s->ap[0] * 100);
	for (int k = 1; k <= SCORE_CLASSES; k++)
		printf(" %6.2f", s->ap[k] * 100);
	printf("   %6.2f %6.2f %6.2f\n", s->precision * 100, s->recall * 100, s->f * 100);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * How well boxes with classes and scores meet the annotated ones: average precision per class (area under the
 * interpolated curve of precision over recall), precision, recall and F at score 0.5. A detection is right when it
 * overlaps a box of its class, not yet met, by more than 0.33 (the DeepPCB set's own measure).
 */
#ifndef OKNG_TESTS_SCORE_H
#define OKNG_TESTS_SCORE_H

#include <stddef.h>

#include "pipeline/image.h"

#define SCORE_CLASSES 6

struct score_box {
	int image, class_number; /* class 1 to SCORE_CLASSES */
	float score;             /* of a detection */
	struct okng_rect rect;
};

struct score {
	double ap[SCORE_CLASSES + 1]; /* [0]: their mean */
	double precision, recall, f;
	size_t boxes, right, wrong;   /* at score 0.5 */
};

/* Sorts found by score. */
void score_boxes(const struct score_box *truth, size_t n_truth, struct score_box *found, size_t n_found, struct score *out);

/* Upper end of the one-sided 95 % interval of a share of which k of n were seen (Clopper and Pearson, 1934). */
double score_upper(int k, int n);

void score_print(const char *name, const struct score *s);

#endif

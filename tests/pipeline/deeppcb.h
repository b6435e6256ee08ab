/* SPDX-License-Identifier: Apache-2.0
 *
 * The DeepPCB pairs beside the source (OKNG_SHARED): names, groups of boards, pictures and boxes.
 */
#ifndef OKNG_TESTS_DEEPPCB_H
#define OKNG_TESTS_DEEPPCB_H

#include "pipeline/conductor_learn.h"
#include "pipeline/image.h"

#define DEEPPCB_SIDE 640
#define DEEPPCB_BOXES_MAX 64

struct deeppcb_pair {
	char id[32];
	int group; /* first five digits of the id: boards of one production run */
	struct okng_image golden, part;
	struct okng_conductor_box box[DEEPPCB_BOXES_MAX];
	int n_boxes;
};

/* How many pairs there are, 0 where the data is not, which it says. Names are kept until the program ends. */
int deeppcb_open(void);

/* Loads the i-th pair, in the order of ids; every failure ends the test. */
void deeppcb_load(int i, struct deeppcb_pair *pair);
void deeppcb_finish(struct deeppcb_pair *pair);

#endif

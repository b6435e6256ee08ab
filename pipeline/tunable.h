/* SPDX-License-Identifier: Apache-2.0
 *
 * The limits of a recipe that may be moved while it is in force, where its file opens them (plc_writable): those that judge
 * what was found. What decides what is found (thresholds, what was taught) cannot be, for it takes opening an inspector.
 */
#ifndef OKNG_PIPELINE_TUNABLE_H
#define OKNG_PIPELINE_TUNABLE_H

#include "pipeline/recipe.h"

#define OKNG_TUNABLES_MAX 48

enum okng_tunable_kind {
	OKNG_TUNABLE_AREA = 1, OKNG_TUNABLE_COUNT, OKNG_TUNABLE_TOTAL_AREA, /* of [limits] */
	OKNG_TUNABLE_LOW, OKNG_TUNABLE_HIGH,         /* of a measure tool's tolerance: always this pair, low below high */
	OKNG_TUNABLE_ROUNDNESS, OKNG_TUNABLE_OFFSET, /* of a circle */
	OKNG_TUNABLE_UNLIKE,                         /* of a surface tool */
	OKNG_TUNABLE_CLASS_AREA, OKNG_TUNABLE_CLASS_COUNT,
};

struct okng_tunable {
	enum okng_tunable_kind kind;
	int index; /* of the tool or class */
};

/* Values for the list of a recipe, in its order. */
struct okng_tuning {
	int n;
	double value[OKNG_TUNABLES_MAX];
};

/* Those opened, in this order: [limits], the tools, the classes, each as in the file. At most OKNG_TUNABLES_MAX are
 * written to list; returns how many there are. */
int okng_tunable_list(const struct okng_recipe *recipe, struct okng_tunable list[OKNG_TUNABLES_MAX]);

/* A tool of this kind has limits that can be opened. */
bool okng_tunable_tool(const struct okng_tool *tool);

double okng_tunable_get(const struct okng_recipe *recipe, struct okng_tunable tunable);
/* value lies in the range of the recipe's row; counts are whole. */
void okng_tunable_set(struct okng_recipe *recipe, struct okng_tunable tunable, double value);

#endif

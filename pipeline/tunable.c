/* SPDX-License-Identifier: Apache-2.0
 *
 * One order for all who count them: the registers, the printed map, the inspector.
 */
#include "pipeline/tunable.h"

#include <assert.h>

static void put(struct okng_tunable *list, int *n, enum okng_tunable_kind kind, int index)
{
	if (*n < OKNG_TUNABLES_MAX)
		list[*n] = (struct okng_tunable){kind, index};
	++*n;
}

bool okng_tunable_tool(const struct okng_tool *tool)
{
	return tool->type == OKNG_TOOL_MEASURE || tool->type == OKNG_TOOL_SURFACE;
}

static void put_tool(struct okng_tunable *list, int *n, const struct okng_tool *tool, int index)
{
	if (tool->type == OKNG_TOOL_SURFACE) {
		put(list, n, OKNG_TUNABLE_UNLIKE, index);
	} else if (tool->type == OKNG_TOOL_MEASURE) {
		put(list, n, OKNG_TUNABLE_LOW, index);
		put(list, n, OKNG_TUNABLE_HIGH, index);
		if (tool->measure.kind == OKNG_MEASURE_CIRCLE) {
			put(list, n, OKNG_TUNABLE_ROUNDNESS, index);
			put(list, n, OKNG_TUNABLE_OFFSET, index);
		}
	}
}

int okng_tunable_list(const struct okng_recipe *recipe, struct okng_tunable list[OKNG_TUNABLES_MAX])
{
	int n = 0;
	if (recipe->limits.plc_writable) {
		put(list, &n, OKNG_TUNABLE_AREA, 0);
		put(list, &n, OKNG_TUNABLE_COUNT, 0);
		put(list, &n, OKNG_TUNABLE_TOTAL_AREA, 0);
	}
	for (int i = 0; i < recipe->n_tools; i++)
		if (recipe->tools[i].plc_writable)
			put_tool(list, &n, &recipe->tools[i], i);
	for (int i = 0; i < recipe->n_classes; i++)
		if (recipe->classes[i].plc_writable) {
			put(list, &n, OKNG_TUNABLE_CLASS_AREA, i);
			put(list, &n, OKNG_TUNABLE_CLASS_COUNT, i);
		}
	return n;
}

/* NULL: a whole number, which lies in *whole. */
static double *field(struct okng_recipe *r, struct okng_tunable t, int **whole)
{
	*whole = NULL;
	switch (t.kind) {
	case OKNG_TUNABLE_AREA: return &r->limits.area;
	case OKNG_TUNABLE_TOTAL_AREA: return &r->limits.total_area;
	case OKNG_TUNABLE_LOW: return &r->tools[t.index].measure.tolerance.min;
	case OKNG_TUNABLE_HIGH: return &r->tools[t.index].measure.tolerance.max;
	case OKNG_TUNABLE_ROUNDNESS: return &r->tools[t.index].measure.max_roundness;
	case OKNG_TUNABLE_OFFSET: return &r->tools[t.index].measure.max_offset;
	case OKNG_TUNABLE_UNLIKE: return &r->tools[t.index].unlike;
	case OKNG_TUNABLE_CLASS_AREA: return &r->classes[t.index].limit_area;
	case OKNG_TUNABLE_COUNT: *whole = &r->limits.count; return NULL;
	case OKNG_TUNABLE_CLASS_COUNT: *whole = &r->classes[t.index].limit_count; return NULL;
	}
	assert(false && "a kind of tunable without a field");
	return NULL;
}

double okng_tunable_get(const struct okng_recipe *recipe, struct okng_tunable tunable)
{
	int *whole;
	const double *v = field((struct okng_recipe *)(uintptr_t)recipe, tunable, &whole); /* only read */
	return v ? *v : *whole;
}

void okng_tunable_set(struct okng_recipe *recipe, struct okng_tunable tunable, double value)
{
	int *whole;
	double *v = field(recipe, tunable, &whole);
	if (v)
		*v = value;
	else
		*whole = (int)value;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recipe opens for the PLC, with the ranges of its rows: a value that the file could not hold, the PLC cannot write.
 */
#include "config/config.h"

#include <assert.h>
#include <string.h>

#include "config/rows.h"
#include "pipeline/tunable.h"

_Static_assert(OKNG_TUNABLES_MAX == OKNG_PLC_LIMITS_MAX, "every limit that can be opened has its registers");

static const struct {
	const char *what, *table, *key, *suffix;
} place[] = {
	[OKNG_TUNABLE_AREA] = {"recipe", "limits", "area", ""},
	[OKNG_TUNABLE_COUNT] = {"recipe", "limits", "count", ""},
	[OKNG_TUNABLE_TOTAL_AREA] = {"recipe", "limits", "total_area", ""},
	[OKNG_TUNABLE_LOW] = {"tool", "tool", "tolerance", "_low"},
	[OKNG_TUNABLE_HIGH] = {"tool", "tool", "tolerance", "_high"},
	[OKNG_TUNABLE_ROUNDNESS] = {"tool", "tool", "max_roundness", ""},
	[OKNG_TUNABLE_OFFSET] = {"tool", "tool", "max_offset", ""},
	[OKNG_TUNABLE_UNLIKE] = {"tool", "tool", "unlike", ""},
	[OKNG_TUNABLE_CLASS_AREA] = {"class", "class", "limit_area", ""},
	[OKNG_TUNABLE_CLASS_COUNT] = {"class", "class", "limit_count", ""},
};

static const struct okng_row *row_of(enum okng_tunable_kind kind)
{
	int n;
	const struct okng_row *rows = okng_rows(place[kind].what, &n);
	for (int i = 0; i < n; i++)
		if (strcmp(rows[i].table, place[kind].table) == 0 && strcmp(rows[i].key, place[kind].key) == 0)
			return &rows[i];
	assert(false && "a limit without a row");
	return NULL;
}

static const char *unit_of(const struct okng_recipe *recipe, struct okng_tunable t, const struct okng_row *row)
{
	if (strcmp(row->unit, "unit") != 0)
		return row->unit;
	const struct okng_measure *m = &recipe->tools[t.index].measure;
	return okng_unit_name(m->kind == OKNG_MEASURE_ANGLE ? OKNG_UNIT_DEG : m->unit);
}

int okng_config_limits(const struct okng_recipe *recipe, struct okng_plc_limit limits[OKNG_PLC_LIMITS_MAX])
{
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	int n = okng_tunable_list(recipe, list);
	n = n < OKNG_TUNABLES_MAX ? n : OKNG_TUNABLES_MAX;
	for (int i = 0; i < n; i++) {
		const struct okng_row *row = row_of(list[i].kind);
		const char *table = place[list[i].kind].table;
		bool tool = strcmp(table, "tool") == 0, class = strcmp(table, "class") == 0;
		const char *of = tool ? recipe->tools[list[i].index].name : class ? recipe->classes[list[i].index].name : "";
		limits[i] = (struct okng_plc_limit){.unit = unit_of(recipe, list[i], row), .min = row->min, .max = row->max,
			.value = okng_tunable_get(recipe, list[i]), .whole = row->kind == OKNG_ROW_INT,
			.below_next = list[i].kind == OKNG_TUNABLE_LOW};
		snprintf(limits[i].name, sizeof limits[i].name, "%s%s%s.%s%s", table, *of ? "." : "", of, row->key, place[list[i].kind].suffix);
	}
	return n;
}

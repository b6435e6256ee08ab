/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables from the .def files, and how one value gets from a node into its field.
 */
#include "config/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define LINE(kind_, table_, key_, place, count_, def_, min_, max_, words_, unit_, reload_, text_) \
	{.kind = OKNG_ROW_##kind_, .table = table_, .key = key_, place, .count_offset = count_, .def = def_, .min = min_, .max = max_, \
	 .words = words_, .unit = unit_, .reload = OKNG_RELOAD_##reload_, .text = text_},
#define PLACE(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

static const struct okng_row station_rows[] = {
#define ROW(kind, table, key, field, def, min, max, words, unit, reload, text) \
	LINE(kind, table, key, PLACE(struct okng_station_config, field), 0, def, min, max, words, unit, reload, text)
#define LIST(kind, table, key, field, n, def, min, max, unit, reload, text) \
	LINE(kind, table, key, PLACE(struct okng_station_config, field), offsetof(struct okng_station_config, n), def, min, max, "", unit, reload, text)
#include "config/station.def"
#undef ROW
#undef LIST
};

static const struct okng_row camera_rows[] = {
#define CAMERA(kind, table, key, field, def, min, max, words, unit, reload, text) \
	LINE(kind, table, key, PLACE(struct okng_view_config, field), 0, def, min, max, words, unit, reload, text)
#define CAMERA_LIST(kind, table, key, field, n, def, min, max, unit, reload, text) \
	LINE(kind, table, key, PLACE(struct okng_view_config, field), offsetof(struct okng_view_config, n), def, min, max, "", unit, reload, text)
#include "config/camera.def"
#undef CAMERA
#undef CAMERA_LIST
};

#define IN_RECIPE(type, kind, table, key, field, def, min, max, words, unit, text) \
	LINE(kind, table, key, PLACE(type, field), 0, def, min, max, words, unit, RECIPE, text)
#define NOTHING(...)

static const struct okng_row recipe_rows[] = {
#define RECIPE(kind, table, key, field, def, min, max, words, unit, text) IN_RECIPE(struct okng_recipe, kind, table, key, field, def, min, max, words, unit, text)
#define RECIPE_LIST(kind, table, key, field, n, def, min, max, unit, text) \
	LINE(kind, table, key, PLACE(struct okng_recipe, field), offsetof(struct okng_recipe, n), def, min, max, "", unit, RECIPE, text)
#define TOOL NOTHING
#define TOOL_LIST NOTHING
#define CLASS NOTHING
#include "config/recipe.def"
#undef RECIPE
#undef RECIPE_LIST
#undef TOOL
#undef TOOL_LIST
};

static const struct okng_row tool_rows[] = {
#define RECIPE NOTHING
#define RECIPE_LIST NOTHING
#define TOOL(kind, key, field, def, min, max, words, unit, text) IN_RECIPE(struct okng_tool, kind, "tool", key, field, def, min, max, words, unit, text)
#define TOOL_LIST(kind, key, field, n, def, min, max, unit, text) \
	LINE(kind, "tool", key, PLACE(struct okng_tool, field), offsetof(struct okng_tool, n), def, min, max, "", unit, RECIPE, text)
#include "config/recipe.def"
#undef TOOL
#undef TOOL_LIST
#undef CLASS
};

static const struct okng_row class_rows[] = {
#define TOOL NOTHING
#define TOOL_LIST NOTHING
#define CLASS(kind, key, field, def, min, max, words, unit, text) IN_RECIPE(struct okng_class, kind, "class", key, field, def, min, max, words, unit, text)
#include "config/recipe.def"
};

static const struct okng_row link_rows[] = {
#define LINK(kind, key, field, def, min, max, words, unit, text) \
	LINE(kind, "link", key, PLACE(struct okng_link_params, field), 0, def, min, max, words, unit, RESTART, text)
#define LINK_LIST(kind, key, field, n, def, min, max, unit, text) \
	LINE(kind, "link", key, PLACE(struct okng_link_params, field), offsetof(struct okng_link_params, n), def, min, max, "", unit, RESTART, text)
#include "config/link.def"
#undef LINK
#undef LINK_LIST
};

const struct okng_row *okng_rows(const char *what, int *count)
{
	static const struct {
		const char *what;
		const struct okng_row *rows;
		int count;
	} all[] = {
		{"station", station_rows, sizeof station_rows / sizeof *station_rows},
		{"camera", camera_rows, sizeof camera_rows / sizeof *camera_rows},
		{"recipe", recipe_rows, sizeof recipe_rows / sizeof *recipe_rows},
		{"tool", tool_rows, sizeof tool_rows / sizeof *tool_rows},
		{"class", class_rows, sizeof class_rows / sizeof *class_rows},
		{"link", link_rows, sizeof link_rows / sizeof *link_rows},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].what, what) == 0) {
			*count = all[i].count;
			return all[i].rows;
		}
	*count = 0;
	return NULL;
}

/* "plc, timer or camera" from "plc=0|timer=1|camera=2". */
static void list_words(const char *words, char *out, size_t size)
{
	size_t n = 0;
	*out = '\0';
	for (const char *w = words; w && *w && n < size;) {
		size_t len = strcspn(w, "=");
		const char *next = strchr(w, '|');
		const char *sep = w == words ? "" : next ? ", " : " or ";
		n += (size_t)snprintf(out + n, size - n, "%s\"%.*s\"", sep, (int)len, w);
		w = next ? next + 1 : NULL;
	}
}

void okng_row_allowed(const struct okng_row *row, char *out, size_t size)
{
	switch (row->kind) {
	case OKNG_ROW_BOOL: snprintf(out, size, "true or false"); break;
	case OKNG_ROW_INT: snprintf(out, size, "a whole number from %.0f to %.0f", row->min, row->max); break;
	case OKNG_ROW_NUM: snprintf(out, size, "a number from %g to %g", row->min, row->max); break;
	case OKNG_ROW_STR: snprintf(out, size, "a text of %.0f to %zu bytes", row->min, row->size - 1); break;
	case OKNG_ROW_WORD: list_words(row->words, out, size); break;
	case OKNG_ROW_RANGE: snprintf(out, size, "[lowest, highest], two numbers from %g to %g", row->min, row->max); break;
	case OKNG_ROW_POINT: snprintf(out, size, "[x, y], two numbers from %g to %g", row->min, row->max); break;
	case OKNG_ROW_RECT: snprintf(out, size, "[x, y, width, height], whole numbers from 0 to %d", OKNG_IMAGE_SIDE_MAX); break;
	case OKNG_ROW_RECTS: snprintf(out, size, "a list of at most %.0f [x, y, width, height]", row->max); break;
	case OKNG_ROW_STRS: snprintf(out, size, "a list of at most %.0f texts", row->max); break;
	}
}

static bool is_number(const struct okng_toml_node *n)
{
	return n->kind == OKNG_TOML_INT || n->kind == OKNG_TOML_FLOAT;
}

static bool in_range(const struct okng_row *row, double v)
{
	return v >= row->min && v <= row->max; /* false for NaN */
}

static bool set_int(const struct okng_row *row, char *field, const struct okng_toml_node *n)
{
	if (n->kind != OKNG_TOML_INT || !in_range(row, n->number))
		return false;
	if (row->size == 2)
		memcpy(field, &(uint16_t){(uint16_t)n->integer}, 2);
	else
		memcpy(field, &(uint32_t){(uint32_t)n->integer}, 4);
	return true;
}

static bool set_text(const struct okng_row *row, char *field, size_t size, const struct okng_toml_node *n)
{
	if (n->kind != OKNG_TOML_STRING || n->length >= size || n->length != strlen(n->string) || (double)n->length < row->min)
		return false;
	memset(field, 0, size);
	memcpy(field, n->string, n->length);
	return true;
}

static bool set_word(const struct okng_row *row, char *field, const struct okng_toml_node *n)
{
	if (n->kind != OKNG_TOML_STRING)
		return false;
	for (const char *w = row->words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL) {
		size_t len = strcspn(w, "=");
		if (n->length == len && memcmp(w, n->string, len) == 0) {
			int v = atoi(w + len + 1);
			memcpy(field, &v, sizeof v);
			return true;
		}
	}
	return false;
}

static bool set_range(const struct okng_row *row, char *field, const struct okng_toml_node *n)
{
	struct okng_range r;
	const struct okng_toml_node *a = n->kind == OKNG_TOML_ARRAY ? n->child : NULL, *b = a ? a->next : NULL;
	if (!b || b->next || !is_number(a) || !is_number(b) || !in_range(row, a->number) || !in_range(row, b->number) || a->number > b->number)
		return false;
	r.min = a->number;
	r.max = b->number;
	memcpy(field, &r, sizeof r);
	return true;
}

static bool set_point(const struct okng_row *row, char *field, const struct okng_toml_node *n)
{
	const struct okng_toml_node *a = n->kind == OKNG_TOML_ARRAY ? n->child : NULL, *b = a ? a->next : NULL;
	if (!b || b->next || !is_number(a) || !is_number(b) || !in_range(row, a->number) || !in_range(row, b->number))
		return false;
	memcpy(field, &(struct okng_point){a->number, b->number}, sizeof(struct okng_point));
	return true;
}

static bool set_rect(char *field, const struct okng_toml_node *n)
{
	int32_t v[4];
	int k = 0;
	if (n->kind != OKNG_TOML_ARRAY)
		return false;
	for (const struct okng_toml_node *c = n->child; c; c = c->next, k++) {
		if (k == 4 || c->kind != OKNG_TOML_INT || c->integer < 0 || c->integer > OKNG_IMAGE_SIDE_MAX)
			return false;
		v[k] = (int32_t)c->integer;
	}
	if (k != 4)
		return false;
	memcpy(field, &(struct okng_rect){v[0], v[1], v[2], v[3]}, sizeof(struct okng_rect));
	return true;
}

static bool set_list(const struct okng_row *row, char *base, const struct okng_toml_node *n)
{
	size_t each = row->size / (size_t)row->max;
	int count = 0;
	char *field = base + row->offset;
	if (n->kind != OKNG_TOML_ARRAY)
		return false;
	for (const struct okng_toml_node *c = n->child; c; c = c->next, count++) {
		if (count == (int)row->max)
			return false;
		char *at = field + each * (size_t)count;
		if (row->kind == OKNG_ROW_RECTS ? !set_rect(at, c) : !set_text(row, at, each, c))
			return false;
	}
	memcpy(base + row->count_offset, &count, sizeof count);
	return true;
}

static bool set(const struct okng_row *row, char *base, const struct okng_toml_node *n)
{
	char *field = base + row->offset;
	switch (row->kind) {
	case OKNG_ROW_BOOL:
		if (n->kind != OKNG_TOML_BOOL)
			return false;
		*(bool *)field = n->integer != 0;
		return true;
	case OKNG_ROW_NUM:
		if (!is_number(n) || !in_range(row, n->number))
			return false;
		memcpy(field, &n->number, sizeof n->number);
		return true;
	case OKNG_ROW_INT: return set_int(row, field, n);
	case OKNG_ROW_STR: return set_text(row, field, row->size, n);
	case OKNG_ROW_WORD: return set_word(row, field, n);
	case OKNG_ROW_RANGE: return set_range(row, field, n);
	case OKNG_ROW_POINT: return set_point(row, field, n);
	case OKNG_ROW_RECT: return set_rect(field, n);
	case OKNG_ROW_RECTS:
	case OKNG_ROW_STRS: return set_list(row, base, n);
	}
	return false;
}

static void describe(const struct okng_toml_node *n, char *out, size_t size)
{
	switch (n->kind) {
	case OKNG_TOML_STRING: snprintf(out, size, "\"%.60s\"", n->string); break;
	case OKNG_TOML_INT: snprintf(out, size, "%lld", (long long)n->integer); break;
	case OKNG_TOML_FLOAT: snprintf(out, size, "%g", n->number); break;
	case OKNG_TOML_BOOL: snprintf(out, size, "%s", n->integer ? "true" : "false"); break;
	case OKNG_TOML_TABLE: snprintf(out, size, "a table"); break;
	case OKNG_TOML_ARRAY: snprintf(out, size, "this list"); break;
	case OKNG_TOML_OTHER: snprintf(out, size, "a date or time"); break;
	}
}

int okng_row_set(const struct okng_row *row, void *base, const struct okng_toml_node *node, char *why, size_t size)
{
	if (set(row, base, node))
		return 0;
	char allowed[240], given[80];
	okng_row_allowed(row, allowed, sizeof allowed);
	describe(node, given, sizeof given);
	snprintf(why, size, "must be %s%s%s, not %s", allowed, *row->unit ? ", in " : "", row->unit, given);
	return -EINVAL;
}

void okng_rows_defaults(const char *what, void *base)
{
	int count;
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++) {
		char text[256], why[256];
		struct okng_toml *doc;
		struct okng_error err;
		snprintf(text, sizeof text, "v = %s\n", rows[i].def);
		/* A default that its own row refuses is a mistake in the .def file: stop at once, tests see it first. */
		if (okng_toml_parse(&doc, text, strlen(text), "default", &err) < 0 ||
			okng_row_set(&rows[i], base, okng_toml_root(doc)->child, why, sizeof why) < 0)
			abort();
		okng_toml_close(&doc);
	}
}

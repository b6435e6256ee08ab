/* SPDX-License-Identifier: Apache-2.0
 *
 * One row per parameter: the parser, the defaults, the commented default file, the manual and the comparison of two
 * configurations all come from station.def, camera.def, link.def and recipe.def through this table.
 */
#ifndef OKNG_CONFIG_ROWS_H
#define OKNG_CONFIG_ROWS_H

#include <stddef.h>

#include "config/config.h"
#include "config/toml.h"

enum okng_row_kind { OKNG_ROW_BOOL, OKNG_ROW_INT, OKNG_ROW_NUM, OKNG_ROW_STR, OKNG_ROW_WORD, OKNG_ROW_RANGE, OKNG_ROW_POINT, OKNG_ROW_RECT, OKNG_ROW_RECTS, OKNG_ROW_STRS };

struct okng_row {
	enum okng_row_kind kind;
	const char *table, *key;
	size_t offset, size;       /* of the field */
	size_t count_offset;       /* RECTS, STRS: of the int that counts */
	const char *def;           /* the default, as TOML */
	double min, max;           /* numbers; STR: shortest and longest is the field's */
	const char *words;         /* WORD: "synthetic=1|replay=2" */
	const char *unit;
	enum okng_reload reload;
	const char *text;
};

/* Rows of one struct, by table: "station", "camera" (tables of a struct okng_view_config), "recipe" (the tables outside [[tool]] and [[class]]), "tool", "class", "link". */
const struct okng_row *okng_rows(const char *what, int *count);

/* Sets a field from a node: 0, or -EINVAL with the text of what would be right. */
int okng_row_set(const struct okng_row *row, void *base, const struct okng_toml_node *node, char *why, size_t size);

/* Sets every field of the rows to its default. */
void okng_rows_defaults(const char *what, void *base);

/* "what is allowed", for errors and the manual. */
void okng_row_allowed(const struct okng_row *row, char *out, size_t size);

#endif

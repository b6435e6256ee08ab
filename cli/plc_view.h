/* SPDX-License-Identifier: Apache-2.0
 *
 * What a station shows to a PLC, read as one snapshot and put into words: each row of the register map as a text or as
 * JSON. Each table comes from one request, so a table is of one moment; the four are not of the same.
 */
#ifndef OKNG_CLI_PLC_VIEW_H
#define OKNG_CLI_PLC_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/json.h"
#include "cli/modbus.h"
#include "plc/regmap.h"

#define OKNG_PLC_TEXT 160 /* room for any value as text */

struct okng_plc_view {
	uint32_t coils, discretes;
	uint16_t input[OKNG_MAP_INPUTS], holding[OKNG_MAP_HOLDINGS];
	int n_limits;              /* that the recipe opens, at holding registers from 100 */
	uint16_t limits[2 * OKNG_PLC_LIMITS_MAX];
};

#define OKNG_PLC_ROWS_MAX 192

/* As the calls of cli/modbus.h. How many limits there are is only found by asking, which is done when search is true or
 * another recipe is in force than in view before. */
int okng_plc_view_read(struct okng_modbus *m, struct okng_plc_view *view, bool search);

/* The rows of the map, then one for each limit that there can be; at most OKNG_PLC_ROWS_MAX. */
const struct okng_map_row *okng_plc_view_rows(size_t *n);
/* The row is there: a limit that the recipe does not open is not. */
bool okng_plc_view_has(const struct okng_plc_view *view, const struct okng_map_row *row);

/* The word order which the TEST registers show. 0, or -EINVAL: none; *order is ABCD then. */
int okng_plc_view_order(const uint16_t input[OKNG_MAP_INPUTS], enum okng_word_order *order);
const char *okng_plc_view_order_name(enum okng_word_order order);
/* "coil", "discrete", "input", "holding". */
const char *okng_plc_view_table_name(enum okng_map_table table);

/* The code that a row's value stands for (VERDICT 2: NG), NULL where the row has none or the number is unknown. */
const struct okng_map_code *okng_plc_view_code(const struct okng_plc_view *view, const struct okng_map_row *row);
const struct okng_map_code *okng_plc_view_code_of(const char *list, uint16_t number);

/* The value, with the code's name ("2 NG"). Returns text. */
const char *okng_plc_view_text(const struct okng_plc_view *view, const struct okng_map_row *row, enum okng_word_order order,
	char text[OKNG_PLC_TEXT]);
/* The value alone, under key. */
void okng_plc_view_json(struct okng_json *json, const char *key, const struct okng_plc_view *view,
	const struct okng_map_row *row, enum okng_word_order order);

bool okng_plc_view_same(const struct okng_plc_view *a, const struct okng_plc_view *b, const struct okng_map_row *row);
/* The row moves by itself (HEARTBEAT, AGE) or says what other rows say (STATUS_BITS, CONTROL_BITS). */
bool okng_plc_view_restless(const struct okng_map_row *row);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything here comes from plc/regmap.def; only which list of codes a register takes its meaning from is said here.
 */
#include "cli/plc_view.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* As many limits as can be read: the server refuses to read beyond the last one. */
static int find_limits(struct okng_modbus *m, struct okng_plc_view *view)
{
	int low = 0, high = OKNG_PLC_LIMITS_MAX;

	while (low < high) {
		int middle = (low + high + 1) / 2;
		int code = okng_modbus_read_words(m, OKNG_TABLE_HOLDING, OKNG_MAP_LIMITS, (uint16_t)(2 * middle), view->limits);

		if (code < 0)
			return code;
		if (code)
			high = middle - 1;
		else
			low = middle;
	}
	view->n_limits = low;
	return 0;
}

static int read_limits(struct okng_modbus *m, struct okng_plc_view *view, bool search)
{
	int code = search ? find_limits(m, view) : 0;

	if (!code && view->n_limits)
		code = okng_modbus_read_words(m, OKNG_TABLE_HOLDING, OKNG_MAP_LIMITS, (uint16_t)(2 * view->n_limits), view->limits);
	if (code > 0) /* another recipe just now */
		view->n_limits = 0;
	return code > 0 ? 0 : code;
}

int okng_plc_view_read(struct okng_modbus *m, struct okng_plc_view *view, bool search)
{
	uint16_t recipe = view->input[OKNG_INPUT_RECIPE], crc = view->input[OKNG_INPUT_CONFIG_CRC];
	int code = okng_modbus_read_words(m, OKNG_TABLE_INPUT, 0, OKNG_MAP_INPUTS, view->input);

	if (!code)
		code = okng_modbus_read_bits(m, OKNG_TABLE_DISCRETE, 0, OKNG_MAP_DISCRETES, &view->discretes);
	if (!code)
		code = okng_modbus_read_bits(m, OKNG_TABLE_COIL, 0, OKNG_MAP_COILS, &view->coils);
	if (!code)
		code = okng_modbus_read_words(m, OKNG_TABLE_HOLDING, 0, OKNG_MAP_HOLDINGS, view->holding);
	search = search || recipe != view->input[OKNG_INPUT_RECIPE] || crc != view->input[OKNG_INPUT_CONFIG_CRC];
	return code ? code : read_limits(m, view, search);
}

const struct okng_map_row *okng_plc_view_rows(size_t *n)
{
	static struct okng_map_row rows[OKNG_PLC_ROWS_MAX];
	static char names[OKNG_PLC_LIMITS_MAX][16];
	const struct okng_map_row *map = okng_regmap_rows(n);
	size_t fixed = *n;

	assert(fixed + OKNG_PLC_LIMITS_MAX <= OKNG_PLC_ROWS_MAX);
	*n = fixed + OKNG_PLC_LIMITS_MAX;
	if (rows[0].name)
		return rows;
	memcpy(rows, map, fixed * sizeof(*rows));
	for (unsigned i = 0; i < OKNG_PLC_LIMITS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "LIMIT_%u", OKNG_MAP_LIMITS + 2 * i);
		rows[fixed + i] = (struct okng_map_row){ OKNG_TABLE_HOLDING, OKNG_TYPE_F32, (uint16_t)(OKNG_MAP_LIMITS + 2 * i), 2, names[i],
			"limit that the recipe opens" };
	}
	return rows;
}

static bool is_limit(const struct okng_map_row *row)
{
	return row->table == OKNG_TABLE_HOLDING && row->address >= OKNG_MAP_LIMITS;
}

bool okng_plc_view_has(const struct okng_plc_view *view, const struct okng_map_row *row)
{
	return !is_limit(row) || row->address - OKNG_MAP_LIMITS < 2 * view->n_limits;
}

int okng_plc_view_order(const uint16_t input[OKNG_MAP_INPUTS], enum okng_word_order *order)
{
	for (int o = OKNG_WORD_ABCD; o <= OKNG_WORD_DCBA; o++) {
		uint16_t want[OKNG_MAP_INPUTS];

		okng_regmap_put_constants(want, (enum okng_word_order)o);
		*order = (enum okng_word_order)o;
		if (memcmp(want + OKNG_INPUT_TEST_U32, input + OKNG_INPUT_TEST_U32, 6 * sizeof(*want)) == 0)
			return 0;
	}
	*order = OKNG_WORD_ABCD;
	return -EINVAL;
}

const char *okng_plc_view_order_name(enum okng_word_order order)
{
	static const char *const names[] = {
		[OKNG_WORD_ABCD] = "ABCD", [OKNG_WORD_CDAB] = "CDAB", [OKNG_WORD_BADC] = "BADC", [OKNG_WORD_DCBA] = "DCBA",
	};

	return names[order];
}

const char *okng_plc_view_table_name(enum okng_map_table table)
{
	static const char *const names[] = {
		[OKNG_TABLE_COIL] = "coil", [OKNG_TABLE_DISCRETE] = "discrete", [OKNG_TABLE_INPUT] = "input",
		[OKNG_TABLE_HOLDING] = "holding",
	};

	return names[table];
}

const struct okng_map_code *okng_plc_view_code_of(const char *list, uint16_t number)
{
	size_t n;
	const struct okng_map_code *codes = okng_regmap_codes(&n);

	for (size_t i = 0; i < n; i++)
		if (codes[i].number == number && strcmp(codes[i].list, list) == 0)
			return &codes[i];
	return NULL;
}

static const uint16_t *words_of(const struct okng_plc_view *view, const struct okng_map_row *row)
{
	if (is_limit(row))
		return view->limits + row->address - OKNG_MAP_LIMITS;
	return (row->table == OKNG_TABLE_INPUT ? view->input : view->holding) + row->address;
}

static bool bit_of(const struct okng_plc_view *view, const struct okng_map_row *row)
{
	return (row->table == OKNG_TABLE_COIL ? view->coils : view->discretes) >> row->address & 1;
}

const struct okng_map_code *okng_plc_view_code(const struct okng_plc_view *view, const struct okng_map_row *row)
{
	static const struct {
		enum okng_map_table table;
		uint16_t address;
		const char *list;
	} lists[] = {
		{ OKNG_TABLE_INPUT, OKNG_INPUT_STATE, "state" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_ERROR, "error" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_WARNING, "warning" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_OFFLINE_REASON, "offline" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_CMD_CODE_ECHO, "command" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_VERDICT, "verdict" },
		{ OKNG_TABLE_INPUT, OKNG_INPUT_REASON, "reason" },
		{ OKNG_TABLE_HOLDING, OKNG_HOLDING_CMD_CODE, "command" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].table == row->table && lists[i].address == row->address)
			return okng_plc_view_code_of(lists[i].list, *words_of(view, row));
	return NULL;
}

static bool is_hex(const struct okng_map_row *row)
{
	return (row->table == OKNG_TABLE_INPUT && (row->address == OKNG_INPUT_STATUS_BITS || row->address == OKNG_INPUT_CONFIG_CRC)) ||
		(row->table == OKNG_TABLE_HOLDING && row->address == OKNG_HOLDING_CONTROL_BITS);
}

/* "1760000000 2025-10-09T08:53:20Z" */
static void put_utc(uint32_t seconds, char *text)
{
	time_t t = seconds;
	struct tm tm;
	int n = snprintf(text, OKNG_PLC_TEXT, "%u", seconds);

	if (seconds && gmtime_r(&t, &tm))
		strftime(text + n, OKNG_PLC_TEXT - (size_t)n, " %Y-%m-%dT%H:%M:%SZ", &tm);
}

static void put_ascii(const uint16_t *words, const struct okng_map_row *row, enum okng_word_order order, char *text)
{
	char raw[2 * OKNG_MAP_HOLDINGS + 1];

	okng_regmap_get_ascii(words, row->words, raw, order);
	for (char *c = raw; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	snprintf(text, OKNG_PLC_TEXT, "\"%s\"", raw);
}

const char *okng_plc_view_text(const struct okng_plc_view *view, const struct okng_map_row *row, enum okng_word_order order,
	char text[OKNG_PLC_TEXT])
{
	const struct okng_map_code *code = row->type == OKNG_TYPE_U16 ? okng_plc_view_code(view, row) : NULL;

	switch (row->type) {
	case OKNG_TYPE_BIT:
		snprintf(text, OKNG_PLC_TEXT, "%d", bit_of(view, row));
		break;
	case OKNG_TYPE_U16:
		snprintf(text, OKNG_PLC_TEXT, is_hex(row) ? "16#%04x" : "%u", (unsigned)*words_of(view, row));
		if (code)
			snprintf(text + strlen(text), OKNG_PLC_TEXT - strlen(text), " %s", code->name);
		break;
	case OKNG_TYPE_U32:
		if (row->table == OKNG_TABLE_INPUT && row->address == OKNG_INPUT_UTC)
			put_utc(okng_regmap_get_u32(words_of(view, row), order), text);
		else
			snprintf(text, OKNG_PLC_TEXT, is_hex(row) ? "16#%08x" : "%u", okng_regmap_get_u32(words_of(view, row), order));
		break;
	case OKNG_TYPE_F32:
		snprintf(text, OKNG_PLC_TEXT, "%.6g", (double)okng_regmap_get_f32(words_of(view, row), order));
		break;
	case OKNG_TYPE_ASCII:
		put_ascii(words_of(view, row), row, order, text);
		break;
	}
	return text;
}

void okng_plc_view_json(struct okng_json *json, const char *key, const struct okng_plc_view *view,
	const struct okng_map_row *row, enum okng_word_order order)
{
	char raw[2 * OKNG_MAP_HOLDINGS + 1];

	switch (row->type) {
	case OKNG_TYPE_BIT:
		okng_json_int(json, key, bit_of(view, row));
		break;
	case OKNG_TYPE_U16:
		okng_json_int(json, key, *words_of(view, row));
		break;
	case OKNG_TYPE_U32:
		okng_json_int(json, key, okng_regmap_get_u32(words_of(view, row), order));
		break;
	case OKNG_TYPE_F32:
		okng_json_number(json, key, (double)okng_regmap_get_f32(words_of(view, row), order), 6);
		break;
	case OKNG_TYPE_ASCII:
		okng_regmap_get_ascii(words_of(view, row), row->words, raw, order);
		okng_json_string(json, key, raw);
		break;
	}
}

bool okng_plc_view_same(const struct okng_plc_view *a, const struct okng_plc_view *b, const struct okng_map_row *row)
{
	if (row->type == OKNG_TYPE_BIT)
		return bit_of(a, row) == bit_of(b, row);
	if (okng_plc_view_has(a, row) != okng_plc_view_has(b, row))
		return false;
	return memcmp(words_of(a, row), words_of(b, row), row->words * sizeof(uint16_t)) == 0;
}

bool okng_plc_view_restless(const struct okng_map_row *row)
{
	switch (row->table) {
	case OKNG_TABLE_DISCRETE:
		return row->address == OKNG_DISCRETE_HEARTBEAT;
	case OKNG_TABLE_INPUT:
		return row->address == OKNG_INPUT_HEARTBEAT || row->address == OKNG_INPUT_AGE || row->address == OKNG_INPUT_STATUS_BITS;
	case OKNG_TABLE_HOLDING:
		return row->address == OKNG_HOLDING_CONTROL_BITS || row->address == OKNG_HOLDING_PLC_HEARTBEAT;
	default:
		return false;
	}
}

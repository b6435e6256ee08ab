/* SPDX-License-Identifier: Apache-2.0
 *
 * The table must not contradict itself, and values must lie in registers as each PLC expects them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plc/regmap.h"

static void orders(void **state)
{
	(void)state;
	static const struct {
		enum okng_word_order order;
		uint16_t u32[2], ascii[2];
	} cases[] = {
		{OKNG_WORD_ABCD, {0xaabb, 0xccdd}, {0x4142, 0x4344}},
		{OKNG_WORD_CDAB, {0xccdd, 0xaabb}, {0x4142, 0x4344}},
		{OKNG_WORD_BADC, {0xbbaa, 0xddcc}, {0x4241, 0x4443}},
		{OKNG_WORD_DCBA, {0xddcc, 0xbbaa}, {0x4241, 0x4443}},
	};
	static const float floats[] = {0.0f, -0.0f, 123.45f, -1e30f, 1e-40f};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t r[2];
		char text[5];
		okng_regmap_put_u32(r, 0xaabbccdd, cases[i].order);
		assert_memory_equal(r, cases[i].u32, sizeof r);
		assert_int_equal(okng_regmap_get_u32(r, cases[i].order), 0xaabbccdd);
		okng_regmap_put_ascii(r, 2, "ABCD", cases[i].order);
		assert_memory_equal(r, cases[i].ascii, sizeof r);
		okng_regmap_get_ascii(r, 2, text, cases[i].order);
		assert_string_equal(text, "ABCD");
		for (size_t f = 0; f < sizeof floats / sizeof *floats; f++) {
			okng_regmap_put_f32(r, floats[f], cases[i].order);
			float back = okng_regmap_get_f32(r, cases[i].order);
			assert_memory_equal(&back, &floats[f], sizeof back);
		}
	}
}

static void texts(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		uint16_t words[2];
		const char *out;
	} cases[] = {
		{"", {0, 0}, ""}, {"A", {0x4100, 0}, "A"}, {"ABC", {0x4142, 0x4300}, "ABC"}, {"ABCDE", {0x4142, 0x4344}, "ABCD"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t r[3] = {7, 7, 7};
		char text[5];
		okng_regmap_put_ascii(r, 2, cases[i].in, OKNG_WORD_ABCD);
		assert_memory_equal(r, cases[i].words, 4);
		assert_int_equal(r[2], 7);
		okng_regmap_get_ascii(r, 2, text, OKNG_WORD_ABCD);
		assert_string_equal(text, cases[i].out);
	}
	/* What a PLC left behind the end of a shorter text is not part of it. */
	char text[5] = "....";
	okng_regmap_get_ascii((const uint16_t[]){0x4100, 0x4344}, 2, text, OKNG_WORD_ABCD);
	assert_memory_equal(text, "A\0\0\0", 5);
}

/* No two rows of a table share an address, all are readable, and the names are unique. */
static void no_overlap(void **state)
{
	(void)state;
	size_t n;
	const struct okng_map_row *rows = okng_regmap_rows(&n);
	const char *taken[4][OKNG_MAP_INPUTS] = {{NULL}};
	assert_in_range(n, 80, 200);
	for (size_t i = 0; i < n; i++) {
		assert_true(okng_regmap_readable(rows[i].table, rows[i].address, rows[i].words));
		for (unsigned w = 0; w < rows[i].words; w++) {
			assert_null(taken[rows[i].table][rows[i].address + w]);
			taken[rows[i].table][rows[i].address + w] = rows[i].name;
		}
		if (rows[i].type == OKNG_TYPE_U32 || rows[i].type == OKNG_TYPE_F32)
			assert_int_equal(rows[i].words, 2);
		else if (rows[i].type != OKNG_TYPE_ASCII)
			assert_int_equal(rows[i].words, 1);
		for (size_t j = 0; j < i; j++)
			assert_false(rows[i].table == rows[j].table && strcmp(rows[i].name, rows[j].name) == 0);
	}
	const struct okng_map_code *codes = okng_regmap_codes(&n);
	for (size_t i = 1; i < n; i++)
		if (strcmp(codes[i].list, codes[i - 1].list) == 0)
			assert_true(codes[i].number > codes[i - 1].number);
}

static void ranges(void **state)
{
	(void)state;
	static const struct {
		enum okng_map_table table;
		uint32_t address, count;
		bool read, write;
	} cases[] = {
		{OKNG_TABLE_COIL, 0, 16, true, true}, {OKNG_TABLE_COIL, 0, 17, false, false}, {OKNG_TABLE_COIL, 16, 1, false, false},
		{OKNG_TABLE_DISCRETE, 0, 32, true, false}, {OKNG_TABLE_DISCRETE, 31, 2, false, false},
		{OKNG_TABLE_INPUT, 0, 100, true, false}, {OKNG_TABLE_INPUT, 99, 1, true, false}, {OKNG_TABLE_INPUT, 100, 1, false, false},
		{OKNG_TABLE_INPUT, 14, 2, true, false}, {OKNG_TABLE_INPUT, 0xffff, 0xffff, false, false},
		{OKNG_TABLE_HOLDING, 0, 26, true, true}, {OKNG_TABLE_HOLDING, 25, 2, false, false}, {OKNG_TABLE_HOLDING, 26, 1, false, false},
		{OKNG_TABLE_HOLDING, 100, 1, false, false}, {OKNG_TABLE_HOLDING, 999, 1, false, false},
		{OKNG_TABLE_HOLDING, 1000, 100, true, false}, {OKNG_TABLE_HOLDING, 1000, 101, false, false},
		{OKNG_TABLE_HOLDING, 0, 0, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(okng_regmap_readable(cases[i].table, cases[i].address, cases[i].count), cases[i].read);
		assert_int_equal(okng_regmap_writable(cases[i].table, cases[i].address, cases[i].count), cases[i].write);
	}
}

static void block(void **state)
{
	(void)state;
	struct okng_plc_result r = {.seq = 7, .trig_seq = 9, .verdict = 2, .reason = 1, .area = 70000, .time = 123, .utc = 0x01020304,
		.part_id = "PART-1", .measures = {1.5f, 0, 0, 0, -2.25f}};
	uint16_t in[OKNG_MAP_INPUTS];
	memset(in, 0x55, sizeof in);
	okng_regmap_put_block(in, &r, 42, OKNG_WORD_CDAB);
	assert_int_equal(in[15], 0x5555);
	assert_int_equal(in[64], 0x5555);
	assert_int_equal(in[16], 7);
	assert_int_equal(in[63], 7);
	assert_int_equal(in[17], 9);
	assert_int_equal(in[19], 2);
	assert_int_equal(okng_regmap_get_u32(in + 30, OKNG_WORD_CDAB), 70000);
	assert_int_equal(in[33], 42);
	assert_int_equal(in[36], 'P' << 8 | 'A');
	assert_int_equal(in[62], 0);
	assert_true(okng_regmap_get_f32(in + 60, OKNG_WORD_CDAB) == -2.25f);
	okng_regmap_put_block(in, NULL, 0, OKNG_WORD_CDAB);
	for (int i = OKNG_MAP_BLOCK; i < OKNG_MAP_BLOCK_END; i++)
		assert_int_equal(in[i], 0);
}

static char *print(enum okng_map_format format)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	assert_non_null(f);
	assert_int_equal(okng_plc_map_print(f, format), 0);
	fclose(f);
	return text;
}

static void printed(void **state)
{
	(void)state;
	static const struct {
		enum okng_map_format format;
		const char *line;
	} cases[] = {
		{OKNG_MAP_MD, "| 0 | 00001 | TRIG_ENABLE | bit |"}, {OKNG_MAP_MD, "| 36-51 | 30037-30052 | PART_ID | ASCII |"},
		{OKNG_MAP_MD, "| 40 | MIXED_STYLES |"}, {OKNG_MAP_CSV, "\ninput,19,30020,1,u16,read,VERDICT,\""},
		{OKNG_MAP_CSV, "\nholding,1019,41020,1,u16,read,VERDICT_COPY,\""}, {OKNG_MAP_CSV, "\nreason,26,,,,,OFFLINE,\""},
		{OKNG_MAP_ST, "\tOKNG_INPUT_SEQ_HEAD : UINT := 16; (* 30017, u16: "}, {OKNG_MAP_ST, "\tOKNG_VERDICT_CODE_OK : UINT := 1;"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = print(cases[i].format);
		if (!strstr(text, cases[i].line))
			fail_msg("not printed: %s", cases[i].line);
		free(text);
	}
	/* Every comment of the structured text is closed on its line, every line of the CSV has eight fields. */
	char *st = print(OKNG_MAP_ST), *save = NULL;
	for (char *line = strtok_r(strstr(st, "VAR_GLOBAL"), "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		assert_int_equal(strstr(line, "(*") != NULL, strstr(line, "*)") != NULL);
	free(st);
	char *csv = print(OKNG_MAP_CSV);
	for (char *line = strtok_r(csv, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int commas = 0, quotes = 0;
		for (const char *c = line; *c; c++) {
			quotes += *c == '"';
			commas += *c == ',' && quotes == 0;
		}
		assert_int_equal(commas, 7);
		assert_true(quotes == 0 || quotes == 2);
	}
	free(csv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders), cmocka_unit_test(texts), cmocka_unit_test(no_overlap), cmocka_unit_test(ranges),
		cmocka_unit_test(block), cmocka_unit_test(printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

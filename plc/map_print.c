/* SPDX-License-Identifier: Apache-2.0
 *
 * The register map for people: a manual page in Markdown, a table for a spreadsheet, and constants in structured text
 * which a PLC project imports, so that nobody types an address.
 */
#include <errno.h>
#include <string.h>

#include "plc/regmap.h"

static const char *const table_key[] = {"coil", "discrete", "input", "holding"};
static const char *const table_title[] = {
	"Coils (PLC writes; FC 1, 5, 15)", "Discrete inputs (FC 2)", "Input registers (FC 4)",
	"Holding registers (FC 3, 6, 16, 22, 23)"};
static const char *const table_upper[] = {"COIL", "DISCRETE", "INPUT", "HOLDING"};
static const char *const type_name[] = {"bit", "u16", "u32", "float32", "ASCII"};

/* 1-based numbers as PLC programmers write them: 0xxxx coils, 1xxxx discrete, 3xxxx input, 4xxxx holding. */
static unsigned modicon(enum okng_map_table table, unsigned address)
{
	static const unsigned base[] = {1, 10001, 30001, 40001};
	return base[table] + address;
}

static const char *access_of(enum okng_map_table table)
{
	return table == OKNG_TABLE_COIL || table == OKNG_TABLE_HOLDING ? "read/write" : "read";
}

static void print_md(FILE *out, const struct okng_map_row *rows, size_t n, const struct okng_map_code *codes, size_t m)
{
	fputs("Addresses are zero-based; the Modicon number beside them is one-based.\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct okng_map_row *r = &rows[i];
		if (i == 0 || r->table != rows[i - 1].table)
			fprintf(out, "\n## %s\n\n| address | Modicon | name | type | meaning |\n|---|---|---|---|---|\n", table_title[r->table]);
		unsigned last = r->address + r->words - 1u;
		if (r->words > 1)
			fprintf(out, "| %u-%u | %05u-%05u |", r->address, last, modicon(r->table, r->address), modicon(r->table, last));
		else
			fprintf(out, "| %u | %05u |", r->address, modicon(r->table, r->address));
		fprintf(out, " %s | %s | %s |\n", r->name, type_name[r->type], r->text);
	}
	unsigned last_limit = OKNG_MAP_LIMITS + 2 * OKNG_PLC_LIMITS_MAX - 1;
	fprintf(out, "| %u-%u | %05u-%05u | | float32 | limits that the recipe opens, as many as it does: `okng plc map --recipe` |\n",
		OKNG_MAP_LIMITS, last_limit, modicon(OKNG_TABLE_HOLDING, OKNG_MAP_LIMITS), modicon(OKNG_TABLE_HOLDING, last_limit));
	fprintf(out, "| %u-%u | %05u-%05u | | | read-only copy of input registers 0-%u |\n", OKNG_MAP_COPY,
		OKNG_MAP_COPY + OKNG_MAP_INPUTS - 1, modicon(OKNG_TABLE_HOLDING, OKNG_MAP_COPY),
		modicon(OKNG_TABLE_HOLDING, OKNG_MAP_COPY + OKNG_MAP_INPUTS - 1), OKNG_MAP_INPUTS - 1);
	for (size_t i = 0; i < m; i++) {
		if (i == 0 || strcmp(codes[i].list, codes[i - 1].list) != 0)
			fprintf(out, "\n## Codes: %s\n\n| number | name | meaning |\n|---|---|---|\n", codes[i].list);
		fprintf(out, "| %u | %s | %s |\n", codes[i].number, codes[i].name, codes[i].text);
	}
}

static void print_csv(FILE *out, const struct okng_map_row *rows, size_t n, const struct okng_map_code *codes, size_t m)
{
	fputs("kind,number,modicon,words,type,access,name,meaning\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct okng_map_row *r = &rows[i];
		fprintf(out, "%s,%u,%05u,%u,%s,%s,%s,\"%s\"\n", table_key[r->table], r->address, modicon(r->table, r->address),
			r->words, type_name[r->type], access_of(r->table), r->name, r->text);
	}
	for (size_t i = 0; i < n; i++) {
		const struct okng_map_row *r = &rows[i];
		if (r->table == OKNG_TABLE_INPUT)
			fprintf(out, "holding,%u,%05u,%u,%s,read,%s_COPY,\"%s\"\n", r->address + OKNG_MAP_COPY,
				modicon(OKNG_TABLE_HOLDING, r->address + OKNG_MAP_COPY), r->words, type_name[r->type], r->name, r->text);
	}
	for (size_t i = 0; i < m; i++)
		fprintf(out, "%s,%u,,,,,%s,\"%s\"\n", codes[i].list, codes[i].number, codes[i].name, codes[i].text);
}

static void print_upper(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text, out);
}

static void print_st(FILE *out, const struct okng_map_row *rows, size_t n, const struct okng_map_code *codes, size_t m)
{
	fputs("(* okng PLC interface: zero-based Modbus addresses and codes, one-based Modicon numbers in the comments.\n"
		"   Made by: okng plc map --format st *)\n"
		"VAR_GLOBAL CONSTANT\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct okng_map_row *r = &rows[i];
		fprintf(out, "\tOKNG_%s_%s : UINT := %u; (* %05u, %s", table_upper[r->table], r->name, r->address,
			modicon(r->table, r->address), type_name[r->type]);
		if (r->words > 1)
			fprintf(out, " in %u words", r->words);
		fprintf(out, ": %s *)\n", r->text);
	}
	fprintf(out, "\tOKNG_HOLDING_LIMITS : UINT := %u; (* %05u: first of the limits that the recipe opens, REAL in 2 words each *)\n",
		OKNG_MAP_LIMITS, modicon(OKNG_TABLE_HOLDING, OKNG_MAP_LIMITS));
	fprintf(out, "\tOKNG_HOLDING_COPY : UINT := %u; (* %05u: read-only copy of input registers 0-%u *)\n", OKNG_MAP_COPY,
		modicon(OKNG_TABLE_HOLDING, OKNG_MAP_COPY), OKNG_MAP_INPUTS - 1);
	fprintf(out, "\tOKNG_BLOCK : UINT := %u; (* %05u: first register of the result block, read in one request *)\n"
		"\tOKNG_BLOCK_COUNT : UINT := %u;\n", OKNG_MAP_BLOCK, modicon(OKNG_TABLE_INPUT, OKNG_MAP_BLOCK),
		OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK);
	fprintf(out, "\tOKNG_COIL_COUNT : UINT := %u;\n\tOKNG_DISCRETE_COUNT : UINT := %u;\n\tOKNG_INPUT_COUNT : UINT := %u;\n"
		"\tOKNG_HOLDING_COUNT : UINT := %u;\n", OKNG_MAP_COILS, OKNG_MAP_DISCRETES, OKNG_MAP_INPUTS, OKNG_MAP_HOLDINGS);
	for (size_t i = 0; i < m; i++) {
		fputs("\tOKNG_", out);
		print_upper(out, codes[i].list);
		fprintf(out, "_CODE_%s : UINT := %u; (* %s *)\n", codes[i].name, codes[i].number, codes[i].text);
	}
	fprintf(out, "END_VAR\n\nVAR_GLOBAL\n"
		"\tokng_coils : ARRAY[0..%u] OF BOOL; (* what FC 15 writes to address 0 *)\n"
		"\tokng_discretes : ARRAY[0..%u] OF BOOL; (* what FC 2 reads from address 0 *)\n"
		"\tokng_input : ARRAY[0..%u] OF WORD; (* what FC 4 reads from address 0 *)\n"
		"\tokng_holding : ARRAY[0..%u] OF WORD; (* what FC 16 writes to address 0 *)\n"
		"END_VAR\n", OKNG_MAP_COILS - 1, OKNG_MAP_DISCRETES - 1, OKNG_MAP_INPUTS - 1, OKNG_MAP_HOLDINGS - 1);
}

int okng_plc_map_print(FILE *out, enum okng_map_format format)
{
	size_t n, m;
	const struct okng_map_row *rows = okng_regmap_rows(&n);
	const struct okng_map_code *codes = okng_regmap_codes(&m);
	if (format == OKNG_MAP_MD)
		print_md(out, rows, n, codes, m);
	else if (format == OKNG_MAP_CSV)
		print_csv(out, rows, n, codes, m);
	else
		print_st(out, rows, n, codes, m);
	return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

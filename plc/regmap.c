/* SPDX-License-Identifier: Apache-2.0
 *
 * The four word orders are two independent swaps: of the registers (CD first) and of the bytes in each (BA).
 */
#include "plc/regmap.h"

#include <errno.h>
#include <string.h>

static uint16_t swap(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

void okng_reg_put_u32(uint16_t *reg, uint32_t value, enum okng_word_order order)
{
	bool low_first = order == OKNG_WORD_CDAB || order == OKNG_WORD_DCBA;
	bool bytes = order == OKNG_WORD_BADC || order == OKNG_WORD_DCBA;
	uint16_t high = (uint16_t)(value >> 16), low = (uint16_t)value;
	reg[low_first] = bytes ? swap(high) : high;
	reg[!low_first] = bytes ? swap(low) : low;
}

uint32_t okng_reg_get_u32(const uint16_t *reg, enum okng_word_order order)
{
	bool low_first = order == OKNG_WORD_CDAB || order == OKNG_WORD_DCBA;
	bool bytes = order == OKNG_WORD_BADC || order == OKNG_WORD_DCBA;
	uint16_t high = reg[low_first], low = reg[!low_first];
	return (uint32_t)(bytes ? swap(high) : high) << 16 | (bytes ? swap(low) : low);
}

void okng_reg_put_float(uint16_t *reg, float value, enum okng_word_order order)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	okng_reg_put_u32(reg, bits, order);
}

void okng_reg_put_ascii(uint16_t *reg, int registers, const char *text)
{
	size_t n = strnlen(text, (size_t)registers * 2);
	for (int i = 0; i < registers; i++) {
		size_t at = (size_t)i * 2;
		unsigned a = at < n ? (unsigned char)text[at] : 0, b = at + 1 < n ? (unsigned char)text[at + 1] : 0;
		reg[i] = (uint16_t)(a << 8 | b);
	}
}

void okng_reg_get_ascii(const uint16_t *reg, int registers, char *text)
{
	int n = 0;
	for (; n < registers * 2; n++) {
		unsigned c = n & 1 ? reg[n / 2] & 0xff : reg[n / 2] >> 8;
		if (c == 0)
			break;
		text[n] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
	}
	memset(text + n, 0, (size_t)(registers * 2 + 1 - n));
}

/* One line of the map, of any kind. */
struct entry {
	const char *kind, *name, *type, *access, *text;
	int address, count, modicon;
};

static const struct entry entries[] = {
#define COIL(address_, name_, text_) {"coil", #name_, "bit", "rw", text_, address_, 1, 1 + address_},
#define DISCRETE(address_, name_, text_) {"discrete input", #name_, "bit", "r", text_, address_, 1, 10001 + address_},
#define INPUT(address_, count_, name_, type_, text_) {"input register", #name_, #type_, "r", text_, address_, count_, 30001 + address_},
#define HOLDING(address_, count_, name_, type_, access_, text_) {"holding register", #name_, #type_, access_, text_, address_, count_, 40001 + address_},
#define REASON(code, name_, text_) {"reason", #name_, "", "", text_, code, 1, 0},
#define LINK_ERROR(code, name_, text_) {"error", #name_, "", "", text_, code, 1, 0},
#include "plc/regmap.def"
};

static void print_range(FILE *out, int first, int count, const char *format)
{
	fprintf(out, format, first);
	if (count > 1) {
		fputc('-', out);
		fprintf(out, format, first + count - 1);
	}
}

static void print_md(FILE *out, const struct entry *e, const char *previous)
{
	static const char *const function[][2] = {
		{"coil", "Coils (PLC writes, FC 1, 5, 15)"}, {"discrete input", "Discrete inputs (FC 2)"},
		{"input register", "Input registers (FC 4)"}, {"holding register", "Holding registers (FC 3, 6, 16, 22, 23)"},
		{"reason", "Reasons"}, {"error", "Errors of the link, in register ERROR"},
	};
	if (strcmp(previous, e->kind) != 0) {
		for (size_t i = 0; i < sizeof function / sizeof *function; i++)
			if (strcmp(function[i][0], e->kind) == 0)
				fprintf(out, "%s### %s\n\n", *previous ? "\n" : "", function[i][1]);
		fputs(e->modicon ? "| address | Modicon | name | type | meaning |\n|---|---|---|---|---|\n" : "| code | name | meaning |\n|---|---|---|\n", out);
	}
	fputs("| ", out);
	print_range(out, e->address, e->count, "%d");
	if (e->modicon) {
		fputs(" | ", out);
		print_range(out, e->modicon, e->count, "%05d");
		fprintf(out, " | %s | %s | %s |\n", e->name, e->type, e->text);
	} else {
		fprintf(out, " | %s | %s |\n", e->name, e->text);
	}
}

static void print_st(FILE *out, const struct entry *e)
{
	const char *prefix = strcmp(e->kind, "coil") == 0 ? "COIL" : strcmp(e->kind, "discrete input") == 0 ? "DI" :
		strcmp(e->kind, "input register") == 0 ? "IR" : strcmp(e->kind, "holding register") == 0 ? "HR" :
		strcmp(e->kind, "reason") == 0 ? "REASON" : "ERROR";
	fprintf(out, "    OKNG_%s_%s : UINT := %d; (* %s *)\n", prefix, e->name, e->address, e->text);
}

int okng_plc_map_print(FILE *out, enum okng_map_format format)
{
	const char *previous = "";
	if (format == OKNG_MAP_CSV)
		fputs("kind,address,count,modicon,name,type,access,meaning\n", out);
	if (format == OKNG_MAP_ST)
		fputs("(* okng register map, zero-based PDU addresses; add 1 for Modicon numbers. *)\n{attribute 'qualified_only'}\nVAR_GLOBAL CONSTANT\n", out);
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		const struct entry *e = &entries[i];
		if (format == OKNG_MAP_MD)
			print_md(out, e, previous);
		else if (format == OKNG_MAP_ST)
			print_st(out, e);
		else if (e->modicon)
			fprintf(out, "%s,%d,%d,%05d,%s,%s,%s,\"%s\"\n", e->kind, e->address, e->count, e->modicon, e->name, e->type, e->access, e->text);
		else
			fprintf(out, "%s,%d,,,%s,,,\"%s\"\n", e->kind, e->address, e->name, e->text);
		previous = e->kind;
	}
	if (format == OKNG_MAP_ST)
		fputs("END_VAR\n", out);
	return ferror(out) ? -EIO : 0;
}

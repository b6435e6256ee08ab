/* SPDX-License-Identifier: Apache-2.0
 *
 * Where one recipe's limits lie, for people and PLC projects: what map_print.c is for the fixed part of the map.
 */
#include <errno.h>
#include <string.h>

#include "plc/regmap.h"

#define MODICON 40001u

static unsigned address_of(int i)
{
	return OKNG_MAP_LIMITS + 2u * (unsigned)i;
}

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* As a name in structured text: letters, digits and single underscores; the address makes it unique where another limit's
 * comes out the same. */
static void st_name(const struct okng_plc_limit *limits, int i, char *out, size_t size)
{
	size_t n = 0;
	for (const char *c = limits[i].name; *c && n + 1 < size; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
		if (plain)
			out[n++] = upper(*c);
		else if (n && out[n - 1] != '_')
			out[n++] = '_';
	}
	out[n] = 0;
	if (n && out[n - 1] == '_')
		out[n - 1] = 0;
}

static bool st_name_taken(const struct okng_plc_limit *limits, int n, int i, const char *name)
{
	char other[sizeof limits->name];
	for (int k = 0; k < n; k++) {
		st_name(limits, k, other, sizeof other);
		if (k != i && strcmp(name, other) == 0)
			return true;
	}
	return false;
}

static void print_md(FILE *out, const struct okng_plc_limit *limits, int n)
{
	fputs("\n## Limits that this recipe opens (holding registers; FC 3, 16, 23; float32)\n\n"
		"| address | Modicon | name | range | in the file |\n|---|---|---|---|---|\n", out);
	for (int i = 0; i < n; i++) {
		const struct okng_plc_limit *l = &limits[i];
		unsigned at = address_of(i);
		fprintf(out, "| %u-%u | %05u-%05u | %s | %g to %g%s%s%s | %.9g |\n", at, at + 1, at + MODICON, at + MODICON + 1, l->name,
			l->min, l->max, *l->unit ? " " : "", l->unit, l->whole ? ", whole" : "", l->value);
	}
}

static void print_csv(FILE *out, const struct okng_plc_limit *limits, int n)
{
	for (int i = 0; i < n; i++) {
		const struct okng_plc_limit *l = &limits[i];
		fprintf(out, "holding,%u,%05u,2,float32,read/write,", address_of(i), address_of(i) + MODICON);
		fputc('"', out);
		for (const char *c = l->name; *c; c++) {
			if (*c == '"')
				fputc('"', out);
			fputc(*c, out);
		}
		fprintf(out, "\",\"limit of the recipe: %g to %g%s%s%s; %.9g in the file\"\n", l->min, l->max, *l->unit ? " " : "", l->unit,
			l->whole ? ", whole" : "", l->value);
	}
}

static void print_st(FILE *out, const struct okng_plc_limit *limits, int n)
{
	fputs("\n(* Limits that this recipe opens: float32 in two holding registers each. *)\nVAR_GLOBAL CONSTANT\n", out);
	for (int i = 0; i < n; i++) {
		const struct okng_plc_limit *l = &limits[i];
		char name[sizeof l->name], number[16] = "";
		st_name(limits, i, name, sizeof name);
		if (st_name_taken(limits, n, i, name))
			snprintf(number, sizeof number, "_%u", address_of(i));
		fprintf(out, "\tOKNG_LIMIT_%s%s : UINT := %u; (* %05u, %g to %g%s%s%s *)\n", name, number, address_of(i),
			address_of(i) + MODICON, l->min, l->max, *l->unit ? " " : "", l->unit, l->whole ? ", whole" : "");
	}
	fprintf(out, "\tOKNG_LIMIT_COUNT : UINT := %d;\nEND_VAR\n", n);
	if (n)
		fprintf(out, "\nVAR_GLOBAL\n\tokng_limits : ARRAY[0..%d] OF REAL; (* what FC 16 writes to address %u *)\nEND_VAR\n", n - 1,
			OKNG_MAP_LIMITS);
}

int okng_plc_map_print_limits(FILE *out, enum okng_map_format format, const struct okng_plc_limit *limits, int n)
{
	if (format == OKNG_MAP_MD)
		print_md(out, limits, n);
	else if (format == OKNG_MAP_CSV)
		print_csv(out, limits, n);
	else
		print_st(out, limits, n);
	return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

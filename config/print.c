/* SPDX-License-Identifier: Apache-2.0
 *
 * The default files and the manual, printed from the rows.
 */
#include <errno.h>
#include <string.h>

#include "config/rows.h"

/* off: commented out, for a table that is not there by default. */
static void print_key(FILE *out, const struct okng_row *r, bool off)
{
	char allowed[240];
	okng_row_allowed(r, allowed, sizeof allowed);
	fprintf(out, "# %s\n# %s%s%s\n%s%s = %s\n", r->text, allowed, *r->unit ? ", in " : "", r->unit, off ? "#" : "", r->key, r->def);
}

static void print_rows(FILE *out, const char *what, const char *header, bool off)
{
	int count;
	const struct okng_row *rows = okng_rows(what, &count);
	const char *table = header;
	for (int i = 0; i < count; i++) {
		if (!header && (!table || strcmp(table, rows[i].table) != 0) && *rows[i].table)
			fprintf(out, "\n[%s]\n", rows[i].table);
		table = rows[i].table;
		print_key(out, &rows[i], off);
	}
}

int okng_config_print_defaults(FILE *out, const char *what)
{
	if (strcmp(what, "station") == 0) {
		fprintf(out, "# okng station file. Every key is shown with its default; a key left out has it too.\n");
		print_rows(out, "station", NULL, false);
		fprintf(out, "\n# One [camera]; or a [[camera]] for each of up to %d that look at the same part, with [camera.TYPE] below each.", OKNG_CAMERAS_MAX);
		print_rows(out, "camera", NULL, false);
		fprintf(out, "\n# One [[link]] table for each further link to a PLC, at most %d; none by default.\n#[[link]]\n", OKNG_PLC_LINKS_MAX);
		print_rows(out, "link", "link", true);
	} else if (strcmp(what, "recipe") == 0) {
		fprintf(out, "# okng recipe. Every key is shown with its default; a key left out has it too.\n");
		print_rows(out, "recipe", NULL, false);
		fprintf(out, "\n# One [[tool]] table for each inspection tool, at least one.\n[[tool]]\n");
		print_rows(out, "tool", "tool", false);
		fprintf(out, "\n# One [[class]] table for each class of defect; the first that fits names it, what fits none rejects.\n[[class]]\n");
		print_rows(out, "class", "class", false);
	} else {
		return -EINVAL;
	}
	return ferror(out) ? -EIO : 0;
}

static const char *effect(enum okng_reload reload)
{
	return reload == OKNG_RELOAD_NOW ? "reload" : reload == OKNG_RELOAD_RECIPE ? "reload, next part" : "restart";
}

static void print_table(FILE *out, const char *what, const char *name)
{
	int count;
	const char *table = NULL;
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++) {
		const struct okng_row *r = &rows[i];
		char allowed[240];
		if (!table || strcmp(table, r->table) != 0) {
			if (name)
				fprintf(out, "\n### [[%s]]\n\n", name);
			else
				fprintf(out, "\n### %s%s%s\n\n", *r->table ? "[" : "top of the file", r->table, *r->table ? "]" : "");
			fprintf(out, "| key | allowed | default | unit | takes effect | meaning |\n|---|---|---|---|---|---|\n");
		}
		table = r->table;
		okng_row_allowed(r, allowed, sizeof allowed);
		fprintf(out, "| `%s` | %s | `%s` | %s | %s | %s |\n", r->key, allowed, r->def, r->unit, effect(r->reload), r->text);
	}
}

int okng_config_print_manual(FILE *out)
{
	fprintf(out, "## Station file\n");
	print_table(out, "station", NULL);
	print_table(out, "camera", NULL);
	print_table(out, "link", "link");
	fprintf(out, "\n## Recipe\n");
	print_table(out, "recipe", NULL);
	print_table(out, "tool", "tool");
	print_table(out, "class", "class");
	return ferror(out) ? -EIO : 0;
}

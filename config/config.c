/* SPDX-License-Identifier: Apache-2.0
 *
 * Text into structs: walks the tree by the rows, gathers every error, and hands the struct over only when there is
 * none.
 */
#include "config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/rows.h"
#include "config/suggest.h"

/* One table being read: its rows, where the fields are, its dotted name. */
struct reading {
	const char *what, *file;
	void *base;
	struct okng_config_errors *errors;
	struct okng_recipe *recipe;       /* whose [[tool]] and [[class]] are at the root, or NULL */
	struct okng_station_config *station; /* whose [camera], [[camera]] and [[link]] are at the root, or NULL */
};

void okng_config_error(struct okng_config_errors *errors, const char *file, int line, const char *key, const char *fmt, ...)
{
	if (errors->n < OKNG_CONFIG_ERRORS_MAX) {
		char text[320];
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(text, sizeof text, fmt, ap);
		va_end(ap);
		okng_error_set(&errors->error[errors->n], -EINVAL, file, line, key, "%s", text);
	}
	errors->n++;
}

static const struct okng_row *find_row(const char *what, const char *table, const char *key)
{
	int count;
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++)
		if (strcmp(rows[i].table, table) == 0 && strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* A table is known when a row lies in it or below it. */
static bool known_table(const char *what, const char *path)
{
	int count;
	size_t len = strlen(path);
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++)
		if (strncmp(rows[i].table, path, len) == 0 && (rows[i].table[len] == '\0' || rows[i].table[len] == '.'))
			return true;
	return false;
}

static bool read_arrays(const struct reading *r, const struct okng_toml_node *n);

static void read_table(const struct reading *r, const struct okng_toml_node *table, const char *path)
{
	for (const struct okng_toml_node *n = table->child; n; n = n->next) {
		char full[160], hint[96], why[400];
		if (*path == '\0' && read_arrays(r, n))
			continue;
		snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", n->key);
		const struct okng_row *row = find_row(r->what, path, n->key);
		if (row) {
			if (okng_row_set(row, r->base, n, why, sizeof why) < 0)
				okng_config_error(r->errors, r->file, n->line, full, "%s", why);
		} else if (n->kind == OKNG_TOML_TABLE && known_table(r->what, full)) {
			read_table(r, n, full);
		} else {
			okng_suggest(r->what, path, n->key, hint, sizeof hint);
			okng_config_error(r->errors, r->file, n->line, full, "unknown %s%s", n->kind == OKNG_TOML_TABLE ? "table" : "key", hint);
		}
	}
}

/* [[tool]], [[class]], [[link]], [[camera]]: an array of tables, each into its own element. */
static void read_array(const struct reading *r, const struct okng_toml_node *array, int most, size_t each, int *count)
{
	if (array->kind != OKNG_TOML_ARRAY) {
		okng_config_error(r->errors, r->file, array->line, array->key, "must be written [[%s]], once for each", array->key);
		return;
	}
	for (const struct okng_toml_node *n = array->child; n; n = n->next) {
		if (n->kind != OKNG_TOML_TABLE) {
			okng_config_error(r->errors, r->file, n->line, array->key, "must be written [[%s]], once for each", array->key);
		} else if (*count == most) {
			okng_config_error(r->errors, r->file, n->line, array->key, "at most %d are allowed", most);
			return;
		} else {
			struct reading one = *r;
			one.what = array->key;
			one.recipe = NULL;
			one.station = NULL;
			one.base = (char *)r->base + each * (size_t)(*count)++;
			okng_rows_defaults(array->key, one.base);
			read_table(&one, n, array->key);
		}
	}
}

static bool read_arrays(const struct reading *r, const struct okng_toml_node *n)
{
	struct reading one = *r;
	if (r->recipe && strcmp(n->key, "tool") == 0) {
		one.base = r->recipe->tools;
		read_array(&one, n, OKNG_TOOLS_MAX, sizeof *r->recipe->tools, &r->recipe->n_tools);
	} else if (r->recipe && strcmp(n->key, "class") == 0) {
		one.base = r->recipe->classes;
		read_array(&one, n, OKNG_CLASSES_MAX, sizeof *r->recipe->classes, &r->recipe->n_classes);
	} else if (r->station && strcmp(n->key, "link") == 0) {
		one.base = r->station->plc.links;
		read_array(&one, n, OKNG_PLC_LINKS_MAX, sizeof *r->station->plc.links, &r->station->plc.n_links);
	} else if (r->station && strcmp(n->key, "camera") == 0 && n->kind == OKNG_TOML_TABLE) {
		one = (struct reading){"camera", r->file, r->station->view, r->errors, NULL, NULL};
		read_table(&one, n, "camera");
	} else if (r->station && strcmp(n->key, "camera") == 0) {
		int given = 0; /* over the one that is there by default */
		one.base = r->station->view;
		read_array(&one, n, OKNG_CAMERAS_MAX, sizeof *r->station->view, &given);
		r->station->n_views = given ? given : 1;
	} else {
		return false;
	}
	return true;
}

static int by_line(const void *a, const void *b)
{
	const struct okng_error *x = a, *y = b;
	return (x->line > y->line) - (x->line < y->line);
}

static int conclude(struct okng_config_errors *errors)
{
	int kept = errors->n < OKNG_CONFIG_ERRORS_MAX ? errors->n : OKNG_CONFIG_ERRORS_MAX;
	qsort(errors->error, (size_t)kept, sizeof *errors->error, by_line);
	return errors->n ? -EINVAL : 0;
}

int okng_config_open(struct okng_toml **doc, const char *text, size_t size, const char *name, struct okng_config_errors *errors)
{
	memset(errors, 0, sizeof *errors);
	int r = okng_toml_parse(doc, text, size, name, &errors->error[0]);
	errors->n = r < 0;
	return r;
}

int okng_config_parse_further(struct okng_station_config *config, const char *text, size_t size, const char *name, const char *first,
	struct okng_config_errors *errors)
{
	struct okng_toml *doc;
	int r = okng_config_open(&doc, text, size, name, errors);
	if (r < 0)
		return r;
	struct okng_station_config fresh = {0};
	okng_rows_defaults("station", &fresh);
	okng_rows_defaults("camera", fresh.view);
	fresh.n_views = 1;
	read_table(&(struct reading){"station", name, &fresh, errors, NULL, &fresh}, okng_toml_root(doc), "");
	okng_check_station(&fresh, okng_toml_root(doc), name, errors);
	if (first)
		okng_check_further(okng_toml_root(doc), name, first, errors);
	okng_toml_close(&doc);
	r = conclude(errors);
	if (r == 0)
		*config = fresh;
	return r;
}

int okng_config_parse_station(struct okng_station_config *config, const char *text, size_t size, const char *name,
	struct okng_config_errors *errors)
{
	return okng_config_parse_further(config, text, size, name, NULL, errors);
}

int okng_config_parse_recipe(struct okng_recipe *recipe, const char *text, size_t size, const char *name,
	struct okng_config_errors *errors)
{
	struct okng_toml *doc;
	int r = okng_config_open(&doc, text, size, name, errors);
	if (r < 0)
		return r;
	struct okng_recipe *fresh = calloc(1, sizeof *fresh);
	if (!fresh) {
		okng_toml_close(&doc);
		okng_config_error(errors, name, 0, "", "out of memory");
		return -ENOMEM;
	}
	okng_rows_defaults("recipe", fresh);
	read_table(&(struct reading){"recipe", name, fresh, errors, fresh, NULL}, okng_toml_root(doc), "");
	okng_check_recipe(fresh, okng_toml_root(doc), name, errors);
	okng_toml_close(&doc);
	r = conclude(errors);
	if (r == 0)
		*recipe = *fresh;
	free(fresh);
	return r;
}

struct comparing {
	enum okng_reload most;
	const char *first;
};

static void compare_rows(struct comparing *c, const char *what, const void *a, const void *b)
{
	int count;
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++) {
		const struct okng_row *r = &rows[i];
		bool same = memcmp((const char *)a + r->offset, (const char *)b + r->offset, r->size) == 0;
		if (same || r->reload < c->most || (r->reload == c->most && c->first))
			continue;
		c->most = r->reload;
		c->first = r->key;
	}
}

enum okng_reload okng_config_compare(const struct okng_station_config *a, const struct okng_station_config *b, const char **first)
{
	struct comparing c = {OKNG_RELOAD_NOW, NULL};
	if (a->plc.n_links != b->plc.n_links || memcmp(a->plc.links, b->plc.links, (size_t)a->plc.n_links * sizeof *a->plc.links) != 0)
		c = (struct comparing){OKNG_RELOAD_RESTART, "link"};
	if (a->n_views != b->n_views)
		c = (struct comparing){OKNG_RELOAD_RESTART, "camera"};
	compare_rows(&c, "station", a, b);
	for (int i = 0; i < a->n_views && i < b->n_views; i++)
		compare_rows(&c, "camera", &a->view[i], &b->view[i]);
	if (first)
		*first = c.first;
	return c.most;
}

uint16_t okng_config_crc(const char *const *paths, int n)
{
	uint16_t crc = 0xffff;
	for (int i = 0; i < n; i++) {
		FILE *f = fopen(paths[i], "rb");
		for (int c; f && (c = getc(f)) != EOF;) {
			crc ^= (uint16_t)c;
			for (int bit = 0; bit < 8; bit++)
				crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
		}
		if (f)
			fclose(f);
	}
	return crc;
}

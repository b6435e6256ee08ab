/* SPDX-License-Identifier: Apache-2.0
 *
 * Files: one station or recipe, a recipe by its number, and all stations of a machine with what they must not share.
 */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/check.h"

/* The whole file; the caller frees it. One byte more than allowed is read, so that the parser can refuse it. */
static int read_file(const char *path, char **text, size_t *size, struct okng_config_errors *errors)
{
	memset(errors, 0, sizeof *errors);
	*text = NULL;
	FILE *f = fopen(path, "rb");
	struct stat st;
	int r = f && fstat(fileno(f), &st) == 0 ? 0 : -errno;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r == 0 && !(*text = malloc(OKNG_TOML_SIZE_MAX + 1)))
		r = -ENOMEM;
	if (r == 0) {
		*size = fread(*text, 1, OKNG_TOML_SIZE_MAX + 1, f);
		r = ferror(f) ? -EIO : 0;
	}
	if (f)
		fclose(f);
	if (r < 0) {
		okng_config_error(errors, path, 0, "", "cannot be read: %s", strerror(-r));
		free(*text);
		*text = NULL;
	}
	return r;
}

static int load_station(struct okng_station_config *config, const char *path, const char *first, struct okng_config_errors *errors)
{
	char *text;
	size_t size = 0;
	int r = read_file(path, &text, &size, errors);
	if (r == 0)
		r = okng_config_parse_further(config, text, size, path, first, errors);
	free(text);
	return r;
}

int okng_config_load_station(struct okng_station_config *config, const char *path, struct okng_config_errors *errors)
{
	return load_station(config, path, NULL, errors);
}

static void append_errors(struct okng_config_errors *all, const struct okng_config_errors *some)
{
	for (int i = 0; i < some->n && i < OKNG_CONFIG_ERRORS_MAX; i++)
		if (all->n + i < OKNG_CONFIG_ERRORS_MAX)
			all->error[all->n + i] = some->error[i];
	all->n += some->n;
}

/* Line of table.key in the i-th [[table]], or in [table]; for errors that show when all files were read. */
static int find_line(const char *file, const char *table, int i, const char *key)
{
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	struct okng_toml *doc = NULL;
	const struct okng_toml_node *n = NULL;
	char *text = NULL;
	size_t size = 0;
	if (errors && read_file(file, &text, &size, errors) == 0 && okng_config_open(&doc, text, size, file, errors) == 0)
		n = okng_toml_root(doc)->child;
	while (n && strcmp(n->key, table) != 0)
		n = n->next;
	int line = n ? n->line : 0;
	if (n && n->kind == OKNG_TOML_ARRAY)
		for (n = n->child; n && i-- > 0;)
			n = n->next;
	for (const struct okng_toml_node *k = n ? n->child : NULL; k; k = k->next)
		line = strcmp(k->key, key) == 0 ? k->line : line;
	okng_toml_close(&doc);
	free(text);
	free(errors);
	return line;
}

/* What two stations of one okngd must not share. */
static void check_shared(const struct okng_machine_config *m, int i, int k, struct okng_config_errors *errors)
{
	const struct okng_station_config *a = &m->station[i], *b = &m->station[k];
	if (strcmp(a->name, b->name) == 0)
		okng_config_error(errors, m->file[i], find_line(m->file[i], "station", 0, "name"), "station.name",
			"\"%s\" is the name of the station of %s too; names are unique", a->name, m->file[k]);
	if (strcmp(a->store.folder, b->store.folder) == 0)
		okng_config_error(errors, m->file[i], find_line(m->file[i], "store", 0, "folder"), "store.folder",
			"%s is the folder of the station of %s too; each keeps its own record", a->store.folder, m->file[k]);
}

static void check_machine(const struct okng_machine_config *m, struct okng_config_errors *errors)
{
	const struct okng_plc_params *plc = &m->station[0].plc;
	for (int i = 0; i < m->n; i++) {
		for (int k = 0; k < i; k++)
			check_shared(m, i, k, errors);
		if (m->station[i].trigger == OKNG_TRIGGER_PLC && !okng_check_is_controllable(plc, i + 1))
			okng_config_error(errors, m->file[i], find_line(m->file[i], "trigger", 0, "source"), "trigger.source",
				"is \"plc\", but no link of %s lets a PLC trigger station %d", m->file[0], i + 1);
	}
	for (int i = 0; i < plc->n_links; i++) {
		const struct okng_link_params *l = &plc->links[i];
		bool client = l->role == OKNG_LINK_CLIENT || l->role == OKNG_LINK_RTU_CLIENT;
		if (client && l->station > m->n)
			okng_config_error(errors, m->file[0], find_line(m->file[0], "link", i, "station"), "link.station",
				"%d is more than there are stations (%d)", l->station, m->n);
		if (l->role == OKNG_LINK_RTU_SERVER && l->unit + m->n - 1 > 247)
			okng_config_error(errors, m->file[0], find_line(m->file[0], "link", i, "unit"), "link.unit",
				"%d leaves no unit ids up to 247 for %d stations", l->unit, m->n);
	}
}

int okng_config_load_machine(struct okng_machine_config **machine, const char *path, struct okng_config_errors *errors)
{
	struct okng_config_errors *more = calloc(1, sizeof *more);
	struct okng_machine_config *m = calloc(1, sizeof *m);
	int r = m && more ? load_station(&m->station[0], path, NULL, errors) : -ENOMEM;
	*machine = NULL;
	if (r == -ENOMEM) {
		memset(errors, 0, sizeof *errors);
		okng_config_error(errors, path, 0, "", "out of memory");
	}
	if (r == 0)
		snprintf(m->file[0], sizeof m->file[0], "%s", path);
	for (int i = 0; r == 0 && i <= m->station[0].n_more; i++) {
		if (i)
			memcpy(m->file[i], m->station[0].more[i - 1], sizeof m->station[0].more[0]);
		if (i && load_station(&m->station[i], m->file[i], path, more) < 0)
			append_errors(errors, more);
		m->n = i + 1;
	}
	if (r == 0 && errors->n == 0)
		check_machine(m, errors);
	if (r == 0 && errors->n)
		r = -EINVAL;
	if (r == 0) {
		*machine = m;
		m = NULL;
	}
	free(more);
	free(m);
	return r;
}

int okng_config_load_recipe(struct okng_recipe *recipe, const char *path, struct okng_config_errors *errors)
{
	char *text, file[PATH_MAX];
	size_t size = 0;
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	snprintf(file, sizeof file, "%s%s", path, folder ? "/recipe.toml" : "");
	int r = read_file(file, &text, &size, errors);
	if (r == 0)
		r = okng_config_parse_recipe(recipe, text, size, file, errors);
	free(text);
	return r;
}

bool okng_config_is_recipe(const char *path)
{
	static const char *const signs[] = {"tool", "class", "limits", "locate", "learn", "image", "number"};
	char *text, file[PATH_MAX];
	size_t size = 0;
	struct stat st;
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	struct okng_toml *doc = NULL;
	bool is = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	snprintf(file, sizeof file, "%s", path);
	if (!is && errors && read_file(file, &text, &size, errors) == 0) {
		if (okng_config_open(&doc, text, size, file, errors) == 0)
			for (const struct okng_toml_node *n = okng_toml_root(doc)->child; n; n = n->next)
				for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
					is = is || strcmp(n->key, signs[i]) == 0;
		else /* broken: its name is the best there is */
			is = strstr(path, "recipe") != NULL;
		okng_toml_close(&doc);
		free(text);
	}
	free(errors);
	return is;
}

int okng_config_find_recipe(char *name, size_t size, const char *recipes, int number, struct okng_error *err)
{
	DIR *d = opendir(recipes);
	if (!d)
		return okng_error_set(err, -errno, recipes, 0, "", "cannot be read: %s", strerror(errno));
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	struct okng_recipe *recipe = calloc(1, sizeof *recipe);
	int r = errors && recipe ? -ENOENT : -ENOMEM;
	for (struct dirent *e; r != -ENOMEM && r != -EEXIST && (e = readdir(d));) {
		char path[PATH_MAX];
		struct stat st;
		snprintf(path, sizeof path, "%s/%s/recipe.toml", recipes, e->d_name);
		if (e->d_name[0] == '.' || stat(path, &st) != 0 || okng_config_load_recipe(recipe, path, errors) < 0 || recipe->number != number)
			continue;
		if (r == 0) {
			r = okng_error_set(err, -EEXIST, path, 0, "number", "recipes %s and %s both have number %d", name, e->d_name, number);
		} else {
			snprintf(name, size, "%s", e->d_name);
			r = 0;
		}
	}
	if (r == -ENOENT)
		okng_error_set(err, r, recipes, 0, "number", "no valid recipe has number %d", number);
	closedir(d);
	free(errors);
	free(recipe);
	return r;
}

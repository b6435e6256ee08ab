/* SPDX-License-Identifier: Apache-2.0
 *
 * okng check: what okngd would say of these files, all of it at once, as FILE:LINE: key: text, so that an editor jumps
 * to the line. What depends on the machine (is the active recipe there?) is a note and no error: files are often
 * checked where they are written, not where they run.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"
#include "cli/taught.h"
#include "config/config.h"
#include "pipeline/inspect.h"

enum { JSON = 256 };

static const struct okng_option options[] = {
	{ "json", JSON, NULL, "print one JSON object for each file" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_check = {
	.name = "check",
	.summary = "Validate station files, recipe files and recipe folders",
	.usage = "FILE_OR_FOLDER...",
	.about =
		"Tells a station file from a recipe file by what is in it. Of a recipe folder it\n"
		"checks recipe.toml, model.okm and that the two fit together. Every error of every\n"
		"file is printed, one a line, as FILE:LINE: key: what is wrong and what would be\n"
		"right. A line with 'note:' is worth knowing and no error.\n"
		"\n"
		"JSON keys: file, kind (station, recipe, recipe folder), ok, errors and notes; each of\n"
		"those is a list of file, line, key, text.\n"
		"\n"
		"Exit status: 0 no error; 1 errors found; 2 a file could not be read.\n"
		"\n"
		"Example:\n"
		"  okng check /etc/okng/okng.toml /etc/okng/recipes/board\n",
	.options = options,
	.run = run,
};

struct findings {
	const char *kind;
	bool unreadable;
	struct okng_config_errors errors, notes;
};

static void __attribute__((format(printf, 4, 5))) find(struct okng_config_errors *list, const char *file, const char *key, const char *fmt, ...)
{
	char text[sizeof(list->error[0].text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (list->n < OKNG_CONFIG_ERRORS_MAX)
		okng_error_set(&list->error[list->n], -EINVAL, file, 0, key, "%s", text);
	list->n++;
}

/* The loader's own words, or errno's. */
static void find_error(struct okng_config_errors *list, const struct okng_error *err, int code, const char *file)
{
	if (!err->text[0]) {
		find(list, file, "", "%s", strerror(-code));
		return;
	}
	if (list->n < OKNG_CONFIG_ERRORS_MAX) {
		list->error[list->n] = *err;
		if (!err->file[0])
			snprintf(list->error[list->n].file, sizeof(err->file), "%.*s", (int)sizeof(err->file) - 1, file);
	}
	list->n++;
}

/* A size that holds every region, for a model of tools that take images of any size. */
static void size_for(const struct okng_recipe *recipe, int32_t *width, int32_t *height)
{
	*width = *height = 1024;
	for (int i = 0; i < recipe->n_tools; i++) {
		const struct okng_rect *r = &recipe->tools[i].region;

		*width = r->x + r->w > *width ? r->x + r->w : *width;
		*height = r->y + r->h > *height ? r->y + r->h : *height;
	}
}

/* Does model.okm fit recipe.toml? The inspector is the judge of that. */
static void check_model(const char *folder, const struct okng_recipe *recipe, struct findings *f)
{
	struct okng_inspector *inspector = NULL;
	struct okng_model *model = NULL;
	struct okng_error err = { 0 };
	int32_t width, height;
	char path[4096];
	int rc;

	size_for(recipe, &width, &height);
	rc = okng_taught_model_path(folder, path, sizeof(path));
	if (!rc && access(path, F_OK)) {
		if (okng_recipe_needs_model(recipe))
			find(&f->errors, path, "", "not there: teach it first: okng learn --recipe %s GOOD_PICTURE...", folder);
		return;
	}
	if (!rc)
		rc = okng_model_load(&model, path, &err);
	if (!rc)
		rc = okng_inspector_open(&inspector, recipe, model, NULL, width, height, &err);
	if (rc)
		find_error(&f->errors, &err, rc, path);
	okng_inspector_close(&inspector);
	okng_model_close(&model);
}

static void check_folder(const char *folder, struct findings *f)
{
	struct okng_recipe recipe;

	f->kind = "recipe folder";
	if (okng_config_load_recipe(&recipe, folder, &f->errors) == 0)
		check_model(folder, &recipe, f);
}

static void check_recipe(const char *path, struct findings *f)
{
	struct okng_recipe recipe;

	f->kind = "recipe";
	(void)okng_config_load_recipe(&recipe, path, &f->errors);
}

static void check_station(const char *path, struct findings *f)
{
	struct okng_machine_config *machine = NULL;

	f->kind = "station";
	(void)okng_config_load_machine(&machine, path, &f->errors);
	for (int i = 0; machine && i < machine->n; i++) {
		const struct okng_station_config *config = &machine->station[i];
		for (int k = 0; k < config->n_views; k++) {
			const struct okng_view_config *view = &config->view[k];
			char recipe[sizeof(config->recipes) + sizeof(config->recipe) + sizeof(view->view) + 16];

			snprintf(recipe, sizeof(recipe), "%s/%s%s%s/recipe.toml", config->recipes, config->recipe, *view->view ? "/" : "", view->view);
			if (access(recipe, R_OK))
				find(&f->notes, machine->file[i], "recipe", "the active recipe %s can't be read here: %s", recipe, strerror(errno));
			if (view->calibration[0] && access(view->calibration, R_OK))
				find(&f->notes, machine->file[i], "calibration", "the lens profile %s can't be read here: %s", view->calibration, strerror(errno));
			if (view->flat[0] && access(view->flat, R_OK))
				find(&f->notes, machine->file[i], "flat", "the flat field %s can't be read here: %s", view->flat, strerror(errno));
		}
	}
	free(machine);
}

static void check(const char *path, struct findings *f)
{
	struct stat st;

	f->kind = "unknown";
	if (stat(path, &st) || access(path, R_OK)) {
		f->unreadable = true;
		find(&f->errors, path, "", "%s", strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		check_folder(path, f);
	} else if (okng_config_is_recipe(path)) {
		check_recipe(path, f);
	} else {
		check_station(path, f);
	}
}

static void json_list(struct okng_json *json, const char *key, const struct okng_config_errors *list)
{
	okng_json_array(json, key);
	for (int i = 0; i < list->n && i < OKNG_CONFIG_ERRORS_MAX; i++) {
		okng_json_object(json, NULL);
		okng_json_string(json, "file", list->error[i].file);
		okng_json_int(json, "line", list->error[i].line);
		okng_json_string(json, "key", list->error[i].key);
		okng_json_string(json, "text", list->error[i].text);
		okng_json_end_object(json);
	}
	okng_json_end_array(json);
}

static void print_json(const char *path, const struct findings *f)
{
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", path);
	okng_json_string(&json, "kind", f->kind);
	okng_json_bool(&json, "ok", f->errors.n == 0);
	json_list(&json, "errors", &f->errors);
	json_list(&json, "notes", &f->notes);
	okng_json_end_object(&json);
}

static void print_text(const char *path, const struct findings *f)
{
	char text[sizeof(struct okng_error) + 32];

	for (int i = 0; i < f->errors.n && i < OKNG_CONFIG_ERRORS_MAX; i++)
		puts(okng_say_where(&f->errors.error[i], text, sizeof(text)));
	if (f->errors.n > OKNG_CONFIG_ERRORS_MAX)
		printf("%s: and %d more errors\n", path, f->errors.n - OKNG_CONFIG_ERRORS_MAX);
	for (int i = 0; i < f->notes.n && i < OKNG_CONFIG_ERRORS_MAX; i++) {
		struct okng_error note = f->notes.error[i];
		char words[sizeof(note.text)];

		snprintf(words, sizeof(words), "note: %.*s", (int)sizeof(words) - 8, note.text);
		memcpy(note.text, words, sizeof(words));
		puts(okng_say_where(&note, text, sizeof(text)));
	}
	if (f->errors.n == 0)
		printf("%s: good (%s)\n", path, f->kind);
}

static int run(int argc, char **argv)
{
	bool json = false;
	int id, status = OKNG_EXIT_GOOD;

	while ((id = okng_command_option(&okng_cmd_check, argc, argv)) > 0)
		json = true;
	if (id)
		return okng_command_leave(id);
	if (optind == argc)
		return okng_command_misused(&okng_cmd_check, "no files given");
	for (int i = optind; i < argc; i++) {
		struct findings *f = calloc(1, sizeof(*f));

		if (!f) {
			okng_say("check: %s", strerror(ENOMEM));
			return OKNG_EXIT_FAILED;
		}
		check(argv[i], f);
		if (json)
			print_json(argv[i], f);
		else
			print_text(argv[i], f);
		if (f->unreadable)
			status = OKNG_EXIT_FAILED;
		else if (f->errors.n && status == OKNG_EXIT_GOOD)
			status = OKNG_EXIT_BAD;
		free(f);
	}
	return status;
}

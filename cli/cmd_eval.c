/* SPDX-License-Identifier: Apache-2.0
 *
 * okng eval: what a limit costs. Every part of two labelled sets is judged with the recipe's limits and again with all
 * area limits scaled, by the real judge (counts and sums included), so that the table is what one would get and no
 * estimate from the scores.
 */
#include <errno.h>
#include <string.h>

#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/look.h"
#include "cli/say.h"
#include "cli/taught.h"

enum { FLAT = 256, CALIB, JSON };

static const double scales[] = { 1, 0.25, 0.5, 0.71, 0.84, 1.19, 1.41, 2, 4, 8 };

#define SCALES ((int)(sizeof(scales) / sizeof(scales[0])))

static const struct okng_option options[] = {
	{ "recipe", 'r', "DIR", "recipe folder" },
	{ "good", 'g', "FILE_OR_FOLDER", "pictures of good parts" },
	{ "bad", 'b', "FILE_OR_FOLDER", "pictures of parts with a defect" },
	{ "flat", FLAT, "FILE", "flat field of the camera (okng calib flat)" },
	{ "calib", CALIB, "FILE", "lens profile of the camera (okng calib lens)" },
	{ "json", JSON, NULL, "print one JSON object" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_eval = {
	.name = "eval",
	.summary = "Judge labelled pictures: escapes, overkill, and what other limits would cost",
	.usage = "--recipe DIR --good FILE_OR_FOLDER --bad FILE_OR_FOLDER",
	.about =
		"An escape is a part with a defect called OK; overkill is a good part not called OK\n"
		"(REVIEW and FAULT reject, too). The table shows both with every area limit of the\n"
		"recipe ([limits] area and total_area, limit_area of each class) and with unlike of\n"
		"each surface tool multiplied by a scale; 1 is the recipe as it is. --good and --bad\n"
		"may be given more than once.\n"
		"Use pictures that were not used to teach.\n"
		"\n"
		"Exit status: 0 no escape and no overkill; 1 some; 2 a picture could not be judged.\n"
		"\n"
		"Example:\n"
		"  okng eval --recipe board --good good/ --bad bad/\n",
	.options = options,
	.run = run,
};

struct row {
	struct okng_recipe recipe;
	struct okng_looker looker;
	int escapes, overkill;
};

struct eval {
	const char *recipe, *flat, *calib;
	struct okng_files good, bad;
	struct okng_taught taught;
	struct row row[SCALES];
	struct okng_files escaped, overkilled; /* at scale 1 */
	int unreadable;
};

static void scale_recipe(struct okng_recipe *recipe, const struct okng_recipe *from, double scale)
{
	*recipe = *from;
	recipe->limits.area *= scale;
	recipe->limits.total_area *= scale;
	for (int i = 0; i < recipe->n_classes; i++)
		recipe->classes[i].limit_area *= scale;
	for (int i = 0; i < recipe->n_tools; i++)
		recipe->tools[i].unlike *= scale;
}

static int open_rows(struct eval *e)
{
	struct okng_optics optics = okng_calibration_optics(&e->taught.calibration);
	struct okng_error err = { 0 };
	int rc = 0;

	for (int i = 0; i < SCALES && !rc; i++) {
		scale_recipe(&e->row[i].recipe, &e->taught.recipe, scales[i]);
		rc = okng_looker_open(&e->row[i].looker, &e->row[i].recipe, e->taught.model, &optics, &err);
	}
	if (rc)
		okng_say_error(&err, rc, e->recipe);
	return rc;
}

/* 0; -EIO when the picture could not be judged. */
static int judge(struct eval *e, const char *path, bool good)
{
	struct okng_error err = { 0 };
	struct okng_image image;
	struct okng_look look;
	int rc;

	rc = okng_image_file_load(&image, path, &err);
	if (rc) {
		okng_say_error(&err, rc, path);
		return -EIO;
	}
	for (int i = 0; i < SCALES && !rc; i++) {
		struct row *row = &e->row[i];

		okng_looker_image(&row->looker, &image, path, &look);
		if (!look.readable) {
			okng_say_error(&look.error, 0, path);
			rc = -EIO;
		} else if (good && look.result.verdict != OKNG_OK) {
			row->overkill++;
			if (i == 0)
				rc = okng_files_add(&e->overkilled, path, &err);
		} else if (!good && look.result.verdict == OKNG_OK) {
			row->escapes++;
			if (i == 0)
				rc = okng_files_add(&e->escaped, path, &err);
		}
	}
	okng_image_finish(&image);
	return rc;
}

static void judge_all(struct eval *e)
{
	int total = e->good.n + e->bad.n;

	for (int i = 0; i < total; i++) {
		bool good = i < e->good.n;

		e->unreadable += judge(e, good ? e->good.path[i] : e->bad.path[i - e->good.n], good) != 0;
		okng_say_progress("eval", i + 1, total);
	}
}

static double percent(int n, int of)
{
	return of ? 100.0 * n / of : 0;
}

/* The rows in order of scale; row 0 is scale 1 and stands in the middle. */
static void sorted(int order[SCALES])
{
	for (int i = 0; i < SCALES; i++)
		order[i] = i;
	for (int i = 1; i < SCALES; i++) {
		for (int k = i; k > 0 && scales[order[k - 1]] > scales[order[k]]; k--) {
			int t = order[k];

			order[k] = order[k - 1];
			order[k - 1] = t;
		}
	}
}

static void print_text(const struct eval *e)
{
	int order[SCALES];

	for (int i = 0; i < e->escaped.n; i++)
		printf("escape    %s\n", e->escaped.path[i]);
	for (int i = 0; i < e->overkilled.n; i++)
		printf("overkill  %s\n", e->overkilled.path[i]);
	printf("%d bad parts: %d escapes (%.2f %%); %d good parts: %d overkill (%.2f %%)", e->bad.n, e->escaped.n, percent(e->escaped.n, e->bad.n),
		e->good.n, e->overkilled.n, percent(e->overkilled.n, e->good.n));
	if (e->unreadable)
		printf("; %d could not be judged", e->unreadable);
	printf("\n\nscale of limits  [limits] area  escapes        overkill\n");
	sorted(order);
	for (int i = 0; i < SCALES; i++) {
		const struct row *row = &e->row[order[i]];

		printf("%15.2f  %13.1f  %5d %6.2f %%  %5d %6.2f %%%s\n", scales[order[i]], row->recipe.limits.area, row->escapes,
			percent(row->escapes, e->bad.n), row->overkill, percent(row->overkill, e->good.n), order[i] == 0 ? "  <- now" : "");
	}
}

static void json_files(struct okng_json *json, const char *key, const struct okng_files *files)
{
	okng_json_array(json, key);
	for (int i = 0; i < files->n; i++)
		okng_json_string(json, NULL, files->path[i]);
	okng_json_end_array(json);
}

static void print_json(const struct eval *e)
{
	struct okng_json json;
	int order[SCALES];

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_int(&json, "bad_parts", e->bad.n);
	okng_json_int(&json, "escapes", e->escaped.n);
	okng_json_int(&json, "good_parts", e->good.n);
	okng_json_int(&json, "overkill", e->overkilled.n);
	okng_json_int(&json, "unreadable", e->unreadable);
	json_files(&json, "escaped", &e->escaped);
	json_files(&json, "overkilled", &e->overkilled);
	okng_json_array(&json, "limits");
	sorted(order);
	for (int i = 0; i < SCALES; i++) {
		const struct row *row = &e->row[order[i]];

		okng_json_object(&json, NULL);
		okng_json_number(&json, "scale", scales[order[i]], 3);
		okng_json_number(&json, "area", row->recipe.limits.area, 3);
		okng_json_int(&json, "escapes", row->escapes);
		okng_json_int(&json, "overkill", row->overkill);
		okng_json_end_object(&json);
	}
	okng_json_end_array(&json);
	okng_json_end_object(&json);
}

static int eval(struct eval *e, bool as_json)
{
	if (okng_taught_open_recipe(&e->taught, e->recipe))
		return OKNG_EXIT_FAILED;
	if (okng_taught_open_optics(&e->taught, e->flat, e->calib) || okng_taught_open_model(&e->taught, e->recipe, NULL) || open_rows(e))
		return OKNG_EXIT_FAILED;
	judge_all(e);
	if (as_json)
		print_json(e);
	else
		print_text(e);
	if (e->unreadable)
		return OKNG_EXIT_FAILED;
	return e->escaped.n || e->overkilled.n ? OKNG_EXIT_BAD : OKNG_EXIT_GOOD;
}

static void finish(struct eval *e)
{
	for (int i = 0; i < SCALES; i++)
		okng_looker_close(&e->row[i].looker);
	okng_taught_close(&e->taught);
	okng_files_finish(&e->good);
	okng_files_finish(&e->bad);
	okng_files_finish(&e->escaped);
	okng_files_finish(&e->overkilled);
}

static int run(int argc, char **argv)
{
	static struct eval e; /* ten recipes are too much for the stack */
	bool as_json = false;
	int id, rc = 0, status;

	while (!rc && (id = okng_command_option(&okng_cmd_eval, argc, argv)) > 0) {
		switch (id) {
		case 'r': e.recipe = optarg; break;
		case 'g': rc = okng_files_add_all(&e.good, &optarg, 1); break;
		case 'b': rc = okng_files_add_all(&e.bad, &optarg, 1); break;
		case FLAT: e.flat = optarg; break;
		case CALIB: e.calib = optarg; break;
		case JSON: as_json = true; break;
		}
	}
	if (rc)
		status = OKNG_EXIT_FAILED;
	else if (id)
		status = okng_command_leave(id);
	else if (!e.recipe || optind < argc)
		status = okng_command_misused(&okng_cmd_eval, e.recipe ? "unexpected word '%s'" : "--recipe DIR is missing", argv[optind]);
	else if (!e.good.n && !e.bad.n)
		status = okng_command_misused(&okng_cmd_eval, "neither --good nor --bad pictures given");
	else
		status = eval(&e, as_json);
	finish(&e);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * okng inspect: pictures in, a verdict each. Everything is judged even when one file is broken; the exit status then
 * tells that something could not be looked at.
 */
#include <errno.h>
#include <string.h>

#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/look.h"
#include "cli/pairs.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/taught.h"

enum { PAIRS = 256, FLAT, CALIB, JSON };

static const struct okng_option options[] = {
	{ "recipe", 'r', "DIR", "recipe folder with recipe.toml and, once taught, model.okm" },
	{ "golden", 'g', "FILE", "compare with this one golden image, not with the taught part" },
	{ "pairs", PAIRS, "LIST", "judge the images of a list, each against its own golden image" },
	{ "flat", FLAT, "FILE", "flat field of the camera (okng calib flat)" },
	{ "calib", CALIB, "FILE", "lens profile of the camera (okng calib lens)" },
	{ "candidates", 'c', NULL, "list what stays below its limit, too" },
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_inspect = {
	.name = "inspect",
	.summary = "Judge pictures of parts",
	.usage = "--recipe DIR [--golden FILE] FILE_OR_FOLDER... | --recipe DIR --pairs LIST",
	.about =
		"Prints a line for each picture: file, verdict (OK NG REVIEW FAULT), reason number,\n"
		"score (0 to 1; 0.5 is the limit), time, and what decided. The time is that of the\n"
		"inspection, without reading the file.\n"
		"\n"
		"A line of LIST is golden<TAB>image. A relative name is looked for in the folder of\n"
		"LIST, then in the working folder. Empty lines and lines with # at the start are skipped.\n"
		"\n"
		"JSON keys: file, golden (with --pairs), verdict, reason, reason_text, score, limit,\n"
		"time_ms, defects, cpu, decided_by, measures, and error where a file could not be read.\n"
		"Each of defects: class, box [x, y, w, h] in pixels of the inspected image, score,\n"
		"area, polarity, contrast, elongation. Classes that the recipe ignores are not listed.\n"
		"Each of measures: tool, quantity, state (good, out, told, not found), value, unit, scatter,\n"
		"and where it is judged nominal, lower, upper, score.\n"
		"\n"
		"A file that can't be read is FAULT, reason 22, a golden image that can't be used\n"
		"FAULT, reason 24; the others are judged nevertheless.\n"
		"\n"
		"Exit status: 0 all OK; 1 at least one is not; 2 something could not be looked at.\n"
		"\n"
		"Examples:\n"
		"  okng inspect --recipe /etc/okng/recipes/board part.png\n"
		"  okng inspect --recipe board --golden template.jpg --json part.jpg\n",
	.options = options,
	.run = run,
};

struct request {
	const char *recipe, *golden, *pairs, *flat, *calib;
	bool json, candidates;
	struct okng_taught taught;
};

static int status_of(const struct okng_report *report)
{
	if (report->unreadable)
		return OKNG_EXIT_FAILED;
	return report->count[OKNG_OK] == report->parts ? OKNG_EXIT_GOOD : OKNG_EXIT_BAD;
}

static void widen(int *width, const char *name)
{
	int n = (int)strnlen(name, 48);

	if (n > *width)
		*width = n;
}

static int inspect_files(struct request *q, char **operands, int n)
{
	struct okng_report report = { .out = stdout, .recipe = &q->taught.recipe, .json = q->json, .candidates = q->candidates };
	struct okng_files files = { 0 };
	struct okng_error err = { 0 };
	struct okng_looker looker;
	struct okng_optics optics = okng_calibration_optics(&q->taught.calibration);
	struct okng_look look;
	int rc;

	rc = okng_looker_open(&looker, &q->taught.recipe, q->taught.model, &optics, &err);
	if (rc) {
		okng_say_error(&err, rc, q->recipe);
		return OKNG_EXIT_FAILED;
	}
	rc = okng_files_add_all(&files, operands, n);
	for (int i = 0; i < files.n; i++)
		widen(&report.name_width, files.path[i]);
	for (int i = 0; i < files.n && !rc; i++) {
		okng_looker_file(&looker, files.path[i], &look);
		okng_report_part(&report, files.path[i], NULL, &look);
	}
	if (!rc)
		okng_report_total(&report);
	okng_files_finish(&files);
	okng_looker_close(&looker);
	return rc ? OKNG_EXIT_FAILED : status_of(&report);
}

/* The looker goes on with another golden image, when it can. */
static bool take_golden(const char *golden, struct okng_looker *looker)
{
	struct okng_image image;
	bool taken;

	if (!looker->inspector || okng_image_file_load(&image, golden, NULL))
		return false;
	taken = okng_looker_golden(looker, &image) == 0;
	okng_image_finish(&image);
	return taken;
}

/* A looker for this golden image; on failure look is the verdict of every part that needs it. */
static bool pair_looker(const struct request *q, const char *golden, struct okng_looker *looker, struct okng_look *look)
{
	struct okng_model *model = NULL;
	struct okng_optics optics = okng_calibration_optics(&q->taught.calibration);
	int rc;

	if (take_golden(golden, looker))
		return true;
	okng_looker_close(looker);
	memset(&look->error, 0, sizeof(look->error));
	rc = okng_taught_golden(&q->taught, golden, &model, &look->error);
	if (!rc)
		rc = okng_looker_open(looker, &q->taught.recipe, model, &optics, &look->error);
	okng_model_close(&model);
	if (rc && !look->error.text[0])
		okng_error_set(&look->error, rc, golden, 0, "", "%s", strerror(-rc));
	if (rc)
		okng_look_fault(look, OKNG_REASON_RECIPE);
	return rc == 0;
}

static int inspect_pairs(struct request *q)
{
	struct okng_report report = { .out = stdout, .recipe = &q->taught.recipe, .json = q->json, .candidates = q->candidates };
	struct okng_looker looker = { 0 };
	struct okng_error err = { 0 };
	struct okng_pairs pairs;
	struct okng_look look;
	const char *golden = NULL;
	char path[4096];
	bool open = false;
	int rc;

	rc = okng_pairs_load(&pairs, q->pairs, &err);
	if (rc) {
		okng_say_error(&err, rc, q->pairs);
		return OKNG_EXIT_FAILED;
	}
	for (int i = 0; i < pairs.n; i++)
		widen(&report.name_width, pairs.pair[i].image);
	for (int i = 0; i < pairs.n; i++) {
		const struct okng_pair *pair = &pairs.pair[i];

		if (!golden || strcmp(golden, pair->golden) != 0) {
			golden = pair->golden;
			open = pair_looker(q, okng_pairs_resolve(q->pairs, golden, path, sizeof(path)), &looker, &look);
		}
		if (open)
			okng_looker_file(&looker, okng_pairs_resolve(q->pairs, pair->image, path, sizeof(path)), &look);
		okng_report_part(&report, pair->image, golden, &look);
	}
	okng_report_total(&report);
	okng_looker_close(&looker);
	okng_pairs_finish(&pairs);
	return status_of(&report);
}

static int inspect(struct request *q, char **operands, int n)
{
	int status;

	if (okng_taught_open_recipe(&q->taught, q->recipe))
		return OKNG_EXIT_FAILED;
	if (okng_taught_open_optics(&q->taught, q->flat, q->calib))
		status = OKNG_EXIT_FAILED;
	else if (q->pairs)
		status = okng_taught_open_tools(&q->taught, q->recipe) ? OKNG_EXIT_FAILED : inspect_pairs(q);
	else if (okng_taught_open_model(&q->taught, q->recipe, q->golden))
		status = OKNG_EXIT_FAILED;
	else
		status = inspect_files(q, operands, n);
	okng_taught_close(&q->taught);
	return status;
}

static int run(int argc, char **argv)
{
	struct request q = { 0 };
	int id;

	while ((id = okng_command_option(&okng_cmd_inspect, argc, argv)) > 0) {
		switch (id) {
		case 'r': q.recipe = optarg; break;
		case 'g': q.golden = optarg; break;
		case PAIRS: q.pairs = optarg; break;
		case FLAT: q.flat = optarg; break;
		case CALIB: q.calib = optarg; break;
		case 'c': q.candidates = true; break;
		case JSON: q.json = true; break;
		}
	}
	if (id)
		return okng_command_leave(id);
	if (!q.recipe)
		return okng_command_misused(&okng_cmd_inspect, "--recipe DIR is missing");
	if (q.pairs && (q.golden || optind < argc))
		return okng_command_misused(&okng_cmd_inspect, "--pairs takes golden images and pictures from its list only");
	if (!q.pairs && optind == argc)
		return okng_command_misused(&okng_cmd_inspect, "no pictures given");
	return inspect(&q, argv + optind, argc - optind);
}

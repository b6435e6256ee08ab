/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib flat: from pictures with the lens covered and of an evenly lit target to the flat field file that
 * station, learn and inspect take.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/flat.h"
#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/say.h"

#define FRAMES_MAX 256

enum { JSON = 256 };

static const struct okng_option options[] = {
	{ "white", 'w', "FILE_OR_FOLDER", "pictures of an evenly lit white or grey target" },
	{ "dark", 'd', "FILE_OR_FOLDER", "pictures with the lens covered (none: dark is 0)" },
	{ "out", 'o', "FILE", "flat field file to write" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_flat = {
	.name = "calib flat",
	.summary = "Make a flat field, so that a uniform target looks uniform",
	.usage = "--white FILE_OR_FOLDER [--dark FILE_OR_FOLDER] --out FILE",
	.about =
		"Take some ten pictures of each with the light and exposure of the line; the target\n"
		"bright but not saturated. Up to 256 of each are averaged; --white and --dark may be\n"
		"given more than once. Bad pixels are found, counted and mended in every frame: hot\n"
		"ones (32 levels over the others in the dark), dead ones (a gain outside 0.25 to 8) and\n"
		"odd ones (35 % off those around them); more than one in 1000 is refused.\n"
		"The file goes into the station file (camera.flat, see okng config --manual) and to\n"
		"--flat of learn, inspect and eval.\n"
		"\n"
		"Exit status: 0 written; 2 not, and an old file is untouched.\n"
		"\n"
		"Example:\n"
		"  okng calib flat --white white/ --dark dark/ --out /etc/okng/calib/cam1.flat\n",
	.options = options,
	.run = run,
};

/* New images of files; *images is freed by drop. */
static int load(const struct okng_files *files, struct okng_image **images)
{
	struct okng_error err = { 0 };
	int rc = 0;

	*images = NULL;
	if (files->n > FRAMES_MAX) {
		okng_say("calib flat: at most %d pictures of each, not %d", FRAMES_MAX, files->n);
		return -EINVAL;
	}
	if (files->n == 0)
		return 0;
	*images = calloc((size_t)files->n, sizeof(**images));
	if (!*images)
		return -ENOMEM;
	for (int i = 0; i < files->n && !rc; i++) {
		rc = okng_image_file_load(&(*images)[i], files->path[i], &err);
		if (rc)
			okng_say_error(&err, rc, files->path[i]);
	}
	return rc;
}

static void drop(struct okng_image *images, int n)
{
	for (int i = 0; images && i < n; i++)
		okng_image_finish(&images[i]);
	free(images);
}

static void print(const char *path, const struct okng_flat *flat, const struct okng_flat_report *report, bool as_json)
{
	struct okng_json json;

	if (!as_json) {
		printf("%s: %d x %d pixels, target %.1f levels, gain %.3f to %.3f, %d bad pixels mended (%d hot, %d dead, %d odd)\n", path, flat->dark.width, flat->dark.height,
			report->target / 16.0, report->least / 4096.0, report->most / 4096.0, report->mended, report->hot, report->dead, report->odd);
		return;
	}
	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", path);
	okng_json_int(&json, "width", flat->dark.width);
	okng_json_int(&json, "height", flat->dark.height);
	okng_json_number(&json, "target", report->target / 16.0, 4);
	okng_json_number(&json, "gain_min", report->least / 4096.0, 4);
	okng_json_number(&json, "gain_max", report->most / 4096.0, 4);
	okng_json_int(&json, "mended", report->mended);
	okng_json_int(&json, "hot", report->hot);
	okng_json_int(&json, "dead", report->dead);
	okng_json_int(&json, "odd", report->odd);
	okng_json_end_object(&json);
}

static int make(const struct okng_files *white, const struct okng_files *dark, const char *out, bool as_json)
{
	struct okng_image *whites = NULL, *darks = NULL;
	struct okng_flat_report report = { 0 };
	struct okng_flat flat = { 0 };
	struct okng_error err = { 0 };
	int rc;

	rc = load(white, &whites);
	if (!rc)
		rc = load(dark, &darks);
	if (!rc) {
		rc = okng_flat_make(&flat, whites, white->n, darks, dark->n, &report, &err);
		if (!rc)
			rc = okng_flat_save(&flat, out, &err);
		if (rc)
			okng_say_error(&err, rc, "calib flat");
		else
			print(out, &flat, &report, as_json);
	}
	okng_flat_finish(&flat);
	drop(whites, white->n);
	drop(darks, dark->n);
	return rc;
}

static int run(int argc, char **argv)
{
	struct okng_files white = { 0 }, dark = { 0 };
	const char *out = NULL;
	bool as_json = false;
	int id, rc = 0, status;

	while (!rc && (id = okng_command_option(&okng_cmd_calib_flat, argc, argv)) > 0) {
		switch (id) {
		case 'w': rc = okng_files_add_all(&white, &optarg, 1); break;
		case 'd': rc = okng_files_add_all(&dark, &optarg, 1); break;
		case 'o': out = optarg; break;
		case JSON: as_json = true; break;
		}
	}
	if (rc)
		status = OKNG_EXIT_FAILED;
	else if (id)
		status = okng_command_leave(id);
	else if (optind < argc)
		status = okng_command_misused(&okng_cmd_calib_flat, "unexpected word '%s'", argv[optind]);
	else if (white.n == 0)
		status = okng_command_misused(&okng_cmd_calib_flat, "--white FILE_OR_FOLDER is missing");
	else if (!out)
		status = okng_command_misused(&okng_cmd_calib_flat, "--out FILE is missing");
	else
		status = make(&white, &dark, out, as_json) ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	okng_files_finish(&white);
	okng_files_finish(&dark);
	return status;
}

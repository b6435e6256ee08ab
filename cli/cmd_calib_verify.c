/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib verify: whether a lens profile still fits a new picture of its board. Somebody turned the focus ring,
 * another lens was screwed on: the corners are no longer where the profile puts them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "calib/profile.h"
#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"

/* Error of a view that still fits: 2.5 times that of the calibration, as for its own views, but not below 0.3 px. */
#define FACTOR 2.5
#define LEAST 0.3

enum { JSON = 256, MODULE };

static const struct okng_option options[] = {
	{ "serial", 'S', "TEXT", "serial number of the camera: a profile of another one is refused" },
	{ "module", MODULE, "FILE", "OpenCV module (found by itself where it was built or installed)" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_verify = {
	.name = "calib verify",
	.summary = "Check with a new picture of the chessboard that a lens profile still holds",
	.usage = "PROFILE FILE",
	.about =
		"The picture shows the whole board that the profile was made with, tilted by some 30\n"
		"degrees and large in the picture: a small or flat-on board hides a change. It holds\n"
		"while the error is at most 2.5 times that of the calibration, or 0.3 pixels.\n"
		"\n"
		"Exit status: 0 it holds; 1 it does not, calibrate again; 2 it could not be checked\n"
		"(no board, other size, other camera, damaged profile).\n"
		"\n"
		"Example:\n"
		"  okng calib verify cam1.toml today.png\n",
	.options = options,
	.run = run,
};

static void print(const char *path, const struct okng_lens_view *view, double limit, bool as_json)
{
	struct okng_json json;
	bool holds = view->rms <= limit;

	if (!as_json) {
		printf("%s: %s, error %.3f px of at most %.3f px, tilt %.1f degrees\n", path, holds ? "holds" : "does not hold, calibrate again", view->rms,
			limit, view->tilt);
		return;
	}
	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", path);
	okng_json_bool(&json, "holds", holds);
	okng_json_number(&json, "rms", view->rms, 6);
	okng_json_number(&json, "limit", limit, 6);
	okng_json_number(&json, "tilt", view->tilt, 2);
	okng_json_end_object(&json);
}

static int measure(const struct okng_lens_solver *solver, const struct okng_profile *profile, const struct okng_image *img, const char *path, bool as_json)
{
	size_t per = (size_t)profile->board.cols * (size_t)profile->board.rows;
	struct okng_lens_view view = {
		.corner = calloc(per, sizeof(*view.corner)),
		.dropped = calloc(per, sizeof(*view.dropped)),
	};
	double limit = fmax(FACTOR * profile->lens.rms, LEAST);
	int status = OKNG_EXIT_FAILED;
	int rc = view.corner && view.dropped ? solver->find(img, &profile->board, view.corner) : -ENOMEM;

	if (!rc)
		rc = solver->fit(&profile->lens, &profile->board, &view);
	if (rc == -ENOENT) {
		okng_say("%s: the whole board of %dx%d corners is not in the picture", path, profile->board.cols, profile->board.rows);
	} else if (rc) {
		okng_say("%s: %s", path, rc == -ENOMEM ? "no memory" : "no pose of the board fits");
	} else {
		print(path, &view, limit, as_json);
		status = view.rms <= limit ? OKNG_EXIT_GOOD : OKNG_EXIT_BAD;
	}
	free(view.corner);
	free(view.dropped);
	return status;
}

static int verify(const char *profile_path, const char *path, const char *serial, const char *module, bool as_json)
{
	const struct okng_lens_solver *solver;
	struct okng_profile profile;
	struct okng_image img = { 0 };
	struct okng_error err = { 0 };
	int status = OKNG_EXIT_FAILED, rc;

	rc = okng_profile_load(&profile, profile_path, &err);
	if (!rc)
		rc = okng_image_file_load(&img, path, &err);
	if (!rc)
		rc = okng_profile_match(&profile, serial, img.width, img.height, &err);
	if (!rc)
		rc = okng_lens_load(&solver, module, &err);
	if (rc)
		okng_say_error(&err, rc, "calib verify");
	else
		status = measure(solver, &profile, &img, path, as_json);
	okng_image_finish(&img);
	return status;
}

static int run(int argc, char **argv)
{
	const char *serial = NULL, *module = NULL;
	bool as_json = false;
	int id;

	while ((id = okng_command_option(&okng_cmd_calib_verify, argc, argv)) > 0) {
		switch (id) {
		case 'S': serial = optarg; break;
		case MODULE: module = optarg; break;
		case JSON: as_json = true; break;
		}
	}
	if (id)
		return okng_command_leave(id);
	if (argc - optind != 2)
		return okng_command_misused(&okng_cmd_calib_verify, "PROFILE and one FILE are needed");
	return verify(argv[optind], argv[optind + 1], serial, module, as_json);
}

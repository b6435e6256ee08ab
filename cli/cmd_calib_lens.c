/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib lens: from pictures of a target to the lens profile. Every picture is named with what became of it, so
 * that the user knows which to take again.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calib/profile.h"
#include "camera/image_file.h"
#include "cli/board.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/say.h"

enum { JSON = 256, MODULE };

static const struct okng_option options[] = {
	OKNG_BOARD_OPTIONS,
	{ "out", 'o', "FILE", "lens profile to write" },
	{ "serial", 'S', "TEXT", "serial number of the camera, kept in the profile" },
	{ "module", MODULE, "FILE", "OpenCV module (found by itself where it was built or installed)" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_lens = {
	.name = "calib lens",
	.summary = "Measure the lens with pictures of a chessboard or ChArUco board",
	.usage = "--board BOARD [--square MM] --out FILE FILE_OR_FOLDER...",
	.about =
		"Take 15 or more sharp pictures of a flat target (okng calib board draws one), tilted\n"
		"by 20 to 40 degrees in several directions, at the borders and in the corners, too. A\n"
		"chessboard must be seen whole, of a ChArUco board three rows and columns. Pictures and\n"
		"corners that fit much worse than the others are left out and named. Refused with the\n"
		"reason: fewer than 5 usable pictures, all of the same tilt, or less than half of the\n"
		"picture reached.\n"
		"\n"
		"Exit status: 0 written; 1 the pictures do not suffice, 2 it could not be done; an\n"
		"old file is untouched then.\n"
		"\n"
		"Example:\n"
		"  okng calib lens --board 9x6 --square 25 --out cam1.toml pictures/\n",
	.options = options,
	.run = run,
};

struct job {
	struct okng_files files;
	struct okng_lens_view *view;
	bool **missing; /* of each view */
	struct okng_profile profile;
	struct okng_lens_report report;
	const char *out, *module;
	bool as_json;
};

/* The corners of one picture; a picture of another size than the first is an error, none found is not. */
static int look(struct job *job, const struct okng_lens_solver *solver, int i)
{
	struct okng_lens *lens = &job->profile.lens;
	struct okng_lens_view *view = &job->view[i];
	struct okng_image img = { 0 };
	struct okng_error err = { 0 };
	int rc = okng_image_file_load(&img, job->files.path[i], &err);

	if (rc) {
		okng_say_error(&err, rc, job->files.path[i]);
		return rc;
	}
	if (lens->width == 0) {
		lens->width = img.width;
		lens->height = img.height;
	}
	if (img.width != lens->width || img.height != lens->height) {
		okng_say("%s: %dx%d pixels, but %s has %dx%d: one lens profile is for one size", job->files.path[i], img.width, img.height,
			job->files.path[0], lens->width, lens->height);
		rc = -EINVAL;
	} else {
		rc = okng_board_find(solver, &img, &job->profile.board, &view->corner, &job->missing[i]);
		view->missing = job->missing[i];
		view->dropped = calloc((size_t)job->profile.board.cols * (size_t)job->profile.board.rows, sizeof(*view->dropped));
		if (!view->dropped)
			rc = -ENOMEM;
		if (rc && rc != -ENOENT)
			okng_board_say_none(job->files.path[i], &job->profile.board, rc);
	}
	okng_image_finish(&img);
	return rc == -ENOENT ? 0 : rc;
}

static const char *fate_of(const struct okng_lens_view *view)
{
	static const char *const names[] = { "used", "no board", "outlier" };
	return names[view->fate];
}

static void print_text(const struct job *job)
{
	const struct okng_lens *lens = &job->profile.lens;

	for (int i = 0; i < job->files.n; i++) {
		const struct okng_lens_view *view = &job->view[i];
		printf("%s: %s", job->files.path[i], fate_of(view));
		if (view->fate != OKNG_LENS_NO_BOARD)
			printf(", error %.3f px, tilt %.1f degrees", view->rms, view->tilt);
		if (view->n_missing)
			printf(", %d corners not seen", view->n_missing);
		printf(view->n_dropped ? ", %d corners left out\n" : "\n", view->n_dropped);
	}
	printf("corners seen, by place in the picture:\n");
	for (int y = 0; y < OKNG_LENS_COVER_ROWS; y++) {
		for (int x = 0; x < OKNG_LENS_COVER_COLS; x++)
			printf("%5d", job->report.cover[y][x]);
		putchar('\n');
	}
	printf("covered %.0f %%, tilt differs by %.1f degrees\n", 100 * job->report.coverage, job->report.tilt_variety);
	if (!(lens->rms > 0)) /* never solved: too few views */
		return;
	for (int i = 0; i < OKNG_LENS_PARAMS; i++)
		printf("%s %.6g +- %.2g\n", okng_lens_param_names[i], lens->param[i], lens->sigma[i]);
	printf("%d pictures, %d corners, error %.3f px (%.3f px before any was left out)\n", lens->views, lens->corners, lens->rms,
		job->report.rms_first);
}

static void print_json(const struct job *job, const char *refusal)
{
	const struct okng_lens *lens = &job->profile.lens;
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", job->out);
	okng_json_bool(&json, "good", refusal == NULL);
	if (refusal)
		okng_json_string(&json, "refusal", refusal);
	okng_json_number(&json, "rms", lens->rms, 6);
	okng_json_number(&json, "rms_first", job->report.rms_first, 6);
	okng_json_int(&json, "views", lens->views);
	okng_json_int(&json, "corners", lens->corners);
	okng_json_number(&json, "coverage", job->report.coverage, 4);
	okng_json_number(&json, "tilt_variety", job->report.tilt_variety, 2);
	for (int i = 0; i < OKNG_LENS_PARAMS; i++) {
		char key[16];
		snprintf(key, sizeof key, "%s_sigma", okng_lens_param_names[i]);
		okng_json_number(&json, okng_lens_param_names[i], lens->param[i], 9);
		okng_json_number(&json, key, lens->sigma[i], 9);
	}
	okng_json_array(&json, "cover");
	for (int y = 0; y < OKNG_LENS_COVER_ROWS; y++) {
		okng_json_array(&json, NULL);
		for (int x = 0; x < OKNG_LENS_COVER_COLS; x++)
			okng_json_int(&json, NULL, job->report.cover[y][x]);
		okng_json_end_array(&json);
	}
	okng_json_end_array(&json);
	okng_json_array(&json, "pictures");
	for (int i = 0; i < job->files.n; i++) {
		okng_json_object(&json, NULL);
		okng_json_string(&json, "file", job->files.path[i]);
		okng_json_string(&json, "fate", fate_of(&job->view[i]));
		okng_json_number(&json, "rms", job->view[i].rms, 6);
		okng_json_number(&json, "tilt", job->view[i].tilt, 2);
		okng_json_int(&json, "corners_not_seen", job->view[i].n_missing);
		okng_json_int(&json, "corners_left_out", job->view[i].n_dropped);
		okng_json_end_object(&json);
	}
	okng_json_end_array(&json);
	okng_json_end_object(&json);
}

static int calibrate(struct job *job)
{
	const struct okng_lens_solver *solver;
	struct okng_error err = { 0 };
	int rc = okng_lens_load(&solver, job->module, &err);

	if (rc) {
		okng_say_error(&err, rc, "calib lens");
		return OKNG_EXIT_FAILED;
	}
	for (int i = 0; i < job->files.n; i++) {
		okng_say_progress("corners", i + 1, job->files.n);
		if (look(job, solver, i))
			return OKNG_EXIT_FAILED;
	}
	rc = okng_lens_make(&job->profile.lens, solver, &job->profile.board, job->view, job->files.n, &job->report, &err);
	if (job->as_json)
		print_json(job, rc ? err.text : NULL);
	else
		print_text(job);
	if (rc) {
		okng_say_error(&err, rc, "calib lens");
		return rc == -EINVAL ? OKNG_EXIT_BAD : OKNG_EXIT_FAILED;
	}
	job->profile.has_lens = true;
	rc = okng_profile_save(&job->profile, job->out, &err);
	if (rc)
		okng_say_error(&err, rc, job->out);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int start(struct job *job)
{
	if (job->files.n > OKNG_LENS_VIEWS_MAX) {
		okng_say("calib lens: at most %d pictures, not %d", OKNG_LENS_VIEWS_MAX, job->files.n);
		return OKNG_EXIT_FAILED;
	}
	job->view = calloc((size_t)job->files.n, sizeof(*job->view));
	job->missing = calloc((size_t)job->files.n, sizeof(*job->missing));
	if (!job->view || !job->missing) {
		free(job->view);
		free(job->missing);
		okng_say("calib lens: no memory");
		return OKNG_EXIT_FAILED;
	}
	int status = calibrate(job);
	for (int i = 0; i < job->files.n; i++) {
		free(job->view[i].corner);
		free(job->view[i].dropped);
		free(job->missing[i]);
	}
	free(job->view);
	free(job->missing);
	return status;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	double square = 0;
	int id, wrong = 0, status;

	while (!wrong && (id = okng_command_option(&okng_cmd_calib_lens, argc, argv)) > 0) {
		switch (id) {
		case 'b': wrong = okng_board_parse(&okng_cmd_calib_lens, optarg, &job.profile.board); break;
		case 's': wrong = okng_board_parse_square(&okng_cmd_calib_lens, optarg, &square); break;
		case 'o': job.out = optarg; break;
		case 'S': wrong = okng_board_parse_serial(&okng_cmd_calib_lens, optarg, &job.profile); break;
		case MODULE: job.module = optarg; break;
		case JSON: job.as_json = true; break;
		}
	}
	if (wrong)
		return wrong;
	if (id)
		return okng_command_leave(id);
	if (okng_board_finish(&okng_cmd_calib_lens, &job.profile.board, square))
		return OKNG_EXIT_FAILED;
	if (!job.out)
		return okng_command_misused(&okng_cmd_calib_lens, "--out FILE is missing");
	if (optind >= argc)
		return okng_command_misused(&okng_cmd_calib_lens, "no pictures are given");
	status = okng_files_add_all(&job.files, argv + optind, argc - optind) ? OKNG_EXIT_FAILED : start(&job);
	okng_files_finish(&job.files);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib verify: whether a profile still fits a new picture of its board. Somebody turned the focus ring, another
 * lens was screwed on, the camera was moved: the corners are no longer where the profile puts them.
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
#include "cli/json.h"
#include "cli/say.h"

/* Error of a view that still fits: 2.5 times that of the calibration, as for its own views, but not below 0.3 px. */
#define FACTOR 2.5
#define LEAST 0.3

enum { JSON = 256, MODULE, ONLY };

static const struct okng_option options[] = {
	{ "only", ONLY, "lens|plane", "check one of them, where the profile has both" },
	{ "serial", 'S', "TEXT", "serial number of the camera: a profile of another one is refused" },
	{ "module", MODULE, "FILE", "OpenCV module (found by itself where it was built or installed)" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_verify = {
	.name = "calib verify",
	.summary = "Check with a new picture of the target that a profile still holds",
	.usage = "PROFILE FILE",
	.about =
		"Lens: the picture shows the board that it was made with, tilted by some 30 degrees\n"
		"and large: a small or flat-on board hides a change. It holds while the error is at\n"
		"most 2.5 times that of the calibration, or 0.3 pixels.\n"
		"Plane: the target lies in the plane, anywhere in the picture. It holds while the\n"
		"corners' distances from each other are right, by the same rule in millimetres.\n"
		"A profile with both is checked for both; --only lens for a tilted board.\n"
		"\n"
		"Exit status: 0 it holds; 1 it does not, calibrate again; 2 it could not be checked\n"
		"(no board, other size, other camera, damaged profile).\n"
		"\n"
		"Example:\n"
		"  okng calib verify cam1.toml today.png\n",
	.options = options,
	.run = run,
};

struct job {
	struct okng_profile profile;
	const char *path, *serial, *module;
	bool as_json, only_lens, only_plane;
	bool lens_seen, plane_seen; /* checked */
	struct okng_lens_view view;
	double limit; /* of view.rms */
	struct okng_planar_check plane;
};

static bool lens_holds(const struct job *job)
{
	return !job->lens_seen || job->view.rms <= job->limit;
}

static bool plane_holds(const struct job *job)
{
	return !job->plane_seen || job->plane.holds;
}

static void print_text(const struct job *job)
{
	const struct okng_planar_check *p = &job->plane;

	if (job->lens_seen)
		printf("%s: %s, error %.3f px of at most %.3f px, tilt %.1f degrees\n", job->path,
			lens_holds(job) ? "lens holds" : "lens does not hold, calibrate again", job->view.rms, job->limit, job->view.tilt);
	if (job->plane_seen)
		printf("%s: %s, error %.4g mm of at most %.4g mm (worst corner %.4g mm), lengths %+.3f %%\n", job->path,
			plane_holds(job) ? "plane holds" : "plane does not hold: calibrate it again if the target lies in it", p->rms, p->limit, p->worst,
			100 * (p->scale - 1));
}

static void print_json(const struct job *job)
{
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", job->path);
	okng_json_bool(&json, "holds", lens_holds(job) && plane_holds(job));
	if (job->lens_seen) {
		okng_json_bool(&json, "lens_holds", lens_holds(job));
		okng_json_number(&json, "rms", job->view.rms, 6);
		okng_json_number(&json, "limit", job->limit, 6);
		okng_json_number(&json, "tilt", job->view.tilt, 2);
	}
	if (job->plane_seen) {
		okng_json_bool(&json, "plane_holds", plane_holds(job));
		okng_json_number(&json, "plane_rms_mm", job->plane.rms, 9);
		okng_json_number(&json, "plane_worst_mm", job->plane.worst, 9);
		okng_json_number(&json, "plane_limit_mm", job->plane.limit, 9);
		okng_json_number(&json, "plane_lengths", job->plane.scale, 9);
	}
	okng_json_end_object(&json);
}

static int check_lens(struct job *job, const struct okng_lens_solver *solver, const struct okng_image *img)
{
	const struct okng_profile *profile = &job->profile;
	struct okng_lens_view *view = &job->view;
	int rc = okng_board_find(solver, img, &profile->board, &view->corner, &view->dropped);

	if (rc) {
		okng_board_say_none(job->path, &profile->board, rc);
		return rc;
	}
	job->limit = fmax(FACTOR * profile->lens.rms, LEAST);
	rc = solver->fit(&profile->lens, &profile->board, view);
	if (rc)
		okng_say("%s: %s", job->path, rc == -ENOMEM ? "no memory" : "no pose of the board fits");
	job->lens_seen = !rc;
	free(view->corner);
	free(view->dropped);
	return rc;
}

static int check_plane(struct job *job, const struct okng_lens_solver *solver, const struct okng_image *img)
{
	const struct okng_profile *profile = &job->profile;
	struct okng_lens_point *corner;
	struct okng_error err = { 0 };
	bool *missing;
	int rc = okng_board_find(solver, img, &profile->planar.board, &corner, &missing);

	if (rc) {
		okng_board_say_none(job->path, &profile->planar.board, rc);
		return rc;
	}
	rc = okng_planar_verify(&job->plane, &profile->planar, &profile->lens, profile->has_lens, corner, missing, &err);
	if (rc)
		okng_say_error(&err, rc, job->path);
	job->plane_seen = !rc;
	free(corner);
	free(missing);
	return rc;
}

static int check(struct job *job, const struct okng_lens_solver *solver, const struct okng_image *img)
{
	int rc = 0;

	if (job->profile.has_lens && !job->only_plane)
		rc = check_lens(job, solver, img);
	if (!rc && job->profile.has_planar && !job->only_lens)
		rc = check_plane(job, solver, img);
	if (rc)
		return OKNG_EXIT_FAILED;
	if (job->as_json)
		print_json(job);
	else
		print_text(job);
	return lens_holds(job) && plane_holds(job) ? OKNG_EXIT_GOOD : OKNG_EXIT_BAD;
}

static int verify(struct job *job, const char *profile_path)
{
	const struct okng_lens_solver *solver;
	struct okng_image img = { 0 };
	struct okng_error err = { 0 };
	int status = OKNG_EXIT_FAILED, rc;

	rc = okng_profile_load(&job->profile, profile_path, &err);
	if (!rc && ((job->only_lens && !job->profile.has_lens) || (job->only_plane && !job->profile.has_planar)))
		rc = okng_error_set(&err, -EINVAL, profile_path, 0, "", "holds no %s", job->only_lens ? "lens" : "plane");
	if (!rc)
		rc = okng_image_file_load(&img, job->path, &err);
	if (!rc)
		rc = okng_profile_match(&job->profile, job->serial, img.width, img.height, &err);
	if (!rc)
		rc = okng_lens_load(&solver, job->module, &err);
	if (rc)
		okng_say_error(&err, rc, "calib verify");
	else
		status = check(job, solver, &img);
	okng_image_finish(&img);
	return status;
}

static int set_only(struct job *job, const char *text)
{
	job->only_lens = !strcmp(text, "lens");
	job->only_plane = !strcmp(text, "plane");
	if (!job->only_lens && !job->only_plane)
		return okng_command_misused(&okng_cmd_calib_verify, "--only %s: is not lens or plane", text);
	return 0;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	int id, wrong = 0;

	while (!wrong && (id = okng_command_option(&okng_cmd_calib_verify, argc, argv)) > 0) {
		switch (id) {
		case ONLY: wrong = set_only(&job, optarg); break;
		case 'S': job.serial = optarg; break;
		case MODULE: job.module = optarg; break;
		case JSON: job.as_json = true; break;
		}
	}
	if (wrong)
		return wrong;
	if (id)
		return okng_command_leave(id);
	if (argc - optind != 2)
		return okng_command_misused(&okng_cmd_calib_verify, "PROFILE and one FILE are needed");
	job.path = argv[optind + 1];
	return verify(&job, argv[optind]);
}

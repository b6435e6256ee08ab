/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib plane: from one picture of a target that lies where parts lie to millimetres, with what they are worth. The
 * lens profile, where there is one, is taken along, so that one file says all of the camera.
 */
#include <errno.h>
#include <stdlib.h>

#include "calib/profile.h"
#include "camera/image_file.h"
#include "cli/board.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"

enum { JSON = 256, MODULE };

static const struct okng_option options[] = {
	OKNG_BOARD_OPTIONS,
	{ "lens", 'l', "PROFILE", "lens profile of the camera; the new profile holds lens and plane" },
	{ "out", 'o', "FILE", "profile to write; may be that of --lens" },
	{ "serial", 'S', "TEXT", "serial number of the camera, kept in the profile" },
	{ "module", MODULE, "FILE", "OpenCV module (found by itself where it was built or installed)" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_plane = {
	.name = "calib plane",
	.summary = "Measure where the parts' plane lies, for millimetres",
	.usage = "--board BOARD [--square MM] [--lens PROFILE] --out FILE PICTURE",
	.about =
		"Lay a flat target where the parts' measured faces lie, as large as the picture, and\n"
		"take one sharp picture. Told are mm per pixel, tilt, the error over all corners, and\n"
		"by how much a place in the picture's middle and corners is uncertain. Without --lens\n"
		"the lens is taken for perfect; one that is not is refused where it shows. Refused\n"
		"with the reason: fewer than 12 corners, less than 20 % of the picture covered, a tilt\n"
		"over 45 degrees, an error over 1 pixel, an uncertainty over 0.5 pixels.\n"
		"\n"
		"Exit status: 0 written; 1 the picture does not suffice, 2 it could not be done; an\n"
		"old file is untouched then.\n"
		"\n"
		"Example:\n"
		"  okng calib plane --board 9x6 --square 5 --lens cam1.toml --out cam1.toml target.png\n",
	.options = options,
	.run = run,
};

struct job {
	struct okng_profile profile;
	struct okng_lens_board board;
	const char *lens, *out, *serial, *module, *picture;
	bool as_json;
};

static void print_text(const struct job *job)
{
	const struct okng_planar *p = &job->profile.planar;

	printf("%s: %d corners, %.0f %% of the picture\n", job->picture, p->corners, 100 * p->coverage);
	if (!(p->scale > 0)) /* never solved */
		return;
	printf("error %.3f px, %s\n", p->rms, job->profile.has_lens ? "through the lens profile" : "without a lens profile");
	printf("%.6g mm per pixel at the centre, tilt %.1f degrees\n", p->scale, p->tilt);
	printf("a place is uncertain by (standard uncertainty, mm):\n");
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++)
		printf("  %s %.2g\n", okng_planar_place_names[i], p->sigma[i]);
}

static void print_json(const struct job *job, const char *refusal)
{
	const struct okng_planar *p = &job->profile.planar;
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", job->out);
	okng_json_bool(&json, "good", refusal == NULL);
	if (refusal)
		okng_json_string(&json, "refusal", refusal);
	okng_json_bool(&json, "lens", job->profile.has_lens);
	okng_json_int(&json, "corners", p->corners);
	okng_json_number(&json, "coverage", p->coverage, 4);
	okng_json_number(&json, "rms", p->rms, 6);
	okng_json_number(&json, "mm_per_pixel", p->scale, 9);
	okng_json_number(&json, "tilt", p->tilt, 2);
	okng_json_object(&json, "uncertainty_mm");
	for (int i = 0; i < OKNG_PLANAR_PLACES; i++)
		okng_json_number(&json, okng_planar_place_names[i], p->sigma[i], 9);
	okng_json_end_object(&json);
	okng_json_end_object(&json);
}

static int calibrate(struct job *job, const struct okng_lens_solver *solver, const struct okng_image *img)
{
	struct okng_profile *profile = &job->profile;
	struct okng_lens_point *corner;
	struct okng_error err = { 0 };
	bool *missing;
	int rc = okng_board_find(solver, img, &job->board, &corner, &missing);

	if (rc) {
		okng_board_say_none(job->picture, &job->board, rc);
		return rc == -ENOENT ? OKNG_EXIT_BAD : OKNG_EXIT_FAILED;
	}
	profile->lens.width = img->width;
	profile->lens.height = img->height;
	rc = okng_planar_make(&profile->planar, &job->board, &profile->lens, profile->has_lens, corner, missing, &err);
	free(corner);
	free(missing);
	if (job->as_json)
		print_json(job, rc ? err.text : NULL);
	else
		print_text(job);
	if (rc) {
		okng_say_error(&err, rc, "calib plane");
		return rc == -EINVAL ? OKNG_EXIT_BAD : OKNG_EXIT_FAILED;
	}
	profile->has_planar = true;
	rc = okng_profile_save(profile, job->out, &err);
	if (rc)
		okng_say_error(&err, rc, job->out);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int load_lens(struct job *job, const struct okng_image *img, struct okng_error *err)
{
	int rc = okng_profile_load(&job->profile, job->lens, err);

	if (rc)
		return rc;
	if (!job->profile.has_lens)
		return okng_error_set(err, -EINVAL, job->lens, 0, "", "holds no lens; make one with okng calib lens, or leave out --lens");
	return okng_profile_match(&job->profile, job->serial, img->width, img->height, err);
}

static int start(struct job *job)
{
	const struct okng_lens_solver *solver;
	struct okng_image img = { 0 };
	struct okng_error err = { 0 };
	int status = OKNG_EXIT_FAILED;
	int rc = okng_image_file_load(&img, job->picture, &err);

	if (!rc && job->lens)
		rc = load_lens(job, &img, &err);
	if (!rc)
		rc = okng_lens_load(&solver, job->module, &err);
	if (rc)
		okng_say_error(&err, rc, "calib plane");
	else if (!job->serial || !okng_board_parse_serial(&okng_cmd_calib_plane, job->serial, &job->profile))
		status = calibrate(job, solver, &img);
	okng_image_finish(&img);
	return status;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	double square = 0;
	int id, wrong = 0;

	while (!wrong && (id = okng_command_option(&okng_cmd_calib_plane, argc, argv)) > 0) {
		switch (id) {
		case 'b': wrong = okng_board_parse(&okng_cmd_calib_plane, optarg, &job.board); break;
		case 's': wrong = okng_board_parse_square(&okng_cmd_calib_plane, optarg, &square); break;
		case 'l': job.lens = optarg; break;
		case 'o': job.out = optarg; break;
		case 'S': job.serial = optarg; break;
		case MODULE: job.module = optarg; break;
		case JSON: job.as_json = true; break;
		}
	}
	if (wrong)
		return wrong;
	if (id)
		return okng_command_leave(id);
	if (okng_board_finish(&okng_cmd_calib_plane, &job.board, square))
		return OKNG_EXIT_FAILED;
	if (!job.out)
		return okng_command_misused(&okng_cmd_calib_plane, "--out FILE is missing");
	if (argc - optind != 1)
		return okng_command_misused(&okng_cmd_calib_plane, "one PICTURE is needed");
	job.picture = argv[optind];
	return start(&job);
}

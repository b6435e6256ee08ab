/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib residual: what is left of the lens's distortion once its profile is applied, measured with pictures of the
 * board, as numbers and as a picture for the file of the station.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/profile.h"
#include "camera/image_file.h"
#include "cli/board.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/residual_plot.h"
#include "cli/say.h"

enum { JSON = 256, MODULE };

static const struct okng_option options[] = {
	{ "plot", 'p', "FILE", "draw the errors before and after as an SVG picture" },
	{ "module", MODULE, "FILE", "OpenCV module (found by itself where it was built or installed)" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_residual = {
	.name = "calib residual",
	.summary = "Measure how straight a lens profile makes pictures of its board",
	.usage = "PROFILE [--plot FILE] FILE_OR_FOLDER...",
	.about =
		"Each picture shows the board that the profile was made with. A camera without\n"
		"distortion would draw its corners as a plane seen at a slant: told is how far they\n"
		"are from the best such plane as they were seen, and once the lens is taken out.\n"
		"Use pictures that the profile was not made with to judge it.\n"
		"\n"
		"Exit status: 0; 2 no board in any picture, other size, damaged profile.\n"
		"\n"
		"Example:\n"
		"  okng calib residual cam1.toml --plot lens.svg board/\n",
	.options = options,
	.run = run,
};

struct job {
	struct okng_profile profile;
	const char *plot, *module;
	bool as_json;
	struct okng_files files;
	struct okng_residual *residual;
	int n; /* of all pictures */
	struct okng_json json;
};

static void tell(struct job *job, const char *path, const struct okng_residual *r, int n)
{
	double rms[2], most[2];

	for (int after = 0; after < 2; after++)
		okng_residual_error(r, n, after, &rms[after], &most[after]);
	if (!job->as_json) {
		printf("%s: %d corners, error %.3f px (at most %.3f) as seen, %.3f px (at most %.3f) through the profile\n", path, n, rms[0], most[0],
			rms[1], most[1]);
		return;
	}
	okng_json_object(&job->json, NULL);
	okng_json_string(&job->json, "file", path);
	okng_json_int(&job->json, "corners", n);
	okng_json_number(&job->json, "before", rms[0], 6);
	okng_json_number(&job->json, "before_most", most[0], 6);
	okng_json_number(&job->json, "after", rms[1], 6);
	okng_json_number(&job->json, "after_most", most[1], 6);
	okng_json_end_object(&job->json);
}

/* 0 also when the picture is of no use, which is said. */
static int add(struct job *job, const struct okng_lens_solver *solver, const char *path)
{
	const struct okng_lens_board *board = &job->profile.board;
	struct okng_lens_point *corner;
	struct okng_image img = { 0 };
	struct okng_error err = { 0 };
	struct okng_residual *more;
	bool *missing;
	int rc = okng_image_file_load(&img, path, &err), n;

	if (!rc)
		rc = okng_profile_match(&job->profile, NULL, img.width, img.height, &err);
	if (rc) {
		okng_say("left out: %s: %s", path, err.text[0] ? err.text : strerror(-rc));
		okng_image_finish(&img);
		return rc == -ENOMEM ? rc : 0;
	}
	rc = okng_board_find(solver, &img, board, &corner, &missing);
	okng_image_finish(&img);
	if (rc) {
		okng_board_say_none(path, board, rc);
		return rc == -ENOMEM ? rc : 0;
	}
	more = realloc(job->residual, ((size_t)job->n + (size_t)board->cols * (size_t)board->rows) * sizeof(*more));
	job->residual = more ? more : job->residual;
	n = more ? okng_residuals(&job->profile.lens, board, corner, missing, more + job->n) : -ENOMEM;
	free(corner);
	free(missing);
	if (n == -EDOM)
		okng_say("left out: %s: the corners do not tell a plane", path);
	if (n < 0)
		return n == -EDOM ? 0 : n;
	tell(job, path, job->residual + job->n, n);
	job->n += n;
	return 0;
}

static int draw(const struct job *job)
{
	FILE *out = fopen(job->plot, "w");
	bool bad = !out;

	if (out) {
		okng_residual_plot(out, &job->profile.lens, job->residual, job->n);
		bad = ferror(out) != 0;
		bad = fclose(out) || bad;
	}
	if (bad)
		okng_say("%s: %s", job->plot, strerror(errno));
	return bad ? -EIO : 0;
}

static int measure(struct job *job, const struct okng_lens_solver *solver)
{
	int rc = 0;

	if (job->as_json) {
		okng_json_init(&job->json, stdout);
		okng_json_object(&job->json, NULL);
		okng_json_array(&job->json, "pictures");
	}
	for (int i = 0; i < job->files.n && !rc; i++)
		rc = add(job, solver, job->files.path[i]);
	if (job->as_json) {
		okng_json_end_array(&job->json);
		okng_json_array(&job->json, "all");
	}
	if (!rc && job->n)
		tell(job, "all", job->residual, job->n);
	if (job->as_json) {
		okng_json_end_array(&job->json);
		okng_json_end_object(&job->json);
	}
	if (rc)
		okng_say("calib residual: %s", strerror(-rc));
	if (!rc && !job->n)
		rc = -ENODATA;
	return !rc && job->plot ? draw(job) : rc;
}

static int residual(struct job *job, const char *profile, char **operands, int n)
{
	const struct okng_lens_solver *solver;
	struct okng_error err = { 0 };
	int rc = okng_profile_load(&job->profile, profile, &err);

	if (!rc && !job->profile.has_lens)
		rc = okng_error_set(&err, -EINVAL, profile, 0, "", "holds no lens");
	if (!rc)
		rc = okng_lens_load(&solver, job->module, &err);
	if (rc)
		okng_say_error(&err, rc, "calib residual");
	if (!rc)
		rc = okng_files_add_all(&job->files, operands, n);
	if (!rc)
		rc = measure(job, solver);
	free(job->residual);
	okng_files_finish(&job->files);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	int id;

	while ((id = okng_command_option(&okng_cmd_calib_residual, argc, argv)) > 0) {
		switch (id) {
		case 'p': job.plot = optarg; break;
		case MODULE: job.module = optarg; break;
		case JSON: job.as_json = true; break;
		}
	}
	if (id)
		return okng_command_leave(id);
	if (argc - optind < 2)
		return okng_command_misused(&okng_cmd_calib_residual, "PROFILE and pictures are needed");
	return residual(&job, argv[optind], argv + optind + 1, argc - optind - 1);
}

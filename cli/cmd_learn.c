/* SPDX-License-Identifier: Apache-2.0
 *
 * okng learn: good parts in, model.okm out. The old model stays until the new one is on the disk whole. A picture that
 * can't be used is named with its reason and left out: one bad shot must not stop the teaching, nor pass unseen.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/learn_pairs.h"
#include "cli/say.h"
#include "cli/taught.h"
#include "pipeline/learn.h"

enum { FLAT = 256, CALIB, PAIRS, BOXES, JSON };

static const struct okng_option options[] = {
	{ "recipe", 'r', "DIR", "recipe folder: reads recipe.toml, writes model.okm" },
	{ "flat", FLAT, "FILE", "flat field of the camera (okng calib flat)" },
	{ "calib", CALIB, "FILE", "lens profile of the camera (okng calib lens)" },
	{ "pairs", PAIRS, "LIST", "teach conductor tools: lines of golden image, tab, part image" },
	{ "boxes", BOXES, "DIR", "with --pairs: the defects of part X.jpg in X.txt" },
	{ "json", JSON, NULL, "print one JSON object instead of text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_learn = {
	.name = "learn",
	.summary = "Teach a recipe from pictures of good parts",
	.usage = "--recipe DIR FILE_OR_FOLDER... | --recipe DIR --pairs LIST --boxes DIR",
	.about =
		"The first picture is the reference: regions in recipe.toml and the position of a\n"
		"part refer to it. A folder stands for its .jpg, .jpeg and .png files, sorted by\n"
		"name. A picture that can't be read, has another size or can't be aligned with the\n"
		"reference is named and left out; with fewer good ones than learn.min_images in\n"
		"recipe.toml nothing is written and the old model stays.\n"
		"\n"
		"Pictures for a recipe that has a surface tool and neither compares nor locates may\n"
		"differ in size; width and height in JSON are then 0.\n"
		"\n"
		"With --pairs the trees of tools of type \"conductor\" are taught instead, from pictures\n"
		"whose defects were boxed by hand. DIR holds a text file for each part image, named\n"
		"like it (X_test.jpg: X_test.txt or X.txt), with a line \"x1 y1 x2 y2 class\" for each\n"
		"defect: pixels, the second corner past the end, class the number of a [[class]] row.\n"
		"Good parts have an empty file. A mistake in the boxes is named with its line; nothing is\n"
		"written then. What was taught besides is kept.\n"
		"\n"
		"Exit status: 0 taught; 2 not taught.\n"
		"\n"
		"Examples:\n"
		"  okng learn --recipe /etc/okng/recipes/bare-board --pairs pairs.txt --boxes boxes/\n"
		"  okng learn --recipe /etc/okng/recipes/board good/\n",
	.options = options,
	.run = run,
};

struct teaching {
	const char *recipe, *flat, *calib, *pairs, *boxes;
	struct okng_taught taught;
	struct okng_learner *learner;
	struct okng_files files;
	struct okng_json json;
	bool as_json;
	int parts, left_out;
	int32_t width, height;
};

static void leave_out(struct teaching *t, const char *path, const char *why)
{
	t->left_out++;
	okng_say("left out: %s: %s", path, why);
	if (t->as_json) {
		okng_json_object(&t->json, NULL);
		okng_json_string(&t->json, "file", path);
		okng_json_string(&t->json, "why", why);
		okng_json_end_object(&t->json);
	}
}

/* A recipe that only has tools for surfaces learns from pictures of any size. */
static bool same_size(const struct okng_recipe *recipe)
{
	bool surface = false;

	for (int i = 0; i < recipe->n_tools; i++)
		surface = surface || recipe->tools[i].type == OKNG_TOOL_SURFACE;
	return !surface || okng_recipe_needs_image(recipe);
}

/* 0 also when the picture was left out; negative errno when teaching can't go on. */
static int add(struct teaching *t, const char *path)
{
	struct okng_error err = { 0 };
	struct okng_pose pose = { 0 };
	struct okng_image img;
	char why[160];
	int rc;

	rc = okng_image_file_load(&img, path, &err);
	if (rc) {
		leave_out(t, path, err.text[0] ? err.text : strerror(-rc));
		return rc == -ENOMEM ? rc : 0;
	}
	if (t->taught.calibration.has_flat && okng_correct(&t->taught.calibration.flat, &img, &img)) {
		snprintf(why, sizeof(why), "%d x %d pixels, but the flat field is %d x %d", img.width, img.height,
			t->taught.calibration.flat.dark.width, t->taught.calibration.flat.dark.height);
		leave_out(t, path, why);
		okng_image_finish(&img);
		return 0;
	}
	rc = okng_learner_add(t->learner, &img, &pose);
	if (rc == 0) {
		if (t->parts++ == 0 && same_size(&t->taught.recipe)) {
			t->width = img.width;
			t->height = img.height;
		}
	} else if (rc == -EDOM) {
		snprintf(why, sizeof(why), "could not be aligned with the reference (match %.2f, shift %.1f, %.1f pixels, angle %.2f degrees)",
			pose.score, pose.dx, pose.dy, pose.angle);
		leave_out(t, path, why);
	} else if (rc == -EINVAL) {
		if (t->parts && t->width)
			snprintf(why, sizeof(why), "%d x %d pixels, the reference has %d x %d", img.width, img.height, t->width, t->height);
		else
			snprintf(why, sizeof(why), "%d x %d pixels can't be taught with this recipe", img.width, img.height);
		leave_out(t, path, why);
	}
	okng_image_finish(&img);
	return rc == -EDOM || rc == -EINVAL ? 0 : rc;
}

/* What tools were taught besides stays in the new model. */
static int keep_tools(struct okng_model *model, const char *path)
{
	struct okng_model *old = NULL;
	int rc = 0;

	if (access(path, F_OK) == 0 && okng_model_load(&old, path, NULL) == 0)
		rc = okng_model_copy_chunks(model, old);
	okng_model_close(&old);
	return rc;
}

static int write_model(struct teaching *t, char *path, size_t size)
{
	struct okng_error err = { 0 };
	struct okng_model *model = NULL;
	int rc;

	rc = okng_learner_model(t->learner, &model);
	if (rc == -ENODATA) {
		okng_say("learn: %d good pictures are not enough, learn.min_images in %s asks for %d; nothing written", t->parts, t->recipe,
			t->taught.recipe.learn.min_images);
		return rc;
	}
	if (!rc)
		rc = okng_taught_model_path(t->recipe, path, size);
	if (!rc)
		rc = keep_tools(model, path);
	if (!rc)
		rc = okng_model_save(model, path, &err);
	if (rc)
		okng_say_error(&err, rc, "learn");
	okng_model_close(&model);
	return rc;
}

static void report(struct teaching *t, const char *path)
{
	if (t->as_json) {
		okng_json_end_array(&t->json);
		okng_json_bool(&t->json, "taught", path != NULL);
		okng_json_string(&t->json, "model", path ? path : "");
		okng_json_int(&t->json, "parts", t->parts);
		okng_json_int(&t->json, "width", t->width);
		okng_json_int(&t->json, "height", t->height);
		okng_json_end_object(&t->json);
	} else if (path) {
		printf("%s: taught from %d parts, %d left out", path, t->parts, t->left_out);
		if (t->width)
			printf(", %d x %d pixels", t->width, t->height);
		printf("\n");
	}
}

static int teach(struct teaching *t)
{
	struct okng_error err = { 0 };
	char path[4096];
	int rc;

	rc = okng_learner_open(&t->learner, &t->taught.recipe);
	if (!rc && t->taught.calibration.has_lens)
		rc = okng_learner_look_through(t->learner, &t->taught.calibration.lens, &err);
	if (rc) {
		okng_say_error(&err, rc, "learn");
		okng_learner_close(&t->learner);
		return rc;
	}
	if (t->as_json) {
		okng_json_init(&t->json, stdout);
		okng_json_object(&t->json, NULL);
		okng_json_array(&t->json, "left_out");
	}
	for (int i = 0; i < t->files.n && !rc; i++) {
		rc = add(t, t->files.path[i]);
		okng_say_progress("learn", i + 1, t->files.n);
	}
	if (rc)
		okng_say("learn: %s", strerror(-rc));
	else
		rc = write_model(t, path, sizeof(path));
	report(t, rc ? NULL : path);
	okng_learner_close(&t->learner);
	return rc;
}

static int run(int argc, char **argv)
{
	struct teaching t = { 0 };
	int id, rc;

	while ((id = okng_command_option(&okng_cmd_learn, argc, argv)) > 0) {
		switch (id) {
		case 'r': t.recipe = optarg; break;
		case FLAT: t.flat = optarg; break;
		case CALIB: t.calib = optarg; break;
		case PAIRS: t.pairs = optarg; break;
		case BOXES: t.boxes = optarg; break;
		case JSON: t.as_json = true; break;
		}
	}
	if (id)
		return okng_command_leave(id);
	if (!t.recipe)
		return okng_command_misused(&okng_cmd_learn, "--recipe DIR is missing");
	if (!t.pairs != !t.boxes)
		return okng_command_misused(&okng_cmd_learn, "--pairs LIST and --boxes DIR go together");
	if (t.pairs && (optind < argc || t.flat || t.calib))
		return okng_command_misused(&okng_cmd_learn, "--pairs takes pictures from its list only, as they are");
	if (t.pairs)
		return okng_learn_pairs(t.recipe, t.pairs, t.boxes, t.as_json) ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	if (optind == argc)
		return okng_command_misused(&okng_cmd_learn, "no pictures given");
	rc = okng_taught_open_recipe(&t.taught, t.recipe);
	if (!rc)
		rc = okng_taught_open_optics(&t.taught, t.flat, t.calib);
	if (!rc)
		rc = okng_files_add_all(&t.files, argv + optind, argc - optind);
	if (!rc)
		rc = teach(&t);
	okng_files_finish(&t.files);
	okng_taught_close(&t.taught);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

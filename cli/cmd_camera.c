/* SPDX-License-Identifier: Apache-2.0
 *
 * okng camera: what the configured camera is and what it sees. From the synthetic camera one gets good parts or
 * defective ones at will, and what was injected, so that a recipe can be taught and tried without a line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "camera/camera.h"
#include "camera/image_file.h"
#include "camera/synthetic.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"
#include "cli/station_camera.h"

#define CONFIG_DEFAULT "/etc/okng/okng.toml"

enum { CAMERA = 256, FROM, GOOD, DEFECT, TRUTH, JSON };

static const struct okng_option grab_options[] = {
	{ "config", 'c', "FILE", "station file (default " CONFIG_DEFAULT ")" },
	{ "camera", CAMERA, "NAME", "which of a station's cameras (default: the first)" },
	{ "count", 'n', "N", "how many pictures (default 1)" },
	{ "out", 'o', "DIR", "folder for them, made when it is not there" },
	{ "from", FROM, "N", "synthetic camera: begin with part number N (default 1)" },
	{ "good", GOOD, NULL, "synthetic camera: good parts only" },
	{ "defect", DEFECT, NULL, "synthetic camera: parts with a defect only" },
	{ "truth", TRUTH, NULL, "write NAME.json, what is known to be there, beside each NAME.png" },
	{ 0 },
};

static const struct okng_option show_options[] = {
	{ "config", 'c', "FILE", "station file (default " CONFIG_DEFAULT ")" },
	{ "camera", CAMERA, "NAME", "which of a station's cameras (default: the first)" },
	{ "json", JSON, NULL, "print one JSON object" },
	{ 0 },
};

static int run_grab(int argc, char **argv);
static int run_show(int argc, char **argv);

const struct okng_command okng_cmd_camera_grab = {
	.name = "camera grab",
	.summary = "Take pictures with the configured camera",
	.usage = "[--config FILE] [--camera NAME] --out DIR [--count N]",
	.about =
		"Writes frame-000001.png and so on, numbered as the camera counts its frames. Stop\n"
		"okngd first when the camera is a real one. With --truth a file NAME.json holds\n"
		"\"truth\": null when the camera does not know what is there, else a list, empty for a\n"
		"good part, of kind and box [x, y, w, h].\n"
		"\n"
		"Exit status: 0 all pictures taken; 2 not.\n"
		"\n"
		"Example:\n"
		"  okng camera grab --config okng.toml --good --count 20 --out good\n",
	.options = grab_options,
	.run = run_grab,
};

const struct okng_command okng_cmd_camera_show = {
	.name = "camera show",
	.summary = "Show what the configured camera is",
	.usage = "[--config FILE] [--camera NAME] [--json]",
	.about =
		"Opens the camera and prints its type, frame size, frame pool and trigger mode.\n"
		"\n"
		"Exit status: 0 the camera can be opened; 2 it can't.\n",
	.options = show_options,
	.run = run_show,
};

struct grab {
	const char *config, *name, *out;
	long count, from;
	enum okng_synthetic_part part;
	bool truth;
	struct okng_camera_params camera;
};

static int write_truth(const char *path, const char *picture, const char *source, const struct okng_truth *truth, int truths)
{
	FILE *out = fopen(path, "we");
	struct okng_json json;
	bool failed;

	if (!out) {
		okng_say("%s: %s", path, strerror(errno));
		return -errno;
	}
	okng_json_init(&json, out);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", picture);
	okng_json_string(&json, "source", source);
	if (truths < 0)
		okng_json_null(&json, "truth");
	else
		okng_json_array(&json, "truth");
	for (int i = 0; i < truths; i++) {
		okng_json_object(&json, NULL);
		okng_json_string(&json, "kind", truth[i].kind);
		okng_json_array(&json, "box");
		okng_json_int(&json, NULL, truth[i].box.x);
		okng_json_int(&json, NULL, truth[i].box.y);
		okng_json_int(&json, NULL, truth[i].box.w);
		okng_json_int(&json, NULL, truth[i].box.h);
		okng_json_end_array(&json);
		okng_json_end_object(&json);
	}
	if (truths >= 0)
		okng_json_end_array(&json);
	okng_json_end_object(&json);
	failed = ferror(out) != 0;
	if (fclose(out) || failed) {
		okng_say("%s: %s", path, strerror(errno));
		return -EIO;
	}
	return 0;
}

static int save(const struct grab *g, uint64_t number, const struct okng_image *image, const char *source, const struct okng_truth *truth, int truths)
{
	char name[32], path[4096];
	struct okng_error err = { 0 };
	int rc;

	snprintf(name, sizeof(name), "frame-%06" PRIu64 ".png", number);
	if (snprintf(path, sizeof(path), "%s/%s", g->out, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	rc = okng_image_file_save_png(image, path, &err);
	if (rc) {
		okng_say_error(&err, rc, path);
		return rc;
	}
	if (!g->truth)
		return 0;
	memcpy(path + strlen(path) - 4, ".json", 6);
	return write_truth(path, name, source, truth, truths);
}

static int grab_synthetic(const struct grab *g)
{
	const struct okng_camera_params *params = &g->camera;
	struct okng_synthetic *synthetic = NULL;
	struct okng_truth truth[OKNG_TRUTH_MAX];
	struct okng_error err = { 0 };
	struct okng_image image;
	int truths = 0, rc;

	rc = okng_image_init(&image, params->width, params->height, OKNG_PIXEL_MONO8);
	if (!rc)
		rc = okng_synthetic_open(&synthetic, params, &err);
	if (rc)
		okng_say_error(&err, rc, "camera grab");
	for (long i = 0; i < g->count && !rc; i++) {
		uint64_t number = (uint64_t)(g->from + i);

		rc = okng_synthetic_expose(synthetic, number, g->part, &image, truth, &truths);
		if (!rc)
			rc = save(g, number, &image, "", truth, truths);
		okng_say_progress("grab", (int)(i + 1), (int)g->count);
	}
	okng_synthetic_close(&synthetic);
	okng_image_finish(&image);
	return rc;
}

static int grab_one(const struct grab *g, struct okng_camera *camera)
{
	enum { PATIENCE_MS = 5000 };
	struct okng_frame *frame = NULL;
	int rc;

	if (okng_camera_on_trigger(camera)) {
		rc = okng_camera_trigger(camera);
		if (rc)
			return rc;
	}
	rc = okng_camera_take(camera, &frame, PATIENCE_MS);
	if (rc) {
		okng_say("camera grab: %s", okng_camera_error(camera)[0] ? okng_camera_error(camera) : strerror(-rc));
		return rc;
	}
	if (frame->incomplete)
		okng_say("camera grab: frame %" PRIu64 " is incomplete and left out", frame->id);
	else
		rc = save(g, frame->id, &frame->image, frame->source, frame->truth, frame->truths);
	okng_frame_unref(&frame);
	return rc;
}

/* What a camera's link had to mend, so that a bad one is seen before the line runs. */
static void say_losses(const struct okng_camera *camera)
{
	struct okng_camera_stats stats;

	okng_camera_stats(camera, &stats);
	if (stats.resent || stats.missing)
		okng_say("camera grab: %" PRIu64 " packets were sent once more, %" PRIu64 " never came", stats.resent, stats.missing);
	if (stats.dropped || stats.incomplete)
		okng_say("camera grab: %" PRIu64 " frames incomplete, %" PRIu64 " lost", stats.incomplete, stats.dropped);
}

static int grab_camera(const struct grab *g)
{
	struct okng_camera *camera = NULL;
	struct okng_error err = { 0 };
	int rc;

	rc = okng_camera_open(&camera, &g->camera, &err);
	if (rc)
		okng_say_error(&err, rc, "camera grab");
	for (long i = 0; i < g->count && !rc; i++) {
		rc = grab_one(g, camera);
		okng_say_progress("grab", (int)(i + 1), (int)g->count);
	}
	if (camera)
		say_losses(camera);
	okng_camera_close(&camera);
	return rc;
}

static int grab(struct grab *g)
{
	bool synthetic;

	if (okng_station_camera(&g->camera, g->config, g->name))
		return OKNG_EXIT_FAILED;
	synthetic = g->camera.type == OKNG_CAMERA_SYNTHETIC;
	if (!synthetic && (g->part != OKNG_SYNTHETIC_BY_RATE || g->from != 1))
		return okng_command_misused(&okng_cmd_camera_grab, "--good, --defect and --from are for the synthetic camera");
	if (mkdir(g->out, 0777) && errno != EEXIST) {
		okng_say("%s: %s", g->out, strerror(errno));
		return OKNG_EXIT_FAILED;
	}
	if (synthetic ? grab_synthetic(g) : grab_camera(g))
		return OKNG_EXIT_FAILED;
	printf("%ld pictures in %s\n", g->count, g->out);
	return OKNG_EXIT_GOOD;
}

static int run_grab(int argc, char **argv)
{
	struct grab g = { .config = CONFIG_DEFAULT, .count = 1, .from = 1, .part = OKNG_SYNTHETIC_BY_RATE };
	bool good = false, defect = false;
	int id, rc = 0;

	while (!rc && (id = okng_command_option(&okng_cmd_camera_grab, argc, argv)) > 0) {
		switch (id) {
		case 'c': g.config = optarg; break;
		case CAMERA: g.name = optarg; break;
		case 'o': g.out = optarg; break;
		case 'n': rc = okng_command_number(&okng_cmd_camera_grab, "count", optarg, 1, 1000000, &g.count); break;
		case FROM: rc = okng_command_number(&okng_cmd_camera_grab, "from", optarg, 1, 1000000000, &g.from); break;
		case GOOD: good = true; break;
		case DEFECT: defect = true; break;
		case TRUTH: g.truth = true; break;
		}
	}
	if (rc)
		return OKNG_EXIT_FAILED;
	if (id)
		return okng_command_leave(id);
	if (!g.out)
		return okng_command_misused(&okng_cmd_camera_grab, "--out DIR is missing");
	if (good && defect)
		return okng_command_misused(&okng_cmd_camera_grab, "--good or --defect, not both");
	if (optind < argc)
		return okng_command_misused(&okng_cmd_camera_grab, "unexpected word '%s'", argv[optind]);
	g.part = good ? OKNG_SYNTHETIC_GOOD : defect ? OKNG_SYNTHETIC_DEFECT : OKNG_SYNTHETIC_BY_RATE;
	return grab(&g);
}

static void print_camera(const struct okng_camera *camera, const struct okng_camera_params *params, bool as_json)
{
	static const char *const types[] = {[OKNG_CAMERA_SYNTHETIC] = "synthetic", [OKNG_CAMERA_REPLAY] = "replay", [OKNG_CAMERA_ARAVIS] = "aravis",
		[OKNG_CAMERA_V4L2] = "v4l2"};
	const char *type = types[params->type];
	const char *id = params->type == OKNG_CAMERA_ARAVIS ? params->aravis.id : params->type == OKNG_CAMERA_V4L2 ? params->v4l2.id : NULL;
	bool by_line = params->type == OKNG_CAMERA_ARAVIS && *params->aravis.trigger_line;
	struct okng_json json;
	int32_t width, height;

	okng_camera_size(camera, &width, &height);
	if (!as_json) {
		printf("name    %s\ntype    %s%s\nsize    %d x %d pixels\npool    %d frames\n", params->name, type,
			okng_camera_simulates(camera) ? " (simulation: never ship on this)" : "", width, height, params->frames);
		if (params->rate > 0)
			printf("frames  free run, %g a second\n", params->rate);
		else if (by_line)
			printf("frames  when %s triggers the camera\n", params->aravis.trigger_line);
		else
			printf("frames  on trigger\n");
		if (id)
			printf("id      %s\n", *id ? id : "(the only camera there is)");
		if (params->type == OKNG_CAMERA_REPLAY)
			printf("folder  %s (%s%s)\n", params->folder, params->pattern, params->loop ? ", looping" : "");
		return;
	}
	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "name", params->name);
	okng_json_string(&json, "type", type);
	okng_json_bool(&json, "simulation", okng_camera_simulates(camera));
	okng_json_int(&json, "width", width);
	okng_json_int(&json, "height", height);
	okng_json_int(&json, "frames", params->frames);
	okng_json_number(&json, "rate", params->rate, 3);
	if (id)
		okng_json_string(&json, "id", id);
	if (by_line)
		okng_json_string(&json, "trigger_line", params->aravis.trigger_line);
	if (params->type == OKNG_CAMERA_REPLAY)
		okng_json_string(&json, "folder", params->folder);
	okng_json_end_object(&json);
}

static int run_show(int argc, char **argv)
{
	struct okng_camera_params params;
	struct okng_camera *camera = NULL;
	struct okng_error err = { 0 };
	const char *config = CONFIG_DEFAULT, *name = NULL;
	bool as_json = false;
	int id, rc;

	while ((id = okng_command_option(&okng_cmd_camera_show, argc, argv)) > 0) {
		if (id == 'c')
			config = optarg;
		else if (id == CAMERA)
			name = optarg;
		else
			as_json = true;
	}
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_camera_show, "unexpected word '%s'", argv[optind]);
	if (okng_station_camera(&params, config, name))
		return OKNG_EXIT_FAILED;
	rc = okng_camera_open(&camera, &params, &err);
	if (rc) {
		okng_say_error(&err, rc, "camera show");
		return OKNG_EXIT_FAILED;
	}
	print_camera(camera, &params, as_json);
	okng_camera_close(&camera);
	return OKNG_EXIT_GOOD;
}

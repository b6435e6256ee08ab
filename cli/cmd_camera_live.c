/* SPDX-License-Identifier: Apache-2.0
 *
 * okng camera live: what the camera sees, now, with what helps to focus it and to set its exposure. In a terminal the
 * picture is drawn; elsewhere each frame is a line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "camera/camera.h"
#include "camera/image_file.h"
#include "cli/aids.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/picture_text.h"
#include "cli/say.h"
#include "cli/station_camera.h"
#include "cli/stop.h"
#include "cli/terminal.h"

#define CONFIG_DEFAULT "/etc/okng/okng.toml"
#define PATIENCE_MS 5000
#define MS INT64_C(1000000)

enum { CAMERA = 256, REGION, EVERY, JSON };

static const struct okng_option options[] = {
	{ "config", 'c', "FILE", "station file (default " CONFIG_DEFAULT ")" },
	{ "camera", CAMERA, "NAME", "which of a station's cameras (default: the first)" },
	{ "region", REGION, "X,Y,W,H", "measure there only (default: the whole picture)" },
	{ "every", EVERY, "MS", "wait so long between two frames, 0 to 60000 (default 100)" },
	{ "count", 'n', "N", "end after N frames (default: q or Ctrl-C)" },
	{ "out", 'o', "DIR", "write every frame there as PNG, made when it is not there" },
	{ "json", JSON, NULL, "print one JSON object for each frame" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_camera_live = {
	.name = "camera live",
	.summary = "Show what the camera sees, with what helps to focus it",
	.usage = "[--config FILE] [--camera NAME] [--region X,Y,W,H]",
	.about =
		"Draws the picture in the terminal, overexposed places in red, with a histogram and:\n"
		"  sharpness   grows with focus: turn the lens for the most; the best so far is kept beside\n"
		"              it. Only pictures of the same thing compare.\n"
		"  saturated   share of pixels at 255: take exposure, light or gain back until it is 0\n"
		"  black       share of pixels at 0\n"
		"q ends it, r forgets the best so far. Where standard output is no terminal, each frame is a\n"
		"line. Stop okngd first when the camera is a real one.\n"
		"\n"
		"JSON keys: frame, sharpness, best, mean, saturated, black, incomplete.\n"
		"\n"
		"Exit status: 0 ended as asked; 2 no camera, or it was lost.\n"
		"\n"
		"Examples:\n"
		"  okng camera live --region 800,600,400,300\n"
		"  okng camera live --every 1000 --out /tmp/frames\n",
	.options = options,
	.run = run,
};

struct live {
	const char *config, *name, *out;
	struct okng_rect region;
	long count, every_ms;
	bool json, screen;
	enum okng_picture_ink ink;
	struct termios before;
	struct okng_camera *camera;
	double best;
	long frames;
};

/* One key at a time, without waiting for it. */
static void open_screen(struct live *l)
{
	const char *locale = getenv("LC_ALL");
	struct termios raw;

	locale = locale && *locale ? locale : getenv("LC_CTYPE");
	locale = locale && *locale ? locale : getenv("LANG");
	l->ink = okng_picture_ink_of(getenv("TERM"), getenv("COLORTERM"), locale);
	tcgetattr(STDIN_FILENO, &l->before);
	raw = l->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	okng_terminal_enter(stdout);
}

static void close_screen(struct live *l)
{
	okng_terminal_leave(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &l->before);
}

/* False: q was pressed. */
static bool take_keys(struct live *l)
{
	char key;

	while (l->screen && read(STDIN_FILENO, &key, 1) == 1) {
		if (key == 'q')
			return false;
		if (key == 'r')
			l->best = 0;
	}
	return true;
}

static void print_histogram(const struct okng_aids *aids, int columns)
{
	static const char *const bars[] = { " ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
	uint32_t most = 1;

	for (int i = 1; i < OKNG_AIDS_BINS - 1; i++) /* the ends have their own numbers */
		most = aids->histogram[i] > most ? aids->histogram[i] : most;
	printf("0 ");
	for (int i = 0; i < OKNG_AIDS_BINS && i < columns - 8; i++) {
		uint64_t height = aids->histogram[i] >= most ? 8 : (8 * (uint64_t)aids->histogram[i] + most - 1) / most;

		fputs(bars[height], stdout);
	}
	printf(" 255\033[K\n");
}

static void draw(const struct live *l, const struct okng_frame *frame, const struct okng_aids *a)
{
	struct winsize size = { 0 };
	int columns, lines;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	columns = size.ws_col ? size.ws_col : 80;
	lines = size.ws_row ? size.ws_row : 24;
	printf("\033[H\033[1mframe %" PRIu64 "  sharpness %.4f, best %.4f (%3.0f %%)  mean %.1f\033[0m\033[K\n", frame->id, a->sharpness, l->best,
		l->best > 0 ? 100 * a->sharpness / l->best : 0, a->mean);
	printf("%ssaturated %.3f %%\033[0m  black %.3f %%%s  q ends, r forgets the best\033[K\n", a->bright > 0 ? "\033[31m" : "", 100 * a->bright,
		100 * a->dark, frame->incomplete ? "  INCOMPLETE" : "");
	okng_picture_draw(stdout, &frame->image, columns, lines - 4, l->ink, l->region, "\033[K\n");
	if (l->ink != OKNG_INK_LETTERS) /* it needs the same characters */
		print_histogram(a, columns);
	fputs("\033[J", stdout);
	fflush(stdout);
}

static void print_line(const struct live *l, const struct okng_frame *frame, const struct okng_aids *a)
{
	if (l->json) {
		struct okng_json json;

		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		okng_json_int(&json, "frame", (int64_t)frame->id);
		okng_json_number(&json, "sharpness", a->sharpness, 6);
		okng_json_number(&json, "best", l->best, 6);
		okng_json_number(&json, "mean", a->mean, 2);
		okng_json_number(&json, "saturated", a->bright, 6);
		okng_json_number(&json, "black", a->dark, 6);
		okng_json_bool(&json, "incomplete", frame->incomplete);
		okng_json_end_object(&json);
	} else {
		printf("frame %-6" PRIu64 " sharpness %.4f, best %.4f  mean %5.1f  saturated %.3f %%  black %.3f %%%s\n", frame->id, a->sharpness, l->best,
			a->mean, 100 * a->bright, 100 * a->dark, frame->incomplete ? "  INCOMPLETE" : "");
	}
	fflush(stdout);
}

static int save(const struct live *l, const struct okng_frame *frame)
{
	char path[4096];
	struct okng_error err = { 0 };
	int rc;

	if (snprintf(path, sizeof(path), "%s/frame-%06" PRIu64 ".png", l->out, frame->id) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	rc = okng_image_file_save_png(&frame->image, path, &err);
	if (rc)
		okng_say_error(&err, rc, path);
	return rc;
}

/* The holes of an incomplete frame are of an earlier one: it is shown, but is no measure of focus. */
static int show(struct live *l, const struct okng_frame *frame)
{
	struct okng_aids aids;
	int rc = okng_aids_measure(&aids, &frame->image, l->region);

	if (rc) {
		okng_say("camera live: the region is not within the picture of %d x %d", frame->image.width, frame->image.height);
		return rc;
	}
	if (!frame->incomplete && aids.sharpness > l->best)
		l->best = aids.sharpness;
	if (l->screen)
		draw(l, frame, &aids);
	else
		print_line(l, frame, &aids);
	return l->out && !frame->incomplete ? save(l, frame) : 0;
}

/* 0; -EINTR: told to stop; another negative errno after saying why. */
static int next(struct live *l, const volatile sig_atomic_t *stop)
{
	struct okng_frame *frame = NULL;
	int64_t end = okng_stop_now_ns() + PATIENCE_MS * MS;
	int rc = okng_camera_on_trigger(l->camera) ? okng_camera_trigger(l->camera) : 0;

	if (!rc)
		rc = -ETIMEDOUT;
	while (rc == -ETIMEDOUT && !*stop && okng_stop_now_ns() < end)
		rc = okng_camera_take(l->camera, &frame, 100);
	if (*stop)
		rc = -EINTR;
	else if (rc == -EIO || rc == -ENOBUFS)
		rc = 0; /* one frame less */
	else if (rc)
		okng_say("camera live: %s", rc == -ETIMEDOUT ? "no frame came" : *okng_camera_error(l->camera) ? okng_camera_error(l->camera) : strerror(-rc));
	if (frame) {
		int shown = rc ? 0 : show(l, frame);

		l->frames++;
		okng_frame_unref(&frame);
		rc = rc ? rc : shown;
	}
	return rc;
}

static int watch(struct live *l)
{
	const volatile sig_atomic_t *stop = okng_stop_on_signals();
	int64_t due = okng_stop_now_ns();
	int rc = 0;

	while (!rc && take_keys(l) && (!l->count || l->frames < l->count)) {
		if (!okng_stop_wait_until(due))
			break;
		due = okng_stop_now_ns() + l->every_ms * MS;
		rc = next(l, stop);
	}
	return rc == -EINTR ? 0 : rc;
}

static int live(struct live *l)
{
	struct okng_camera_params params;
	struct okng_error err = { 0 };
	int rc;

	if (okng_station_camera(&params, l->config, l->name))
		return OKNG_EXIT_FAILED;
	if (l->out && mkdir(l->out, 0777) && errno != EEXIST) {
		okng_say("%s: %s", l->out, strerror(errno));
		return OKNG_EXIT_FAILED;
	}
	rc = okng_camera_open(&l->camera, &params, &err);
	if (rc) {
		okng_say_error(&err, rc, "camera live");
		return OKNG_EXIT_FAILED;
	}
	if (l->screen)
		open_screen(l);
	rc = watch(l);
	if (l->screen)
		close_screen(l);
	okng_camera_close(&l->camera);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int set_region(struct live *l, const char *text)
{
	struct okng_rect *r = &l->region;
	int used = 0;

	if (sscanf(text, "%" SCNd32 ",%" SCNd32 ",%" SCNd32 ",%" SCNd32 "%n", &r->x, &r->y, &r->w, &r->h, &used) == 4 && !text[used] && r->x >= 0 && r->y >= 0 &&
		r->w >= 8 && r->h >= 8)
		return 0;
	okng_command_misused(&okng_cmd_camera_live, "--region takes X,Y,W,H in pixels, W and H at least 8, not '%s'", text);
	return -EINVAL;
}

static int set(struct live *l, int id)
{
	switch (id) {
	case 'c': l->config = optarg; return 0;
	case CAMERA: l->name = optarg; return 0;
	case 'o': l->out = optarg; return 0;
	case 'n': return okng_command_number(&okng_cmd_camera_live, "count", optarg, 1, 1000000000, &l->count);
	case EVERY: return okng_command_number(&okng_cmd_camera_live, "every", optarg, 0, 60000, &l->every_ms);
	case REGION: return set_region(l, optarg);
	default: l->json = true; return 0;
	}
}

static int run(int argc, char **argv)
{
	struct live l = { .config = CONFIG_DEFAULT, .every_ms = 100 };
	const char *term = getenv("TERM");
	int id;

	while ((id = okng_command_option(&okng_cmd_camera_live, argc, argv)) > 0)
		if (set(&l, id))
			return OKNG_EXIT_FAILED;
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_camera_live, "unexpected word '%s'", argv[optind]);
	l.screen = !l.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	return live(&l);
}

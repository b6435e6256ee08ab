/* SPDX-License-Identifier: Apache-2.0
 *
 * okng plc watch: everything that a station shows to its PLC, live. It only reads, so it never takes the writer's place
 * from the PLC; it is one more connection among plc.clients.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/modbus.h"
#include "cli/plc_screen.h"
#include "cli/plc_view.h"
#include "cli/say.h"
#include "cli/stop.h"
#include "cli/terminal.h"

enum { ONCE = 256, JSON, EVERY };

#define ANSWER_MS 2000
#define RETRY_NS INT64_C(1000000000)

static const struct okng_option options[] = {
	{ "unit", 'u', "N", "unit id: 1 the first station (default), 2 the second, ..." },
	{ "once", ONCE, NULL, "print every value once and end" },
	{ "every", EVERY, "MS", "time between two readings (default 200)" },
	{ "all", 'a', NULL, "report HEARTBEAT, AGE and the bits' copies in words, too" },
	{ "json", JSON, NULL, "print one JSON object for each value that changed" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_plc_watch = {
	.name = "plc watch",
	.summary = "Show every bit and word of a station, live",
	.usage = "HOST[:PORT] [--unit N] [--once] [--json] [--every MS]",
	.about =
		"Reads the whole register map again and again and shows it decoded; it never writes. The\n"
		"word order is found by the TEST registers. On a terminal the view is redrawn in place and\n"
		"what changed is marked; otherwise every value is printed once, then a line for each change.\n"
		"Says DOWN when the connection is lost and tries again each second. Ctrl-C ends it.\n"
		"The port is 1502 where none is given.\n"
		"\n"
		"JSON keys: time, table (coil, discrete, input, holding), address, name, value, text;\n"
		"for the connection: time, link (UP, DOWN), word_order (null: unknown), reason.\n"
		"\n"
		"Exit status: 0 ended by Ctrl-C, or shown once; 2 could not.\n"
		"\n"
		"Examples:\n"
		"  okng plc watch 192.168.1.10\n"
		"  okng plc watch --json --every 50 localhost:1502\n",
	.options = options,
	.run = run,
};

struct watch {
	char host[OKNG_MODBUS_HOST];
	const char *target; /* as it was given */
	uint16_t port;
	long unit, every_ms;
	bool once, json, all, screen;

	struct okng_modbus modbus;
	struct okng_plc_screen drawn;
	struct okng_plc_view view, old;
	bool up, known, told_down; /* known: old holds a snapshot */
	enum okng_word_order order;
	bool order_known;
	char reason[96]; /* why DOWN */
};

static void put_time(char text[32])
{
	struct timeval tv;
	struct tm tm;
	size_t n;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	n = strftime(text, 32, "%H:%M:%S", &tm);
	snprintf(text + n, 32 - n, ".%03d", (int)(tv.tv_usec / 1000));
}

static void put_json_time(struct okng_json *json)
{
	struct timeval tv;
	struct tm tm;
	char text[48];
	size_t n;

	gettimeofday(&tv, NULL);
	gmtime_r(&tv.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(tv.tv_usec / 1000));
	okng_json_string(json, "time", text);
}

static void tell_link(const struct watch *w)
{
	const char *order = w->up && w->order_known ? okng_plc_view_order_name(w->order) : NULL;
	char time[32];

	if (w->screen)
		return;
	if (w->json) {
		struct okng_json json;

		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		put_json_time(&json);
		okng_json_string(&json, "link", w->up ? "UP" : "DOWN");
		order ? okng_json_string(&json, "word_order", order) : okng_json_null(&json, "word_order");
		w->up ? okng_json_null(&json, "reason") : okng_json_string(&json, "reason", w->reason);
		okng_json_end_object(&json);
		return;
	}
	put_time(time);
	if (w->up)
		printf("%s  UP    %s unit %ld, word order %s\n", time, w->target, w->unit,
			order ? order : "unknown: the TEST registers fit none, values are decoded as ABCD");
	else
		printf("%s  DOWN  %s: %s\n", time, w->target, w->reason);
}

static void tell_value(const struct watch *w, const struct okng_map_row *row)
{
	const struct okng_map_code *code = okng_plc_view_code(&w->view, row);
	char time[32], was[OKNG_PLC_TEXT], is[OKNG_PLC_TEXT];

	okng_plc_view_text(&w->view, row, w->order, is);
	if (w->json) {
		struct okng_json json;

		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		put_json_time(&json);
		okng_json_string(&json, "table", okng_plc_view_table_name(row->table));
		okng_json_int(&json, "address", row->address);
		okng_json_string(&json, "name", row->name);
		okng_plc_view_json(&json, "value", &w->view, row, w->order);
		code ? okng_json_string(&json, "text", code->name) : okng_json_null(&json, "text");
		okng_json_end_object(&json);
		return;
	}
	put_time(time);
	printf("%s  %-8s %3u  %-16s ", time, okng_plc_view_table_name(row->table), row->address, row->name);
	if (w->known && okng_plc_view_has(&w->old, row))
		printf("%s -> ", okng_plc_view_text(&w->old, row, w->order, was));
	printf("%s%s%s%s\n", is, code ? " (" : "", code ? code->text : "", code ? ")" : "");
}

static void tell_changes(struct watch *w)
{
	size_t n;
	const struct okng_map_row *rows = okng_plc_view_rows(&n);
	int64_t now = okng_stop_now_ns();

	for (size_t i = 0; i < n; i++) {
		if (!okng_plc_view_has(&w->view, &rows[i]) || (w->known && okng_plc_view_same(&w->view, &w->old, &rows[i])))
			continue;
		if (w->screen && w->known)
			w->drawn.changed_ns[i] = now;
		else if (!w->screen && (w->once || w->all || !w->known || !okng_plc_view_restless(&rows[i])))
			tell_value(w, &rows[i]);
	}
	w->old = w->view;
	w->known = true;
}

static void draw(struct watch *w)
{
	struct winsize size = { 0 };
	char head[512], time[32];

	if (!w->screen)
		return;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	w->drawn.width = size.ws_col ? size.ws_col : 80;
	w->drawn.height = size.ws_row ? size.ws_row : 24;
	put_time(time);
	if (w->up)
		snprintf(head, sizeof(head), "%s  UP    %s unit %ld  word order %s", time, w->target, w->unit,
			w->order_known ? okng_plc_view_order_name(w->order) : "unknown");
	else
		snprintf(head, sizeof(head), "%s  DOWN  %s unit %ld: %s", time, w->target, w->unit, w->reason);
	okng_plc_screen_draw(&w->drawn, stdout, head, w->known ? &w->view : NULL, w->order, okng_stop_now_ns());
}

static void go_down(struct watch *w, int code)
{
	okng_modbus_close(&w->modbus);
	w->up = false;
	w->known = w->screen && w->known; /* the last values stay on the screen, below the word DOWN */
	snprintf(w->reason, sizeof(w->reason), "%s", okng_modbus_text(code));
	if (!w->told_down && !w->once)
		tell_link(w);
	w->told_down = true;
}

/* 0, or what cli/modbus.h says. */
static int look(struct watch *w, const volatile sig_atomic_t *stop)
{
	int code = w->modbus.fd >= 0 ? 0 :
		okng_modbus_open(&w->modbus, w->host, w->port, (int)w->unit, ANSWER_MS, ANSWER_MS, stop);

	if (!code)
		code = okng_plc_view_read(&w->modbus, &w->view, !w->up);
	if (code)
		return code;
	if (!w->up) {
		w->order_known = okng_plc_view_order(w->view.input, &w->order) == 0;
		w->up = true;
		w->told_down = false;
		tell_link(w);
	}
	tell_changes(w);
	return 0;
}

/* Until told to stop, or once. */
static int watch(struct watch *w)
{
	const volatile sig_atomic_t *stop = okng_stop_on_signals();
	int64_t next = okng_stop_now_ns();

	for (;;) {
		int code = look(w, stop);

		if (*stop)
			return OKNG_EXIT_GOOD;
		if (code)
			go_down(w, code);
		if (code > 0 || (code && w->once)) {
			/* An exception: what answers there is no station of ours, and asking again changes nothing. */
			if (w->screen)
				okng_terminal_leave(stdout);
			w->screen = false;
			okng_say("plc watch: %s unit %ld: %s", w->target, w->unit, okng_modbus_text(code));
			return OKNG_EXIT_FAILED;
		}
		draw(w);
		if (fflush(stdout) || ferror(stdout))
			return OKNG_EXIT_FAILED; /* main says so */
		if (w->once)
			return OKNG_EXIT_GOOD;
		next += code ? RETRY_NS : w->every_ms * 1000000;
		if (next < okng_stop_now_ns())
			next = okng_stop_now_ns();
		if (!okng_stop_wait_until(next))
			return OKNG_EXIT_GOOD;
	}
}

static int set(struct watch *w, int id)
{
	switch (id) {
	case 'u': return okng_command_number(&okng_cmd_plc_watch, "unit", optarg, 0, 255, &w->unit);
	case EVERY: return okng_command_number(&okng_cmd_plc_watch, "every", optarg, 1, 3600000, &w->every_ms);
	case ONCE: w->once = true; return 0;
	case JSON: w->json = true; return 0;
	default: w->all = true; return 0;
	}
}

static int run(int argc, char **argv)
{
	struct watch w = { .modbus.fd = -1, .unit = 1, .every_ms = 200 };
	const char *term = getenv("TERM");
	int id, status;

	while ((id = okng_command_option(&okng_cmd_plc_watch, argc, argv)) > 0)
		if (set(&w, id))
			return OKNG_EXIT_FAILED;
	if (id)
		return okng_command_leave(id);
	if (optind != argc - 1)
		return okng_command_misused(&okng_cmd_plc_watch, optind < argc ? "one station at a time" : "which station? HOST[:PORT]");
	w.target = argv[optind];
	if (okng_modbus_address(w.target, w.host, &w.port))
		return okng_command_misused(&okng_cmd_plc_watch, "'%s' is not HOST, HOST:PORT or [IPv6]:PORT", w.target);
	w.screen = !w.once && !w.json && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	if (w.screen)
		okng_terminal_enter(stdout);
	status = watch(&w);
	if (w.screen)
		okng_terminal_leave(stdout);
	okng_modbus_close(&w.modbus);
	return status;
}

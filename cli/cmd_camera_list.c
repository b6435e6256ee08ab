/* SPDX-License-Identifier: Apache-2.0
 *
 * okng camera list: which cameras answer, and what to write into the station file to mean one of them.
 */
#include "camera/discover.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"

#define MOST 64

enum { JSON = 256 };

static const struct okng_option list_options[] = {
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ 0 },
};

static int run_list(int argc, char **argv);

const struct okng_command okng_cmd_camera_list = {
	.name = "camera list",
	.summary = "List the cameras that answer: GigE Vision, USB3 Vision, V4L2",
	.usage = "[--json]",
	.about =
		"Asks on every network interface and on USB, which takes a second or two, and every video\n"
		"device file. Serial number, address and name are all good for id in the station file, in\n"
		"[camera.v4l2] where the protocol is V4L2 (a USB camera, a frame grabber), else in\n"
		"[camera.aravis]; a serial number stays when a camera gets another address or port.\n"
		"\n"
		"Exit status: 0 a camera answers; 1 none does.\n",
	.options = list_options,
	.run = run_list,
};

static void print(const struct okng_camera_found *f)
{
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "id", f->id);
	okng_json_string(&json, "vendor", f->vendor);
	okng_json_string(&json, "model", f->model);
	okng_json_string(&json, "serial", f->serial);
	okng_json_string(&json, "address", f->address);
	okng_json_string(&json, "protocol", f->protocol);
	okng_json_end_object(&json);
}

static int at_most(int n, int max)
{
	return n < max ? n : max;
}

/* Without Aravis in the build there are those of V4L2. */
static int discover(struct okng_camera_found *found, int max)
{
	struct okng_error err = { 0 };
	int n = okng_camera_discover(found, max, &err);

	if (n < 0)
		okng_say("%s", err.text);
	n = n < 0 ? 0 : at_most(n, max);
	return n + at_most(okng_camera_discover_v4l2(found + n, max - n), max - n);
}

static int run_list(int argc, char **argv)
{
	struct okng_camera_found found[MOST];
	bool as_json = false;
	int id, n;

	while ((id = okng_command_option(&okng_cmd_camera_list, argc, argv)) > 0)
		as_json = true;
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_camera_list, "unexpected word '%s'", argv[optind]);
	n = discover(found, MOST);
	if (n && !as_json)
		printf("%-16s %-20s %-12s %-16s %-16s %s\n", "serial", "address", "protocol", "vendor", "model", "name");
	for (int i = 0; i < n; i++) {
		if (as_json)
			print(&found[i]);
		else
			printf("%-16s %-20s %-12s %-16s %-16s %s\n", found[i].serial, found[i].address, found[i].protocol, found[i].vendor,
				found[i].model, found[i].id);
	}
	if (n == 0)
		okng_say("no GigE Vision, USB3 Vision or V4L2 camera answers");
	return n ? OKNG_EXIT_GOOD : OKNG_EXIT_BAD;
}

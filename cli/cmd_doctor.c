/* SPDX-License-Identifier: Apache-2.0
 *
 * okng doctor: everything about this machine that a station needs, and how to put right what is not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/json.h"
#include "cli/say.h"

#define CONFIG_DEFAULT "/etc/okng/okng.toml"

enum { ROOT = 256, JSON };

static const struct okng_option options[] = {
	{ "config", 'c', "FILE", "station file (default " CONFIG_DEFAULT ")" },
	{ "root", ROOT, "DIR", "read /proc, /sys and /etc/systemd below this folder" },
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_doctor = {
	.name = "doctor",
	.summary = "Examine this machine: cameras, network, disk, limits, service",
	.usage = "[--config FILE] [--json]",
	.about =
		"Reads the station file, and those that it names, and looks at what its stations need:\n"
		"recipes and models, cameras, MTU, socket buffers and USB memory for network and USB\n"
		"cameras, processor, disk room and speed (it writes a file of 16 MiB and removes it), the\n"
		"service, the port of the registers. What is not well comes with the command that puts it\n"
		"right. Nothing is changed.\n"
		"\n"
		"JSON keys: health (ok, warn, fail), what, text, cure (null: none).\n"
		"\n"
		"Exit status: 0 nothing fails; 1 something does; 2 wrong usage.\n"
		"\n"
		"Example:\n"
		"  sudo okng doctor\n",
	.options = options,
	.run = run,
};

static void print(const struct okng_symptom *s, bool as_json)
{
	static const char *const shown[] = { "OK  ", "WARN", "FAIL" }, *const named[] = { "ok", "warn", "fail" };
	struct okng_json json;

	if (!as_json) {
		printf("%s  %-15s %s\n", shown[s->health], s->what, s->text);
		if (*s->cure)
			printf("                      %s\n", s->cure);
		return;
	}
	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "health", named[s->health]);
	okng_json_string(&json, "what", s->what);
	okng_json_string(&json, "text", s->text);
	*s->cure ? okng_json_string(&json, "cure", s->cure) : okng_json_null(&json, "cure");
	okng_json_end_object(&json);
}

/* The station file's own errors are symptoms, too. */
static void examine(struct okng_doctor *d, const char *config)
{
	struct okng_config_errors *errors = calloc(1, sizeof(*errors));
	struct okng_machine_config *machine = NULL;

	if (errors && okng_config_load_machine(&machine, config, errors)) {
		for (int i = 0; i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++) {
			const struct okng_error *e = &errors->error[i];

			okng_doctor_say(d, OKNG_HEALTH_FAIL, "station", "", "%.120s:%d: %.60s%s%.120s", e->file, e->line, e->key, *e->key ? ": " : "", e->text);
		}
	}
	for (int i = 0; machine && i < machine->n; i++) {
		okng_doctor_station(d, &machine->station[i], machine->file[i]);
		okng_doctor_disk(d, &machine->station[i]);
	}
	if (machine) {
		okng_doctor_port(d, &machine->station[0].plc);
		okng_doctor_system(d, machine);
	}
	free(machine);
	free(errors);
}

static int run(int argc, char **argv)
{
	struct okng_doctor *d = calloc(1, sizeof(*d));
	const char *config = CONFIG_DEFAULT;
	bool as_json = false;
	int id, count[3] = { 0 };

	if (!d) {
		okng_say("doctor: %s", strerror(ENOMEM));
		return OKNG_EXIT_FAILED;
	}
	d->root = "";
	while ((id = okng_command_option(&okng_cmd_doctor, argc, argv)) > 0) {
		if (id == 'c')
			config = optarg;
		else if (id == ROOT)
			d->root = optarg;
		else
			as_json = true;
	}
	if (id || optind < argc) {
		free(d);
		return id ? okng_command_leave(id) : okng_command_misused(&okng_cmd_doctor, "unexpected word '%s'", argv[optind]);
	}
	examine(d, config);
	for (int i = 0; i < d->n; i++) {
		print(&d->symptom[i], as_json);
		count[d->symptom[i].health]++;
	}
	if (!as_json)
		printf("%d well, %d could be better, %d %s\n", count[0], count[1], count[2], count[2] == 1 ? "fails" : "fail");
	free(d);
	return count[OKNG_HEALTH_FAIL] ? OKNG_EXIT_BAD : OKNG_EXIT_GOOD;
}

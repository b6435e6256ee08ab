/* SPDX-License-Identifier: Apache-2.0
 *
 * okng plc sim: plays the PLC of a station and checks every rule of the interface on the way; how an integrator accepts
 * a station. It triggers, so it refuses a real camera unless told otherwise.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/modbus.h"
#include "cli/plc_drill.h"
#include "cli/plc_player.h"
#include "cli/say.h"
#include "cli/stop.h"

enum { STYLE = 256, PARTS, RATE, TIMEOUT, DRILL, COMMANDS, RULES, YES, JSON };

static const struct okng_option options[] = {
	{ "unit", 'u', "N", "unit id: 1 the first station (default), 2 the second, ..." },
	{ "style", STYLE, "STYLE", "seq: sequence style (default); bit: bit style" },
	{ "parts", PARTS, "N", "how many triggers (default 100)" },
	{ "rate", RATE, "PER_S", "triggers in a second, 0.01 to 1000 (default: back to back)" },
	{ "timeout", TIMEOUT, "MS", "longest wait for any answer of the station (default 5000)" },
	{ "drill", DRILL, NULL, "after the parts: what a line seldom does (about 30 parts and 1 s more)" },
	{ "commands", COMMANDS, NULL, "with --drill: commands, too; counters go to 0, the recipe is loaded anew" },
	{ "rules", RULES, NULL, "print the rules that are checked and end" },
	{ "yes", YES, NULL, "trigger also where SIMULATION is 0: a real line" },
	{ "json", JSON, NULL, "print one JSON object for each violation and for the summary" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_plc_sim = {
	.name = "plc sim",
	.summary = "Play the PLC of a station and check every rule of the interface",
	.usage = "HOST[:PORT] [--unit N] [--style seq|bit] [--parts N] [--rate PER_S] [--drill]",
	.about =
		"Triggers parts as a PLC would, acknowledges their results, and checks with each reading\n"
		"what --rules lists. Each violation is a line: rule, part, what was expected, what was read;\n"
		"one for each rule and part at most. Then a summary with times: from the trigger to the\n"
		"result, and from request to response. Trigger and controls are at rest when it ends.\n"
		"\n"
		"--drill goes on, in the sequence style, with results that wait, parts that overlap, triggers\n"
		"that must be refused, a silent PLC, mixed styles, a second writer, a lost connection.\n"
		"\n"
		"It takes the writer's place, so no PLC may have it. A station whose SIMULATION is 0 has a\n"
		"real camera, and something may move at its trigger: that needs --yes.\n"
		"\n"
		"JSON keys, violation: rule, part, expected, read; summary: parts, ok, ng, review, fault,\n"
		"violations, result_ms and request_ms (each median, p99, max), requests, error.\n"
		"\n"
		"Exit status: 0 no violation; 1 violations; 2 could not (no connection, another writer).\n"
		"\n"
		"Examples:\n"
		"  okng plc sim --drill localhost\n"
		"  okng plc sim --style bit --parts 1000 --rate 10 192.168.1.10:502\n",
	.options = options,
	.run = run,
};

struct sim {
	struct okng_plc_player player;
	long unit;
	bool drill, commands, json;
};

static void print_rules(void)
{
	for (int i = 0; i < OKNG_RULE_COUNT; i++)
		printf("%-16s %s\n", okng_plc_rule_name((enum okng_plc_rule)i), okng_plc_rule_text((enum okng_plc_rule)i));
}

static void report(void *user, const struct okng_plc_violation *v)
{
	const struct sim *sim = user;

	if (sim->json) {
		struct okng_json json;

		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		okng_json_string(&json, "rule", okng_plc_rule_name(v->rule));
		okng_json_int(&json, "part", v->part);
		okng_json_string(&json, "expected", v->expected);
		okng_json_string(&json, "read", v->read);
		okng_json_end_object(&json);
	} else {
		printf("VIOLATION  %-14s part %ld: expected %s; read %s\n", okng_plc_rule_name(v->rule), v->part, v->expected, v->read);
	}
	fflush(stdout);
}

static void progress(long done, long parts)
{
	if (parts <= INT32_MAX)
		okng_say_progress("playing", (int)done, (int)parts);
}

static void put_times(struct okng_json *json, const char *key, const struct okng_times *t)
{
	okng_json_object(json, key);
	okng_json_number(json, "median", okng_times_ms(t, 0.5), 3);
	okng_json_number(json, "p99", okng_times_ms(t, 0.99), 3);
	okng_json_number(json, "max", okng_times_ms(t, 1), 3);
	okng_json_end_object(json);
}

static void print_times(const char *what, const struct okng_times *t)
{
	if (t->n)
		printf("%-20s median %.3f ms, p99 %.3f ms, max %.3f ms\n", what, okng_times_ms(t, 0.5), okng_times_ms(t, 0.99),
			okng_times_ms(t, 1));
}

static void print_summary(const struct sim *sim, const char *error)
{
	const struct okng_plc_player *p = &sim->player;
	const long *n = p->rules.results;

	if (sim->json) {
		struct okng_json json;

		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		okng_json_int(&json, "parts", p->rules.part);
		okng_json_int(&json, "ok", n[OKNG_PLC_VERDICT_OK]);
		okng_json_int(&json, "ng", n[OKNG_PLC_VERDICT_NG]);
		okng_json_int(&json, "review", n[OKNG_PLC_VERDICT_REVIEW]);
		okng_json_int(&json, "fault", n[OKNG_PLC_VERDICT_FAULT]);
		okng_json_int(&json, "violations", p->rules.violations);
		put_times(&json, "result_ms", &p->results);
		put_times(&json, "request_ms", &p->requests);
		okng_json_int(&json, "requests", (int64_t)p->requests.n);
		error ? okng_json_string(&json, "error", error) : okng_json_null(&json, "error");
		okng_json_end_object(&json);
		return;
	}
	printf("%ld parts of %ld in %s style, %ld with a result: %ld OK, %ld NG, %ld REVIEW, %ld FAULT\n", p->rules.part, p->parts,
		p->bit_style ? "bit" : "sequence", p->done, n[OKNG_PLC_VERDICT_OK], n[OKNG_PLC_VERDICT_NG], n[OKNG_PLC_VERDICT_REVIEW],
		n[OKNG_PLC_VERDICT_FAULT]);
	print_times("trigger to result", &p->results);
	print_times("request to response", &p->requests);
	printf("%ld violation%s\n", p->rules.violations, p->rules.violations == 1 ? "" : "s");
}

static int play(struct sim *sim, const char *target)
{
	struct okng_plc_player *p = &sim->player;
	char host[OKNG_MODBUS_HOST];
	uint16_t port;
	int code;

	if (okng_modbus_address(target, host, &port))
		return okng_command_misused(&okng_cmd_plc_sim, "'%s' is not HOST, HOST:PORT or [IPv6]:PORT", target);
	p->host = host;
	p->port = port;
	p->unit = (int)sim->unit;
	p->stop = okng_stop_on_signals();
	code = okng_modbus_open(&p->modbus, host, port, (int)sim->unit, p->timeout_ms, p->timeout_ms, p->stop);
	if (code) {
		okng_say("plc sim: %s: %s", target, okng_modbus_text(code));
		return OKNG_EXIT_FAILED;
	}
	code = okng_plc_player_run(p);
	if (code == 0 && sim->drill)
		code = okng_plc_drill(p, sim->commands);
	okng_plc_player_give_back(p);
	okng_modbus_close(&p->modbus);
	if (code == -EINTR)
		snprintf(p->why, sizeof(p->why), "stopped before the end");
	if (p->rules.part || code >= 0)
		print_summary(sim, code < 0 ? p->why : NULL);
	if (code < 0)
		okng_say("plc sim: %s unit %ld: %s", target, sim->unit, p->why);
	return code < 0 ? OKNG_EXIT_FAILED : p->rules.violations ? OKNG_EXIT_BAD : OKNG_EXIT_GOOD;
}

static int set_style(struct sim *sim, const char *style)
{
	sim->player.bit_style = strcmp(style, "bit") == 0;
	if (sim->player.bit_style || strcmp(style, "seq") == 0)
		return 0;
	okng_command_misused(&okng_cmd_plc_sim, "--style is seq or bit, not '%s'", style);
	return -EINVAL;
}

static int set_rate(struct sim *sim, const char *text)
{
	char *end;

	sim->player.rate = strtod(text, &end);
	if (end != text && !*end && sim->player.rate >= 0.01 && sim->player.rate <= 1000)
		return 0;
	okng_command_misused(&okng_cmd_plc_sim, "--rate takes a number from 0.01 to 1000, not '%s'", text);
	return -EINVAL;
}

static int set(struct sim *sim, int id, bool *rules)
{
	long n;
	int rc;

	switch (id) {
	case 'u': return okng_command_number(&okng_cmd_plc_sim, "unit", optarg, 0, 255, &sim->unit);
	case STYLE: return set_style(sim, optarg);
	case PARTS: return okng_command_number(&okng_cmd_plc_sim, "parts", optarg, 1, 1000000000, &sim->player.parts);
	case RATE: return set_rate(sim, optarg);
	case TIMEOUT:
		rc = okng_command_number(&okng_cmd_plc_sim, "timeout", optarg, 10, 3600000, &n);
		sim->player.timeout_ms = rc ? 0 : (int)n;
		return rc;
	case DRILL: sim->drill = true; return 0;
	case COMMANDS: sim->commands = true; return 0;
	case RULES: *rules = true; return 0;
	case YES: sim->player.yes = true; return 0;
	default: sim->json = true; return 0;
	}
}

static int run(int argc, char **argv)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	bool rules = false;
	int id, status = OKNG_EXIT_FAILED;

	if (!sim) {
		okng_say("plc sim: %s", strerror(ENOMEM));
		return status;
	}
	sim->unit = 1;
	sim->player = (struct okng_plc_player){ .parts = 100, .timeout_ms = 5000, .progress = progress, .modbus.fd = -1 };
	while ((id = okng_command_option(&okng_cmd_plc_sim, argc, argv)) > 0 && !set(sim, id, &rules))
		;
	okng_plc_rules_init(&sim->player.rules);
	sim->player.rules.bit_style = sim->player.bit_style;
	sim->player.rules.report = report;
	sim->player.rules.user = sim;
	if (id < 0) {
		status = okng_command_leave(id);
	} else if (id == 0 && rules && optind == argc) {
		print_rules();
		status = OKNG_EXIT_GOOD;
	} else if (id == 0 && sim->drill && sim->player.bit_style) {
		okng_command_misused(&okng_cmd_plc_sim, "--drill is in the sequence style, without --style bit");
	} else if (id == 0 && sim->commands && !sim->drill) {
		okng_command_misused(&okng_cmd_plc_sim, "--commands goes with --drill");
	} else if (id == 0 && !rules && optind == argc - 1) {
		status = play(sim, argv[optind]);
	} else if (id == 0) {
		okng_command_misused(&okng_cmd_plc_sim, rules ? "--rules takes no station" : optind < argc ? "one station at a time" :
			"which station? HOST[:PORT]");
	}
	free(sim);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The few options are for trying and for scripts: an installed station is described by its file alone.
 */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONFIG "/etc/okng/okng.toml"

static const char help[] =
	"Usage: okngd [OPTION]...\n"
	"Runs the inspection station that a station file describes.\n"
	"\n"
	"  -c, --config FILE    station file (default " DEFAULT_CONFIG ")\n"
	"  -n, --parts N        end after N parts (1 to 1000000000)\n"
	"  -s, --show           a line per part on standard output, totals at the end\n"
	"  -p, --port N         PLC registers on this port (0: any free one)\n"
	"  -t, --trigger WHO    plc, timer or camera, instead of [trigger] source\n"
	"  -i, --period MS      between triggers of the timer (1 to 3600000)\n"
	"      --help           this text\n"
	"      --version        the version\n"
	"\n"
	"SIGHUP reloads station file, recipe and model; a bad file is refused and the old state stays in force.\n"
	"SIGTERM and SIGINT take no further trigger, finish the parts under way and end; a second one ends at once.\n"
	"Exit status: 0 ended as asked, 2 could not start.\n";

static int number(const char *option, const char *text, long long min, long long max, long long *value)
{
	char *end;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *value >= min && *value <= max)
		return 0;
	fprintf(stderr, "okngd: --%s takes a whole number from %lld to %lld, not '%s'\n", option, min, max, text);
	return -EINVAL;
}

static int trigger_source(const char *text)
{
	static const char *const names[] = {[OKNG_TRIGGER_PLC] = "plc", [OKNG_TRIGGER_TIMER] = "timer", [OKNG_TRIGGER_CAMERA] = "camera"};
	for (int i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	fprintf(stderr, "okngd: --trigger takes plc, timer or camera, not '%s'\n", text);
	return -EINVAL;
}

int okng_options_parse(struct okng_options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'}, {"parts", required_argument, NULL, 'n'}, {"show", no_argument, NULL, 's'},
		{"port", required_argument, NULL, 'p'}, {"trigger", required_argument, NULL, 't'}, {"period", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0},
	};
	*o = (struct okng_options){.config = DEFAULT_CONFIG, .port = -1, .period_ms = -1, .trigger = -1};
	long long v = 0;
	int r = 0;
	for (int c; r == 0 && (c = getopt_long(argc, argv, "c:n:sp:t:i:", longs, NULL)) != -1;) {
		switch (c) {
		case 'c': o->config = optarg; break;
		case 's': o->show = true; break;
		case 'n': r = number("parts", optarg, 1, 1000000000, &v); o->parts = (uint64_t)v; break;
		case 'p': r = number("port", optarg, 0, 65535, &v); o->port = (int)v; break;
		case 'i': r = number("period", optarg, 1, 3600000, &v); o->period_ms = (int)v; break;
		case 't': o->trigger = trigger_source(optarg); r = o->trigger < 0 ? -EINVAL : 0; break;
		case 'h': fputs(help, stdout); return 1;
		case 'V': puts("okngd " OKNG_VERSION); return 1;
		default: r = -EINVAL;
		}
	}
	if (r == 0 && optind < argc) {
		fprintf(stderr, "okngd: unexpected argument '%s'\n", argv[optind]);
		r = -EINVAL;
	}
	if (r < 0)
		fputs("Try 'okngd --help'.\n", stderr);
	return r;
}

void okng_options_apply(const struct okng_options *o, struct okng_station_config *config)
{
	if (o->port >= 0)
		config->plc.port = (uint16_t)o->port;
	if (o->trigger >= 0)
		config->trigger = (enum okng_trigger_source)o->trigger;
	if (o->period_ms > 0)
		config->period_ms = o->period_ms;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * okng config: the commented default files and the reference, straight from the rows that the parser reads.
 */
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "config/config.h"

enum { DEFAULTS = 256, MANUAL };

static const struct okng_option options[] = {
	{ "defaults", DEFAULTS, NULL, "print the commented default file: station (default) or recipe" },
	{ "manual", MANUAL, NULL, "print the reference of every key, Markdown tables" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_config = {
	.name = "config",
	.summary = "Print default configuration files and their reference",
	.usage = "--defaults [station|recipe] | --manual",
	.about =
		"Every key stands in the default file with its range, unit, meaning and when a\n"
		"change takes effect.\n"
		"\n"
		"Exit status: 0 printed; 2 not.\n"
		"\n"
		"Examples:\n"
		"  okng config --defaults station > okng.toml\n"
		"  okng config --defaults recipe > recipes/board/recipe.toml\n",
	.options = options,
	.run = run,
};

static int run(int argc, char **argv)
{
	const char *what = "station";
	int id, wanted = 0;

	while ((id = okng_command_option(&okng_cmd_config, argc, argv)) > 0) {
		if (wanted && wanted != id)
			return okng_command_misused(&okng_cmd_config, "--defaults or --manual, not both");
		wanted = id;
	}
	if (id)
		return okng_command_leave(id);
	if (!wanted)
		return okng_command_misused(&okng_cmd_config, "--defaults or --manual is missing");
	if (argc - optind > (wanted == DEFAULTS ? 1 : 0))
		return okng_command_misused(&okng_cmd_config, "too many words");
	if (wanted == MANUAL)
		return okng_config_print_manual(stdout) ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	if (optind < argc)
		what = argv[optind];
	if (strcmp(what, "station") != 0 && strcmp(what, "recipe") != 0)
		return okng_command_misused(&okng_cmd_config, "there are defaults of station and recipe, not of '%s'", what);
	return okng_config_print_defaults(stdout, what) ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

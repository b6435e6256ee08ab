/* SPDX-License-Identifier: Apache-2.0
 *
 * okng plc map: the register map as the server has it, for the manual, a spreadsheet or a PLC project.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "config/config.h"
#include "plc/regmap.h"

static const struct okng_option options[] = {
	{ "format", 'f', "FORMAT", "md: Markdown tables (default); csv; st: IEC 61131-3 structured text" },
	{ "recipe", 'r', "DIR", "with the limits which this recipe opens for the PLC, and where they lie" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_plc_map = {
	.name = "plc map",
	.summary = "Print the Modbus register map",
	.usage = "[--format md|csv|st] [--recipe DIR]",
	.about =
		"Addresses are zero-based protocol addresses.\n"
		"\n"
		"Exit status: 0 printed; 2 not.\n"
		"\n"
		"Example:\n"
		"  okng plc map --format csv > registers.csv\n"
		"  okng plc map --format st --recipe recipes/board > board.st\n",
	.options = options,
	.run = run,
};

static int print_limits(enum okng_map_format format, const char *path)
{
	struct okng_config_errors *errors = calloc(1, sizeof(*errors));
	struct okng_recipe *recipe = calloc(1, sizeof(*recipe));
	struct okng_plc_limit limits[OKNG_PLC_LIMITS_MAX];
	int rc = errors && recipe ? okng_config_load_recipe(recipe, path, errors) : -ENOMEM;

	if (rc && errors && errors->n)
		okng_say_config_errors(errors);
	else if (rc)
		okng_say("plc map: %s", strerror(-rc));
	else if (okng_plc_map_print_limits(stdout, format, limits, okng_config_limits(recipe, limits)))
		rc = -EIO;
	free(errors);
	free(recipe);
	return rc;
}

static int run(int argc, char **argv)
{
	static const char *const names[] = { [OKNG_MAP_MD] = "md", [OKNG_MAP_CSV] = "csv", [OKNG_MAP_ST] = "st" };
	const char *name = names[OKNG_MAP_MD], *recipe = NULL;
	int id, rc;

	while ((id = okng_command_option(&okng_cmd_plc_map, argc, argv)) > 0)
		*(id == 'r' ? &recipe : &name) = optarg;
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_plc_map, "unexpected word '%s'", argv[optind]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		rc = okng_plc_map_print(stdout, (enum okng_map_format)i);
		if (rc)
			okng_say("plc map: %s", strerror(-rc));
		else if (recipe)
			rc = print_limits((enum okng_map_format)i, recipe);
		return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	}
	return okng_command_misused(&okng_cmd_plc_map, "--format is md, csv or st, not '%s'", name);
}

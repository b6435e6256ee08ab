/* SPDX-License-Identifier: Apache-2.0
 *
 * okng plc map: the register map as the server has it, for the manual, a spreadsheet or a PLC project.
 */
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "plc/regmap.h"

static const struct okng_option options[] = {
	{ "format", 'f', "FORMAT", "md: Markdown tables (default); csv; st: IEC 61131-3 structured text" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_plc_map = {
	.name = "plc map",
	.summary = "Print the Modbus register map",
	.usage = "[--format md|csv|st]",
	.about =
		"Addresses are zero-based protocol addresses.\n"
		"\n"
		"Exit status: 0 printed; 2 not.\n"
		"\n"
		"Example:\n"
		"  okng plc map --format csv > registers.csv\n",
	.options = options,
	.run = run,
};

static int run(int argc, char **argv)
{
	static const char *const names[] = { [OKNG_MAP_MD] = "md", [OKNG_MAP_CSV] = "csv", [OKNG_MAP_ST] = "st" };
	const char *name = names[OKNG_MAP_MD];
	int id, rc;

	while ((id = okng_command_option(&okng_cmd_plc_map, argc, argv)) > 0)
		name = optarg;
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
		return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	}
	return okng_command_misused(&okng_cmd_plc_map, "--format is md, csv or st, not '%s'", name);
}

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
	const char *format = "md";
	int id, rc;

	while ((id = okng_command_option(&okng_cmd_plc_map, argc, argv)) > 0)
		format = optarg;
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_plc_map, "unexpected word '%s'", argv[optind]);
	if (strcmp(format, "md") != 0 && strcmp(format, "csv") != 0 && strcmp(format, "st") != 0)
		return okng_command_misused(&okng_cmd_plc_map, "--format is md, csv or st, not '%s'", format);
	rc = okng_plc_map_print(stdout, format);
	if (rc)
		okng_say("plc map: %s", strerror(-rc));
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

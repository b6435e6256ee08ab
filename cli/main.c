/* SPDX-License-Identifier: Apache-2.0
 *
 * okng COMMAND: finds the command in the table and leaves with its status. What could not be written to standard
 * output (disk full, reader gone) counts as "could not do it", whatever the command found.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/say.h"

const struct okng_command *const okng_commands[] = {
	&okng_cmd_learn,
	&okng_cmd_inspect,
	&okng_cmd_eval,
	&okng_cmd_check,
	&okng_cmd_config,
	&okng_cmd_doctor,
	&okng_cmd_records,
	&okng_cmd_replay,
	&okng_cmd_plc_map,
	&okng_cmd_plc_watch,
	&okng_cmd_plc_sim,
	&okng_cmd_camera_list,
	&okng_cmd_camera_grab,
	&okng_cmd_camera_show,
	&okng_cmd_camera_live,
	&okng_cmd_calib_board,
	&okng_cmd_calib_flat,
	&okng_cmd_calib_lens,
	&okng_cmd_calib_plane,
	&okng_cmd_calib_residual,
	&okng_cmd_calib_verify,
	&okng_cmd_bench,
	NULL,
};

/* The word or two that name a command, at the start of argv; *words of them. */
static const struct okng_command *find(int argc, char **argv, int *words)
{
	for (int i = 0; okng_commands[i]; i++) {
		const char *name = okng_commands[i]->name;
		const char *space = strchr(name, ' ');
		size_t first = space ? (size_t)(space - name) : strlen(name);

		if (strncmp(argv[0], name, first) || argv[0][first])
			continue;
		if (space && (argc < 2 || strcmp(argv[1], space + 1) != 0))
			continue;
		*words = space ? 2 : 1;
		return okng_commands[i];
	}
	return NULL;
}

/* Lists the commands whose first word is group, NULL: all of them; how many. */
static int list(FILE *out, const char *group)
{
	int n = 0;

	for (int i = 0; okng_commands[i]; i++) {
		const struct okng_command *c = okng_commands[i];
		size_t length = group ? strlen(group) : 0;

		if (group && (strncmp(c->name, group, length) || c->name[length] != ' '))
			continue;
		fprintf(out, "  %-13s %s\n", c->name, c->summary);
		n++;
	}
	return n;
}

static void usage(FILE *out)
{
	fputs("Usage: okng COMMAND [OPTION...] [FILE...]\n\n"
		"okng learns what a good part looks like and tells good from bad; okngd does it\n"
		"on the line.\n\nCommands:\n", out);
	list(out, NULL);
	fputs("  help          Show this, or the help of a command\n\n"
		"okng COMMAND --help shows what a command takes. okng --version shows the version.\n\n"
		"Exit status: 0 good; 1 judged not OK, or checks failed; 2 could not do it.\n"
		"Messages go to standard error; --json prints for programs.\n", out);
}

static int unknown(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-')
		okng_say("there is no command '%s %s'; see okng help", argv[0], argv[1]);
	else
		okng_say("there is no command '%s'; see okng help", argv[0]);
	return OKNG_EXIT_FAILED;
}

/* okng help [WORD [WORD]] */
static int help(int argc, char **argv)
{
	const struct okng_command *command;
	int words;

	if (argc == 0) {
		usage(stdout);
		return OKNG_EXIT_GOOD;
	}
	command = find(argc, argv, &words);
	if (command) {
		okng_command_help(stdout, command);
		return OKNG_EXIT_GOOD;
	}
	if (argc == 1 && list(stdout, argv[0]) > 0)
		return OKNG_EXIT_GOOD;
	return unknown(argc, argv);
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int dispatch(int argc, char **argv)
{
	const struct okng_command *command;
	int words;

	if (argc < 2) {
		usage(stderr);
		return OKNG_EXIT_FAILED;
	}
	argc--;
	argv++;
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		puts("okng " OKNG_VERSION);
		return OKNG_EXIT_GOOD;
	}
	if (is_help(argv[0]) || strcmp(argv[0], "help") == 0)
		return argc > 1 && is_help(argv[1]) ? help(0, NULL) : help(argc - 1, argv + 1);
	command = find(argc, argv, &words);
	if (command)
		return command->run(argc - words + 1, argv + words - 1);
	if ((argc == 1 || is_help(argv[1])) && list(argc == 1 ? stderr : stdout, argv[0]) > 0)
		return argc == 1 ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	return unknown(argc, argv);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		okng_say("standard output: %s", strerror(errno ? errno : EIO));
		return OKNG_EXIT_FAILED;
	}
	return status;
}

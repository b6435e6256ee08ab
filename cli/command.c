/* SPDX-License-Identifier: Apache-2.0
 *
 * getopt_long behind the rows of a command. Its own messages are off: ours name the command and where help is.
 */
#include "cli/command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

#define HELP_ID 1000

struct parser {
	struct option longs[OKNG_OPTIONS_MAX + 2];
	char shorts[3 + 2 * (OKNG_OPTIONS_MAX + 1)];
};

static int is_letter(int id)
{
	return (id >= 'a' && id <= 'z') || (id >= 'A' && id <= 'Z');
}

static void build(struct parser *parser, const struct okng_option *rows)
{
	int n = 0;
	char *s = parser->shorts;

	*s++ = ':';
	for (; rows[n].name; n++) {
		assert(n < OKNG_OPTIONS_MAX);
		parser->longs[n] = (struct option){ rows[n].name, rows[n].arg ? required_argument : no_argument, NULL, rows[n].id };
		if (is_letter(rows[n].id)) {
			*s++ = (char)rows[n].id;
			if (rows[n].arg)
				*s++ = ':';
		}
	}
	parser->longs[n++] = (struct option){ "help", no_argument, NULL, HELP_ID };
	parser->longs[n] = (struct option){ 0 };
	*s++ = 'h';
	*s = '\0';
}

int okng_command_option(const struct okng_command *command, int argc, char **argv)
{
	struct parser parser;
	int id;

	build(&parser, command->options);
	opterr = 0;
	id = getopt_long(argc, argv, parser.shorts, parser.longs, NULL);
	switch (id) {
	case -1:
		return OKNG_OPTION_END;
	case 'h':
	case HELP_ID:
		okng_command_help(stdout, command);
		return OKNG_OPTION_HELP;
	case ':':
		okng_command_misused(command, "option %s needs a value", argv[optind - 1]);
		return OKNG_OPTION_WRONG;
	case '?':
		if (optopt && is_letter(optopt))
			okng_command_misused(command, "unknown option -%c", optopt);
		else
			okng_command_misused(command, "unknown, ambiguous or wrongly used option %s", argv[optind - 1]);
		return OKNG_OPTION_WRONG;
	default:
		return id;
	}
}

int okng_command_leave(int option)
{
	return option == OKNG_OPTION_HELP ? OKNG_EXIT_GOOD : OKNG_EXIT_FAILED;
}

int okng_command_misused(const struct okng_command *command, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	okng_say("%s: %s; see okng %s --help", command->name, text, command->name);
	return OKNG_EXIT_FAILED;
}

static void print_option(FILE *out, int id, const char *name, const char *arg, const char *help)
{
	char left[64];
	int n;

	if (is_letter(id))
		n = snprintf(left, sizeof(left), "-%c, --%s", id, name);
	else
		n = snprintf(left, sizeof(left), "    --%s", name);
	if (arg)
		snprintf(left + n, sizeof(left) - (size_t)n, " %s", arg);
	fprintf(out, "  %-24s  %s\n", left, help);
}

void okng_command_help(FILE *out, const struct okng_command *command)
{
	fprintf(out, "Usage: okng %s %s\n\n%s.\n\nOptions:\n", command->name, command->usage, command->summary);
	for (const struct okng_option *row = command->options; row->name; row++)
		print_option(out, row->id, row->name, row->arg, row->help);
	print_option(out, 'h', "help", NULL, "show this help");
	fprintf(out, "\n%s", command->about);
}

int okng_command_number(const struct okng_command *command, const char *name, const char *text, long min, long max, long *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end || errno || n < min || n > max) {
		okng_command_misused(command, "--%s takes a whole number from %ld to %ld, not '%s'", name, min, max, text);
		return -EINVAL;
	}
	*value = n;
	return 0;
}

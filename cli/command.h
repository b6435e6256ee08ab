/* SPDX-License-Identifier: Apache-2.0
 *
 * A subcommand and its options, one row each: getopt_long, --help and the test that the manual page names every option
 * all read the same rows. A name of two words ("camera grab") is a command of its own.
 */
#ifndef OKNG_CLI_COMMAND_H
#define OKNG_CLI_COMMAND_H

#include <getopt.h>
#include <stdio.h>

/* Exit status of every command. */
enum okng_exit {
	OKNG_EXIT_GOOD = 0,
	OKNG_EXIT_BAD = 1,    /* judged not OK, or checks failed */
	OKNG_EXIT_FAILED = 2, /* could not do it; also wrong usage */
};

#define OKNG_OPTIONS_MAX 24

struct okng_option {
	const char *name; /* long name; NULL ends the rows */
	int id;           /* what okng_command_option returns, over 0; a letter is its short form, too */
	const char *arg;  /* name of its value, NULL: none */
	const char *help; /* one line */
};

struct okng_command {
	const char *name;    /* "learn", "camera grab" */
	const char *summary; /* one line, no full stop */
	const char *usage;   /* what follows the name */
	const char *about;   /* paragraphs below the options */
	const struct okng_option *options; /* besides -h, --help, which every command has */
	int (*run)(int argc, char **argv); /* argv[0] is the command's last word; returns enum okng_exit */
};

/* Every command, ends with NULL. */
extern const struct okng_command *const okng_commands[];

#define OKNG_OPTION_END 0
#define OKNG_OPTION_HELP (-1)  /* help was printed: leave with OKNG_EXIT_GOOD */
#define OKNG_OPTION_WRONG (-2) /* it was said what is wrong: leave with OKNG_EXIT_FAILED */

/* The next option's id with optarg set, or one of the above with optind at the first operand. */
int okng_command_option(const struct okng_command *command, int argc, char **argv);

/* Exit status for OKNG_OPTION_HELP and OKNG_OPTION_WRONG. */
int okng_command_leave(int option);

/* Says what is wrong and where help is; returns OKNG_EXIT_FAILED. */
int okng_command_misused(const struct okng_command *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void okng_command_help(FILE *out, const struct okng_command *command);

/* A whole number in [min, max]; 0, or -EINVAL after saying what is wrong with option --name. */
int okng_command_number(const struct okng_command *command, const char *name, const char *text, long min, long max, long *value);

#endif

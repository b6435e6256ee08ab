/* SPDX-License-Identifier: Apache-2.0
 *
 * FILE_OR_FOLDER operands as one list of picture files: a folder stands for the pictures in it, sorted by name.
 */
#ifndef OKNG_CLI_FILES_H
#define OKNG_CLI_FILES_H

#include "pipeline/error.h"

struct okng_files {
	char **path;
	int n;
};

/* Adds operand (a zeroed list is an empty one). 0, or negative errno with *err; a file is not opened here. */
int okng_files_add(struct okng_files *files, const char *operand, struct okng_error *err);

/* Adds argv[0] to argv[n - 1]; says what is wrong with the first that fails. 0 or negative errno. */
int okng_files_add_all(struct okng_files *files, char **argv, int n);

void okng_files_finish(struct okng_files *files);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A text file read whole.
 */
#ifndef OKNG_CLI_TEXT_FILE_H
#define OKNG_CLI_TEXT_FILE_H

#include <stddef.h>

#include "pipeline/error.h"

/* *bytes is malloc'd for the caller, without a terminator. A file of more than `most` bytes is read up to there and one
 * more, for the parser to refuse. 0, or negative errno with *err. */
int okng_text_file_load(const char *path, size_t most, char **bytes, size_t *size, struct okng_error *err);

#endif

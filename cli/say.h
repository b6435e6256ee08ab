/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages for people: standard error, one line each, "okng: " first. A progress bar on the terminal is wiped before,
 * so that messages and bar do not run into each other.
 */
#ifndef OKNG_CLI_SAY_H
#define OKNG_CLI_SAY_H

#include <stddef.h>

#include "config/config.h"
#include "pipeline/error.h"

void okng_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "FILE:LINE: key: text", parts that do not apply left out; cut when too long. Returns text. */
const char *okng_say_where(const struct okng_error *err, char *text, size_t size);

/* A refusal, or what errno says when the callee had no words; fallback names the thing then. */
void okng_say_error(const struct okng_error *err, int code, const char *fallback);

void okng_say_config_errors(const struct okng_config_errors *errors);

/* "[####    ] 12/40" on standard error when that is a terminal, else nothing. done == total ends the line. */
void okng_say_progress(const char *what, int done, int total);

#endif

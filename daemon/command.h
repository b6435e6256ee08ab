/* SPDX-License-Identifier: Apache-2.0
 *
 * What reads files while stations run: the PLC's commands and a reload. All of it is the main thread's, and a bad file is
 * refused with its errors and what was in force stays.
 */
#ifndef OKNG_DAEMON_COMMAND_H
#define OKNG_DAEMON_COMMAND_H

#include "daemon/machine.h"
#include "daemon/options.h"

/* The station files as options say, the options over them; the caller frees *config. 0, or negative errno, logged. */
int okng_command_config(struct okng_machine_config **config, const struct okng_options *options);

/* Reads every file anew, and all stations take theirs, or none. bell: the log's. */
int okng_command_reload(struct okng_machine *machine, const struct okng_options *options, int bell);

/* Carries out and answers every command that waits. */
void okng_command_serve(struct okng_machine *machine, const struct okng_options *options, int bell);

#endif

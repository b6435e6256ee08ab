/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole screen of a terminal for a command that draws, and back as it was.
 */
#ifndef OKNG_CLI_TERMINAL_H
#define OKNG_CLI_TERMINAL_H

#include <stdio.h>

void okng_terminal_enter(FILE *out);
void okng_terminal_leave(FILE *out);

#endif

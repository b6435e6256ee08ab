/* SPDX-License-Identifier: Apache-2.0
 *
 * Only the sequences that every terminal of the last forty years knows.
 */
#include "cli/terminal.h"

void okng_terminal_enter(FILE *out)
{
	fputs("\033[?1049h\033[?25l\033[2J", out);
}

void okng_terminal_leave(FILE *out)
{
	fputs("\033[?25h\033[?1049l", out);
	fflush(out);
}

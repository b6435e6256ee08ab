/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot of a station drawn in place on a terminal: bits in a narrow grid, words in wide columns below it, what
 * changed lately marked. What the window has no room for is counted in the last line.
 */
#ifndef OKNG_CLI_PLC_SCREEN_H
#define OKNG_CLI_PLC_SCREEN_H

#include <stdint.h>
#include <stdio.h>

#include "cli/plc_view.h"

#define OKNG_PLC_SCREEN_MARK_NS INT64_C(1500000000) /* how long a change stays marked */

struct okng_plc_screen {
	int width, height;
	int64_t changed_ns[OKNG_PLC_ROWS_MAX]; /* by index of the row; 0 never */
};

/* One frame: the head line, then every row of the map; view NULL: nothing is known. */
void okng_plc_screen_draw(const struct okng_plc_screen *screen, FILE *out, const char *head, const struct okng_plc_view *view,
	enum okng_word_order order, int64_t now_ns);

#endif

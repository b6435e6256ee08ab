/* SPDX-License-Identifier: Apache-2.0
 *
 * What a line seldom does and a station must still do right: results that wait, triggers out of turn, a silent PLC, a broken
 * connection, commands. In the sequence style, each drill from rest to rest; the rules that they try begin at
 * OKNG_RULE_FIRST_DRILL.
 */
#ifndef OKNG_CLI_PLC_DRILL_H
#define OKNG_CLI_PLC_DRILL_H

#include "cli/plc_player.h"

/* After a play. commands: also those that change the station's counters and load its recipe anew. 0, also when rules were
 * broken; a negative errno: could not, p->why says what. */
int okng_plc_drill(struct okng_plc_player *p, bool commands);

#endif

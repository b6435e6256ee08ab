/* SPDX-License-Identifier: Apache-2.0
 *
 * The single moves of a player, which its play and its drills are made of. Each returns 0 or a negative errno after putting
 * down why.
 */
#ifndef OKNG_CLI_PLC_MOVES_H
#define OKNG_CLI_PLC_MOVES_H

#include "cli/plc_player.h"

#define OKNG_PLC_STUCK 1          /* the station did not answer, and a violation says so */
#define OKNG_PLC_PAUSE_NS 500000  /* between two readings */

int okng_plc_fail(struct okng_plc_player *p, const char *what, int code);
/* What a request returned: its time is kept, or it failed. */
int okng_plc_asked(struct okng_plc_player *p, const char *what, int code);

/* Reads the input registers into p->sight; the rules are not told. */
int okng_plc_look(struct okng_plc_player *p);
bool okng_plc_sees(const struct okng_plc_player *p, enum okng_discrete bit);

/* -EBUSY: another is the writer, or we may not write. */
int okng_plc_set_coil(struct okng_plc_player *p, enum okng_coil coil, bool on);
int okng_plc_set_word(struct okng_plc_player *p, uint16_t at, uint16_t value);

/* The next TRIG_SEQ, kept in p->trig_seq; the rules are not told. */
int okng_plc_trigger(struct okng_plc_player *p);

/* Takes the writer's place and brings the handshake to rest, whatever was left of it. */
int okng_plc_settle(struct okng_plc_player *p);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays the PLC's side of a station's handshake, in either style, over one connection, and hands everything written and
 * read to the rules. Between two readings it pauses half a millisecond, so that it does not take the station's processor
 * where both are one machine.
 */
#ifndef OKNG_CLI_PLC_PLAYER_H
#define OKNG_CLI_PLC_PLAYER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/modbus.h"
#include "cli/plc_rules.h"
#include "cli/plc_view.h"
#include "cli/times.h"

struct okng_plc_player {
	/* By the caller: */
	bool bit_style, yes; /* yes: also where SIMULATION is 0 */
	long parts;
	double rate;         /* triggers a second, 0: back to back */
	int timeout_ms;
	const volatile sig_atomic_t *stop;
	void (*progress)(long done, long parts);
	const char *host;    /* with port and unit: where modbus leads, for those that connect once more */
	uint16_t port;
	int unit;

	struct okng_modbus modbus;
	struct okng_plc_rules rules;
	struct okng_plc_view found; /* as it was before anything was written */
	struct okng_plc_sight sight;
	uint16_t trig_seq, coils, cmd_id, beat;
	bool owner;                 /* the writer's place is ours, coils are as we wrote them */
	long done;
	struct okng_times results, requests; /* trigger sent to result received; request to response */
	char why[192];              /* what could not be done */
};

/* Coils as they were found; what a PLC must raise itself stays down. After play and drill. */
void okng_plc_player_give_back(struct okng_plc_player *p);

/* Plays all parts. 0; 1: it could not go on, for the station does not (a violation says so); a negative errno: could not,
 * why says what (-EINTR: told to stop). The connection is open before and after. */
int okng_plc_player_run(struct okng_plc_player *p);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake of one station as a pure machine: state and event and time in, state and actions out. No clock, no
 * lock, no allocation. Where the interface is silent it is decided here:
 * - READY depends on TRIG_ENABLE only once bit style is in use: since TRIG_ENABLE was raised, until the next TRIG_SEQ.
 * - Sequence style may have several parts under way; each accept clears the block unless BUFFER_RESULTS is set.
 * - While RESULT_ACK is 1 no result is shown; without BUFFER_RESULTS a newer result replaces one not acknowledged.
 * - MISSED_TRIG stands until the next accepted trigger or CLEAR_ERROR; OVERRUN until CLEAR_ERROR or RESET_COUNTERS.
 * - At most OKNG_HANDSHAKE_REFUSED refused triggers wait for their FAULT result; further ones are only counted.
 * - A command while one runs fails at once with EBUSY (16); an unknown one with ENOSYS (38).
 */
#ifndef OKNG_PLC_HANDSHAKE_H
#define OKNG_PLC_HANDSHAKE_H

#include <stdbool.h>

#include "plc/plc.h"
#include "plc/regmap.h"

#define OKNG_HANDSHAKE_REFUSED 64

struct okng_shown {
	struct okng_plc_result result;
	int64_t at_ms;
};

struct okng_handshake {
	struct okng_plc_status status;
	bool known;                               /* a status was set */
	uint16_t holding[OKNG_HOLDING_REGISTERS]; /* what the PLC wrote last */
	struct okng_shown queue[OKNG_PLC_BUFFERS];
	int waiting;                              /* results in queue; [0] is the one to show */
	int accepted, refused;                    /* triggers that still owe a result */
	int unexposed;                            /* of the accepted */
	bool bit_style, bit_part;                 /* bit style in use; its part is under way or not acknowledged */
	bool trig_ack, exposure_done, missed, overrun, plc_lost;
	bool cmd_busy, cmd_done, cmd_failed;
	uint16_t cmd_code, cmd_id, echo_code, echo_id, cmd_result;
	uint16_t error, beats;
	uint32_t missed_count;
	int64_t heard_ms;                         /* PLC_HEARTBEAT changed last */
};

/* What an event asks of the station. */
struct okng_handshake_actions {
	bool trigger, command, offline, reset_counters, clear_error;
	struct okng_plc_trigger asked;
	uint16_t code, id;
	uint32_t args;
	int offline_value;
};

void okng_handshake_init(struct okng_handshake *h);

/* The PLC wrote: holding is the whole new content. One call for each request, whatever it wrote. */
void okng_handshake_write(struct okng_handshake *h, const uint16_t *holding, enum okng_word_order order, int64_t now_ms,
	struct okng_handshake_actions *actions);

void okng_handshake_status(struct okng_handshake *h, const struct okng_plc_status *status);
void okng_handshake_exposed(struct okng_handshake *h);
void okng_handshake_publish(struct okng_handshake *h, const struct okng_plc_result *result, int64_t now_ms);
void okng_handshake_command_done(struct okng_handshake *h, uint16_t id, uint16_t result);
void okng_handshake_recipe_changed(struct okng_handshake *h);
void okng_handshake_tick(struct okng_handshake *h, int64_t now_ms); /* notices a PLC that is lost */

/* The outputs. */
bool okng_handshake_ready(const struct okng_handshake *h);
uint32_t okng_handshake_bits(const struct okng_handshake *h);
void okng_handshake_registers(const struct okng_handshake *h, enum okng_word_order order, int64_t now_ms,
	uint16_t input[OKNG_INPUT_REGISTERS]);

#endif

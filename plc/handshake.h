/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake of one station with its PLC, pure: state, event and time in; state and actions out. No I/O, no clock, no
 * allocation, so that every order of events can be tried in a test. One write request of the PLC is one event.
 *
 * Within one write: heartbeat, then the edges of CLEAR_ERROR, RESET_COUNTERS and SET_OFFLINE, then acknowledgement, then
 * triggers, then the command.
 *
 * Triggers. A change of TRIG_SEQ to a non-zero value is a trigger (0 only re-arms); so is a rising TRIG. It is accepted
 * when online (SET_OFFLINE counts at once), camera and recipe are good, the PLC is not lost and fewer than status.room
 * accepted parts are under way. A TRIG also needs TRIG_ENABLE, RESULT_ACK = 0 and, without BUFFER_RESULTS, no result of
 * the bit style outstanding or unacknowledged. Anything else is refused: MISSED_TRIG until the next accepted trigger or
 * CLEAR_ERROR, the counter counts, and the station is asked for a FAULT result with reason 26 (offline), 28 (PLC lost)
 * or 25. At most OKNG_HANDSHAKE_REFUSED such answers are outstanding; a refused trigger beyond is only counted.
 * TRIG_ACK answers accepted triggers only.
 *
 * Results come in the order of triggers; the machine holds the station to it: a result whose echo is not the oldest
 * outstanding trigger's, or with a verdict that is none, is shown as FAULT 30; a refused trigger's is always FAULT.
 * EXPOSURE_DONE is 1 when no accepted part waits for its exposure any more (exposed, or judged without).
 * Without BUFFER_RESULTS each trigger, accepted or refused, zeroes the block and a newer result replaces an older one.
 * With it up to OKNG_PLC_BUFFERS results wait, the shown one included; the next is not shown and sets OVERRUN until
 * CLEAR_ERROR or RESET_COUNTERS. A result is acknowledged by the rising edge of RESULT_ACK or by writing its number to
 * RESULT_ACK_SEQ. While RESULT_ACK is 1 nothing is shown: a result that comes meanwhile is shown when it falls.
 *
 * Styles. The bit style is in use from a rising TRIG_ENABLE until the next change of TRIG_SEQ; only then does READY
 * depend on TRIG_ENABLE. Mixed use within one cycle (TRIG_SEQ while TRIG is 1 or a bit-style result is owed or
 * unacknowledged; TRIG while a sequence part is under way; both in one write) refuses the trigger and sets
 * ERROR 40 until CLEAR_ERROR.
 *
 * Where okng is the master, the PLC can't say by itself what it knows. When that link breaks, what the PLC has confirmed
 * is dropped, and so is, until it writes again, what answers no trigger of its own; every other result, shown, waiting or
 * still under way, becomes FAULT 28: the PLC gets its one answer, and never an OK of which it can't tell how old it is.
 *
 * A command while one runs fails with EBUSY at once, an unknown one with ENOSYS; the running one ends as it would. Its
 * echo is 0 from its start until its end. A writer that goes leaves every register as it is, so that a repeated TRIG_SEQ
 * after a reconnect is harmless.
 */
#ifndef OKNG_PLC_HANDSHAKE_H
#define OKNG_PLC_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "plc/plc.h"
#include "plc/regmap.h"

#define OKNG_HANDSHAKE_ROOM 256   /* accepted parts under way at most, whatever status.room says */
#define OKNG_HANDSHAKE_REFUSED 64 /* refused triggers whose FAULT result is outstanding */

enum okng_handshake_kind {
	OKNG_EVENT_WRITE,        /* write */
	OKNG_EVENT_STATUS,       /* status */
	OKNG_EVENT_EXPOSED,
	OKNG_EVENT_PUBLISH,      /* result */
	OKNG_EVENT_COMMAND_DONE, /* done */
	OKNG_EVENT_RECIPE,       /* another recipe is in force */
	OKNG_EVENT_HEARTBEAT,    /* the inspection lives */
	OKNG_EVENT_WRITER_GONE,
	OKNG_EVENT_LINK_LOST,    /* delivered: okng is the master and lost the PLC that controls it */
	OKNG_EVENT_TICK,         /* time only */
};

struct okng_handshake_event {
	enum okng_handshake_kind kind;
	int64_t now_ms; /* monotonic, never less than before */
	union {
		struct {
			uint32_t written;      /* bit i: holding register i was written */
			const uint16_t *words; /* OKNG_MAP_HOLDINGS; those not written are ignored */
			bool stale;            /* nobody knows when: triggers are refused with reason 28, a command with ESTALE */
			bool foreign;          /* with stale: another has written since this one did last, numbers mean nothing to it */
		} write;
		const struct okng_plc_status *status;
		const struct okng_plc_result *result;
		struct {
			uint16_t id, result;
		} done;
		uint16_t delivered; /* SEQ_HEAD of the last block which the PLC confirmed, 0 none */
	};
};

/* What the station must be told, in this order. */
struct okng_handshake_actions {
	bool clear_error, reset_counters;
	bool offline_changed, offline;
	int n_triggers;
	struct okng_plc_trigger triggers[2];
	bool command;
	uint16_t code, id;
	uint32_t args;
};

/* One trigger for which a result is owed. */
struct okng_handshake_owed {
	uint16_t trig_seq, refused;
	bool exposed, lost; /* lost: the link broke after it */
};

struct okng_handshake {
	enum okng_word_order order;
	uint16_t holding[OKNG_MAP_HOLDINGS];
	struct okng_plc_status status;
	bool told; /* a status came */

	struct okng_handshake_owed owed[OKNG_HANDSHAKE_ROOM + OKNG_HANDSHAKE_REFUSED]; /* ring, oldest at first */
	unsigned first, n_owed, n_accepted, n_refused, n_bit, n_unexposed;
	bool bit_style, trig_ack, exposure_done, missed_trig, overrun;
	uint32_t missed;
	uint16_t error; /* own, latched */

	struct okng_plc_result results[OKNG_PLC_BUFFERS]; /* oldest first */
	int64_t judged_ms[OKNG_PLC_BUFFERS];
	unsigned n_results;

	bool cmd_busy, cmd_done, cmd_failed;
	uint16_t cmd_code, cmd_id;
	uint16_t echo_code, echo_id, echo_result;

	uint16_t heartbeat;
	bool plc_lost;
	bool away; /* the link was lost and nothing was written since */
	int64_t plc_beat_ms;
};

void okng_handshake_init(struct okng_handshake *h, enum okng_word_order order, int64_t now_ms);

/* actions is overwritten. 0, or -EPROTO when the station published a result that nobody waits for (it is not shown) or
 * that is not the oldest trigger's (shown as FAULT 30). */
int okng_handshake_step(struct okng_handshake *h, const struct okng_handshake_event *event,
	struct okng_handshake_actions *actions);

/* Everything a client can read, at this time. */
void okng_handshake_image(const struct okng_handshake *h, int64_t now_ms, struct okng_plc_image *image);

/* When a TICK is due (PLC_LOST), or -1. */
int64_t okng_handshake_due(const struct okng_handshake *h);

/* A trigger of the style in use would be accepted now. */
bool okng_handshake_ready(const struct okng_handshake *h);

/* The result that the block shows, or NULL. */
const struct okng_plc_result *okng_handshake_shown(const struct okng_handshake *h);

#endif

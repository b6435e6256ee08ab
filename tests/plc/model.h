/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake beside a book that is kept by the rules of the interface, in another way than the machine keeps its state:
 * after every event all that a PLC can read must be what the book says. The book also plays the station, which owes one
 * result for each trigger it was given.
 */
#ifndef OKNG_TESTS_PLC_MODEL_H
#define OKNG_TESTS_PLC_MODEL_H

#include "plc/handshake.h"

#define MODEL_ROOM 2

enum model_event {
	SEQ_NEW, SEQ_SAME, SEQ_ZERO, ENABLE, TRIG, ACK, ACK_SEQ, ACK_WRONG, BUFFER, BOTH, CLEAR, RESET, OFFLINE, /* the PLC writes */
	COMMAND, COMMAND_UNKNOWN, LIFE, REWRITE,     /* REWRITE: all controls once more as they are, as after a reconnect */
	EXPOSED, JUDGE_OK, JUDGE_NG, JUDGE_NONE, JUDGE_WRONG, HARDWARE, RECIPE, CAMERA, DONE, DONE_WRONG, /* the station's news */
	SILENCE, GONE,                               /* time passes; the writer disconnects */
	LOST, LOST_SHOWN,                            /* okng's own link to it breaks: nothing, or what is shown, was confirmed */
	STALE, STALE_BIT, FOREIGN,                   /* what it wrote meanwhile; FOREIGN: the same numbers, but another wrote them here */
	N_MODEL_EVENTS
};

struct model_part {
	uint16_t trig_seq, refused;
	bool exposed, lost;
};

struct model_result {
	uint16_t seq, echo, verdict, reason;
	bool answers; /* a trigger of the PLC */
};

struct model {
	struct okng_handshake h;
	int64_t now;
	/* What the PLC wrote. */
	unsigned coils;
	uint16_t trig_seq, ack_seq, beat, cmd_id;
	uint16_t next_trig, next_cmd;
	bool bit_style, watched, lost;
	bool away, stale, foreign; /* the last two: of the request under way */
	int64_t beat_ms;
	/* What the station knows. */
	bool camera;
	uint16_t next_seq;
	struct model_part part[MODEL_ROOM + OKNG_HANDSHAKE_REFUSED];
	unsigned n_parts;
	bool exposed_all;
	struct model_result queue[OKNG_PLC_BUFFERS];
	unsigned n_queue;
	bool trig_ack, missed, overrun, mixed;
	uint32_t n_missed;
	bool cmd_busy, cmd_done, cmd_failed;
	uint16_t cmd_running, echo_code, echo_id, echo_result;
	/* For ever. */
	uint64_t triggers, answered;
	uint16_t shown_last;
};

void model_begin(struct model *m);
/* Fails the test when the machine does other than the book. */
void model_happen(struct model *m, enum model_event event);
void model_check(struct model *m);
/* The same for states that differ only in numbers that count up. */
uint64_t model_digest(const struct model *m);
const char *model_event_name(enum model_event event);

#endif

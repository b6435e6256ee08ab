/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the PLC interface as far as a client can see them, pure: told in order what was written and what was
 * read, they say what was broken. A reading is one request of all input registers, so it is of one moment; what was
 * written between two readings is known exactly, for one client does both.
 */
#ifndef OKNG_CLI_PLC_RULES_H
#define OKNG_CLI_PLC_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "plc/regmap.h"

/* Name and what it asks for. Each is reported once a part at most. */
#define OKNG_PLC_RULES(X) \
	X(MAP_VERSION, "map-version", "MAP_VERSION is 1") \
	X(TEST, "test-registers", "the TEST registers hold their values, in one of the four word orders") \
	X(HEAD_TAIL, "head-tail", "SEQ_HEAD = SEQ_TAIL in every reading") \
	X(DUAL_RAIL, "dual-rail", "OK and NG are never both 1") \
	X(BITS, "bits", "RESULT_VALID, OK, NG and REVIEW agree with SEQ_HEAD and VERDICT of the same reading") \
	X(CODES, "codes", "codes are known; OK has no reason, FAULT has one") \
	X(WORDS, "words", "ERROR, WARNING and ONLINE agree with their registers") \
	X(DISCRETES, "discretes", "the discrete inputs equal STATUS_BITS") \
	X(COPY, "copy", "holding registers 1000 to 1099 equal the input registers") \
	X(CONTROLS, "controls", "the coils equal CONTROL_BITS") \
	X(BLOCK_ZERO, "block-zero", "the block is all zero after a trigger and after an acknowledgement") \
	X(ECHO, "echo", "TRIG_SEQ_ECHO is the number of the trigger; 0 in the bit style") \
	X(ONE_RESULT, "one-result", "exactly one result for each trigger") \
	X(RESULT_KEPT, "result-kept", "a result stays as it is until the next trigger or its acknowledgement") \
	X(NO_RESULT, "no-result", "each trigger gets its result") \
	X(DEADLINE, "deadline", "a verdict within VERDICT_DEADLINE, or FAULT") \
	X(READY, "ready", "READY comes, only when a trigger would be accepted; a trigger while READY is accepted") \
	X(BUSY, "busy", "BUSY while an accepted part is under way, and only then") \
	X(TRIG_ACK, "trig-ack", "TRIG_ACK answers TRIG, before the result; never without TRIG") \
	X(TRIG_ACK_OFF, "trig-ack-off", "TRIG_ACK falls after TRIG") \
	X(EXPOSURE, "exposure", "EXPOSURE_DONE falls with a trigger and is there with its result") \
	X(RESULT_OFF, "result-off", "RESULT_VALID falls after RESULT_ACK") \
	X(SEQ, "seq", "each result's number is the last one's plus 1, 65535 wraps to 1") \
	X(RECIPE, "recipe", "RECIPE_JUDGED is the recipe in force") \
	X(HEARTBEAT, "heartbeat", "HEARTBEAT counts up, its bit with it, every 3 s at least") \
	X(COUNTERS, "counters", "TOTAL is the sum of the verdicts, and all count what was seen") \
	X(AGE, "age", "AGE grows as time passes") \
	X(REPEAT, "repeat", "writing the same TRIG_SEQ again does nothing") \
	X(EXCEPTION, "exception", "an unknown address gives exception 2 and the connection stays")

/* Those that only a drill tries (plc_drill.h). */
#define OKNG_PLC_DRILL_RULES(X) \
	X(ORDER, "order", "parts may overlap while READY is 1: their results come in the order of their triggers") \
	X(BUFFER, "buffer", "with BUFFER_RESULTS 8 results wait, BUFFERS_LEFT is the room left, an acknowledgement shows the next") \
	X(OVERRUN, "overrun", "the ninth that waits sets OVERRUN and spoils none of the eight; CLEAR_ERROR clears it") \
	X(NOT_READY, "not-ready", "a trigger while READY is 0 is MISSED_TRIG and FAULT with reason 25, without TRIG_ACK") \
	X(OFFLINE, "offline", "SET_OFFLINE takes READY and ONLINE off, a trigger is FAULT with reason 26; and back") \
	X(PLC_LOST, "plc-lost", "PLC_HEARTBEAT still for PLC_TIMEOUT: PLC_LOST, READY off, a trigger is FAULT with reason 28; and back") \
	X(MIXED, "mixed-styles", "TRIG_SEQ while TRIG is 1 is ERROR 40 until CLEAR_ERROR") \
	X(REARM, "re-arm", "TRIG_SEQ 0 triggers nothing; the same number after it is a new trigger") \
	X(WRITER, "writer", "a second client reads; its write gets exception 6") \
	X(COMMAND, "command", "a command ends as CMD_DONE or CMD_FAILED, with code, CMD_ID and result echoed") \
	X(RECONNECT, "reconnect", "a connection that ends while a part is under way loses no result") \
	X(CLEAR, "clear", "CLEAR_COUNTERS and RESET_COUNTERS set the counters to 0 (--commands)") \
	X(SELECT, "select", "SELECT_RECIPE and RELOAD keep the recipe in force; an unknown recipe fails (--commands)")

enum okng_plc_rule {
#define X(id, name, text) OKNG_RULE_##id,
	OKNG_PLC_RULES(X)
	OKNG_RULE_FIRST_DRILL, OKNG_RULE_BEFORE_DRILLS = OKNG_RULE_FIRST_DRILL - 1,
	OKNG_PLC_DRILL_RULES(X)
#undef X
	OKNG_RULE_COUNT
};

const char *okng_plc_rule_name(enum okng_plc_rule rule);
const char *okng_plc_rule_text(enum okng_plc_rule rule);

struct okng_plc_violation {
	enum okng_plc_rule rule;
	long part; /* 1 the first, 0 before it */
	char expected[96], read[96];
};

/* One FC 4 request of input registers 0 to 99; monotonic times around it. */
struct okng_plc_sight {
	int64_t sent_ns, seen_ns;
	uint16_t input[OKNG_MAP_INPUTS];
};

enum okng_plc_phase {
	OKNG_PHASE_IDLE,  /* nothing was triggered, or its result was given up */
	OKNG_PHASE_AWAIT, /* triggered */
	OKNG_PHASE_SHOWN, /* its result was read */
	OKNG_PHASE_CLEAR, /* and acknowledged */
};

struct okng_plc_rules {
	bool bit_style;
	uint16_t deadline_ms; /* VERDICT_DEADLINE, 0: the station's own, which can't be seen */
	void (*report)(void *user, const struct okng_plc_violation *v);
	void *user;

	enum okng_word_order order;
	enum okng_plc_phase phase;
	long part, violations;
	long reported[OKNG_RULE_COUNT]; /* part + 1 of the last report of each */
	uint16_t controls;         /* coils as written, as bits */
	uint16_t trig_seq;
	int64_t trig_sent_ns, trig_answered_ns;
	bool was_ready, repeated;
	bool given_up;             /* a result is missing, so the next number may skip */

	bool seen;                 /* last is a sight */
	struct okng_plc_sight last, shown; /* shown: the first sight of the result */
	uint16_t seq;              /* of the last result, 0: none yet */
	int64_t beat_ns;           /* when HEARTBEAT changed last */
	long beats;
	bool counting;
	uint32_t counted[6];       /* total, OK, NG, REVIEW, FAULT, missed: at the start */
	long results[5];           /* by verdict, as seen; [0]: of no known verdict */
	long refused;              /* FAULT because the trigger was not accepted */
};

/* Zeroes r; the caller fills in bit_style, deadline_ms, report, user. */
void okng_plc_rules_init(struct okng_plc_rules *r);

/* What was written, in order with the readings. */
void okng_plc_rules_controls(struct okng_plc_rules *r, uint16_t coils);
void okng_plc_rules_triggered(struct okng_plc_rules *r, uint16_t trig_seq, int64_t sent_ns, int64_t answered_ns);
void okng_plc_rules_repeated(struct okng_plc_rules *r);
void okng_plc_rules_acknowledged(struct okng_plc_rules *r);

/* What was read. */
void okng_plc_rules_see(struct okng_plc_rules *r, const struct okng_plc_sight *sight);
/* Discrete inputs 0 to 31 and holding registers 1000 to 1099, read between the two sights. Where these agree, so must they. */
void okng_plc_rules_compare(struct okng_plc_rules *r, const struct okng_plc_sight *before, uint32_t discretes,
	const uint16_t copy[OKNG_MAP_INPUTS], const struct okng_plc_sight *after);
void okng_plc_rules_compare_controls(struct okng_plc_rules *r, uint32_t coils, uint16_t control_bits);
/* What asking for an unknown address gave. */
void okng_plc_rules_asked_unknown(struct okng_plc_rules *r, const char *what, int code);

/* Something did not come in time: the rule that asks for it. NO_RESULT gives the part up. */
void okng_plc_rules_missing(struct okng_plc_rules *r, enum okng_plc_rule rule, const char *what, int64_t waited_ms);

/* Counters from here on; and whether they have counted everything seen since. */
void okng_plc_rules_count_from(struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS]);
bool okng_plc_rules_counted(const struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS]);
void okng_plc_rules_finish(struct okng_plc_rules *r);

static inline bool okng_plc_sight_bit(const uint16_t input[OKNG_MAP_INPUTS], enum okng_word_order order, enum okng_discrete bit)
{
	return okng_regmap_get_u32(input + OKNG_INPUT_STATUS_BITS, order) >> bit & 1;
}

#endif

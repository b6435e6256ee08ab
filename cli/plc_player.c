/* SPDX-License-Identifier: Apache-2.0
 *
 * See plc_player.h. Every function returns 0, OKNG_PLC_STUCK, or a negative errno after putting down why.
 */
#include "cli/plc_player.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/plc_moves.h"
#include "cli/stop.h"

#define DWELL_NS INT64_C(60000000) /* how long the first result is looked at, for its AGE */
#define UNKNOWN 0xf000
#define SAMPLE 10 /* each so many parts discretes, copy and repeated triggers are tried */

static int look(struct okng_plc_player *p)
{
	int code = okng_plc_look(p);

	if (!code)
		okng_plc_rules_see(&p->rules, &p->sight);
	return code;
}

typedef bool condition(const struct okng_plc_player *p);

/* Looks until it holds. After timeout_ms the rule is broken (what NULL: none), and OKNG_PLC_STUCK. */
static int until(struct okng_plc_player *p, condition *holds, enum okng_plc_rule rule, const char *what)
{
	int64_t start = okng_stop_now_ns(), end = start + p->timeout_ms * INT64_C(1000000);

	for (;;) {
		int code = look(p);

		if (code || holds(p))
			return code;
		if (p->sight.sent_ns > end) {
			if (what)
				okng_plc_rules_missing(&p->rules, rule, what, (p->sight.sent_ns - start) / 1000000);
			return OKNG_PLC_STUCK;
		}
		if (!okng_stop_wait_until(okng_stop_now_ns() + OKNG_PLC_PAUSE_NS))
			return okng_plc_fail(p, "playing", -EINTR);
	}
}

static bool is_ready(const struct okng_plc_player *p)
{
	return okng_plc_sees(p, OKNG_DISCRETE_READY);
}

static bool is_shown(const struct okng_plc_player *p)
{
	return p->rules.phase == OKNG_PHASE_SHOWN;
}

static bool is_acknowledged(const struct okng_plc_player *p)
{
	return okng_plc_sees(p, OKNG_DISCRETE_TRIG_ACK) || is_shown(p);
}

static bool is_trig_ack_off(const struct okng_plc_player *p)
{
	return !okng_plc_sees(p, OKNG_DISCRETE_TRIG_ACK);
}

static bool is_exposed(const struct okng_plc_player *p)
{
	return okng_plc_sees(p, OKNG_DISCRETE_EXPOSURE_DONE) || is_shown(p);
}

static bool is_result_off(const struct okng_plc_player *p)
{
	return !okng_plc_sees(p, OKNG_DISCRETE_RESULT_VALID);
}

static bool has_beaten(const struct okng_plc_player *p)
{
	return p->rules.beats > 0;
}

static bool has_counted(const struct okng_plc_player *p)
{
	return okng_plc_rules_counted(&p->rules, p->sight.input);
}

/* Discretes and copy between two looks, while nothing moves. */
static int compare(struct okng_plc_player *p)
{
	struct okng_plc_sight before;
	uint16_t copy[OKNG_MAP_INPUTS];
	uint32_t discretes;
	int code = look(p);

	before = p->sight;
	if (!code)
		code = okng_plc_asked(p, "reading the discrete inputs",
			okng_modbus_read_bits(&p->modbus, OKNG_TABLE_DISCRETE, 0, OKNG_MAP_DISCRETES, &discretes));
	if (!code)
		code = okng_plc_asked(p, "reading the copy in holding registers",
			okng_modbus_read_words(&p->modbus, OKNG_TABLE_HOLDING, OKNG_MAP_COPY, OKNG_MAP_INPUTS, copy));
	if (!code)
		code = look(p);
	if (!code)
		okng_plc_rules_compare(&p->rules, &before, discretes, copy, &p->sight);
	return code;
}

static int repeat(struct okng_plc_player *p)
{
	int code = okng_plc_set_word(p, OKNG_HOLDING_TRIG_SEQ, p->trig_seq);

	if (!code)
		okng_plc_rules_repeated(&p->rules);
	return code ? code : look(p);
}

/* While the result is shown. */
static int examine(struct okng_plc_player *p)
{
	int code = 0;

	okng_times_add(&p->results, p->sight.seen_ns - p->rules.trig_sent_ns);
	if (p->rules.part == 1) {
		if (!okng_stop_wait_until(okng_stop_now_ns() + DWELL_NS))
			return okng_plc_fail(p, "playing", -EINTR);
		code = look(p);
	}
	if (!code && p->rules.part % SAMPLE == 1)
		code = compare(p);
	return code;
}

static int trigger_seq(struct okng_plc_player *p)
{
	int code = okng_plc_trigger(p);

	if (!code)
		okng_plc_rules_triggered(&p->rules, p->trig_seq, p->modbus.sent_ns, p->modbus.seen_ns);
	return code;
}

/* Even parts leave their result to the next trigger. */
static int play_seq(struct okng_plc_player *p)
{
	bool sampled;
	int code = trigger_seq(p);

	if (!code)
		code = until(p, is_shown, OKNG_RULE_NO_RESULT, "a result");
	if (!code)
		code = examine(p);
	sampled = p->rules.part % SAMPLE == 1;
	if (!code && sampled)
		code = repeat(p);
	if (code || p->rules.part % 2 == 0)
		return code;
	code = okng_plc_set_word(p, OKNG_HOLDING_RESULT_ACK_SEQ, p->sight.input[OKNG_INPUT_SEQ_HEAD]);
	if (code)
		return code;
	okng_plc_rules_acknowledged(&p->rules);
	code = look(p);
	return !code && sampled ? repeat(p) : code;
}

static int acknowledge_bit(struct okng_plc_player *p)
{
	int code = okng_plc_set_coil(p, OKNG_COIL_RESULT_ACK, true);

	if (!code) {
		okng_plc_rules_acknowledged(&p->rules);
		code = until(p, is_result_off, OKNG_RULE_RESULT_OFF, "RESULT_VALID 0 after RESULT_ACK");
	}
	return code ? code : okng_plc_set_coil(p, OKNG_COIL_RESULT_ACK, false);
}

static int play_bit(struct okng_plc_player *p)
{
	int code = okng_plc_set_coil(p, OKNG_COIL_TRIG, true), acked;

	if (code)
		return code;
	okng_plc_rules_triggered(&p->rules, 0, p->modbus.sent_ns, p->modbus.seen_ns);
	acked = until(p, is_acknowledged, OKNG_RULE_TRIG_ACK, "TRIG_ACK 1 after TRIG");
	if (acked < 0)
		return acked;
	code = okng_plc_set_coil(p, OKNG_COIL_TRIG, false);
	if (!code)
		code = until(p, is_trig_ack_off, OKNG_RULE_TRIG_ACK_OFF, "TRIG_ACK 0 after TRIG");
	if (code >= 0 && !acked)
		code = until(p, is_exposed, OKNG_RULE_EXPOSURE, "EXPOSURE_DONE 1");
	if (code >= 0 && !is_shown(p))
		code = until(p, is_shown, OKNG_RULE_NO_RESULT, "a result");
	if (!code)
		code = examine(p);
	return code ? code : acknowledge_bit(p);
}

static int ask_unknown(struct okng_plc_player *p)
{
	static const struct {
		enum okng_map_table table;
		uint16_t at;
		const char *name;
	} asked[] = {
		{ OKNG_TABLE_INPUT, UNKNOWN, "input register 61440" },
		{ OKNG_TABLE_HOLDING, UNKNOWN, "holding register 61440" },
		{ OKNG_TABLE_INPUT, OKNG_MAP_INPUTS, "input register 100" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		uint16_t word;
		int code = okng_modbus_read_words(&p->modbus, asked[i].table, asked[i].at, 1, &word);

		okng_plc_rules_asked_unknown(&p->rules, asked[i].name, code);
		if (code < 0)
			return okng_plc_fail(p, "asking for an unknown address", code);
	}
	return 0;
}

static int check_controls(struct okng_plc_player *p)
{
	uint16_t word;
	uint32_t coils;
	int code = okng_plc_asked(p, "reading the coils", okng_modbus_read_bits(&p->modbus, OKNG_TABLE_COIL, 0, OKNG_MAP_COILS, &coils));

	if (!code)
		code = okng_plc_asked(p, "reading CONTROL_BITS",
			okng_modbus_read_words(&p->modbus, OKNG_TABLE_HOLDING, OKNG_HOLDING_CONTROL_BITS, 1, &word));
	if (!code)
		okng_plc_rules_compare_controls(&p->rules, coils, word);
	return code;
}

/* Reads everything, and says why this station can't be played with. Nothing is written yet. */
static int survey(struct okng_plc_player *p)
{
	const uint16_t *in = p->found.input;
	int code = okng_plc_view_read(&p->modbus, &p->found, false);

	if (code)
		return okng_plc_fail(p, "reading the register map", code);
	okng_plc_view_order(in, &p->rules.order);
	p->coils = (uint16_t)p->found.coils;
	p->trig_seq = p->found.holding[OKNG_HOLDING_TRIG_SEQ];
	p->rules.deadline_ms = p->found.holding[OKNG_HOLDING_VERDICT_DEADLINE];
	if (!p->yes && !okng_plc_sight_bit(in, p->rules.order, OKNG_DISCRETE_SIMULATION))
		snprintf(p->why, sizeof(p->why), "SIMULATION is 0: this may be a real line; --yes triggers it nevertheless");
	else if (in[OKNG_INPUT_STATE] == OKNG_PLC_STATE_CONTINUOUS)
		snprintf(p->why, sizeof(p->why), "the station triggers itself (STATE 7), not the PLC");
	else if (!okng_plc_sight_bit(in, p->rules.order, OKNG_DISCRETE_ONLINE))
		snprintf(p->why, sizeof(p->why), "the station is offline, OFFLINE_REASON %u", in[OKNG_INPUT_OFFLINE_REASON]);
	return *p->why ? -EPERM : 0;
}

/* A station that is not READY at all is no matter of rules. */
static int await_first_ready(struct okng_plc_player *p)
{
	int64_t end = okng_stop_now_ns() + p->timeout_ms * INT64_C(1000000);
	int code;

	while (!(code = look(p)) && !is_ready(p) && p->sight.sent_ns < end)
		if (!okng_stop_wait_until(okng_stop_now_ns() + OKNG_PLC_PAUSE_NS))
			return okng_plc_fail(p, "playing", -EINTR);
	if (!code && !is_ready(p)) {
		snprintf(p->why, sizeof(p->why), "the station is not READY: STATE %u, ERROR %u", p->sight.input[OKNG_INPUT_STATE],
			p->sight.input[OKNG_INPUT_ERROR]);
		code = -EAGAIN;
	}
	return code;
}

static int play(struct okng_plc_player *p)
{
	int64_t due = okng_stop_now_ns();
	int code = 0;

	for (long i = 0; i < p->parts && !code; i++) {
		if (p->rate > 0 && !okng_stop_wait_until(due + (int64_t)((double)i * 1e9 / p->rate)))
			return okng_plc_fail(p, "playing", -EINTR);
		code = p->stop && *p->stop ? okng_plc_fail(p, "playing", -EINTR) : until(p, is_ready, OKNG_RULE_READY, "READY 1");
		if (code)
			break;
		code = p->bit_style ? play_bit(p) : play_seq(p);
		p->done += p->rules.phase == OKNG_PHASE_SHOWN || p->rules.phase == OKNG_PHASE_CLEAR;
		if (p->progress)
			p->progress(i + 1, p->parts);
		if (code == OKNG_PLC_STUCK && !p->bit_style)
			code = 0; /* given up; in the bit style nothing can go on from there */
	}
	return code;
}

void okng_plc_player_give_back(struct okng_plc_player *p)
{
	static const enum okng_coil coils[] = { OKNG_COIL_TRIG, OKNG_COIL_RESULT_ACK, OKNG_COIL_TRIG_ENABLE, OKNG_COIL_BUFFER_RESULTS };
	unsigned keep = 1u << OKNG_COIL_TRIG_ENABLE | 1u << OKNG_COIL_BUFFER_RESULTS;
	char why[sizeof(p->why)];

	memcpy(why, p->why, sizeof(why));
	for (size_t i = 0; p->owner && i < sizeof(coils) / sizeof(coils[0]); i++)
		if ((p->coils ^ (p->found.coils & keep)) >> coils[i] & 1)
			if (okng_plc_set_coil(p, coils[i], p->found.coils & keep & 1u << coils[i]))
				break;
	memcpy(p->why, why, sizeof(why));
}

int okng_plc_player_run(struct okng_plc_player *p)
{
	int code;

	p->modbus.stop = NULL; /* a request is not left half done: what follows it puts things in order */
	code = survey(p);
	if (code)
		return code;
	code = okng_plc_settle(p);
	if (!code && p->bit_style)
		code = okng_plc_set_coil(p, OKNG_COIL_TRIG_ENABLE, true);
	if (!code)
		code = await_first_ready(p);
	if (!code) {
		okng_plc_rules_count_from(&p->rules, p->sight.input);
		code = check_controls(p);
	}
	if (!code)
		code = ask_unknown(p);
	if (!code)
		code = play(p);
	if (code >= 0) {
		int late = until(p, has_beaten, OKNG_RULE_HEARTBEAT, "a change of HEARTBEAT");

		if (late >= 0)
			late = until(p, has_counted, OKNG_RULE_COUNTERS, NULL);
		if (late >= 0)
			okng_plc_rules_finish(&p->rules);
		code = late < 0 ? late : code;
	}
	return code;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of one client's dialogue with a station, and what it makes wrong. See plc_rules.h.
 */
#include "cli/plc_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/plc_rules_break.h"
#include "cli/plc_view.h"

#define MS INT64_C(1000000)
#define BEAT_MS 3000
#define GRACE_MS 20 /* of the deadline, for the way of the answer and the clocks' steps */
#define AGE_MS 2    /* the same for AGE */

static const struct {
	const char *name, *text;
} rules[] = {
#define X(id, name, text) [OKNG_RULE_##id] = { name, text },
	OKNG_PLC_RULES(X)
	OKNG_PLC_DRILL_RULES(X)
#undef X
};

const char *okng_plc_rule_name(enum okng_plc_rule rule)
{
	return rules[rule].name;
}

const char *okng_plc_rule_text(enum okng_plc_rule rule)
{
	return rules[rule].text;
}

void okng_plc_rules_break(struct okng_plc_rules *r, enum okng_plc_rule rule, const char *expected, const char *fmt, ...)
{
	struct okng_plc_violation v = { .rule = rule, .part = r->part };
	va_list args;

	if (r->reported[rule] == r->part + 1)
		return;
	r->reported[rule] = r->part + 1;
	r->violations++;
	snprintf(v.expected, sizeof(v.expected), "%s", expected);
	va_start(args, fmt);
	vsnprintf(v.read, sizeof(v.read), fmt, args);
	va_end(args);
	if (r->report)
		r->report(r->user, &v);
}

void okng_plc_rules_init(struct okng_plc_rules *r)
{
	memset(r, 0, sizeof(*r));
}

static bool control(const struct okng_plc_rules *r, enum okng_coil coil)
{
	return r->controls >> coil & 1;
}

void okng_plc_rules_controls(struct okng_plc_rules *r, uint16_t coils)
{
	r->controls = coils;
}

void okng_plc_rules_triggered(struct okng_plc_rules *r, uint16_t trig_seq, int64_t sent_ns, int64_t answered_ns)
{
	r->part++;
	r->phase = OKNG_PHASE_AWAIT;
	r->trig_seq = trig_seq;
	r->trig_sent_ns = sent_ns;
	r->trig_answered_ns = answered_ns;
	r->was_ready = r->seen && okng_plc_sight_bit(r->last.input, r->order, OKNG_DISCRETE_READY);
	r->repeated = false;
}

void okng_plc_rules_repeated(struct okng_plc_rules *r)
{
	r->repeated = true;
}

void okng_plc_rules_acknowledged(struct okng_plc_rules *r)
{
	r->phase = r->phase == OKNG_PHASE_SHOWN ? OKNG_PHASE_CLEAR : r->phase;
}

static bool was_refused(const uint16_t *input)
{
	unsigned reason = input[OKNG_INPUT_REASON];

	return input[OKNG_INPUT_VERDICT] == OKNG_PLC_VERDICT_FAULT &&
		(reason == OKNG_PLC_REASON_NOT_READY || reason == OKNG_PLC_REASON_OFFLINE || reason == OKNG_PLC_REASON_PLC_LOST);
}

static void tally(struct okng_plc_rules *r, const uint16_t *input)
{
	unsigned verdict = input[OKNG_INPUT_VERDICT];

	r->results[verdict <= OKNG_PLC_VERDICT_FAULT ? verdict : 0]++;
	r->refused += was_refused(input);
	r->seq = input[OKNG_INPUT_SEQ_HEAD];
}

static void check_number(struct okng_plc_rules *r, unsigned head)
{
	unsigned next = r->seq == UINT16_MAX ? 1 : r->seq + 1u;
	char expected[32];

	snprintf(expected, sizeof(expected), "%u", next);
	if (r->seq && head != next && !r->given_up)
		okng_plc_rules_break(r, OKNG_RULE_SEQ, expected, "%u", head);
	r->given_up = false;
}

static void check_verdict_in_time(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	const uint16_t *in = s->input;
	char expected[64];

	snprintf(expected, sizeof(expected), "TIME up to %u.0 ms, or FAULT", r->deadline_ms);
	if (r->deadline_ms && in[OKNG_INPUT_TIME] > 10u * r->deadline_ms && in[OKNG_INPUT_VERDICT] != OKNG_PLC_VERDICT_FAULT)
		okng_plc_rules_break(r, OKNG_RULE_DEADLINE, expected, "%.1f ms", in[OKNG_INPUT_TIME] / 10.0);
	if (in[OKNG_INPUT_AGE] * MS > s->seen_ns - r->trig_sent_ns + AGE_MS * MS)
		okng_plc_rules_break(r, OKNG_RULE_AGE, "not older than its trigger", "AGE %u ms, triggered %.1f ms ago", in[OKNG_INPUT_AGE],
			(double)(s->seen_ns - r->trig_sent_ns) / 1e6);
}

/* The first reading that shows a result while one is awaited. */
static void take_result(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	const uint16_t *in = s->input;
	bool refused = was_refused(in);
	char expected[32];

	snprintf(expected, sizeof(expected), "%u", r->trig_seq);
	if (in[OKNG_INPUT_TRIG_SEQ_ECHO] != r->trig_seq)
		okng_plc_rules_break(r, OKNG_RULE_ECHO, expected, "%u", in[OKNG_INPUT_TRIG_SEQ_ECHO]);
	check_number(r, in[OKNG_INPUT_SEQ_HEAD]);
	check_verdict_in_time(r, s);
	if (refused && r->was_ready)
		okng_plc_rules_break(r, OKNG_RULE_READY, "accepted, for READY was 1", "FAULT with reason %u", in[OKNG_INPUT_REASON]);
	if (!refused && in[OKNG_INPUT_VERDICT] != OKNG_PLC_VERDICT_FAULT && in[OKNG_INPUT_RECIPE_JUDGED] != in[OKNG_INPUT_RECIPE])
		okng_plc_rules_break(r, OKNG_RULE_RECIPE, "RECIPE_JUDGED = RECIPE", "%u and %u", in[OKNG_INPUT_RECIPE_JUDGED],
			in[OKNG_INPUT_RECIPE]);
	if (!refused && !okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_EXPOSURE_DONE))
		okng_plc_rules_break(r, OKNG_RULE_EXPOSURE, "EXPOSURE_DONE 1 with the result", "0");
	if (!refused && control(r, OKNG_COIL_TRIG) && !okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_TRIG_ACK))
		okng_plc_rules_break(r, OKNG_RULE_TRIG_ACK, "TRIG_ACK 1 before the result while TRIG is 1", "0");
	tally(r, in);
	r->shown = *s;
	r->phase = OKNG_PHASE_SHOWN;
}

static void check_awaited(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	const uint16_t *in = s->input;
	bool missed = okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_MISSED_TRIG);
	char expected[64];

	if (missed && r->was_ready)
		okng_plc_rules_break(r, OKNG_RULE_READY, "accepted, for READY was 1", "MISSED_TRIG 1");
	if (in[OKNG_INPUT_SEQ_HEAD] && in[OKNG_INPUT_SEQ_HEAD] == r->seq) {
		okng_plc_rules_break(r, OKNG_RULE_BLOCK_ZERO, "zero after the trigger", "the last result, SEQ_HEAD %u", r->seq);
		return;
	}
	if (in[OKNG_INPUT_SEQ_HEAD]) {
		take_result(r, s);
		return;
	}
	if (!missed && !okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_BUSY))
		okng_plc_rules_break(r, OKNG_RULE_BUSY, "1 until the result", "0");
	snprintf(expected, sizeof(expected), "a result within %u ms", r->deadline_ms);
	if (r->deadline_ms && s->sent_ns - r->trig_answered_ns > (r->deadline_ms + GRACE_MS) * MS)
		okng_plc_rules_break(r, OKNG_RULE_DEADLINE, expected, "none after %.1f ms",
			(double)(s->sent_ns - r->trig_answered_ns) / 1e6);
}

/* Between two sights of the same result. */
static void check_age(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	int64_t was = r->last.input[OKNG_INPUT_AGE], is = s->input[OKNG_INPUT_AGE];
	int64_t least = s->sent_ns - r->last.seen_ns - AGE_MS * MS, most = s->seen_ns - r->last.sent_ns + AGE_MS * MS;
	char expected[64];

	if (is == UINT16_MAX && is >= was)
		return;
	snprintf(expected, sizeof(expected), "%.1f to %.1f ms more than %d", (double)least / 1e6, (double)most / 1e6, (int)was);
	if (is < was || (is - was) * MS < least || (is - was) * MS > most)
		okng_plc_rules_break(r, OKNG_RULE_AGE, expected, "%d", (int)is);
}

static void check_shown(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	const uint16_t *in = s->input, *was = r->shown.input;
	enum okng_plc_rule one = r->repeated ? OKNG_RULE_REPEAT : OKNG_RULE_ONE_RESULT;
	unsigned head = in[OKNG_INPUT_SEQ_HEAD];

	if (!head) {
		okng_plc_rules_break(r, r->repeated ? one : OKNG_RULE_RESULT_KEPT, "the result, until it is acknowledged", "SEQ_HEAD 0");
		return;
	}
	if (head != was[OKNG_INPUT_SEQ_HEAD]) {
		okng_plc_rules_break(r, one, "one result", "another one, SEQ_HEAD %u after %u", head, was[OKNG_INPUT_SEQ_HEAD]);
		r->shown = *s;
		tally(r, in);
		return;
	}
	for (unsigned i = OKNG_MAP_BLOCK; i < OKNG_MAP_BLOCK_END; i++)
		if (i != OKNG_INPUT_AGE && in[i] != was[i]) {
			char expected[64];

			snprintf(expected, sizeof(expected), "register %u = %u as before", i, was[i]);
			okng_plc_rules_break(r, OKNG_RULE_RESULT_KEPT, expected, "%u", in[i]);
			return;
		}
	if (r->last.input[OKNG_INPUT_SEQ_HEAD] == head)
		check_age(r, s);
}

static void check_cleared(struct okng_plc_rules *r, const uint16_t *in)
{
	unsigned head = in[OKNG_INPUT_SEQ_HEAD];

	if (head && head == r->seq) {
		okng_plc_rules_break(r, OKNG_RULE_BLOCK_ZERO, "zero after the acknowledgement", "SEQ_HEAD %u", head);
	} else if (head) {
		okng_plc_rules_break(r, r->repeated ? OKNG_RULE_REPEAT : OKNG_RULE_ONE_RESULT, "one result", "another one, SEQ_HEAD %u", head);
		tally(r, in);
	}
}

static void check_beat(struct okng_plc_rules *r, const struct okng_plc_sight *s)
{
	unsigned was = r->last.input[OKNG_INPUT_HEARTBEAT], is = s->input[OKNG_INPUT_HEARTBEAT];
	bool bit_was = okng_plc_sight_bit(r->last.input, r->order, OKNG_DISCRETE_HEARTBEAT);
	bool bit_is = okng_plc_sight_bit(s->input, r->order, OKNG_DISCRETE_HEARTBEAT);

	if (!r->seen || is != was) {
		r->beats += r->seen;
		r->beat_ns = s->sent_ns;
	}
	if (!r->seen)
		return;
	if ((uint16_t)(is - was) > INT16_MAX)
		okng_plc_rules_break(r, OKNG_RULE_HEARTBEAT, "counting up", "%u after %u", is, was);
	else if ((bit_is != bit_was) != ((is ^ was) & 1))
		okng_plc_rules_break(r, OKNG_RULE_HEARTBEAT, "the bit toggles as the register counts", "%u to %u, bit %d to %d", was, is, bit_was,
			bit_is);
	else if (s->sent_ns - r->beat_ns > BEAT_MS * MS)
		okng_plc_rules_break(r, OKNG_RULE_HEARTBEAT, "a change every 3 s", "%u for %.1f s", is, (double)(s->sent_ns - r->beat_ns) / 1e9);
}

static void check_ready(struct okng_plc_rules *r, const uint16_t *in)
{
	const char *what = NULL;

	if (!okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_READY))
		return;
	if (!okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_ONLINE))
		what = "while ONLINE is 0";
	else if (!okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_CAMERA_OK))
		what = "while CAMERA_OK is 0";
	else if (okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_PLC_LOST))
		what = "while PLC_LOST is 1";
	else if (r->bit_style && !control(r, OKNG_COIL_TRIG_ENABLE))
		what = "while TRIG_ENABLE is 0";
	else if (r->bit_style && control(r, OKNG_COIL_TRIG))
		what = "while TRIG is 1";
	else if (r->bit_style && control(r, OKNG_COIL_RESULT_ACK))
		what = "while RESULT_ACK is 1";
	else if (r->bit_style && (r->phase == OKNG_PHASE_AWAIT || r->phase == OKNG_PHASE_SHOWN))
		what = "before the result is acknowledged";
	if (what)
		okng_plc_rules_break(r, OKNG_RULE_READY, "READY 0", "READY 1 %s", what);
}

/* After a result no part of ours is under way. */
static void check_rest(struct okng_plc_rules *r, const uint16_t *in)
{
	bool busy = okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_BUSY);

	if (busy && (r->phase == OKNG_PHASE_SHOWN || r->phase == OKNG_PHASE_CLEAR))
		okng_plc_rules_break(r, r->repeated ? OKNG_RULE_REPEAT : OKNG_RULE_BUSY, "BUSY 0 after the result", "1");
	if (okng_plc_sight_bit(in, r->order, OKNG_DISCRETE_TRIG_ACK) && (!r->bit_style || r->phase == OKNG_PHASE_CLEAR))
		okng_plc_rules_break(r, OKNG_RULE_TRIG_ACK, "TRIG_ACK 0 without TRIG", "1");
}

void okng_plc_rules_see(struct okng_plc_rules *r, const struct okng_plc_sight *sight)
{
	const uint16_t *in = sight->input;

	if (!r->seen)
		okng_plc_view_order(in, &r->order);
	okng_plc_rules_reading(r, in);
	check_beat(r, sight);
	check_ready(r, in);
	if (in[OKNG_INPUT_SEQ_HEAD] == in[OKNG_INPUT_SEQ_TAIL]) {
		if (r->phase == OKNG_PHASE_AWAIT)
			check_awaited(r, sight);
		else if (r->phase == OKNG_PHASE_SHOWN)
			check_shown(r, sight);
		else if (r->phase == OKNG_PHASE_CLEAR)
			check_cleared(r, in);
		else if (r->part == 0)
			r->seq = in[OKNG_INPUT_SEQ_HEAD] ? in[OKNG_INPUT_SEQ_HEAD] : r->seq; /* from before */
		else if (r->given_up && in[OKNG_INPUT_SEQ_HEAD] && in[OKNG_INPUT_SEQ_HEAD] != r->seq)
			tally(r, in); /* too late, but it was counted */
		check_rest(r, in);
	}
	r->last = *sight;
	r->seen = true;
}

void okng_plc_rules_compare(struct okng_plc_rules *r, const struct okng_plc_sight *before, uint32_t discretes,
	const uint16_t copy[OKNG_MAP_INPUTS], const struct okng_plc_sight *after)
{
	uint32_t was = okng_regmap_get_u32(before->input + OKNG_INPUT_STATUS_BITS, r->order);
	uint32_t is = okng_regmap_get_u32(after->input + OKNG_INPUT_STATUS_BITS, r->order), still = ~(was ^ is);
	char expected[64];

	if (before->input[OKNG_INPUT_HEARTBEAT] != after->input[OKNG_INPUT_HEARTBEAT])
		still &= ~(1u << OKNG_DISCRETE_HEARTBEAT);
	snprintf(expected, sizeof(expected), "16#%08x", was & still);
	if ((discretes ^ was) & still)
		okng_plc_rules_break(r, OKNG_RULE_DISCRETES, expected, "16#%08x", discretes & still);
	for (unsigned i = 0; i < OKNG_MAP_INPUTS; i++) {
		uint16_t a = before->input[i], b = after->input[i];
		bool low_bits = i == OKNG_INPUT_STATUS_BITS || i == OKNG_INPUT_STATUS_BITS + 1;

		if (a != b || copy[i] == a || (low_bits && still != UINT32_MAX))
			continue;
		snprintf(expected, sizeof(expected), "register %u = %u", i + OKNG_MAP_COPY, a);
		okng_plc_rules_break(r, OKNG_RULE_COPY, expected, "%u", copy[i]);
	}
}

void okng_plc_rules_compare_controls(struct okng_plc_rules *r, uint32_t coils, uint16_t control_bits)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "coils and CONTROL_BITS 16#%04x as written", r->controls);
	if (coils != control_bits || control_bits != r->controls)
		okng_plc_rules_break(r, OKNG_RULE_CONTROLS, expected, "16#%04x and 16#%04x", (unsigned)coils, control_bits);
}

void okng_plc_rules_asked_unknown(struct okng_plc_rules *r, const char *what, int code)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "exception 2 for %s", what);
	if (code != 2)
		okng_plc_rules_break(r, OKNG_RULE_EXCEPTION, expected, "%s", code ? okng_modbus_text(code) : "an answer");
}

void okng_plc_rules_missing(struct okng_plc_rules *r, enum okng_plc_rule rule, const char *what, int64_t waited_ms)
{
	okng_plc_rules_break(r, rule, what, "nothing in %d ms", (int)waited_ms);
	if (rule == OKNG_RULE_NO_RESULT && r->phase == OKNG_PHASE_AWAIT) {
		r->phase = OKNG_PHASE_IDLE;
		r->given_up = true;
	}
}

static uint32_t counter(const struct okng_plc_rules *r, const uint16_t *input, int i)
{
	return okng_regmap_get_u32(input + OKNG_INPUT_COUNT_TOTAL + 2 * i, r->order);
}

void okng_plc_rules_count_from(struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS])
{
	for (int i = 0; i < 6; i++)
		r->counted[i] = counter(r, input, i);
	r->counting = true;
}

static void should_count(const struct okng_plc_rules *r, uint32_t want[6])
{
	want[0] = r->counted[0];
	for (int v = 1; v < 5; v++) {
		want[v] = r->counted[v] + (uint32_t)r->results[v];
		want[0] += (uint32_t)r->results[v];
	}
	want[5] = r->counted[5] + (uint32_t)r->refused;
}

bool okng_plc_rules_counted(const struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS])
{
	uint32_t want[6];

	should_count(r, want);
	for (int i = 0; i < 6; i++)
		if (counter(r, input, i) != want[i])
			return false;
	return true;
}

void okng_plc_rules_finish(struct okng_plc_rules *r)
{
	uint32_t want[6];
	char expected[96];

	r->reported[OKNG_RULE_COUNTERS] = 0; /* the sum of a single reading is another matter */
	if (!r->seen || !r->counting || okng_plc_rules_counted(r, r->last.input))
		return;
	should_count(r, want);
	snprintf(expected, sizeof(expected), "total %u, OK %u, NG %u, REVIEW %u, FAULT %u, missed %u", want[0], want[1], want[2], want[3],
		want[4], want[5]);
	okng_plc_rules_break(r, OKNG_RULE_COUNTERS, expected, "total %u, OK %u, NG %u, REVIEW %u, FAULT %u, missed %u",
		counter(r, r->last.input, 0), counter(r, r->last.input, 1), counter(r, r->last.input, 2), counter(r, r->last.input, 3),
		counter(r, r->last.input, 4), counter(r, r->last.input, 5));
}

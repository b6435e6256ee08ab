/* SPDX-License-Identifier: Apache-2.0
 *
 * An honest dialogue of a few parts in both styles breaks no rule; the same with one reading tampered with breaks the
 * rule that the table names, in the part where it was done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/plc_rules.h"

#define MS INT64_C(1000000)
#define PARTS 4
#define WHERE 3 /* the part that is tampered with: the one before it was left unacknowledged in the sequence style */

enum step { REST = 1, AWAIT, RESULT, STILL, REPEATED, ACKED, MIDDLE, ASKED, END };

#define BIT(name) (1u << OKNG_DISCRETE_##name)

struct tamper {
	enum okng_plc_rule rule;
	bool bit_style;
	enum step step;
	uint32_t set, clear; /* status bits */
	struct {
		uint16_t at, value;
	} words[3];
	int64_t later_ms;    /* the reading comes so much later */
	bool old_block;      /* the block is the last part's */
};

struct world {
	struct okng_plc_rules rules;
	const struct tamper *tamper;
	struct okng_plc_sight sight;
	uint16_t old_block[OKNG_MAP_INPUTS];
	int64_t now, verdict;
	uint32_t status;
	long ok, fault;
	struct okng_plc_violation found[64];
	int n_found;
};

static void report(void *user, const struct okng_plc_violation *v)
{
	struct world *w = user;

	assert_true(w->n_found < 64);
	w->found[w->n_found++] = *v;
}

static void put_counters(struct world *w, uint16_t *in)
{
	okng_regmap_put_u32(in + OKNG_INPUT_COUNT_TOTAL, (uint32_t)(100 + w->ok), w->rules.order);
	okng_regmap_put_u32(in + OKNG_INPUT_COUNT_OK, (uint32_t)(100 + w->ok), w->rules.order);
}

static void tamper(struct world *w, enum step step)
{
	const struct tamper *t = w->tamper;

	if (!t || t->step != step || w->rules.part != WHERE)
		return;
	w->status = (w->status | t->set) & ~t->clear;
	okng_regmap_put_u32(w->sight.input + OKNG_INPUT_STATUS_BITS, w->status, w->rules.order);
	if (t->old_block)
		memcpy(w->sight.input + OKNG_MAP_BLOCK, w->old_block + OKNG_MAP_BLOCK, (OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK) * 2);
	for (int i = 0; i < 3; i++)
		if (t->words[i].at || t->words[i].value)
			w->sight.input[t->words[i].at] = t->words[i].value;
	w->sight.sent_ns += t->later_ms * MS;
	w->sight.seen_ns += t->later_ms * MS;
	w->now += t->later_ms * MS;
}

/* What an honest station shows: bits, and its result or none. */
static void show(struct world *w, enum step step, uint32_t bits, bool result)
{
	uint16_t *in = w->sight.input;
	const struct okng_plc_result r = { .seq = (uint16_t)(70 + w->rules.part), .trig_seq = w->rules.trig_seq, .verdict = 1,
		.recipe = 5, .time = 31, .acq_id = 9, .utc = 1760000000, .score = 400, .limit = 500, .part_id = "P" };
	int64_t beat = w->now / (250 * MS);

	w->now += MS;
	memset(&w->sight, 0, sizeof(w->sight));
	w->sight.sent_ns = w->now;
	w->sight.seen_ns = w->now + MS / 2;
	okng_regmap_put_block(in, result ? &r : NULL, (uint16_t)((w->now - w->verdict) / MS), w->rules.order);
	okng_regmap_put_constants(in, w->rules.order);
	in[OKNG_INPUT_STATE] = OKNG_PLC_STATE_READY;
	in[OKNG_INPUT_RECIPE] = 5;
	in[OKNG_INPUT_HEARTBEAT] = (uint16_t)beat;
	put_counters(w, in);
	w->status = bits | BIT(ONLINE) | BIT(CAMERA_OK) | (beat & 1 ? BIT(HEARTBEAT) : 0) |
		(result ? BIT(RESULT_VALID) | BIT(OK) | BIT(EXPOSURE_DONE) : 0);
	okng_regmap_put_u32(in + OKNG_INPUT_STATUS_BITS, w->status, w->rules.order);
	tamper(w, step);
	okng_plc_rules_see(&w->rules, &w->sight);
}

static void compare(struct world *w)
{
	struct okng_plc_sight before = w->sight;
	uint16_t copy[OKNG_MAP_INPUTS];
	uint32_t discretes = w->status;

	memcpy(copy, before.input, sizeof(copy));
	if (w->tamper && w->tamper->step == MIDDLE && w->rules.part == WHERE) {
		discretes ^= w->tamper->set;
		copy[w->tamper->words[0].at] ^= w->tamper->words[0].value;
	}
	okng_plc_rules_compare(&w->rules, &before, discretes, copy, &before);
}

static void play_seq(struct world *w, int part)
{
	show(w, REST, BIT(READY), part > 1 && part % 2); /* an even part's result was left to this trigger */
	okng_plc_rules_triggered(&w->rules, (uint16_t)(1000 + part), w->now, w->now + MS);
	w->now += MS;
	show(w, AWAIT, BIT(READY) | BIT(BUSY), false);
	w->verdict = w->now;
	w->ok++;
	show(w, RESULT, BIT(READY), true);
	if (part < WHERE)
		memcpy(w->old_block, w->sight.input, sizeof(w->old_block));
	w->now += 10 * MS;
	show(w, STILL, BIT(READY), true);
	compare(w);
	okng_plc_rules_repeated(&w->rules);
	show(w, REPEATED, BIT(READY), true);
	if (part % 2 == 0)
		return;
	okng_plc_rules_acknowledged(&w->rules);
	show(w, ACKED, BIT(READY), false);
}

static void play_bit(struct world *w)
{
	const uint16_t enable = 1u << OKNG_COIL_TRIG_ENABLE, trig = 1u << OKNG_COIL_TRIG, ack = 1u << OKNG_COIL_RESULT_ACK;

	okng_plc_rules_controls(&w->rules, enable);
	show(w, REST, BIT(READY), false);
	okng_plc_rules_controls(&w->rules, enable | trig);
	okng_plc_rules_triggered(&w->rules, 0, w->now, w->now + MS);
	w->now += MS;
	show(w, AWAIT, BIT(BUSY) | BIT(TRIG_ACK), false);
	w->verdict = w->now;
	w->ok++;
	show(w, RESULT, BIT(TRIG_ACK), true);
	okng_plc_rules_controls(&w->rules, enable);
	w->now += 10 * MS;
	show(w, STILL, 0, true);
	okng_plc_rules_controls(&w->rules, enable | ack);
	okng_plc_rules_acknowledged(&w->rules);
	show(w, ACKED, 0, false);
}

static void ask(struct world *w)
{
	bool here = w->tamper && w->tamper->step == ASKED && w->rules.part == WHERE;
	bool controls = here && w->tamper->rule == OKNG_RULE_CONTROLS;

	okng_plc_rules_asked_unknown(&w->rules, "a register", here && !controls ? w->tamper->words[0].value : 2);
	okng_plc_rules_compare_controls(&w->rules, w->rules.controls, (uint16_t)(w->rules.controls ^ (controls ? 1 : 0)));
}

static void play(struct world *w, const struct tamper *t, bool bit_style, enum okng_word_order order)
{
	memset(w, 0, sizeof(*w));
	w->tamper = t;
	w->now = 1000 * MS;
	okng_plc_rules_init(&w->rules);
	w->rules.order = order;
	w->rules.bit_style = bit_style;
	w->rules.deadline_ms = 200;
	w->rules.report = report;
	w->rules.user = w;
	okng_plc_rules_controls(&w->rules, bit_style ? 1u << OKNG_COIL_TRIG_ENABLE : 0);
	show(w, REST, BIT(READY), false);
	okng_plc_rules_count_from(&w->rules, w->sight.input);
	for (int part = 1; part <= PARTS; part++) {
		if (bit_style)
			play_bit(w);
		else
			play_seq(w, part);
		ask(w);
	}
	assert_int_equal(w->rules.part, PARTS);
	if (t && t->step == END)
		okng_regmap_put_u32(w->rules.last.input + OKNG_INPUT_COUNT_OK, 1, order);
	okng_plc_rules_finish(&w->rules);
}

static const struct tamper tampers[] = {
	{ OKNG_RULE_MAP_VERSION, false, AWAIT, .words = { { OKNG_INPUT_MAP_VERSION, 2 } } },
	{ OKNG_RULE_TEST, false, RESULT, .words = { { OKNG_INPUT_TEST_FLOAT, 1 } } },
	{ OKNG_RULE_TEST, false, RESULT, .words = { { OKNG_INPUT_TEST_ASCII, 0x4241 } } },
	{ OKNG_RULE_HEAD_TAIL, false, RESULT, .words = { { OKNG_INPUT_SEQ_TAIL, 72 } } },
	{ OKNG_RULE_HEAD_TAIL, true, STILL, .words = { { OKNG_INPUT_SEQ_HEAD, 74 } } },
	{ OKNG_RULE_DUAL_RAIL, false, RESULT, .set = BIT(NG) },
	{ OKNG_RULE_DUAL_RAIL, true, AWAIT, .set = BIT(NG) | BIT(OK) },
	{ OKNG_RULE_BITS, false, RESULT, .words = { { OKNG_INPUT_VERDICT, 2 } } },
	{ OKNG_RULE_BITS, false, RESULT, .set = BIT(REVIEW) },
	{ OKNG_RULE_BITS, false, RESULT, .clear = BIT(RESULT_VALID) },
	{ OKNG_RULE_BITS, true, AWAIT, .set = BIT(OK) },
	{ OKNG_RULE_CODES, false, RESULT, .words = { { OKNG_INPUT_REASON, 99 } } },
	{ OKNG_RULE_CODES, false, RESULT, .words = { { OKNG_INPUT_REASON, 1 } } },
	{ OKNG_RULE_CODES, false, RESULT, .words = { { OKNG_INPUT_VERDICT, 9 } } },
	{ OKNG_RULE_CODES, false, RESULT, .words = { { OKNG_INPUT_VERDICT, 4 } } },
	{ OKNG_RULE_CODES, true, AWAIT, .words = { { OKNG_INPUT_STATE, 8 } } },
	{ OKNG_RULE_WORDS, false, AWAIT, .words = { { OKNG_INPUT_ERROR, 24 } } },
	{ OKNG_RULE_WORDS, false, AWAIT, .set = BIT(WARNING) },
	{ OKNG_RULE_WORDS, false, AWAIT, .words = { { OKNG_INPUT_OFFLINE_REASON, 1 } } },
	{ OKNG_RULE_DISCRETES, false, MIDDLE, .set = BIT(NG) },
	{ OKNG_RULE_COPY, false, MIDDLE, .words = { { OKNG_INPUT_VERDICT, 3 } } },
	{ OKNG_RULE_COPY, false, MIDDLE, .words = { { OKNG_INPUT_AGE, 512 } } },
	{ OKNG_RULE_CONTROLS, true, ASKED },
	{ OKNG_RULE_BLOCK_ZERO, false, AWAIT, .old_block = true },
	{ OKNG_RULE_BLOCK_ZERO, false, AWAIT, .words = { { OKNG_INPUT_SCORE, 1 } } },
	{ OKNG_RULE_BLOCK_ZERO, false, ACKED, .words = { { OKNG_INPUT_SEQ_HEAD, 73 }, { OKNG_INPUT_SEQ_TAIL, 73 } } },
	{ OKNG_RULE_BLOCK_ZERO, false, ACKED, .words = { { OKNG_INPUT_PART_ID, 0x5000 } } },
	{ OKNG_RULE_BLOCK_ZERO, true, ACKED, .words = { { OKNG_INPUT_SEQ_HEAD, 73 }, { OKNG_INPUT_SEQ_TAIL, 73 } } },
	{ OKNG_RULE_ECHO, false, RESULT, .words = { { OKNG_INPUT_TRIG_SEQ_ECHO, 1002 } } },
	{ OKNG_RULE_ECHO, true, RESULT, .words = { { OKNG_INPUT_TRIG_SEQ_ECHO, 1002 } } },
	{ OKNG_RULE_ONE_RESULT, false, STILL, .words = { { OKNG_INPUT_SEQ_HEAD, 74 }, { OKNG_INPUT_SEQ_TAIL, 74 } } },
	{ OKNG_RULE_ONE_RESULT, true, ACKED, .words = { { OKNG_INPUT_SEQ_HEAD, 74 }, { OKNG_INPUT_SEQ_TAIL, 74 } } },
	{ OKNG_RULE_RESULT_KEPT, false, STILL, .words = { { OKNG_INPUT_SCORE, 401 } } },
	{ OKNG_RULE_RESULT_KEPT, true, STILL, .words = { { OKNG_INPUT_SEQ_HEAD, 0 }, { OKNG_INPUT_SEQ_TAIL, 0 } } },
	{ OKNG_RULE_DEADLINE, false, AWAIT, .later_ms = 230 },
	{ OKNG_RULE_DEADLINE, true, RESULT, .words = { { OKNG_INPUT_TIME, 2001 } } },
	{ OKNG_RULE_READY, false, AWAIT, .set = BIT(MISSED_TRIG) },
	{ OKNG_RULE_READY, false, RESULT, .words = { { OKNG_INPUT_VERDICT, 4 }, { OKNG_INPUT_REASON, 25 } } },
	{ OKNG_RULE_READY, false, AWAIT, .clear = BIT(CAMERA_OK) },
	{ OKNG_RULE_READY, false, AWAIT, .clear = BIT(ONLINE) },
	{ OKNG_RULE_READY, false, AWAIT, .set = BIT(PLC_LOST) },
	{ OKNG_RULE_READY, true, AWAIT, .set = BIT(READY) },
	{ OKNG_RULE_READY, true, STILL, .set = BIT(READY) },
	{ OKNG_RULE_READY, true, ACKED, .set = BIT(READY) },
	{ OKNG_RULE_BUSY, false, AWAIT, .clear = BIT(BUSY) },
	{ OKNG_RULE_BUSY, true, STILL, .set = BIT(BUSY) },
	{ OKNG_RULE_TRIG_ACK, false, AWAIT, .set = BIT(TRIG_ACK) },
	{ OKNG_RULE_TRIG_ACK, true, RESULT, .clear = BIT(TRIG_ACK) },
	{ OKNG_RULE_TRIG_ACK, true, ACKED, .set = BIT(TRIG_ACK) },
	{ OKNG_RULE_EXPOSURE, false, RESULT, .clear = BIT(EXPOSURE_DONE) },
	{ OKNG_RULE_SEQ, false, RESULT, .words = { { OKNG_INPUT_SEQ_HEAD, 80 }, { OKNG_INPUT_SEQ_TAIL, 80 } } },
	{ OKNG_RULE_RECIPE, false, RESULT, .words = { { OKNG_INPUT_RECIPE_JUDGED, 6 } } },
	{ OKNG_RULE_HEARTBEAT, false, STILL, .words = { { OKNG_INPUT_HEARTBEAT, 1 } } },
	{ OKNG_RULE_HEARTBEAT, false, STILL, .words = { { OKNG_INPUT_HEARTBEAT, 5000 } }, .set = BIT(HEARTBEAT), .clear = 0 },
	{ OKNG_RULE_HEARTBEAT, false, STILL, .later_ms = 3100 },
	{ OKNG_RULE_COUNTERS, false, STILL, .words = { { OKNG_INPUT_COUNT_NG, 1 } } },
	{ OKNG_RULE_AGE, false, STILL, .words = { { OKNG_INPUT_AGE, 0 } } },
	{ OKNG_RULE_AGE, false, STILL, .words = { { OKNG_INPUT_AGE, 40 } } },
	{ OKNG_RULE_AGE, true, RESULT, .words = { { OKNG_INPUT_AGE, 900 } } },
	{ OKNG_RULE_REPEAT, false, REPEATED, .set = BIT(BUSY) },
	{ OKNG_RULE_REPEAT, false, REPEATED, .words = { { OKNG_INPUT_SEQ_HEAD, 0 }, { OKNG_INPUT_SEQ_TAIL, 0 } } },
	{ OKNG_RULE_REPEAT, false, REPEATED, .words = { { OKNG_INPUT_SEQ_HEAD, 74 }, { OKNG_INPUT_SEQ_TAIL, 74 } } },
	{ OKNG_RULE_EXCEPTION, false, ASKED, .words = { { 0, 0 } } },
	{ OKNG_RULE_EXCEPTION, true, ASKED, .words = { { 0, 3 } } },
};

static void an_honest_station_breaks_nothing(void **state)
{
	struct world w;

	(void)state;
	for (int order = OKNG_WORD_ABCD; order <= OKNG_WORD_DCBA; order++)
		for (int style = 0; style < 2; style++) {
			play(&w, NULL, style, (enum okng_word_order)order);
			if (w.n_found)
				print_error("%s part %ld: expected %s, read %s\n", okng_plc_rule_name(w.found[0].rule), w.found[0].part,
					w.found[0].expected, w.found[0].read);
			assert_int_equal(w.n_found, 0);
			assert_int_equal(w.rules.results[OKNG_PLC_VERDICT_OK], PARTS);
			assert_true(w.rules.order == (enum okng_word_order)order);
		}
}

static void every_broken_rule_is_named(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(tampers) / sizeof(tampers[0]); i++) {
		bool named = false;

		play(&w, &tampers[i], tampers[i].bit_style, OKNG_WORD_ABCD);
		for (int k = 0; k < w.n_found; k++) {
			named = named || (w.found[k].rule == tampers[i].rule && w.found[k].part == WHERE);
			assert_true(w.found[k].part >= WHERE);
			assert_true(*w.found[k].expected && *w.found[k].read);
		}
		if (!named) {
			print_error("tamper %zu: %s was not reported in part %d\n", i, okng_plc_rule_name(tampers[i].rule), WHERE);
			for (int k = 0; k < w.n_found; k++)
				print_error("  but %s part %ld: expected %s, read %s\n", okng_plc_rule_name(w.found[k].rule), w.found[k].part,
					w.found[k].expected, w.found[k].read);
		}
		assert_true(named);
		assert_int_equal(w.rules.violations, w.n_found);
	}
}

/* Between the table, the waits below and the counters at the end, no rule is untested. */
static void no_rule_is_left_out(void **state)
{
	bool tested[OKNG_RULE_COUNT] = { [OKNG_RULE_NO_RESULT] = true, [OKNG_RULE_TRIG_ACK_OFF] = true, [OKNG_RULE_RESULT_OFF] = true };

	(void)state;
	for (size_t i = 0; i < sizeof(tampers) / sizeof(tampers[0]); i++)
		tested[tampers[i].rule] = true;
	for (int i = 0; i < OKNG_RULE_FIRST_DRILL; i++) { /* the drills' are tested with a station: test_plc_sim.py */
		if (!tested[i])
			print_error("%s is not tested\n", okng_plc_rule_name((enum okng_plc_rule)i));
		assert_true(tested[i]);
		assert_true(strlen(okng_plc_rule_name((enum okng_plc_rule)i)) > 0 && strlen(okng_plc_rule_text((enum okng_plc_rule)i)) > 0);
	}
}

static void what_does_not_come_is_named(void **state)
{
	static const enum okng_plc_rule rules[] = { OKNG_RULE_NO_RESULT, OKNG_RULE_TRIG_ACK_OFF, OKNG_RULE_RESULT_OFF };
	struct world w;

	(void)state;
	for (int i = 0; i < 3; i++) {
		play(&w, NULL, false, OKNG_WORD_ABCD);
		okng_plc_rules_triggered(&w.rules, 2000, w.now, w.now);
		okng_plc_rules_missing(&w.rules, rules[i], "an answer", 5000);
		okng_plc_rules_missing(&w.rules, rules[i], "an answer", 5000);
		assert_int_equal(w.n_found, 1);
		assert_true(w.found[0].rule == rules[i]);
		assert_int_equal(w.found[0].part, PARTS + 1);
		assert_string_equal(w.found[0].read, "nothing in 5000 ms");
		assert_int_equal(w.rules.phase, i == 0 ? OKNG_PHASE_IDLE : OKNG_PHASE_AWAIT);
	}
}

/* A result that comes after it was given up is counted, and the next number may follow on it. */
static void a_late_result_still_counts(void **state)
{
	struct world w;

	(void)state;
	play(&w, NULL, false, OKNG_WORD_ABCD);
	okng_plc_rules_triggered(&w.rules, 2000, w.now, w.now);
	okng_plc_rules_missing(&w.rules, OKNG_RULE_NO_RESULT, "a result", 5000);
	w.ok++;
	show(&w, REST, BIT(READY), true);
	assert_int_equal(w.n_found, 1);
	assert_int_equal(w.rules.results[OKNG_PLC_VERDICT_OK], PARTS + 1);
	assert_true(okng_plc_rules_counted(&w.rules, w.sight.input));
	okng_plc_rules_finish(&w.rules);
	assert_int_equal(w.n_found, 1);
}

static void counters_that_do_not_count(void **state)
{
	struct world w;
	const struct tamper t = { OKNG_RULE_COUNTERS, false, END };

	(void)state;
	play(&w, &t, false, OKNG_WORD_ABCD);
	assert_int_equal(w.n_found, 1);
	assert_true(w.found[0].rule == OKNG_RULE_COUNTERS);
}

static void sequence_numbers_wrap_to_one(void **state)
{
	struct world w;

	(void)state;
	play(&w, NULL, false, OKNG_WORD_ABCD);
	w.rules.seq = UINT16_MAX;
	okng_plc_rules_triggered(&w.rules, 2000, w.now, w.now);
	w.rules.part = 1 - 70 + UINT16_MAX + 1; /* so that show says number 1 */
	w.verdict = w.now;
	show(&w, REST, BIT(READY), true);
	assert_int_equal(w.sight.input[OKNG_INPUT_SEQ_HEAD], 1);
	assert_int_equal(w.n_found, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_station_breaks_nothing),
		cmocka_unit_test(every_broken_rule_is_named),
		cmocka_unit_test(no_rule_is_left_out),
		cmocka_unit_test(what_does_not_come_is_named),
		cmocka_unit_test(a_late_result_still_counts),
		cmocka_unit_test(counters_that_do_not_count),
		cmocka_unit_test(sequence_numbers_wrap_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

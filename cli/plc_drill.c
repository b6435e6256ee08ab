/* SPDX-License-Identifier: Apache-2.0
 *
 * See plc_drill.h. Every function returns 0, OKNG_PLC_STUCK, or a negative errno after putting down why.
 */
#include "cli/plc_drill.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/plc_moves.h"
#include "cli/plc_rules_break.h"
#include "cli/stop.h"

#define TIMEOUT_MS 300     /* PLC_TIMEOUT of the drill */
#define UNKNOWN_COMMAND 99
#define UNKNOWN_RECIPE 65535
#define STILL_MS 50        /* how long nothing must happen */

typedef bool sight(const struct okng_plc_player *p, unsigned n);

/* What holds in every reading is checked here, too. */
static int look(struct okng_plc_player *p)
{
	int code = okng_plc_look(p);

	if (!code)
		okng_plc_rules_reading(&p->rules, p->sight.input);
	return code;
}

static int await(struct okng_plc_player *p, sight *holds, unsigned n, enum okng_plc_rule rule, const char *what)
{
	int64_t start = okng_stop_now_ns();

	for (;;) {
		int code = look(p);

		if (code || holds(p, n))
			return code;
		if (p->sight.sent_ns - start > p->timeout_ms * INT64_C(1000000)) {
			okng_plc_rules_missing(&p->rules, rule, what, (p->sight.sent_ns - start) / 1000000);
			return OKNG_PLC_STUCK;
		}
		if (!okng_stop_wait_until(okng_stop_now_ns() + OKNG_PLC_PAUSE_NS))
			return okng_plc_fail(p, "playing", -EINTR);
	}
}

static bool is_on(const struct okng_plc_player *p, unsigned bit)
{
	return okng_plc_sees(p, (enum okng_discrete)bit);
}

static bool is_off(const struct okng_plc_player *p, unsigned bit)
{
	return !is_on(p, bit);
}

static bool shows(const struct okng_plc_player *p, unsigned echo)
{
	return p->sight.input[OKNG_INPUT_SEQ_HEAD] && p->sight.input[OKNG_INPUT_TRIG_SEQ_ECHO] == echo;
}

static bool shows_none(const struct okng_plc_player *p, unsigned unused)
{
	(void)unused;
	return !p->sight.input[OKNG_INPUT_SEQ_HEAD];
}

static bool has_error(const struct okng_plc_player *p, unsigned number)
{
	return p->sight.input[OKNG_INPUT_ERROR] == number;
}

static bool has_ended(const struct okng_plc_player *p, unsigned id)
{
	return p->sight.input[OKNG_INPUT_CMD_ID_ECHO] == id && is_off(p, OKNG_DISCRETE_CMD_BUSY);
}

static bool has_counted_nothing(const struct okng_plc_player *p, unsigned unused)
{
	(void)unused;
	for (unsigned i = OKNG_INPUT_COUNT_TOTAL; i < OKNG_INPUT_COUNT_DROPPED; i++)
		if (p->sight.input[i])
			return false;
	return true;
}

static int pulse(struct okng_plc_player *p, enum okng_coil coil)
{
	int code = okng_plc_set_coil(p, coil, true);

	return code ? code : okng_plc_set_coil(p, coil, false);
}

static int acknowledge(struct okng_plc_player *p)
{
	int code = okng_plc_set_word(p, OKNG_HOLDING_RESULT_ACK_SEQ, p->sight.input[OKNG_INPUT_SEQ_HEAD]);

	return code ? code : look(p);
}

/* The trigger just written must end as FAULT with this reason. */
static int expect_refused(struct okng_plc_player *p, enum okng_plc_rule rule, unsigned echo, unsigned reason)
{
	const uint16_t *in = p->sight.input;
	char expected[96];
	int code;

	snprintf(expected, sizeof(expected), "FAULT with reason %u and TRIG_SEQ_ECHO %u", reason, echo);
	code = await(p, shows, echo, rule, expected);
	if (!code && (in[OKNG_INPUT_VERDICT] != OKNG_PLC_VERDICT_FAULT || in[OKNG_INPUT_REASON] != reason))
		okng_plc_rules_break(&p->rules, rule, expected, "VERDICT %u, REASON %u", in[OKNG_INPUT_VERDICT], in[OKNG_INPUT_REASON]);
	if (!code && is_off(p, OKNG_DISCRETE_MISSED_TRIG))
		okng_plc_rules_break(&p->rules, rule, "MISSED_TRIG 1 with it", "0");
	return code ? code : acknowledge(p);
}

/* n parts without waiting for results: then those that were kept, one by one. */
static int wait_in_line(struct okng_plc_player *p, unsigned n, enum okng_plc_rule rule)
{
	const uint16_t *in = p->sight.input;
	unsigned kept = n < OKNG_PLC_BUFFERS ? n : OKNG_PLC_BUFFERS, asked[OKNG_PLC_BUFFERS + 1];
	int code = okng_plc_set_coil(p, OKNG_COIL_BUFFER_RESULTS, true);

	for (unsigned i = 0; i < n && !code; i++) {
		code = await(p, is_on, OKNG_DISCRETE_READY, OKNG_RULE_READY, "READY 1");
		if (!code)
			code = okng_plc_trigger(p);
		asked[i] = p->trig_seq;
	}
	if (!code)
		code = await(p, is_off, OKNG_DISCRETE_BUSY, OKNG_RULE_BUSY, "BUSY 0 after the last result");
	if (!code && in[OKNG_INPUT_BUFFERS_LEFT] != OKNG_PLC_BUFFERS - kept)
		okng_plc_rules_break(&p->rules, OKNG_RULE_BUFFER, "BUFFERS_LEFT 0 with 8 that wait", "%u",
			in[OKNG_INPUT_BUFFERS_LEFT]);
	if (!code && is_on(p, OKNG_DISCRETE_OVERRUN) != (n > kept))
		okng_plc_rules_break(&p->rules, OKNG_RULE_OVERRUN, n > kept ? "OVERRUN 1" : "OVERRUN 0", "%d", n <= kept);
	for (unsigned i = 0; i < kept && !code; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "TRIG_SEQ_ECHO %u, the %u. that waits", asked[i], i + 1);
		if (!shows(p, asked[i])) {
			okng_plc_rules_break(&p->rules, in[OKNG_INPUT_SEQ_HEAD] ? OKNG_RULE_ORDER : rule, expected, "SEQ_HEAD %u, TRIG_SEQ_ECHO %u",
				in[OKNG_INPUT_SEQ_HEAD], in[OKNG_INPUT_TRIG_SEQ_ECHO]);
			return OKNG_PLC_STUCK;
		}
		code = acknowledge(p);
		if (!code && in[OKNG_INPUT_BUFFERS_LEFT] != OKNG_PLC_BUFFERS - kept + i + 1)
			okng_plc_rules_break(&p->rules, OKNG_RULE_BUFFER, "one more BUFFERS_LEFT after an acknowledgement", "%u", in[OKNG_INPUT_BUFFERS_LEFT]);
	}
	return code ? code : await(p, shows_none, 0, rule, "a block of zeros after the last one");
}

static int buffer(struct okng_plc_player *p)
{
	return wait_in_line(p, OKNG_PLC_BUFFERS, OKNG_RULE_BUFFER);
}

static int overrun(struct okng_plc_player *p)
{
	int code = wait_in_line(p, OKNG_PLC_BUFFERS + 1, OKNG_RULE_OVERRUN);

	if (!code)
		code = pulse(p, OKNG_COIL_CLEAR_ERROR);
	return code ? code : await(p, is_off, OKNG_DISCRETE_OVERRUN, OKNG_RULE_OVERRUN, "OVERRUN 0 after CLEAR_ERROR");
}

/* TRIG without TRIG_ENABLE. */
static int not_ready(struct okng_plc_player *p)
{
	int code = pulse(p, OKNG_COIL_CLEAR_ERROR);

	if (!code)
		code = okng_plc_set_coil(p, OKNG_COIL_TRIG, true);
	if (!code)
		code = await(p, shows, 0, OKNG_RULE_NOT_READY, "FAULT with reason 25 for TRIG without TRIG_ENABLE");
	if (!code && is_on(p, OKNG_DISCRETE_TRIG_ACK))
		okng_plc_rules_break(&p->rules, OKNG_RULE_NOT_READY, "no TRIG_ACK for a trigger that is not accepted", "TRIG_ACK 1");
	if (!code)
		code = expect_refused(p, OKNG_RULE_NOT_READY, 0, OKNG_PLC_REASON_NOT_READY);
	return code < 0 ? code : okng_plc_set_coil(p, OKNG_COIL_TRIG, false);
}

static int offline(struct okng_plc_player *p)
{
	int code = okng_plc_set_coil(p, OKNG_COIL_SET_OFFLINE, true), back;

	if (!code)
		code = await(p, is_off, OKNG_DISCRETE_READY, OKNG_RULE_OFFLINE, "READY 0 after SET_OFFLINE");
	if (!code)
		code = await(p, is_off, OKNG_DISCRETE_ONLINE, OKNG_RULE_OFFLINE, "ONLINE 0 after SET_OFFLINE");
	if (!code)
		code = okng_plc_trigger(p);
	if (!code)
		code = expect_refused(p, OKNG_RULE_OFFLINE, p->trig_seq, OKNG_PLC_REASON_OFFLINE);
	back = code < 0 ? code : okng_plc_set_coil(p, OKNG_COIL_SET_OFFLINE, false);
	return back ? back : code ? code : await(p, is_on, OKNG_DISCRETE_ONLINE, OKNG_RULE_OFFLINE, "ONLINE 1 after SET_OFFLINE 0");
}

static int beat(struct okng_plc_player *p, uint16_t timeout_ms)
{
	int code = okng_plc_set_word(p, OKNG_HOLDING_PLC_TIMEOUT, timeout_ms);

	return code ? code : okng_plc_set_word(p, OKNG_HOLDING_PLC_HEARTBEAT, ++p->beat);
}

static int plc_lost(struct okng_plc_player *p)
{
	int code = beat(p, TIMEOUT_MS), back;

	if (!code)
		code = await(p, is_on, OKNG_DISCRETE_PLC_LOST, OKNG_RULE_PLC_LOST, "PLC_LOST 1 after PLC_TIMEOUT without a beat");
	if (!code && is_on(p, OKNG_DISCRETE_READY))
		okng_plc_rules_break(&p->rules, OKNG_RULE_PLC_LOST, "READY 0 with PLC_LOST", "1");
	if (!code)
		code = okng_plc_trigger(p);
	if (!code)
		code = expect_refused(p, OKNG_RULE_PLC_LOST, p->trig_seq, OKNG_PLC_REASON_PLC_LOST);
	back = code < 0 ? code : beat(p, p->found.holding[OKNG_HOLDING_PLC_TIMEOUT]);
	return back ? back : code ? code : await(p, is_off, OKNG_DISCRETE_PLC_LOST, OKNG_RULE_PLC_LOST, "PLC_LOST 0 after a beat");
}

static int mixed(struct okng_plc_player *p)
{
	int code = okng_plc_set_coil(p, OKNG_COIL_TRIG_ENABLE, true);

	if (!code)
		code = await(p, is_on, OKNG_DISCRETE_READY, OKNG_RULE_READY, "READY 1 after TRIG_ENABLE");
	if (!code)
		code = okng_plc_set_coil(p, OKNG_COIL_TRIG, true);
	if (!code)
		code = okng_plc_trigger(p);
	if (!code)
		code = await(p, has_error, OKNG_PLC_ERROR_MIXED_STYLES, OKNG_RULE_MIXED, "ERROR 40 for TRIG_SEQ while TRIG is 1");
	if (code >= 0)
		code = okng_plc_settle(p);
	if (!code)
		code = pulse(p, OKNG_COIL_CLEAR_ERROR);
	return code ? code : await(p, has_error, 0, OKNG_RULE_MIXED, "ERROR 0 after CLEAR_ERROR");
}

/* Nothing more than is shown comes of what was written last. */
static int nothing_happens(struct okng_plc_player *p, enum okng_plc_rule rule, const char *after)
{
	unsigned head = p->sight.input[OKNG_INPUT_SEQ_HEAD];
	int64_t end = okng_stop_now_ns() + STILL_MS * INT64_C(1000000);
	int code;

	while (!(code = look(p)) && okng_stop_now_ns() < end) {
		if (is_on(p, OKNG_DISCRETE_BUSY) || (p->sight.input[OKNG_INPUT_SEQ_HEAD] && p->sight.input[OKNG_INPUT_SEQ_HEAD] != head)) {
			okng_plc_rules_break(&p->rules, rule, "nothing", "a part after %s", after);
			return OKNG_PLC_STUCK;
		}
		if (!okng_stop_wait_until(okng_stop_now_ns() + OKNG_PLC_PAUSE_NS))
			return okng_plc_fail(p, "playing", -EINTR);
	}
	return code;
}

static int rearm(struct okng_plc_player *p)
{
	unsigned head;
	int code = okng_plc_trigger(p);

	if (!code)
		code = await(p, shows, p->trig_seq, OKNG_RULE_NO_RESULT, "a result");
	head = p->sight.input[OKNG_INPUT_SEQ_HEAD];
	if (!code)
		code = acknowledge(p);
	if (!code)
		code = okng_plc_set_word(p, OKNG_HOLDING_TRIG_SEQ, 0);
	if (!code)
		code = nothing_happens(p, OKNG_RULE_REARM, "TRIG_SEQ 0");
	if (!code)
		code = okng_plc_set_word(p, OKNG_HOLDING_TRIG_SEQ, p->trig_seq);
	if (!code)
		code = await(p, shows, p->trig_seq, OKNG_RULE_REARM, "a result of the same number after TRIG_SEQ 0");
	if (!code && p->sight.input[OKNG_INPUT_SEQ_HEAD] == head)
		okng_plc_rules_break(&p->rules, OKNG_RULE_REARM, "a new result", "the old one, SEQ_HEAD %u", head);
	return code ? code : acknowledge(p);
}

static int connect_anew(struct okng_plc_player *p, struct okng_modbus *m)
{
	int code = okng_modbus_open(m, p->host, p->port, p->unit, p->timeout_ms, p->timeout_ms, NULL);

	return code ? okng_plc_fail(p, "connecting once more", code) : 0;
}

static int reconnect(struct okng_plc_player *p)
{
	int code = okng_plc_trigger(p);

	if (code)
		return code;
	okng_modbus_close(&p->modbus);
	code = connect_anew(p, &p->modbus);
	return code ? code : await(p, shows, p->trig_seq, OKNG_RULE_RECONNECT, "the result of a trigger of the connection before");
}

static int second_writer(struct okng_plc_player *p)
{
	struct okng_modbus other = { .fd = -1 };
	uint16_t word = 0;
	int code = connect_anew(p, &other), wrote;

	if (code)
		return code;
	code = okng_modbus_read_words(&other, OKNG_TABLE_INPUT, 0, 1, &word);
	if (code)
		okng_plc_rules_break(&p->rules, OKNG_RULE_WRITER, "a second client reads", "%s", okng_modbus_text(code));
	word = 0;
	wrote = code < 0 ? code : okng_modbus_write_words(&other, OKNG_HOLDING_RESULT_ACK_SEQ, 1, &word);
	if (wrote != 6)
		okng_plc_rules_break(&p->rules, OKNG_RULE_WRITER, "exception 6 for the write of a second client", "%s",
			wrote ? okng_modbus_text(wrote) : "an answer");
	okng_modbus_close(&other);
	return 0;
}

/* Gives it and waits for its end; *result is CMD_RESULT. */
static int command(struct okng_plc_player *p, uint16_t number, uint32_t args, unsigned *result)
{
	const uint16_t *in = p->sight.input;
	uint16_t words[2];
	int code = okng_plc_set_word(p, OKNG_HOLDING_CMD_CODE, number);

	okng_regmap_put_u32(words, args, p->rules.order);
	for (int i = 0; i < 2 && !code; i++)
		code = okng_plc_set_word(p, (uint16_t)(OKNG_HOLDING_CMD_ARGS + i), words[i]);
	p->cmd_id = p->cmd_id == UINT16_MAX ? 1 : (uint16_t)(p->cmd_id + 1);
	if (!code)
		code = okng_plc_set_word(p, OKNG_HOLDING_CMD_ID, p->cmd_id);
	if (!code)
		code = await(p, has_ended, p->cmd_id, OKNG_RULE_COMMAND, "CMD_ID_ECHO and CMD_BUSY 0");
	if (code)
		return code;
	*result = in[OKNG_INPUT_CMD_RESULT];
	if (in[OKNG_INPUT_CMD_CODE_ECHO] != number)
		okng_plc_rules_break(&p->rules, OKNG_RULE_COMMAND, "CMD_CODE_ECHO as written", "%u for %u", in[OKNG_INPUT_CMD_CODE_ECHO], number);
	if (is_on(p, OKNG_DISCRETE_CMD_DONE) != (*result == 0) || is_on(p, OKNG_DISCRETE_CMD_FAILED) != (*result != 0))
		okng_plc_rules_break(&p->rules, OKNG_RULE_COMMAND, "CMD_DONE with CMD_RESULT 0, else CMD_FAILED", "CMD_DONE %d, CMD_FAILED %d, CMD_RESULT %u",
			is_on(p, OKNG_DISCRETE_CMD_DONE), is_on(p, OKNG_DISCRETE_CMD_FAILED), *result);
	return 0;
}

static int unknown_command(struct okng_plc_player *p)
{
	unsigned result = 0;
	int code = command(p, UNKNOWN_COMMAND, 0, &result);

	if (!code && !result)
		okng_plc_rules_break(&p->rules, OKNG_RULE_COMMAND, "CMD_FAILED for a command that there is not", "CMD_RESULT 0");
	return code;
}

static int clear(struct okng_plc_player *p)
{
	unsigned result = 0;
	int code = command(p, OKNG_PLC_COMMAND_CLEAR_COUNTERS, 0, &result);

	if (!code && result)
		okng_plc_rules_break(&p->rules, OKNG_RULE_CLEAR, "CMD_DONE for CLEAR_COUNTERS", "CMD_RESULT %u", result);
	if (!code)
		code = await(p, has_counted_nothing, 0, OKNG_RULE_CLEAR, "counters of 0 after CLEAR_COUNTERS");
	if (!code)
		code = okng_plc_trigger(p);
	if (!code)
		code = await(p, shows, p->trig_seq, OKNG_RULE_NO_RESULT, "a result");
	if (!code)
		code = acknowledge(p);
	if (!code)
		code = pulse(p, OKNG_COIL_RESET_COUNTERS);
	return code ? code : await(p, has_counted_nothing, 0, OKNG_RULE_CLEAR, "counters of 0 after RESET_COUNTERS");
}

static int expect_recipe(struct okng_plc_player *p, unsigned number, const char *after)
{
	int code = look(p);

	if (!code && p->sight.input[OKNG_INPUT_RECIPE] != number) {
		char expected[64];

		snprintf(expected, sizeof(expected), "RECIPE %u after %s", number, after);
		okng_plc_rules_break(&p->rules, OKNG_RULE_SELECT, expected, "%u", p->sight.input[OKNG_INPUT_RECIPE]);
	}
	return code;
}

static int select_recipe(struct okng_plc_player *p)
{
	unsigned mine = p->found.input[OKNG_INPUT_RECIPE], result = 0;
	int code = command(p, OKNG_PLC_COMMAND_SELECT_RECIPE, UNKNOWN_RECIPE, &result);

	if (!code && !result)
		okng_plc_rules_break(&p->rules, OKNG_RULE_SELECT, "CMD_FAILED for recipe 65535", "CMD_RESULT 0");
	if (!code)
		code = expect_recipe(p, mine, "a recipe that there is not");
	if (!code)
		code = command(p, OKNG_PLC_COMMAND_SELECT_RECIPE, mine, &result);
	if (!code && result)
		okng_plc_rules_break(&p->rules, OKNG_RULE_SELECT, "CMD_DONE for the recipe in force", "CMD_RESULT %u", result);
	if (!code)
		code = expect_recipe(p, mine, "choosing it");
	if (!code)
		code = command(p, OKNG_PLC_COMMAND_RELOAD, 0, &result);
	if (!code && result)
		okng_plc_rules_break(&p->rules, OKNG_RULE_SELECT, "CMD_DONE for RELOAD", "CMD_RESULT %u", result);
	return code ? code : command(p, OKNG_PLC_COMMAND_TEST_RUN, 0, &result); /* it may fail, but must end */
}

int okng_plc_drill(struct okng_plc_player *p, bool commands)
{
	static int (*const drills[])(struct okng_plc_player *p) = {
		buffer, overrun, not_ready, offline, plc_lost, mixed, rearm, second_writer, unknown_command, reconnect, clear, select_recipe,
	};
	size_t n = sizeof(drills) / sizeof(drills[0]) - (commands ? 0 : 2);
	int code = 0;

	p->cmd_id = p->found.holding[OKNG_HOLDING_CMD_ID];
	p->beat = p->found.holding[OKNG_HOLDING_PLC_HEARTBEAT];
	for (size_t i = 0; i < n && code >= 0; i++) {
		code = okng_plc_settle(p);
		if (!code)
			code = await(p, is_on, OKNG_DISCRETE_READY, OKNG_RULE_READY, "READY 1 before a drill");
		if (!code)
			code = drills[i](p);
	}
	if (code >= 0)
		code = okng_plc_settle(p);
	return code;
}

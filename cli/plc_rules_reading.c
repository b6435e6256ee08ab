/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold in every single reading: constants, bits against words, codes, sums.
 */
#include <string.h>

#include "cli/plc_rules_break.h"
#include "cli/plc_view.h"

static bool bit(const struct okng_plc_rules *r, const uint16_t *input, enum okng_discrete which)
{
	return okng_plc_sight_bit(input, r->order, which);
}

static void check_constants(struct okng_plc_rules *r, const uint16_t *input)
{
	uint16_t want[OKNG_MAP_INPUTS] = { 0 };

	okng_regmap_put_constants(want, r->order);
	if (input[OKNG_INPUT_MAP_VERSION] != 1)
		okng_plc_rules_break(r, OKNG_RULE_MAP_VERSION, "1", "%u", input[OKNG_INPUT_MAP_VERSION]);
	if (memcmp(want + OKNG_INPUT_TEST_U32, input + OKNG_INPUT_TEST_U32, 6 * sizeof(*want)))
		okng_plc_rules_break(r, OKNG_RULE_TEST, "16#12345678, 123.45, ABCD in registers 64 to 69",
			"16#%04x %04x %04x %04x %04x %04x", input[64], input[65], input[66], input[67], input[68], input[69]);
}

static void check_rails(struct okng_plc_rules *r, const uint16_t *input)
{
	unsigned valid = bit(r, input, OKNG_DISCRETE_RESULT_VALID), ok = bit(r, input, OKNG_DISCRETE_OK),
		ng = bit(r, input, OKNG_DISCRETE_NG), review = bit(r, input, OKNG_DISCRETE_REVIEW);
	unsigned head = input[OKNG_INPUT_SEQ_HEAD], verdict = input[OKNG_INPUT_VERDICT];
	bool shown = head != 0, good = shown && verdict == OKNG_PLC_VERDICT_OK;

	if (ok && ng)
		okng_plc_rules_break(r, OKNG_RULE_DUAL_RAIL, "OK and NG not both 1", "OK 1, NG 1");
	if (valid != shown || ok != good || ng != (shown && !good) ||
		review != (shown && verdict == OKNG_PLC_VERDICT_REVIEW))
		okng_plc_rules_break(r, OKNG_RULE_BITS, "bits as SEQ_HEAD and VERDICT say",
			"RESULT_VALID %u, OK %u, NG %u, REVIEW %u with SEQ_HEAD %u, VERDICT %u", valid, ok, ng, review, head, verdict);
}

static void check_known(struct okng_plc_rules *r, const uint16_t *input, unsigned at, const char *list)
{
	if (!okng_plc_view_code_of(list, input[at]))
		okng_plc_rules_break(r, OKNG_RULE_CODES, "a code of the map", "%s %u", list, input[at]);
}

static void check_codes(struct okng_plc_rules *r, const uint16_t *input)
{
	unsigned verdict = input[OKNG_INPUT_VERDICT], reason = input[OKNG_INPUT_REASON];

	check_known(r, input, OKNG_INPUT_STATE, "state");
	check_known(r, input, OKNG_INPUT_ERROR, "error");
	check_known(r, input, OKNG_INPUT_WARNING, "warning");
	check_known(r, input, OKNG_INPUT_OFFLINE_REASON, "offline");
	if (!input[OKNG_INPUT_SEQ_HEAD])
		return;
	check_known(r, input, OKNG_INPUT_REASON, "reason");
	if (verdict < OKNG_PLC_VERDICT_OK || verdict > OKNG_PLC_VERDICT_FAULT)
		okng_plc_rules_break(r, OKNG_RULE_CODES, "a verdict from 1 to 4", "verdict %u", verdict);
	else if ((verdict == OKNG_PLC_VERDICT_OK && reason) || (verdict == OKNG_PLC_VERDICT_FAULT && !reason))
		okng_plc_rules_break(r, OKNG_RULE_CODES, "OK without a reason, FAULT with one", "verdict %u, reason %u", verdict, reason);
}

static void check_word(struct okng_plc_rules *r, const uint16_t *input, enum okng_discrete which, bool want, const char *expected,
	unsigned at)
{
	if (bit(r, input, which) != want)
		okng_plc_rules_break(r, OKNG_RULE_WORDS, expected, "bit %d with register %u = %u", !want, at, input[at]);
}

static void check_words(struct okng_plc_rules *r, const uint16_t *input)
{
	check_word(r, input, OKNG_DISCRETE_ERROR, input[OKNG_INPUT_ERROR], "ERROR bit as the register", OKNG_INPUT_ERROR);
	check_word(r, input, OKNG_DISCRETE_WARNING, input[OKNG_INPUT_WARNING], "WARNING bit as the register", OKNG_INPUT_WARNING);
	check_word(r, input, OKNG_DISCRETE_ONLINE, !input[OKNG_INPUT_OFFLINE_REASON], "ONLINE when OFFLINE_REASON is 0",
		OKNG_INPUT_OFFLINE_REASON);
}

static void check_sum(struct okng_plc_rules *r, const uint16_t *input)
{
	uint32_t n[5], sum = 0;

	for (unsigned i = 0; i < 5; i++) {
		n[i] = okng_regmap_get_u32(input + OKNG_INPUT_COUNT_TOTAL + 2 * i, r->order);
		sum += i ? n[i] : 0;
	}
	if (n[0] != sum)
		okng_plc_rules_break(r, OKNG_RULE_COUNTERS, "TOTAL = OK + NG + REVIEW + FAULT", "%u = %u + %u + %u + %u", n[0], n[1], n[2],
			n[3], n[4]);
}

bool okng_plc_rules_block_is_zero(const uint16_t input[OKNG_MAP_INPUTS], unsigned *at)
{
	for (*at = OKNG_MAP_BLOCK; *at < OKNG_MAP_BLOCK_END; ++*at)
		if (input[*at])
			return false;
	return true;
}

void okng_plc_rules_reading(struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS])
{
	unsigned head = input[OKNG_INPUT_SEQ_HEAD], tail = input[OKNG_INPUT_SEQ_TAIL], at;

	check_constants(r, input);
	check_rails(r, input);
	check_codes(r, input);
	check_words(r, input);
	check_sum(r, input);
	if (head != tail)
		okng_plc_rules_break(r, OKNG_RULE_HEAD_TAIL, "SEQ_HEAD = SEQ_TAIL", "%u and %u", head, tail);
	else if (!head && !okng_plc_rules_block_is_zero(input, &at))
		okng_plc_rules_break(r, OKNG_RULE_BLOCK_ZERO, "all zero where SEQ_HEAD is 0", "register %u = %u", at, input[at]);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the two files of the rules only: how a broken rule is put down, and the checks of a single reading.
 */
#ifndef OKNG_CLI_PLC_RULES_BREAK_H
#define OKNG_CLI_PLC_RULES_BREAK_H

#include "cli/plc_rules.h"

/* "expected" and "read" as one text each; a rule is reported once a part. */
void okng_plc_rules_break(struct okng_plc_rules *r, enum okng_plc_rule rule, const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What must hold in any reading, whatever was written. */
void okng_plc_rules_reading(struct okng_plc_rules *r, const uint16_t input[OKNG_MAP_INPUTS]);

/* *at: the first register of the result block that is not 0. */
bool okng_plc_rules_block_is_zero(const uint16_t input[OKNG_MAP_INPUTS], unsigned *at);

#endif

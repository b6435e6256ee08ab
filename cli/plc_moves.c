/* SPDX-License-Identifier: Apache-2.0
 *
 * See plc_moves.h.
 */
#include "cli/plc_moves.h"

#include <errno.h>
#include <stdio.h>

#include "cli/stop.h"

int okng_plc_fail(struct okng_plc_player *p, const char *what, int code)
{
	snprintf(p->why, sizeof(p->why), "%s: %s", what, okng_modbus_text(code));
	return code < 0 ? code : -EIO;
}

int okng_plc_asked(struct okng_plc_player *p, const char *what, int code)
{
	if (!code)
		okng_times_add(&p->requests, p->modbus.seen_ns - p->modbus.sent_ns);
	return code ? okng_plc_fail(p, what, code) : 0;
}

int okng_plc_look(struct okng_plc_player *p)
{
	int code = okng_modbus_read_words(&p->modbus, OKNG_TABLE_INPUT, 0, OKNG_MAP_INPUTS, p->sight.input);

	p->sight.sent_ns = p->modbus.sent_ns;
	p->sight.seen_ns = p->modbus.seen_ns;
	return okng_plc_asked(p, "reading the input registers", code);
}

bool okng_plc_sees(const struct okng_plc_player *p, enum okng_discrete bit)
{
	return okng_plc_sight_bit(p->sight.input, p->rules.order, bit);
}

static int wrote(struct okng_plc_player *p, const char *what, int code)
{
	if (code == 6)
		snprintf(p->why, sizeof(p->why), "%s: exception 6: another client is the writer", what);
	else if (code == 1)
		snprintf(p->why, sizeof(p->why), "%s: exception 1: this machine may not write (plc.write_allow)", what);
	if (code == 6 || code == 1)
		return -EBUSY;
	return okng_plc_asked(p, what, code);
}

int okng_plc_set_coil(struct okng_plc_player *p, enum okng_coil coil, bool on)
{
	int code = wrote(p, "writing a coil", okng_modbus_write_coil(&p->modbus, (uint16_t)coil, on));

	if (!code) {
		p->coils = (uint16_t)(on ? p->coils | 1u << coil : p->coils & ~(1u << coil));
		okng_plc_rules_controls(&p->rules, p->coils);
	}
	return code;
}

int okng_plc_set_word(struct okng_plc_player *p, uint16_t at, uint16_t value)
{
	return wrote(p, "writing a register", okng_modbus_write_words(&p->modbus, at, 1, &value));
}

int okng_plc_trigger(struct okng_plc_player *p)
{
	uint16_t seq = p->trig_seq == UINT16_MAX ? 1 : (uint16_t)(p->trig_seq + 1);
	int code = okng_plc_set_word(p, OKNG_HOLDING_TRIG_SEQ, seq);

	if (!code)
		p->trig_seq = seq;
	return code;
}

static bool is_idle(const struct okng_plc_player *p)
{
	return !okng_plc_sees(p, OKNG_DISCRETE_BUSY) && !okng_plc_sees(p, OKNG_DISCRETE_RESULT_VALID);
}

int okng_plc_settle(struct okng_plc_player *p)
{
	static const enum okng_coil off[] = { OKNG_COIL_RESULT_ACK, OKNG_COIL_TRIG, OKNG_COIL_TRIG_ENABLE, OKNG_COIL_BUFFER_RESULTS };
	int64_t end = okng_stop_now_ns() + p->timeout_ms * INT64_C(1000000);
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(off) / sizeof(off[0]); i++) {
		code = okng_plc_set_coil(p, off[i], false);
		p->owner = p->owner || !code;
	}
	while (!code && !(code = okng_plc_look(p)) && !is_idle(p) && okng_stop_now_ns() < end) {
		if (okng_plc_sees(p, OKNG_DISCRETE_RESULT_VALID)) {
			code = okng_plc_set_coil(p, OKNG_COIL_RESULT_ACK, true);
			if (!code)
				code = okng_plc_set_coil(p, OKNG_COIL_RESULT_ACK, false);
		} else if (!okng_stop_wait_until(okng_stop_now_ns() + OKNG_PLC_PAUSE_NS)) {
			code = okng_plc_fail(p, "playing", -EINTR);
		}
	}
	if (!code && !is_idle(p)) {
		snprintf(p->why, sizeof(p->why), "a part is under way and does not end");
		code = -EBUSY;
	}
	return code;
}

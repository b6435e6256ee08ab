/* SPDX-License-Identifier: Apache-2.0
 *
 * Every write of the PLC is one event, compared with what stood there before: edges are differences, not pulses.
 */
#include "plc/handshake.h"

#include <errno.h>
#include <string.h>

static bool level(const uint16_t *holding, int coil)
{
	return holding[OKNG_HR_CONTROL_BITS] >> coil & 1;
}

static bool shown(const struct okng_handshake *h)
{
	return h->waiting > 0 && !level(h->holding, OKNG_COIL_RESULT_ACK);
}

void okng_handshake_init(struct okng_handshake *h)
{
	memset(h, 0, sizeof *h);
}

bool okng_handshake_ready(const struct okng_handshake *h)
{
	const struct okng_plc_status *s = &h->status;
	if (!s->online || !s->camera_ok || !s->recipe_ok || h->plc_lost || h->error || h->accepted >= s->room)
		return false;
	if (!h->bit_style)
		return true;
	if (!level(h->holding, OKNG_COIL_TRIG_ENABLE) || level(h->holding, OKNG_COIL_TRIG))
		return false;
	if (level(h->holding, OKNG_COIL_BUFFER_RESULTS))
		return true;
	return !h->bit_part && !level(h->holding, OKNG_COIL_RESULT_ACK);
}

/* TRIG itself may be on its way up: READY is asked as it was before. */
static bool ready_for_bit(const struct okng_handshake *h, bool was_ready)
{
	return was_ready && level(h->holding, OKNG_COIL_TRIG_ENABLE);
}

static void ask(struct okng_handshake *h, uint16_t trig_seq, bool accept, struct okng_handshake_actions *a)
{
	uint16_t reason = OKNG_PLC_REASON_NOT_READY;
	if (h->plc_lost)
		reason = OKNG_PLC_REASON_PLC_LOST;
	if (!h->status.online && h->known)
		reason = OKNG_PLC_REASON_OFFLINE;
	a->asked = (struct okng_plc_trigger){
		.trig_seq = trig_seq,
		.refused = accept ? 0 : reason,
		.deadline_ms = h->holding[OKNG_HR_VERDICT_DEADLINE],
	};
	okng_reg_get_ascii(&h->holding[OKNG_HR_PART_ID], OKNG_PLC_PART_ID / 2, a->asked.part_id);
	if (accept) {
		a->trigger = true;
		h->accepted++;
		h->unexposed++;
		h->missed = h->exposure_done = false;
		if (!level(h->holding, OKNG_COIL_BUFFER_RESULTS))
			h->waiting = 0;
		return;
	}
	h->missed = true;
	h->missed_count++;
	if (h->refused < OKNG_HANDSHAKE_REFUSED) {
		a->trigger = true;
		h->refused++;
	}
}

static void take_acks(struct okng_handshake *h, const uint16_t *before)
{
	bool by_bit = !level(before, OKNG_COIL_RESULT_ACK) && level(h->holding, OKNG_COIL_RESULT_ACK);
	uint16_t seq = h->holding[OKNG_HR_RESULT_ACK_SEQ];
	bool by_seq = seq != before[OKNG_HR_RESULT_ACK_SEQ] && h->waiting && seq == h->queue[0].result.seq;
	if (h->waiting && (by_bit || by_seq)) {
		h->waiting--;
		memmove(h->queue, h->queue + 1, (size_t)h->waiting * sizeof *h->queue);
	}
	if (h->waiting == 0 && h->accepted == 0)
		h->bit_part = false;
}

/* Sequence style: a new non-zero number. */
static void take_trig_seq(struct okng_handshake *h, const uint16_t *before, struct okng_handshake_actions *a)
{
	uint16_t seq = h->holding[OKNG_HR_TRIG_SEQ];
	if (seq == 0 || seq == before[OKNG_HR_TRIG_SEQ])
		return;
	if (h->bit_part || level(h->holding, OKNG_COIL_TRIG)) {
		h->error = OKNG_PLC_ERROR_MIXED_STYLES;
		ask(h, seq, false, a);
		return;
	}
	h->bit_style = false;
	ask(h, seq, okng_handshake_ready(h), a);
}

/* Bit style: levels, each edge answered. */
static void take_trig(struct okng_handshake *h, const uint16_t *before, bool was_ready, struct okng_handshake_actions *a)
{
	bool was = level(before, OKNG_COIL_TRIG), is = level(h->holding, OKNG_COIL_TRIG);
	if (!is)
		h->trig_ack = false;
	if (was || !is || a->trigger) /* one write that asks both ways was answered as mixing above */
		return;
	bool mixing = h->accepted > 0 && !h->bit_part;
	if (mixing)
		h->error = OKNG_PLC_ERROR_MIXED_STYLES;
	bool accept = !mixing && ready_for_bit(h, was_ready);
	ask(h, 0, accept, a);
	if (accept) {
		h->bit_style = h->bit_part = true;
		h->trig_ack = true;
	}
}

static void take_command(struct okng_handshake *h, const uint16_t *before, enum okng_word_order order, struct okng_handshake_actions *a)
{
	uint16_t id = h->holding[OKNG_HR_CMD_ID], code = h->holding[OKNG_HR_CMD_CODE];
	bool by_id = id != 0 && id != before[OKNG_HR_CMD_ID];
	bool by_bit = !level(before, OKNG_COIL_CMD_EXEC) && level(h->holding, OKNG_COIL_CMD_EXEC);
	if (!by_id && !by_bit)
		return;
	if (h->cmd_busy || code < 1 || code > 4) {
		h->cmd_result = h->cmd_busy ? EBUSY : ENOSYS;
		h->cmd_failed = true;
		h->cmd_done = false;
		h->echo_code = code;
		h->echo_id = id;
		return;
	}
	h->cmd_busy = true;
	h->cmd_done = h->cmd_failed = false;
	h->cmd_code = code;
	h->cmd_id = id;
	a->command = true;
	a->code = code;
	a->id = id;
	a->args = okng_reg_get_u32(&h->holding[OKNG_HR_CMD_ARGS], order);
}

static void take_switches(struct okng_handshake *h, const uint16_t *before, struct okng_handshake_actions *a)
{
	uint16_t bits = h->holding[OKNG_HR_CONTROL_BITS], old = before[OKNG_HR_CONTROL_BITS], raised = (uint16_t)(bits & ~old);
	if (raised >> OKNG_COIL_CLEAR_ERROR & 1) {
		h->error = 0;
		h->missed = h->overrun = false;
		h->bit_part = h->bit_part && h->accepted > 0; /* a cycle that was never acknowledged ends here */
		a->clear_error = true;
	}
	if (raised >> OKNG_COIL_RESET_COUNTERS & 1) {
		h->missed_count = 0;
		h->overrun = false;
		a->reset_counters = true;
	}
	if ((bits ^ old) >> OKNG_COIL_SET_OFFLINE & 1) {
		a->offline = true;
		a->offline_value = bits >> OKNG_COIL_SET_OFFLINE & 1;
		/* At once, not when the station has heard of it: no trigger may slip in between. */
		if (a->offline_value)
			h->status.online = 0;
	}
	if (raised >> OKNG_COIL_TRIG_ENABLE & 1 && h->accepted == 0)
		h->bit_style = true;
}

void okng_handshake_write(struct okng_handshake *h, const uint16_t *holding, enum okng_word_order order, int64_t now_ms,
	struct okng_handshake_actions *a)
{
	uint16_t before[OKNG_HOLDING_REGISTERS];
	memset(a, 0, sizeof *a);
	okng_handshake_tick(h, now_ms);
	bool was_ready = okng_handshake_ready(h);
	memcpy(before, h->holding, sizeof before);
	memcpy(h->holding, holding, sizeof h->holding);
	if (holding[OKNG_HR_PLC_HEARTBEAT] != before[OKNG_HR_PLC_HEARTBEAT] || holding[OKNG_HR_PLC_TIMEOUT] != before[OKNG_HR_PLC_TIMEOUT]) {
		h->heard_ms = now_ms;
		h->plc_lost = false;
	}
	take_switches(h, before, a);
	take_acks(h, before);
	take_trig_seq(h, before, a);
	take_trig(h, before, was_ready && h->status.online, a);
	take_command(h, before, order, a);
}

void okng_handshake_status(struct okng_handshake *h, const struct okng_plc_status *status)
{
	h->status = *status;
	h->known = true;
	if (level(h->holding, OKNG_COIL_SET_OFFLINE))
		h->status.online = 0;
}

void okng_handshake_exposed(struct okng_handshake *h)
{
	if (h->unexposed > 0) {
		h->unexposed--;
		h->exposure_done = true;
	}
}

static bool is_refusal(uint16_t reason)
{
	return reason == OKNG_PLC_REASON_NOT_READY || reason == OKNG_PLC_REASON_OFFLINE || reason == OKNG_PLC_REASON_PLC_LOST;
}

void okng_handshake_publish(struct okng_handshake *h, const struct okng_plc_result *result, int64_t now_ms)
{
	if (result->answers_plc && is_refusal(result->reason)) {
		h->refused -= h->refused > 0;
	} else if (result->answers_plc) {
		h->accepted -= h->accepted > 0;
		if (h->unexposed > h->accepted) { /* judged without a frame */
			h->unexposed = h->accepted;
			h->exposure_done = true;
		}
	}
	if (!level(h->holding, OKNG_COIL_BUFFER_RESULTS)) {
		h->waiting = 0;
	} else if (h->waiting == OKNG_PLC_BUFFERS) {
		h->overrun = true;
		return;
	}
	h->queue[h->waiting++] = (struct okng_shown){*result, now_ms};
}

void okng_handshake_command_done(struct okng_handshake *h, uint16_t id, uint16_t result)
{
	if (!h->cmd_busy || id != h->cmd_id)
		return;
	h->cmd_busy = false;
	h->cmd_done = result == 0;
	h->cmd_failed = result != 0;
	h->echo_code = h->cmd_code;
	h->echo_id = id;
	h->cmd_result = result;
}

void okng_handshake_recipe_changed(struct okng_handshake *h)
{
	h->waiting = 0;
	if (h->accepted == 0)
		h->bit_part = false;
}

void okng_handshake_tick(struct okng_handshake *h, int64_t now_ms)
{
	uint16_t limit = h->holding[OKNG_HR_PLC_TIMEOUT];
	if (limit && now_ms - h->heard_ms > limit)
		h->plc_lost = true;
	else if (!limit)
		h->plc_lost = false;
}

uint32_t okng_handshake_bits(const struct okng_handshake *h)
{
	const struct okng_plc_status *s = &h->status;
	uint16_t verdict = shown(h) ? h->queue[0].result.verdict : 0;
	const struct {
		int bit;
		bool on;
	} bits[] = {
		{OKNG_DI_READY, okng_handshake_ready(h)}, {OKNG_DI_ONLINE, s->online}, {OKNG_DI_TRIG_ACK, h->trig_ack},
		{OKNG_DI_EXPOSURE_DONE, h->exposure_done}, {OKNG_DI_BUSY, h->accepted > 0}, {OKNG_DI_RESULT_VALID, shown(h)},
		{OKNG_DI_OK, verdict == 1}, {OKNG_DI_NG, verdict > 1}, {OKNG_DI_ERROR, s->error || h->error},
		{OKNG_DI_WARNING, s->warning}, {OKNG_DI_OVERRUN, h->overrun}, {OKNG_DI_MISSED_TRIG, h->missed},
		{OKNG_DI_CMD_BUSY, h->cmd_busy}, {OKNG_DI_CMD_DONE, h->cmd_done}, {OKNG_DI_CMD_FAILED, h->cmd_failed},
		{OKNG_DI_HEARTBEAT, h->beats & 1}, {OKNG_DI_REVIEW, verdict == 3}, {OKNG_DI_CAMERA_OK, s->camera_ok},
		{OKNG_DI_IMAGE_DRIFT, s->drift}, {OKNG_DI_DISK_WARN, s->disk_warn}, {OKNG_DI_PLC_LOST, h->plc_lost},
		{OKNG_DI_SIMULATION, s->simulation},
	};
	uint32_t all = 0;
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		all |= (uint32_t)bits[i].on << bits[i].bit;
	return all;
}

static uint16_t state(const struct okng_handshake *h)
{
	const struct okng_plc_status *s = &h->status;
	if (!h->known)
		return 1;
	if (s->error || h->error)
		return 3;
	if (!s->online)
		return 2;
	if (s->running)
		return 7;
	return h->accepted > 0 ? 6 : okng_handshake_ready(h) ? 5 : 4;
}

static void put_block(const struct okng_shown *shown_result, enum okng_word_order order, int64_t now_ms, uint16_t *r)
{
	const struct okng_plc_result *p = &shown_result->result;
	int64_t age = now_ms - shown_result->at_ms;
	const uint16_t plain[] = {p->seq, p->trig_seq, p->acq_id, p->verdict, p->reason, p->recipe, p->class_number, p->defects,
		p->score, p->limit, p->x, p->y, p->w, p->h};
	memcpy(r + OKNG_IR_SEQ_HEAD, plain, sizeof plain);
	okng_reg_put_u32(r + OKNG_IR_AREA, p->area, order);
	r[OKNG_IR_TIME] = p->time;
	r[OKNG_IR_AGE] = (uint16_t)(age < 0 ? 0 : age > UINT16_MAX ? UINT16_MAX : age);
	okng_reg_put_u32(r + OKNG_IR_UTC, p->utc, order);
	okng_reg_put_ascii(r + OKNG_IR_PART_ID, OKNG_PLC_PART_ID / 2, p->part_id);
	for (int i = 0; i < 5; i++)
		okng_reg_put_float(r + OKNG_IR_MEASURES + 2 * i, p->measures[i], order);
	r[OKNG_IR_SEQ_TAIL] = p->seq;
}

void okng_handshake_registers(const struct okng_handshake *h, enum okng_word_order order, int64_t now_ms,
	uint16_t r[OKNG_INPUT_REGISTERS])
{
	const struct okng_plc_status *s = &h->status;
	memset(r, 0, OKNG_INPUT_REGISTERS * sizeof *r);
	r[OKNG_IR_MAP_VERSION] = 1;
	okng_reg_put_u32(r + OKNG_IR_STATUS_BITS, okng_handshake_bits(h), order);
	r[OKNG_IR_HEARTBEAT] = h->beats;
	r[OKNG_IR_STATE] = state(h);
	r[OKNG_IR_ERROR] = s->error ? s->error : h->error;
	r[OKNG_IR_WARNING] = s->warning;
	r[OKNG_IR_OFFLINE_REASON] = s->offline_reason;
	r[OKNG_IR_RECIPE] = s->recipe;
	r[OKNG_IR_CONFIG_CRC] = s->config_crc;
	r[OKNG_IR_CMD_CODE_ECHO] = h->echo_code;
	r[OKNG_IR_CMD_ID_ECHO] = h->echo_id;
	r[OKNG_IR_CMD_RESULT] = h->cmd_result;
	r[OKNG_IR_BUFFERS_LEFT] = (uint16_t)(OKNG_PLC_BUFFERS - h->waiting);
	if (shown(h))
		put_block(&h->queue[0], order, now_ms, r);
	okng_reg_put_u32(r + OKNG_IR_TEST_U32, 0x12345678, order);
	okng_reg_put_float(r + OKNG_IR_TEST_FLOAT, 123.45f, order);
	okng_reg_put_ascii(r + OKNG_IR_TEST_ASCII, 2, "ABCD");
	for (int i = 0; i < 10; i++)
		okng_reg_put_u32(r + OKNG_IR_COUNT_TOTAL + 2 * i, i == 5 ? h->missed_count : s->counters[i], order);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The transitions; handshake.h says what they mean. Each function below moves one part of the state, and
 * okng_handshake_step calls them in the order which the header promises.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "plc/handshake.h"

#define OWED_MAX (OKNG_HANDSHAKE_ROOM + OKNG_HANDSHAKE_REFUSED)
#define BIT(name) (1u << OKNG_COIL_##name)

static bool level(const struct okng_handshake *h, unsigned bit)
{
	return h->holding[OKNG_HOLDING_CONTROL_BITS] & bit;
}

static bool wrote(const struct okng_handshake_event *e, unsigned reg)
{
	return e->write.written >> reg & 1;
}

static bool online(const struct okng_handshake *h)
{
	return h->told && h->status.online && !level(h, BIT(SET_OFFLINE));
}

static bool has_room(const struct okng_handshake *h)
{
	return online(h) && h->status.camera_ok && h->status.recipe_ok && !h->plc_lost &&
		(int)h->n_accepted < h->status.room && h->n_accepted < OKNG_HANDSHAKE_ROOM;
}

static bool bit_unacknowledged(const struct okng_handshake *h)
{
	for (unsigned i = 0; i < h->n_results; i++)
		if (h->results[i].answers_plc && h->results[i].trig_seq == 0)
			return true;
	return false;
}

static bool bit_has_room(const struct okng_handshake *h)
{
	return has_room(h) && level(h, BIT(TRIG_ENABLE)) && !level(h, BIT(RESULT_ACK)) &&
		(level(h, BIT(BUFFER_RESULTS)) || (h->n_bit == 0 && !bit_unacknowledged(h)));
}

bool okng_handshake_ready(const struct okng_handshake *h)
{
	return h->bit_style ? bit_has_room(h) && !level(h, BIT(TRIG)) : has_room(h);
}

const struct okng_plc_result *okng_handshake_shown(const struct okng_handshake *h)
{
	return h->n_results && !level(h, BIT(RESULT_ACK)) ? &h->results[0] : NULL;
}

static void drop_oldest_result(struct okng_handshake *h)
{
	h->n_results--;
	memmove(h->results, h->results + 1, h->n_results * sizeof *h->results);
	memmove(h->judged_ms, h->judged_ms + 1, h->n_results * sizeof *h->judged_ms);
}

/* Rule 5: a trigger zeroes the block, unless results are meant to wait. */
static void zero_block(struct okng_handshake *h)
{
	if (!level(h, BIT(BUFFER_RESULTS)))
		h->n_results = 0;
}

static void owe(struct okng_handshake *h, uint16_t trig_seq, uint16_t refused, struct okng_handshake_actions *out)
{
	assert(h->n_owed < OWED_MAX && out->n_triggers < 2);
	h->owed[(h->first + h->n_owed++) % OWED_MAX] = (struct okng_handshake_owed){.trig_seq = trig_seq, .refused = refused};
	h->n_accepted += refused == 0;
	h->n_unexposed += refused == 0;
	h->n_refused += refused != 0;
	h->n_bit += trig_seq == 0;
	struct okng_plc_trigger *t = &out->triggers[out->n_triggers++];
	memset(t, 0, sizeof *t);
	t->trig_seq = trig_seq;
	t->refused = refused;
	t->deadline_ms = h->holding[OKNG_HOLDING_VERDICT_DEADLINE];
	okng_regmap_get_ascii(h->holding + OKNG_HOLDING_PART_ID, OKNG_PLC_PART_ID / 2, t->part_id, h->order);
}

static void accept_trigger(struct okng_handshake *h, uint16_t trig_seq, struct okng_handshake_actions *out)
{
	h->missed_trig = false;
	h->exposure_done = false;
	owe(h, trig_seq, 0, out);
}

static void refuse_trigger(struct okng_handshake *h, uint16_t trig_seq, bool stale, struct okng_handshake_actions *out)
{
	h->missed_trig = true;
	h->missed++;
	if (h->n_refused == OKNG_HANDSHAKE_REFUSED)
		return;
	owe(h, trig_seq, !online(h) ? OKNG_PLC_REASON_OFFLINE : h->plc_lost || stale ? OKNG_PLC_REASON_PLC_LOST :
		OKNG_PLC_REASON_NOT_READY, out);
}

static void take_triggers(struct okng_handshake *h, bool seq, bool bit, bool stale, struct okng_handshake_actions *out)
{
	/* Both judged by what was before either. */
	bool seq_mixed = level(h, BIT(TRIG)) || h->n_bit || bit_unacknowledged(h);
	bool bit_mixed = seq || h->n_owed > h->n_bit;
	if ((seq && seq_mixed) || (bit && bit_mixed))
		h->error = OKNG_PLC_ERROR_MIXED_STYLES;
	if (seq) {
		uint16_t number = h->holding[OKNG_HOLDING_TRIG_SEQ];
		bool room = !seq_mixed && !stale && has_room(h);
		h->bit_style = false;
		zero_block(h);
		if (room)
			accept_trigger(h, number, out);
		else
			refuse_trigger(h, number, stale, out);
	}
	if (bit) {
		bool room = !bit_mixed && !stale && bit_has_room(h);
		zero_block(h);
		if (room)
			accept_trigger(h, 0, out);
		else
			refuse_trigger(h, 0, stale, out);
		h->trig_ack = room;
	}
}

static void end_command(struct okng_handshake *h, uint16_t code, uint16_t id, uint16_t result)
{
	h->echo_code = code;
	h->echo_id = id;
	h->echo_result = result;
	h->cmd_done = result == 0;
	h->cmd_failed = result != 0;
}

static void take_command(struct okng_handshake *h, bool stale, struct okng_handshake_actions *out)
{
	uint16_t code = h->holding[OKNG_HOLDING_CMD_CODE], id = h->holding[OKNG_HOLDING_CMD_ID];
	if (h->cmd_busy || stale) {
		end_command(h, code, id, h->cmd_busy ? EBUSY : ESTALE);
		return;
	}
	h->cmd_done = h->cmd_failed = false;
	h->echo_code = h->echo_id = h->echo_result = 0;
	switch (code) {
#define COMMAND(number, name, text) case number:
#include "plc/regmap.def"
		h->cmd_busy = true;
		h->cmd_code = out->code = code;
		h->cmd_id = out->id = id;
		out->args = okng_regmap_get_u32(h->holding + OKNG_HOLDING_CMD_ARGS, h->order);
		out->command = true;
		break;
	default:
		end_command(h, code, id, ENOSYS);
	}
}

static void take_acknowledgement(struct okng_handshake *h, const struct okng_handshake_event *e, unsigned rose)
{
	/* Nothing is shown while RESULT_ACK is 1, so only its edge can mean the shown result. */
	if (h->n_results == 0)
		return;
	uint16_t number = h->holding[OKNG_HOLDING_RESULT_ACK_SEQ];
	if (rose & BIT(RESULT_ACK))
		drop_oldest_result(h);
	else if (!level(h, BIT(RESULT_ACK)) && wrote(e, OKNG_HOLDING_RESULT_ACK_SEQ) && number && number == h->results[0].seq)
		drop_oldest_result(h);
}

static void make_fault(struct okng_plc_result *r, uint16_t reason)
{
	r->verdict = OKNG_PLC_VERDICT_FAULT;
	r->reason = reason;
}

static void lose_link(struct okng_handshake *h, uint16_t delivered)
{
	unsigned kept = 0;
	h->away = true;
	for (unsigned i = 0; i < h->n_owed; i++)
		h->owed[(h->first + i) % OWED_MAX].lost = true;
	for (unsigned i = 0; i < h->n_results; i++) {
		if (!h->results[i].answers_plc || (delivered && h->results[i].seq == delivered))
			continue;
		h->results[kept] = h->results[i];
		h->judged_ms[kept] = h->judged_ms[i];
		if (h->results[kept].verdict != OKNG_PLC_VERDICT_FAULT)
			make_fault(&h->results[kept], OKNG_PLC_REASON_PLC_LOST);
		kept++;
	}
	h->n_results = kept;
}

/* What was asked and answered is another's: numbers that happen to be the same must not look like this one's. */
static void forget_other(struct okng_handshake *h)
{
	lose_link(h, 0);
	h->n_results = 0;
	h->trig_ack = false;
	h->holding[OKNG_HOLDING_TRIG_SEQ] = h->holding[OKNG_HOLDING_CMD_ID] = 0;
	h->holding[OKNG_HOLDING_CONTROL_BITS] &= (uint16_t)~BIT(TRIG);
}

static void take_write(struct okng_handshake *h, const struct okng_handshake_event *e, struct okng_handshake_actions *out)
{
	uint16_t old[OKNG_MAP_HOLDINGS];
	if (e->write.foreign)
		forget_other(h);
	memcpy(old, h->holding, sizeof old);
	for (unsigned i = 0; i < OKNG_MAP_HOLDINGS; i++)
		if (wrote(e, i))
			h->holding[i] = e->write.words[i];
	h->holding[OKNG_HOLDING_CONTROL_BITS] &= OKNG_MAP_CONTROL;
	unsigned was = old[OKNG_HOLDING_CONTROL_BITS], is = h->holding[OKNG_HOLDING_CONTROL_BITS];
	unsigned rose = is & ~was, fell = was & ~is;
	h->away = false;

	if (old[OKNG_HOLDING_PLC_HEARTBEAT] != h->holding[OKNG_HOLDING_PLC_HEARTBEAT] ||
		old[OKNG_HOLDING_PLC_TIMEOUT] != h->holding[OKNG_HOLDING_PLC_TIMEOUT]) {
		h->plc_beat_ms = e->now_ms;
		h->plc_lost = false;
	}
	if (rose & BIT(CLEAR_ERROR)) {
		h->error = 0;
		h->missed_trig = h->overrun = false;
		out->clear_error = true;
	}
	if (rose & BIT(RESET_COUNTERS)) {
		h->missed = 0;
		h->overrun = false;
		out->reset_counters = true;
	}
	if ((rose | fell) & BIT(SET_OFFLINE)) {
		out->offline_changed = true;
		out->offline = rose & BIT(SET_OFFLINE);
	}
	take_acknowledgement(h, e, rose);
	if (rose & BIT(TRIG_ENABLE))
		h->bit_style = true;
	if (fell & BIT(TRIG))
		h->trig_ack = false;
	uint16_t seq = h->holding[OKNG_HOLDING_TRIG_SEQ], id = h->holding[OKNG_HOLDING_CMD_ID];
	take_triggers(h, seq && seq != old[OKNG_HOLDING_TRIG_SEQ], rose & BIT(TRIG), e->write.stale, out);
	if ((id && id != old[OKNG_HOLDING_CMD_ID]) || rose & BIT(CMD_EXEC))
		take_command(h, e->write.stale, out);
}

static void expose_oldest(struct okng_handshake *h)
{
	for (unsigned i = 0; i < h->n_owed && h->n_unexposed; i++) {
		struct okng_handshake_owed *o = &h->owed[(h->first + i) % OWED_MAX];
		if (o->refused || o->exposed)
			continue;
		o->exposed = true;
		h->exposure_done = --h->n_unexposed == 0;
		return;
	}
}

static void settle(struct okng_handshake *h, const struct okng_handshake_owed *o)
{
	h->first = (h->first + 1) % OWED_MAX;
	h->n_owed--;
	h->n_bit -= o->trig_seq == 0;
	if (o->refused) {
		h->n_refused--;
		return;
	}
	h->n_accepted--;
	if (!o->exposed) /* it will not be exposed any more */
		h->exposure_done = --h->n_unexposed == 0;
}

static int take_result(struct okng_handshake *h, const struct okng_handshake_event *e)
{
	struct okng_plc_result r = *e->result;
	int err = 0;
	if (r.verdict < OKNG_PLC_VERDICT_OK || r.verdict > OKNG_PLC_VERDICT_FAULT)
		make_fault(&r, OKNG_PLC_REASON_INTERNAL);
	if (r.answers_plc) {
		if (h->n_owed == 0)
			return -EPROTO;
		struct okng_handshake_owed o = h->owed[h->first];
		settle(h, &o);
		if (r.trig_seq != o.trig_seq) {
			r.trig_seq = o.trig_seq;
			make_fault(&r, OKNG_PLC_REASON_INTERNAL);
			err = -EPROTO;
		}
		if (o.refused && r.verdict != OKNG_PLC_VERDICT_FAULT)
			make_fault(&r, o.refused);
		if (o.lost && !o.refused)
			make_fault(&r, OKNG_PLC_REASON_PLC_LOST);
	}
	if (h->away && !r.answers_plc)
		return err;
	if (!level(h, BIT(BUFFER_RESULTS)))
		h->n_results = 0;
	if (h->n_results == OKNG_PLC_BUFFERS) {
		h->overrun = true;
		return err;
	}
	h->judged_ms[h->n_results] = e->now_ms;
	h->results[h->n_results++] = r;
	return err;
}

void okng_handshake_init(struct okng_handshake *h, enum okng_word_order order, int64_t now_ms)
{
	memset(h, 0, sizeof *h);
	h->order = order;
	h->plc_beat_ms = now_ms;
}

int64_t okng_handshake_due(const struct okng_handshake *h)
{
	uint16_t timeout = h->holding[OKNG_HOLDING_PLC_TIMEOUT];
	return timeout && !h->plc_lost ? h->plc_beat_ms + timeout : -1;
}

int okng_handshake_step(struct okng_handshake *h, const struct okng_handshake_event *e, struct okng_handshake_actions *out)
{
	memset(out, 0, sizeof *out);
	int64_t due = okng_handshake_due(h);
	if (due >= 0 && e->now_ms >= due)
		h->plc_lost = true;
	switch (e->kind) {
	case OKNG_EVENT_WRITE:
		take_write(h, e, out);
		return 0;
	case OKNG_EVENT_STATUS:
		h->status = *e->status;
		h->told = true;
		return 0;
	case OKNG_EVENT_EXPOSED:
		expose_oldest(h);
		return 0;
	case OKNG_EVENT_PUBLISH:
		return take_result(h, e);
	case OKNG_EVENT_COMMAND_DONE:
		if (!h->cmd_busy || e->done.id != h->cmd_id)
			return -EPROTO;
		h->cmd_busy = false;
		end_command(h, h->cmd_code, h->cmd_id, e->done.result);
		if (h->cmd_code == OKNG_PLC_COMMAND_CLEAR_COUNTERS && e->done.result == 0)
			h->missed = 0;
		return 0;
	case OKNG_EVENT_RECIPE:
		h->n_results = 0;
		return 0;
	case OKNG_EVENT_HEARTBEAT:
		h->heartbeat++;
		return 0;
	case OKNG_EVENT_WRITER_GONE:
		h->bit_style = level(h, BIT(TRIG_ENABLE));
		return 0;
	case OKNG_EVENT_LINK_LOST:
		lose_link(h, e->delivered);
		return 0;
	case OKNG_EVENT_TICK:
		return 0;
	}
	return -EINVAL;
}

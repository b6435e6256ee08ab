/* SPDX-License-Identifier: Apache-2.0
 *
 * See model.h. What is asserted here is asserted in every state that a test reaches.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plc/model.h"

#define C(name) (1u << OKNG_COIL_##name)
#define TIMEOUT_MS 100

static const char *const names[N_MODEL_EVENTS] = {"SEQ_NEW", "SEQ_SAME", "SEQ_ZERO", "ENABLE", "TRIG", "ACK", "ACK_SEQ", "ACK_WRONG",
	"BUFFER", "BOTH", "CLEAR", "RESET", "OFFLINE", "COMMAND", "COMMAND_UNKNOWN", "LIFE", "REWRITE", "EXPOSED", "JUDGE_OK", "JUDGE_NG",
	"JUDGE_NONE", "JUDGE_WRONG", "HARDWARE", "RECIPE", "CAMERA", "DONE", "DONE_WRONG", "SILENCE", "GONE",
	"LOST", "LOST_SHOWN", "STALE", "STALE_BIT", "FOREIGN"};

const char *model_event_name(enum model_event event)
{
	return names[event];
}

static unsigned count(const struct model *m, bool refused)
{
	unsigned n = 0;
	for (unsigned i = 0; i < m->n_parts; i++)
		n += (m->part[i].refused != 0) == refused;
	return n;
}

static bool on(const struct model *m, unsigned coil)
{
	return m->coils & coil;
}

static bool bit_outstanding(const struct model *m)
{
	for (unsigned i = 0; i < m->n_parts; i++)
		if (m->part[i].trig_seq == 0)
			return true;
	return false;
}

static bool bit_waiting(const struct model *m)
{
	for (unsigned i = 0; i < m->n_queue; i++)
		if (m->queue[i].answers && m->queue[i].echo == 0)
			return true;
	return false;
}

static bool seq_outstanding(const struct model *m)
{
	for (unsigned i = 0; i < m->n_parts; i++)
		if (m->part[i].trig_seq)
			return true;
	return false;
}

static bool able(const struct model *m)
{
	return m->camera && !m->lost && !on(m, C(SET_OFFLINE)) && count(m, false) < MODEL_ROOM;
}

static bool bit_able(const struct model *m)
{
	return able(m) && on(m, C(TRIG_ENABLE)) && !on(m, C(RESULT_ACK)) &&
		(on(m, C(BUFFER_RESULTS)) || (!bit_outstanding(m) && !bit_waiting(m)));
}

/* A trigger came; what must be said of it: 0 accepted, a reason, or -1 when it may only be counted. */
static int enter(struct model *m, uint16_t trig_seq, bool may)
{
	may = may && !m->stale;
	if (!on(m, C(BUFFER_RESULTS)))
		m->n_queue = 0;
	m->missed = !may;
	if (may) {
		m->exposed_all = false;
	} else {
		m->n_missed++;
		if (count(m, true) == OKNG_HANDSHAKE_REFUSED)
			return -1;
	}
	uint16_t reason = may ? 0 : on(m, C(SET_OFFLINE)) ? OKNG_PLC_REASON_OFFLINE : m->lost || m->stale ? OKNG_PLC_REASON_PLC_LOST :
		OKNG_PLC_REASON_NOT_READY;
	m->part[m->n_parts++] = (struct model_part){trig_seq, reason, false, false};
	m->triggers++;
	return reason;
}

static void step(struct model *m, struct okng_handshake_event e, int want, struct okng_handshake_actions *out)
{
	e.now_ms = m->now;
	assert_int_equal(okng_handshake_step(&m->h, &e, out), want);
}

static void news(struct model *m, struct okng_handshake_event e, int want)
{
	struct okng_handshake_actions out;
	step(m, e, want, &out);
	assert_int_equal(out.n_triggers, 0);
	assert_false(out.command || out.offline_changed || out.clear_error || out.reset_counters);
}

static void pop(struct model *m)
{
	if (m->n_queue)
		memmove(m->queue, m->queue + 1, --m->n_queue * sizeof *m->queue);
}

static void take_command(struct model *m, uint16_t code, uint16_t id, const struct okng_handshake_actions *out)
{
	bool known = code <= OKNG_PLC_COMMAND_RELOAD, starts = known && !m->cmd_busy && !m->stale;
	assert_int_equal(out->command, starts);
	if (starts) {
		assert_int_equal(out->code, code);
		assert_int_equal(out->id, id);
		m->cmd_busy = true;
		m->cmd_running = id;
	}
	m->cmd_done = false;
	m->cmd_failed = !starts;
	m->echo_code = starts ? 0 : code;
	m->echo_id = starts ? 0 : id;
	m->echo_result = starts ? 0 : m->cmd_busy ? EBUSY : m->stale ? ESTALE : ENOSYS;
}

static void lose(struct model *m, uint16_t confirmed)
{
	unsigned kept = 0;
	m->away = true;
	for (unsigned i = 0; i < m->n_parts; i++)
		m->part[i].lost = true;
	for (unsigned i = 0; i < m->n_queue; i++) {
		struct model_result r = m->queue[i];
		if (!r.answers || r.seq == confirmed)
			continue;
		if (r.verdict != OKNG_PLC_VERDICT_FAULT) {
			r.verdict = OKNG_PLC_VERDICT_FAULT;
			r.reason = OKNG_PLC_REASON_PLC_LOST;
		}
		m->queue[kept++] = r;
	}
	m->n_queue = kept;
}

static void forget(struct model *m)
{
	lose(m, 0);
	m->away = m->trig_ack = false;
	m->n_queue = 0;
	m->trig_seq = m->cmd_id = 0;
	m->coils &= ~C(TRIG);
}

/* One write request: these registers, all at once. */
static void request(struct model *m, uint32_t written, const uint16_t words[OKNG_MAP_HOLDINGS])
{
	struct okng_handshake_actions out;
	m->away = false;
	if (m->foreign)
		forget(m);
	unsigned was = m->coils;
	uint16_t code = words[OKNG_HOLDING_CMD_CODE];
	step(m, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {written, words, m->stale, m->foreign}}, 0, &out);
	if (written & 1)
		m->coils = words[0];
	unsigned rose = m->coils & ~was, fell = was & ~m->coils;
	bool beats = written >> OKNG_HOLDING_PLC_HEARTBEAT & 1 && words[OKNG_HOLDING_PLC_HEARTBEAT] != m->beat;
	if (beats) {
		m->beat = words[OKNG_HOLDING_PLC_HEARTBEAT];
		m->watched = true; /* LIFE writes PLC_TIMEOUT with it */
		m->beat_ms = m->now;
		m->lost = false;
	}
	if (rose & C(CLEAR_ERROR))
		m->mixed = m->missed = m->overrun = false;
	if (rose & C(RESET_COUNTERS)) {
		m->n_missed = 0;
		m->overrun = false;
	}
	assert_int_equal(out.clear_error, (rose & C(CLEAR_ERROR)) != 0);
	assert_int_equal(out.reset_counters, (rose & C(RESET_COUNTERS)) != 0);
	assert_int_equal(out.offline_changed, ((rose | fell) & C(SET_OFFLINE)) != 0);
	bool names_it = written >> OKNG_HOLDING_RESULT_ACK_SEQ & 1 && !on(m, C(RESULT_ACK)) && words[OKNG_HOLDING_RESULT_ACK_SEQ] &&
		m->n_queue && words[OKNG_HOLDING_RESULT_ACK_SEQ] == m->queue[0].seq;
	if (rose & C(RESULT_ACK) || names_it)
		pop(m);
	if (written >> OKNG_HOLDING_RESULT_ACK_SEQ & 1)
		m->ack_seq = words[OKNG_HOLDING_RESULT_ACK_SEQ];
	m->bit_style = m->bit_style || rose & C(TRIG_ENABLE);
	m->trig_ack = m->trig_ack && !(fell & C(TRIG));
	uint16_t number = words[OKNG_HOLDING_TRIG_SEQ];
	bool seq = written & 2 && number && number != m->trig_seq, bit = rose & C(TRIG);
	bool seq_mixed = seq && (on(m, C(TRIG)) || bit_outstanding(m) || bit_waiting(m)), bit_mixed = bit && (seq || seq_outstanding(m));
	int n = 0;
	m->mixed = m->mixed || seq_mixed || bit_mixed;
	if (written & 2)
		m->trig_seq = number;
	if (seq) {
		m->bit_style = false;
		int say = enter(m, number, !seq_mixed && able(m));
		if (say >= 0) {
			assert_int_equal(out.triggers[n].trig_seq, number);
			assert_int_equal(out.triggers[n++].refused, say);
		}
	}
	if (bit) {
		bool may = !bit_mixed && bit_able(m) && !m->stale;
		int say = enter(m, 0, may);
		m->trig_ack = may;
		if (say >= 0) {
			assert_int_equal(out.triggers[n].trig_seq, 0);
			assert_int_equal(out.triggers[n++].refused, say);
		}
	}
	assert_int_equal(out.n_triggers, n); /* one for each, and nothing else */
	uint16_t id = words[OKNG_HOLDING_CMD_ID];
	if (written >> OKNG_HOLDING_CMD_ID & 1 && id && id != m->cmd_id) {
		m->cmd_id = id;
		take_command(m, code, id, &out);
	} else {
		assert_false(out.command);
	}
}

static void poke(struct model *m, unsigned reg, unsigned value)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	words[reg] = (uint16_t)value;
	request(m, 1u << reg, words);
}

static uint16_t after(uint16_t n)
{
	return n == UINT16_MAX ? 1 : (uint16_t)(n + 1);
}

static void publish(struct model *m, struct okng_plc_result r, struct model_result want, int answer)
{
	news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r}, answer);
	if (m->away && !want.answers)
		return;
	if (!on(m, C(BUFFER_RESULTS)))
		m->n_queue = 0;
	if (m->n_queue == OKNG_PLC_BUFFERS)
		m->overrun = true;
	else
		m->queue[m->n_queue++] = want;
}

static void judge(struct model *m, uint16_t verdict, bool wrong)
{
	struct okng_plc_result r = {.seq = m->next_seq, .verdict = verdict, .answers_plc = 1, .reason = verdict == 1 ? 0 : 1};
	if (m->n_parts == 0) {
		news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r}, -EPROTO); /* nobody asked */
		return;
	}
	struct model_part p = m->part[0];
	memmove(m->part, m->part + 1, --m->n_parts * sizeof *m->part);
	m->answered++;
	m->next_seq = after(m->next_seq);
	r.trig_seq = (uint16_t)(p.trig_seq + (wrong ? 4711 : 0));
	struct model_result want = {r.seq, p.trig_seq, verdict, r.reason, true};
	bool broken = wrong || verdict == 0, fault = broken || (p.refused && verdict != OKNG_PLC_VERDICT_FAULT);
	if (fault) {
		want.verdict = OKNG_PLC_VERDICT_FAULT;
		want.reason = broken ? OKNG_PLC_REASON_INTERNAL : p.refused;
	}
	if (p.lost && !p.refused) {
		want.verdict = OKNG_PLC_VERDICT_FAULT;
		want.reason = OKNG_PLC_REASON_PLC_LOST;
	}
	if (!p.refused && !p.exposed) {
		m->exposed_all = true;
		for (unsigned i = 0; i < m->n_parts; i++)
			m->exposed_all = m->exposed_all && (m->part[i].refused || m->part[i].exposed);
	}
	publish(m, r, want, wrong ? -EPROTO : 0);
}

static void expose(struct model *m)
{
	news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED}, 0);
	unsigned waiting = 0;
	for (unsigned i = 0; i < m->n_parts; i++)
		waiting += !m->part[i].refused && !m->part[i].exposed;
	for (unsigned i = 0; i < m->n_parts; i++)
		if (!m->part[i].refused && !m->part[i].exposed) {
			m->part[i].exposed = true;
			m->exposed_all = waiting == 1;
			return;
		}
}

static void command_done(struct model *m, bool wrong)
{
	uint16_t id = (uint16_t)(m->cmd_running + wrong);
	uint16_t result = m->cmd_running % 2 ? 0 : EIO;
	bool fits = m->cmd_busy && !wrong;
	news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_COMMAND_DONE, .done = {id, result}}, fits ? 0 : -EPROTO);
	if (!fits)
		return;
	m->cmd_busy = false;
	m->cmd_done = result == 0;
	m->cmd_failed = result != 0;
	m->echo_code = OKNG_PLC_COMMAND_SELECT_RECIPE;
	m->echo_id = id;
	m->echo_result = result;
}

static void tell_status(struct model *m)
{
	const struct okng_plc_status s = {.online = 1, .camera_ok = m->camera, .recipe_ok = 1, .room = MODEL_ROOM};
	news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &s}, 0);
}

static void rewrite(struct model *m)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {[OKNG_HOLDING_CONTROL_BITS] = (uint16_t)m->coils, [OKNG_HOLDING_TRIG_SEQ] = m->trig_seq,
		[OKNG_HOLDING_CMD_CODE] = OKNG_PLC_COMMAND_SELECT_RECIPE, [OKNG_HOLDING_CMD_ID] = m->cmd_id,
		[OKNG_HOLDING_PLC_HEARTBEAT] = m->beat, [OKNG_HOLDING_PLC_TIMEOUT] = m->watched ? TIMEOUT_MS : 0};
	uint64_t triggers = m->triggers;
	request(m, 1u << OKNG_HOLDING_CONTROL_BITS | 1u << OKNG_HOLDING_TRIG_SEQ | 3u << OKNG_HOLDING_CMD_CODE |
		3u << OKNG_HOLDING_PLC_HEARTBEAT, words);
	assert_int_equal(m->triggers, triggers); /* harmless */
}

/* The first control block after a loss: every word, and none of it runs or is judged. */
static void come_back(struct model *m, enum model_event event)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {[OKNG_HOLDING_CONTROL_BITS] = (uint16_t)(m->coils ^ (event == STALE_BIT ? C(TRIG) : 0)),
		[OKNG_HOLDING_TRIG_SEQ] = event == STALE ? m->next_trig = after(m->next_trig) : m->trig_seq,
		[OKNG_HOLDING_CMD_CODE] = OKNG_PLC_COMMAND_SELECT_RECIPE,
		[OKNG_HOLDING_CMD_ID] = event == STALE ? m->next_cmd = after(m->next_cmd) : m->cmd_id,
		[OKNG_HOLDING_PLC_HEARTBEAT] = m->beat, [OKNG_HOLDING_PLC_TIMEOUT] = m->watched ? TIMEOUT_MS : 0};
	m->stale = true;
	m->foreign = event == FOREIGN;
	request(m, (1u << OKNG_MAP_HOLDINGS) - 1, words);
	m->stale = m->foreign = false;
}

static void plc_writes(struct model *m, enum model_event event)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	const uint16_t head = m->n_queue ? m->queue[0].seq : 0;
	switch (event) {
	case SEQ_NEW: poke(m, OKNG_HOLDING_TRIG_SEQ, m->next_trig = after(m->next_trig)); return;
	case SEQ_SAME: poke(m, OKNG_HOLDING_TRIG_SEQ, m->trig_seq); return;
	case SEQ_ZERO: poke(m, OKNG_HOLDING_TRIG_SEQ, 0); return;
	case ENABLE: poke(m, 0, m->coils ^ C(TRIG_ENABLE)); return;
	case TRIG: poke(m, 0, m->coils ^ C(TRIG)); return;
	case ACK: poke(m, 0, m->coils ^ C(RESULT_ACK)); return;
	case ACK_SEQ: poke(m, OKNG_HOLDING_RESULT_ACK_SEQ, head); return;
	case ACK_WRONG: poke(m, OKNG_HOLDING_RESULT_ACK_SEQ, head ? after(head) : 1); return;
	case BUFFER: poke(m, 0, m->coils ^ C(BUFFER_RESULTS)); return;
	case BOTH:
		words[0] = (uint16_t)(m->coils ^ C(TRIG));
		words[OKNG_HOLDING_TRIG_SEQ] = m->next_trig = after(m->next_trig);
		request(m, 3, words);
		return;
	case CLEAR:
	case RESET:
		poke(m, 0, m->coils | (event == CLEAR ? C(CLEAR_ERROR) : C(RESET_COUNTERS)));
		poke(m, 0, m->coils & ~(C(CLEAR_ERROR) | C(RESET_COUNTERS)));
		return;
	case OFFLINE: poke(m, 0, m->coils ^ C(SET_OFFLINE)); return;
	case COMMAND:
	case COMMAND_UNKNOWN:
		words[OKNG_HOLDING_CMD_CODE] = event == COMMAND ? OKNG_PLC_COMMAND_SELECT_RECIPE : 4711;
		words[OKNG_HOLDING_CMD_ID] = m->next_cmd = after(m->next_cmd);
		request(m, 3u << OKNG_HOLDING_CMD_CODE, words);
		return;
	case LIFE:
		words[OKNG_HOLDING_PLC_HEARTBEAT] = (uint16_t)(m->beat + 1);
		words[OKNG_HOLDING_PLC_TIMEOUT] = TIMEOUT_MS;
		request(m, 3u << OKNG_HOLDING_PLC_HEARTBEAT, words);
		return;
	default: rewrite(m); return;
	}
}

void model_happen(struct model *m, enum model_event event)
{
	if (m->watched && m->now - m->beat_ms >= TIMEOUT_MS)
		m->lost = true; /* as every event notices */
	switch (event) {
	case EXPOSED: expose(m); return;
	case JUDGE_OK: judge(m, 1, false); return;
	case JUDGE_NG: judge(m, (uint16_t)(2 + m->next_seq % 3), false); return;
	case JUDGE_NONE: judge(m, 0, false); return;
	case JUDGE_WRONG: judge(m, 1, true); return;
	case HARDWARE: {
		struct okng_plc_result r = {.seq = m->next_seq, .verdict = 1};
		m->next_seq = after(m->next_seq);
		publish(m, r, (struct model_result){r.seq, 0, 1, 0, false}, 0);
		return;
	}
	case RECIPE:
		news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_RECIPE}, 0);
		m->n_queue = 0;
		return;
	case CAMERA:
		m->camera = !m->camera;
		tell_status(m);
		return;
	case DONE: command_done(m, false); return;
	case DONE_WRONG: command_done(m, true); return;
	case SILENCE:
		m->now += TIMEOUT_MS;
		m->lost = m->watched && m->now - m->beat_ms >= TIMEOUT_MS;
		news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_TICK}, 0);
		return;
	case GONE:
		news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE}, 0);
		m->bit_style = on(m, C(TRIG_ENABLE));
		return;
	case LOST:
	case LOST_SHOWN: {
		uint16_t confirmed = event == LOST_SHOWN && m->n_queue ? m->queue[0].seq : 0;
		news(m, (struct okng_handshake_event){.kind = OKNG_EVENT_LINK_LOST, .delivered = confirmed}, 0);
		lose(m, confirmed);
		return;
	}
	case STALE:
	case STALE_BIT:
	case FOREIGN: come_back(m, event); return;
	default: plc_writes(m, event); return;
	}
}

/* READY promises that the next trigger of the style in use is accepted; without READY none is. */
static void ready_is_honest(const struct model *m, bool ready)
{
	static struct okng_handshake copy;
	struct okng_handshake_actions a;
	uint16_t words[OKNG_MAP_HOLDINGS] = {(uint16_t)(m->coils | C(TRIG)), after(m->next_trig)};
	struct okng_handshake_event e = {.kind = OKNG_EVENT_WRITE, .now_ms = m->now, .write = {.written = m->bit_style ? 1 : 2, .words = words}};
	if (m->bit_style && on(m, C(TRIG))) {
		assert_false(ready);
		return;
	}
	copy = m->h;
	okng_handshake_step(&copy, &e, &a);
	bool accepted = a.n_triggers == 1 && a.triggers[0].refused == 0;
	if (copy.error == 0 || accepted) /* mixing is refused whatever READY says */
		assert_int_equal(accepted, ready);
}

static void check_bits(const struct model *m, uint32_t bits, const struct model_result *shown)
{
	const struct {
		unsigned bit;
		bool want;
	} rules[] = {
		{OKNG_DISCRETE_ONLINE, !on(m, C(SET_OFFLINE))}, {OKNG_DISCRETE_TRIG_ACK, m->trig_ack},
		{OKNG_DISCRETE_EXPOSURE_DONE, m->exposed_all}, {OKNG_DISCRETE_BUSY, count(m, false) > 0},
		{OKNG_DISCRETE_RESULT_VALID, shown != NULL}, {OKNG_DISCRETE_OK, shown && shown->verdict == 1},
		{OKNG_DISCRETE_NG, shown && shown->verdict != 1}, {OKNG_DISCRETE_ERROR, m->mixed}, {OKNG_DISCRETE_OVERRUN, m->overrun},
		{OKNG_DISCRETE_MISSED_TRIG, m->missed}, {OKNG_DISCRETE_CMD_BUSY, m->cmd_busy}, {OKNG_DISCRETE_CMD_DONE, m->cmd_done},
		{OKNG_DISCRETE_CMD_FAILED, m->cmd_failed}, {OKNG_DISCRETE_REVIEW, shown && shown->verdict == 3},
		{OKNG_DISCRETE_CAMERA_OK, m->camera}, {OKNG_DISCRETE_PLC_LOST, m->lost},
		{OKNG_DISCRETE_READY, m->bit_style ? bit_able(m) && !on(m, C(TRIG)) : able(m)},
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if ((bits >> rules[i].bit & 1) != rules[i].want)
			fail_msg("discrete input %u is %d", rules[i].bit, !rules[i].want);
	ready_is_honest(m, bits >> OKNG_DISCRETE_READY & 1);
}

void model_check(struct model *m)
{
	struct okng_plc_image i;
	const uint16_t *in = i.input;
	const struct model_result *shown = m->n_queue && !on(m, C(RESULT_ACK)) ? &m->queue[0] : NULL;
	okng_handshake_image(&m->h, m->now, &i);
	check_bits(m, i.discrete, shown);
	assert_int_equal(okng_regmap_get_u32(in + OKNG_INPUT_STATUS_BITS, OKNG_WORD_ABCD), i.discrete);
	assert_int_equal(in[OKNG_INPUT_SEQ_HEAD], in[OKNG_INPUT_SEQ_TAIL]);
	if (shown) {
		assert_int_equal(in[OKNG_INPUT_SEQ_HEAD], shown->seq);
		assert_int_equal(in[OKNG_INPUT_TRIG_SEQ_ECHO], shown->echo);
		assert_int_equal(in[OKNG_INPUT_VERDICT], shown->verdict);
		assert_int_equal(in[OKNG_INPUT_REASON], shown->reason);
		assert_true((uint16_t)(shown->seq - m->shown_last) < 0x8000); /* in order, and none again */
		m->shown_last = shown->seq;
	} else {
		for (int k = OKNG_MAP_BLOCK; k < OKNG_MAP_BLOCK_END; k++)
			assert_int_equal(in[k], 0);
	}
	assert_int_equal(in[OKNG_INPUT_BUFFERS_LEFT], OKNG_PLC_BUFFERS - m->n_queue);
	assert_int_equal(in[OKNG_INPUT_ERROR], m->mixed ? OKNG_PLC_ERROR_MIXED_STYLES : 0);
	assert_int_equal(in[OKNG_INPUT_CMD_CODE_ECHO], m->echo_code);
	assert_int_equal(in[OKNG_INPUT_CMD_ID_ECHO], m->echo_id);
	assert_int_equal(in[OKNG_INPUT_CMD_RESULT], m->echo_result);
	assert_int_equal(okng_regmap_get_u32(in + OKNG_INPUT_COUNT_MISSED, OKNG_WORD_ABCD), m->n_missed);
	assert_int_equal(i.holding[OKNG_HOLDING_CONTROL_BITS], m->coils);
	assert_int_equal(i.holding[OKNG_HOLDING_TRIG_SEQ], m->trig_seq);
	assert_int_equal(m->triggers, m->answered + m->n_parts);
	assert_int_equal(okng_handshake_due(&m->h), m->watched && !m->lost ? m->beat_ms + TIMEOUT_MS : -1);
}

void model_begin(struct model *m)
{
	memset(m, 0, sizeof *m);
	okng_handshake_init(&m->h, OKNG_WORD_ABCD, 0);
	m->next_seq = 1;
	m->camera = true;
	tell_status(m);
}

static void mix(uint64_t *hash, uint64_t value)
{
	*hash = (*hash ^ value) * 0x9e3779b97f4a7c15u;
	*hash ^= *hash >> 29;
}

uint64_t model_digest(const struct model *m)
{
	/* Of the machine: what it keeps and the book does not must tell states apart, too. */
	const struct okng_handshake *h = &m->h;
	uint64_t d = 1;
	mix(&d, h->holding[0]);
	mix(&d, h->holding[OKNG_HOLDING_TRIG_SEQ] ? (uint16_t)(m->next_trig - h->holding[OKNG_HOLDING_TRIG_SEQ]) + 1u : 0);
	mix(&d, (uint64_t)(h->status.camera_ok | h->bit_style << 1 | h->trig_ack << 2 | h->exposure_done << 3 | h->missed_trig << 4 |
		h->overrun << 5 | h->cmd_busy << 6 | h->cmd_done << 7 | h->cmd_failed << 8 | h->plc_lost << 9 | h->away << 10) << 16 | h->error);
	mix(&d, h->holding[OKNG_HOLDING_PLC_TIMEOUT] ? (uint64_t)(m->now - h->plc_beat_ms) / TIMEOUT_MS + 1 : 0);
	mix(&d, h->cmd_busy ? (uint16_t)(m->next_cmd - h->cmd_id) + 1u + (h->cmd_id % 2u << 16) : 0);
	mix(&d, (uint64_t)h->echo_code << 32 | h->echo_result << 16 | (h->echo_id ? (uint16_t)(m->next_cmd - h->echo_id) + 1u : 0));
	mix(&d, (uint64_t)h->n_accepted << 48 | (uint64_t)h->n_refused << 32 | h->n_bit << 16 | h->n_unexposed);
	for (unsigned i = 0; i < h->n_owed; i++) {
		const struct okng_handshake_owed *o = &h->owed[(h->first + i) % (sizeof h->owed / sizeof *h->owed)];
		mix(&d, (uint64_t)o->refused << 32 | o->lost << 18 | o->exposed << 17 | (o->trig_seq ? (uint16_t)(m->next_trig - o->trig_seq) + 1u : 0));
	}
	for (unsigned i = 0; i < h->n_results; i++) {
		const struct okng_plc_result *r = &h->results[i];
		mix(&d, (uint64_t)(uint16_t)(m->next_seq - r->seq) << 48 | (uint64_t)r->verdict << 32 | r->reason << 18 | r->answers_plc << 17 |
			(r->trig_seq ? (uint16_t)(m->next_trig - r->trig_seq) + 1u : 0));
	}
	return d;
}

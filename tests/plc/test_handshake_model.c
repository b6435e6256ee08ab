/* SPDX-License-Identifier: Apache-2.0
 *
 * Every order of events up to a depth, from several beginnings, and long random walks. After each event the promises are
 * checked that hold whatever happened: one result owed per reported trigger and none else, room never exceeded, never
 * OK and NG, OK only of a part that was accepted and judged OK, a zero block when nothing is valid, an honest READY.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/handshake.h"

#define ROOM 2
#define DEPTH 4
#define C(name) (1u << OKNG_COIL_##name)

struct world {
	struct okng_handshake h;
	struct okng_plc_status status;
	struct okng_plc_trigger owed[ROOM + OKNG_HANDSHAKE_REFUSED]; /* the station's own book */
	unsigned n_owed, accepted;
	uint64_t triggers, answered, counted_only;
	int64_t now;
	uint16_t next_seq, next_trig, last_shown;
	unsigned truth[16];  /* by seq & 15: verdict given, and whether its trigger was refused */
	bool ticket_refused[16];
};

enum { SEQ_NEW, SEQ_SAME, SEQ_ZERO, ENABLE, TRIG, ACK, ACK_SEQ, ACK_WRONG, BUFFER, BOTH, CLEAR, OFFLINE, EXPOSED, JUDGE_OK, JUDGE_NG,
	HARDWARE, RECIPE, STATUS, LIFE, SILENCE, GONE, N_EVENTS };

static void act(struct world *w, struct okng_handshake_event e)
{
	struct okng_handshake_actions a;
	uint32_t missed = w->h.missed;
	e.now_ms = w->now;
	assert_int_equal(okng_handshake_step(&w->h, &e, &a), 0);
	unsigned refused = 0;
	for (int i = 0; i < a.n_triggers; i++) {
		assert_true(w->n_owed < sizeof w->owed / sizeof *w->owed);
		w->owed[w->n_owed++] = a.triggers[i];
		w->accepted += a.triggers[i].refused == 0;
		refused += a.triggers[i].refused != 0;
		w->triggers++;
	}
	w->counted_only += w->h.missed - missed - refused;
	assert_true(w->accepted <= ROOM);
	/* Rule 5: after a trigger nothing old is shown, unless results are meant to wait. */
	if (a.n_triggers && !(w->h.holding[0] & C(BUFFER_RESULTS)))
		assert_null(okng_handshake_shown(&w->h));
}

static void poke(struct world *w, unsigned reg, unsigned value)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	words[reg] = (uint16_t)value;
	act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {1u << reg, words}});
}

static void judge(struct world *w, uint16_t verdict, int answers)
{
	struct okng_plc_result r = {.seq = w->next_seq, .verdict = verdict, .answers_plc = answers};
	bool refused = false;
	if (answers) {
		if (w->n_owed == 0)
			return;
		r.trig_seq = w->owed[0].trig_seq;
		refused = w->owed[0].refused;
		w->accepted -= !refused;
		memmove(w->owed, w->owed + 1, --w->n_owed * sizeof *w->owed);
		w->answered++;
	}
	w->truth[r.seq & 15] = verdict;
	w->ticket_refused[r.seq & 15] = refused;
	w->next_seq = r.seq == UINT16_MAX ? 1 : (uint16_t)(r.seq + 1);
	act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r});
}

static uint16_t next_trig(struct world *w)
{
	w->next_trig = w->next_trig == UINT16_MAX ? 1 : (uint16_t)(w->next_trig + 1);
	return w->next_trig;
}

static void happen(struct world *w, unsigned event)
{
	const uint16_t coils = w->h.holding[0];
	const struct okng_plc_result *shown = okng_handshake_shown(&w->h);
	switch (event) {
	case SEQ_NEW: poke(w, OKNG_HOLDING_TRIG_SEQ, next_trig(w)); break;
	case SEQ_SAME: poke(w, OKNG_HOLDING_TRIG_SEQ, w->h.holding[OKNG_HOLDING_TRIG_SEQ]); break;
	case SEQ_ZERO: poke(w, OKNG_HOLDING_TRIG_SEQ, 0); break;
	case ENABLE: poke(w, 0, coils ^ C(TRIG_ENABLE)); break;
	case TRIG: poke(w, 0, coils ^ C(TRIG)); break;
	case ACK: poke(w, 0, coils ^ C(RESULT_ACK)); break;
	case ACK_SEQ: poke(w, OKNG_HOLDING_RESULT_ACK_SEQ, shown ? shown->seq : 0); break;
	case ACK_WRONG: poke(w, OKNG_HOLDING_RESULT_ACK_SEQ, shown ? shown->seq + 1u : 1); break;
	case BUFFER: poke(w, 0, coils ^ C(BUFFER_RESULTS)); break;
	case BOTH: {
		uint16_t words[OKNG_MAP_HOLDINGS] = {(uint16_t)(coils ^ C(TRIG)), next_trig(w)};
		act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {3, words}});
		break;
	}
	case CLEAR:
		poke(w, 0, coils | C(CLEAR_ERROR));
		poke(w, 0, coils & ~C(CLEAR_ERROR));
		break;
	case OFFLINE: poke(w, 0, coils ^ C(SET_OFFLINE)); break;
	case EXPOSED: act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED}); break;
	case JUDGE_OK: judge(w, 1, 1); break;
	case JUDGE_NG: judge(w, (uint16_t)(2 + w->next_seq % 3), 1); break;
	case HARDWARE: judge(w, 1, 0); break;
	case RECIPE: act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_RECIPE}); break;
	case STATUS:
		w->status.camera_ok = !w->status.camera_ok;
		act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &w->status});
		break;
	case LIFE: {
		uint16_t words[OKNG_MAP_HOLDINGS] = {[OKNG_HOLDING_PLC_HEARTBEAT] = (uint16_t)(w->h.holding[OKNG_HOLDING_PLC_HEARTBEAT] + 1),
			[OKNG_HOLDING_PLC_TIMEOUT] = 100};
		act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {3u << OKNG_HOLDING_PLC_HEARTBEAT, words}});
		break;
	}
	case SILENCE:
		w->now += 100;
		act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_TICK});
		break;
	default: act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE}); break;
	}
}

/* READY promises that the next trigger of the style in use is accepted; without READY none is. */
static void ready_is_honest(const struct world *w)
{
	static struct okng_handshake copy;
	struct okng_handshake_actions a;
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	const bool ready = okng_handshake_ready(&w->h), trig = w->h.holding[0] & C(TRIG);
	struct okng_handshake_event e = {.kind = OKNG_EVENT_WRITE, .now_ms = w->now};
	if (w->h.bit_style && trig) {
		assert_false(ready);
		return;
	}
	copy = w->h;
	words[0] = (uint16_t)(w->h.holding[0] | C(TRIG));
	words[1] = (uint16_t)(w->next_trig == UINT16_MAX ? 1 : w->next_trig + 1);
	e.write.words = words;
	e.write.written = w->h.bit_style ? 1 : 2;
	okng_handshake_step(&copy, &e, &a);
	bool accepted = a.n_triggers == 1 && a.triggers[0].refused == 0;
	if (copy.error == 0 || accepted) /* mixing is refused whatever READY says */
		assert_int_equal(accepted, ready);
}

static void promises(struct world *w)
{
	struct okng_plc_image i;
	okng_handshake_image(&w->h, w->now, &i);
	const uint16_t *in = i.input;
	bool valid = i.discrete >> OKNG_DISCRETE_RESULT_VALID & 1, ok = i.discrete >> OKNG_DISCRETE_OK & 1;
	bool ng = i.discrete >> OKNG_DISCRETE_NG & 1;
	assert_int_equal(valid, ok + ng); /* never 11; one of them whenever a result is shown */
	assert_int_equal(in[OKNG_INPUT_SEQ_HEAD], in[OKNG_INPUT_SEQ_TAIL]);
	assert_int_equal(okng_regmap_get_u32(in + OKNG_INPUT_STATUS_BITS, OKNG_WORD_ABCD), i.discrete);
	if (!valid) {
		for (int k = OKNG_MAP_BLOCK; k < OKNG_MAP_BLOCK_END; k++)
			assert_int_equal(in[k], 0);
	} else {
		uint16_t head = in[OKNG_INPUT_SEQ_HEAD];
		assert_true(head >= w->last_shown); /* in order */
		w->last_shown = head;
		assert_int_equal(ok, in[OKNG_INPUT_VERDICT] == 1);
		if (ok && (uint16_t)(w->next_seq - head) <= 16) {
			assert_int_equal(w->truth[head & 15], 1);
			assert_false(w->ticket_refused[head & 15]);
		}
	}
	assert_int_equal(w->h.n_owed, w->n_owed);
	assert_int_equal(w->h.n_accepted, w->accepted);
	assert_int_equal(w->triggers, w->answered + w->n_owed);
	assert_int_equal(i.discrete >> OKNG_DISCRETE_BUSY & 1, w->accepted > 0);
	ready_is_honest(w);
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof *w);
	okng_handshake_init(&w->h, OKNG_WORD_ABCD, 0);
	w->next_seq = 1;
	w->status = (struct okng_plc_status){.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = ROOM};
	act(w, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &w->status});
}

static void every_order(const struct world *from, int depth)
{
	for (unsigned event = 0; event < N_EVENTS; event++) {
		struct world w = *from;
		happen(&w, event);
		promises(&w);
		if (depth > 1)
			every_order(&w, depth - 1);
	}
}

static void exhaustive(void **state)
{
	(void)state;
	static const struct {
		unsigned n, events[10];
	} beginnings[] = {
		{0, {0}},
		{3, {ENABLE, TRIG, JUDGE_OK}},
		{5, {BUFFER, SEQ_NEW, SEQ_NEW, JUDGE_OK, JUDGE_NG}},
		{5, {LIFE, SEQ_NEW, EXPOSED, JUDGE_OK, SEQ_NEW}},
		{6, {BUFFER, ENABLE, TRIG, TRIG, TRIG, JUDGE_OK}},
	};
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		struct world w;
		begin(&w);
		for (unsigned e = 0; e < beginnings[i].n; e++) {
			happen(&w, beginnings[i].events[e]);
			promises(&w);
		}
		every_order(&w, DEPTH);
	}
}

static uint32_t random32(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*s >> 33);
}

static void walks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		uint64_t s = seed;
		unsigned favourite = random32(&s) % N_EVENTS; /* some walks crowd one kind, to reach full queues */
		struct world w;
		begin(&w);
		for (int i = 0; i < 1000; i++) {
			happen(&w, random32(&s) % 3 ? random32(&s) % N_EVENTS : favourite);
			promises(&w);
		}
		while (w.n_owed) {
			judge(&w, 1, 1);
			promises(&w);
		}
		assert_int_equal(w.triggers, w.answered);
	}
}

/* With BUFFER_RESULTS and acknowledgement in time, every trigger's result is read once, in order, whatever else happens. */
static void nothing_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		uint64_t s = seed;
		uint16_t read = 0;
		struct world w;
		begin(&w);
		happen(&w, BUFFER);
		for (int i = 0; i < 2000; i++) {
			static const unsigned kinds[] = {SEQ_NEW, SEQ_SAME, EXPOSED, JUDGE_OK, JUDGE_NG, ACK_SEQ, ACK_SEQ, ACK_WRONG, GONE, SILENCE, STATUS};
			unsigned kind = kinds[random32(&s) % (sizeof kinds / sizeof *kinds)];
			const struct okng_plc_result *shown = okng_handshake_shown(&w.h);
			if (kind == ACK_SEQ && shown)
				assert_int_equal(shown->seq, ++read);
			if ((kind == JUDGE_OK || kind == JUDGE_NG) && w.h.n_results == OKNG_PLC_BUFFERS)
				continue;
			happen(&w, kind);
			promises(&w);
		}
		assert_false(w.h.overrun);
		assert_int_equal(read + w.h.n_results, w.answered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exhaustive), cmocka_unit_test(walks), cmocka_unit_test(nothing_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

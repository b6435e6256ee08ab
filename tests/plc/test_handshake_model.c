/* SPDX-License-Identifier: Apache-2.0
 *
 * Every state that events in any order can lead to, up to a depth, each visited once, from several beginnings; then long
 * random walks, which fill queues and wrap numbers. In every state all that a PLC reads is checked against the book of
 * model.c: one result for each trigger, OK only of an accepted part with its own echo, never OK and NG, a zero block when
 * nothing is valid, an honest READY, nothing lost or doubled when the writer goes and comes again.
 *
 * Argument: the depth. The default suits a build; each one more takes five times as long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plc/model.h"

#define DEPTH_MAX 12
#define BEGINNING_MAX 24

static unsigned depth = 5;

/* A state is kept as the way to it: small, and the shortest counterexample. */
struct state {
	uint8_t way[DEPTH_MAX];
	uint8_t n;
};

struct space {
	struct state *states;
	size_t n, room;
	uint64_t *seen; /* open addressing; 0 free */
	size_t slots;
};

static bool enter(struct space *s, uint64_t digest)
{
	if (s->n * 2 >= s->slots) {
		size_t old = s->slots;
		uint64_t *seen = s->seen;
		s->slots = old ? old * 2 : 1u << 16;
		s->seen = calloc(s->slots, sizeof *s->seen);
		assert_non_null(s->seen);
		for (size_t i = 0; i < old; i++)
			for (size_t at = seen[i]; seen[i]; at++)
				if (!s->seen[at % s->slots]) {
					s->seen[at % s->slots] = seen[i];
					break;
				}
		free(seen);
	}
	digest |= digest == 0;
	for (size_t at = digest;; at++) {
		uint64_t *slot = &s->seen[at % s->slots];
		if (*slot == digest)
			return false;
		if (*slot == 0) {
			*slot = digest;
			return true;
		}
	}
}

static void keep(struct space *s, const struct state *state)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->states = realloc(s->states, s->room * sizeof *s->states);
		assert_non_null(s->states);
	}
	s->states[s->n++] = *state;
}

struct beginning {
	const char *name;
	unsigned n;
	uint8_t events[BEGINNING_MAX];
};

static const struct beginning beginnings[] = {
	{"after the start", 0, {0}},
	{"a result of the bit style is shown", 4, {ENABLE, TRIG, EXPOSED, JUDGE_OK}},
	{"two parts under way, a heartbeat is watched", 3, {LIFE, SEQ_NEW, SEQ_NEW}},
	{"seven of eight buffers are full", 19, {BUFFER, HARDWARE, HARDWARE, HARDWARE, HARDWARE, HARDWARE, SEQ_NEW, JUDGE_OK, SEQ_NEW, JUDGE_NG,
		SEQ_NEW, SEQ_NEW, SEQ_NEW, GONE, SEQ_SAME, ACK_SEQ, HARDWARE, EXPOSED, LIFE}},
	{"buffered bit style, a part under way, results wait", 10, {BUFFER, ENABLE, TRIG, TRIG, TRIG, TRIG, JUDGE_OK, TRIG, JUDGE_NG, TRIG}},
	{"offline and lost with parts under way", 6, {LIFE, SEQ_NEW, SEQ_NEW, OFFLINE, SILENCE, SEQ_NEW}},
};

static void print_way(const struct beginning *b, const struct state *s, unsigned event)
{
	fprintf(stderr, "from \"%s\":", b->name);
	for (unsigned i = 0; i < s->n; i++)
		fprintf(stderr, " %s", model_event_name((enum model_event)s->way[i]));
	fprintf(stderr, " %s\n", model_event_name((enum model_event)event));
}

/* The way to the state at hand, told when an assertion leaves this frame. */
static struct {
	const struct beginning *from;
	struct state state;
	unsigned event;
	bool running;
} at_hand;

static int tell_way(void **state)
{
	(void)state;
	if (at_hand.running)
		print_way(at_hand.from, &at_hand.state, at_hand.event);
	at_hand.running = false;
	return 0;
}

static size_t explore(const struct beginning *b)
{
	static struct model from, here, next;
	struct space s = {0};
	model_begin(&from);
	at_hand.from = b;
	at_hand.running = true;
	for (unsigned i = 0; i < b->n; i++) {
		at_hand.event = b->events[i];
		model_happen(&from, (enum model_event)b->events[i]);
		model_check(&from);
	}
	enter(&s, model_digest(&from));
	keep(&s, &(struct state){{0}, 0});
	for (size_t i = 0; i < s.n && s.states[i].n < depth; i++) {
		at_hand.state = s.states[i];
		here = from;
		for (unsigned k = 0; k < at_hand.state.n; k++)
			model_happen(&here, (enum model_event)at_hand.state.way[k]);
		for (unsigned event = 0; event < N_MODEL_EVENTS; event++) {
			struct state to = at_hand.state;
			at_hand.event = event;
			next = here;
			model_happen(&next, (enum model_event)event);
			model_check(&next);
			to.way[to.n++] = (uint8_t)event;
			if (enter(&s, model_digest(&next)))
				keep(&s, &to);
		}
	}
	at_hand.running = false;
	size_t n = s.n;
	free(s.states);
	free(s.seen);
	return n;
}

static void every_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		size_t n = explore(&beginnings[i]);
		printf("%zu states within %u events of \"%s\"\n", n, depth, beginnings[i].name);
		assert_true(n > 50 * depth);
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
	static struct model m;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		uint64_t s = seed;
		unsigned favourite = random32(&s) % N_MODEL_EVENTS; /* some walks crowd one kind, to reach full queues */
		model_begin(&m);
		if (seed % 2) /* the numbers wrap on the way */
			m.shown_last = m.next_seq = m.next_trig = m.next_cmd = (uint16_t)(UINT16_MAX - seed % 90);
		for (int i = 0; i < 1000; i++) {
			model_happen(&m, (enum model_event)(random32(&s) % 3 ? random32(&s) % N_MODEL_EVENTS : favourite));
			model_check(&m);
		}
		while (m.n_parts) {
			model_happen(&m, JUDGE_OK);
			model_check(&m);
		}
		assert_int_equal(m.triggers, m.answered);
	}
}

/* With BUFFER_RESULTS and acknowledgement in time, every trigger's result is read once, in order, whatever else happens. */
static void nothing_lost(void **state)
{
	(void)state;
	static struct model m;
	static const enum model_event kinds[] = {SEQ_NEW, SEQ_SAME, EXPOSED, JUDGE_OK, JUDGE_NG, ACK_SEQ, ACK_SEQ, ACK_WRONG, GONE, REWRITE,
		SILENCE, CAMERA, LIFE, OFFLINE};
	for (uint64_t seed = 1; seed <= 50; seed++) {
		uint64_t s = seed;
		uint16_t read = 0;
		model_begin(&m);
		model_happen(&m, BUFFER);
		for (int i = 0; i < 2000; i++) {
			enum model_event kind = kinds[random32(&s) % (sizeof kinds / sizeof *kinds)];
			const struct okng_plc_result *shown = okng_handshake_shown(&m.h);
			if (kind == ACK_SEQ && shown)
				assert_int_equal(shown->seq, ++read);
			if ((kind == JUDGE_OK || kind == JUDGE_NG) && m.n_queue == OKNG_PLC_BUFFERS)
				continue;
			model_happen(&m, kind);
			model_check(&m);
		}
		assert_false(m.overrun);
		assert_int_equal(read + m.n_queue, m.answered);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		depth = (unsigned)atoi(argv[1]);
	if (depth < 1 || depth > DEPTH_MAX)
		return 2;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_state, tell_way), cmocka_unit_test(walks), cmocka_unit_test(nothing_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

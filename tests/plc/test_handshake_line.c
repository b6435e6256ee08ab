/* SPDX-License-Identifier: Apache-2.0
 *
 * A PLC program of each style on a bad line, in every order: a request may get lost before the station sees it, or its
 * answer on the way back; the PLC then connects anew and asks again, as real programs do. Between any two requests the
 * station may expose or judge. Whatever happens, each part of the PLC is one part of the station, gets its own verdict,
 * once, and the program never waits for what will not come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plc/handshake.h"

#define C(name) (1u << OKNG_COIL_##name)
#define D(name) (1u << OKNG_DISCRETE_##name)
#define FAULTS 12 /* of the line, at most */
#define PARTS 6

enum style { SEQUENCE, SEQUENCE_BUFFERED, BITS, N_STYLES };
enum line { GOOD, REQUEST_LOST, ANSWER_LOST, N_LINES };
enum step { ENABLE, AWAIT_READY, TRIGGER, AWAIT_ACK, RELEASE, AWAIT_RESULT, ACKNOWLEDGE, AWAIT_CLEAR, REARM, FINISHED };

struct world {
	struct okng_handshake h;
	enum style style;
	/* The PLC's program. */
	enum step at;
	unsigned part;        /* parts asked for */
	unsigned coils;
	uint16_t head;        /* SEQ_HEAD of the result at hand */
	uint16_t verdict[PARTS + 1];
	unsigned results;
	/* The station. */
	uint16_t owed[PARTS + 2];
	unsigned n_owed, accepted, judged, unexposed;
	uint16_t seq, truth[PARTS + 2];
	unsigned faults;      /* of the line so far */
};

/* Worlds to go on from, each once. */
static struct {
	struct world *todo;
	uint64_t *seen;
	size_t n_todo, room, slots, n, finished;
} space;

static void step(struct world *w, struct okng_handshake_event e)
{
	struct okng_handshake_actions a;
	assert_int_equal(okng_handshake_step(&w->h, &e, &a), 0);
	for (int i = 0; i < a.n_triggers; i++) {
		assert_int_equal(a.triggers[i].refused, 0); /* the program waits for READY */
		assert_true(w->accepted < PARTS);
		w->owed[w->n_owed++] = a.triggers[i].trig_seq;
		w->accepted++;
		w->unexposed++;
	}
}

/* Whether the PLC got its answer. */
static bool ask(struct world *w, enum line line, unsigned reg, uint16_t value, struct okng_plc_image *image)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	if (line != REQUEST_LOST && reg < OKNG_MAP_HOLDINGS) {
		words[reg] = value;
		step(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {1u << reg, words}});
	}
	okng_handshake_image(&w->h, 0, image);
	if (line != GOOD)
		step(w, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE});
	w->faults += line != GOOD;
	return line == GOOD;
}

#define READ OKNG_MAP_HOLDINGS

static bool set_coils(struct world *w, enum line line, unsigned coils, struct okng_plc_image *image)
{
	w->coils = coils;
	return ask(w, line, OKNG_HOLDING_CONTROL_BITS, (uint16_t)coils, image);
}

static void take_result(struct world *w, const struct okng_plc_image *i)
{
	const uint16_t *in = i->input;
	bool bits = w->style == BITS;
	if (!(i->discrete & D(RESULT_VALID)) || (!bits && in[OKNG_INPUT_TRIG_SEQ_ECHO] != w->results + 1))
		return;
	assert_int_equal(in[OKNG_INPUT_TRIG_SEQ_ECHO], bits ? 0 : w->results + 1);
	w->head = in[OKNG_INPUT_SEQ_HEAD];
	w->verdict[w->results++] = in[OKNG_INPUT_VERDICT];
	w->at = ACKNOWLEDGE;
}

/* The next request of the program; one whose answer did not come is made again. */
static void plc_turn(struct world *w, enum line line)
{
	struct okng_plc_image i;
	const bool bits = w->style == BITS, buffered = w->style == SEQUENCE_BUFFERED;
	switch (w->at) {
	case ENABLE:
		if (set_coils(w, line, bits ? C(TRIG_ENABLE) : buffered ? C(BUFFER_RESULTS) : 0, &i))
			w->at = AWAIT_READY;
		break;
	case AWAIT_READY:
		if (ask(w, line, READ, 0, &i) && i.discrete & D(READY)) {
			w->part++;
			w->at = TRIGGER;
		}
		break;
	case TRIGGER:
		if (bits ? !set_coils(w, line, C(TRIG_ENABLE) | C(TRIG), &i) : !ask(w, line, OKNG_HOLDING_TRIG_SEQ, (uint16_t)w->part, &i))
			break;
		/* Buffered: four parts may be under way. */
		w->at = bits ? AWAIT_ACK : buffered && w->part < PARTS && w->part - w->results < 4 ? AWAIT_READY : AWAIT_RESULT;
		break;
	case AWAIT_ACK:
		if (ask(w, line, READ, 0, &i) && i.discrete & D(TRIG_ACK))
			w->at = RELEASE;
		break;
	case RELEASE:
		if (set_coils(w, line, C(TRIG_ENABLE), &i))
			w->at = AWAIT_RESULT;
		break;
	case AWAIT_RESULT:
		if (ask(w, line, READ, 0, &i))
			take_result(w, &i);
		break;
	case ACKNOWLEDGE:
		if (bits ? !set_coils(w, line, C(TRIG_ENABLE) | C(RESULT_ACK), &i) : !ask(w, line, OKNG_HOLDING_RESULT_ACK_SEQ, w->head, &i))
			break;
		w->at = bits ? AWAIT_CLEAR : w->results < w->part ? AWAIT_RESULT : w->part < PARTS ? AWAIT_READY : FINISHED;
		break;
	case AWAIT_CLEAR:
		if (ask(w, line, READ, 0, &i) && !(i.discrete & D(RESULT_VALID)))
			w->at = REARM;
		break;
	case REARM:
		if (set_coils(w, line, C(TRIG_ENABLE), &i))
			w->at = w->part < PARTS ? AWAIT_READY : FINISHED;
		break;
	case FINISHED:
		break;
	}
}

static void judge(struct world *w)
{
	struct okng_plc_result r = {.seq = ++w->seq, .trig_seq = w->owed[0], .answers_plc = 1, .verdict = (uint16_t)(1 + w->judged % 3)};
	w->truth[w->judged++] = r.verdict;
	w->unexposed -= w->unexposed == w->n_owed; /* judged without */
	memmove(w->owed, w->owed + 1, --w->n_owed * sizeof *w->owed);
	step(w, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r});
}

static void check(const struct world *w)
{
	struct okng_plc_image i;
	okng_handshake_image(&w->h, 0, &i);
	assert_true((i.discrete & (D(OK) | D(NG))) != (D(OK) | D(NG)));
	assert_int_equal(i.discrete & (D(ERROR) | D(OVERRUN) | D(MISSED_TRIG)), 0);
	assert_true(w->accepted <= w->part);
	assert_true(w->results <= w->judged);
	assert_memory_equal(w->verdict, w->truth, w->results * sizeof *w->truth); /* each its own, once, in order */
	if (w->at == FINISHED) {
		assert_int_equal(w->accepted, PARTS);
		assert_int_equal(w->results, PARTS);
		assert_int_equal(w->judged, PARTS);
	}
}

static bool first_visit(const struct world *w)
{
	uint64_t d = 14695981039346656037u;
	struct {
		uint16_t holding[3], owed[PARTS + 2], verdict[PARTS + 1], head, seq;
		uint8_t at, part, results, n_owed, accepted, judged, unexposed, faults, bits, n_results;
	} key;
	memset(&key, 0, sizeof key);
	memcpy(key.holding, w->h.holding, sizeof key.holding);
	memcpy(key.owed, w->owed, w->n_owed * sizeof *w->owed);
	memcpy(key.verdict, w->verdict, w->results * sizeof *w->verdict);
	key.head = w->head;
	key.seq = w->seq;
	key.at = (uint8_t)w->at;
	key.part = (uint8_t)w->part;
	key.results = (uint8_t)w->results;
	key.n_owed = (uint8_t)w->n_owed;
	key.accepted = (uint8_t)w->accepted;
	key.judged = (uint8_t)w->judged;
	key.unexposed = (uint8_t)w->unexposed;
	key.faults = (uint8_t)w->faults;
	key.bits = (uint8_t)(w->h.bit_style | w->h.trig_ack << 1 | w->h.exposure_done << 2 | (w->coils & 7) << 3);
	key.n_results = (uint8_t)w->h.n_results;
	for (size_t i = 0; i < sizeof key; i++)
		d = (d ^ ((const uint8_t *)&key)[i]) * 1099511628211u;
	d |= d == 0;
	assert_true(space.n * 2 < space.slots);
	for (size_t at = d % space.slots;; at = (at + 1) % space.slots) {
		if (space.seen[at] == d)
			return false;
		if (space.seen[at])
			continue;
		space.seen[at] = d;
		space.n++;
		return true;
	}
}

static void visit(const struct world *w)
{
	check(w);
	if (!first_visit(w))
		return;
	space.finished += w->at == FINISHED;
	if (space.n_todo == space.room) {
		space.room = space.room ? 2 * space.room : 1024;
		space.todo = realloc(space.todo, space.room * sizeof *space.todo);
		assert_non_null(space.todo);
	}
	space.todo[space.n_todo++] = *w;
}

static void go_on(const struct world *from)
{
	for (int line = GOOD; line < (from->faults < FAULTS ? N_LINES : 1); line++) {
		struct world w = *from;
		plc_turn(&w, (enum line)line);
		visit(&w);
	}
	if (from->unexposed) {
		struct world w = *from;
		w.unexposed--;
		step(&w, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED});
		visit(&w);
	}
	if (from->n_owed) {
		struct world w = *from;
		judge(&w);
		visit(&w);
	}
}

static struct world begin(enum style style)
{
	const struct okng_plc_status up = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 4};
	struct world w;
	memset(&w, 0, sizeof w);
	w.style = style;
	okng_handshake_init(&w.h, OKNG_WORD_ABCD, 0);
	step(&w, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &up});
	return w;
}

/* From any state within reach, a good line and a station that works bring the program to its end. */
static void comes_to_its_end(struct world w)
{
	for (int i = 0; i < 200 && w.at != FINISHED; i++) {
		if (w.n_owed)
			judge(&w);
		plc_turn(&w, GOOD);
		check(&w);
	}
	assert_int_equal(w.at, FINISHED);
}

static void every_fault_in_every_place(void **state)
{
	(void)state;
	for (int style = 0; style < N_STYLES; style++) {
		const struct world first = begin((enum style)style);
		memset(&space, 0, sizeof space);
		space.slots = 1u << 20;
		space.seen = calloc(space.slots, sizeof *space.seen);
		assert_non_null(space.seen);
		visit(&first);
		while (space.n_todo) {
			struct world w = space.todo[--space.n_todo];
			go_on(&w);
		}
		printf("style %d: %zu states, in %zu of them at the end, %d faults of the line at most\n", style, space.n, space.finished, FAULTS);
		assert_true(space.finished > FAULTS && space.n > 500);
		free(space.seen);
		free(space.todo);
	}
}

static void any_way_ends(void **state)
{
	(void)state;
	uint64_t s = 7;
	for (int i = 0; i < 30000; i++) {
		struct world w = begin((enum style)(i % N_STYLES));
		for (int k = 0; k < 60; k++) {
			s = s * 6364136223846793005u + 1442695040888963407u;
			unsigned dice = (unsigned)(s >> 33) % 12;
			if (dice == 0 && w.n_owed)
				judge(&w);
			else if (dice == 1 && w.unexposed) {
				w.unexposed--;
				step(&w, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED});
			} else
				plc_turn(&w, dice < 8 ? GOOD : dice < 10 ? REQUEST_LOST : ANSWER_LOST);
			check(&w);
		}
		comes_to_its_end(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_fault_in_every_place), cmocka_unit_test(any_way_ends)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

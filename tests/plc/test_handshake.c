/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the PLC interface as scenarios: each line is one event and what a PLC then reads. Bits are compared as a
 * set among those a scenario watches, so that a line says all that it means.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/handshake.h"

#define B(name) (1u << OKNG_DISCRETE_##name)
#define C(name) (1u << OKNG_COIL_##name)
#define WATCHED (B(READY) | B(ONLINE) | B(TRIG_ACK) | B(EXPOSURE_DONE) | B(BUSY) | B(RESULT_VALID) | B(OK) | B(NG) | B(ERROR) | \
	B(OVERRUN) | B(MISSED_TRIG) | B(CMD_BUSY) | B(CMD_DONE) | B(CMD_FAILED) | B(REVIEW) | B(PLC_LOST))
#define UP (B(READY) | B(ONLINE))

enum what { END, COILS, REG, EXPOSED, JUDGED, HARDWARE, RECIPE, DONE, GONE, WAIT, STATUS_ROOM, STATUS_OFFLINE, STATUS_CAMERA };

struct line {
	enum what what;
	unsigned a, b;       /* COILS: new bits; REG: register, value; JUDGED: verdict, echo; DONE: id, result; WAIT: ms */
	uint32_t bits;       /* the watched bits afterwards */
	uint16_t head, echo; /* of the block */
	int triggers;        /* 0 none, 1 accepted, else the reason of a refusal */
};

struct scenario {
	const char *name;
	struct line lines[24];
};

static const struct scenario scenarios[] = {
	{"sequence style: one result per change, echo, acknowledged by number", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 7, UP | B(BUSY), 0, 0, 1},
		{REG, OKNG_HOLDING_TRIG_SEQ, 7, UP | B(BUSY), 0, 0, 0},
		{EXPOSED, 0, 0, UP | B(BUSY) | B(EXPOSURE_DONE), 0, 0, 0},
		{JUDGED, 1, 7, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 7, 0},
		{REG, OKNG_HOLDING_RESULT_ACK_SEQ, 9, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 7, 0},
		{REG, OKNG_HOLDING_RESULT_ACK_SEQ, 1, UP | B(EXPOSURE_DONE), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 0, UP | B(EXPOSURE_DONE), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 7, UP | B(BUSY), 0, 0, 1}}},
	{"a trigger zeroes the block, an unacknowledged result is replaced", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1},
		{REG, OKNG_HOLDING_TRIG_SEQ, 2, B(ONLINE) | B(BUSY), 0, 0, 1},
		{JUDGED, 2, 1, UP | B(BUSY) | B(RESULT_VALID) | B(NG), 1, 1, 0},
		{JUDGED, 3, 2, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(NG) | B(REVIEW), 2, 2, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 3, UP | B(BUSY), 0, 0, 1},
		{JUDGED, 1, 3, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 3, 3, 0},
		{RECIPE, 0, 0, UP | B(EXPOSURE_DONE), 0, 0, 0}}},
	{"no room: refused, echoed as FAULT, cleared by the next accepted one", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1},
		{REG, OKNG_HOLDING_TRIG_SEQ, 2, B(ONLINE) | B(BUSY), 0, 0, 1},
		{REG, OKNG_HOLDING_TRIG_SEQ, 3, B(ONLINE) | B(BUSY) | B(MISSED_TRIG), 0, 0, 25},
		{JUDGED, 1, 1, UP | B(BUSY) | B(MISSED_TRIG) | B(RESULT_VALID) | B(OK), 1, 1, 0},
		{JUDGED, 1, 2, UP | B(EXPOSURE_DONE) | B(MISSED_TRIG) | B(RESULT_VALID) | B(OK), 2, 2, 0},
		{JUDGED, 1, 3, UP | B(EXPOSURE_DONE) | B(MISSED_TRIG) | B(RESULT_VALID) | B(NG), 3, 3, 0}, /* OK of a refused one is no OK */
		{REG, OKNG_HOLDING_TRIG_SEQ, 4, UP | B(BUSY), 0, 0, 1}}},
	{"offline by the PLC works at once", {
		{COILS, C(SET_OFFLINE), 0, 0, 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, B(MISSED_TRIG), 0, 0, 26},
		{COILS, 0, 0, UP | B(MISSED_TRIG), 0, 0, 0},
		{COILS, C(CLEAR_ERROR), 0, UP, 0, 0, 0},
		{STATUS_OFFLINE, 0, 0, 0, 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 2, B(MISSED_TRIG), 0, 0, 26},
		{STATUS_ROOM, 1, 0, UP | B(MISSED_TRIG), 0, 0, 0},
		{STATUS_CAMERA, 0, 0, B(ONLINE) | B(MISSED_TRIG), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 3, B(ONLINE) | B(MISSED_TRIG), 0, 0, 25}}},
	{"bit style, the whole cycle", {
		{COILS, C(TRIG_ENABLE), 0, UP, 0, 0, 0},
		{COILS, C(TRIG_ENABLE) | C(TRIG), 0, B(ONLINE) | B(TRIG_ACK) | B(BUSY), 0, 0, 1},
		{COILS, C(TRIG_ENABLE), 0, B(ONLINE) | B(BUSY), 0, 0, 0},
		{EXPOSED, 0, 0, B(ONLINE) | B(BUSY) | B(EXPOSURE_DONE), 0, 0, 0},
		{JUDGED, 1, 0, B(ONLINE) | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 0, 0},
		{COILS, C(TRIG_ENABLE) | C(RESULT_ACK), 0, B(ONLINE) | B(EXPOSURE_DONE), 0, 0, 0},
		{COILS, C(TRIG_ENABLE), 0, UP | B(EXPOSURE_DONE), 0, 0, 0},
		{COILS, 0, 0, B(ONLINE) | B(EXPOSURE_DONE), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1}}},
	{"bit style: a trigger too early is refused, and READY waits until its FAULT was taken", {
		{COILS, C(TRIG), 0, UP | B(MISSED_TRIG), 0, 0, 25},
		{COILS, C(TRIG_ENABLE), 0, B(ONLINE) | B(MISSED_TRIG), 0, 0, 0},
		{JUDGED, 4, 0, B(ONLINE) | B(MISSED_TRIG) | B(RESULT_VALID) | B(NG), 1, 0, 0},
		{COILS, C(TRIG_ENABLE) | C(RESULT_ACK), 0, B(ONLINE) | B(MISSED_TRIG), 0, 0, 0},
		{COILS, C(TRIG_ENABLE) | C(RESULT_ACK) | C(TRIG), 0, B(ONLINE) | B(MISSED_TRIG), 0, 0, 25},
		{COILS, C(TRIG_ENABLE), 0, B(ONLINE) | B(MISSED_TRIG), 0, 0, 0}}},
	{"a result that comes while RESULT_ACK is 1 is shown when it falls", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1},
		{COILS, C(RESULT_ACK), 0, UP | B(BUSY), 0, 0, 0},
		{JUDGED, 1, 1, UP | B(EXPOSURE_DONE), 0, 0, 0},
		{COILS, 0, 0, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 1, 0}}},
	{"mixing: TRIG_SEQ within a bit cycle", {
		{COILS, C(TRIG_ENABLE), 0, UP, 0, 0, 0},
		{COILS, C(TRIG_ENABLE) | C(TRIG), 0, B(ONLINE) | B(TRIG_ACK) | B(BUSY), 0, 0, 1},
		{REG, OKNG_HOLDING_TRIG_SEQ, 5, UP | B(TRIG_ACK) | B(BUSY) | B(ERROR) | B(MISSED_TRIG), 0, 0, 25},
		{COILS, C(CLEAR_ERROR), 0, UP | B(BUSY), 0, 0, 0},
		{JUDGED, 1, 0, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 0, 0},
		{JUDGED, 4, 5, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(NG), 2, 5, 0}}},
	{"mixing: TRIG while a sequence part is under way", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 5, UP | B(BUSY), 0, 0, 1},
		{COILS, C(TRIG_ENABLE) | C(TRIG), 0, B(ONLINE) | B(BUSY) | B(ERROR) | B(MISSED_TRIG), 0, 0, 25}}},
	{"the PLC's heartbeat", {
		{REG, OKNG_HOLDING_PLC_TIMEOUT, 100, UP, 0, 0, 0},
		{WAIT, 99, 0, UP, 0, 0, 0},
		{REG, OKNG_HOLDING_PLC_HEARTBEAT, 1, UP, 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1},
		{WAIT, 100, 0, B(ONLINE) | B(BUSY) | B(PLC_LOST), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 2, B(ONLINE) | B(BUSY) | B(PLC_LOST) | B(MISSED_TRIG), 0, 0, 28},
		{JUDGED, 1, 1, B(ONLINE) | B(PLC_LOST) | B(MISSED_TRIG) | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 1, 0},
		{REG, OKNG_HOLDING_PLC_HEARTBEAT, 2, UP | B(MISSED_TRIG) | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 1, 0},
		{WAIT, 100, 0, B(ONLINE) | B(PLC_LOST) | B(MISSED_TRIG) | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 1, 0},
		{REG, OKNG_HOLDING_PLC_TIMEOUT, 0, UP | B(MISSED_TRIG) | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 1, 0}}},
	{"a writer that goes and comes back with the same number changes nothing", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 5, UP | B(BUSY), 0, 0, 1},
		{GONE, 0, 0, UP | B(BUSY), 0, 0, 0},
		{REG, OKNG_HOLDING_TRIG_SEQ, 5, UP | B(BUSY), 0, 0, 0},
		{JUDGED, 1, 5, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 1, 5, 0}}},
	{"commands: done, busy, unknown, failed", {
		{REG, OKNG_HOLDING_CMD_CODE, 3, UP, 0, 0, 0},
		{REG, OKNG_HOLDING_CMD_ID, 8, UP | B(CMD_BUSY), 0, 0, 0},
		{REG, OKNG_HOLDING_CMD_ID, 9, UP | B(CMD_BUSY) | B(CMD_FAILED), 0, 0, 0},
		{DONE, 8, 0, UP | B(CMD_DONE), 0, 0, 0},
		{COILS, C(CMD_EXEC), 0, UP | B(CMD_BUSY), 0, 0, 0},
		{DONE, 9, EIO, UP | B(CMD_FAILED), 0, 0, 0},
		{REG, OKNG_HOLDING_CMD_CODE, 5, UP | B(CMD_FAILED), 0, 0, 0},
		{REG, OKNG_HOLDING_CMD_ID, 10, UP | B(CMD_FAILED), 0, 0, 0}}},
	{"the station is held to the order of triggers", {
		{REG, OKNG_HOLDING_TRIG_SEQ, 1, UP | B(BUSY), 0, 0, 1},
		{JUDGED, 1, 2, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(NG), 1, 1, -EPROTO},
		{JUDGED, 1, 3, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(NG), 1, 1, -EPROTO},
		{HARDWARE, 1, 0, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(OK), 3, 0, 0},
		{HARDWARE, 0, 0, UP | B(EXPOSURE_DONE) | B(RESULT_VALID) | B(NG), 4, 0, 0}}}, /* a zeroed verdict rejects */
};

struct player {
	struct okng_handshake h;
	struct okng_plc_status status;
	int64_t now;
	uint16_t seq;
};

static int step(struct player *p, struct okng_handshake_event e, struct okng_handshake_actions *a)
{
	e.now_ms = p->now;
	return okng_handshake_step(&p->h, &e, a);
}

static int write_reg(struct player *p, unsigned reg, unsigned value, struct okng_handshake_actions *a)
{
	uint16_t words[OKNG_MAP_HOLDINGS] = {0};
	words[reg] = (uint16_t)value;
	return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {1u << reg, words}}, a);
}

static int tell(struct player *p, struct okng_handshake_actions *a)
{
	return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &p->status}, a);
}

static int publish(struct player *p, unsigned verdict, unsigned echo, int answers, struct okng_handshake_actions *a)
{
	struct okng_plc_result r = {.seq = ++p->seq, .trig_seq = (uint16_t)echo, .verdict = (uint16_t)verdict, .answers_plc = answers};
	return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r}, a);
}

static void begin(struct player *p, int room)
{
	struct okng_handshake_actions a;
	memset(p, 0, sizeof *p);
	okng_handshake_init(&p->h, OKNG_WORD_ABCD, 0);
	p->status = (struct okng_plc_status){.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = room};
	assert_int_equal(tell(p, &a), 0);
}

static int play(struct player *p, const struct line *l, struct okng_handshake_actions *a)
{
	switch (l->what) {
	case COILS: return write_reg(p, OKNG_HOLDING_CONTROL_BITS, l->a, a);
	case REG: return write_reg(p, l->a, l->b, a);
	case EXPOSED: return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED}, a);
	case JUDGED: return publish(p, l->a, l->b, 1, a);
	case HARDWARE: return publish(p, l->a, 0, 0, a);
	case RECIPE: return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_RECIPE}, a);
	case DONE: return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_COMMAND_DONE,
		.done = {(uint16_t)l->a, (uint16_t)l->b}}, a);
	case GONE: return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE}, a);
	case WAIT:
		p->now += l->a;
		return step(p, (struct okng_handshake_event){.kind = OKNG_EVENT_TICK}, a);
	case STATUS_ROOM:
		p->status.online = 1;
		p->status.room = (int)l->a;
		return tell(p, a);
	case STATUS_OFFLINE:
		p->status.online = 0;
		return tell(p, a);
	case STATUS_CAMERA:
		p->status.camera_ok = (int)l->a;
		return tell(p, a);
	case END:
		break;
	}
	return 0;
}

static void rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		struct player p;
		begin(&p, 2);
		for (const struct line *l = scenarios[i].lines; l->what != END; l++) {
			struct okng_handshake_actions a;
			struct okng_plc_image image;
			int r = play(&p, l, &a);
			int trigger = r < 0 ? r : a.n_triggers == 0 ? 0 : a.triggers[0].refused ? a.triggers[0].refused : 1;
			okng_handshake_image(&p.h, p.now, &image);
			if ((image.discrete & WATCHED) != l->bits || image.input[16] != l->head || image.input[17] != l->echo ||
				trigger != l->triggers)
				fail_msg("%s, line %d: bits %06x wanted %06x, head %u, echo %u, trigger %d", scenarios[i].name,
					(int)(l - scenarios[i].lines) + 1, image.discrete & WATCHED, l->bits, image.input[16], image.input[17], trigger);
		}
	}
}

static void buffered(void **state)
{
	(void)state;
	struct player p;
	struct okng_handshake_actions a;
	struct okng_plc_image image;
	begin(&p, 20);
	write_reg(&p, OKNG_HOLDING_CONTROL_BITS, C(BUFFER_RESULTS), &a);
	for (unsigned i = 1; i <= 9; i++)
		write_reg(&p, OKNG_HOLDING_TRIG_SEQ, 100 + i, &a);
	for (unsigned i = 1; i <= 9; i++) {
		okng_handshake_image(&p.h, 0, &image);
		assert_int_equal(image.discrete & B(OVERRUN), 0);
		assert_int_equal(image.input[OKNG_INPUT_BUFFERS_LEFT], 9 - i);
		assert_int_equal(publish(&p, 1, 100 + i, 1, &a), 0);
	}
	okng_handshake_image(&p.h, 0, &image);
	assert_int_not_equal(image.discrete & B(OVERRUN), 0);
	/* By number and by bit in turn; with the bit, the next shows only after it fell. */
	for (unsigned i = 1; i <= 8; i++) {
		okng_handshake_image(&p.h, 0, &image);
		assert_int_equal(image.input[16], i);
		assert_int_equal(image.input[17], 100 + i);
		if (i & 1) {
			write_reg(&p, OKNG_HOLDING_RESULT_ACK_SEQ, i, &a);
			continue;
		}
		write_reg(&p, OKNG_HOLDING_CONTROL_BITS, C(BUFFER_RESULTS) | C(RESULT_ACK), &a);
		okng_handshake_image(&p.h, 0, &image);
		assert_int_equal(image.input[16], 0);
		write_reg(&p, OKNG_HOLDING_CONTROL_BITS, C(BUFFER_RESULTS), &a);
	}
	assert_null(okng_handshake_shown(&p.h));
	write_reg(&p, OKNG_HOLDING_CONTROL_BITS, C(BUFFER_RESULTS) | C(CLEAR_ERROR), &a);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.discrete & B(OVERRUN), 0);
}

static void refusals_are_bounded(void **state)
{
	(void)state;
	struct player p;
	struct okng_handshake_actions a;
	unsigned asked = 0;
	begin(&p, 0);
	for (unsigned i = 1; i <= 100; i++) {
		write_reg(&p, OKNG_HOLDING_TRIG_SEQ, i, &a);
		asked += (unsigned)a.n_triggers;
	}
	assert_int_equal(asked, OKNG_HANDSHAKE_REFUSED);
	assert_int_equal(p.h.missed, 100);
	for (unsigned i = 1; i <= asked; i++)
		assert_int_equal(publish(&p, 4, i, 1, &a), 0);
	assert_int_equal(publish(&p, 4, 65, 1, &a), -EPROTO);
}

static void echoes(void **state)
{
	(void)state;
	struct player p;
	struct okng_handshake_actions a;
	struct okng_plc_image image;
	uint16_t words[OKNG_MAP_HOLDINGS] = {[OKNG_HOLDING_CMD_CODE] = 1, [OKNG_HOLDING_CMD_ID] = 4, [OKNG_HOLDING_CMD_ARGS] = 1,
		[OKNG_HOLDING_CMD_ARGS + 1] = 2, [OKNG_HOLDING_TRIG_SEQ] = 9, [OKNG_HOLDING_VERDICT_DEADLINE] = 80,
		[OKNG_HOLDING_PART_ID] = 'S' << 8 | '1', [OKNG_HOLDING_CONTROL_BITS] = 0xff00};
	begin(&p, 1);
	/* One write of everything: one trigger with its id and deadline, one command. */
	step(&p, (struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {(1u << OKNG_MAP_HOLDINGS) - 1, words}}, &a);
	assert_int_equal(a.n_triggers, 1);
	assert_int_equal(a.triggers[0].trig_seq, 9);
	assert_int_equal(a.triggers[0].deadline_ms, 80);
	assert_string_equal(a.triggers[0].part_id, "S1");
	assert_true(a.command);
	assert_int_equal(a.args, 65538);
	assert_int_equal(p.h.holding[0], 0); /* coils that do not exist stay 0 */
	assert_int_equal(step(&p, (struct okng_handshake_event){.kind = OKNG_EVENT_COMMAND_DONE, .done = {5, 0}}, &a), -EPROTO);
	write_reg(&p, OKNG_HOLDING_CMD_ID, 6, &a);
	assert_false(a.command);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_CMD_ID_ECHO], 6);
	assert_int_equal(image.input[OKNG_INPUT_CMD_RESULT], EBUSY);
	step(&p, (struct okng_handshake_event){.kind = OKNG_EVENT_COMMAND_DONE, .done = {4, 0}}, &a);
	write_reg(&p, OKNG_HOLDING_CMD_CODE, 77, &a);
	write_reg(&p, OKNG_HOLDING_CMD_ID, 7, &a);
	assert_false(a.command);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_CMD_CODE_ECHO], 77);
	assert_int_equal(image.input[OKNG_INPUT_CMD_RESULT], ENOSYS);
}

static void age_and_state(void **state)
{
	(void)state;
	struct player p;
	struct okng_handshake_actions a;
	struct okng_plc_image image;
	static const struct {
		int64_t ms;
		uint16_t age;
	} ages[] = {{0, 0}, {1, 1}, {65535, 65535}, {65536, 65535}, {1000000, 65535}};
	begin(&p, 1);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_STATE], OKNG_PLC_STATE_READY);
	write_reg(&p, OKNG_HOLDING_TRIG_SEQ, 1, &a);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_STATE], OKNG_PLC_STATE_SINGLE_EXECUTION);
	publish(&p, 1, 1, 1, &a);
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
		okng_handshake_image(&p.h, ages[i].ms, &image);
		assert_int_equal(image.input[OKNG_INPUT_AGE], ages[i].age);
	}
	write_reg(&p, OKNG_HOLDING_CONTROL_BITS, C(SET_OFFLINE), &a);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_STATE], OKNG_PLC_STATE_INITIALIZED);
	assert_int_equal(image.input[OKNG_INPUT_OFFLINE_REASON], OKNG_PLC_OFFLINE_BY_PLC);
	okng_handshake_init(&p.h, OKNG_WORD_ABCD, 0);
	okng_handshake_image(&p.h, 0, &image);
	assert_int_equal(image.input[OKNG_INPUT_STATE], OKNG_PLC_STATE_PREOPERATIONAL);
	assert_int_equal(image.discrete, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules), cmocka_unit_test(buffered), cmocka_unit_test(refusals_are_bounded), cmocka_unit_test(echoes),
		cmocka_unit_test(age_and_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

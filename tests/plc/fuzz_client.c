/* SPDX-License-Identifier: Apache-2.0
 *
 * What a hostile PLC can reach without sockets: the byte stream of its answers, the master behind it, and the handshake that
 * takes its control block. The first two bytes choose the shape of the link; a byte between answers is what the station
 * does meanwhile. Whatever the PLC says, no verdict OK follows from it that the station did not give.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plc/handshake.h"
#include "plc/master.h"
#include "plc/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct okng_stream stream;
static struct okng_master master;
static struct okng_handshake hand;
static struct okng_plc_trigger owed[OKNG_HANDSHAKE_ROOM + OKNG_HANDSHAKE_REFUSED];
static size_t n_owed;

static void step(struct okng_handshake_event *e, int64_t now)
{
	struct okng_handshake_actions a;
	e->now_ms = now;
	assert(okng_handshake_step(&hand, e, &a) == 0);
	for (int i = 0; i < a.n_triggers; i++)
		owed[n_owed++] = a.triggers[i];
}

/* Every verdict given is NG, so that an OK is invented. */
static void station_moves(uint8_t what, int64_t now)
{
	if (what & 1 || n_owed == 0)
		return;
	struct okng_plc_result r = {.seq = (uint16_t)(now | 1), .trig_seq = owed[0].trig_seq, .answers_plc = 1,
		.verdict = owed[0].refused ? 4 : 2, .reason = owed[0].refused};
	memmove(owed, owed + 1, --n_owed * sizeof *owed);
	step(&(struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r}, now);
}

static void ask(int64_t now)
{
	struct okng_plc_image image;
	uint8_t pdu[OKNG_PDU_MAX];
	int64_t then;
	okng_handshake_image(&hand, now, &image);
	assert((image.discrete >> OKNG_DISCRETE_OK & 1) == 0);
	okng_regmap_turn(OKNG_TABLE_INPUT, image.input, OKNG_WORD_ABCD, master.params.word_order);
	if (master.function)
		return;
	size_t n = okng_master_next(&master, image.input, now * 1000000, pdu, &then);
	assert(n <= sizeof pdu && (n == 0) == (master.function == 0));
}

/* Answers of any length from one byte of the input on; a first byte below 128 repeats what would be right. */
static int take(const struct okng_adu *adu, int64_t now)
{
	struct okng_adu this = *adu;
	uint8_t pdu[OKNG_PDU_MAX];
	memcpy(pdu, adu->pdu, adu->size);
	okng_stream_take(&stream, &this);
	if (!master.function) /* late */
		return 0;
	if (adu->unit < 128)
		pdu[0] = master.function;
	int r = okng_master_answer(&master, pdu, adu->size);
	if (r == OKNG_MASTER_CONTROL) {
		okng_regmap_turn(OKNG_TABLE_HOLDING, master.control, master.params.word_order, OKNG_WORD_ABCD);
		step(&(struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {okng_regmap_whole_values(master.news), master.control,
			master.fresh, adu->transaction & 1 && master.fresh}}, now);
		okng_regmap_turn(OKNG_TABLE_HOLDING, master.control, OKNG_WORD_ABCD, master.params.word_order);
		master.fresh = false;
	}
	assert(!(r < 0) || master.function);
	return r;
}

static void begin(const uint8_t *data)
{
	const struct okng_plc_status status = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 4};
	static const int most[] = {123, 64, 48, 1};
	struct okng_link_params p = {.role = OKNG_LINK_CLIENT, .word_order = (enum okng_word_order)(data[0] & 3), .control = true, .result_at = 100,
		.result_words = data[0] & 4 ? 64 : 100, .read_function = data[0] & 8 ? 3 : 4, .write_function = data[0] & 16 ? 16 : 6,
		.write_max = most[data[0] >> 5 & 3], .poll_ms = 1};
	memset(&stream, 0, sizeof stream);
	okng_master_init(&master, &p);
	okng_handshake_init(&hand, OKNG_WORD_ABCD, 0);
	n_owed = 0;
	step(&(struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &status}, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t now = 0;
	if (size < 2)
		return 0;
	begin(data);
	size_t chunk = data[1] % OKNG_STREAM_ADU + 1u;
	for (size_t at = 2; at < size; now++) {
		size_t n = size - at < chunk ? size - at : chunk;
		struct okng_adu adu;
		int r = 0;
		ask(now);
		memcpy(stream.in + stream.n_in, data + at, n);
		stream.n_in += n;
		at += n;
		while ((r = okng_stream_next(&stream, &adu)) > 0 && (r = take(&adu, now)) >= 0)
			ask(++now);
		if (r < 0) { /* the link breaks and comes back */
			step(&(struct okng_handshake_event){.kind = OKNG_EVENT_LINK_LOST, .delivered = master.delivered}, now);
			okng_master_reset(&master);
			stream.n_in = 0;
		}
		if (now % 7 == 0)
			okng_master_unanswered(&master);
		station_moves(data[at - 1], now);
	}
	return 0;
}

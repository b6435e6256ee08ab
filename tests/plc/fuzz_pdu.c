/* SPDX-License-Identifier: Apache-2.0
 *
 * What a hostile client can reach without sockets: the byte stream, the requests, the handshake behind them. The first
 * byte cuts the stream; a publish, an exposure or time comes between requests, as in life.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plc/handshake.h"
#include "plc/limits.h"
#include "plc/pdu.h"
#include "plc/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct okng_stream stream;
static struct okng_handshake hand;
static struct okng_limits limits;
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

static void station_moves(int64_t now)
{
	step(&(struct okng_handshake_event){.kind = OKNG_EVENT_EXPOSED}, now);
	if (now % 3 || n_owed == 0)
		return;
	struct okng_plc_result r = {.seq = (uint16_t)now, .trig_seq = owed[0].trig_seq, .answers_plc = 1,
		.verdict = owed[0].refused ? 4 : 1, .reason = owed[0].refused};
	memmove(owed, owed + 1, --n_owed * sizeof *owed);
	step(&(struct okng_handshake_event){.kind = OKNG_EVENT_PUBLISH, .result = &r}, now);
}

static void move_limits(const struct okng_pdu *pdu)
{
	double next[OKNG_PLC_LIMITS_MAX];
	if (okng_limits_next(&limits, pdu->limit_at, pdu->limit_count, pdu->limits, hand.order, next) < 0)
		return;
	memcpy(limits.value, next, (size_t)limits.n * sizeof *next);
	for (int i = 0; i < limits.n; i++)
		assert(limits.value[i] >= limits.row[i].min && limits.value[i] <= limits.row[i].max);
	assert(limits.value[1] < limits.value[2]);
}

static int answer_all(int64_t *now)
{
	struct okng_adu adu;
	int r;
	while ((r = okng_stream_next(&stream, &adu)) > 0) {
		struct okng_pdu pdu;
		struct okng_plc_image image;
		uint8_t answer[OKNG_PDU_MAX];
		if (okng_pdu_parse(adu.pdu, adu.size, hand.holding, limits.n, &pdu) < 0)
			return -1;
		if (!pdu.exception && pdu.written)
			step(&(struct okng_handshake_event){.kind = OKNG_EVENT_WRITE, .write = {pdu.written, pdu.words}}, *now);
		if (okng_pdu_writes(&pdu) && pdu.limit_count)
			move_limits(&pdu);
		okng_handshake_image(&hand, *now, &image);
		okng_limits_words(&limits, hand.order, image.limits);
		assert((image.discrete >> OKNG_DISCRETE_OK & image.discrete >> OKNG_DISCRETE_NG & 1) == 0);
		size_t n = okng_pdu_answer(&pdu, &image, answer);
		assert(n >= 2 && n <= sizeof answer);
		okng_stream_answer(&stream, &adu, answer, n);
		okng_stream_sent(&stream, stream.n_out);
		station_moves(++*now);
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct okng_plc_status status = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 4};
	int64_t now = 0;
	if (size == 0)
		return 0;
	size_t chunk = data[0] % OKNG_STREAM_ADU + 1u;
	memset(&stream, 0, sizeof stream);
	okng_handshake_init(&hand, (enum okng_word_order)(data[0] & 3), 0);
	n_owed = 0;
	okng_limits_open(&limits, 1, (const struct okng_plc_limit[]){{.name = "a", .unit = "", .min = 1, .max = 1e9, .value = 20},
		{.name = "low", .unit = "", .min = -1e6, .max = 1e6, .value = -0.1, .below_next = true},
		{.name = "high", .unit = "", .min = -1e6, .max = 1e6, .value = 0.1},
		{.name = "count", .unit = "", .min = -1, .max = 1000, .value = 0, .whole = true}}, 4);
	step(&(struct okng_handshake_event){.kind = OKNG_EVENT_STATUS, .status = &status}, 0);
	for (size_t at = 1; at < size;) {
		size_t n = size - at < chunk ? size - at : chunk;
		assert(n <= sizeof stream.in - stream.n_in);
		memcpy(stream.in + stream.n_in, data + at, n);
		stream.n_in += n;
		at += n;
		if (answer_all(&now) < 0)
			break;
	}
	return 0;
}

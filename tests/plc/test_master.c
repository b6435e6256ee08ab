/* SPDX-License-Identifier: Apache-2.0
 *
 * The master against a PLC of 65536 registers, both pure. A handshake's registers change as they like between any two
 * requests; answers get lost before or after the PLC took the request. After every single write the PLC's copy must be
 * what a PLC may act on: a whole block of one moment, or none.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/master.h"

static uint16_t plc[65536];

struct world {
	struct okng_master m;
	struct okng_link_params p;
	uint16_t input[OKNG_MAP_INPUTS];
	uint16_t seq;
	int64_t now;
	uint64_t seed, writes, words;
};

static uint32_t random32(struct world *w)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33);
}

/* A block's words are multiples of its first after HEAD, so that one of two moments shows. again: the same number, other words,
 * as when a result becomes FAULT 28. */
static void show(struct world *w, bool result, bool again)
{
	uint32_t bits = 1; /* READY */
	memset(w->input + OKNG_MAP_BLOCK, 0, (OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK) * sizeof *w->input);
	if (result) {
		if (!again || w->seq == 0)
			w->seq = w->seq == UINT16_MAX ? 1 : (uint16_t)(w->seq + 1);
		uint16_t salt = (uint16_t)(random32(w) | 1);
		for (unsigned i = OKNG_MAP_BLOCK + 1; i < OKNG_MAP_BLOCK_END - 1; i++)
			w->input[i] = (uint16_t)(salt * (i - OKNG_MAP_BLOCK));
		w->input[OKNG_INPUT_SEQ_HEAD] = w->input[OKNG_INPUT_SEQ_TAIL] = w->seq;
		bits |= 1u << OKNG_DISCRETE_RESULT_VALID | (salt & 2 ? 1u << OKNG_DISCRETE_OK : 1u << OKNG_DISCRETE_NG);
	}
	okng_regmap_put_u32(w->input + OKNG_INPUT_STATUS_BITS, bits, w->p.word_order);
	if (w->p.result_words == 100)
		w->input[OKNG_INPUT_COUNT_TOTAL + 1] = w->seq;
}

static void live(struct world *w)
{
	switch (random32(w) % 8) {
	case 0: show(w, true, false); break;
	case 1: show(w, false, false); break;
	case 4: show(w, true, true); break;
	case 2: w->input[OKNG_INPUT_HEARTBEAT]++; break;
	case 3: w->input[OKNG_INPUT_AGE] = w->input[OKNG_INPUT_SEQ_HEAD] ? (uint16_t)(w->input[OKNG_INPUT_AGE] + 7) : 0; break;
	default: break;
	}
	w->now += random32(w) % 3000000;
}

static void plc_is_never_fooled(const struct world *w)
{
	const uint16_t *b = plc + w->p.result_at;
	uint16_t head = b[OKNG_INPUT_SEQ_HEAD], tail = b[OKNG_INPUT_SEQ_TAIL];
	uint32_t bits = okng_regmap_get_u32(b + OKNG_INPUT_STATUS_BITS, w->p.word_order);
	bool whole = head && head == tail;
	if (whole)
		for (unsigned i = OKNG_MAP_BLOCK + 1; i < OKNG_MAP_BLOCK_END - 1; i++)
			if (i != OKNG_INPUT_AGE)
				assert_int_equal(b[i], (uint16_t)(b[OKNG_MAP_BLOCK + 1] * (i - OKNG_MAP_BLOCK)));
	/* The bits say a verdict only beside the whole block that has it. */
	if (bits & (1u << OKNG_DISCRETE_OK | 1u << OKNG_DISCRETE_NG)) {
		assert_true(whole);
		assert_int_equal(bits >> OKNG_DISCRETE_OK & 1, b[OKNG_MAP_BLOCK + 1] & 2 ? 1 : 0);
		assert_int_equal(bits >> OKNG_DISCRETE_NG & 1, b[OKNG_MAP_BLOCK + 1] & 2 ? 0 : 1);
	}
}

/* The PLC's answer; its size. */
static size_t serve(struct world *w, const uint8_t *q, size_t size, uint8_t *a)
{
	unsigned at = (unsigned)(q[1] << 8 | q[2]), n = (unsigned)(q[3] << 8 | q[4]);
	if (q[0] == 3 || q[0] == 4) {
		assert_int_equal(size, 5);
		assert_int_equal(at, w->p.control_at);
		assert_int_equal(n, OKNG_MAP_HOLDINGS);
		a[0] = q[0];
		a[1] = (uint8_t)(2 * n);
		for (unsigned i = 0; i < n; i++) {
			a[2 + 2 * i] = (uint8_t)(plc[at + i] >> 8);
			a[3 + 2 * i] = (uint8_t)plc[at + i];
		}
		return 2 + 2 * n;
	}
	unsigned count = q[0] == 6 ? 1 : n;
	assert_int_equal(q[0], w->p.write_function);
	assert_int_equal(size, q[0] == 6 ? 5 : 6 + 2 * n);
	assert_true(count <= (unsigned)w->p.write_max && at >= (unsigned)w->p.result_at &&
		at + count <= (unsigned)(w->p.result_at + w->p.result_words));
	for (unsigned i = 0; i < count; i++)
		plc[at + i] = (uint16_t)(q[0] == 6 ? n : (unsigned)(q[6 + 2 * i] << 8 | q[7 + 2 * i]));
	w->writes++;
	w->words += count;
	memcpy(a, q, 5);
	return 5;
}

static void begin(struct world *w, unsigned seed)
{
	static const int most[] = {123, 100, 64, 48, 47, 16, 7, 2, 1};
	memset(w, 0, sizeof *w);
	memset(plc, 0x5a, sizeof plc); /* whatever was there: no whole block by chance */
	w->seed = seed;
	w->p = (struct okng_link_params){.role = OKNG_LINK_CLIENT, .word_order = (enum okng_word_order)(seed % 4), .control = true,
		.control_at = 10, .result_at = 500, .result_words = seed % 2 ? 64 : 100, .read_function = seed % 5 ? 3 : 4,
		.write_function = seed % 7 ? 16 : 6, .write_max = most[seed % 9], .poll_ms = 1 + (int)(seed % 4)};
	plc[500 + OKNG_INPUT_SEQ_HEAD] = 1;
	plc[500 + OKNG_INPUT_STATUS_BITS] = plc[500 + OKNG_INPUT_STATUS_BITS + 1] = 0;
	okng_master_init(&w->m, &w->p);
	show(w, false, false);
}

static void walks(void **state)
{
	(void)state;
	static struct world w;
	for (unsigned seed = 1; seed <= 252; seed++) {
		begin(&w, seed);
		unsigned reads = 0;
		for (int i = 0; i < 3000; i++) {
			uint8_t q[OKNG_PDU_MAX], a[OKNG_PDU_MAX];
			int64_t then;
			live(&w);
			size_t n = okng_master_next(&w.m, w.input, w.now, q, &then);
			if (n == 0) {
				assert_false(okng_master_owes(&w.m, w.input));
				assert_true(then > w.now);
				w.now = then;
				continue;
			}
			bool lost_there = seed % 3 == 0 && random32(&w) % 50 == 0, lost_back = seed % 3 == 0 && random32(&w) % 50 == 0;
			size_t size = lost_there ? 0 : serve(&w, q, n, a);
			plc_is_never_fooled(&w);
			live(&w);
			if (lost_there || lost_back) {
				okng_master_unanswered(&w.m);
				if (random32(&w) % 4 == 0)
					okng_master_reset(&w.m);
				continue;
			}
			/* What answers something else is refused and changes nothing. */
			a[0] ^= 1;
			assert_int_equal(okng_master_answer(&w.m, a, size), -EPROTO);
			a[0] ^= 1;
			assert_int_equal(okng_master_answer(&w.m, a, size - 1), -EPROTO);
			int r = okng_master_answer(&w.m, a, size);
			assert_int_equal(r, q[0] == w.p.read_function ? OKNG_MASTER_CONTROL : OKNG_MASTER_WRITTEN);
			reads += r == OKNG_MASTER_CONTROL;
		}
		assert_true(reads > 30);
		/* Left alone it comes to rest with the PLC's words as they should be. */
		w.m.params.control = false;
		for (;;) {
			uint8_t q[OKNG_PDU_MAX], a[OKNG_PDU_MAX];
			int64_t then;
			if (w.m.function)
				okng_master_unanswered(&w.m);
			size_t n = okng_master_next(&w.m, w.input, w.now, q, &then);
			if (n == 0)
				break;
			okng_master_answer(&w.m, a, serve(&w, q, n, a));
			plc_is_never_fooled(&w);
		}
		for (int i = 0; i < w.p.result_words; i++)
			if (i != OKNG_INPUT_AGE)
				assert_int_equal(plc[500 + i], w.input[i]);
		assert_int_equal(w.m.delivered, w.input[OKNG_INPUT_SEQ_HEAD]);
	}
}

static size_t next(struct world *w, uint8_t *q)
{
	int64_t then;
	return okng_master_next(&w->m, w->input, w->now, q, &then);
}

/* One whole writing, then nothing but what changed; AGE alone is nothing. */
static void only_changes(void **state)
{
	(void)state;
	static struct world w;
	uint8_t q[OKNG_PDU_MAX], a[OKNG_PDU_MAX];
	begin(&w, 9); /* 123 registers in one request, function 16 */
	w.p.control = w.m.params.control = false;
	assert_int_equal(next(&w, q), 6 + 2 * 64);
	assert_int_equal(okng_master_answer(&w.m, a, serve(&w, q, 6 + 2 * 64, a)), OKNG_MASTER_WRITTEN);
	assert_true(okng_master_settled(&w.m));
	assert_int_equal(next(&w, q), 0);
	w.input[OKNG_INPUT_HEARTBEAT]++;
	assert_int_equal(next(&w, q), 6 + 2);
	assert_int_equal(q[2], (500 + 3) & 0xff);
	okng_master_answer(&w.m, a, serve(&w, q, 8, a));
	show(&w, true, false);
	assert_true(next(&w, q) >= 6 + 2 * 48);
	okng_master_answer(&w.m, a, serve(&w, q, 6u + q[5], a));
	assert_int_equal(w.m.delivered, w.seq);
	w.input[OKNG_INPUT_AGE] += 100;
	assert_int_equal(next(&w, q), 0);
	/* An exception leaves the word unknown: again, whatever it is by then. */
	w.input[OKNG_INPUT_HEARTBEAT]++;
	next(&w, q);
	assert_int_equal(okng_master_answer(&w.m, (const uint8_t[]){0x90, 6}, 2), OKNG_MASTER_EXCEPTION);
	assert_int_equal(w.m.exception, 6);
	w.input[OKNG_INPUT_HEARTBEAT]--;
	assert_int_equal(next(&w, q), 6 + 2);
	assert_int_equal(q[2], (500 + 3) & 0xff);
}

/* The first reading is all news and stale; later ones only what differs. */
static void news(void **state)
{
	(void)state;
	static struct world w;
	uint8_t q[OKNG_PDU_MAX], a[OKNG_PDU_MAX];
	begin(&w, 9);
	okng_master_answer(&w.m, a, serve(&w, q, next(&w, q), a));
	assert_false(okng_master_settled(&w.m)); /* not before the control block was read */
	for (int i = 0; i < 3; i++) {
		w.now += 10000000;
		plc[10 + OKNG_HOLDING_TRIG_SEQ] = (uint16_t)(i ? 7 : 6);
		size_t n = next(&w, q);
		assert_int_equal(n, 5);
		assert_int_equal(okng_master_answer(&w.m, a, serve(&w, q, n, a)), OKNG_MASTER_CONTROL);
		assert_true(okng_master_settled(&w.m));
		assert_int_equal(w.m.news, i == 0 ? 0x3ffffff : i == 1 ? 1u << OKNG_HOLDING_TRIG_SEQ : 0);
		assert_int_equal(w.m.fresh, i == 0);
		w.m.fresh = false;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(walks), cmocka_unit_test(only_changes), cmocka_unit_test(news)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

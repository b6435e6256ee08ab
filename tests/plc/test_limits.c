/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits as registers: what a write may make of them, what is refused, and how CONFIG_CRC tells; then the same through the
 * units, where a request claims the writer's place, is logged and reaches the station.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plc/limits.h"
#include "plc/units.h"

enum { AREA, LOW, HIGH, COUNT, N };

static const struct okng_plc_limit rows[N] = {
	[AREA] = {.name = "limits.area", .unit = "pixels", .min = 1, .max = 1e9, .value = 20.1},
	[LOW] = {.name = "tool.gap.tolerance_low", .unit = "mm", .min = -1e6, .max = 1e6, .value = -0.1, .below_next = true},
	[HIGH] = {.name = "tool.gap.tolerance_high", .unit = "mm", .min = -1e6, .max = 1e6, .value = 0.1},
	[COUNT] = {.name = "limits.count", .unit = "defects", .min = -1, .max = 1000, .value = 0, .whole = true},
};

static int next_of(const struct okng_limits *l, int at, int n, const float *values, enum okng_word_order order,
	double next[OKNG_PLC_LIMITS_MAX])
{
	uint16_t words[2 * N];
	for (int i = 0; i < n; i++)
		okng_regmap_put_f32(words + 2 * i, values[i], order);
	return okng_limits_next(l, 2u * (unsigned)at, 2u * (unsigned)n, words, order, next);
}

static void what_may_be_written(void **state)
{
	(void)state;
	const struct {
		int at, n;
		float v[N];
		int r;
	} cases[] = {
		{AREA, 1, {21}, 1}, {AREA, 1, {20.1f}, 0}, {AREA, 1, {0.5f}, -EINVAL}, {AREA, 1, {1}, 1}, {AREA, 1, {1e9f}, 1},
		{AREA, 1, {1.1e9f}, -EINVAL}, {AREA, 1, {NAN}, -EINVAL}, {AREA, 1, {INFINITY}, -EINVAL}, {AREA, 1, {-INFINITY}, -EINVAL},
		{COUNT, 1, {3}, 1}, {COUNT, 1, {-1}, 1}, {COUNT, 1, {2.5f}, -EINVAL}, {COUNT, 1, {0}, 0}, {COUNT, 1, {-0.0f}, 0},
		{LOW, 1, {0.05f}, 1}, {LOW, 1, {0.1f}, -EINVAL}, {LOW, 1, {0.2f}, -EINVAL}, {HIGH, 1, {-0.1f}, -EINVAL}, {HIGH, 1, {-0.05f}, 1},
		{LOW, 2, {0.2f, 0.3f}, 2}, {LOW, 2, {0.3f, 0.2f}, -EINVAL}, {LOW, 2, {-0.1f, 0.1f}, 0},
		{AREA, 4, {5, -1, 1, 7}, 4}, {AREA, 4, {5, -1, 1, 1001}, -EINVAL},
	};
	for (int order = OKNG_WORD_ABCD; order <= OKNG_WORD_DCBA; order++)
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			struct okng_limits l;
			double next[OKNG_PLC_LIMITS_MAX];
			okng_limits_open(&l, 1, rows, N);
			int r = next_of(&l, cases[i].at, cases[i].n, cases[i].v, (enum okng_word_order)order, next);
			if (r != cases[i].r)
				fail_msg("case %zu, order %d: %d", i, order, r);
			for (int k = 0; r >= 0 && k < N; k++) {
				bool written = k >= cases[i].at && k < cases[i].at + cases[i].n;
				float want = written ? cases[i].v[k - cases[i].at] : (float)rows[k].value;
				assert_true((float)next[k] <= want && (float)next[k] >= want);
			}
			for (int k = 0; k < N; k++) /* only a proposal */
				assert_memory_equal(&l.value[k], &rows[k].value, sizeof l.value[k]);
		}
}

/* 20.1 is no float32: reading and writing back must not move it by a hair, nor the CRC. */
static void written_back(void **state)
{
	(void)state;
	struct okng_limits l;
	uint16_t words[2 * OKNG_PLC_LIMITS_MAX];
	double next[OKNG_PLC_LIMITS_MAX];
	okng_limits_open(&l, 1, rows, N);
	assert_int_equal(okng_limits_crc(&l, 0xbeef), 0xbeef);
	okng_limits_words(&l, OKNG_WORD_CDAB, words);
	assert_int_equal(okng_limits_next(&l, 0, 2 * N, words, OKNG_WORD_CDAB, next), 0);
	assert_memory_equal(next, l.value, N * sizeof *next);
	l.value[COUNT] = 1;
	uint16_t moved = okng_limits_crc(&l, 0xbeef);
	assert_int_not_equal(moved, 0xbeef);
	l.value[COUNT] = 2;
	assert_int_not_equal(okng_limits_crc(&l, 0xbeef), moved);
	assert_int_not_equal(okng_limits_crc(&l, 0xbeef), 0xbeef);
	l.value[COUNT] = 0;
	assert_int_equal(okng_limits_crc(&l, 0xbeef), 0xbeef);
}

struct book {
	int calls, answer, lines;
	uint32_t generation;
	double values[OKNG_PLC_LIMITS_MAX];
	char line[512];
};

static void on_trigger(void *user, int unit, const struct okng_plc_trigger *trigger)
{
	(void)user, (void)unit, (void)trigger;
}

static void on_command(void *user, int unit, uint16_t code, uint16_t id, uint32_t args)
{
	(void)user, (void)unit, (void)code, (void)id, (void)args;
}

static int on_limits(void *user, int unit, uint32_t generation, const double *values, int n)
{
	struct book *b = user;
	(void)unit;
	b->calls++;
	b->generation = generation;
	memcpy(b->values, values, (size_t)n * sizeof *values);
	return b->answer;
}

static void on_log(void *user, int level, const char *text)
{
	struct book *b = user;
	(void)level;
	b->lines += strstr(text, " moves ") != NULL;
	snprintf(b->line, sizeof b->line, "%s", text);
}

static struct okng_units *open_units(struct book *book, bool with_limits)
{
	const struct okng_plc_handlers handlers = {.user = book, .trigger = on_trigger, .command = on_command,
		.limits = with_limits ? on_limits : NULL, .log = on_log};
	struct okng_units *u = okng_units_open(2, OKNG_WORD_ABCD, 0, &handlers);
	assert_non_null(u);
	return u;
}

static const struct okng_units_peer plc = {1, true, "192.168.1.5:4711"}, other = {2, true, "192.168.1.6:4712"},
	reader = {3, false, "192.168.1.7:4713"};

/* FC 16 of one limit; 0 or the exception. */
static int write_limit(struct okng_units *u, const struct okng_units_peer *peer, uint8_t unit, int k, float value)
{
	uint8_t request[10] = {16, 0, (uint8_t)(OKNG_MAP_LIMITS + 2 * k), 0, 2, 4}, answer[OKNG_PDU_MAX];
	uint16_t words[2];
	okng_regmap_put_f32(words, value, OKNG_WORD_ABCD);
	for (int i = 0; i < 4; i++)
		request[6 + i] = (uint8_t)(words[i / 2] >> (i % 2 ? 0 : 8));
	int n = okng_units_request(u, peer, unit, request, sizeof request, answer);
	assert_true(n > 0);
	assert_int_equal(answer[0] & 0x7f, 16);
	return answer[0] & 0x80 ? answer[1] : 0;
}

/* The limit as FC 3 reads it; NAN: an exception. */
static float read_limit(struct okng_units *u, uint8_t unit, int k)
{
	const uint8_t request[5] = {3, 0, (uint8_t)(OKNG_MAP_LIMITS + 2 * k), 0, 2};
	uint8_t answer[OKNG_PDU_MAX];
	if (okng_units_request(u, &reader, unit, request, sizeof request, answer) != 6)
		return NAN;
	const uint16_t words[2] = {(uint16_t)(answer[2] << 8 | answer[3]), (uint16_t)(answer[4] << 8 | answer[5])};
	return okng_regmap_get_f32(words, OKNG_WORD_ABCD);
}

static void through_a_request(void **state)
{
	(void)state;
	struct book b = {0};
	struct okng_units *u = open_units(&b, true);
	assert_int_equal(write_limit(u, &plc, 1, AREA, 30), OKNG_PDU_ILLEGAL_ADDRESS); /* nothing is open */
	assert_true(isnan(read_limit(u, 1, AREA)));
	okng_units_limits(u, 0, 7, rows, N);
	assert_true(read_limit(u, 1, AREA) > 20);
	assert_true(isnan(read_limit(u, 1, N)));
	assert_true(isnan(read_limit(u, 2, AREA))); /* of the first station only */
	assert_int_equal(write_limit(u, &reader, 1, AREA, 30), OKNG_PDU_ILLEGAL_FUNCTION);
	assert_int_equal(write_limit(u, &reader, 1, AREA, NAN), OKNG_PDU_ILLEGAL_FUNCTION);
	assert_int_equal(write_limit(u, &plc, 1, AREA, 0.5f), OKNG_PDU_ILLEGAL_VALUE);
	assert_int_equal(u->unit[0].writer, 0); /* a refused request does not take the place */
	assert_int_equal(b.calls, 0);
	assert_int_equal(write_limit(u, &plc, 1, AREA, 30), 0);
	assert_int_equal(write_limit(u, &other, 1, AREA, 40), OKNG_PDU_BUSY);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.generation, 7);
	assert_true(b.values[AREA] >= 30 && b.values[AREA] <= 30);
	assert_memory_equal(&b.values[LOW], &rows[LOW].value, sizeof *b.values);
	assert_string_equal(b.line, "station 1: 192.168.1.5:4711 moves limits.area from 20.1 to 30");
	assert_true(read_limit(u, 1, AREA) >= 30);
	assert_int_equal(write_limit(u, &plc, 1, AREA, 30), 0); /* as it is: no news */
	assert_int_equal(b.calls, 1);
	b.answer = -EAGAIN;
	assert_int_equal(write_limit(u, &plc, 1, AREA, 50), OKNG_PDU_BUSY);
	assert_true(read_limit(u, 1, AREA) <= 30);
	assert_int_equal(b.lines, 1);
	okng_units_limits(u, 0, 8, rows, N); /* a reload: as the file says */
	assert_true(read_limit(u, 1, AREA) < 21);
	okng_units_close(&u);
	u = open_units(&b, false);
	okng_units_limits(u, 0, 1, rows, N);
	assert_int_equal(write_limit(u, &plc, 1, AREA, 30), OKNG_PDU_BUSY); /* a station that takes none */
	okng_units_close(&u);
}

/* Whatever the rate: as many lines as changes; a change without room for its line is not made. */
static void never_without_its_line(void **state)
{
	(void)state;
	struct book b = {0};
	struct okng_units *u = open_units(&b, true);
	int busy = 0, made = 0;
	okng_units_limits(u, 0, 1, rows, N);
	for (int i = 0; i < 500; i++) {
		int r = write_limit(u, &plc, 1, AREA, (float)(100 + i));
		assert_true(r == 0 || r == OKNG_PDU_BUSY);
		made += r == 0;
		busy += r != 0;
		assert_int_equal(b.lines, made);
		assert_int_equal(b.calls, made);
	}
	assert_true(busy > 0 && made > 0);
	okng_units_close(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_written), cmocka_unit_test(written_back), cmocka_unit_test(through_a_request),
		cmocka_unit_test(never_without_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

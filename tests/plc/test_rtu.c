/* SPDX-License-Identifier: Apache-2.0
 *
 * RTU frames: every cut of a burst, noise before and behind, frames of others, and what is left for the next silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/rtu.h"
#include "plc/serial.h"

static const uint8_t read_pdu[] = {4, 0, 0, 0, 1}, write_pdu[] = {16, 0, 1, 0, 1, 2, 0, 9}, mask_pdu[] = {22, 0, 7, 0xff, 0, 0, 1};
static const uint8_t both_pdu[] = {23, 0, 0, 0, 1, 0, 1, 0, 1, 2, 0, 5}, coils_pdu[] = {15, 0, 0, 0, 8, 1, 0};

static const struct {
	const uint8_t *pdu;
	size_t size;
} requests[] = {
	{read_pdu, sizeof read_pdu}, {write_pdu, sizeof write_pdu}, {mask_pdu, sizeof mask_pdu}, {both_pdu, sizeof both_pdu}, {coils_pdu, sizeof coils_pdu},
};

static void crc_and_times(void **state)
{
	(void)state;
	/* Modbus over Serial Line V1.02, appendix B: 02 07 gives 41 12 on the line. */
	assert_int_equal(okng_rtu_crc((const uint8_t[]){2, 7}, 2), 0x1241);
	assert_int_equal(okng_rtu_char_ns(9600, true, 1), 1145833);
	assert_int_equal(okng_rtu_char_ns(9600, false, 1), 1041666);
	assert_int_equal(okng_rtu_silence_ns(9600, 1145833), 4010415);
	assert_int_equal(okng_rtu_silence_ns(115200, 95486), 1750000);
	struct okng_serial_params p = {.baud = 9600, .parity = OKNG_PARITY_EVEN, .stop_bits = 1, .silence_ms = 20};
	assert_int_equal(okng_serial_silence_ns(&p), 20000000);
	p.silence_ms = 0;
	assert_int_equal(okng_serial_silence_ns(&p), 4010415);
	for (int baud = 1; baud < 1000000; baud++) /* config/check_link.c has the same list */
		if (okng_serial_check_baud(baud) == 0)
			assert_true(baud == 1200 || baud == 2400 || baud == 4800 || baud == 9600 || baud == 19200 || baud == 38400 || baud == 57600 ||
				baud == 115200 || baud == 230400 || baud == 460800 || baud == 921600);
}

/* Our own bytes come back in pieces of any length, then the answer, which may look like them. */
static void hears_itself(void **state)
{
	(void)state;
	static const uint8_t coil[] = {5, 0, 3, 0xff, 0}; /* answered by itself */
	uint8_t f[OKNG_RTU_MAX], both[2 * OKNG_RTU_MAX];
	size_t n = okng_rtu_frame(7, coil, sizeof coil, f);
	struct okng_rtu_frame got;
	memcpy(both, f, n);
	memcpy(both + n, f, n);
	for (size_t a = 0; a <= 2 * n; a++)
		for (size_t b = a; b <= 2 * n; b++) {
			struct okng_rtu r = {0};
			okng_rtu_sent(&r, f, n);
			okng_rtu_put(&r, both, a);
			assert_int_equal(okng_rtu_answer(&r, 7, 5, &got), a == 2 * n);
			okng_rtu_put(&r, both + a, b - a);
			assert_int_equal(okng_rtu_answer(&r, 7, 5, &got), a < 2 * n && b == 2 * n);
			okng_rtu_put(&r, both + b, 2 * n - b);
			assert_int_equal(okng_rtu_answer(&r, 7, 5, &got), b < 2 * n);
		}
	/* Something else comes first, or in the middle: nothing of it is lost. */
	for (size_t same = 0; same < 3; same++) {
		uint8_t other[OKNG_RTU_MAX];
		struct okng_rtu r = {0};
		size_t m = okng_rtu_frame(7, read_pdu, sizeof read_pdu, other);
		uint8_t sent[OKNG_RTU_MAX];
		memset(sent, 0xee, sizeof sent);
		memcpy(sent, other, same);
		okng_rtu_sent(&r, sent, 10);
		for (size_t i = 0; i < m; i++)
			okng_rtu_put(&r, other + i, 1);
		assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 1);
		assert_int_equal(got.size, sizeof read_pdu);
		/* The next thing heard is no echo any more. */
		okng_rtu_put(&r, other, m);
		assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 1);
	}
	struct okng_rtu r = {0};
	okng_rtu_sent(&r, f, n);
	okng_rtu_clear(&r);
	okng_rtu_put(&r, f, n);
	assert_int_equal(okng_rtu_answer(&r, 7, 5, &got), 1);
}

/* With silences after every piece: found exactly when the last byte is there. */
static void every_cut(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof requests / sizeof *requests; k++) {
		uint8_t f[OKNG_RTU_MAX];
		size_t n = okng_rtu_frame(7, requests[k].pdu, requests[k].size, f);
		for (size_t cut = 0; cut <= n; cut++) {
			struct okng_rtu r = {0};
			struct okng_rtu_frame got;
			okng_rtu_put(&r, f, cut);
			assert_int_equal(okng_rtu_request(&r, 7, 1, &got), cut == n);
			okng_rtu_put(&r, f + cut, n - cut);
			assert_int_equal(okng_rtu_request(&r, 7, 1, &got), cut < n);
			if (cut < n) {
				assert_int_equal(got.unit, 7);
				assert_int_equal(got.size, requests[k].size);
				assert_memory_equal(got.pdu, requests[k].pdu, got.size);
				assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 0);
				assert_int_equal(r.n, 0);
			}
		}
	}
}

static void noise(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		struct okng_rtu r = {0};
		struct okng_rtu_frame got;
		uint8_t junk[600], f[OKNG_RTU_MAX];
		size_t n = 0;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		size_t length = (size_t)(seed >> 33) % sizeof junk;
		for (; n < length; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			junk[n] = (uint8_t)(i % 3 == 0 ? seed >> 60 : seed >> 40); /* some noise is of few values, units and functions among them */
		}
		okng_rtu_put(&r, junk, n);
		if (i % 2)
			assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 0);
		n = okng_rtu_frame(7, write_pdu, sizeof write_pdu, f);
		okng_rtu_put(&r, f, n);
		assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 1);
		assert_int_equal(got.size, sizeof write_pdu);
		assert_memory_equal(got.pdu, write_pdu, sizeof write_pdu);
	}
}

static void whose(void **state)
{
	(void)state;
	static const struct {
		uint8_t unit;
		unsigned first, units;
		int wanted;
	} cases[] = {{7, 7, 1, 1}, {6, 7, 1, 0}, {8, 7, 1, 0}, {8, 7, 2, 1}, {0, 7, 1, 1}, {255, 7, 1, 0}, {247, 246, 2, 1}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_rtu r = {0};
		struct okng_rtu_frame got;
		uint8_t f[OKNG_RTU_MAX];
		size_t n = okng_rtu_frame(cases[i].unit, read_pdu, sizeof read_pdu, f);
		okng_rtu_put(&r, f, n);
		assert_int_equal(okng_rtu_request(&r, cases[i].first, cases[i].units, &got), cases[i].wanted);
		if (cases[i].wanted)
			assert_int_equal(got.unit, cases[i].unit);
		assert_int_equal(okng_rtu_request(&r, cases[i].first, cases[i].units, &got), 0);
		f[n - 1] ^= 1; /* a wrong CRC is for nobody */
		okng_rtu_put(&r, f, n);
		assert_int_equal(okng_rtu_request(&r, cases[i].first, cases[i].units, &got), 0);
	}
	/* A thread that was late sees two at once: what is to all is carried out, of the others the last counts. */
	struct okng_rtu r = {0};
	struct okng_rtu_frame got;
	uint8_t f[OKNG_RTU_MAX];
	okng_rtu_put(&r, f, okng_rtu_frame(7, read_pdu, sizeof read_pdu, f));
	okng_rtu_put(&r, f, okng_rtu_frame(0, mask_pdu, sizeof mask_pdu, f));
	okng_rtu_put(&r, f, okng_rtu_frame(7, write_pdu, sizeof write_pdu, f));
	assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 1);
	assert_int_equal(got.unit, 0);
	assert_memory_equal(got.pdu, mask_pdu, sizeof mask_pdu);
	assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 1);
	assert_int_equal(got.unit, 7);
	assert_memory_equal(got.pdu, write_pdu, sizeof write_pdu);
	assert_int_equal(okng_rtu_request(&r, 7, 1, &got), 0);
}

static void answers(void **state)
{
	(void)state;
	static const uint8_t words[] = {3, 4, 1, 2, 3, 4}, echo[] = {16, 0, 100, 0, 64}, exception[] = {0x83, 2};
	static const struct {
		const uint8_t *pdu;
		size_t size;
		uint8_t function;
	} cases[] = {{words, sizeof words, 3}, {echo, sizeof echo, 16}, {exception, sizeof exception, 3}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t f[OKNG_RTU_MAX];
		size_t n = okng_rtu_frame(9, cases[i].pdu, cases[i].size, f);
		for (size_t lead = 0; lead < 8; lead++) {
			struct okng_rtu r = {0};
			struct okng_rtu_frame got;
			okng_rtu_put(&r, (const uint8_t[]){9, 3, 9, 16, 0xff, 9, 0, 9}, lead);
			for (size_t k = 0; k < n; k++) {
				assert_int_equal(okng_rtu_answer(&r, 9, cases[i].function, &got), 0);
				okng_rtu_put(&r, f + k, 1);
			}
			assert_int_equal(okng_rtu_answer(&r, 8, cases[i].function, &got), 0);
			assert_int_equal(okng_rtu_answer(&r, 9, 5, &got), 0);
			assert_int_equal(okng_rtu_answer(&r, 9, cases[i].function, &got), 1);
			assert_int_equal(got.size, cases[i].size);
			assert_memory_equal(got.pdu, cases[i].pdu, got.size);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_and_times), cmocka_unit_test(hears_itself), cmocka_unit_test(every_cut), cmocka_unit_test(noise), cmocka_unit_test(whose), cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests and their answers byte for byte, and the stream: any split of the bytes gives the same requests.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plc/pdu.h"
#include "plc/stream.h"

#define LIMITS 2 /* open: registers 100 to 103 */
#define BYTES(...) {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

struct exchange {
	const char *what;
	uint8_t request[40];
	size_t request_size;
	uint8_t answer[40];
	size_t answer_size; /* 0: malformed */
};

static const struct exchange exchanges[] = {
	{"coils", BYTES(1, 0, 0, 0, 8), BYTES(1, 1, 0x45)},
	{"coils, reserved read 0", BYTES(1, 0, 0, 0, 16), BYTES(1, 2, 0x45, 0)},
	{"too many coils for the map", BYTES(1, 0, 0, 0, 17), BYTES(0x81, 2)},
	{"no coils", BYTES(1, 0, 0, 0, 0), BYTES(0x81, 3)},
	{"2001 coils", BYTES(1, 0, 0, 7, 0xd1), BYTES(0x81, 3)},
	{"discretes", BYTES(2, 0, 4, 0, 9), BYTES(2, 2, 0x11, 0x01)},
	{"last discrete", BYTES(2, 0, 31, 0, 1), BYTES(2, 1, 1)},
	{"discrete outside", BYTES(2, 0, 32, 0, 1), BYTES(0x82, 2)},
	{"holding", BYTES(3, 0, 1, 0, 2), BYTES(3, 4, 0, 101, 0, 102)},
	{"holding gap", BYTES(3, 0, 26, 0, 1), BYTES(0x83, 2)},
	{"copy of inputs", BYTES(3, 3, 0xe8, 0, 2), BYTES(3, 4, 0x10, 0, 0x10, 1)},
	{"copy end", BYTES(3, 4, 0x4b, 0, 2), BYTES(0x83, 2)},
	{"126 registers", BYTES(3, 0, 0, 0, 126), BYTES(0x83, 3)},
	{"inputs", BYTES(4, 0, 98, 0, 2), BYTES(4, 4, 0x10, 98, 0x10, 99)},
	{"inputs wrap", BYTES(4, 0xff, 0xff, 0, 2), BYTES(0x84, 2)},
	{"coil on", BYTES(5, 0, 1, 0xff, 0), BYTES(5, 0, 1, 0xff, 0)},
	{"coil neither", BYTES(5, 0, 1, 0xff, 1), BYTES(0x85, 3)},
	{"coil outside", BYTES(5, 0, 16, 0xff, 0), BYTES(0x85, 2)},
	{"register", BYTES(6, 0, 1, 2, 3), BYTES(6, 0, 1, 2, 3)},
	{"register of the copy", BYTES(6, 3, 0xe8, 2, 3), BYTES(0x86, 2)},
	{"coils written", BYTES(15, 0, 0, 0, 8, 1, 0x55), BYTES(15, 0, 0, 0, 8)},
	{"coils, byte count wrong", BYTES(15, 0, 0, 0, 8, 2, 0x55, 0), BYTES(0x8f, 3)},
	{"coils, bytes missing", BYTES(15, 0, 0, 0, 8, 2, 0x55), BYTES(0)},
	{"registers written", BYTES(16, 0, 1, 0, 2, 4, 0, 9, 0, 8), BYTES(16, 0, 1, 0, 2)},
	{"registers outside", BYTES(16, 0, 25, 0, 2, 4, 0, 9, 0, 8), BYTES(0x90, 2)},
	{"registers, count 0", BYTES(16, 0, 1, 0, 0, 0), BYTES(0x90, 3)},
	{"registers, bytes missing", BYTES(16, 0, 1, 0, 2, 4, 0, 9, 0), BYTES(0)},
	{"mask", BYTES(22, 0, 1, 0xff, 0xf0, 0, 5), BYTES(22, 0, 1, 0xff, 0xf0, 0, 5)},
	{"mask outside", BYTES(22, 0, 26, 0, 0, 0, 0), BYTES(0x96, 2)},
	{"mask short", BYTES(22, 0, 1, 0, 0, 0), BYTES(0)},
	{"read write", BYTES(23, 0, 1, 0, 1, 0, 2, 0, 1, 2, 0, 7), BYTES(23, 2, 0, 101)},
	{"read write, read outside", BYTES(23, 0, 26, 0, 1, 0, 2, 0, 1, 2, 0, 7), BYTES(0x97, 2)},
	{"read write, write outside", BYTES(23, 0, 1, 0, 1, 0, 26, 0, 1, 2, 0, 7), BYTES(0x97, 2)},
	{"read write, counts", BYTES(23, 0, 1, 0, 1, 0, 2, 0, 1, 4, 0, 7, 0, 7), BYTES(0x97, 3)},
	{"limits", BYTES(3, 0, 101, 0, 3), BYTES(3, 6, 0x20, 1, 0x20, 2, 0x20, 3)},
	{"limits, one too many", BYTES(3, 0, 101, 0, 4), BYTES(0x83, 2)},
	{"limits from before", BYTES(3, 0, 99, 0, 2), BYTES(0x83, 2)},
	{"limit written", BYTES(16, 0, 102, 0, 2, 4, 0x3f, 0x80, 0, 0), BYTES(16, 0, 102, 0, 2)},
	{"half a limit, one register", BYTES(6, 0, 100, 2, 3), BYTES(0x86, 2)},
	{"half a limit", BYTES(16, 0, 100, 0, 1, 2, 2, 3), BYTES(0x90, 2)},
	{"two halves", BYTES(16, 0, 101, 0, 2, 4, 2, 3, 4, 5), BYTES(0x90, 2)},
	{"limits beyond those open", BYTES(16, 0, 102, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0), BYTES(0x90, 2)},
	{"limit masked", BYTES(22, 0, 100, 0, 0, 0, 0), BYTES(0x96, 2)},
	{"limit read and written", BYTES(23, 0, 100, 0, 1, 0, 100, 0, 2, 4, 0x3f, 0x80, 0, 0), BYTES(23, 2, 0x20, 0)},
	{"limit not open, read and written", BYTES(23, 0, 100, 0, 1, 0, 104, 0, 2, 4, 0x3f, 0x80, 0, 0), BYTES(0x97, 2)},
	{"function 7", BYTES(7), BYTES(0x87, 1)},
	{"function 43", BYTES(43, 14, 1, 0), BYTES(0xab, 1)},
	{"function 0", BYTES(0, 1), BYTES(0x80, 1)},
	{"function 131", BYTES(0x83, 2), BYTES(0x83, 1)},
	{"read short", BYTES(3, 0, 1, 0), BYTES(0)},
	{"read long", BYTES(3, 0, 1, 0, 1, 0), BYTES(0)},
};

static void make_image(struct okng_plc_image *image)
{
	memset(image, 0, sizeof *image);
	image->discrete = 0x80001115;
	image->holding[0] = 0x45;
	for (uint16_t i = 1; i < OKNG_MAP_HOLDINGS; i++)
		image->holding[i] = (uint16_t)(100 + i);
	for (uint16_t i = 0; i < 2 * LIMITS; i++)
		image->limits[i] = (uint16_t)(0x2000 + i);
	for (uint16_t i = 0; i < OKNG_MAP_INPUTS; i++)
		image->input[i] = (uint16_t)(0x1000 + i);
}

static void bytes(void **state)
{
	(void)state;
	struct okng_plc_image image;
	make_image(&image);
	for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
		const struct exchange *x = &exchanges[i];
		struct okng_pdu pdu;
		uint8_t answer[OKNG_PDU_MAX];
		bool malformed = x->answer_size == 1;
		int r = okng_pdu_parse(x->request, x->request_size, image.holding, LIMITS, &pdu);
		if (r != (malformed ? -EPROTO : 0))
			fail_msg("%s: parse %d", x->what, r);
		if (malformed)
			continue;
		size_t n = okng_pdu_answer(&pdu, &image, answer);
		if (n != x->answer_size || memcmp(answer, x->answer, n) != 0)
			fail_msg("%s: answered %zu bytes, %02x %02x %02x", x->what, n, answer[0], answer[1], answer[2]);
	}
}

static void writes(void **state)
{
	(void)state;
	static const struct {
		uint8_t request[16];
		size_t size;
		uint32_t written;
		unsigned at;
		uint16_t value;
	} cases[] = {
		{BYTES(5, 0, 1, 0xff, 0), 1, 0, 0x47}, {BYTES(5, 0, 0, 0, 0), 1, 0, 0x44}, {BYTES(5, 0, 9, 0xff, 0), 1, 0, 0x45},
		{BYTES(15, 0, 1, 0, 3, 1, 0xfd), 1, 0, 0x4b}, {BYTES(6, 0, 0, 0xff, 0xff), 1, 0, 0xff},
		{BYTES(6, 0, 1, 0, 101), 2, 1, 101}, /* the same value is still a write */
		{BYTES(16, 0, 24, 0, 2, 4, 0, 9, 0, 8), 3u << 24, 25, 8}, {BYTES(22, 0, 1, 0, 0xf0, 0, 5), 2, 1, 0x65},
		{BYTES(22, 0, 0, 0, 0, 0xff, 0xff), 1, 0, 0xff}, {BYTES(23, 0, 1, 0, 1, 0, 2, 0, 1, 2, 0, 7), 4, 2, 7},
		{BYTES(3, 0, 1, 0, 1), 0, 1, 101}, {BYTES(6, 0, 26, 0, 101), 0, 1, 101},
	};
	struct okng_plc_image image;
	make_image(&image);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_pdu pdu;
		assert_int_equal(okng_pdu_parse(cases[i].request, cases[i].size, image.holding, LIMITS, &pdu), 0);
		assert_int_equal(pdu.written, cases[i].written);
		assert_int_equal(pdu.words[cases[i].at], cases[i].value);
	}
}

/* Three requests, the last malformed by its length, cut at every two places. */
static void splits(void **state)
{
	(void)state;
	static const uint8_t all[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1, 0, 2, 0, 0, 0, 6, 2, 4, 0, 1, 0, 1, 0, 3, 0, 0, 0, 1, 9};
	for (size_t a = 0; a < sizeof all; a++) {
		for (size_t b = a; b < sizeof all; b++) {
			static struct okng_stream s;
			const size_t cut[] = {a, b, sizeof all};
			struct okng_adu adu;
			unsigned seen = 0;
			int r = 0;
			s.n_in = s.n_out = 0;
			for (size_t i = 0, at = 0; i < 3; at = cut[i++]) {
				memcpy(s.in + s.n_in, all + at, cut[i] - at);
				s.n_in += cut[i] - at;
				while ((r = okng_stream_next(&s, &adu)) > 0) {
					seen++;
					assert_int_equal(adu.transaction, seen);
					assert_int_equal(adu.unit, seen);
					assert_int_equal(adu.size, 5);
					assert_int_equal(adu.pdu[0], 2 + seen);
					okng_stream_answer(&s, &adu, (const uint8_t[]){9, 8}, 2);
				}
			}
			assert_int_equal(seen, 2);
			assert_int_equal(r, -EPROTO);
			assert_int_equal(s.n_out, 18);
			assert_memory_equal(s.out + 9, ((const uint8_t[]){0, 2, 0, 0, 0, 3, 2, 9, 8}), 9);
			okng_stream_sent(&s, 9);
			assert_int_equal(s.out[1], 2);
		}
	}
}

static void nonsense(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[8];
		size_t size;
		int result;
	} cases[] = {
		{BYTES(0, 1), 0}, {BYTES(0, 1, 1), -EPROTO}, {BYTES(0, 1, 0, 1), -EPROTO}, {BYTES(0, 1, 0, 0, 1), -EPROTO},
		{BYTES(0, 1, 0, 0, 0, 1), -EPROTO}, {BYTES(0, 1, 0, 0, 0, 255), -EPROTO}, {BYTES(0, 1, 0, 0, 0, 254), 0},
		{BYTES('G', 'E', 'T', ' '), -EPROTO}, {BYTES(0, 1, 0, 0, 0, 2, 1), 0}, {BYTES(0, 1, 0, 0, 0, 2, 1, 7), 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct okng_stream s;
		struct okng_adu adu;
		memcpy(s.in, cases[i].bytes, cases[i].size);
		s.n_in = cases[i].size;
		assert_int_equal(okng_stream_next(&s, &adu), cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes), cmocka_unit_test(writes), cmocka_unit_test(splits), cmocka_unit_test(nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

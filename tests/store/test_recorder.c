/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording gives back what was put into it, to the last bit, and tells of what is missing: dropped, cut, damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/store/recorded.h"

/* Parts of none to three frames, through several segments and two runs. */
static void gives_back(void **state)
{
	struct okng_recording_notes notes;
	struct recorded_room r;

	(void)state;
	recorded_make(&r);
	for (unsigned run = 0; run < 2; run++) {
		recorded_start(&r, "all", 64 << 20, 1 << 20);
		for (unsigned n = 1; n <= 40; n++)
			recorded_put(&r, 100 * run + n, (int)((100 * run + n) % 4), "");
		okng_recorder_close(&r.recorder);
	}
	assert_int_equal(recorded_read(r.data, 4, "", &notes), 80);
	assert_true(notes.damaged == 0 && notes.cut == 0 && notes.dropped == 0);
	recorded_unmake(&r);
}

static void choices(void **state)
{
	static const struct { const char *text; int ret; unsigned parts; int64_t every; } rows[] = {
		{ "none", 0, 0, 1 }, { "all", 0, OKNG_RECORD_ALL, 1 }, { "ng", 0, OKNG_RECORD_NG, 1 }, { "fault", 0, OKNG_RECORD_FAULT, 1 },
		{ "every:1", 0, OKNG_RECORD_EVERY, 1 }, { "every:100", 0, OKNG_RECORD_EVERY, 100 }, { "ng,every:1000000", 0, OKNG_RECORD_NG | OKNG_RECORD_EVERY, 1000000 },
		{ "fault,every:5", 0, OKNG_RECORD_FAULT | OKNG_RECORD_EVERY, 5 }, { "", -EINVAL, 0, 0 }, { "NG", -EINVAL, 0, 0 }, { "ng,", -EINVAL, 0, 0 },
		{ ",ng", -EINVAL, 0, 0 }, { "ng,ng", -EINVAL, 0, 0 }, { "none,ng", -EINVAL, 0, 0 }, { "every", -EINVAL, 0, 0 }, { "every:", -EINVAL, 0, 0 },
		{ "every:0", -EINVAL, 0, 0 }, { "every:-1", -EINVAL, 0, 0 }, { "every:1000001", -EINVAL, 0, 0 }, { "every:99999999999999999999", -EINVAL, 0, 0 },
		{ "every:5x", -EINVAL, 0, 0 }, { "every:5 ", -EINVAL, 0, 0 }, { "all ng", -EINVAL, 0, 0 },
	};
	static const struct { const char *choice; uint16_t verdict; int64_t id; bool wants; } wants[] = {
		{ "all", 1, 7, true }, { "ng", 1, 1, false }, { "ng", 2, 1, true }, { "ng", 3, 1, true }, { "ng", 4, 1, true }, { "fault", 2, 1, false },
		{ "fault", 4, 1, true }, { "every:10", 1, 1, true }, { "every:10", 1, 10, false }, { "every:10", 2, 11, true }, { "every:10", 4, 12, false },
		{ "ng,every:10", 1, 21, true }, { "ng,every:10", 1, 22, false }, { "ng,every:10", 2, 22, true },
	};
	struct recorded_room r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct okng_record_choice c;

		assert_int_equal(okng_record_parse(rows[i].text, &c), rows[i].ret);
		if (rows[i].ret == 0 && (c.parts != rows[i].parts || c.every != rows[i].every))
			fail_msg("%s: %u %lld", rows[i].text, c.parts, (long long)c.every);
	}
	recorded_make(&r);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct okng_record record = { .id = wants[i].id, .verdict = wants[i].verdict };

		recorded_start(&r, wants[i].choice, 64 << 20, 4096);
		if (okng_recorder_wants(r.recorder, &record) != wants[i].wants)
			fail_msg("row %zu: %s", i, wants[i].choice);
		okng_recorder_close(&r.recorder);
	}
	recorded_unmake(&r);
}

/* More than the ring holds at once: each part is in the recording or counted in it as dropped. */
static void full_ring(void **state)
{
	struct okng_recording_notes notes;
	struct okng_recorder_stats stats;
	unsigned n = 0;
	struct recorded_room r;

	(void)state;
	recorded_make(&r);
	recorded_start(&r, "all", 1 << 30, 32 << 10);
	do {
		for (int i = 0; i < 64; i++)
			n++, recorded_put(&r, n, (int)(n % 2), "");
		okng_recorder_stats(r.recorder, &stats);
	} while (!stats.dropped && n < 100000);
	okng_recorder_close(&r.recorder);
	assert_true(stats.dropped > 0 && !stats.warn);
	assert_int_equal(recorded_read(r.data, 2, "", &notes) + (int)notes.dropped, (int)n);
	assert_true(notes.damaged == 0 && notes.cut == 0);
	/* never room for that one: also counted */
	recorded_start(&r, "all", 1 << 30, 4096);
	recorded_put(&r, n + 1, 1, "");
	okng_recorder_stats(r.recorder, &stats);
	assert_int_equal(stats.dropped, 1);
	recorded_unmake(&r);
}

static uint8_t *load(const char *path, size_t *size)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*size = (size_t)st.st_size;
	bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	fclose(f);
	return bytes;
}

static void save(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Cut anywhere: the parts before are whole, and the cut is told unless it falls between two parts. */
static void cut(void **state)
{
	struct okng_recording_notes notes;
	int count, last = 0, silent = 0;
	uint8_t *bytes;
	char path[400];
	struct recorded_room r;
	size_t size;

	(void)state;
	recorded_make(&r);
	recorded_start(&r, "all", 64 << 20, 1 << 20);
	for (unsigned n = 1; n <= 5; n++)
		recorded_put(&r, n, (int)(n % 3), "");
	okng_recorder_close(&r.recorder);
	bytes = load(recorded_segment(&r, path, &count), &size);
	assert_int_equal(count, 1);
	for (size_t n = 0; n <= size; n += n < 64 ? 1 : 13) {
		int parts;

		save(path, bytes, n);
		parts = recorded_read(r.data, 3, "", &notes);
		assert_true(parts >= last && parts <= 5 && notes.damaged == 0 && notes.cut <= 1);
		silent += notes.cut == 0;
		last = parts;
	}
	assert_true(silent <= 8);
	save(path, bytes, size);
	assert_int_equal(recorded_read(r.data, 3, "", &notes), 5);
	free(bytes);
	recorded_unmake(&r);
}

/* A byte changed anywhere loses at most that part, is told, and never gives another part than was put. */
static void flipped(void **state)
{
	struct okng_recording_notes notes;
	int count, untold = 0;
	uint8_t *bytes;
	char path[400];
	struct recorded_room r;
	size_t size;

	(void)state;
	recorded_make(&r);
	recorded_start(&r, "all", 64 << 20, 1 << 20);
	for (unsigned n = 1; n <= 5; n++)
		recorded_put(&r, n, (int)(n % 3), "");
	okng_recorder_close(&r.recorder);
	bytes = load(recorded_segment(&r, path, &count), &size);
	for (size_t n = OKNG_BLOCK_HEAD; n < size; n += 17) {
		int parts;

		bytes[n] ^= 0x10;
		save(path, bytes, size);
		bytes[n] ^= 0x10;
		parts = recorded_read(r.data, 3, "", &notes);
		assert_true(parts >= 4 && parts <= 5);
		if (parts == 5)
			untold++; /* padding */
		else
			assert_true(notes.damaged >= 1);
	}
	assert_true(untold <= 20);
	memset(bytes, 'x', OKNG_BLOCK_HEAD);
	save(path, bytes, size);
	assert_int_equal(recorded_read(r.data, 3, "", &notes), 0);
	assert_int_equal(notes.damaged, 1);
	free(bytes);
	recorded_unmake(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back), cmocka_unit_test(choices), cmocka_unit_test(full_ring), cmocka_unit_test(cut), cmocka_unit_test(flipped),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}

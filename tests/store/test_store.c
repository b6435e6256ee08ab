/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as the station uses it: rows in, rows out, numbers that go on, pictures, and what it refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>
#include <sqlite3.h>

#include "store/calendar.h"
#include "store/journal.h"
#include "tests/store/scratch.h"

struct fixture {
	struct okng_store_params params;
	char folder[64];
	struct okng_store *store;
	char why[256];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	scratch_make(&f->params, f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	okng_store_close(&f->store);
	scratch_remove(f->folder);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	okng_store_close(&f->store);
	if (okng_store_open(&f->store, &f->params, f->why, sizeof(f->why)))
		fail_msg("%s", f->why);
}

/* One part through; the record as judged. */
static struct okng_record pass_part(struct fixture *f, unsigned n, const uint8_t *pixels, int width, int height)
{
	struct okng_record r;

	scratch_fill(&r, n);
	while (okng_store_accept(f->store, &r) == -EAGAIN)
		assert_int_equal(okng_store_flush(f->store), 0);
	scratch_judge(&r, n);
	okng_store_judge(f->store, &r, pixels, width, height, width);
	return r;
}

static void path_in(const struct fixture *f, char path[320], const char *name)
{
	snprintf(path, 320, "%s/%s", f->params.folder, name);
}

static void sql(const struct fixture *f, const char *text)
{
	char path[320];
	sqlite3 *db;

	path_in(f, path, "records.db");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void rows_come_back_whole(void **state)
{
	struct fixture *f = *state;
	struct okng_record want[1000], *got;
	int64_t n;

	reopen(f);
	for (unsigned i = 0; i < 1000; i++) {
		want[i] = pass_part(f, i, NULL, 0, 0);
		assert_int_equal(want[i].id, i + 1);
		assert_int_equal(want[i].seq, i + 1);
	}
	assert_int_equal(okng_store_flush(f->store), 0);
	got = scratch_rows(f->params.folder, &n);
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++)
		scratch_same(&got[i], &want[i]);
	free(got);
	reopen(f);
	assert_int_equal(pass_part(f, 1000, NULL, 0, 0).seq, 1001);
}

static void judged_in_any_order(void **state)
{
	struct fixture *f = *state;
	static const int order[5] = { 3, 1, 0, 4, 2 };
	struct okng_record r[5], *got;
	struct okng_store_stats stats;
	int64_t n;

	reopen(f);
	for (unsigned i = 0; i < 5; i++) {
		scratch_fill(&r[i], i);
		assert_int_equal(okng_store_accept(f->store, &r[i]), 0);
	}
	for (int k = 0; k < 5; k++) {
		int i = order[k];

		scratch_judge(&r[i], (unsigned)i);
		okng_store_judge(f->store, &r[i], NULL, 0, 0, 0);
		assert_int_equal(okng_store_flush(f->store), 0);
		okng_store_stats(f->store, &stats);
		assert_int_equal(stats.rows, k < 2 ? 0 : k < 4 ? 2 : 5); /* a row waits for all before it */
		assert_int_equal(stats.rows_waiting, 5 - (int)stats.rows);
	}
	got = scratch_rows(f->params.folder, &n);
	assert_int_equal(n, 5);
	for (int i = 0; i < 5; i++)
		scratch_same(&got[i], &r[i]);
	free(got);
}

static void never_judged_becomes_a_fault(void **state)
{
	struct fixture *f = *state;
	struct okng_record r, late, *got;
	struct okng_store_stats stats;
	int64_t n;

	reopen(f);
	scratch_fill(&r, 1);
	assert_int_equal(okng_store_accept(f->store, &r), 0);
	late = pass_part(f, 2, NULL, 0, 0); /* judged, but behind the first */
	reopen(f);
	okng_store_stats(f->store, &stats);
	assert_int_equal(stats.recovered, 2);
	got = scratch_rows(f->params.folder, &n);
	assert_int_equal(n, 2);
	assert_int_equal(got[0].verdict, 4);
	assert_int_equal(got[0].reason, 27);
	assert_string_equal(got[0].part_id, r.part_id);
	assert_int_equal(got[0].trig_seq, r.trig_seq);
	assert_int_equal(got[0].utc_us, r.utc_us);
	assert_int_equal(got[0].seq, r.seq);
	scratch_same(&got[1], &late);
	free(got);
	assert_int_equal(pass_part(f, 3, NULL, 0, 0).id, 3);
}

static void full_journal_says_again(void **state)
{
	struct fixture *f = *state;
	struct okng_record first, r;
	struct okng_store_stats stats;

	f->params.journal_rows = 64;
	reopen(f);
	scratch_fill(&first, 0);
	assert_int_equal(okng_store_accept(f->store, &first), 0); /* not judged: holds everything behind it */
	for (unsigned i = 1; i < 64; i++)
		assert_int_equal(pass_part(f, i, NULL, 0, 0).id, i + 1);
	scratch_fill(&r, 64);
	assert_int_equal(okng_store_accept(f->store, &r), -EAGAIN);
	assert_int_equal(r.id, 0);
	okng_store_stats(f->store, &stats);
	assert_int_equal(stats.rows_waiting, 64);
	scratch_judge(&first, 0);
	okng_store_judge(f->store, &first, NULL, 0, 0, 0);
	assert_int_equal(okng_store_flush(f->store), 0);
	assert_int_equal(okng_store_accept(f->store, &r), 0);
	assert_int_equal(r.id, 65);
	assert_int_equal(r.seq, 65);
}

static void sequence_wraps_to_one(void **state)
{
	struct fixture *f = *state;
	char path[320];

	reopen(f);
	pass_part(f, 0, NULL, 0, 0);
	okng_store_close(&f->store);
	sql(f, "UPDATE record SET id=65533, seq=65533");
	path_in(f, path, "journal");
	assert_int_equal(unlink(path), 0);
	reopen(f);
	assert_int_equal(pass_part(f, 1, NULL, 0, 0).seq, 65534);
	assert_int_equal(pass_part(f, 2, NULL, 0, 0).seq, 65535);
	reopen(f);
	assert_int_equal(pass_part(f, 3, NULL, 0, 0).seq, 1);
	assert_int_equal(pass_part(f, 4, NULL, 0, 0).seq, 2);
}

static void lost_database_does_not_reset_the_numbers(void **state)
{
	struct fixture *f = *state;
	char path[320];

	reopen(f);
	for (unsigned i = 0; i < 10; i++)
		pass_part(f, i, NULL, 0, 0);
	okng_store_close(&f->store);
	path_in(f, path, "records.db");
	assert_int_equal(unlink(path), 0);
	reopen(f);
	assert_int_equal(pass_part(f, 10, NULL, 0, 0).id, 11);
}

static void other_journal_size_is_rebuilt(void **state)
{
	struct fixture *f = *state;
	struct okng_record r, *got;
	struct stat st;
	char path[320];
	int64_t n;

	reopen(f);
	scratch_fill(&r, 0);
	assert_int_equal(okng_store_accept(f->store, &r), 0);
	pass_part(f, 1, NULL, 0, 0);
	f->params.journal_rows = 100;
	reopen(f);
	path_in(f, path, "journal");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, OKNG_JOURNAL_PAGE + 100 * sizeof(struct okng_journal_slot));
	assert_int_equal(pass_part(f, 2, NULL, 0, 0).id, 3);
	assert_int_equal(okng_store_flush(f->store), 0);
	got = scratch_rows(f->params.folder, &n);
	assert_int_equal(n, 3);
	assert_int_equal(got[0].reason, 27);
	free(got);
}

static void two_openers(void **state)
{
	struct fixture *f = *state;
	struct okng_store *second;

	reopen(f);
	assert_int_equal(okng_store_open(&second, &f->params, f->why, sizeof(f->why)), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(f->why, "in use"));
	pass_part(f, 0, NULL, 0, 0); /* the first one is not disturbed */
	assert_int_equal(okng_store_flush(f->store), 0);
}

static uint8_t *pattern(int width, int height)
{
	uint8_t *pixels = malloc((size_t)width * (size_t)height);

	for (int i = 0; i < width * height; i++)
		pixels[i] = (uint8_t)(i * 7 + i / width * 13);
	return pixels;
}

static void png_comes_back_bit_for_bit(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(101, 57), *back = malloc(101 * 57);
	png_image image = { .version = PNG_IMAGE_VERSION };
	struct okng_record r, *got;
	char path[320];
	int64_t n;

	f->params.format = OKNG_PICTURE_PNG;
	reopen(f);
	r = pass_part(f, 1, pixels, 101, 57); /* n = 1: NG */
	assert_string_equal(r.picture, "images/2026/11/18/1-1-NG.png");
	pass_part(f, 0, pixels, 101, 57);     /* OK: not kept */
	okng_store_close(&f->store);
	path_in(f, path, r.picture);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 101);
	assert_int_equal(image.height, 57);
	assert_int_equal(image.format, PNG_FORMAT_GRAY);
	assert_true(png_image_finish_read(&image, NULL, back, 101, NULL));
	assert_memory_equal(pixels, back, 101 * 57);
	got = scratch_rows(f->params.folder, &n);
	assert_string_equal(got[0].picture, r.picture);
	assert_string_equal(got[1].picture, "");
	free(got);
	free(back);
	free(pixels);
}

static void jpeg_is_written_and_stride_respected(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(128, 64);
	struct okng_record r;
	struct okng_store_stats stats;
	unsigned char head[2] = { 0 };
	char path[320];
	FILE *file;

	f->params.keep = OKNG_KEEP_ALL;
	reopen(f);
	scratch_fill(&r, 0);
	assert_int_equal(okng_store_accept(f->store, &r), 0);
	scratch_judge(&r, 0);
	okng_store_judge(f->store, &r, pixels, 100, 64, 128);
	assert_non_null(strstr(r.picture, "-OK.jpg"));
	okng_store_stats(f->store, &stats);
	assert_int_equal(stats.pictures_dropped, 0);
	okng_store_close(&f->store);
	path_in(f, path, r.picture);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(head, 1, 2, file), 2);
	assert_int_equal(head[0], 0xff);
	assert_int_equal(head[1], 0xd8);
	fclose(file);
	free(pixels);
}

static void pictures_are_dropped_and_counted(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(256, 256);
	struct okng_store_stats stats;
	uint64_t kept = 0;

	f->params.pictures_waiting = 1;
	reopen(f);
	for (unsigned i = 0; i < 200; i++)
		kept += pass_part(f, 1 + 4 * i, pixels, 256, 256).picture[0] != '\0';
	assert_string_equal(pass_part(f, 1, pixels, 257, 256).picture, ""); /* larger than the buffer */
	assert_int_equal(okng_store_flush(f->store), 0);
	okng_store_stats(f->store, &stats);
	assert_true(kept >= 1 && kept < 200);
	assert_int_equal(stats.rows, 201);
	assert_int_equal(stats.pictures_dropped, 201 - kept);
	free(pixels);
}

static void little_space_keeps_rows_only(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(16, 16);
	struct okng_store_stats stats;

	f->params.min_free_mib = 2000000000;
	reopen(f);
	assert_string_equal(pass_part(f, 1, pixels, 16, 16).picture, "");
	assert_int_equal(okng_store_flush(f->store), 0);
	okng_store_stats(f->store, &stats);
	assert_true(stats.disk_warn);
	assert_int_equal(stats.rows, 1);
	assert_int_equal(stats.pictures_dropped, 1);
	assert_non_null(strstr(stats.last_error, "min_free_mib"));
	free(pixels);
}

/* A file where the folder should be: the picture cannot be written, and the row says so. */
static void failed_picture_is_taken_out_of_its_row(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(16, 16);
	struct okng_store_stats stats;
	struct okng_record r, *got;
	char path[320];
	int64_t n;

	reopen(f);
	path_in(f, path, "images");
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0);
	r = pass_part(f, 1, pixels, 16, 16);
	assert_true(r.picture[0] != '\0');
	okng_store_close(&f->store);
	got = scratch_rows(f->params.folder, &n);
	assert_string_equal(got[0].picture, "");
	free(got);
	assert_int_equal(unlink(path), 0);
	reopen(f);
	okng_store_stats(f->store, &stats);
	assert_int_equal(stats.errors, 0);
	free(pixels);
}

static void missing_picture_is_forgotten_at_open(void **state)
{
	struct fixture *f = *state;
	uint8_t *pixels = pattern(16, 16);
	struct okng_record r, *got;
	char path[320];
	int64_t n;

	reopen(f);
	r = pass_part(f, 1, pixels, 16, 16);
	okng_store_close(&f->store);
	path_in(f, path, r.picture);
	assert_int_equal(unlink(path), 0);
	reopen(f);
	got = scratch_rows(f->params.folder, &n);
	assert_string_equal(got[0].picture, "");
	free(got);
	free(pixels);
}

static void scribble(const struct fixture *f, const char *name, long at, const void *bytes, size_t size)
{
	char path[320];
	FILE *file;

	path_in(f, path, name);
	file = fopen(path, "r+b");
	assert_non_null(file);
	fseek(file, at, SEEK_SET);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void damage_is_refused_with_a_sentence(void **state)
{
	static const struct { const char *file; long at; const char *bytes; size_t size; const char *says; int cut; } cases[] = {
		{ "records.db", 0, "this is no database at all", 26, "not a database", 0 },
		{ "records.db", 60, "\0\0\0\x63", 4, "format 99", 0 },
		{ "records.db", 68, "\1\2\3\4", 4, "not a database of okng", 0 },
		{ "records.db", 100, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "malformed", 0 },
		{ "records.db", 0, "", 0, "malformed", 5000 },
		{ "journal", 0, "notours!", 8, "not a journal", 0 },
		{ "journal", 8, "\7\0\0\0", 4, "format 7", 0 },
		{ "journal", 20, "\1", 1, "damaged header", 0 },
		{ "journal", 0, "", 0, "cut short", 100 },
		{ "journal", 0, "", 0, "length", 10000 },
	};
	struct fixture *f = *state;
	char data[240];

	memcpy(data, f->params.folder, sizeof(data));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[320];

		snprintf(f->params.folder, sizeof(f->params.folder), "%.200s%zu", data, i);
		reopen(f);
		for (unsigned k = 0; k < 100; k++)
			pass_part(f, k, NULL, 0, 0);
		okng_store_close(&f->store);
		scribble(f, cases[i].file, cases[i].at, cases[i].bytes, cases[i].size);
		path_in(f, path, cases[i].file);
		if (cases[i].cut)
			assert_int_equal(truncate(path, cases[i].cut), 0);
		assert_int_equal(okng_store_open(&f->store, &f->params, f->why, sizeof(f->why)), -EINVAL);
		assert_null(f->store);
		if (!strstr(f->why, cases[i].says))
			fail_msg("case %zu says: %s", i, f->why);
	}
}

/* The clean flag down and the boot id of another boot: what a power cut leaves. */
static void power_cut_skips_numbers(void **state)
{
	struct fixture *f = *state;
	struct okng_store_stats stats;
	int64_t id;

	reopen(f);
	for (unsigned i = 0; i < 10; i++)
		pass_part(f, i, NULL, 0, 0);
	okng_store_close(&f->store);
	scribble(f, "journal", offsetof(struct okng_journal_header, boot), "another boot", 13);
	reopen(f); /* it was closed in order: no gap */
	id = pass_part(f, 10, NULL, 0, 0).id;
	assert_int_equal(id, 11);
	okng_store_close(&f->store);
	scribble(f, "journal", offsetof(struct okng_journal_header, boot), "another boot", 13);
	scribble(f, "journal", offsetof(struct okng_journal_header, clean), "\0\0\0\0", 4);
	reopen(f);
	id = pass_part(f, 11, NULL, 0, 0).id;
	assert_true(id > 12 && id <= 11 + 3 * 1024 + 1);
	assert_int_equal(okng_store_flush(f->store), 0);
	okng_store_stats(f->store, &stats);
	assert_int_equal(stats.rows, 1);
}

static void bad_parameters(void **state)
{
	struct fixture *f = *state;
	struct okng_store_params p[5];

	for (int i = 0; i < 5; i++)
		p[i] = f->params;
	p[0].folder[0] = '\0';
	p[1].journal_rows = 63;
	p[2].pictures_waiting = 65;
	p[3].jpeg_quality = 0;
	p[4].max_days = -1;
	for (int i = 0; i < 5; i++) {
		f->why[0] = '\0';
		assert_int_equal(okng_store_open(&f->store, &p[i], f->why, sizeof(f->why)), -EINVAL);
		assert_true(f->why[0] != '\0');
	}
	snprintf(f->params.folder, sizeof(f->params.folder), "/proc/okng");
	assert_true(okng_store_open(&f->store, &f->params, f->why, sizeof(f->why)) < 0);
	assert_non_null(strstr(f->why, "/proc/okng"));
}

static void dates(void **state)
{
	static const struct { int64_t us; const char *text; } cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" }, { -5, "1970-01-01T00:00:00.000000Z" },
		{ 951782399999999, "2000-02-28T23:59:59.999999Z" }, { 951782400000000, "2000-02-29T00:00:00.000000Z" },
		{ 1795000000000001, "2026-11-18T11:06:40.000001Z" }, { 4107542400000000, "2100-03-01T00:00:00.000000Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999999Z" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		okng_date_print(text, sizeof(text), cases[i].us);
		assert_string_equal(text, cases[i].text);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_come_back_whole), T(judged_in_any_order), T(never_judged_becomes_a_fault), T(full_journal_says_again),
		T(sequence_wraps_to_one), T(lost_database_does_not_reset_the_numbers), T(other_journal_size_is_rebuilt), T(two_openers),
		T(png_comes_back_bit_for_bit), T(jpeg_is_written_and_stride_respected), T(pictures_are_dropped_and_counted),
		T(little_space_keeps_rows_only), T(failed_picture_is_taken_out_of_its_row), T(missing_picture_is_forgotten_at_open),
		T(damage_is_refused_with_a_sentence), T(power_cut_skips_numbers), T(bad_parameters), cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}

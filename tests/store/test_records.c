/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading: filters, formats with hostile strings, reading beside the daemon, after its death, and without the right
 * to write; and the retention of pictures.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/archive.h"
#include "tests/store/scratch.h"

#define ROWS 1000

static struct okng_store_params params;
static char folder[64];
static struct okng_store *store; /* stays open: everything is read beside the writer */

static void put(const struct okng_store_params *p, struct okng_store *to, unsigned from, unsigned n)
{
	(void)p;
	for (unsigned i = from; i < from + n; i++) {
		struct okng_record r;

		scratch_fill(&r, i);
		while (okng_store_accept(to, &r))
			assert_int_equal(okng_store_flush(to), 0);
		scratch_judge(&r, i);
		okng_store_judge(to, &r, NULL, 0, 0, 0);
	}
	assert_int_equal(okng_store_flush(to), 0);
}

static int group_setup(void **state)
{
	char why[256];

	(void)state;
	scratch_make(&params, folder);
	if (okng_store_open(&store, &params, why, sizeof(why)))
		return -1;
	put(&params, store, 0, ROWS); /* row id is n + 1 */
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	okng_store_close(&store);
	scratch_remove(folder);
	return 0;
}

struct seen {
	int64_t first, last, n, stop_after;
	bool ordered;
};

static int see(void *user, const struct okng_record *r)
{
	struct seen *s = user;

	s->ordered = s->ordered && r->id > s->last;
	s->first = s->n ? s->first : r->id;
	s->last = r->id;
	return ++s->n == s->stop_after;
}

static int64_t read_with(const struct okng_records_filter *filter, struct seen *seen)
{
	char why[256];
	int64_t stop_after = seen->stop_after, n;

	*seen = (struct seen){ .ordered = true, .stop_after = stop_after };
	n = okng_records_read(params.folder, filter, see, seen, why, sizeof(why));
	if (n < 0)
		fail_msg("%s", why);
	assert_int_equal(n, seen->n);
	assert_true(seen->ordered);
	return n;
}

/* Expected by the formulas of scratch_fill and scratch_judge. */
static void filters(void **state)
{
	static const struct { struct okng_records_filter f; int64_t n, first, last; } cases[] = {
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1 }, 1000, 1, 1000 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .from_id = 990 }, 11, 990, 1000 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .limit = 10 }, 10, 991, 1000 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .limit = 5000 }, 1000, 1, 1000 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .verdicts = 1 << 2 }, 250, 2, 998 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .verdicts = 1 << 2, .limit = 3 }, 3, 990, 998 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .verdicts = 1 << 1 | 1 << 4 }, 500, 1, 1000 },
		{ { .recipe = 3, .reason = -1, .class_number = -1, .seq = -1 }, 200, 3, 998 },
		{ { .recipe = -1, .reason = 28, .class_number = -1, .seq = -1 }, 34, 29, 986 },
		{ { .recipe = -1, .reason = -1, .class_number = 0, .seq = -1 }, 100, 1, 991 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = 77 }, 1, 77, 77 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .part_id = "PART-500" }, 1, 501, 501 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .part_id = "' OR 1=1 --" }, 0, 0, 0 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .since_us = 1795000000000000 + 998 * 1000003LL }, 2, 999, 1000 },
		{ { .recipe = -1, .reason = -1, .class_number = -1, .seq = -1, .until_us = 1795000000000000 + 1 * 1000003LL }, 2, 1, 2 },
		{ { .recipe = 1, .reason = -1, .class_number = -1, .seq = -1, .from_id = 100, .verdicts = 1 << 1, .limit = 2 }, 2, 961, 981 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = { 0 };

		if (read_with(&cases[i].f, &seen) != cases[i].n || seen.first != cases[i].first || seen.last != cases[i].last)
			fail_msg("case %zu: %lld rows, %lld to %lld", i, (long long)seen.n, (long long)seen.first, (long long)seen.last);
	}
}

static void caller_may_stop(void **state)
{
	struct okng_records_filter all;
	struct seen seen = { .stop_after = 300 };

	(void)state;
	okng_records_all(&all);
	assert_int_equal(read_with(&all, &seen), 300);
}

static char *printed(enum okng_records_format format, const struct okng_record *r, int first)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(okng_records_print(out, format, r, first), 0);
	fclose(out);
	return text;
}

static void formats(void **state)
{
	struct okng_record r = { .id = 70000, .seq = 4465, .trig_seq = 12, .utc_us = 1795000000000001, .verdict = 2, .reason = 1,
		.recipe = 3, .class_number = 7, .acq_id = 9, .defects = 2, .score = 1000, .limit = 500, .x = -4, .y = 5, .w = 6, .h = 7,
		.area = 4000000000u, .time_us = 12034, .recipe_name = "b\"oard", .class_name = "Kratzer \xc3\xa4",
		.decided_by = "a,b\nc", .part_id = "\x01\x1b[31m\xff\xc0\xaf", .truth = "back\\slash", .picture = "" };
	char *text;

	(void)state;
	text = printed(OKNG_RECORDS_JSON, &r, 1);
	assert_string_equal(text, "{\"id\":70000,\"seq\":4465,\"trig_seq\":12,\"time\":\"2026-11-18T11:06:40.000001Z\",\"utc_us\":1795000000000001,"
		"\"verdict\":\"NG\",\"reason\":1,\"recipe\":3,\"recipe_name\":\"b\\\"oard\",\"acq_id\":9,\"score\":1.000,\"limit\":0.500,"
		"\"defects\":2,\"class_number\":7,\"class\":\"Kratzer \xc3\xa4\",\"box\":[-4,5,6,7],\"area\":4000000000,\"time_ms\":12.034,"
		"\"decided_by\":\"a,b\\u000ac\",\"part_id\":\"\\u0001\\u001b[31m\\ufffd\\ufffd\\ufffd\",\"truth\":\"back\\\\slash\",\"picture\":\"\"}\n");
	free(text);
	text = printed(OKNG_RECORDS_CSV, &r, 1);
	assert_string_equal(text, "time,verdict_name,id,seq,trig_seq,utc_us,verdict,reason,recipe,class_number,acq_id,defects,score,"
		"score_limit,x,y,w,h,area,time_us,recipe_name,class_name,decided_by,part_id,truth,picture\n"
		"2026-11-18T11:06:40.000001Z,NG,70000,4465,12,1795000000000001,2,1,3,7,9,2,1000,500,-4,5,6,7,4000000000,12034,"
		"\"b\"\"oard\",Kratzer \xc3\xa4,\"a,b\nc\",\x01\x1b[31m\xff\xc0\xaf,back\\slash,\n");
	free(text);
	text = printed(OKNG_RECORDS_TABLE, &r, 0);
	assert_null(strchr(text, '\x1b')); /* nothing that steers a terminal */
	assert_null(strchr(text, '\xff'));
	assert_non_null(strstr(text, "a,b?c\n"));
	assert_non_null(strstr(text, " NG "));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	text = printed(OKNG_RECORDS_TABLE, &r, 1);
	assert_non_null(strstr(text, "VERDICT"));
	free(text);
}

static void no_record_yet(void **state)
{
	struct okng_records_filter all;
	struct seen seen = { 0 };
	char why[256] = "";

	(void)state;
	okng_records_all(&all);
	assert_int_equal(okng_records_read("/nonexistent", &all, see, &seen, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "has okngd run"));
}

/* In a child that may not write the folder: rows read, or minus the errno. */
static int64_t read_unprivileged(const char *where, char why[256])
{
	struct { int64_t n; char why[256]; } answer = { 0 };
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		struct okng_records_filter all;
		struct seen seen = { 0 };

		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(1);
		okng_records_all(&all);
		answer.n = okng_records_read(where, &all, see, &seen, answer.why, sizeof(answer.why));
		_exit(write(fds[1], &answer, sizeof(answer)) != (ssize_t)sizeof(answer));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &answer, sizeof(answer)), sizeof(answer));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	memcpy(why, answer.why, 256);
	return answer.n;
}

/* Killed in the middle, so that the write-ahead log stays behind. */
static void leave_a_log(const struct okng_store_params *p)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct okng_store *s;
		char why[256];

		if (okng_store_open(&s, p, why, sizeof(why)))
			_exit(1);
		put(p, s, 0, 20);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void reading_without_the_right_to_write(void **state)
{
	struct okng_store_params p;
	struct okng_store *s;
	char mine[64], path[320], why[256];

	(void)state;
	scratch_make(&p, mine);
	chmod(mine, 0755);
	leave_a_log(&p);
	chmod(p.folder, 0555);
	assert_int_equal(read_unprivileged(p.folder, why), 20); /* log and its index are both there */
	chmod(p.folder, 0755);
	snprintf(path, sizeof(path), "%s/records.db-shm", p.folder);
	assert_int_equal(unlink(path), 0);
	chmod(p.folder, 0555);
	assert_int_equal(read_unprivileged(p.folder, why), -EACCES);
	assert_non_null(strstr(why, "write-ahead log"));
	chmod(p.folder, 0755);
	assert_int_equal(okng_store_open(&s, &p, why, sizeof(why)), 0);
	okng_store_close(&s);
	chmod(p.folder, 0555);
	assert_int_equal(read_unprivileged(p.folder, why), 20); /* closed in order: no log */
	chmod(p.folder, 0755);
	scratch_remove(mine);
}

static void touch(const char *root, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	close(open(path, O_CREAT | O_WRONLY, 0644));
}

static bool exists(const char *root, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return !access(path, F_OK);
}

static void old_days_are_removed(void **state)
{
	static const struct { const char *name; bool stays; } files[] = {
		{ "images/2025/12/31/1-1-NG.jpg", false }, { "images/2026/10/31/2-2-NG.jpg", false },
		{ "images/2026/11/17/3-3-NG.jpg", false }, { "images/2026/11/17/3-3-NG.jpg.part", false },
		{ "images/2026/11/18/4-4-NG.jpg", true }, { "images/2026/12/01/5-5-NG.jpg", true },
		{ "images/2027/01/01/6-6-NG.jpg", true }, { "images/2026/11/notes/keep.txt", true }, { "images/readme", true },
		{ "outside/secret", true },
	};
	char mine[64] = "/tmp/okng-store-XXXXXX", before[64], link[128], target[128];
	int dir;

	(void)state;
	assert_non_null(mkdtemp(mine));
	dir = open(mine, O_RDONLY | O_DIRECTORY);
	assert_int_equal(okng_archive_expire(dir, 10, 1795000000000000, before), 0); /* no folder at all */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		touch(mine, files[i].name);
	snprintf(target, sizeof(target), "%s/outside", mine);
	snprintf(link, sizeof(link), "%s/images/2026/11/01", mine);
	assert_int_equal(symlink(target, link), 0);
	/* 2026-11-28, ten days kept */
	assert_true(okng_archive_expire(dir, 10, 1795000000000000 + 10 * 86400000000LL, before) < 0); /* the link is not a day */
	assert_string_equal(before, "images/2026/11/18");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (exists(mine, files[i].name) != files[i].stays)
			fail_msg("%s %s", files[i].name, files[i].stays ? "is gone" : "is still there");
	}
	assert_false(exists(mine, "images/2025"));
	unlink(link);
	assert_int_equal(okng_archive_expire(dir, 9, 1795000000000000 + 10 * 86400000000LL, before), 1);
	close(dir);
	scratch_remove(mine);
}

static void rows_forget_removed_pictures(void **state)
{
	struct okng_store_params p;
	struct okng_store *s;
	struct okng_record r, *got;
	uint8_t pixels[64] = { 0 };
	char mine[64], why[256];
	time_t end = time(NULL) + 30;
	int64_t n;
	bool kept;

	(void)state;
	scratch_make(&p, mine);
	assert_int_equal(okng_store_open(&s, &p, why, sizeof(why)), 0);
	scratch_fill(&r, 1);
	r.utc_us = 1000000000000000; /* 2001 */
	assert_int_equal(okng_store_accept(s, &r), 0);
	scratch_judge(&r, 1);
	okng_store_judge(s, &r, pixels, 8, 8, 8);
	okng_store_close(&s);
	assert_true(exists(p.folder, r.picture));
	p.max_days = 30;
	assert_int_equal(okng_store_open(&s, &p, why, sizeof(why)), 0);
	do {
		assert_int_equal(okng_store_flush(s), 0);
		got = scratch_rows(p.folder, &n);
		assert_int_equal(n, 1);
		kept = got[0].picture[0] != '\0';
		free(got);
	} while (kept && time(NULL) < end);
	assert_false(kept);
	assert_false(exists(p.folder, "images/2001"));
	okng_store_close(&s);
	scratch_remove(mine);
}

int main(void)
{
	const struct CMUnitTest alone[] = { /* forks: before there are threads */
		cmocka_unit_test(reading_without_the_right_to_write), cmocka_unit_test(old_days_are_removed),
		cmocka_unit_test(rows_forget_removed_pictures), cmocka_unit_test(no_record_yet), cmocka_unit_test(formats),
	};
	const struct CMUnitTest beside[] = { cmocka_unit_test(filters), cmocka_unit_test(caller_may_stop) };

	return cmocka_run_group_tests_name("store records", alone, NULL, NULL) +
		cmocka_run_group_tests_name("store records beside the writer", beside, group_setup, group_teardown);
}

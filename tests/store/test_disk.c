/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk that refuses: by a file size limit (works for everyone), and a really full one (a small tmpfs in a mount
 * namespace of our own, where the kernel lets us). Nothing is lost, and it goes on by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/store/scratch.h"

static uint8_t pixels[64 * 64];

/* Passes parts until the journal is full; how many there are now. The rows that were judged are appended to want. */
static unsigned fill_journal(struct okng_store *store, struct okng_record *want, unsigned n, unsigned most)
{
	while (n < most) {
		struct okng_record *r = &want[n];

		scratch_fill(r, n);
		if (okng_store_accept(store, r) == -EAGAIN) {
			if (okng_store_flush(store))
				break; /* full, and the disk refuses */
			continue;
		}
		scratch_judge(r, n);
		okng_store_judge(store, r, pixels, 64, 64, 64);
		n++;
	}
	return n;
}

static void all_there(const struct okng_store_params *params, const struct okng_record *want, unsigned n)
{
	int64_t rows;
	struct okng_record *got = scratch_rows(params->folder, &rows);

	assert_int_equal(rows, n);
	for (unsigned i = 0; i < n; i++) {
		struct okng_record w = want[i];
		char path[320];

		snprintf(path, sizeof(path), "%s/%s", params->folder, w.picture);
		if (w.picture[0] && access(path, F_OK))
			w.picture[0] = '\0'; /* could not be written: the row must not claim it */
		scratch_same(&got[i], &w);
	}
	free(got);
}

static void write_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void refused_writes_are_made_up_for(void **state)
{
	struct okng_store_params params;
	struct okng_store *store;
	struct okng_store_stats stats;
	struct okng_record *want = calloc(5000, sizeof(*want));
	char folder[64], why[256];
	unsigned n;

	(void)state;
	scratch_make(&params, folder);
	assert_int_equal(okng_store_open(&store, &params, why, sizeof(why)), 0);
	n = fill_journal(store, want, 0, 20);
	assert_int_equal(okng_store_flush(store), 0);
	write_limit(16384);
	n = fill_journal(store, want, n, 5000);
	assert_true(n >= 20 && n < 5000);
	okng_store_stats(store, &stats);
	assert_true(stats.disk_warn);
	assert_true(stats.errors > 0);
	assert_int_equal(stats.rows_waiting, params.journal_rows);
	assert_non_null(strstr(stats.last_error, "wait in the journal"));
	write_limit(RLIM_INFINITY);
	assert_int_equal(okng_store_flush(store), 0);
	okng_store_stats(store, &stats);
	assert_int_equal(stats.rows_waiting, 0);
	n = fill_journal(store, want, n, n + 100);
	okng_store_close(&store);
	all_there(&params, want, n);
	free(want);
	scratch_remove(folder);
}

/* Closed while the disk refuses: the rows stay in the journal and come back. */
static void closed_while_refused(void **state)
{
	struct okng_store_params params;
	struct okng_store *store;
	struct okng_store_stats stats;
	struct okng_record *want = calloc(5000, sizeof(*want));
	char folder[64], why[256];
	unsigned n;

	(void)state;
	scratch_make(&params, folder);
	assert_int_equal(okng_store_open(&store, &params, why, sizeof(why)), 0);
	n = fill_journal(store, want, 0, 20);
	write_limit(16384);
	n = fill_journal(store, want, n, 5000);
	okng_store_close(&store);
	assert_true(okng_store_open(&store, &params, why, sizeof(why)) < 0);
	assert_true(strlen(why) > 10);
	write_limit(RLIM_INFINITY);
	/* A last small batch may still have fitted below the limit: what is not in the database must come back. */
	int64_t kept;
	free(scratch_rows(params.folder, &kept));
	assert_true(kept < n);
	assert_int_equal(okng_store_open(&store, &params, why, sizeof(why)), 0);
	okng_store_stats(store, &stats);
	assert_int_equal(stats.recovered, n - kept);
	n = fill_journal(store, want, n, n + 1);
	assert_int_equal(want[n - 1].id, n);
	okng_store_close(&store);
	all_there(&params, want, n);
	free(want);
	scratch_remove(folder);
}

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A tmpfs that only this process sees. */
static bool mount_small(const char *folder)
{
	char map[64];
	unsigned uid = geteuid();

	if (unshare(uid ? CLONE_NEWNS | CLONE_NEWUSER : CLONE_NEWNS))
		return false;
	if (uid) {
		snprintf(map, sizeof(map), "%u %u 1", uid, uid);
		if (!put_text("/proc/self/uid_map", map))
			return false;
	}
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) && !mount("tmpfs", folder, "tmpfs", 0, "size=2m");
}

static void fill_disk(const char *path)
{
	static const char block[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void full_disk(void **state)
{
	struct okng_store_params params;
	struct okng_store *store;
	struct okng_store_stats stats;
	struct okng_record *want = calloc(50000, sizeof(*want));
	char folder[64], filler[80], why[256];
	unsigned n;

	(void)state;
	scratch_make(&params, folder);
	if (!mount_small(folder)) {
		print_message("no mount namespace here: the test on a full tmpfs is left out\n");
		free(want);
		scratch_remove(folder);
		skip();
	}
	snprintf(filler, sizeof(filler), "%s/filler", folder);
	assert_int_equal(mkdir(params.folder, 0755), 0);
	fill_disk(filler);
	assert_int_equal(okng_store_open(&store, &params, why, sizeof(why)), -ENOSPC);
	assert_null(store);
	assert_true(strlen(why) > 10);
	unlink(filler);
	assert_int_equal(okng_store_open(&store, &params, why, sizeof(why)), 0);
	n = fill_journal(store, want, 0, 10);
	fill_disk(filler);
	n = fill_journal(store, want, n, 50000);
	assert_true(n < 50000);
	assert_int_equal(okng_store_flush(store), -ENOSPC);
	okng_store_stats(store, &stats);
	assert_true(stats.disk_warn);
	assert_int_equal(stats.rows_waiting, params.journal_rows);
	unlink(filler);
	assert_int_equal(okng_store_flush(store), 0);
	okng_store_close(&store);
	all_there(&params, want, n);
	free(want);
	assert_int_equal(umount(folder), 0);
	scratch_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_writes_are_made_up_for), cmocka_unit_test(closed_while_refused), cmocka_unit_test(full_disk),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("store disk", tests, NULL, NULL);
}

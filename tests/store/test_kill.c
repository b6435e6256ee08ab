/* SPDX-License-Identifier: Apache-2.0
 *
 * kill -9, hundreds of times: a child accepts and judges and tells over a pipe what it would have told the PLC; it is
 * killed at a random point, also while it opens. Whatever it told must be in the record, exactly, and no number missing.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/store/scratch.h"

#define ROUNDS 300
#define UNDER_WAY 5

static void child(const struct okng_store_params *params, int out, unsigned seed)
{
	static uint8_t pixels[32 * 32];
	struct okng_record open[UNDER_WAY];
	struct okng_store *store;
	unsigned n = 0, random = seed;
	char why[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (okng_store_open(&store, params, why, sizeof(why)))
		_exit(3);
	for (;;) {
		if (n < UNDER_WAY) {
			scratch_fill(&open[n], (unsigned)rand_r(&random) % 100000);
			if (okng_store_accept(store, &open[n]) == 0) {
				n++;
				continue;
			}
		}
		if (n) { /* a random one of those under way */
			unsigned i = (unsigned)rand_r(&random) % n;

			scratch_judge(&open[i], (unsigned)open[i].id);
			okng_store_judge(store, &open[i], pixels, 32, 32, 32);
			if (write(out, &open[i], sizeof(open[i])) != (ssize_t)sizeof(open[i]))
				_exit(4);
			open[i] = open[--n];
		}
	}
}

/* What the child told in this round. */
struct told {
	struct okng_record *row;
	size_t n;
};

static bool read_one(struct told *told, int in)
{
	ssize_t n;

	told->row = realloc(told->row, (told->n + 1) * sizeof(*told->row));
	assert_non_null(told->row);
	n = read(in, &told->row[told->n], sizeof(*told->row)); /* one write, less than PIPE_BUF: whole or nothing */
	assert_true(n == 0 || n == (ssize_t)sizeof(*told->row));
	told->n += n > 0;
	return n > 0;
}

static void round_of(const struct okng_store_params *params, unsigned round, struct told *told)
{
	unsigned random = round * 2654435761u;
	unsigned wanted = (unsigned)rand_r(&random) % 200;
	struct timespec moment = { .tv_nsec = (long)((unsigned)rand_r(&random) % 3000000) };
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		child(params, fds[1], round + 1);
	}
	close(fds[1]);
	told->n = 0;
	if (round % 4 == 0)
		nanosleep(&moment, NULL); /* while it opens and recovers, or soon after */
	else
		while (told->n < wanted && read_one(told, fds[0]))
			;
	kill(pid, SIGKILL);
	while (read_one(told, fds[0]))
		;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it ended by itself: the store could not be opened */
}

struct check {
	const struct okng_store_params *params;
	const struct told *told;
	int64_t last;      /* highest row so far */
	size_t found;
};

static int check_row(void *user, const struct okng_record *r)
{
	struct check *c = user;
	struct stat st;
	char path[320];

	assert_int_equal(r->id, c->last + 1);
	assert_int_equal(r->seq, 1 + (r->id - 1) % 65535);
	c->last = r->id;
	if (r->picture[0]) {
		snprintf(path, sizeof(path), "%s/%s", c->params->folder, r->picture);
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size > 0);
	}
	for (size_t i = 0; i < c->told->n; i++) {
		struct okng_record want = c->told->row[i];

		if (want.id != r->id)
			continue;
		if (!r->picture[0])
			want.picture[0] = '\0'; /* it was not written yet, and the row says so */
		scratch_same(r, &want);
		c->found++;
		return 0;
	}
	if (r->reason != 27) /* judged, and killed before it could tell; else it is as it was accepted */
		assert_int_equal(r->acq_id, r->id * 3);
	return 0;
}

static int stop_at_once(void *user, const struct okng_record *r)
{
	(void)user, (void)r;
	return 1;
}

static void nothing_told_is_lost(void **state)
{
	struct okng_store_params params;
	struct told told = { 0 };
	struct check check = { .params = &params, .told = &told };
	struct okng_records_filter filter;
	char folder[64], why[256];

	(void)state;
	scratch_make(&params, folder);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct okng_store *store;

		params.journal_rows = round % 50 < 25 ? 64 : 200;
		round_of(&params, round, &told);
		okng_records_all(&filter);
		filter.from_id = check.last + 1;
		if (round % 4) /* the log is left behind, nobody has recovered it */
			assert_true(okng_records_read(params.folder, &filter, stop_at_once, NULL,
				why, sizeof(why)) >= 0);
		if (okng_store_open(&store, &params, why, sizeof(why)))
			fail_msg("round %u: %s", round, why);
		check.found = 0;
		assert_true(okng_records_read(params.folder, &filter, check_row, &check, why, sizeof(why)) >= 0);
		assert_int_equal(check.found, told.n);
		if (round % 3 == 0) { /* the number that follows is the next one */
			struct okng_record r;

			scratch_fill(&r, round);
			assert_int_equal(okng_store_accept(store, &r), 0);
			assert_int_equal(r.id, check.last + 1);
			scratch_judge(&r, (unsigned)r.id);
			okng_store_judge(store, &r, NULL, 0, 0, 0);
			check.last = r.id;
		}
		okng_store_close(&store);
	}
	assert_true(check.last > ROUNDS);
	free(told.row);
	scratch_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_told_is_lost) };

	return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}

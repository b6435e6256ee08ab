/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass: reserve numbers, then transactions of all rows that wait, then failed and expired pictures. A row is
 * released from the journal only after its transaction is durable. Callers of flush count passes: one that began after
 * they asked tells them how it went.
 */
#include "store/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024            /* rows of one transaction */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 5000

struct okng_writer {
	struct okng_database *db;
	struct okng_journal *journal;
	struct okng_pictures *pictures;
	struct okng_trouble *trouble;
	int event;
	pthread_t thread;
	bool running;
	_Atomic bool stop, failing;
	_Atomic uint64_t rows;
	_Atomic int64_t tail;         /* oldest row not in the database; written by the thread only */
	unsigned looks;               /* for old pictures: what the database knows of */
	int pause_ms;                 /* 0: the last pass went well */
	int64_t retry_ms;             /* monotonic */
	pthread_mutex_t lock;
	pthread_cond_t passed;
	uint64_t asked, done;         /* under lock: flushes asked for, and answered by a pass */
	int result;                   /* under lock: of the last pass */
};

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One transaction. Number of rows moved, or negative errno with nothing moved. */
static int move_batch(struct okng_writer *w)
{
	const struct okng_record *record;
	int64_t first = atomic_load(&w->tail);
	int n = 0, ret;

	if (!okng_journal_take(w->journal, first))
		return 0;
	ret = okng_database_begin(w->db);
	while (!ret && n < BATCH && (record = okng_journal_take(w->journal, first + n)) != NULL) {
		ret = okng_database_insert(w->db, record);
		n++;
	}
	if (!ret)
		ret = okng_database_commit(w->db);
	if (ret) {
		okng_trouble_add(w->trouble, "%s: %s; rows wait in the journal", OKNG_DATABASE_FILE, okng_database_error(w->db));
		okng_database_rollback(w->db);
		return ret;
	}
	for (int i = 0; i < n; i++)
		okng_journal_release(w->journal, first + i);
	atomic_store(&w->tail, first + n);
	atomic_fetch_add(&w->rows, (uint64_t)n);
	return n;
}

static int forget(void *user, int64_t id)
{
	struct okng_writer *w = user;

	return okng_database_forget_picture(w->db, id);
}

static int tend_pictures(struct okng_writer *w)
{
	char before[64];
	unsigned looks;
	int ret;

	if (!w->pictures)
		return 0;
	ret = okng_pictures_failed(w->pictures, atomic_load(&w->tail), forget, w);
	looks = okng_pictures_expired(w->pictures, before);
	if (!ret && looks != w->looks) {
		ret = okng_database_forget_before(w->db, before);
		if (!ret)
			w->looks = looks;
	}
	if (ret)
		okng_trouble_add(w->trouble, "%s: %s", OKNG_DATABASE_FILE, okng_database_error(w->db));
	return ret;
}

static int pass(struct okng_writer *w)
{
	int reserved, moved;

	do { /* before each batch: a long rush must not run out of numbers */
		reserved = okng_journal_reserve(w->journal);
		moved = move_batch(w);
	} while (moved > 0);
	if (reserved)
		okng_trouble_add(w->trouble, "journal: %s", strerror(-reserved));
	if (moved < 0)
		return moved;
	moved = tend_pictures(w);
	return moved ? moved : reserved;
}

static void run_pass(struct okng_writer *w)
{
	uint64_t asked;
	int ret;

	pthread_mutex_lock(&w->lock);
	asked = w->asked;
	pthread_mutex_unlock(&w->lock);
	if (w->pause_ms && monotonic_ms() < w->retry_ms && asked == w->done && !atomic_load(&w->stop))
		return;
	ret = pass(w);
	w->pause_ms = !ret ? 0 : !w->pause_ms ? PAUSE_MIN_MS : w->pause_ms < PAUSE_MAX_MS / 2 ? w->pause_ms * 2 : PAUSE_MAX_MS;
	w->retry_ms = monotonic_ms() + w->pause_ms;
	atomic_store(&w->failing, ret != 0);
	pthread_mutex_lock(&w->lock);
	w->done = asked;
	w->result = ret;
	pthread_cond_broadcast(&w->passed);
	pthread_mutex_unlock(&w->lock);
}

static void *writer_thread(void *user)
{
	struct okng_writer *w = user;
	uint64_t count;

	for (;;) {
		bool stop = atomic_load(&w->stop);
		int64_t wait = -1;

		run_pass(w);
		if (stop)
			return NULL;
		if (w->pause_ms) {
			wait = w->retry_ms - monotonic_ms();
			wait = wait < 0 ? 0 : wait;
		}
		if (poll(&(struct pollfd){ .fd = w->event, .events = POLLIN }, 1, (int)wait) > 0)
			(void)!read(w->event, &count, sizeof(count));
	}
}

int okng_writer_open(struct okng_writer **writer, struct okng_database *db, struct okng_journal *journal, int64_t first,
	struct okng_trouble *trouble)
{
	struct okng_writer *w = calloc(1, sizeof(*w));

	*writer = NULL;
	if (!w)
		return -ENOMEM;
	w->db = db;
	w->journal = journal;
	w->trouble = trouble;
	atomic_store(&w->tail, first);
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event < 0) {
		int ret = -errno;

		free(w);
		return ret;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->passed, NULL);
	*writer = w;
	return 0;
}

int okng_writer_start(struct okng_writer *w, struct okng_pictures *pictures)
{
	sigset_t all, old;
	int ret;

	w->pictures = pictures;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ret = -pthread_create(&w->thread, NULL, writer_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->running = !ret;
	return ret;
}

void okng_writer_wake(void *writer)
{
	struct okng_writer *w = writer;
	uint64_t one = 1;

	(void)!write(w->event, &one, sizeof(one)); /* only fails when it is awake already */
}

int okng_writer_flush(struct okng_writer *w)
{
	uint64_t mine;
	int ret;

	pthread_mutex_lock(&w->lock);
	mine = ++w->asked;
	okng_writer_wake(w);
	while (w->done < mine)
		pthread_cond_wait(&w->passed, &w->lock);
	ret = w->result;
	pthread_mutex_unlock(&w->lock);
	return ret;
}

void okng_writer_stats(struct okng_writer *w, uint64_t *rows, int64_t *tail, bool *failing)
{
	*rows = atomic_load(&w->rows);
	*tail = atomic_load(&w->tail);
	*failing = atomic_load(&w->failing);
}

void okng_writer_close(struct okng_writer **writer)
{
	struct okng_writer *w = *writer;

	if (!w)
		return;
	*writer = NULL;
	atomic_store(&w->stop, true);
	okng_writer_wake(w);
	if (w->running)
		pthread_join(w->thread, NULL);
	close(w->event);
	pthread_cond_destroy(&w->passed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

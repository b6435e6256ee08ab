/* SPDX-License-Identifier: Apache-2.0
 *
 * The store puts the rooms together: the folder's lock, recovery at open, then two threads (rows, pictures) beside the
 * station's. Recovery writes every row of the journal into the database before the journal is used again, so that a
 * crash in the middle of recovery only repeats it.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database.h"
#include "store/journal.h"
#include "store/pictures.h"
#include "store/recorder.h"
#include "store/trouble.h"
#include "store/writer.h"

#define PART_BYTES (2448 * 2048)
#define PART_FIELDS (OKNG_RECORDED_FRAMES_MAX * 2 * OKNG_FRAME_ROOM) /* of a part beside its pixels, at most */
#define CHECKED_PICTURES 1024 /* more than can have waited, whatever pictures_waiting was */

struct okng_store {
	int folder;
	struct okng_trouble trouble;
	struct okng_database *db;
	struct okng_journal *journal;
	struct okng_pictures *pictures;
	struct okng_writer *writer;
	struct okng_recorder *recorder;
	int recovered;
};

static int check_params(const struct okng_store_params *p, char *why, size_t size)
{
	struct okng_record_choice choice = { 0 };

	if (!memchr(p->folder, '\0', sizeof(p->folder)) || !p->folder[0])
		return okng_why(why, size, -EINVAL, "the store needs a folder");
	if (p->journal_rows < OKNG_JOURNAL_ROWS_MIN || p->journal_rows > OKNG_JOURNAL_ROWS_MAX)
		return okng_why(why, size, -EINVAL, "journal_rows = %d, allowed is 64 to 65536", p->journal_rows);
	if (p->pictures_waiting < 1 || p->pictures_waiting > 64)
		return okng_why(why, size, -EINVAL, "pictures_waiting = %d, allowed is 1 to 64", p->pictures_waiting);
	if (p->jpeg_quality < 1 || p->jpeg_quality > 100)
		return okng_why(why, size, -EINVAL, "jpeg_quality = %d, allowed is 1 to 100", p->jpeg_quality);
	if (p->record[0] && (!memchr(p->record, '\0', sizeof(p->record)) || okng_record_parse(p->record, &choice)))
		return okng_why(why, size, -EINVAL, "record = \"%.63s\", allowed is none, all, ng, fault, every:100", p->record);
	if (choice.parts && p->record_max_mib < 1)
		return okng_why(why, size, -EINVAL, "record_max_mib = %d, at least 1 is needed", p->record_max_mib);
	if (p->max_days < 0 || p->min_free_mib < 0 || p->picture_max_pixels < 0 || p->record_part_bytes < 0)
		return okng_why(why, size, -EINVAL, "max_days, min_free_mib, picture_max_pixels and record_part_bytes may not be negative");
	return 0;
}

/* Makes the folder and takes its lock, which goes with the descriptor. */
static int open_folder(struct okng_store *s, const char *path, char *why, size_t size)
{
	char part[sizeof(((struct okng_store_params *)NULL)->folder)];

	for (size_t i = 1; i <= strlen(path); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST && access(part, X_OK))
			return okng_why(why, size, -errno, "folder %s cannot be made: %s", part, strerror(errno));
	}
	s->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0)
		return okng_why(why, size, -errno, "folder %s cannot be opened: %s", path, strerror(errno));
	if (faccessat(s->folder, ".", W_OK, AT_EACCESS))
		return okng_why(why, size, errno == EROFS ? -EROFS : -EACCES, "folder %s cannot be written: %s", path, strerror(errno));
	if (flock(s->folder, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ?
			okng_why(why, size, -EBUSY, "folder %s is in use by another okngd", path) :
			okng_why(why, size, -errno, "folder %s cannot be locked: %s", path, strerror(errno));
	return 0;
}

static bool is_gone(void *user, const char *path)
{
	struct okng_store *s = user;
	struct stat st;
	char part[80];
	size_t n = strnlen(path, 64);

	if (!fstatat(s->folder, path, &st, 0) || errno != ENOENT)
		return false;
	memcpy(part, path, n);
	memcpy(part + n, ".part", 6);
	unlinkat(s->folder, part, 0);
	return true;
}

/* Every row of the journal into the database. */
static int recover(struct okng_store *s, char *why, size_t size)
{
	const void *bytes = okng_journal_bytes(s->journal);
	struct okng_record record;
	int broken = 0, ret = okng_database_begin(s->db);

	for (uint32_t i = 0; !ret && i < okng_journal_rows(s->journal); i++) {
		enum okng_journal_find found = okng_journal_find(bytes, i, &record);

		broken += found == OKNG_JOURNAL_BROKEN;
		if (found != OKNG_JOURNAL_ROW)
			continue;
		ret = okng_database_insert(s->db, &record);
		s->recovered++;
	}
	if (!ret)
		ret = okng_database_commit(s->db);
	if (ret) {
		okng_why(why, size, ret, "rows in the journal cannot be moved to the database: %s", okng_database_error(s->db));
		okng_database_rollback(s->db);
		return ret;
	}
	if (broken)
		okng_trouble_add(&s->trouble, "%d rows of the journal were damaged, as a power cut may do, and are lost", broken);
	return 0;
}

/* Opens or creates the journal, recovers, and puts it to work. */
static int open_journal(struct okng_store *s, uint32_t rows, int64_t *next, char *why, size_t size)
{
	char boot[40];
	int ret = okng_journal_open(&s->journal, s->folder, why, size);

	okng_journal_boot(boot);
	if (!ret) {
		int64_t journal_next = okng_journal_next(okng_journal_bytes(s->journal), boot);

		*next = *next > journal_next ? *next : journal_next;
		ret = recover(s, why, size);
	}
	if (ret && ret != -ENOENT)
		return ret;
	if (ret == -ENOENT || okng_journal_rows(s->journal) != rows) {
		okng_journal_close(&s->journal);
		ret = okng_journal_create(s->folder, rows, *next, why, size);
		if (!ret)
			ret = okng_journal_open(&s->journal, s->folder, why, size);
		if (ret)
			return ret;
	}
	ret = okng_journal_start(s->journal, *next);
	return ret ? okng_why(why, size, ret, "journal cannot be written: %s", strerror(-ret)) : 0;
}

static int open_recorder(struct okng_store *s, const struct okng_store_params *p, char *why, size_t size)
{
	size_t part = p->record_part_bytes ? (size_t)p->record_part_bytes : p->picture_max_pixels ? (size_t)p->picture_max_pixels : PART_BYTES;
	struct okng_recorder_params r = { .max_bytes = (uint64_t)p->record_max_mib << 20, .max_days = p->max_days, .min_free_mib = p->min_free_mib,
		.waiting_bytes = (size_t)p->pictures_waiting * (part + PART_FIELDS) };

	if (!p->record[0] || okng_record_parse(p->record, &r.choice) || !r.choice.parts)
		return 0;
	return okng_recorder_open(&s->recorder, &r, s->folder, why, size);
}

static int open_all(struct okng_store *s, const struct okng_store_params *params, char *why, size_t size)
{
	int64_t next;
	int ret = open_folder(s, params->folder, why, size);

	if (!ret)
		ret = okng_database_open(&s->db, params->folder, why, size);
	if (ret)
		return ret;
	next = okng_database_last(s->db);
	if (next < 0 || next >= OKNG_JOURNAL_ID_MAX)
		return okng_why(why, size, -EINVAL, "%s holds an impossible row number", OKNG_DATABASE_FILE);
	next++;
	ret = open_journal(s, (uint32_t)params->journal_rows, &next, why, size);
	if (ret)
		return ret;
	ret = okng_database_check_pictures(s->db, CHECKED_PICTURES, is_gone, s);
	if (ret)
		return okng_why(why, size, ret, "%s: %s", OKNG_DATABASE_FILE, okng_database_error(s->db));
	ret = okng_writer_open(&s->writer, s->db, s->journal, next, &s->trouble);
	if (!ret)
		ret = okng_pictures_open(&s->pictures, params, s->folder, &s->trouble, okng_writer_wake, s->writer);
	if (!ret)
		ret = okng_writer_start(s->writer, s->pictures);
	return ret ? okng_why(why, size, ret, "the store cannot be started: %s", strerror(-ret)) : open_recorder(s, params, why, size);
}

int okng_store_open(struct okng_store **store, const struct okng_store_params *params, char *why, size_t why_size)
{
	struct okng_store *s;
	int ret = check_params(params, why, why_size);

	*store = NULL;
	if (ret)
		return ret;
	s = calloc(1, sizeof(*s));
	if (!s)
		return okng_why(why, why_size, -ENOMEM, "out of memory");
	s->folder = -1;
	okng_trouble_init(&s->trouble);
	ret = open_all(s, params, why, why_size);
	if (ret)
		okng_store_close(&s);
	*store = s;
	return ret;
}

int okng_store_accept(struct okng_store *store, struct okng_record *record)
{
	int ret = okng_journal_accept(store->journal, record);

	if (ret)
		okng_writer_wake(store->writer);
	return ret;
}

void okng_store_judge(struct okng_store *store, struct okng_record *record,
	const uint8_t *pixels, int32_t width, int32_t height, ptrdiff_t stride)
{
	okng_pictures_put(store->pictures, record, pixels, width, height, stride);
	okng_journal_judge(store->journal, record);
	okng_writer_wake(store->writer);
}

struct okng_recorder *okng_store_recorder(struct okng_store *store)
{
	return store->recorder;
}

void okng_store_stats(struct okng_store *store, struct okng_store_stats *stats)
{
	struct okng_recorder_stats recorded = { 0 };
	bool pictures_warn, failing;
	int64_t tail;

	memset(stats, 0, sizeof(*stats));
	okng_pictures_stats(store->pictures, &stats->pictures, &stats->pictures_dropped, &pictures_warn);
	okng_writer_stats(store->writer, &stats->rows, &tail, &failing);
	stats->rows_waiting = (int)(okng_journal_head(store->journal) - tail);
	if (store->recorder)
		okng_recorder_stats(store->recorder, &recorded);
	stats->recorded = recorded.parts;
	stats->record_dropped = recorded.dropped;
	stats->disk_warn = pictures_warn || failing || recorded.warn;
	stats->recovered = store->recovered;
	stats->errors = okng_trouble_get(&store->trouble, stats->last_error, sizeof(stats->last_error)) + recorded.errors;
	if (recorded.warn || (recorded.errors && recorded.errors == stats->errors))
		memcpy(stats->last_error, recorded.last_error, sizeof(stats->last_error));
}

int okng_store_flush(struct okng_store *store)
{
	return okng_writer_flush(store->writer);
}

void okng_store_close(struct okng_store **store)
{
	struct okng_store *s = *store;

	if (!s)
		return;
	*store = NULL;
	okng_recorder_close(&s->recorder);
	if (s->pictures)
		okng_pictures_stop(s->pictures); /* first, so that the writer still hears of failed pictures */
	okng_writer_close(&s->writer);
	okng_pictures_close(&s->pictures);
	okng_journal_close(&s->journal);
	okng_database_close(&s->db);
	if (s->folder >= 0)
		close(s->folder);
	okng_trouble_finish(&s->trouble);
	free(s);
}

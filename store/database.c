/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite with everything prepared at open. An error leaves the caller's rows where they were (in the journal); nothing
 * here retries but for the short time another connection may hold the database.
 */
#include "store/database.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/columns.h"
#include "store/trouble.h"

#define BUSY_MS 2000

enum statement { BEGIN, COMMIT, INSERT, FORGET, FORGET_BEFORE, LAST, N_STATEMENTS };

struct okng_database {
	sqlite3 *sql;
	sqlite3_stmt *stmt[N_STATEMENTS];
};

#define NUM_NAME(type, field, column) "," column
#define TEXT_NAME(field, column) "," column
#define NUM_MARK(type, field, column) ",?"
#define TEXT_MARK(field, column) ",?"
#define NUM_CREATE(type, field, column) "," column " INTEGER NOT NULL"
#define TEXT_CREATE(field, column) "," column " TEXT NOT NULL"

/* Each list begins with a comma. */
static const char columns_with_comma[] = OKNG_RECORD_COLUMNS(NUM_NAME, TEXT_NAME);
const char *const okng_database_columns = columns_with_comma + 1;
static const char marks_with_comma[] = OKNG_RECORD_COLUMNS(NUM_MARK, TEXT_MARK);
static const char create_with_comma[] = OKNG_RECORD_COLUMNS(NUM_CREATE, TEXT_CREATE);

int okng_database_errno(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK: case SQLITE_DONE: case SQLITE_ROW: return 0;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_BUSY: case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_CANTOPEN: case SQLITE_PERM: case SQLITE_AUTH: return -EACCES;
	case SQLITE_CORRUPT: case SQLITE_NOTADB: case SQLITE_MISMATCH: return -EINVAL;
	default: return -EIO;
	}
}

const char *okng_database_error(struct okng_database *db)
{
	return sqlite3_errmsg(db->sql);
}

static int exec(struct okng_database *db, const char *text)
{
	return okng_database_errno(sqlite3_exec(db->sql, text, NULL, NULL, NULL));
}

/* Value of a one-number query; negative errno as *ret. */
static int64_t number(struct okng_database *db, const char *text, int *ret)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = 0;
	int code = sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW)
			value = sqlite3_column_int64(stmt, 0);
	}
	*ret = okng_database_errno(code);
	sqlite3_finalize(stmt);
	return value;
}

static int create_schema(struct okng_database *db)
{
	char text[2048];
	int n = snprintf(text, sizeof(text),
		"BEGIN IMMEDIATE;"
		"CREATE TABLE record(id INTEGER PRIMARY KEY%s);" /* the list from its second column on */
		"CREATE INDEX record_utc ON record(utc_us);"
		"CREATE INDEX record_part ON record(part_id) WHERE part_id<>'';"
		"CREATE INDEX record_picture ON record(picture) WHERE picture<>'';"
		"PRAGMA application_id=%d; PRAGMA user_version=%d;"
		"COMMIT", create_with_comma + strlen(",id INTEGER NOT NULL"), OKNG_DATABASE_APPLICATION, OKNG_DATABASE_VERSION);
	int ret;

	assert(n > 0 && (size_t)n < sizeof(text));
	ret = exec(db, text);
	if (ret)
		okng_database_rollback(db);
	return ret;
}

static int check_schema(struct okng_database *db, char *why, size_t why_size)
{
	int ret;
	int64_t version = number(db, "PRAGMA user_version", &ret);
	int64_t application = ret ? 0 : number(db, "PRAGMA application_id", &ret);
	int64_t tables = ret ? 0 : number(db, "SELECT count(*) FROM sqlite_schema", &ret);

	if (ret)
		return ret;
	if (!version && !application && !tables)
		return create_schema(db);
	if (application != OKNG_DATABASE_APPLICATION)
		return okng_why(why, why_size, -EINVAL, "%s is not a database of okng: move it away", OKNG_DATABASE_FILE);
	if (version != OKNG_DATABASE_VERSION)
		return okng_why(why, why_size, -EINVAL, "%s has format %lld, this okngd writes %d: use the okngd that wrote it, "
			"or move the file away", OKNG_DATABASE_FILE, (long long)version, OKNG_DATABASE_VERSION);
	return 0;
}

static int prepare(struct okng_database *db)
{
	static const char *const text[N_STATEMENTS] = {
		[BEGIN] = "BEGIN IMMEDIATE",
		[COMMIT] = "COMMIT",
		[FORGET] = "UPDATE record SET picture='' WHERE id=?",
		[FORGET_BEFORE] = "UPDATE record SET picture='' WHERE id IN "
			"(SELECT id FROM record WHERE picture<>'' AND picture<? LIMIT 500)",
		[LAST] = "SELECT max(id) FROM record",
	};
	char insert[1024];

	snprintf(insert, sizeof(insert), "INSERT OR IGNORE INTO record(%s) VALUES(%s)", columns_with_comma + 1, marks_with_comma + 1);
	for (int i = 0; i < N_STATEMENTS; i++) {
		int code = sqlite3_prepare_v3(db->sql, i == INSERT ? insert : text[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[i], NULL);

		if (code != SQLITE_OK)
			return okng_database_errno(code);
	}
	return 0;
}

static int set_up(struct okng_database *db, char *why, size_t why_size)
{
	int ret;

	sqlite3_busy_timeout(db->sql, BUSY_MS);
	sqlite3_extended_result_codes(db->sql, 1);
	ret = check_schema(db, why, why_size);
	if (!ret)
		ret = exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864");
	if (!ret)
		ret = prepare(db);
	if (!ret) {
		int64_t last = okng_database_last(db);

		ret = last < 0 ? (int)last : 0;
	}
	return ret;
}

int okng_database_open(struct okng_database **database, const char *folder, char *why, size_t why_size)
{
	struct okng_database *db = calloc(1, sizeof(*db));
	char path[512];
	int ret;

	*database = NULL;
	if (!db)
		return okng_why(why, why_size, -ENOMEM, "out of memory");
	if (why && why_size)
		why[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", folder, OKNG_DATABASE_FILE);
	ret = okng_database_errno(sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (!ret)
		ret = set_up(db, why, why_size);
	if (ret) {
		if (why && why_size && !why[0])
			okng_why(why, why_size, ret, "%s: %s%s", path, db->sql ? sqlite3_errmsg(db->sql) : "out of memory",
				ret == -EINVAL ? "; move it away (and its -wal) to start a new one, or restore it from a backup" : "");
		okng_database_close(&db);
		return ret;
	}
	*database = db;
	return 0;
}

/* Runs a statement without result rows. */
static int run(struct okng_database *db, enum statement which)
{
	int code = sqlite3_step(db->stmt[which]);

	sqlite3_reset(db->stmt[which]);
	return okng_database_errno(code);
}

int64_t okng_database_last(struct okng_database *db)
{
	int code = sqlite3_step(db->stmt[LAST]);
	int64_t last = code == SQLITE_ROW ? sqlite3_column_int64(db->stmt[LAST], 0) : okng_database_errno(code);

	sqlite3_reset(db->stmt[LAST]);
	return last;
}

int okng_database_begin(struct okng_database *db)
{
	return run(db, BEGIN);
}

#define NUM_BIND(type, field, column) code |= sqlite3_bind_int64(s, ++i, (sqlite3_int64)r->field);
#define TEXT_BIND(field, column) \
	code |= sqlite3_bind_text(s, ++i, r->field, (int)strnlen(r->field, sizeof(r->field) - 1), SQLITE_STATIC);

int okng_database_insert(struct okng_database *db, const struct okng_record *r)
{
	sqlite3_stmt *s = db->stmt[INSERT];
	int i = 0, code = SQLITE_OK;

	OKNG_RECORD_COLUMNS(NUM_BIND, TEXT_BIND)
	if (code != SQLITE_OK)
		return -ENOMEM;
	return run(db, INSERT);
}

int okng_database_commit(struct okng_database *db)
{
	return run(db, COMMIT);
}

void okng_database_rollback(struct okng_database *db)
{
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

int okng_database_forget_picture(struct okng_database *db, int64_t id)
{
	sqlite3_bind_int64(db->stmt[FORGET], 1, id);
	return run(db, FORGET);
}

int okng_database_forget_before(struct okng_database *db, const char *before)
{
	int ret;

	do {
		sqlite3_bind_text(db->stmt[FORGET_BEFORE], 1, before, -1, SQLITE_TRANSIENT);
		ret = run(db, FORGET_BEFORE);
	} while (!ret && sqlite3_changes(db->sql) > 0);
	return ret;
}

int okng_database_check_pictures(struct okng_database *db, int max, bool (*gone)(void *user, const char *path), void *user)
{
	int64_t *ids = calloc((size_t)max, sizeof(*ids));
	sqlite3_stmt *stmt = NULL;
	int code, n = 0, ret;

	if (!ids)
		return -ENOMEM;
	code = sqlite3_prepare_v2(db->sql, "SELECT id, picture FROM record WHERE picture<>'' ORDER BY id DESC LIMIT ?", -1, &stmt, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int(stmt, 1, max);
		while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
			if (gone(user, (const char *)sqlite3_column_text(stmt, 1)))
				ids[n++] = sqlite3_column_int64(stmt, 0);
		}
	}
	ret = okng_database_errno(code);
	sqlite3_finalize(stmt);
	for (int i = 0; i < n && !ret; i++)
		ret = okng_database_forget_picture(db, ids[i]);
	free(ids);
	return ret;
}

#define NUM_READ(type, field, column) r->field = (type)sqlite3_column_int64(stmt, i++);
#define TEXT_READ(field, column) copy_text(r->field, sizeof(r->field), stmt, i++);

static void copy_text(char *to, size_t size, sqlite3_stmt *stmt, int column)
{
	const void *text = sqlite3_column_blob(stmt, column);
	size_t n = text ? (size_t)sqlite3_column_bytes(stmt, column) : 0;

	if (n > size - 1)
		n = size - 1;
	memset(to, 0, size);
	if (n)
		memcpy(to, text, n);
}

void okng_database_row(sqlite3_stmt *stmt, struct okng_record *r)
{
	int i = 0;

	memset(r, 0, sizeof(*r));
	OKNG_RECORD_COLUMNS(NUM_READ, TEXT_READ)
}

void okng_database_close(struct okng_database **database)
{
	struct okng_database *db = *database;

	if (!db)
		return;
	*database = NULL;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(db->stmt[i]);
	sqlite3_close(db->sql);
	free(db);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading beside a writer: rows are fetched in blocks, each in its own short read transaction, so that a slow reader
 * (a pager, a pipe) does not keep okngd's write-ahead log from being emptied.
 */
#include "store/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/database.h"
#include "store/trouble.h"

#define BLOCK 256
#define BUSY_MS 5000

void okng_records_all(struct okng_records_filter *filter)
{
	*filter = (struct okng_records_filter){ .recipe = -1, .reason = -1, .class_number = -1, .seq = -1 };
}

/* Parameters 1 and 2: lowest and highest id. The others always have the same numbers. */
static void print_where(char *text, size_t size, const struct okng_records_filter *f)
{
	snprintf(text, size, " WHERE id>=?1 AND id<=?2%s%s%s%s%s%s%s%s",
		f->since_us ? " AND utc_us>=?3" : "", f->until_us ? " AND utc_us<=?4" : "",
		f->verdicts ? " AND ((1<<verdict)&?5)<>0" : "", f->recipe >= 0 ? " AND recipe=?6" : "",
		f->reason >= 0 ? " AND reason=?7" : "", f->class_number >= 0 ? " AND class_number=?8" : "",
		f->seq >= 0 ? " AND seq=?9" : "", f->part_id[0] ? " AND part_id<>'' AND part_id=?10" : "");
}

static void bind_filter(sqlite3_stmt *stmt, const struct okng_records_filter *f, int64_t from, int64_t to)
{
	sqlite3_bind_int64(stmt, 1, from);
	sqlite3_bind_int64(stmt, 2, to);
	sqlite3_bind_int64(stmt, 3, f->since_us); /* those the text does not have are refused without harm */
	sqlite3_bind_int64(stmt, 4, f->until_us);
	sqlite3_bind_int64(stmt, 5, f->verdicts);
	sqlite3_bind_int(stmt, 6, f->recipe);
	sqlite3_bind_int(stmt, 7, f->reason);
	sqlite3_bind_int(stmt, 8, f->class_number);
	sqlite3_bind_int(stmt, 9, f->seq);
	sqlite3_bind_text(stmt, 10, f->part_id, (int)strnlen(f->part_id, sizeof(f->part_id)), SQLITE_STATIC);
}

/* A number by SQL; fallback when there is no row or it is NULL. */
static int number(sqlite3 *sql, const char *text, const struct okng_records_filter *f, int64_t from, int64_t to, int64_t limit,
	int64_t *value)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(sql, text, -1, &stmt, NULL);

	if (code == SQLITE_OK) {
		bind_filter(stmt, f, from, to);
		sqlite3_bind_int64(stmt, 11, limit);
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER)
			*value = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return okng_database_errno(code);
}

/* The range of ids to print: up to the newest row of now, from the limit-th newest that passes. */
static int find_range(sqlite3 *sql, const struct okng_records_filter *f, int64_t *from, int64_t *to)
{
	char text[768], where[512];
	int ret;

	*from = f->from_id;
	*to = 0;
	ret = number(sql, "SELECT max(id) FROM record", f, 0, 0, 0, to);
	if (ret || f->limit <= 0)
		return ret;
	print_where(where, sizeof(where), f);
	snprintf(text, sizeof(text), "SELECT id FROM record%s ORDER BY id DESC LIMIT 1 OFFSET ?11", where);
	return number(sql, text, f, *from, *to, f->limit - 1, from);
}

struct reading {
	const struct okng_records_filter *filter;
	int (*each)(void *user, const struct okng_record *record);
	void *user;
	int64_t rows;
	bool ended;
};

/* One block from id from on; *from becomes the next one. 0 or negative errno. */
static int read_block(sqlite3_stmt *stmt, struct reading *r, struct okng_record *block, int64_t *from, int64_t to)
{
	int code, n = 0;

	bind_filter(stmt, r->filter, *from, to);
	while (n < BLOCK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
		okng_database_row(stmt, &block[n++]);
	sqlite3_reset(stmt);
	if (n < BLOCK && code != SQLITE_DONE)
		return okng_database_errno(code);
	r->ended = n < BLOCK;
	for (int i = 0; i < n; i++) {
		r->rows++;
		if (r->each(r->user, &block[i])) {
			r->ended = true;
			break;
		}
	}
	if (n)
		*from = block[n - 1].id + 1;
	return 0;
}

static int read_all(sqlite3 *sql, struct reading *r)
{
	struct okng_record *block = calloc(BLOCK, sizeof(*block));
	char text[1536], where[512];
	sqlite3_stmt *stmt = NULL;
	int64_t from, to;
	int ret = block ? find_range(sql, r->filter, &from, &to) : -ENOMEM;

	if (!ret) {
		print_where(where, sizeof(where), r->filter);
		snprintf(text, sizeof(text), "SELECT %s FROM record%s ORDER BY id LIMIT %d", okng_database_columns, where, BLOCK);
		ret = okng_database_errno(sqlite3_prepare_v2(sql, text, -1, &stmt, NULL));
	}
	while (!ret && !r->ended)
		ret = read_block(stmt, r, block, &from, to);
	sqlite3_finalize(stmt);
	free(block);
	return ret;
}

static int64_t pragma(sqlite3 *sql, const char *text, int *ret)
{
	struct okng_records_filter none = { 0 };
	int64_t value = -1;

	*ret = number(sql, text, &none, 0, 0, 0, &value);
	return value;
}

/* Opens; a folder without write permission and without a write-ahead log (okngd is down) is read as it stands. */
static int open_reader(sqlite3 **sql, const char *folder, const char *how, char *why, size_t why_size)
{
	char uri[1024];
	size_t n = (size_t)snprintf(uri, sizeof(uri), "file:");
	int64_t version;
	int ret;

	for (const char *c = folder; *c && n < sizeof(uri) - 40; c++)
		n += (size_t)snprintf(uri + n, sizeof(uri) - n, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
	snprintf(uri + n, sizeof(uri) - n, "/" OKNG_DATABASE_FILE "?mode=ro%s", how);
	*sql = NULL;
	ret = okng_database_errno(sqlite3_open_v2(uri, sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL));
	if (ret)
		return ret;
	sqlite3_busy_timeout(*sql, BUSY_MS);
	if (pragma(*sql, "PRAGMA schema_version", &ret) == 0 && !ret) /* okngd is just making it; the rest comes with it */
		return okng_why(why, why_size, -ENOENT, "%s: there is no record yet", folder);
	version = ret ? -1 : pragma(*sql, "PRAGMA user_version", &ret);
	if (!ret && pragma(*sql, "PRAGMA application_id", &ret) != OKNG_DATABASE_APPLICATION && !ret)
		return okng_why(why, why_size, -EINVAL, "%s/%s is not a database of okng", folder, OKNG_DATABASE_FILE);
	if (!ret && version != OKNG_DATABASE_VERSION)
		return okng_why(why, why_size, -EINVAL, "%s/%s has format %lld, this okng reads %d", folder, OKNG_DATABASE_FILE,
			(long long)version, OKNG_DATABASE_VERSION);
	return ret;
}

static int explain(int ret, sqlite3 *sql, const char *folder, bool log_left, char *why, size_t why_size)
{
	const char *text = sql ? sqlite3_errmsg(sql) : "out of memory";

	if (ret == -EACCES || ret == -EROFS)
		return okng_why(why, why_size, -EACCES, log_left ?
			"%s/%s: its write-ahead log cannot be read without write permission for the folder; run it as the user of okngd, or as root" :
			"%s/%s cannot be read: permission denied", folder, OKNG_DATABASE_FILE);
	return okng_why(why, why_size, ret, "%s/%s: %s", folder, OKNG_DATABASE_FILE, text);
}

int64_t okng_records_read(const char *folder, const struct okng_records_filter *filter,
	int (*each)(void *user, const struct okng_record *record), void *user, char *why, size_t why_size)
{
	struct reading r = { .filter = filter, .each = each, .user = user };
	char path[512];
	sqlite3 *sql;
	bool log_left;
	int ret;

	if (why && why_size)
		why[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", folder, OKNG_DATABASE_FILE);
	if (access(path, F_OK))
		return okng_why(why, why_size, -errno, errno == ENOENT ? "%s: there is no record yet; has okngd run with this folder?" :
			"%s cannot be reached: permission denied", path);
	snprintf(path, sizeof(path), "%s/%s-wal", folder, OKNG_DATABASE_FILE);
	log_left = !access(path, F_OK);
	ret = open_reader(&sql, folder, "", why, why_size);
	if ((ret == -EACCES || ret == -EROFS) && !log_left) {
		sqlite3_close(sql);
		ret = open_reader(&sql, folder, "&immutable=1", why, why_size);
	}
	if (!ret)
		ret = read_all(sql, &r);
	if (ret && (!why || !why_size || !why[0]))
		ret = explain(ret, sql, folder, log_left, why, why_size);
	sqlite3_close(sql);
	return ret ? ret : r.rows;
}

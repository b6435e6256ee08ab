/* SPDX-License-Identifier: Apache-2.0
 *
 * records.db: one table, WAL, synchronous FULL. The row number is the primary key and inserting it a second time does
 * nothing, so that recovery may repeat what was already done. One thread at a time.
 */
#ifndef OKNG_STORE_DATABASE_H
#define OKNG_STORE_DATABASE_H

#include <sqlite3.h>

#include "store/store.h"

#define OKNG_DATABASE_FILE "records.db"
#define OKNG_DATABASE_VERSION 1
#define OKNG_DATABASE_APPLICATION 0x6f6b6e67 /* "okng" */

struct okng_database;

/* Opens or creates folder/records.db. -EINVAL: damaged, another version, not ours; -EACCES, -ENOSPC, -EIO. */
int okng_database_open(struct okng_database **db, const char *folder, char *why, size_t why_size);

/* Highest row number; 0: no row. Negative errno. */
int64_t okng_database_last(struct okng_database *db);

/* begin, insert…, commit; after any error: rollback. 0 or negative errno. */
int okng_database_begin(struct okng_database *db);
int okng_database_insert(struct okng_database *db, const struct okng_record *record);
int okng_database_commit(struct okng_database *db);
void okng_database_rollback(struct okng_database *db);

/* The picture of that row was not written. */
int okng_database_forget_picture(struct okng_database *db, int64_t id);
/* All pictures with a path below before ("images/2026/11/23") are gone. */
int okng_database_forget_before(struct okng_database *db, const char *before);
/* Calls gone(user, path) for the newest max pictures; where it says true the row forgets the picture. */
int okng_database_check_pictures(struct okng_database *db, int max, bool (*gone)(void *user, const char *path), void *user);

const char *okng_database_error(struct okng_database *db); /* sentence of the last failure */

/* Accepts NULL content. */
void okng_database_close(struct okng_database **db);

/* For readers of the table: the column list, and a row of "SELECT <columns>". */
extern const char *const okng_database_columns;
void okng_database_row(sqlite3_stmt *stmt, struct okng_record *record);
int okng_database_errno(int code); /* SQLite result code to negative errno */

#endif

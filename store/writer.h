/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer: the thread that moves judged rows from the journal into the database, in order of id, and keeps the
 * rows honest about their pictures. While the disk refuses, it tries again with growing pauses; rows wait in the journal.
 */
#ifndef OKNG_STORE_WRITER_H
#define OKNG_STORE_WRITER_H

#include "store/database.h"
#include "store/journal.h"
#include "store/pictures.h"

struct okng_writer;

/* Owns nothing of what it is given. first: the oldest row not yet in the database. */
int okng_writer_open(struct okng_writer **writer, struct okng_database *db, struct okng_journal *journal, int64_t first,
	struct okng_trouble *trouble);
int okng_writer_start(struct okng_writer *writer, struct okng_pictures *pictures);
void okng_writer_wake(void *writer);                 /* any thread, never blocks */
int okng_writer_flush(struct okng_writer *writer);   /* as okng_store_flush */
void okng_writer_stats(struct okng_writer *writer, uint64_t *rows, int64_t *tail, bool *failing);
/* Tries once more, joins. Accepts NULL content. */
void okng_writer_close(struct okng_writer **writer);

#endif

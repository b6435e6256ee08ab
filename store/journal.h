/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal: a file of fixed size, mapped into memory, that holds the rows which the database does not have yet.
 * A ring: row id lives in slot id mod rows. One thread accepts and judges, another one (the writer) takes the oldest
 * judged row and releases it; they meet in the slot's state word. See journal.c for why kill -9 and a power cut at any
 * instruction leave it readable.
 */
#ifndef OKNG_STORE_JOURNAL_H
#define OKNG_STORE_JOURNAL_H

#include <stdatomic.h>

#include "store/store.h"

#define OKNG_JOURNAL_MAGIC "okngjrnl"
#define OKNG_JOURNAL_VERSION 1u
#define OKNG_JOURNAL_PAGE 4096   /* the header's page; slots follow */
#define OKNG_JOURNAL_ROWS_MIN 64
#define OKNG_JOURNAL_ROWS_MAX 65536
#define OKNG_JOURNAL_ID_MAX (INT64_C(1) << 53) /* a larger row number is damage */

/* The file, native byte order: it never leaves its machine. Below 512 bytes, so that one disk sector holds it. */
struct okng_journal_header {
	char magic[8];
	uint32_t version, order, row_size, rows;
	uint32_t crc;                  /* CRC-32 of the bytes above */
	_Atomic uint32_t clean;        /* 1: closed in order, next_id is exact */
	_Atomic int64_t next_id;       /* the next row gets this number or a higher one */
	_Atomic int64_t reserved_id;   /* on the disk: every number given out is below it */
	char boot[40];                 /* boot id of the kernel that wrote last */
};

enum okng_journal_state { OKNG_JOURNAL_FREE = 0, OKNG_JOURNAL_ACCEPTED = 1, OKNG_JOURNAL_JUDGED = 2 };

struct okng_journal_slot {         /* 1024 bytes: four to a page, none on two */
	_Atomic uint32_t state;
	uint32_t accepted_crc, judged_crc, unused;
	int64_t id;
	struct okng_record accepted;   /* stays whole while judged is being written */
	struct okng_record judged;
	uint8_t pad[1024 - 24 - 2 * sizeof(struct okng_record)];
};

/* --- journal_format.c: pure functions on bytes that may be anything --- */

/* 0, or -EINVAL with a sentence: not a journal, another version, wrong length. */
int okng_journal_check(const void *bytes, size_t size, char *why, size_t why_size);

enum okng_journal_find { OKNG_JOURNAL_NOTHING = 0, OKNG_JOURNAL_ROW, OKNG_JOURNAL_BROKEN };

/* What slot index of checked bytes holds: a row to keep (a part never judged comes as FAULT 27), nothing, or a row of
 * which neither copy is whole. */
enum okng_journal_find okng_journal_find(const void *bytes, uint32_t index, struct okng_record *record);

/* Lowest number that no row had yet, as far as the bytes tell. boot: id of the running kernel. */
int64_t okng_journal_next(const void *bytes, const char *boot);

uint32_t okng_journal_crc(const void *bytes, size_t size);
uint16_t okng_journal_seq(int64_t id);
void okng_journal_restarted(struct okng_record *record); /* FAULT 27 */
void okng_journal_boot(char boot[40]);                   /* of the running kernel, "" unknown */

/* --- journal.c: the mapped file --- */

struct okng_journal;

/* New file of that many rows in place of any old one: written aside, synced, renamed. -ENOSPC … with why. */
int okng_journal_create(int folder, uint32_t rows, int64_t next_id, char *why, size_t why_size);

/* Maps and checks. -ENOENT: there is none. */
int okng_journal_open(struct okng_journal **journal, int folder, char *why, size_t why_size);

const void *okng_journal_bytes(const struct okng_journal *journal);
uint32_t okng_journal_rows(const struct okng_journal *journal);

/* All rows are in the database: empties every slot; then goes to work at next_id. Negative errno of msync. */
int okng_journal_start(struct okng_journal *journal, int64_t next_id);

/* Station thread. As okng_store_accept and okng_store_judge. */
int okng_journal_accept(struct okng_journal *journal, struct okng_record *record);
void okng_journal_judge(struct okng_journal *journal, const struct okng_record *record);

/* Writer thread. Row id when it is judged, else NULL; valid until released. */
const struct okng_record *okng_journal_take(struct okng_journal *journal, int64_t id);
void okng_journal_release(struct okng_journal *journal, int64_t id);
/* Writer thread: reserves numbers ahead when they get few; blocks on the disk. */
int okng_journal_reserve(struct okng_journal *journal);

int64_t okng_journal_head(const struct okng_journal *journal); /* any thread: next number to be given */

/* Marks it clean when it was started; rows that are still in it come back at the next open. Accepts NULL content. */
void okng_journal_close(struct okng_journal **journal);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The record: a row per part in SQLite, pictures beside it. Rows pass through a journal, a small memory-mapped file
 * of fixed size: accept and judge only write memory that outlives the process, so that a kill -9 loses nothing that
 * was reported, and never wait for the disk. The store's own thread moves judged rows into SQLite (WAL, synchronous
 * FULL) and writes the pictures. At open, rows left in the journal are moved into the database; a part that was
 * accepted and never judged becomes a FAULT row with reason 27.
 */
#ifndef OKNG_STORE_STORE_H
#define OKNG_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum okng_picture { OKNG_PICTURE_JPEG = 0, OKNG_PICTURE_PNG };
enum okng_keep { OKNG_KEEP_NONE = 0, OKNG_KEEP_NG /* everything not OK */, OKNG_KEEP_ALL };

struct okng_store_params {
	char folder[240];       /* holds records.db, journal, images/YYYY/MM/DD/ */
	enum okng_keep keep;
	enum okng_picture format;
	int jpeg_quality;       /* 1 to 100 */
	int journal_rows;       /* 64 to 65536: what may wait for the disk */
	int pictures_waiting;   /* 1 to 64: pictures that may wait; more are dropped and counted */
	int max_days;           /* pictures older than this are removed; 0 = never */
	int min_free_mib;       /* below it: no pictures, disk_warn */
	char record[64];        /* raw frames for okng replay, see record_choice.h: "none", "" the same */
	int record_max_mib;     /* of them, at least 1; the oldest are removed */
	int record_part_bytes;  /* of all frames of a part: as many of them as pictures_waiting may wait; 0: picture_max_pixels */
	int picture_max_pixels; /* size of a waiting picture's buffer, allocated at open; 0 = 2448 × 2048; larger: dropped */
};

/* The sequence number is a function of the row number: 1 + (id - 1) mod 65535. It goes on by exactly one after a clean
 * close and after kill -9. After a power cut the numbers skip ahead, by at most 49152, so that none is used twice. */

/* Plain numbers of the PLC interface, and names for people. Strings are zero-terminated, cut when too long. */
struct okng_record {
	int64_t id;             /* row number, counts up for ever; set by okng_store_accept */
	uint16_t seq;           /* 1 to 65535, wraps to 1; set by okng_store_accept */
	uint16_t trig_seq;
	int64_t utc_us;         /* of the trigger */
	uint16_t verdict, reason, recipe, class_number;
	uint32_t acq_id;
	uint32_t defects;       /* number of defects */
	uint16_t score, limit;  /* ×1000 */
	int32_t x, y, w, h;     /* box of the worst defect, in the frame */
	uint32_t area;
	uint32_t time_us;       /* trigger to verdict */
	char recipe_name[48], class_name[48];
	char decided_by[96];
	char part_id[33];
	char truth[96];         /* what the source says is there: "good", "scratch@120,40,22,8 …"; "" unknown */
	char picture[64];       /* path below folder, "" none; set by okng_store_judge when it takes a picture */
};

struct okng_store;
struct okng_recorder;

struct okng_store_stats {
	uint64_t rows, pictures, pictures_dropped, errors;
	uint64_t recorded, record_dropped; /* parts with their frames */
	int rows_waiting;       /* in the journal, not yet in the database */
	bool disk_warn;         /* little space left, or writing fails */
	int recovered;          /* rows moved from the journal at open */
	char last_error[160];
};

/* Creates what is missing, recovers, starts the writer. why gets a sentence. Negative errno (-ENOSPC, -EACCES, -EBUSY
 * when another process has it open, -EINVAL database of another version or damaged). */
int okng_store_open(struct okng_store **store, const struct okng_store_params *params, char *why, size_t why_size);

/* A part's trigger was accepted: gives record->id and ->seq, journals it as under way. 0, or -EAGAIN when the journal
 * is full (then seq is not used). Station thread only; never blocks. */
int okng_store_accept(struct okng_store *store, struct okng_record *record);

/* Its verdict: call before it is published. pixels (NULL: none) is MONO8 with stride; copied into a fixed buffer when
 * params.keep wants it and one is free, else dropped and counted. Never fails, never blocks. Station thread only.
 * Records may be judged in any order; they reach the database in order of id. */
void okng_store_judge(struct okng_store *store, struct okng_record *record,
	const uint8_t *pixels, int32_t width, int32_t height, ptrdiff_t stride);

/* Where frames are recorded (recorder.h); NULL: params.record is "none". Lives as long as the store. */
struct okng_recorder *okng_store_recorder(struct okng_store *store);

void okng_store_stats(struct okng_store *store, struct okng_store_stats *stats); /* any thread */

/* Waits until everything judged is in the database (but for rows behind one that is not judged yet), or the disk refuses; then 0 or negative errno. */
int okng_store_flush(struct okng_store *store);

/* Flushes, joins the writer, closes. Accepts NULL content. */
void okng_store_close(struct okng_store **store);

#endif

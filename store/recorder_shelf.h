/* SPDX-License-Identifier: Apache-2.0
 *
 * The recorder's files: the segment under way, the older ones, the setups, and how much all of them take. Every call comes
 * from the recorder's thread, but for okng_shelf_setup.
 */
#ifndef OKNG_STORE_RECORDER_SHELF_H
#define OKNG_STORE_RECORDER_SHELF_H

#include <pthread.h>
#include <sys/uio.h>

#include "store/recorder.h"

#define OKNG_SETUPS_MAX 1024

struct okng_shelf_setup {
	char name[OKNG_SETUP_NAME_MAX];
	uint64_t bytes;          /* of its files */
};

struct okng_shelf_segment {
	char name[64];
	uint64_t bytes;
	char (*setups)[OKNG_SETUP_NAME_MAX]; /* that it refers to */
	int n_setups;
};

struct okng_shelf {
	int folder;              /* of the recording */
	uint64_t max_bytes, segment_bytes; /* segment_bytes: a segment that large is followed by a new one */
	struct okng_shelf_segment *segments; /* oldest first */
	int n_segments;
	int fd;                  /* of the last one, -1: none is under way */
	uint64_t unsynced;
	pthread_mutex_t lock;    /* of the rest */
	struct okng_shelf_setup setups[OKNG_SETUPS_MAX]; /* on the disk */
	int n_setups;
	struct okng_recorded_setup *used[OKNG_SETUPS_MAX]; /* by this process: never removed */
	int n_used;
};

/* Takes folder. Looks through the segments and setups there. 0 or negative errno. */
int okng_shelf_open(struct okng_shelf *shelf, int folder, uint64_t max_bytes);

/* As okng_recorder_setup_keep. */
int okng_shelf_setup(struct okng_shelf *shelf, struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size);

/* Makes sure that bytes more fit: begins a segment named after the part when there is none or it is full, removes the oldest
 * while there is too much. -EFBIG: never fits; negative errno. */
int okng_shelf_room(struct okng_shelf *shelf, uint64_t bytes, const struct okng_record *record);

/* The segment under way refers to that setup from now on: its block is written where it was not yet. 0 or negative errno. */
int okng_shelf_refer(struct okng_shelf *shelf, const char *setup);

/* Appends to the segment under way: all or nothing. 0 or negative errno. */
int okng_shelf_append(struct okng_shelf *shelf, struct iovec *parts, int n);

void okng_shelf_sync(struct okng_shelf *shelf);

/* Removes segments older than max_days (0: none) and setups nobody refers to. Negative errno of the first failure. */
int okng_shelf_expire(struct okng_shelf *shelf, int max_days, int64_t now_us);

void okng_shelf_finish(struct okng_shelf *shelf);

/* recorder_setup.c: fills setups from the disk; removes those nobody refers to; size and checksum of a file. */
int okng_setups_list(struct okng_shelf *shelf);
void okng_setups_tidy(struct okng_shelf *shelf);
int okng_setup_sum(const char *path, uint64_t *size, uint32_t *crc);

#endif

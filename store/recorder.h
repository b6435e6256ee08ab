/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a recording (recording.h). The station hands a part over by copying it into a ring of bytes that was taken at
 * open; a thread of its own gives it checksums, writes it, and takes old segments away. What finds no room in the ring, or
 * the disk refuses, is dropped and counted, and a note in the recording says so.
 */
#ifndef OKNG_STORE_RECORDER_H
#define OKNG_STORE_RECORDER_H

#include "store/record_choice.h"
#include "store/recording.h"

struct okng_recorder_params {
	struct okng_record_choice choice;
	uint64_t max_bytes;    /* of all segments and setups: the oldest segments are removed */
	size_t waiting_bytes;  /* of the ring */
	int max_days;          /* as in okng_store_params */
	int min_free_mib;
};

struct okng_recorder;

/* at: the open store's folder; the recording is made below it. Takes all memory, looks through what is there, starts the
 * thread. 0; -ENOMEM, -EINVAL or an errno of the folder, with why. */
int okng_recorder_open(struct okng_recorder **recorder, const struct okng_recorder_params *params, int at, char *why, size_t why_size);

/* What frames are judged with: paths[i] is the file of setup->files[i], whose role and name are given. Sum first, then load
 * the files, then keep them: what is kept is what was loaded. Both: main thread, block on the disk; 0 or negative errno
 * with why. */
/* Fills in sizes and checksums. */
int okng_recorder_setup_sum(struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size);
/* Copies the files to the recording, once for the same contents, and sets setup->name. -ESTALE: a file is not what was
 * summed. */
int okng_recorder_setup_keep(struct okng_recorder *recorder, struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size);

/* Station thread; never blocks. */
bool okng_recorder_wants(const struct okng_recorder *recorder, const struct okng_record *record);
/* A part that is wanted. frames[i].look.setup: of okng_recorder_setup_keep, "" none. */
void okng_recorder_put(struct okng_recorder *recorder, const struct okng_record *record, const struct okng_recorded_frame *frames, int n);

struct okng_recorder_stats {
	uint64_t parts, dropped, errors;
	bool warn;             /* no space, or writing fails */
	char last_error[160];
};
void okng_recorder_stats(struct okng_recorder *recorder, struct okng_recorder_stats *stats); /* any thread */

/* Writes what waits, joins. Accepts NULL content. */
void okng_recorder_close(struct okng_recorder **recorder);

#endif

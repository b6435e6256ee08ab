/* SPDX-License-Identifier: Apache-2.0
 *
 * What the recorder's tests share: a folder, parts of which every field says something, and reading them back.
 */
#ifndef OKNG_TESTS_STORE_RECORDED_H
#define OKNG_TESTS_STORE_RECORDED_H

#include "store/recorder.h"
#include "tests/store/scratch.h"

struct recorded_room {
	struct okng_store_params params;
	char folder[64], data[300];
	int at;                       /* of folder/data */
	struct okng_recorder *recorder;
};

void recorded_make(struct recorded_room *r);
void recorded_start(struct recorded_room *r, const char *choice, uint64_t max_bytes, size_t waiting);
void recorded_unmake(struct recorded_room *r);

/* Everything that can be said of part n; frames own their pixels until recorded_free. */
void recorded_fill(struct okng_record *record, struct okng_recorded_frame *frames, int n_frames, unsigned n, const char *setup);
void recorded_free(struct okng_recorded_frame *frames, int n);
void recorded_put(struct recorded_room *r, unsigned n, int n_frames, const char *setup);

/* Reads all; checks each part against what put gave for its id, with id % of frames; how many. */
int recorded_read(const char *path, int of, const char *setup, struct okng_recording_notes *notes);

/* Path of a segment, and how many there are. */
char *recorded_segment(const struct recorded_room *r, char path[400], int *count);

#endif

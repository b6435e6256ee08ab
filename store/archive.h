/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders of pictures: images/YYYY/MM/DD/<id>-<seq>-<verdict>.jpg by the trigger's UTC date; retention takes whole
 * days away.
 */
#ifndef OKNG_STORE_ARCHIVE_H
#define OKNG_STORE_ARCHIVE_H

#include "store/store.h"

/* The path a picture of this record gets, below the store's folder. No heap, no locks. */
void okng_archive_path(char path[64], const struct okng_record *record, enum okng_picture format);

/* Makes the folders of path below the open folder. 0 or negative errno. */
int okng_archive_make(int folder, const char *path);

/* Removes every day before the one that lies max_days before now. before gets "images/YYYY/MM/DD" of the first day kept.
 * Number of days removed, or negative errno when something could not be (the rest is still done). */
int okng_archive_expire(int folder, int max_days, int64_t now_us, char before[64]);

/* Encodes and writes path.part, syncs, renames. buffer/size: kept between calls, freed by okng_encode_finish. */
struct okng_encoder {
	void *turbojpeg;
	unsigned char *buffer;
	unsigned long size;
};
int okng_encode(struct okng_encoder *encoder, int folder, const char *path, const uint8_t *pixels, int32_t width, int32_t height,
	enum okng_picture format, int quality, char *why, size_t why_size);
void okng_encode_finish(struct okng_encoder *encoder);

#endif

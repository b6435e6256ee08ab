/* SPDX-License-Identifier: Apache-2.0
 *
 * The file that keeps a lens calibration: TOML of one line a key, in fixed order, ending with a CRC-32 of all before.
 * The reader takes what the writer writes and nothing else: a file changed by hand is refused, because numbers that
 * nobody measured would make millimetres that nobody can trust.
 */
#ifndef OKNG_CALIB_PROFILE_H
#define OKNG_CALIB_PROFILE_H

#include "calib/lens.h"

#define OKNG_PROFILE_VERSION 1
#define OKNG_PROFILE_SIZE_MAX 8192 /* bytes */
#define OKNG_PROFILE_SERIAL_MAX 64 /* bytes with the NUL */

struct okng_profile {
	char serial[OKNG_PROFILE_SERIAL_MAX]; /* of the camera: letters, digits and -_.: ; "": not known */
	struct okng_lens_board board;         /* that it was made with */
	struct okng_lens lens;
};

/* 0; -EINVAL with *err (not a profile, other version, damaged or changed, numbers no lens has); -ENOENT and other
 * negative errno from load. name: what errors call it. */
int okng_profile_parse(struct okng_profile *profile, const void *bytes, size_t size, const char *name, struct okng_error *err);
int okng_profile_load(struct okng_profile *profile, const char *path, struct okng_error *err);

/* Whether the profile is for this camera: -EINVAL with *err when the size differs, or both serials are known and differ.
 * serial NULL or "": not known. */
int okng_profile_match(const struct okng_profile *profile, const char *serial, int32_t width, int32_t height, struct okng_error *err);

/* Text into text[size], its length; -EINVAL: a serial with other characters; -ENOSPC. */
int okng_profile_print(const struct okng_profile *profile, char *text, size_t size);

/* Writes path.new, syncs, renames. Negative errno with *err, an old file untouched. */
int okng_profile_save(const struct okng_profile *profile, const char *path, struct okng_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The file that keeps a camera's calibration, lens or plane or both: TOML of one line a key, in fixed order, ending with a
 * CRC-32 of all before. Version 1 had a lens only; it is still read. The reader takes what the writer writes and nothing else: a file changed by hand is refused, because numbers that
 * nobody measured would make millimetres that nobody can trust.
 */
#ifndef OKNG_CALIB_PROFILE_H
#define OKNG_CALIB_PROFILE_H

#include "calib/lens.h"
#include "calib/planar.h"

#define OKNG_PROFILE_VERSION 2
#define OKNG_PROFILE_SIZE_MAX 8192 /* bytes */
#define OKNG_PROFILE_SERIAL_MAX 64 /* bytes with the NUL */

struct okng_profile {
	char serial[OKNG_PROFILE_SERIAL_MAX]; /* of the camera: letters, digits and -_.: ; "": not known */
	bool has_lens, has_planar;            /* at least one */
	struct okng_lens_board board;         /* that the lens was measured with */
	struct okng_lens lens;                /* width and height of the pictures are set also without a lens */
	struct okng_planar planar;
};

/* 0; -EINVAL with *err (not a profile, other version, damaged or changed, numbers no lens has); -ENOENT and other
 * negative errno from load. name: what errors call it. */
int okng_profile_parse(struct okng_profile *profile, const void *bytes, size_t size, const char *name, struct okng_error *err);
int okng_profile_load(struct okng_profile *profile, const char *path, struct okng_error *err);

/* The plane for the inspector: from pixels of the undistorted picture (same fx, fy, cx, cy and size as the frame; where
 * !has_lens the frame itself), pixel centres whole, to millimetres; see planar.h. Only where has_planar. */
struct okng_plane okng_profile_plane(const struct okng_profile *profile);

/* Whether the profile is for this camera: -EINVAL with *err when the size differs, or both serials are known and differ.
 * serial NULL or "": not known. */
int okng_profile_match(const struct okng_profile *profile, const char *serial, int32_t width, int32_t height, struct okng_error *err);

/* Text into text[size], its length; -EINVAL: a serial with other characters, or neither lens nor plane; -ENOSPC. */
int okng_profile_print(const struct okng_profile *profile, char *text, size_t size);

/* Writes path.new, syncs, renames. Negative errno with *err, an old file untouched. */
int okng_profile_save(const struct okng_profile *profile, const char *path, struct okng_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field: from frames with the lens covered (dark) and of an evenly lit white or grey target (white) to the
 * dark level and gain of every pixel, and the file that keeps them. okng_correct (pipeline/correct.h) applies it.
 *
 * gain = target / (white - dark), target being the 99th percentile of white - dark: the field is levelled to its
 * brightest part, so that nothing is darkened but a few outliers. Pixels whose gain would leave 0.25 to 8 are dead or
 * hot: they get the median gain of the good pixels around them and are counted.
 *
 * File FLAT, little-endian: "OKNGFLAT", u32 version 1, u32 width, u32 height, u32 CRC-32 of all but itself, width ×
 * height bytes dark, width × height u16 gain (4.12).
 */
#ifndef OKNG_CALIB_FLAT_H
#define OKNG_CALIB_FLAT_H

#include "pipeline/correct.h"
#include "pipeline/error.h"

#define OKNG_FLAT_VERSION 1

struct okng_flat_report {
	int target;         /* grey levels above dark, in 1/16 */
	int least;          /* smallest gain of a good pixel, 4.12 */
	int most;           /* largest */
	int mended;         /* dead or hot pixels */
};

/* New *flat from n_white ≥ 1 white frames and n_dark ≥ 0 dark ones (none: dark is 0), MONO8, at most 256 of each.
 * 0; -EINVAL with *err saying why these frames are no use (other size, over 1 % saturated, less than 40 levels above
 * dark, over 1 % of the pixels beyond mending); -ENOMEM. report may be NULL. */
int okng_flat_make(struct okng_flat *flat, const struct okng_image *white, int n_white, const struct okng_image *dark, int n_dark,
	struct okng_flat_report *report, struct okng_error *err);

/* New *flat from a file or memory (name: what errors call it); nothing is allocated before all but the pixels has been
 * checked. 0; -ENOENT; -EINVAL with *err (not a flat field, other version, damaged); -ENOMEM. */
int okng_flat_load(struct okng_flat *flat, const char *path, struct okng_error *err);
int okng_flat_parse(struct okng_flat *flat, const void *bytes, size_t size, const char *name, struct okng_error *err);

/* Writes path.new, syncs, renames over path, syncs the folder. Negative errno, old file untouched. */
int okng_flat_save(const struct okng_flat *flat, const char *path, struct okng_error *err);

#endif

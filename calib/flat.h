/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field: from frames with the lens covered (dark) and of an evenly lit white or grey target (white) to the
 * dark level and gain of every pixel, and the file that keeps them. okng_correct (pipeline/correct.h) applies it.
 *
 * gain = target / (white - dark), target being the 99th percentile of white - dark: the field is levelled to its
 * brightest part, so that nothing is darkened but a few outliers. Bad are pixels whose gain would leave 0.25 to 8 (dead),
 * whose dark level is OKNG_FLAT_HOT over the median (hot), or whose gain is off that of the good ones around them by over
 * OKNG_FLAT_ODD (odd). They get the dark level and gain of those around them, and are marked, so that every frame is mended.
 *
 * File FLAT, little-endian: "OKNGFLAT", u32 version 2, u32 width, u32 height, u32 CRC-32 of all but itself, width ×
 * height bytes dark, width × height u16 gain (4.12), u32 n, n × u32 place of a bad pixel (y × width + x), ascending.
 * Version 1 ends with the gain; it is still read, with no pixel marked.
 */
#ifndef OKNG_CALIB_FLAT_H
#define OKNG_CALIB_FLAT_H

#include "pipeline/correct.h"
#include "pipeline/error.h"

#define OKNG_FLAT_VERSION 2
#define OKNG_FLAT_HOT 32    /* grey levels */
#define OKNG_FLAT_ODD 0.35  /* of the neighbours' gain */

struct okng_flat_report {
	int target;         /* grey levels above dark, in 1/16 */
	int least;          /* smallest gain of a good pixel, 4.12 */
	int most;           /* largest */
	int mended;         /* bad pixels, the sum of: */
	int hot, dead, odd; /* each counted once, in this order */
};

/* New *flat from n_white ≥ 1 white frames and n_dark ≥ 0 dark ones (none: dark is 0), MONO8, at most 256 of each.
 * 0; -EINVAL with *err saying why these frames are no use (other size, over 1 % saturated, less than 40 levels above
 * dark, more bad pixels than okng_flat_bad_max, too many of them in one place); -ENOMEM. report may be NULL. */
int okng_flat_make(struct okng_flat *flat, const struct okng_image *white, int n_white, const struct okng_image *dark, int n_dark,
	struct okng_flat_report *report, struct okng_error *err);

/* New *flat from a file or memory (name: what errors call it); nothing is allocated before all but the pixels has been
 * checked. 0; -ENOENT; -EINVAL with *err (not a flat field, other version, damaged); -ENOMEM. */
int okng_flat_load(struct okng_flat *flat, const char *path, struct okng_error *err);
int okng_flat_parse(struct okng_flat *flat, const void *bytes, size_t size, const char *name, struct okng_error *err);

/* Writes path.new, syncs, renames over path, syncs the folder. Negative errno, old file untouched. */
int okng_flat_save(const struct okng_flat *flat, const char *path, struct okng_error *err);

#endif

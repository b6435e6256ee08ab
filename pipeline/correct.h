/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field: out = min(255, ((in - dark) clipped at 0) × gain, rounded), gain in 4.12 fixed point per pixel, so that
 * a uniformly lit white target becomes uniform. Dead and hot pixels then get the median of the good ones around them;
 * these never change, so the order does not matter. Integer only.
 */
#ifndef OKNG_PIPELINE_CORRECT_H
#define OKNG_PIPELINE_CORRECT_H

#include "pipeline/image.h"

#define OKNG_MEND_REACH 2    /* pixels to each side */
#define OKNG_MEND_NEAR 8     /* neighbours that are looked at, at most */
#define OKNG_MEND_NEAR_MIN 3 /* good ones that must be there */

struct okng_bad_pixel {
	int32_t x, y;
	int32_t n; /* neighbours, nearest first */
	int8_t dx[OKNG_MEND_NEAR], dy[OKNG_MEND_NEAR];
};

/* A zeroed struct is an empty one, to be filled by the caller or calib/flat.h. */
struct okng_flat {
	struct okng_image dark; /* MONO8 */
	struct okng_image gain; /* MONO16, 4.12: 4096 = 1.0, at most 65535 */
	struct okng_bad_pixel *bad; /* row by row, from okng_flat_mark; NULL: none */
	int32_t n_bad;
};

/* How many bad pixels an image may have: one in a thousand, or 16. */
int32_t okng_flat_bad_max(int32_t width, int32_t height);

/* Which pixels are bad: y × width + x, ascending, in an image of flat's size; replaces those of before. 0; -EINVAL: not
 * ascending, outside, or more than okng_flat_bad_max; -EDOM: one has fewer than OKNG_MEND_NEAR_MIN good neighbours within
 * OKNG_MEND_REACH, *where (may be NULL) says which; -ENOMEM. On error flat is untouched. */
int okng_flat_mark(struct okng_flat *flat, const uint32_t *at, int32_t n, uint32_t *where);

/* Mends the bad pixels of rows up to and with y in the corrected img; *next, 0 at first, is where it goes on. The rows up to
 * y + OKNG_MEND_REACH are corrected. No heap calls. */
void okng_flat_mend(const struct okng_flat *flat, struct okng_image *img, int32_t y, int32_t *next);

/* New *copy. 0 or -ENOMEM. */
int okng_flat_copy(struct okng_flat *copy, const struct okng_flat *flat);

/* Both images of the size of flat; out may be in. 0 or -EINVAL. */
int okng_correct(const struct okng_flat *flat, const struct okng_image *in, struct okng_image *out);

void okng_flat_finish(struct okng_flat *flat);

#endif

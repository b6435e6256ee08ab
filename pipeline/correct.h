/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field: out = min(255, ((in - dark) clipped at 0) × gain, rounded), gain in 4.12 fixed point per pixel, so that
 * a uniformly lit white target becomes uniform. Integer only.
 */
#ifndef OKNG_PIPELINE_CORRECT_H
#define OKNG_PIPELINE_CORRECT_H

#include "pipeline/image.h"

struct okng_flat {
	struct okng_image dark; /* MONO8 */
	struct okng_image gain; /* MONO16, 4.12: 4096 = 1.0, at most 65535 */
};

/* Both images of the size of flat; out may be in. 0 or -EINVAL. */
int okng_correct(const struct okng_flat *flat, const struct okng_image *in, struct okng_image *out);

void okng_flat_finish(struct okng_flat *flat);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole picture at once, for teaching and calibration; an inspection takes the kernel row by row (intake.c).
 */
#include "pipeline/correct.h"

#include <errno.h>
#include <stdlib.h>

#include "pipeline/kernels.h"

static int same(const struct okng_image *img, const struct okng_image *like, enum okng_pixel pixel)
{
	return img->data && img->pixel == pixel && img->width == like->width && img->height == like->height;
}

int okng_correct(const struct okng_flat *flat, const struct okng_image *in, struct okng_image *out)
{
	if (!same(in, in, OKNG_PIXEL_MONO8) || !same(out, in, OKNG_PIXEL_MONO8) ||
	    !same(&flat->dark, in, OKNG_PIXEL_MONO8) || !same(&flat->gain, in, OKNG_PIXEL_MONO16))
		return -EINVAL;
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	for (int32_t y = 0; y < in->height; y++)
		k->correct(okng_image_row(in, y), okng_image_row(&flat->dark, y),
			(const uint16_t *)(const void *)okng_image_row(&flat->gain, y), okng_image_row(out, y), in->width);
	int32_t next = 0;
	okng_flat_mend(flat, out, out->height - 1, &next);
	return 0;
}

void okng_flat_finish(struct okng_flat *flat)
{
	okng_image_finish(&flat->dark);
	okng_image_finish(&flat->gain);
	free(flat->bad);
	flat->bad = NULL;
	flat->n_bad = 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Two rows at a time: what one kernel writes the next finds in the nearest cache.
 */
#include "pipeline/intake.h"

static void correct_row(const struct okng_intake *t, const struct okng_image *frame, int32_t y)
{
	t->k->correct(okng_image_row(frame, y), okng_image_row(&t->flat->dark, y),
		(const uint16_t *)(const void *)okng_image_row(&t->flat->gain, y), okng_image_row(t->corrected, y), frame->width);
}

const struct okng_image *okng_intake_run(const struct okng_intake *t, const struct okng_image *frame, struct okng_intake_sums *sums)
{
	const struct okng_image *img = t->flat ? t->corrected : frame;
	uint64_t energy = 0, grey = 0;
	if (t->locator)
		okng_locator_begin(t->locator, img);
	for (int32_t y = 0; y < img->height; y++) {
		if (t->flat)
			correct_row(t, frame, y);
		grey += t->k->sum(okng_image_row(img, y), img->width);
		if (t->sharpness)
			energy += t->k->energy(okng_image_row(img, y), img->width);
		if (t->locator && (y & 1))
			okng_locator_feed(t->locator, y + 1);
	}
	double mean = (double)grey / ((double)img->width * img->height);
	sums->grey = grey;
	sums->sharpness = mean > 0 ? (double)energy / (mean * mean) : 0;
	return img;
}

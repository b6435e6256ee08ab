/* SPDX-License-Identifier: Apache-2.0
 *
 * Two rows at a time: what one kernel writes the next finds in the nearest cache. The flat field runs ahead by as many rows
 * as a bad pixel's neighbours may lie below it.
 */
#include "pipeline/intake.h"

static void correct_row(const struct okng_intake *t, const struct okng_image *frame, int32_t y)
{
	t->k->correct(okng_image_row(frame, y), okng_image_row(&t->flat->dark, y),
		(const uint16_t *)(const void *)okng_image_row(&t->flat->gain, y), okng_image_row(t->corrected, y), frame->width);
}

/* Row y as it shall be: *corrected rows are done, *mended bad pixels are. */
static void make_row(const struct okng_intake *t, const struct okng_image *frame, int32_t y, int32_t *corrected, int32_t *mended)
{
	int32_t ahead = t->flat->n_bad ? OKNG_MEND_REACH : 0;
	while (*corrected <= y + ahead && *corrected < frame->height)
		correct_row(t, frame, (*corrected)++);
	okng_flat_mend(t->flat, t->corrected, y, mended);
}

const struct okng_image *okng_intake_run(const struct okng_intake *t, const struct okng_image *frame, struct okng_intake_sums *sums)
{
	const struct okng_image *img = t->flat ? t->corrected : frame;
	uint64_t energy = 0, grey = 0;
	int32_t corrected = 0, mended = 0;
	if (t->locator)
		okng_locator_begin(t->locator, img);
	for (int32_t y = 0; y < img->height; y++) {
		if (t->flat)
			make_row(t, frame, y, &corrected, &mended);
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

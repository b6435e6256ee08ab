/* SPDX-License-Identifier: Apache-2.0
 *
 * The scalar reference of the flat field. Dark and gain are per pixel, so nothing can be hoisted out of the row; the
 * product fits 8 + 16 bits and the loop is left plain for the compiler to vectorise.
 */
#include "pipeline/correct.h"

#include <errno.h>

static void correct_row(uint8_t *out, const uint8_t *in, const uint8_t *dark, const uint16_t *gain, int32_t width)
{
	for (int32_t x = 0; x < width; x++) {
		uint32_t light = in[x] > dark[x] ? (uint32_t)(in[x] - dark[x]) : 0;
		uint32_t v = (light * gain[x] + 2048) >> 12;
		out[x] = (uint8_t)(v < 255 ? v : 255);
	}
}

static int same(const struct okng_image *img, const struct okng_image *like, enum okng_pixel pixel)
{
	return img->data && img->pixel == pixel && img->width == like->width && img->height == like->height;
}

int okng_correct(const struct okng_flat *flat, const struct okng_image *in, struct okng_image *out)
{
	if (!same(in, in, OKNG_PIXEL_MONO8) || !same(out, in, OKNG_PIXEL_MONO8) ||
	    !same(&flat->dark, in, OKNG_PIXEL_MONO8) || !same(&flat->gain, in, OKNG_PIXEL_MONO16))
		return -EINVAL;
	for (int32_t y = 0; y < in->height; y++)
		correct_row(okng_image_row(out, y), okng_image_row(in, y), okng_image_row(&flat->dark, y),
			(const uint16_t *)(const void *)okng_image_row(&flat->gain, y), in->width);
	return 0;
}

void okng_flat_finish(struct okng_flat *flat)
{
	okng_image_finish(&flat->dark);
	okng_image_finish(&flat->gain);
}

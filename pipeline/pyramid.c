/* SPDX-License-Identifier: Apache-2.0
 *
 * Halving is the one step of the locator that touches every pixel of the frame, so it stays a plain row loop: two
 * rows in, one row out, a form that any vector unit takes.
 */
#include "pipeline/locate_parts.h"

#include <errno.h>

#define SHORT_SIDE_MIN 60

int okng_pyramid_init(struct okng_pyramid *pyramid, int32_t width, int32_t height)
{
	*pyramid = (struct okng_pyramid){.levels = 1};
	for (;;) {
		width /= 2;
		height /= 2;
		if ((width < height ? width : height) < SHORT_SIDE_MIN || pyramid->levels == OKNG_LOCATE_LEVELS)
			return 0;
		int rc = okng_image_init(&pyramid->level[pyramid->levels], width, height, OKNG_PIXEL_MONO8);
		if (rc) {
			okng_pyramid_finish(pyramid);
			return rc;
		}
		pyramid->levels++;
	}
}

static void halve_row(uint8_t *restrict out, const uint8_t *restrict a, const uint8_t *restrict b, int32_t width)
{
	for (int32_t x = 0; x < width; x++)
		out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

void okng_pyramid_build(struct okng_pyramid *pyramid, const struct okng_image *picture)
{
	pyramid->level[0] = okng_image_view(picture->data, picture->width, picture->height, picture->stride, picture->pixel);
	for (int l = 1; l < pyramid->levels; l++) {
		const struct okng_image *from = &pyramid->level[l - 1], *to = &pyramid->level[l];
		for (int32_t y = 0; y < to->height; y++)
			halve_row(okng_image_row(to, y), okng_image_row(from, 2 * y), okng_image_row(from, 2 * y + 1), to->width);
	}
}

void okng_pyramid_finish(struct okng_pyramid *pyramid)
{
	for (int l = 0; l < pyramid->levels; l++)
		okng_image_finish(&pyramid->level[l]);
	*pyramid = (struct okng_pyramid){0};
}

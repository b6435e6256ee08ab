/* SPDX-License-Identifier: Apache-2.0
 *
 * Halving is the one step of the locator that touches every pixel of the frame, so it goes along with whoever passes over
 * the frame first: two rows in, one row out, and on to the next level as soon as that has two.
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

void okng_pyramid_begin(struct okng_pyramid *pyramid, const struct okng_image *picture)
{
	pyramid->level[0] = okng_image_view(picture->data, picture->width, picture->height, picture->stride, picture->pixel);
	for (int l = 0; l < pyramid->levels; l++)
		pyramid->ready[l] = 0;
}

void okng_pyramid_feed(struct okng_pyramid *pyramid, const struct okng_kernels *k, int32_t rows)
{
	pyramid->ready[0] = rows;
	for (int l = 1; l < pyramid->levels; l++) {
		const struct okng_image *from = &pyramid->level[l - 1], *to = &pyramid->level[l];
		int32_t y = pyramid->ready[l], until = pyramid->ready[l - 1] / 2;
		if (y == until)
			return;
		for (; y < until; y++)
			k->halve(okng_image_row(from, 2 * y), okng_image_row(from, 2 * y + 1), okng_image_row(to, y), to->width);
		pyramid->ready[l] = until;
	}
}

void okng_pyramid_finish(struct okng_pyramid *pyramid)
{
	for (int l = 0; l < pyramid->levels; l++)
		okng_image_finish(&pyramid->level[l]);
	*pyramid = (struct okng_pyramid){0};
}

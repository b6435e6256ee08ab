/* SPDX-License-Identifier: Apache-2.0
 *
 * Owned images have rows that start on 64-byte borders, so that a vector kernel of any width may begin each row with
 * an aligned access; views take whatever the camera or the region gives.
 */
#include "pipeline/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW_ALIGN 64

static ptrdiff_t pixel_bytes(enum okng_pixel pixel)
{
	switch (pixel) {
	case OKNG_PIXEL_MONO8:
		return 1;
	case OKNG_PIXEL_MONO16:
		return 2;
	}
	return 0;
}

int okng_image_init(struct okng_image *img, int32_t width, int32_t height, enum okng_pixel pixel)
{
	*img = (struct okng_image){0};
	ptrdiff_t bytes = pixel_bytes(pixel);
	if (!bytes || width < 1 || height < 1 || width > OKNG_IMAGE_SIDE_MAX || height > OKNG_IMAGE_SIDE_MAX)
		return -EINVAL;
	ptrdiff_t stride = (width * bytes + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
	size_t size = (size_t)stride * (size_t)height;
	uint8_t *data = aligned_alloc(ROW_ALIGN, size);
	if (!data)
		return -ENOMEM;
	memset(data, 0, size);
	*img = (struct okng_image){.data = data, .width = width, .height = height, .stride = stride, .pixel = pixel,
		.owned = true};
	return 0;
}

void okng_image_finish(struct okng_image *img)
{
	if (img->owned)
		free(img->data);
	*img = (struct okng_image){0};
}

struct okng_image okng_image_view(void *data, int32_t width, int32_t height, ptrdiff_t stride, enum okng_pixel pixel)
{
	return (struct okng_image){.data = data, .width = width, .height = height, .stride = stride, .pixel = pixel};
}

int okng_image_copy(struct okng_image *to, const struct okng_image *from)
{
	ptrdiff_t bytes = pixel_bytes(from->pixel);
	if (!bytes || !to->data || !from->data || to->width != from->width || to->height != from->height ||
	    to->pixel != from->pixel)
		return -EINVAL;
	for (int32_t y = 0; y < from->height; y++)
		memmove(okng_image_row(to, y), okng_image_row(from, y), (size_t)(from->width * bytes));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Images: a view (pointer, size, stride) that may own its memory. Kernels take row pointers and strides; every
 * module takes views, so that camera buffers, regions and owned images are one type.
 */
#ifndef OKNG_PIPELINE_IMAGE_H
#define OKNG_PIPELINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OKNG_IMAGE_SIDE_MAX 16384 /* pixels, either side */

enum okng_pixel {
	OKNG_PIXEL_MONO8 = 1, /* one byte a pixel */
	OKNG_PIXEL_MONO16,    /* two bytes a pixel, native byte order */
};

struct okng_image {
	uint8_t *data;           /* first byte of row 0 */
	int32_t width, height;   /* pixels, 1 to OKNG_IMAGE_SIDE_MAX */
	ptrdiff_t stride;        /* bytes from row to row, at least width × bytes per pixel */
	enum okng_pixel pixel;
	bool owned;              /* data came from okng_image_init */
};

struct okng_rect {
	int32_t x, y, w, h; /* pixels; w == 0: "the whole image" where a region may be left out */
};

/* Allocates width × height pixels, rows 64-byte aligned, zeroed. 0, -EINVAL (size), -ENOMEM; on failure *img is zeroed. */
int okng_image_init(struct okng_image *img, int32_t width, int32_t height, enum okng_pixel pixel);

/* Frees what init allocated and zeroes *img; accepts a zeroed image and a view. */
void okng_image_finish(struct okng_image *img);

/* A view on the caller's memory; nothing is copied, the memory must outlive the view. */
struct okng_image okng_image_view(void *data, int32_t width, int32_t height, ptrdiff_t stride, enum okng_pixel pixel);

/* Copies pixels; both must have the same size and pixel format: 0 or -EINVAL. */
int okng_image_copy(struct okng_image *to, const struct okng_image *from);

static inline uint8_t *okng_image_row(const struct okng_image *img, int32_t y)
{
	return img->data + (ptrdiff_t)y * img->stride;
}

#endif

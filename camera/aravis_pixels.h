/* SPDX-License-Identifier: Apache-2.0
 *
 * Monochrome pixel formats of GigE Vision and USB3 Vision, and their way to the 8 bits that are inspected. Names and
 * layouts are those of the GenICam Pixel Format Naming Convention 2.4 ("p": packed from the lowest bit on) and of GigE
 * Vision 1.2 ("Packed": two pixels in three bytes, the low bits in the middle one).
 */
#ifndef OKNG_CAMERA_ARAVIS_PIXELS_H
#define OKNG_CAMERA_ARAVIS_PIXELS_H

#include "pipeline/image.h"

struct okng_aravis_format {
	const char *name;
	uint32_t code;   /* PFNC value */
	int bits;        /* of a pixel on the wire */
	int depth;       /* of its grey value */
	int group;       /* a row must hold a multiple of so many pixels, to end on a byte */
	/* n pixels, a multiple of group. */
	void (*unpack)(uint8_t *to, const uint8_t *from, int32_t n, int shift);
};

#define OKNG_ARAVIS_FORMATS 9
extern const struct okng_aravis_format okng_aravis_formats[OKNG_ARAVIS_FORMATS];

/* Bytes of a row without padding. */
static inline size_t okng_aravis_row_bytes(const struct okng_aravis_format *format, int32_t width)
{
	return (size_t)width * (size_t)format->bits / 8;
}

/* The upper 8 bits of each pixel into *to (Mono8, whose size counts); row_bytes from row to row of data, which holds
 * size bytes. 0, or -EINVAL when it holds too little. No heap. */
int okng_aravis_unpack(struct okng_image *to, const struct okng_aravis_format *format, const void *data, size_t size, size_t row_bytes);

#endif

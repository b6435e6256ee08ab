/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixel formats of GigE Vision and USB3 Vision, grey or of a Bayer mosaic, and their way to the 8 bits that are inspected. Names and
 * layouts are those of the GenICam Pixel Format Naming Convention 2.4 ("p": packed from the lowest bit on) and of GigE
 * Vision 1.2 ("Packed": two pixels in three bytes, the low bits in the middle one).
 */
#ifndef OKNG_CAMERA_ARAVIS_PIXELS_H
#define OKNG_CAMERA_ARAVIS_PIXELS_H

#include "camera/mosaic.h"

#define OKNG_ARAVIS_CODES 4

struct okng_aravis_format {
	const char *name;
	uint32_t code[OKNG_ARAVIS_CODES]; /* PFNC values; Bayer: by enum okng_pattern; else one */
	int bits;        /* of a pixel on the wire */
	int depth;       /* of its grey value */
	int group;       /* a row must hold a multiple of so many pixels, to end on a byte */
	/* n pixels, a multiple of group. */
	void (*unpack)(uint8_t *to, const uint8_t *from, int32_t n, int shift);
	/* Bayer: the values themselves; NULL else. */
	void (*values)(uint16_t *to, const uint8_t *from, int32_t n, int depth);
};

#define OKNG_ARAVIS_FORMATS 14
extern const struct okng_aravis_format okng_aravis_formats[OKNG_ARAVIS_FORMATS];

/* Bytes of a row without padding. */
static inline size_t okng_aravis_row_bytes(const struct okng_aravis_format *format, int32_t width)
{
	return (size_t)width * (size_t)format->bits / 8;
}

/* How a mosaic becomes grey; not looked at for other formats. */
struct okng_aravis_mosaic {
	enum okng_pattern pattern;
	enum okng_bayer bayer;
	struct okng_mosaic_scratch *scratch;
};

/* The upper 8 bits of each pixel into *to (Mono8, whose size counts); row_bytes from row to row of data, which holds
 * size bytes. 0, or -EINVAL when it holds too little, or one row or column of a mosaic. No heap. */
int okng_aravis_unpack(struct okng_image *to, const struct okng_aravis_format *format, const struct okng_aravis_mosaic *mosaic,
	const void *data, size_t size, size_t row_bytes);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixel formats of V4L2 cameras (layouts: "Image Formats" of the kernel's media documentation) and their way to the 8 bits
 * that are inspected. Pure: no device is touched.
 */
#ifndef OKNG_CAMERA_V4L2_PIXELS_H
#define OKNG_CAMERA_V4L2_PIXELS_H

#include "camera/mosaic.h"
#include "pipeline/error.h"
#include "pipeline/image.h"

enum okng_v4l2_layout {
	OKNG_V4L2_PLANE,   /* the first plane is the grey picture itself, one byte a pixel */
	OKNG_V4L2_WORDS,   /* 16 bits a pixel, little-endian, the value in the low bits */
	OKNG_V4L2_PACKED,  /* CSI-2: the upper 8 bits of each pixel, a byte with the low bits after 4 (10 bits) or 2 (12 bits) */
	OKNG_V4L2_PAIRS,   /* 4:2:2: luminance is every other byte */
	OKNG_V4L2_JPEG,
};

#define OKNG_V4L2_CODES 4

struct okng_v4l2_format {
	const char *name;                /* the word in the station file */
	uint32_t code[OKNG_V4L2_CODES];  /* V4L2 fourcc; Bayer: of BGGR, GBRG, GRBG, RGGB; JPEG: of MJPG, JPEG; 0: none */
	enum okng_v4l2_layout layout;
	int depth;                       /* bits of a value */
	int first;                       /* PAIRS: byte of the first luminance */
	bool bayer;
	bool chroma;                     /* PLANE: half as many bytes more follow */
};

#define OKNG_V4L2_FORMATS 16
extern const struct okng_v4l2_format okng_v4l2_formats[OKNG_V4L2_FORMATS]; /* in the order of the words in config/station.def */

/* How the bytes of one frame lie. */
struct okng_v4l2_raster {
	const struct okng_v4l2_format *format;
	int variant;             /* index into code; Bayer: enum okng_pattern */
	int32_t width, height;
	size_t stride;           /* bytes from row to row of the first plane; 0 for JPEG */
};

/* Bytes of a row without padding; 0 for JPEG. */
size_t okng_v4l2_row_bytes(const struct okng_v4l2_format *format, int32_t width);

/* Bytes of a whole frame; a shorter one is incomplete. JPEG: 4, the least that says anything. */
size_t okng_v4l2_frame_bytes(const struct okng_v4l2_raster *raster);

/* 0; -EINVAL with what is wrong: a stride shorter than a row, a width that ends within a group, a mosaic of one row. */
int okng_v4l2_check_raster(const struct okng_v4l2_raster *raster, struct okng_error *err);

/* Of 10 to 16 bits the upper 8 are taken, a shift without rounding; luminance stays as the camera scales it (often 16 to
 * 235). *to: Mono8 of the raster's size. 0; -EINVAL with *err: too few bytes, or a damaged JPEG (then *to holds anything).
 * No heap, but for what libjpeg needs for a JPEG. */
int okng_v4l2_to_mono8(struct okng_image *to, const struct okng_v4l2_raster *raster, enum okng_bayer bayer, const void *data,
	size_t size, struct okng_mosaic_scratch *scratch, struct okng_error *err);

#endif

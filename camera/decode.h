/* SPDX-License-Identifier: Apache-2.0
 *
 * What image_file.c asks of each format. A decoder reads the size first, without allocating for pixels, so that a
 * hostile header is refused before it costs memory; then it fills a MONO8 image of exactly that size.
 */
#ifndef OKNG_CAMERA_DECODE_H
#define OKNG_CAMERA_DECODE_H

#include "pipeline/error.h"
#include "pipeline/image.h"

struct okng_decoder {
	const char *name;
	bool (*is)(const uint8_t *bytes, size_t size);
	/* 0; -EINVAL with *err. Works on the beginning of a file, if that holds the size. */
	int (*head)(const uint8_t *bytes, size_t size, const char *name, int32_t *width, int32_t *height, struct okng_error *err);
	/* Most pixels that this many bytes can encode: more than that in the header is damage or an attack. */
	uint64_t (*most)(size_t size);
	/* 0; -EINVAL with *err, img then holds what was decoded so far. */
	int (*decode)(struct okng_image *img, const uint8_t *bytes, size_t size, const char *name, struct okng_error *err);
};

extern const struct okng_decoder okng_decoder_jpeg, okng_decoder_png;

/* The size of the picture in the file, read from its beginning where possible. 0 or as okng_image_file_load. */
int okng_image_file_size(const char *path, int32_t *width, int32_t *height, struct okng_error *err);

#endif

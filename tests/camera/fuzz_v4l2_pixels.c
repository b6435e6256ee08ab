/* SPDX-License-Identifier: Apache-2.0
 *
 * Any frame of any format and size that a driver may claim: refused, or converted without a byte read beside it, the
 * same twice. Eight bytes of claims, then the frame.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "camera/v4l2_pixels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int convert(const struct okng_v4l2_raster *r, int bayer, const uint8_t *data, size_t size, uint32_t *hash)
{
	static struct okng_mosaic_scratch scratch;
	struct okng_error err = {0};
	struct okng_image img;
	if (okng_image_init(&img, r->width, r->height, OKNG_PIXEL_MONO8) < 0)
		abort();
	int rc = okng_v4l2_to_mono8(&img, r, (enum okng_bayer)bayer, data, size, &scratch, &err);
	assert(rc == 0 || *err.text);
	*hash = 0;
	for (int32_t y = 0; y < r->height; y++)
		for (int32_t x = 0; x < r->width; x++)
			*hash = *hash * 31 + okng_image_row(&img, y)[x];
	okng_image_finish(&img);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t first, second;
	if (size < 8)
		return 0;
	struct okng_v4l2_raster r = {.format = &okng_v4l2_formats[data[0] % OKNG_V4L2_FORMATS], .variant = data[1] % OKNG_V4L2_CODES,
		.width = data[2] | (data[3] & 1) << 8, .height = data[4] | (data[5] & 1) << 8, .stride = data[6] | (size_t)(data[7] & 7) << 8};
	int bayer = data[1] >> 7;
	struct okng_error err = {0};
	if (r.format->layout == OKNG_V4L2_JPEG)
		r.stride = 0;
	if (okng_v4l2_check_raster(&r, &err) < 0) {
		assert(*err.text);
		return 0;
	}
	/* A copy of exactly that size, so that a sanitizer sees its end. */
	uint8_t *frame = malloc(size - 8 + !(size - 8));
	assert(frame);
	memcpy(frame, data + 8, size - 8);
	int rc = convert(&r, bayer, frame, size - 8, &first);
	if (rc == 0 && (convert(&r, bayer, frame, size - 8, &second) != 0 || first != second))
		abort();
	free(frame);
	return 0;
}

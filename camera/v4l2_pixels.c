/* SPDX-License-Identifier: Apache-2.0
 *
 * The upper 8 bits, as for GigE cameras: a shift, no rounding, which would brighten by half a level and need a limit at
 * white; bits above a format's depth are taken as white.
 */
#include "camera/v4l2_pixels.h"

#include <endian.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "camera/decode.h"

/* Not in the headers of older kernels. */
#define Y12P v4l2_fourcc('Y', '1', '2', 'P')

#define BAYER(bits) {V4L2_PIX_FMT_SBGGR##bits, V4L2_PIX_FMT_SGBRG##bits, V4L2_PIX_FMT_SGRBG##bits, V4L2_PIX_FMT_SRGGB##bits}

const struct okng_v4l2_format okng_v4l2_formats[OKNG_V4L2_FORMATS] = {
	{.name = "GREY", .code = {V4L2_PIX_FMT_GREY}, .layout = OKNG_V4L2_PLANE, .depth = 8},
	{.name = "Y10", .code = {V4L2_PIX_FMT_Y10}, .layout = OKNG_V4L2_WORDS, .depth = 10},
	{.name = "Y12", .code = {V4L2_PIX_FMT_Y12}, .layout = OKNG_V4L2_WORDS, .depth = 12},
	{.name = "Y16", .code = {V4L2_PIX_FMT_Y16}, .layout = OKNG_V4L2_WORDS, .depth = 16},
	{.name = "Y10P", .code = {V4L2_PIX_FMT_Y10P}, .layout = OKNG_V4L2_PACKED, .depth = 10},
	{.name = "Y12P", .code = {Y12P}, .layout = OKNG_V4L2_PACKED, .depth = 12},
	{.name = "YUYV", .code = {V4L2_PIX_FMT_YUYV}, .layout = OKNG_V4L2_PAIRS, .depth = 8, .first = 0},
	{.name = "UYVY", .code = {V4L2_PIX_FMT_UYVY}, .layout = OKNG_V4L2_PAIRS, .depth = 8, .first = 1},
	{.name = "NV12", .code = {V4L2_PIX_FMT_NV12}, .layout = OKNG_V4L2_PLANE, .depth = 8, .chroma = true},
	{.name = "YU12", .code = {V4L2_PIX_FMT_YUV420}, .layout = OKNG_V4L2_PLANE, .depth = 8, .chroma = true},
	{.name = "MJPG", .code = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_JPEG}, .layout = OKNG_V4L2_JPEG, .depth = 8},
	{.name = "Bayer8", .code = BAYER(8), .layout = OKNG_V4L2_PLANE, .depth = 8, .bayer = true},
	{.name = "Bayer10", .code = BAYER(10), .layout = OKNG_V4L2_WORDS, .depth = 10, .bayer = true},
	{.name = "Bayer12", .code = BAYER(12), .layout = OKNG_V4L2_WORDS, .depth = 12, .bayer = true},
	{.name = "Bayer10P", .code = BAYER(10P), .layout = OKNG_V4L2_PACKED, .depth = 10, .bayer = true},
	{.name = "Bayer12P", .code = BAYER(12P), .layout = OKNG_V4L2_PACKED, .depth = 12, .bayer = true},
};

/* Pixels that share their last byte. */
static int32_t group(const struct okng_v4l2_format *f)
{
	return f->layout == OKNG_V4L2_PAIRS || f->chroma ? 2 : f->layout != OKNG_V4L2_PACKED ? 1 : f->depth == 10 ? 4 : 2;
}

size_t okng_v4l2_row_bytes(const struct okng_v4l2_format *f, int32_t width)
{
	size_t w = (size_t)width;
	switch (f->layout) {
	case OKNG_V4L2_PLANE: return w;
	case OKNG_V4L2_WORDS:
	case OKNG_V4L2_PAIRS: return 2 * w;
	case OKNG_V4L2_PACKED: return w * (size_t)f->depth / 8;
	case OKNG_V4L2_JPEG: break;
	}
	return 0;
}

/* The last row needs no padding, unless a plane follows. */
size_t okng_v4l2_frame_bytes(const struct okng_v4l2_raster *r)
{
	if (r->format->layout == OKNG_V4L2_JPEG)
		return 4;
	if (r->format->chroma)
		return r->stride * (size_t)r->height * 3 / 2;
	return r->stride * ((size_t)r->height - 1) + okng_v4l2_row_bytes(r->format, r->width);
}

int okng_v4l2_check_raster(const struct okng_v4l2_raster *r, struct okng_error *err)
{
	const struct okng_v4l2_format *f = r->format;
	int w = r->width, h = r->height;
	if (w < 1 || h < 1 || w > OKNG_IMAGE_SIDE_MAX || h > OKNG_IMAGE_SIDE_MAX)
		return okng_error_set(err, -EINVAL, "", 0, "", "%d x %d pixels; 1 to %d are possible on either side", w, h, OKNG_IMAGE_SIDE_MAX);
	if (w % group(f) || (f->chroma && h % 2))
		return okng_error_set(err, -EINVAL, "", 0, "", "%d x %d pixels; with %s a width is a multiple of %d%s", w, h, f->name, group(f),
			f->chroma ? ", and so is a height" : "");
	if (f->bayer && (w < 2 || h < 2))
		return okng_error_set(err, -EINVAL, "", 0, "", "%d x %d pixels are no mosaic", w, h);
	if (f->layout != OKNG_V4L2_JPEG && (r->stride < okng_v4l2_row_bytes(f, w) || r->stride > 64u * OKNG_IMAGE_SIDE_MAX))
		return okng_error_set(err, -EINVAL, "", 0, "", "rows of %d pixels %s, the driver says, have %zu bytes", w, f->name, r->stride);
	return 0;
}

static uint16_t word(const uint8_t *from, int32_t x)
{
	uint16_t v;
	memcpy(&v, from + 2 * (ptrdiff_t)x, sizeof v);
	return le16toh(v);
}

static void words_to_8(uint8_t *restrict to, const uint8_t *restrict from, int32_t n, int shift)
{
	for (int32_t x = 0; x < n; x++) {
		uint16_t v = (uint16_t)(word(from, x) >> shift);
		to[x] = (uint8_t)(v < 255 ? v : 255);
	}
}

static void packed_to_8(uint8_t *restrict to, const uint8_t *restrict from, int32_t n, int of)
{
	if (of == 4)
		for (int32_t i = 0; i < n / 4; i++)
			memcpy(to + 4 * (ptrdiff_t)i, from + 5 * (ptrdiff_t)i, 4);
	else
		for (int32_t i = 0; i < n / 2; i++)
			memcpy(to + 2 * (ptrdiff_t)i, from + 3 * (ptrdiff_t)i, 2);
}

static void pairs_to_8(uint8_t *restrict to, const uint8_t *restrict from, int32_t n)
{
	for (int32_t x = 0; x < n; x++)
		to[x] = from[2 * x];
}

static void row_to_8(uint8_t *to, const uint8_t *from, int32_t n, const struct okng_v4l2_format *f)
{
	switch (f->layout) {
	case OKNG_V4L2_PLANE: memcpy(to, from, (size_t)n); break;
	case OKNG_V4L2_WORDS: words_to_8(to, from, n, f->depth - 8); break;
	case OKNG_V4L2_PACKED: packed_to_8(to, from, n, group(f)); break;
	case OKNG_V4L2_PAIRS: pairs_to_8(to, from + f->first, n); break;
	case OKNG_V4L2_JPEG: break;
	}
}

static void packed_to_16(uint16_t *to, const uint8_t *from, int32_t n, int depth)
{
	int of = depth == 10 ? 4 : 2, low = depth - 8;
	for (; n > 0; n -= of, from += of + 1, to += of)
		for (int i = 0; i < of; i++)
			to[i] = (uint16_t)((unsigned)from[i] << low | (from[of] >> (i * low) & ((1u << low) - 1)));
}

/* One frame, for okng_mosaic. */
struct frame {
	const struct okng_v4l2_raster *raster;
	const uint8_t *data;
};

static void read_row(const void *frame, int32_t y, uint16_t *to)
{
	const struct frame *f = frame;
	const struct okng_v4l2_format *format = f->raster->format;
	const uint8_t *from = f->data + (size_t)y * f->raster->stride;
	uint16_t most = (uint16_t)((1u << format->depth) - 1);
	int32_t n = f->raster->width;
	if (format->layout == OKNG_V4L2_PACKED)
		packed_to_16(to, from, n, format->depth);
	else if (format->layout == OKNG_V4L2_WORDS)
		for (int32_t x = 0; x < n; x++)
			to[x] = word(from, x) < most ? word(from, x) : most;
	else
		for (int32_t x = 0; x < n; x++)
			to[x] = from[x];
}

static int jpeg_to_8(struct okng_image *to, const void *data, size_t size, struct okng_error *err)
{
	int32_t w = 0, h = 0;
	const struct okng_decoder *d = &okng_decoder_jpeg;
	if (!d->is(data, size))
		return okng_error_set(err, -EINVAL, "", 0, "", "it does not begin like a JPEG");
	int rc = d->head(data, size, "", &w, &h, err);
	if (rc == 0 && (w != to->width || h != to->height))
		return okng_error_set(err, -EINVAL, "", 0, "", "the JPEG has %d x %d pixels, not %d x %d", (int)w, (int)h, (int)to->width, (int)to->height);
	return rc < 0 ? rc : d->decode(to, data, size, "", err);
}

int okng_v4l2_to_mono8(struct okng_image *to, const struct okng_v4l2_raster *r, enum okng_bayer bayer, const void *data, size_t size,
	struct okng_mosaic_scratch *scratch, struct okng_error *err)
{
	size_t least = okng_v4l2_frame_bytes(r);
	if (to->pixel != OKNG_PIXEL_MONO8 || to->width != r->width || to->height != r->height)
		return okng_error_set(err, -EINVAL, "", 0, "", "not a place for %d x %d pixels", (int)r->width, (int)r->height);
	if (size < least)
		return okng_error_set(err, -EINVAL, "", 0, "", "it has only %zu of %zu bytes", size, least);
	if (r->format->layout == OKNG_V4L2_JPEG)
		return jpeg_to_8(to, data, size, err);
	if (r->format->bayer)
		okng_mosaic_to_8(to, &(struct okng_mosaic){(enum okng_pattern)r->variant, bayer, r->format->depth, read_row, &(struct frame){r, data}}, scratch);
	else
		for (int32_t y = 0; y < r->height; y++)
			row_to_8(okng_image_row(to, y), (const uint8_t *)data + (size_t)y * r->stride, r->width, r->format);
	return 0;
}

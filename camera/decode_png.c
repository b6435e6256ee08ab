/* SPDX-License-Identifier: Apache-2.0
 *
 * PNG by libpng, a row at a time, so that an interlaced or 16-bit colour file costs no more than a row beyond its
 * grey pixels. Every checksum counts and the end chunk must be there. Text, profile and other side chunks are not
 * parsed at all: nothing of them is needed and they are where decoders had their holes. libpng leaves by longjmp, so
 * all that lives across it is in one struct.
 */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "camera/decode.h"

struct reader {
	const uint8_t *bytes;
	size_t left;
	struct okng_image *img;
	char text[200];
	uint8_t row[OKNG_IMAGE_SIDE_MAX * 4];
};

static bool png_is(const uint8_t *bytes, size_t size)
{
	return size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int png_head(const uint8_t *bytes, size_t size, const char *name, int32_t *width, int32_t *height, struct okng_error *err)
{
	if (size < 33 || big_endian(bytes + 8) != 13 || memcmp(bytes + 12, "IHDR", 4) != 0)
		return okng_error_set(err, -EINVAL, name, 0, "", "damaged PNG: no header");
	uint32_t w = big_endian(bytes + 16), h = big_endian(bytes + 20);
	if (w > INT32_MAX || h > INT32_MAX)
		return okng_error_set(err, -EINVAL, name, 0, "", "damaged PNG: impossible size");
	*width = (int32_t)w;
	*height = (int32_t)h;
	return 0;
}

/* Deflate packs at most 1032 to 1, a byte holds at most 8 pixels. */
static uint64_t png_most(size_t size)
{
	return (uint64_t)size * 1032 * 8;
}

static void on_error(png_structp png, png_const_charp text)
{
	struct reader *r = png_get_error_ptr(png);
	snprintf(r->text, sizeof r->text, "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
	struct reader *r = png_get_io_ptr(png);
	if (n > r->left)
		png_error(png, "premature end of file");
	memcpy(to, r->bytes, n);
	r->bytes += n;
	r->left -= n;
}

static uint8_t luminance(const uint8_t *p)
{
	return (uint8_t)((19595u * p[0] + 38470u * p[1] + 7471u * p[2] + 32768u) >> 16);
}

static uint8_t over_black(uint32_t value, uint32_t alpha)
{
	return (uint8_t)((value * alpha + 127u) / 255u);
}

/* Every step'th pixel from x on; the others belong to another interlace pass. */
static void to_mono(uint8_t *to, const uint8_t *from, int channels, int32_t x, int32_t step, int32_t width)
{
	for (; x < width; x += step) {
		const uint8_t *p = from + (ptrdiff_t)x * channels;
		switch (channels) {
		case 1: to[x] = p[0]; break;
		case 2: to[x] = over_black(p[0], p[1]); break;
		case 3: to[x] = luminance(p); break;
		default: to[x] = over_black(luminance(p), p[3]); break;
		}
	}
}

static void read_pixels(png_structp png, png_infop info, struct reader *r)
{
	png_read_info(png, info);
	if (png_get_image_width(png, info) != (uint32_t)r->img->width || png_get_image_height(png, info) != (uint32_t)r->img->height)
		png_error(png, "the header changed while it was read");
	png_set_expand(png);
	png_set_strip_16(png);
	int passes = png_set_interlace_handling(png);
	png_read_update_info(png, info);
	int channels = png_get_channels(png, info);
	if (png_get_rowbytes(png, info) > sizeof r->row || png_get_bit_depth(png, info) != 8)
		png_error(png, "unexpected row size");
	for (int pass = 0; pass < passes; pass++)
		for (int32_t y = 0; y < r->img->height; y++) {
			png_read_row(png, r->row, NULL);
			if (passes == 1)
				to_mono(okng_image_row(r->img, y), r->row, channels, 0, 1, r->img->width);
			else if (PNG_ROW_IN_INTERLACE_PASS((uint32_t)y, pass))
				to_mono(okng_image_row(r->img, y), r->row, channels, (int32_t)PNG_PASS_START_COL(pass),
					1 << PNG_PASS_COL_SHIFT(pass), r->img->width);
		}
	png_read_end(png, NULL);
}

static int guarded(png_structp png, png_infop info, struct reader *r)
{
	if (setjmp(png_jmpbuf(png)))
		return -EINVAL;
	png_set_user_limits(png, OKNG_IMAGE_SIDE_MAX, OKNG_IMAGE_SIDE_MAX);
	png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
	png_set_benign_errors(png, 0);
	png_set_read_fn(png, r, on_read);
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
	static const png_byte skip[] = "iCCP\0iTXt\0zTXt\0tEXt\0sPLT\0hIST\0pCAL\0sCAL\0tIME\0eXIf\0cHRM\0gAMA\0sRGB\0bKGD\0pHYs\0oFFs\0sBIT";
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skip, 17);
#endif
	read_pixels(png, info, r);
	return 0;
}

static int png_decode(struct okng_image *img, const uint8_t *bytes, size_t size, const char *name, struct okng_error *err)
{
	struct reader r = {.bytes = bytes, .left = size, .img = img};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int rc = info ? guarded(png, info, &r) : -ENOMEM;
	png_destroy_read_struct(png ? &png : NULL, info ? &info : NULL, NULL);
	if (rc == -ENOMEM)
		return okng_error_set(err, rc, name, 0, "", "no memory for the PNG decoder");
	return rc ? okng_error_set(err, rc, name, 0, "", "damaged PNG: %s", r.text) : 0;
}

const struct okng_decoder okng_decoder_png = {"PNG", png_is, png_head, png_most, png_decode};

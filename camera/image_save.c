/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a PNG: to path.new, synced, then renamed, so that nobody ever reads half a picture and a full disk leaves
 * the old one in place.
 */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera/image_file.h"

struct writer {
	const struct okng_image *img;
	FILE *file;
	char text[200];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct writer *w = png_get_error_ptr(png);
	snprintf(w->text, sizeof w->text, "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static int guarded(png_structp png, png_infop info, const struct writer *w)
{
	if (setjmp(png_jmpbuf(png)))
		return -EIO;
	int depth = w->img->pixel == OKNG_PIXEL_MONO16 ? 16 : 8;
	png_set_user_limits(png, OKNG_IMAGE_SIDE_MAX, OKNG_IMAGE_SIDE_MAX);
	png_init_io(png, w->file);
	png_set_compression_level(png, 3);
	png_set_IHDR(png, info, (uint32_t)w->img->width, (uint32_t)w->img->height, depth, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (depth == 16)
		png_set_swap(png);
#endif
	for (int32_t y = 0; y < w->img->height; y++)
		png_write_row(png, okng_image_row(w->img, y));
	png_write_end(png, info);
	return 0;
}

static int encode(struct writer *w)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	errno = 0;
	int rc = info ? guarded(png, info, w) : -ENOMEM;
	if (rc == -EIO && errno)
		rc = -errno; /* the write that failed */
	png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
	if (rc == 0 && (fflush(w->file) != 0 || fsync(fileno(w->file)) != 0))
		rc = -errno;
	return rc;
}

int okng_image_file_save_png(const struct okng_image *img, const char *path, struct okng_error *err)
{
	char temp[4096];
	if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp)
		return okng_error_set(err, -ENAMETOOLONG, path, 0, "", "the path is too long");
	struct writer w = {.img = img, .file = fopen(temp, "wbe")};
	if (!w.file) {
		int e = errno;
		return okng_error_set(err, -e, path, 0, "", "cannot be written: %s", strerror(e));
	}
	int rc = encode(&w);
	if (fclose(w.file) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, path) != 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return okng_error_set(err, rc, path, 0, "", "cannot be written: %s", w.text[0] && rc == -EIO ? w.text : strerror(-rc));
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * See pictures.h.
 */
#include "pictures.h"

#include <assert.h>
#include <dirent.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "camera/image_file.h"

static void append(png_structp png, png_bytep data, size_t n)
{
	struct picture *p = png_get_io_ptr(png);
	p->bytes = realloc(p->bytes, p->size + n);
	assert(p->bytes);
	memcpy(p->bytes + p->size, data, n);
	p->size += n;
}

static void flush(png_structp png)
{
	(void)png;
}

struct picture picture_png(const uint8_t *rows, int w, int h, int color, int depth, int interlaced)
{
	static const png_color palette[4] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {200, 200, 200}};
	static const png_byte alpha[4] = {255, 255, 255, 128};
	struct picture p = {0};
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_set_write_fn(png, &p, append, flush);
	png_set_IHDR(png, info, (uint32_t)w, (uint32_t)h, depth, color, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (color == PNG_COLOR_TYPE_PALETTE) {
		png_set_PLTE(png, info, palette, 4);
		png_set_tRNS(png, info, alpha, 4, NULL);
	}
	png_write_info(png, info);
	size_t pitch = png_get_rowbytes(png, info);
	int passes = png_set_interlace_handling(png);
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < h; y++)
			png_write_row(png, rows + (size_t)y * pitch);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return p;
}

struct picture picture_jpeg(const uint8_t *rows, int w, int h, int channels, int quality, int progressive)
{
	tjhandle tj = tjInitCompress();
	unsigned char *bytes = NULL;
	unsigned long size = 0;
	int rc = tjCompress2(tj, rows, w, 0, h, channels == 1 ? TJPF_GRAY : TJPF_RGB, &bytes, &size, channels == 1 ? TJSAMP_GRAY : TJSAMP_444,
		quality, progressive ? TJFLAG_PROGRESSIVE : 0);
	assert(rc == 0);
	struct picture p = {malloc(size), size};
	assert(p.bytes);
	memcpy(p.bytes, bytes, size);
	tjFree(bytes);
	tjDestroy(tj);
	return p;
}

void picture_free(struct picture *p)
{
	free(p->bytes);
	*p = (struct picture){0};
}

void picture_pattern(struct okng_image *img, int phase)
{
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++)
			okng_image_row(img, y)[x] = (uint8_t)(20 + (2 * x + 3 * y + 10 * phase) % 200);
}

void folder_make(char path[64])
{
	const char *base = getenv("TMPDIR");
	snprintf(path, 64, "%s/okng-camera-XXXXXX", base && strlen(base) < 32 ? base : "/tmp");
	char *made = mkdtemp(path);
	assert(made);
	(void)made;
}

void folder_remove(const char *path)
{
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char name[400];
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && unlink(name) != 0)
			rmdir(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

void folder_write(const char *folder, const char *name, const void *bytes, size_t size)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	assert(f);
	size_t n = fwrite(bytes, 1, size, f);
	assert(n == size);
	(void)n;
	fclose(f);
}

void folder_picture(const char *folder, const char *name, int w, int h, int phase)
{
	struct okng_image img;
	int rc = okng_image_init(&img, w, h, OKNG_PIXEL_MONO8);
	assert(rc == 0);
	picture_pattern(&img, phase);
	uint8_t *rows = malloc((size_t)w * (size_t)h);
	assert(rows);
	for (int y = 0; y < h; y++)
		memcpy(rows + (size_t)y * (size_t)w, okng_image_row(&img, y), (size_t)w);
	struct picture p = picture_png(rows, w, h, PNG_COLOR_TYPE_GRAY, 8, 0);
	folder_write(folder, name, p.bytes, p.size);
	picture_free(&p);
	free(rows);
	okng_image_finish(&img);
}

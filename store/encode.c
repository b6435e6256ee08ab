/* SPDX-License-Identifier: Apache-2.0
 *
 * A picture to a file that is whole or not there: written aside, synced, renamed. Synced, because a file system with
 * delayed allocation tells of a full disk only then, and the row says that the picture exists.
 */
#include "store/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "store/trouble.h"

static int write_jpeg(struct okng_encoder *e, FILE *file, const uint8_t *pixels, int32_t width, int32_t height, int quality,
	char *why, size_t why_size)
{
	unsigned long size = e->size;

	if (!e->turbojpeg)
		e->turbojpeg = tjInitCompress();
	if (!e->turbojpeg)
		return okng_why(why, why_size, -ENOMEM, "JPEG encoder: %s", tjGetErrorStr2(NULL));
	if (tjCompress2(e->turbojpeg, pixels, width, width, height, TJPF_GRAY, &e->buffer, &size, TJSAMP_GRAY, quality, 0))
		return okng_why(why, why_size, -EIO, "JPEG encoder: %s", tjGetErrorStr2(e->turbojpeg));
	if (size > e->size)
		e->size = size;
	if (fwrite(e->buffer, 1, size, file) != size)
		return okng_why(why, why_size, -errno, "%s", strerror(errno));
	return 0;
}

static int write_png(FILE *file, const uint8_t *pixels, int32_t width, int32_t height, char *why, size_t why_size)
{
	png_image image = { .version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height,
		.format = PNG_FORMAT_GRAY, .flags = PNG_IMAGE_FLAG_FAST };

	if (!png_image_write_to_stdio(&image, file, 0, pixels, width, NULL)) {
		okng_why(why, why_size, -EIO, "PNG encoder: %s", image.message);
		png_image_free(&image);
		return -EIO;
	}
	return 0;
}

int okng_encode(struct okng_encoder *encoder, int folder, const char *path, const uint8_t *pixels, int32_t width, int32_t height,
	enum okng_picture format, int quality, char *why, size_t why_size)
{
	char part[80];
	FILE *file;
	int fd, ret;

	ret = okng_archive_make(folder, path);
	if (ret)
		return okng_why(why, why_size, ret, "folder of %s: %s", path, strerror(-ret));
	snprintf(part, sizeof(part), "%s.part", path);
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!file) {
		ret = okng_why(why, why_size, -errno, "%s: %s", part, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	if (format == OKNG_PICTURE_PNG)
		ret = write_png(file, pixels, width, height, why, why_size);
	else
		ret = write_jpeg(encoder, file, pixels, width, height, quality, why, why_size);
	if (!ret && (fflush(file) || fdatasync(fd)))
		ret = okng_why(why, why_size, -errno, "%s: %s", part, strerror(errno));
	fclose(file);
	if (!ret && renameat(folder, part, folder, path))
		ret = okng_why(why, why_size, -errno, "%s: %s", path, strerror(errno));
	if (ret)
		unlinkat(folder, part, 0);
	return ret;
}

void okng_encode_finish(struct okng_encoder *encoder)
{
	tjFree(encoder->buffer);
	if (encoder->turbojpeg)
		tjDestroy(encoder->turbojpeg);
	memset(encoder, 0, sizeof(*encoder));
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The file that keeps a flat field. A damaged one would shade every part it is used on, so everything is checked: the
 * length to the byte, the checksum, that each gain is one that the solver could have made, and that bad pixels can be mended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "calib/flat.h"
#include "pipeline/file.h"

#define MAGIC "OKNGFLAT"
#define HEADER 24
#define CRC_AT 20
#define GAIN_MIN 1024
#define GAIN_MAX 32768

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uLong crc = crc32_z(crc32_z(0, NULL, 0), bytes, CRC_AT);
	return (uint32_t)crc32_z(crc, bytes + HEADER, size - HEADER);
}

static int check(const uint8_t *bytes, size_t size, const char *name, struct okng_error *err)
{
	if (size < HEADER || memcmp(bytes, MAGIC, 8) != 0)
		return okng_error_set(err, -EINVAL, name, 0, "", "not a flat field file");
	uint32_t version = get32(bytes + 8), w = get32(bytes + 12), h = get32(bytes + 16);
	if (version < 1 || version > OKNG_FLAT_VERSION)
		return okng_error_set(err, -EINVAL, name, 0, "version", "version %u; this program reads versions 1 to %d: take the flat field again",
			(unsigned)version, OKNG_FLAT_VERSION);
	if (w < 1 || h < 1 || w > OKNG_IMAGE_SIDE_MAX || h > OKNG_IMAGE_SIDE_MAX)
		return okng_error_set(err, -EINVAL, name, 0, "size", "%u x %u pixels; 1 to %d a side are possible", (unsigned)w, (unsigned)h,
			OKNG_IMAGE_SIDE_MAX);
	uint64_t pixels = HEADER + 3 * (uint64_t)w * h, need = pixels;
	if (version > 1)
		need += 4 + (size >= pixels + 4 ? 4 * (uint64_t)get32(bytes + pixels) : 0);
	if ((uint64_t)size != need)
		return okng_error_set(err, -EINVAL, name, 0, "size", "damaged: %zu bytes, but %u x %u pixels need %llu", size, (unsigned)w,
			(unsigned)h, (unsigned long long)need);
	if (checksum(bytes, size) != get32(bytes + CRC_AT))
		return okng_error_set(err, -EINVAL, name, 0, "crc", "damaged: the checksum is wrong; take the flat field again");
	return 0;
}

static int unpack(struct okng_flat *flat, const uint8_t *dark, const char *name, struct okng_error *err)
{
	int32_t w = flat->dark.width, h = flat->dark.height;
	const uint8_t *gain = dark + (size_t)w * (size_t)h;
	for (int32_t y = 0; y < h; y++, dark += w) {
		memcpy(okng_image_row(&flat->dark, y), dark, (size_t)w);
		uint16_t *row = (uint16_t *)(void *)okng_image_row(&flat->gain, y);
		for (int32_t x = 0; x < w; x++, gain += 2) {
			row[x] = (uint16_t)(gain[0] | gain[1] << 8);
			if (row[x] < GAIN_MIN || row[x] > GAIN_MAX)
				return okng_error_set(err, -EINVAL, name, 0, "gain", "gain %.3f at (%d, %d); 0.25 to 8 are possible", row[x] / 4096.0,
					(int)x, (int)y);
		}
	}
	return 0;
}

/* The list of version 2. Its length was checked against the file's. */
static int unpack_bad(struct okng_flat *flat, const uint8_t *list, const char *name, struct okng_error *err)
{
	uint32_t n = get32(list), where = 0, most = (uint32_t)okng_flat_bad_max(flat->dark.width, flat->dark.height);
	if (n > most)
		return okng_error_set(err, -EINVAL, name, 0, "bad", "%u bad pixels, %u are possible", (unsigned)n, (unsigned)most);
	uint32_t *at = calloc((size_t)n + 1, sizeof *at);
	if (!at)
		return okng_error_set(err, -ENOMEM, name, 0, "", "no memory");
	for (uint32_t i = 0; i < n; i++)
		at[i] = get32(list + 4 + 4 * (size_t)i);
	int rc = okng_flat_mark(flat, at, (int32_t)n, &where);
	free(at);
	if (rc == -EDOM)
		return okng_error_set(err, -EINVAL, name, 0, "bad", "bad pixel %u has too few good ones around it", (unsigned)where);
	return rc < 0 ? okng_error_set(err, rc, name, 0, "bad", "%s", rc == -ENOMEM ? "no memory" : "bad pixels are not in order") : 0;
}

int okng_flat_parse(struct okng_flat *flat, const void *bytes, size_t size, const char *name, struct okng_error *err)
{
	const uint8_t *p = bytes;
	*flat = (struct okng_flat){0};
	int rc = check(p, size, name, err);
	if (rc < 0)
		return rc;
	struct okng_flat f = {0};
	int32_t w = (int32_t)get32(p + 12), h = (int32_t)get32(p + 16);
	rc = okng_image_init(&f.dark, w, h, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&f.gain, w, h, OKNG_PIXEL_MONO16);
	if (rc == 0)
		rc = unpack(&f, p + HEADER, name, err);
	else
		okng_error_set(err, rc, name, 0, "", "no memory for %d x %d pixels", (int)w, (int)h);
	if (rc == 0 && get32(p + 8) > 1)
		rc = unpack_bad(&f, p + HEADER + 3 * (size_t)w * (size_t)h, name, err);
	if (rc < 0)
		okng_flat_finish(&f);
	else
		*flat = f;
	return rc;
}

static int read_all(FILE *f, uint8_t **bytes, size_t *size)
{
	struct stat st;
	if (fstat(fileno(f), &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	uint64_t most = HEADER + 3 * (uint64_t)OKNG_IMAGE_SIDE_MAX * OKNG_IMAGE_SIDE_MAX
		+ 4 * (1 + (uint64_t)okng_flat_bad_max(OKNG_IMAGE_SIDE_MAX, OKNG_IMAGE_SIDE_MAX));
	if ((uint64_t)st.st_size > most)
		return -EFBIG;
	*size = (size_t)st.st_size;
	*bytes = malloc(*size + 1);
	if (!*bytes)
		return -ENOMEM;
	return fread(*bytes, 1, *size, f) == *size ? 0 : -EIO;
}

int okng_flat_load(struct okng_flat *flat, const char *path, struct okng_error *err)
{
	*flat = (struct okng_flat){0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *f = fd >= 0 ? fdopen(fd, "rb") : NULL;
	int rc = f ? read_all(f, &bytes, &size) : -errno;
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	if (rc < 0)
		okng_error_set(err, rc, path, 0, "", "cannot be read: %s", rc == -EINVAL ? "not a regular file" : strerror(-rc));
	else
		rc = okng_flat_parse(flat, bytes, size, path, err);
	free(bytes);
	return rc;
}

static size_t pack(uint8_t *bytes, const struct okng_flat *flat)
{
	int32_t w = flat->dark.width, h = flat->dark.height;
	memcpy(bytes, MAGIC, 8);
	put32(bytes + 8, OKNG_FLAT_VERSION);
	put32(bytes + 12, (uint32_t)w);
	put32(bytes + 16, (uint32_t)h);
	uint8_t *p = bytes + HEADER;
	for (int32_t y = 0; y < h; y++, p += w)
		memcpy(p, okng_image_row(&flat->dark, y), (size_t)w);
	for (int32_t y = 0; y < h; y++) {
		const uint16_t *row = (const uint16_t *)(const void *)okng_image_row(&flat->gain, y);
		for (int32_t x = 0; x < w; x++) {
			*p++ = (uint8_t)row[x];
			*p++ = (uint8_t)(row[x] >> 8);
		}
	}
	put32(p, (uint32_t)flat->n_bad);
	p += 4;
	for (int32_t i = 0; i < flat->n_bad; i++, p += 4)
		put32(p, (uint32_t)flat->bad[i].y * (uint32_t)w + (uint32_t)flat->bad[i].x);
	size_t size = (size_t)(p - bytes);
	put32(bytes + CRC_AT, checksum(bytes, size));
	return size;
}

int okng_flat_save(const struct okng_flat *flat, const char *path, struct okng_error *err)
{
	if (flat->dark.width < 1 || flat->dark.width != flat->gain.width || flat->dark.height != flat->gain.height)
		return okng_error_set(err, -EINVAL, path, 0, "", "dark and gain have no common size");
	uint8_t *bytes = malloc(HEADER + 3 * (size_t)flat->dark.width * (size_t)flat->dark.height + 4 + 4 * (size_t)flat->n_bad);
	if (!bytes)
		return okng_error_set(err, -ENOMEM, path, 0, "", "no memory");
	int rc = okng_file_replace(path, bytes, pack(bytes, flat));
	free(bytes);
	if (rc < 0)
		return okng_error_set(err, rc, path, 0, "", "cannot be written: %s", strerror(-rc));
	rc = okng_file_sync_folder(path);
	return rc < 0 && rc != -EINVAL ? okng_error_set(err, rc, path, 0, "", "its folder cannot be synced: %s", strerror(-rc)) : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading pictures. The bytes of a file are read into an anonymous mapping rather than mapped from the file, since
 * somebody may truncate it while we decode, and rather than onto the heap, so that the replay camera allocates
 * nothing per frame. EXIF orientation is ignored: pixels are taken as stored.
 */
#include "camera/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camera/decode.h"

#define PIXELS_MAX 256000000
#define FILE_MAX ((off_t)1 << 30)
#define HEAD_BYTES ((size_t)128 << 10)

static const struct okng_decoder *const decoders[] = {&okng_decoder_jpeg, &okng_decoder_png};

struct bytes {
	uint8_t *data;
	size_t size, file_size;
};

static int read_fully(int fd, uint8_t *to, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t got = read(fd, to + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		n += (size_t)got;
	}
	return 0;
}

static void bytes_finish(struct bytes *b)
{
	if (b->data)
		munmap(b->data, b->size);
	*b = (struct bytes){0};
}

static int fill(struct bytes *b, int fd, size_t most, const char *path, struct okng_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return okng_error_set(err, -errno, path, 0, "", "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return okng_error_set(err, -EINVAL, path, 0, "", "not a regular file");
	if (st.st_size == 0)
		return okng_error_set(err, -EINVAL, path, 0, "", "the file is empty");
	if (st.st_size > FILE_MAX)
		return okng_error_set(err, -EFBIG, path, 0, "", "larger than 1 GiB");
	b->file_size = (size_t)st.st_size;
	b->size = b->file_size < most ? b->file_size : most;
	void *map = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return okng_error_set(err, -ENOMEM, path, 0, "", "no memory to read it");
	b->data = map;
	int rc = read_fully(fd, b->data, b->size);
	if (rc < 0)
		return okng_error_set(err, rc, path, 0, "", "cannot be read: %s", strerror(-rc));
	return 0;
}

/* Up to `most` bytes of the file. O_NONBLOCK: a FIFO of that name must not hang us. */
static int bytes_read(struct bytes *b, const char *path, size_t most, struct okng_error *err)
{
	*b = (struct bytes){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		int e = errno;
		return okng_error_set(err, -e, path, 0, "", "cannot be opened: %s", strerror(e));
	}
	int rc = fill(b, fd, most, path, err);
	close(fd);
	if (rc < 0)
		bytes_finish(b);
	return rc;
}

/* The decoder and the size, all limits checked. file_size: of the whole picture, when only its beginning is here. */
static int probe(const struct okng_decoder **decoder, int32_t *w, int32_t *h, const uint8_t *bytes, size_t size,
	size_t file_size, const char *name, struct okng_error *err)
{
	*decoder = NULL;
	for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
		if (decoders[i]->is(bytes, size))
			*decoder = decoders[i];
	if (!*decoder)
		return okng_error_set(err, -EINVAL, name, 0, "", "neither a JPEG nor a PNG picture");
	int rc = (*decoder)->head(bytes, size, name, w, h, err);
	if (rc < 0)
		return rc;
	if (*w < 1 || *h < 1)
		return okng_error_set(err, -EINVAL, name, 0, "", "damaged %s: a side is 0 pixels", (*decoder)->name);
	uint64_t pixels = (uint64_t)*w * (uint64_t)*h;
	if (*w > OKNG_IMAGE_SIDE_MAX || *h > OKNG_IMAGE_SIDE_MAX || pixels > PIXELS_MAX)
		return okng_error_set(err, -EFBIG, name, 0, "", "%d x %d pixels; at most %d a side and %d megapixels in all", (int)*w,
			(int)*h, OKNG_IMAGE_SIDE_MAX, PIXELS_MAX / 1000000);
	if (pixels > (*decoder)->most(file_size))
		return okng_error_set(err, -EINVAL, name, 0, "", "damaged %s: %zu bytes can't hold %d x %d pixels", (*decoder)->name,
			file_size, (int)*w, (int)*h);
	return 0;
}

int okng_image_file_parse(struct okng_image *img, const void *bytes, size_t size, const char *name, struct okng_error *err)
{
	const struct okng_decoder *decoder;
	int32_t w = 0, h = 0;
	*img = (struct okng_image){0};
	int rc = probe(&decoder, &w, &h, bytes, size, size, name, err);
	if (rc < 0)
		return rc;
	struct okng_image new_img;
	rc = okng_image_init(&new_img, w, h, OKNG_PIXEL_MONO8);
	if (rc < 0)
		return okng_error_set(err, rc, name, 0, "", "no memory for %d x %d pixels", (int)w, (int)h);
	rc = decoder->decode(&new_img, bytes, size, name, err);
	if (rc < 0) {
		okng_image_finish(&new_img);
		return rc;
	}
	*img = new_img;
	return 0;
}

int okng_image_file_load(struct okng_image *img, const char *path, struct okng_error *err)
{
	struct bytes b;
	*img = (struct okng_image){0};
	int rc = bytes_read(&b, path, SIZE_MAX, err);
	if (rc < 0)
		return rc;
	rc = okng_image_file_parse(img, b.data, b.size, path, err);
	bytes_finish(&b);
	return rc;
}

static int parse_into(struct okng_image *img, const struct bytes *b, const char *path, struct okng_error *err)
{
	const struct okng_decoder *decoder;
	int32_t w = 0, h = 0;
	int rc = probe(&decoder, &w, &h, b->data, b->size, b->size, path, err);
	if (rc < 0)
		return rc;
	if (img->pixel != OKNG_PIXEL_MONO8 || img->width != w || img->height != h)
		return okng_error_set(err, -EINVAL, path, 0, "", "%d x %d pixels, but %d x %d are expected", (int)w, (int)h,
			(int)img->width, (int)img->height);
	return decoder->decode(img, b->data, b->size, path, err);
}

int okng_image_file_load_into(struct okng_image *img, const char *path, struct okng_error *err)
{
	struct bytes b;
	int rc = bytes_read(&b, path, SIZE_MAX, err);
	if (rc < 0)
		return rc;
	rc = parse_into(img, &b, path, err);
	bytes_finish(&b);
	return rc;
}

/* A JPEG's size may lie behind a long preview: then the whole file is read. */
int okng_image_file_size(const char *path, int32_t *width, int32_t *height, struct okng_error *err)
{
	const struct okng_decoder *decoder;
	int rc = -EINVAL;
	for (size_t most = HEAD_BYTES;; most = SIZE_MAX) {
		struct bytes b;
		rc = bytes_read(&b, path, most, err);
		if (rc < 0)
			return rc;
		rc = probe(&decoder, width, height, b.data, b.size, b.file_size, path, err);
		bool whole = b.size == b.file_size;
		bytes_finish(&b);
		if (rc == 0 || whole || !decoder)
			return rc;
	}
}

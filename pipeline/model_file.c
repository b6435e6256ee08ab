/* SPDX-License-Identifier: Apache-2.0
 *
 * The file is read whole and parsed from memory, so that the fuzzer and the loader go the same way. The header says
 * every size before anything is allocated, and the checksum covers every byte but itself: a model that was cut, mixed
 * up or edited must be refused, because a wrong band would ship bad parts.
 */
#include "pipeline/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "pipeline/file.h"

/* Header, little-endian; the planes of 16-bit pixels follow, rows without padding: mean, then sigma; then the chunks,
 * each with a header of its own. */
enum {
	AT_MAGIC = 0,       /* 8 bytes */
	AT_VERSION = 8,     /* u32 */
	AT_HEADER = 12,     /* u32: size of this header */
	AT_WIDTH = 16,      /* u32 */
	AT_HEIGHT = 20,     /* u32 */
	AT_HASH = 24,       /* u32 */
	AT_PARTS = 28,      /* u32 */
	AT_SIZE = 32,       /* u64: of the whole file */
	AT_CRC = 40,        /* u32: CRC-32 of all bytes but these four */
	AT_CHUNKS = 44,     /* u32: how many chunks follow the planes */
	AT_LENS = 48,       /* u32: 0 in files from before there were lenses */
	HEADER_SIZE = 64,   /* the rest is zero */
	CHUNK_KIND = 0,     /* u32 */
	CHUNK_SIZE = 4,     /* u32: bytes after this header */
	CHUNK_TOOL = 8,     /* name of the tool, filled with zeros */
	CHUNK_HEADER = CHUNK_TOOL + OKNG_CHUNK_TOOL_MAX,
};

static const uint8_t magic[8] = {'O', 'K', 'N', 'G', 'M', '\r', '\n', 0x1a};

#define TEACH "teach the recipe again with okng learn"

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uLong crc = crc32_z(0, bytes, AT_CRC);
	return (uint32_t)crc32_z(crc, bytes + AT_CRC + 4, size - AT_CRC - 4);
}

static uint64_t planes_end(uint32_t width, uint32_t height)
{
	return HEADER_SIZE + (uint64_t)width * height * 4;
}

/* Everything the header alone can tell, against the size the file really has. */
static int check_header(const uint8_t *h, uint64_t size, const char *name, struct okng_error *err)
{
	if (size < HEADER_SIZE || memcmp(h, magic, sizeof magic) != 0)
		return okng_error_set(err, -EINVAL, name, 0, "", "not an okng model: " TEACH);
	if (get32(h + AT_VERSION) != OKNG_MODEL_VERSION)
		return okng_error_set(err, -EINVAL, name, 0, "version",
			"model of format version %u, this okng reads version %d: " TEACH, get32(h + AT_VERSION),
			OKNG_MODEL_VERSION);
	uint32_t width = get32(h + AT_WIDTH), height = get32(h + AT_HEIGHT);
	if (get32(h + AT_HEADER) != HEADER_SIZE || !width != !height || width > OKNG_IMAGE_SIDE_MAX ||
	    height > OKNG_IMAGE_SIDE_MAX || get32(h + AT_PARTS) < 1 || get32(h + AT_CHUNKS) > OKNG_CHUNKS_MAX)
		return okng_error_set(err, -EINVAL, name, 0, "header", "the model's header is damaged: " TEACH);
	uint64_t least = planes_end(width, height) + (uint64_t)get32(h + AT_CHUNKS) * CHUNK_HEADER;
	uint64_t most = least + (uint64_t)get32(h + AT_CHUNKS) * OKNG_CHUNK_SIZE_MAX;
	if (get64(h + AT_SIZE) != size || size < least || size > most)
		return okng_error_set(err, -EINVAL, name, 0, "size",
			"the model is damaged: %llu bytes where its header says %llu: " TEACH,
			(unsigned long long)size, (unsigned long long)get64(h + AT_SIZE));
	return 0;
}

static void get_plane(struct okng_image *img, const uint8_t *p)
{
	for (int32_t y = 0; y < img->height; y++) {
		uint16_t *row = (uint16_t *)(void *)okng_image_row(img, y);
		for (int32_t x = 0; x < img->width; x++, p += 2)
			row[x] = (uint16_t)(p[0] | p[1] << 8);
	}
}

static void put_plane(uint8_t *p, const struct okng_image *img)
{
	for (int32_t y = 0; y < img->height; y++) {
		const uint16_t *row = (const uint16_t *)(const void *)okng_image_row(img, y);
		for (int32_t x = 0; x < img->width; x++, p += 2) {
			p[0] = (uint8_t)row[x];
			p[1] = (uint8_t)(row[x] >> 8);
		}
	}
}

/* The chunks from p, size bytes to the end of the file. -EINVAL when they are not exactly that. */
static int get_chunks(struct okng_model *m, const uint8_t *p, size_t size, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (size < CHUNK_HEADER || p[CHUNK_HEADER - 1] != 0)
			return -EINVAL;
		enum okng_chunk_kind kind = (enum okng_chunk_kind)get32(p + CHUNK_KIND);
		size_t bytes = get32(p + CHUNK_SIZE);
		const char *tool = (const char *)p + CHUNK_TOOL;
		p += CHUNK_HEADER;
		size -= CHUNK_HEADER;
		if (bytes > size || okng_model_chunk(m, kind, tool))
			return -EINVAL;
		int rc = okng_model_set_chunk(m, kind, tool, p, bytes);
		if (rc)
			return rc;
		p += bytes;
		size -= bytes;
	}
	return size ? -EINVAL : 0;
}

int okng_model_parse(struct okng_model **model, const void *bytes, size_t size, const char *name, struct okng_error *err)
{
	const uint8_t *b = bytes;
	*model = NULL;
	int rc = check_header(b, size, name, err);
	if (rc)
		return rc;
	if (get32(b + AT_CRC) != checksum(b, size))
		return okng_error_set(err, -EINVAL, name, 0, "crc", "the model is damaged (checksum): " TEACH);
	uint32_t width = get32(b + AT_WIDTH), height = get32(b + AT_HEIGHT);
	struct okng_model *m;
	rc = okng_model_new(&m, (int32_t)width, (int32_t)height);
	if (rc)
		return okng_error_set(err, rc, name, 0, "", "no memory for the model");
	m->recipe_hash = get32(b + AT_HASH);
	m->parts = get32(b + AT_PARTS);
	m->lens = get32(b + AT_LENS);
	m->crc = get32(b + AT_CRC);
	get_plane(&m->mean, b + HEADER_SIZE);
	get_plane(&m->sigma, b + HEADER_SIZE + (size_t)width * height * 2);
	size_t at = (size_t)planes_end(width, height);
	rc = get_chunks(m, b + at, size - at, get32(b + AT_CHUNKS));
	if (rc) {
		okng_model_close(&m);
		return okng_error_set(err, rc, name, 0, "chunk", rc == -ENOMEM ? "no memory for the model" : "the model is damaged: " TEACH);
	}
	*model = m;
	return 0;
}

static int read_all(int fd, uint8_t *p, size_t size)
{
	while (size) {
		ssize_t n = read(fd, p, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EINVAL;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int load_open(struct okng_model **model, int fd, const char *path, struct okng_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return okng_error_set(err, -errno, path, 0, "", "%s", strerror(errno));
	uint8_t header[HEADER_SIZE];
	if (!S_ISREG(st.st_mode) || st.st_size < HEADER_SIZE)
		return okng_error_set(err, -EINVAL, path, 0, "", "not an okng model: " TEACH);
	int rc = read_all(fd, header, sizeof header);
	if (rc)
		return okng_error_set(err, rc, path, 0, "", "the model could not be read: %s", strerror(-rc));
	rc = check_header(header, (uint64_t)st.st_size, path, err);
	if (rc)
		return rc;
	size_t size = (size_t)st.st_size;
	uint8_t *bytes = malloc(size);
	if (!bytes)
		return okng_error_set(err, -ENOMEM, path, 0, "", "no memory for the model");
	memcpy(bytes, header, sizeof header);
	rc = read_all(fd, bytes + sizeof header, size - sizeof header);
	if (rc)
		okng_error_set(err, rc, path, 0, "", "the model could not be read: %s", strerror(-rc));
	else
		rc = okng_model_parse(model, bytes, size, path, err);
	free(bytes);
	return rc;
}

int okng_model_load(struct okng_model **model, const char *path, struct okng_error *err)
{
	*model = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return okng_error_set(err, -errno, path, 0, "", "%s%s", strerror(errno),
			errno == ENOENT ? ": the recipe was not taught yet, teach it with okng learn" : "");
	int rc = load_open(model, fd, path, err);
	close(fd);
	return rc;
}

static void put_chunks(uint8_t *p, const struct okng_model *m)
{
	for (int i = 0; i < m->n_chunks; i++) {
		const struct okng_chunk *c = &m->chunk[i];
		put32(p + CHUNK_KIND, c->kind);
		put32(p + CHUNK_SIZE, (uint32_t)c->size);
		memcpy(p + CHUNK_TOOL, c->tool, strlen(c->tool));
		memcpy(p + CHUNK_HEADER, c->bytes, c->size);
		p += CHUNK_HEADER + c->size;
	}
}

static size_t file_size(const struct okng_model *m)
{
	size_t size = (size_t)planes_end((uint32_t)m->mean.width, (uint32_t)m->mean.height);
	for (int i = 0; i < m->n_chunks; i++)
		size += CHUNK_HEADER + m->chunk[i].size;
	return size;
}

/* The whole file in memory, malloc'd; NULL without memory. */
static uint8_t *serialize(const struct okng_model *m, size_t size)
{
	uint8_t *b = calloc(1, size);
	if (!b)
		return NULL;
	memcpy(b + AT_MAGIC, magic, sizeof magic);
	put32(b + AT_VERSION, OKNG_MODEL_VERSION);
	put32(b + AT_HEADER, HEADER_SIZE);
	put32(b + AT_WIDTH, (uint32_t)m->mean.width);
	put32(b + AT_HEIGHT, (uint32_t)m->mean.height);
	put32(b + AT_HASH, m->recipe_hash);
	put32(b + AT_PARTS, m->parts);
	put32(b + AT_SIZE, (uint32_t)size);
	put32(b + AT_SIZE + 4, (uint32_t)((uint64_t)size >> 32));
	put32(b + AT_CHUNKS, (uint32_t)m->n_chunks);
	put32(b + AT_LENS, m->lens);
	put_plane(b + HEADER_SIZE, &m->mean);
	put_plane(b + HEADER_SIZE + (size_t)m->mean.width * (size_t)m->mean.height * 2, &m->sigma);
	put_chunks(b + planes_end((uint32_t)m->mean.width, (uint32_t)m->mean.height), m);
	put32(b + AT_CRC, checksum(b, size));
	return b;
}

int okng_model_save(struct okng_model *model, const char *path, struct okng_error *err)
{
	size_t size = file_size(model);
	uint8_t *bytes = serialize(model, size);
	int rc = bytes ? okng_file_replace(path, bytes, size) : -ENOMEM;
	if (!rc)
		rc = okng_file_sync_folder(path);
	if (!rc)
		model->crc = get32(bytes + AT_CRC);
	free(bytes);
	if (rc)
		okng_error_set(err, rc, path, 0, "", "the model could not be written: %s", strerror(-rc));
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments are only ever appended to, and never by a later process: what a crash cut stays as it is, and the reader says
 * so. Room is made before a part is written, by whole segments, so that the bound holds at every moment.
 */
#include "store/recorder_shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "store/calendar.h"

#define SEGMENT_MAX (UINT64_C(256) << 20)
#define SEGMENTS_WANTED 16       /* a small bound is shared by at least so many */
#define SYNC_BYTES (UINT64_C(64) << 20) /* at most that much is in the cache alone */

static bool is_segment(const char *name)
{
	size_t n = strlen(name), suffix = strlen(OKNG_RECORDING_SUFFIX);

	return n > suffix && n < sizeof(((struct okng_shelf_segment *)0)->name) && name[0] != '.' &&
		strcmp(name + n - suffix, OKNG_RECORDING_SUFFIX) == 0;
}

static bool refers(const struct okng_shelf_segment *g, const char *setup)
{
	for (int i = 0; i < g->n_setups; i++) {
		if (strcmp(g->setups[i], setup) == 0)
			return true;
	}
	return false;
}

static int add_reference(struct okng_shelf_segment *g, const char *setup)
{
	char (*more)[OKNG_SETUP_NAME_MAX];

	if (refers(g, setup))
		return 0;
	more = realloc(g->setups, (size_t)(g->n_setups + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	g->setups = more;
	snprintf(g->setups[g->n_setups++], OKNG_SETUP_NAME_MAX, "%s", setup);
	return 0;
}

/* Which setups a segment of an earlier run refers to. Damage is the reader's to tell. */
static int look_through(struct okng_shelf_segment *g, int fd)
{
	uint8_t bytes[OKNG_BLOCK_HEAD], payload[OKNG_PART_ROOM];
	struct okng_recorded_setup setup;
	struct okng_block_head head;
	int ret = 0;

	for (uint64_t at = 0; !ret && at < g->bytes && pread(fd, bytes, sizeof(bytes), (off_t)at) == sizeof(bytes); at += okng_block_room(head.size)) {
		if (!okng_block_head_read(bytes, &head))
			break;
		if (head.kind == OKNG_BLOCK_SETUP && head.size <= sizeof(payload) &&
		    pread(fd, payload, (size_t)head.size, (off_t)at + OKNG_BLOCK_HEAD) == (ssize_t)head.size &&
		    !okng_setup_read(payload, (size_t)head.size, &setup))
			ret = add_reference(g, setup.name);
	}
	return ret;
}

static int add_segment(struct okng_shelf *s, const char *name, uint64_t bytes)
{
	struct okng_shelf_segment *more = realloc(s->segments, (size_t)(s->n_segments + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->segments = more;
	more += s->n_segments++;
	*more = (struct okng_shelf_segment){ .bytes = bytes };
	snprintf(more->name, sizeof(more->name), "%s", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct okng_shelf_segment *)a)->name, ((const struct okng_shelf_segment *)b)->name);
}

static int list_segments(struct okng_shelf *s)
{
	int fd = openat(s->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (entry = readdir(dir)) != NULL) {
		if (!is_segment(entry->d_name) || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		ret = add_segment(s, entry->d_name, (uint64_t)st.st_size);
		fd = dirfd(dir);
		if (!ret) {
			int file = openat(fd, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

			if (file >= 0) {
				ret = look_through(&s->segments[s->n_segments - 1], file);
				close(file);
			}
		}
	}
	closedir(dir);
	if (s->n_segments)
		qsort(s->segments, (size_t)s->n_segments, sizeof(*s->segments), by_name);
	return ret;
}

int okng_shelf_open(struct okng_shelf *s, int folder, uint64_t max_bytes)
{
	int ret;

	memset(s, 0, sizeof(*s));
	s->folder = folder;
	s->fd = -1;
	s->max_bytes = max_bytes;
	s->segment_bytes = max_bytes / SEGMENTS_WANTED < SEGMENT_MAX ? max_bytes / SEGMENTS_WANTED : SEGMENT_MAX;
	pthread_mutex_init(&s->lock, NULL);
	ret = list_segments(s);
	return ret ? ret : okng_setups_list(s);
}

static uint64_t total(struct okng_shelf *s)
{
	uint64_t bytes = 0;

	for (int i = 0; i < s->n_segments; i++)
		bytes += s->segments[i].bytes;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_setups; i++)
		bytes += s->setups[i].bytes;
	pthread_mutex_unlock(&s->lock);
	return bytes;
}

static void close_segment(struct okng_shelf *s)
{
	if (s->fd < 0)
		return;
	okng_shelf_sync(s);
	close(s->fd);
	s->fd = -1;
}

/* The oldest segment; one under way is closed before. */
static int remove_oldest(struct okng_shelf *s)
{
	if (s->n_segments == 1)
		close_segment(s);
	if (unlinkat(s->folder, s->segments[0].name, 0) && errno != ENOENT)
		return -errno;
	free(s->segments[0].setups);
	memmove(s->segments, s->segments + 1, (size_t)--s->n_segments * sizeof(*s->segments));
	return 0;
}

static int begin_segment(struct okng_shelf *s, const struct okng_record *record)
{
	struct okng_date d = okng_date_of(record->utc_us);
	struct okng_block_head head = { .kind = OKNG_BLOCK_SEGMENT, .n = OKNG_RECORDING_VERSION, .id = record->id };
	uint8_t bytes[OKNG_BLOCK_HEAD];
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "%04d-%02d-%02dT%02d%02d%02dZ-%lld" OKNG_RECORDING_SUFFIX, d.year % 10000, d.month % 100, d.day % 100,
		d.hour % 100, d.minute % 100, d.second % 100, (long long)record->id);
	s->fd = openat(s->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->fd < 0)
		return -errno;
	ret = add_segment(s, name, 0);
	if (!ret) {
		okng_block_head_write(bytes, &head);
		ret = okng_shelf_append(s, &(struct iovec){ bytes, sizeof(bytes) }, 1);
		if (ret)
			s->n_segments--;
	}
	if (ret) {
		close(s->fd);
		s->fd = -1;
		unlinkat(s->folder, name, 0);
	}
	return ret;
}

int okng_shelf_room(struct okng_shelf *s, uint64_t bytes, const struct okng_record *record)
{
	uint64_t more = bytes + OKNG_BLOCK_HEAD + okng_block_room(OKNG_PART_ROOM);

	if (more > s->max_bytes)
		return -EFBIG;
	if (s->fd >= 0 && s->segments[s->n_segments - 1].bytes + bytes > s->segment_bytes)
		close_segment(s);
	while (total(s) + more > s->max_bytes) {
		int ret = s->n_segments ? remove_oldest(s) : -EFBIG;

		if (ret)
			return ret;
		okng_setups_tidy(s);
	}
	return s->fd >= 0 ? 0 : begin_segment(s, record);
}

int okng_shelf_refer(struct okng_shelf *s, const char *name)
{
	struct okng_shelf_segment *g = &s->segments[s->n_segments - 1];
	uint8_t bytes[OKNG_BLOCK_HEAD + OKNG_PART_ROOM + OKNG_BLOCK_HEAD] = { 0 };
	struct okng_block_head head = { .kind = OKNG_BLOCK_SETUP };
	int ret;

	if (!*name || refers(g, name))
		return 0;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_used && !head.size; i++) {
		if (strcmp(s->used[i]->name, name) == 0)
			head.size = okng_setup_write(bytes + OKNG_BLOCK_HEAD, OKNG_PART_ROOM, s->used[i]);
	}
	pthread_mutex_unlock(&s->lock);
	if (!head.size)
		return -ENOENT;
	head.crc = (uint32_t)crc32_z(0, bytes + OKNG_BLOCK_HEAD, (size_t)head.size);
	okng_block_head_write(bytes, &head);
	ret = okng_shelf_append(s, &(struct iovec){ bytes, (size_t)okng_block_room(head.size) }, 1);
	return ret ? ret : add_reference(g, name);
}

int okng_shelf_append(struct okng_shelf *s, struct iovec *parts, int n)
{
	struct okng_shelf_segment *g = &s->segments[s->n_segments - 1];
	uint64_t at = g->bytes;
	int ret = 0;

	for (int i = 0; !ret && i < n;) {
		ssize_t put = pwritev(s->fd, parts + i, n - i, (off_t)at);

		if (put < 0)
			ret = errno == EINTR ? 0 : -errno;
		at += put > 0 ? (uint64_t)put : 0;
		for (; put > 0 && i < n && (size_t)put >= parts[i].iov_len; i++)
			put -= (ssize_t)parts[i].iov_len;
		if (put > 0) {
			parts[i].iov_base = (uint8_t *)parts[i].iov_base + put;
			parts[i].iov_len -= (size_t)put;
		}
	}
	if (ret) {
		(void)!ftruncate(s->fd, (off_t)g->bytes); /* else the reader finds a cut part, which it passes over */
		return ret;
	}
	s->unsynced += at - g->bytes;
	g->bytes = at;
	if (s->unsynced >= SYNC_BYTES)
		okng_shelf_sync(s);
	return 0;
}

void okng_shelf_sync(struct okng_shelf *s)
{
	if (s->fd >= 0 && s->unsynced)
		(void)fdatasync(s->fd);
	s->unsynced = 0;
}

int okng_shelf_expire(struct okng_shelf *s, int max_days, int64_t now_us)
{
	struct okng_date d = okng_date_of(now_us - (int64_t)max_days * 86400000000LL);
	char before[32];
	int ret = 0;

	snprintf(before, sizeof(before), "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
	while (!ret && max_days > 0 && s->n_segments && strncmp(s->segments[0].name, before, 10) < 0)
		ret = remove_oldest(s);
	okng_setups_tidy(s);
	return ret;
}

void okng_shelf_finish(struct okng_shelf *s)
{
	close_segment(s);
	for (int i = 0; i < s->n_segments; i++)
		free(s->segments[i].setups);
	free(s->segments);
	for (int i = 0; i < s->n_used; i++)
		free(s->used[i]);
	if (s->folder >= 0)
		close(s->folder);
	s->folder = -1;
	pthread_mutex_destroy(&s->lock);
}

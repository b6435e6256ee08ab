/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts out of segments that may be cut, damaged or still being written. What a head promises is compared with what the
 * file still has before memory is taken for it; behind damage the next whole head is looked for.
 */
#include "store/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "store/trouble.h"

#define SEARCH 65536

struct okng_recording {
	char folder[PATH_MAX];
	char **names;             /* of segments, sorted */
	int n, next;              /* next: to be opened */
	int fd;                   /* -1: between segments */
	const char *name;
	uint64_t offset, size;    /* of the open one */
	uint8_t *bytes;           /* the part's payloads, one behind the other */
	size_t room;
	struct okng_recorded_frame frames[OKNG_RECORDED_FRAMES_MAX];
	struct okng_recorded_setup *setups;
	int n_setups;
	struct okng_recording_notes notes;
};

static void note(struct okng_recording *r, uint64_t *count, const char *what)
{
	++*count;
	snprintf(r->notes.last, sizeof(r->notes.last), "%.100s: %s at byte %llu", r->name, what, (unsigned long long)r->offset);
}

static int read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	uint8_t *at = bytes;

	while (size) {
		ssize_t n = pread(fd, at, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA; /* it was cut meanwhile */
		at += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Moves on to the next head that is whole, or to the end. */
static int search(struct okng_recording *r)
{
	uint8_t buffer[SEARCH];
	struct okng_block_head head;

	r->offset = (r->offset / OKNG_BLOCK_HEAD + 1) * OKNG_BLOCK_HEAD;
	while (r->offset + OKNG_BLOCK_HEAD <= r->size) {
		size_t n = r->size - r->offset < SEARCH ? (size_t)(r->size - r->offset) : SEARCH;
		int ret = read_at(r->fd, buffer, n, r->offset);

		if (ret)
			return ret;
		for (size_t i = 0; i + OKNG_BLOCK_HEAD <= n; i += OKNG_BLOCK_HEAD) {
			if (okng_block_head_read(buffer + i, &head)) {
				r->offset += i;
				return 0;
			}
		}
		r->offset += n / OKNG_BLOCK_HEAD * OKNG_BLOCK_HEAD;
	}
	r->offset = r->size;
	return 0;
}

static int make_room(struct okng_recording *r, size_t size)
{
	uint8_t *bytes;

	if (size <= r->room)
		return 0;
	bytes = realloc(r->bytes, size);
	if (!bytes)
		return -ENOMEM;
	r->bytes = bytes;
	r->room = size;
	return 0;
}

/* The block at offset: 1 and its head; 0: none is whole there (said and passed over); negative errno. */
static int head_here(struct okng_recording *r, struct okng_block_head *head)
{
	uint8_t bytes[OKNG_BLOCK_HEAD];
	int ret;

	if (r->size - r->offset < OKNG_BLOCK_HEAD) {
		note(r, &r->notes.cut, "cut in a block's head");
		r->offset = r->size;
		return 0;
	}
	ret = read_at(r->fd, bytes, sizeof(bytes), r->offset);
	if (ret)
		return ret;
	if (!okng_block_head_read(bytes, head)) {
		note(r, &r->notes.damaged, "no block");
		return search(r);
	}
	if (head->size > r->size - r->offset - OKNG_BLOCK_HEAD) {
		note(r, &r->notes.cut, "cut in a block");
		r->offset = r->size;
		return 0;
	}
	return 1;
}

/* Its payload to r->bytes + at, with the same answers; the offset stands behind it then. */
static int payload_here(struct okng_recording *r, const struct okng_block_head *head, size_t at)
{
	int ret = make_room(r, at + (size_t)head->size + 1);

	if (!ret)
		ret = read_at(r->fd, r->bytes + at, (size_t)head->size, r->offset + OKNG_BLOCK_HEAD);
	if (ret)
		return ret;
	if (crc32_z(0, r->bytes + at, (size_t)head->size) != head->crc) {
		note(r, &r->notes.damaged, "a block whose checksum is wrong");
		r->offset += okng_block_room(head->size);
		return 0;
	}
	r->offset += okng_block_room(head->size);
	return 1;
}

/* The frames behind a part: 1 all there, 0, negative errno. Frames lie behind the part's payload in r->bytes. */
static int read_frames(struct okng_recording *r, struct okng_recorded_part *part, size_t at)
{
	size_t begin[OKNG_RECORDED_FRAMES_MAX], size[OKNG_RECORDED_FRAMES_MAX];

	for (int i = 0; i < part->n_frames; i++) {
		struct okng_block_head head;
		int ret;

		if (r->offset >= r->size) {
			note(r, &r->notes.cut, "cut between a part and its frames");
			return 0;
		}
		ret = head_here(r, &head);
		if (ret <= 0)
			return ret;
		if (head.kind != OKNG_BLOCK_FRAME || head.id != part->record.id || head.n != i) {
			note(r, &r->notes.damaged, "a part without its frames");
			return 0;
		}
		ret = payload_here(r, &head, at);
		if (ret <= 0)
			return ret;
		begin[i] = at;
		size[i] = (size_t)head.size;
		at += size[i];
	}
	for (int i = 0; i < part->n_frames; i++) { /* only now: the bytes may have moved */
		if (okng_frame_read(r->bytes + begin[i], size[i], &r->frames[i])) {
			note(r, &r->notes.damaged, "a frame that makes no sense");
			return 0;
		}
	}
	part->frames = r->frames;
	return 1;
}

static int read_part(struct okng_recording *r, const struct okng_block_head *head, uint64_t offset, struct okng_recorded_part *part)
{
	int ret;

	if (okng_part_read(r->bytes, (size_t)head->size, &part->record) || part->record.id != head->id || head->n > OKNG_RECORDED_FRAMES_MAX) {
		note(r, &r->notes.damaged, "a part that makes no sense");
		return 0;
	}
	part->n_frames = head->n;
	part->frames = NULL;
	part->segment = r->name;
	part->offset = offset;
	ret = read_frames(r, part, (size_t)head->size);
	r->notes.parts += ret > 0;
	return ret;
}

static int keep_setup(struct okng_recording *r, size_t size)
{
	struct okng_recorded_setup s, *more;

	if (okng_setup_read(r->bytes, size, &s)) {
		note(r, &r->notes.damaged, "a setup that makes no sense");
		return 0;
	}
	if (okng_recording_setup(r, s.name))
		return 0;
	more = realloc(r->setups, (size_t)(r->n_setups + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->setups = more;
	r->setups[r->n_setups++] = s;
	return 0;
}

/* One block: 1: a whole part; 0: go on; negative errno. */
static int step(struct okng_recording *r, struct okng_recorded_part *part)
{
	struct okng_block_head head;
	uint64_t offset = r->offset, dropped;
	int ret = head_here(r, &head);

	if (ret <= 0)
		return ret;
	if (head.kind == OKNG_BLOCK_FRAME || head.kind > OKNG_BLOCK_DROPPED || !head.kind) { /* of a part that is lost, or news */
		r->offset += okng_block_room(head.size);
		return 0;
	}
	ret = payload_here(r, &head, 0);
	if (ret <= 0)
		return ret;
	if (head.kind == OKNG_BLOCK_PART)
		return read_part(r, &head, offset, part);
	if (head.kind == OKNG_BLOCK_SETUP)
		return keep_setup(r, (size_t)head.size);
	if (head.kind == OKNG_BLOCK_DROPPED && !okng_dropped_read(r->bytes, (size_t)head.size, &dropped))
		r->notes.dropped += dropped;
	return 0;
}

static void leave_segment(struct okng_recording *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* 0: its head is good; 1: passed over; negative errno. */
static int enter_segment(struct okng_recording *r)
{
	uint8_t bytes[OKNG_BLOCK_HEAD];
	struct okng_block_head head;
	struct stat st;

	if (fstat(r->fd, &st))
		return -errno;
	r->offset = 0;
	r->size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	if (r->size < OKNG_BLOCK_HEAD) {
		note(r, &r->notes.cut, "cut in the segment's head");
	} else if (read_at(r->fd, bytes, sizeof(bytes), 0) || !okng_block_head_read(bytes, &head) || head.kind != OKNG_BLOCK_SEGMENT) {
		note(r, &r->notes.damaged, "not a segment of a recording");
	} else if (head.n > OKNG_RECORDING_VERSION) {
		note(r, &r->notes.damaged, "a segment of a newer okng");
	} else {
		return 0;
	}
	leave_segment(r);
	return 1;
}

static int open_next(struct okng_recording *r)
{
	char path[PATH_MAX + 256];

	r->name = r->names[r->next++];
	snprintf(path, sizeof(path), "%s/%s", r->folder, r->name);
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return errno == ENOENT ? 1 : -errno; /* retention was faster */
	return enter_segment(r);
}

int okng_recording_next(struct okng_recording *r, struct okng_recorded_part *part)
{
	for (;;) {
		int ret = 0;

		if (r->fd < 0) {
			if (r->next >= r->n)
				return 0;
			ret = open_next(r);
		} else if (r->offset >= r->size) {
			leave_segment(r);
		} else {
			ret = step(r, part);
			if (ret == -ENODATA) {
				note(r, &r->notes.cut, "cut while it was read");
				leave_segment(r);
				ret = 0;
			} else if (ret > 0) {
				return 1;
			}
		}
		if (ret < 0)
			return ret;
	}
}

static bool is_segment(const char *name)
{
	size_t n = strlen(name), suffix = strlen(OKNG_RECORDING_SUFFIX);

	return n > suffix && name[0] != '.' && strcmp(name + n - suffix, OKNG_RECORDING_SUFFIX) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct okng_recording *r, const char *name)
{
	char **more = realloc(r->names, (size_t)(r->n + 1) * sizeof(*more)), *copy = strdup(name);

	if (more)
		r->names = more;
	if (!more || !copy) {
		free(copy);
		return -ENOMEM;
	}
	r->names[r->n++] = copy;
	return 0;
}

static int list_folder(struct okng_recording *r, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int ret = dir ? 0 : -errno;

	if ((size_t)snprintf(r->folder, sizeof(r->folder), "%s", path) >= sizeof(r->folder))
		ret = -ENAMETOOLONG;
	while (!ret && (entry = readdir(dir)) != NULL) {
		if (is_segment(entry->d_name))
			ret = add_name(r, entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!ret && r->n)
		qsort(r->names, (size_t)r->n, sizeof(*r->names), by_name);
	return ret ? ret : r->n ? 0 : -ENOENT;
}

static int list(struct okng_recording *r, const char *path)
{
	char below[PATH_MAX];
	struct stat st;
	const char *slash = strrchr(path, '/');
	int ret;

	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode)) {
		if (!is_segment(slash ? slash + 1 : path) || !S_ISREG(st.st_mode))
			return -EINVAL;
		snprintf(r->folder, sizeof(r->folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
		return add_name(r, slash ? slash + 1 : path);
	}
	ret = list_folder(r, path);
	if (ret != -ENOENT || (size_t)snprintf(below, sizeof(below), "%s/" OKNG_RECORDING_FOLDER, path) >= sizeof(below))
		return ret;
	return stat(below, &st) || !S_ISDIR(st.st_mode) ? ret : list_folder(r, below);
}

int okng_recording_open(struct okng_recording **recording, const char *path, char *why, size_t why_size)
{
	struct okng_recording *r = calloc(1, sizeof(*r));
	int ret;

	*recording = NULL;
	if (!r)
		return okng_why(why, why_size, -ENOMEM, "out of memory");
	r->fd = -1;
	ret = list(r, path);
	if (ret) {
		okng_recording_close(&r);
		return okng_why(why, why_size, ret, "%s: %s", path, ret == -ENOENT && !access(path, F_OK) ? "no recording in it: no *.okr" :
			ret == -EINVAL ? "not a recording: neither a folder nor *.okr" : strerror(-ret));
	}
	*recording = r;
	return 0;
}

int okng_recording_open_fd(struct okng_recording **recording, int fd, const char *name)
{
	struct okng_recording *r = calloc(1, sizeof(*r));
	int ret;

	*recording = NULL;
	if (!r) {
		close(fd);
		return -ENOMEM;
	}
	r->fd = fd;
	snprintf(r->folder, sizeof(r->folder), ".");
	ret = add_name(r, name);
	if (!ret) {
		r->name = r->names[0];
		r->next = r->n;
		ret = enter_segment(r);
	}
	if (ret < 0)
		okng_recording_close(&r);
	*recording = r;
	return ret < 0 ? ret : 0;
}

const struct okng_recorded_setup *okng_recording_setup(const struct okng_recording *r, const char *name)
{
	for (int i = 0; i < r->n_setups; i++) {
		if (strcmp(r->setups[i].name, name) == 0)
			return &r->setups[i];
	}
	return NULL;
}

const char *okng_recording_folder(const struct okng_recording *r)
{
	return r->folder;
}

int okng_recording_segments(const struct okng_recording *r)
{
	return r->n;
}

void okng_recording_notes(const struct okng_recording *r, struct okng_recording_notes *notes)
{
	*notes = r->notes;
}

void okng_recording_close(struct okng_recording **recording)
{
	struct okng_recording *r = *recording;

	*recording = NULL;
	if (!r)
		return;
	leave_segment(r);
	for (int i = 0; i < r->n; i++)
		free(r->names[i]);
	free(r->names);
	free(r->setups);
	free(r->bytes);
	free(r);
}

static int sum_file(const char *path, uint64_t *size, uint32_t *crc)
{
	uint8_t buffer[SEARCH];
	FILE *f = fopen(path, "rb");
	uLong sum = 0;
	size_t n;
	int ret;

	if (!f)
		return -errno;
	*size = 0;
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0) {
		sum = crc32_z(sum, buffer, n);
		*size += n;
	}
	ret = ferror(f) ? -EIO : 0;
	fclose(f);
	*crc = (uint32_t)sum;
	return ret;
}

int okng_recording_setup_file(const struct okng_recording *r, const struct okng_recorded_setup *setup, const char *role, char *path, size_t size)
{
	for (int i = 0; i < setup->n_files; i++) {
		const struct okng_setup_file *f = &setup->files[i];
		uint64_t bytes;
		uint32_t crc;
		int ret;

		if (strcmp(f->role, role) != 0)
			continue;
		if ((size_t)snprintf(path, size, "%s/" OKNG_RECORDING_SETUPS "/%s/%s", r->folder, setup->name, f->name) >= size)
			return -ENAMETOOLONG;
		ret = sum_file(path, &bytes, &crc);
		return ret ? ret : bytes != f->size || crc != f->crc ? -EINVAL : 0;
	}
	snprintf(path, size, "%s", "");
	return -ENOENT;
}

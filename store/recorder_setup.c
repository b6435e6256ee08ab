/* SPDX-License-Identifier: Apache-2.0
 *
 * Setups are folders one can teach, judge and edit with, so that `okng inspect --recipe` takes one as it is. The name is a
 * checksum of the contents; contents are compared, so that two that share a checksum get two names. A file that an earlier
 * setup has too (a model is large, and a recipe is tuned often) is linked and not copied.
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

#include "store/trouble.h"

#define BLOCK 65536
#define SAME_SUM_MAX 9 /* different contents under one checksum */

static int sum_fd(int fd, uint64_t *size, uint32_t *crc)
{
	uint8_t buffer[BLOCK];
	uLong sum = 0;
	ssize_t n;

	*size = 0;
	while ((n = pread(fd, buffer, sizeof(buffer), (off_t)*size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		sum = crc32_z(sum, buffer, (size_t)n);
		*size += (uint64_t)n;
	}
	*crc = (uint32_t)sum;
	return 0;
}

int okng_setup_sum(const char *path, uint64_t *size, uint32_t *crc)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = sum_fd(fd, size, crc);
	close(fd);
	return ret;
}

int okng_recorder_setup_sum(struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size)
{
	for (int i = 0; i < setup->n_files; i++) {
		int ret = okng_setup_sum(paths[i], &setup->files[i].size, &setup->files[i].crc);

		if (ret)
			return okng_why(why, why_size, ret, "%s: %s", paths[i], strerror(-ret));
	}
	return 0;
}

static bool holds(const struct okng_recorded_setup *setup, const char *const *paths)
{
	struct okng_recorded_setup now = *setup;

	if (okng_recorder_setup_sum(&now, paths, NULL, 0))
		return false;
	for (int i = 0; i < setup->n_files; i++) {
		if (now.files[i].size != setup->files[i].size || now.files[i].crc != setup->files[i].crc)
			return false;
	}
	return true;
}

/* Copies all of from to the new file `to`; *n gets its bytes. */
static int copy(int from, int to, uint64_t *n)
{
	uint8_t buffer[BLOCK];

	*n = 0;
	for (;;) {
		ssize_t got = pread(from, buffer, sizeof(buffer), (off_t)*n), done = 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		while (done < got) {
			ssize_t put = write(to, buffer + done, (size_t)(got - done));

			if (put < 0 && errno != EINTR)
				return -errno;
			done += put > 0 ? put : 0;
		}
		*n += (uint64_t)got;
	}
}

static bool same(int a, int b)
{
	uint8_t x[BLOCK], y[BLOCK];

	for (off_t at = 0;; at += BLOCK) {
		ssize_t n = pread(a, x, sizeof(x), at), m = pread(b, y, sizeof(y), at);

		if (n < 0 || n != m || memcmp(x, y, (size_t)n) != 0)
			return false;
		if (n < BLOCK)
			return true;
	}
}

/* The file of a setup on the disk, read only; negative errno. */
static int open_kept(const struct okng_shelf *s, const char *setup, const char *name)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), OKNG_RECORDING_SETUPS "/%s/%s", setup, name);
	fd = openat(s->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static bool is_kept(const struct okng_shelf *s, const char *setup, const char *name, const char *path)
{
	int a = open_kept(s, setup, name), b = open(path, O_RDONLY | O_CLOEXEC);
	bool is = a >= 0 && b >= 0 && same(a, b);

	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	return is;
}

/* A setup that has the same file gives it by a link. */
static bool link_file(const struct okng_shelf *s, const struct okng_setup_file *file, const char *path, const char *to)
{
	char from[96];

	for (int i = 0; i < s->n_setups; i++) {
		if (!is_kept(s, s->setups[i].name, file->name, path))
			continue;
		snprintf(from, sizeof(from), OKNG_RECORDING_SETUPS "/%s/%s", s->setups[i].name, file->name);
		return linkat(s->folder, from, s->folder, to, 0) == 0;
	}
	return false;
}

static int copy_file(const struct okng_shelf *s, const char *path, const char *to, uint64_t *n)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), fd, ret;

	if (from < 0)
		return -errno;
	fd = openat(s->folder, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	ret = fd < 0 ? -errno : copy(from, fd, n);
	if (!ret && fdatasync(fd))
		ret = -errno;
	close(from);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void remove_folder(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !dir)
		close(fd);
	while (dir && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
	(void)unlinkat(folder, path, AT_REMOVEDIR);
}

/* Makes setups/name with every file: 0 or negative errno. */
static int make(struct okng_shelf *s, const struct okng_recorded_setup *setup, const char *const *paths)
{
	char fresh[64], path[96], final[64];
	uint64_t bytes = 0, n;
	int ret = 0;

	if (s->n_setups == OKNG_SETUPS_MAX)
		return -ENOSPC;
	snprintf(fresh, sizeof(fresh), OKNG_RECORDING_SETUPS "/.%s.new", setup->name);
	snprintf(final, sizeof(final), OKNG_RECORDING_SETUPS "/%s", setup->name);
	remove_folder(s->folder, fresh); /* what a crash left */
	if (mkdirat(s->folder, fresh, 0755))
		return -errno;
	for (int i = 0; !ret && i < setup->n_files; i++) {
		snprintf(path, sizeof(path), "%s/%s", fresh, setup->files[i].name);
		n = 0;
		if (!link_file(s, &setup->files[i], paths[i], path))
			ret = copy_file(s, paths[i], path, &n);
		bytes += n;
	}
	if (!ret && renameat(s->folder, fresh, s->folder, final))
		ret = -errno;
	if (ret) {
		remove_folder(s->folder, fresh);
		return ret;
	}
	memcpy(s->setups[s->n_setups].name, setup->name, sizeof(setup->name));
	s->setups[s->n_setups++].bytes = bytes;
	return 0;
}

static bool exists(const struct okng_shelf *s, const char *name)
{
	for (int i = 0; i < s->n_setups; i++) {
		if (strcmp(s->setups[i].name, name) == 0)
			return true;
	}
	return false;
}

static int find_or_make(struct okng_shelf *s, struct okng_recorded_setup *setup, const char *const *paths, uint32_t sum)
{
	for (int k = 1; k <= SAME_SUM_MAX; k++) {
		bool all = true;

		snprintf(setup->name, sizeof(setup->name), k == 1 ? "%08x" : "%08x-%d", sum, k);
		if (!exists(s, setup->name))
			return make(s, setup, paths);
		for (int i = 0; all && i < setup->n_files; i++)
			all = is_kept(s, setup->name, setup->files[i].name, paths[i]);
		if (all)
			return 0;
	}
	return -EEXIST;
}

/* Its number among those used by this process, or negative errno. */
static int use(struct okng_shelf *s, const struct okng_recorded_setup *setup)
{
	for (int i = 0; i < s->n_used; i++) {
		if (memcmp(s->used[i], setup, sizeof(*setup)) == 0)
			return i;
	}
	if (s->n_used == OKNG_SETUPS_MAX)
		return -ENOSPC;
	s->used[s->n_used] = malloc(sizeof(*setup));
	if (!s->used[s->n_used])
		return -ENOMEM;
	*s->used[s->n_used] = *setup;
	return s->n_used++;
}

int okng_shelf_setup(struct okng_shelf *s, struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size)
{
	uLong sum = 0;
	int ret = holds(setup, paths) ? 0 : -ESTALE;

	for (int i = 0; i < setup->n_files; i++) {
		sum = crc32_z(sum, (const Bytef *)setup->files[i].name, strlen(setup->files[i].name));
		sum = crc32_z(sum, (const Bytef *)&setup->files[i].crc, sizeof(setup->files[i].crc));
	}
	pthread_mutex_lock(&s->lock);
	if (!ret && mkdirat(s->folder, OKNG_RECORDING_SETUPS, 0755) && errno != EEXIST)
		ret = -errno;
	if (!ret)
		ret = find_or_make(s, setup, paths, (uint32_t)sum);
	if (!ret && !holds(setup, paths))
		ret = -ESTALE;
	if (!ret)
		ret = use(s, setup);
	pthread_mutex_unlock(&s->lock);
	if (ret < 0)
		setup->name[0] = '\0';
	return ret < 0 ? okng_why(why, why_size, ret, "the setup cannot be kept in the recording: %s", strerror(-ret)) : 0;
}

static uint64_t folder_bytes(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	uint64_t bytes = 0;

	if (fd >= 0 && !dir)
		close(fd);
	while (dir && (entry = readdir(dir)) != NULL) {
		if (!fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size / (st.st_nlink ? st.st_nlink : 1); /* a linked file counts once */
	}
	if (dir)
		closedir(dir);
	return bytes;
}

int okng_setups_list(struct okng_shelf *s)
{
	int fd = openat(s->folder, OKNG_RECORDING_SETUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		int ret = errno == ENOENT ? 0 : -errno;

		if (fd >= 0)
			close(fd);
		return ret;
	}
	while ((entry = readdir(dir)) != NULL && s->n_setups < OKNG_SETUPS_MAX) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= OKNG_SETUP_NAME_MAX)
			continue;
		snprintf(s->setups[s->n_setups].name, OKNG_SETUP_NAME_MAX, "%.*s", OKNG_SETUP_NAME_MAX - 1, entry->d_name);
		s->setups[s->n_setups++].bytes = folder_bytes(dirfd(dir), entry->d_name);
	}
	closedir(dir);
	return 0;
}

static bool is_wanted(const struct okng_shelf *s, const char *name)
{
	for (int i = 0; i < s->n_used; i++) {
		if (strcmp(s->used[i]->name, name) == 0)
			return true;
	}
	for (int i = 0; i < s->n_segments; i++) {
		for (int k = 0; k < s->segments[i].n_setups; k++) {
			if (strcmp(s->segments[i].setups[k], name) == 0)
				return true;
		}
	}
	return false;
}

void okng_setups_tidy(struct okng_shelf *s)
{
	char path[64];

	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_setups;) {
		if (is_wanted(s, s->setups[i].name)) {
			i++;
			continue;
		}
		snprintf(path, sizeof(path), OKNG_RECORDING_SETUPS "/%s", s->setups[i].name);
		remove_folder(s->folder, path);
		s->setups[i] = s->setups[--s->n_setups];
	}
	pthread_mutex_unlock(&s->lock);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader never sees half a file: the rename is what makes it there.
 */
#include "pipeline/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const uint8_t *p, size_t size)
{
	while (size) {
		ssize_t n = write(fd, p, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_new(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	int rc = write_all(fd, bytes, size);
	if (!rc && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && !rc)
		rc = -errno;
	return rc;
}

int okng_file_replace(const char *path, const void *bytes, size_t size)
{
	char *fresh;
	if (asprintf(&fresh, "%s.new", path) < 0)
		return -ENOMEM;
	int rc = write_new(fresh, bytes, size);
	if (!rc && rename(fresh, path) != 0)
		rc = -errno;
	if (rc)
		unlink(fresh);
	free(fresh);
	return rc;
}

int okng_file_sync_folder(const char *path)
{
	char *folder = strdup(path);
	if (!folder)
		return -ENOMEM;
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return rc;
}

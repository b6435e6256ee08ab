/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles on disk. What is written is read back before an old file is replaced.
 */
#include "calib/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/file.h"

int okng_profile_load(struct okng_profile *profile, const char *path, struct okng_error *err)
{
	char bytes[OKNG_PROFILE_SIZE_MAX + 1];
	size_t n = 0;
	*profile = (struct okng_profile){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : 0;
	while (rc == 0 && n < sizeof bytes) {
		ssize_t got = read(fd, bytes + n, sizeof bytes - n);
		if (got == 0)
			break;
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		return okng_error_set(err, rc, path, 0, "", "cannot be read: %s", strerror(-rc));
	return okng_profile_parse(profile, bytes, n, path, err);
}

int okng_profile_save(const struct okng_profile *profile, const char *path, struct okng_error *err)
{
	char text[OKNG_PROFILE_SIZE_MAX];
	struct okng_profile back;
	int n = okng_profile_print(profile, text, sizeof text);
	if (n < 0)
		return okng_error_set(err, n, path, 0, "serial", "may hold letters, digits and -_.: only, 63 at most; a profile has a lens or a plane");
	int rc = okng_profile_parse(&back, text, (size_t)n, path, err);
	if (rc < 0)
		return rc;
	rc = okng_file_replace(path, text, (size_t)n);
	return rc < 0 ? okng_error_set(err, rc, path, 0, "", "cannot be written: %s", strerror(-rc)) : 0;
}

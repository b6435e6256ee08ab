/* SPDX-License-Identifier: Apache-2.0
 *
 * Read to its end rather than by its size: a list may come through a pipe.
 */
#include "cli/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_all(FILE *in, size_t most, char **bytes, size_t *size)
{
	size_t room = 0;

	while (!feof(in) && *size <= most) {
		if (*size == room) {
			char *grown = realloc(*bytes, room ? room * 2 : 4096);

			if (!grown)
				return -ENOMEM;
			*bytes = grown;
			room = room ? room * 2 : 4096;
		}
		*size += fread(*bytes + *size, 1, room - *size, in);
		if (ferror(in))
			return errno ? -errno : -EIO;
	}
	return 0;
}

int okng_text_file_load(const char *path, size_t most, char **bytes, size_t *size, struct okng_error *err)
{
	FILE *in;
	int rc;

	*bytes = NULL;
	*size = 0;
	in = fopen(path, "re");
	if (!in)
		return okng_error_set(err, -errno, path, 0, "", "%s", strerror(errno));
	rc = read_all(in, most, bytes, size);
	fclose(in);
	if (rc) {
		free(*bytes);
		*bytes = NULL;
		okng_error_set(err, rc, path, 0, "", "%s", strerror(-rc));
	}
	return rc;
}

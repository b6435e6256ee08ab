/* SPDX-License-Identifier: Apache-2.0
 *
 * The pictures of a folder in byte order of their names: the same order on every machine, whatever its locale or
 * file system.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "camera/image_file.h"

struct list {
	char **paths; /* NULL-terminated once n > 0 */
	size_t n, room;
};

static bool is_picture(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot != name && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 || strcasecmp(dot, ".png") == 0);
}

static int add(struct list *l, const char *folder, const char *name)
{
	if (l->n + 2 > l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		char **p = realloc(l->paths, room * sizeof *p);
		if (!p)
			return -ENOMEM;
		l->paths = p;
		l->room = room;
	}
	if (asprintf(&l->paths[l->n], "%s/%s", folder, name) < 0) {
		l->paths[l->n] = NULL;
		return -ENOMEM;
	}
	l->paths[++l->n] = NULL;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int collect(struct list *l, DIR *dir, const char *folder, const char *pattern)
{
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e)
			return -errno;
		struct stat st;
		if (!is_picture(e->d_name) || (pattern && *pattern && fnmatch(pattern, e->d_name, 0) != 0))
			continue;
		if (fstatat(dirfd(dir), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode))
			continue;
		int rc = add(l, folder, e->d_name);
		if (rc < 0)
			return rc;
	}
}

int okng_image_file_list(char ***paths, const char *folder, const char *pattern, struct okng_error *err)
{
	struct list l = {0};
	*paths = NULL;
	DIR *dir = opendir(folder);
	if (!dir) {
		int e = errno;
		return okng_error_set(err, -e, folder, 0, "", "the folder cannot be opened: %s", strerror(e));
	}
	int rc = collect(&l, dir, folder, pattern);
	closedir(dir);
	if (rc == 0 && l.n == 0)
		rc = -ENODATA;
	if (rc < 0) {
		okng_image_file_list_free(&l.paths);
		if (rc == -ENODATA)
			return okng_error_set(err, rc, folder, 0, "", "no .jpg, .jpeg or .png file in it matches \"%s\"", pattern && *pattern ? pattern : "*");
		return okng_error_set(err, rc, folder, 0, "", "the folder cannot be read: %s", strerror(-rc));
	}
	qsort(l.paths, l.n, sizeof *l.paths, by_name);
	*paths = l.paths;
	return (int)l.n;
}

void okng_image_file_list_free(char ***paths)
{
	for (char **p = *paths; p && *p; p++)
		free(*p);
	free(*paths);
	*paths = NULL;
}

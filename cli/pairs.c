/* SPDX-License-Identifier: Apache-2.0
 *
 * The list is cut in place: tabs and line ends become terminators, so that a pair is two pointers. Lists come from
 * scripts, so a line that is not a pair is refused with its number, not skipped: a part must not go unlooked at.
 */
#include "cli/pairs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text_file.h"

#define LIST_MAX (64u << 20) /* bytes */

static int add_line(struct okng_pairs *pairs, char *line, const char *name, int number, struct okng_error *err)
{
	size_t length = strlen(line);
	char *tab;

	if (length && line[length - 1] == '\r')
		line[--length] = '\0';
	if (!length || line[0] == '#')
		return 0;
	tab = strchr(line, '\t');
	if (!tab || tab == line || !tab[1] || strchr(tab + 1, '\t'))
		return okng_error_set(err, -EINVAL, name, number, "", "a line is the golden image, one tab, the image to judge");
	*tab = '\0';
	pairs->pair[pairs->n++] = (struct okng_pair){ line, tab + 1 };
	return 0;
}

static int cut(struct okng_pairs *pairs, size_t size, const char *name, struct okng_error *err)
{
	size_t lines = 1;
	char *line = pairs->text;
	int number = 1, rc;

	if (memchr(line, '\0', size))
		return okng_error_set(err, -EINVAL, name, 0, "", "not a text file: it holds a zero byte");
	for (size_t i = 0; i < size; i++)
		lines += line[i] == '\n';
	pairs->pair = calloc(lines, sizeof(*pairs->pair));
	if (!pairs->pair)
		return -ENOMEM;
	for (; line; number++) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		rc = add_line(pairs, line, name, number, err);
		if (rc)
			return rc;
		line = end ? end + 1 : NULL;
	}
	if (pairs->n == 0)
		return okng_error_set(err, -ENODATA, name, 0, "", "no pair in this list");
	return 0;
}

int okng_pairs_parse(struct okng_pairs *pairs, const char *bytes, size_t size, const char *name, struct okng_error *err)
{
	int rc;

	*pairs = (struct okng_pairs){ 0 };
	if (size > LIST_MAX)
		return okng_error_set(err, -EFBIG, name, 0, "", "a list is at most %u MiB", LIST_MAX >> 20);
	pairs->text = malloc(size + 1);
	if (!pairs->text)
		return -ENOMEM;
	memcpy(pairs->text, bytes, size);
	pairs->text[size] = '\0';
	rc = cut(pairs, size, name, err);
	if (rc)
		okng_pairs_finish(pairs);
	return rc;
}

int okng_pairs_load(struct okng_pairs *pairs, const char *path, struct okng_error *err)
{
	char *bytes;
	size_t size;
	int rc;

	*pairs = (struct okng_pairs){ 0 };
	rc = okng_text_file_load(path, LIST_MAX, &bytes, &size, err);
	if (!rc)
		rc = okng_pairs_parse(pairs, bytes, size, path, err);
	free(bytes);
	return rc;
}

const char *okng_pairs_resolve(const char *path, const char *name, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (name[0] != '/' && slash) {
		int n = snprintf(out, size, "%.*s/%s", (int)(slash - path), path, name);

		if (n > 0 && (size_t)n < size && access(out, F_OK) == 0)
			return out;
	}
	snprintf(out, size, "%s", name);
	return out;
}

void okng_pairs_finish(struct okng_pairs *pairs)
{
	free(pairs->text);
	free(pairs->pair);
	*pairs = (struct okng_pairs){ 0 };
}

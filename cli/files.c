/* SPDX-License-Identifier: Apache-2.0
 *
 * A list grown by one operand at a time. Existence of a file is the loader's business: it names what it can't read.
 */
#include "cli/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "camera/image_file.h"
#include "cli/say.h"

static int append(struct okng_files *files, const char *path)
{
	char **grown = realloc(files->path, ((size_t)files->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	files->path = grown;
	grown[files->n] = strdup(path);
	if (!grown[files->n])
		return -ENOMEM;
	files->n++;
	return 0;
}

int okng_files_add(struct okng_files *files, const char *operand, struct okng_error *err)
{
	char **list = NULL;
	struct stat st;
	int n, rc = 0;

	if (stat(operand, &st) || !S_ISDIR(st.st_mode))
		return append(files, operand);
	n = okng_image_file_list(&list, operand, NULL, err);
	for (int i = 0; i < n && !rc; i++)
		rc = append(files, list[i]);
	okng_image_file_list_free(&list);
	return n < 0 ? n : rc;
}

int okng_files_add_all(struct okng_files *files, char **argv, int n)
{
	for (int i = 0; i < n; i++) {
		struct okng_error err = { 0 };
		int rc = okng_files_add(files, argv[i], &err);

		if (rc) {
			okng_say_error(&err, rc, argv[i]);
			return rc;
		}
	}
	return 0;
}

void okng_files_finish(struct okng_files *files)
{
	for (int i = 0; i < files->n; i++)
		free(files->path[i]);
	free(files->path);
	*files = (struct okng_files){ 0 };
}

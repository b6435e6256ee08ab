/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over every file of the folders named on the command line, so that the corpus is part of the
 * ordinary tests with any compiler; libFuzzer brings its own main instead (-Dfuzz=true).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
		if (f)
			fclose(f);
		return 0;
	}
	/* Exactly as large as the input, so that a sanitizer sees the first byte past it. */
	uint8_t *bytes = malloc((size_t)st.st_size ? (size_t)st.st_size : 1);
	if (!bytes) {
		fclose(f);
		return -1;
	}
	size_t size = fread(bytes, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return 1;
}

int main(int argc, char **argv)
{
	int files = 0;
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		if (!d) {
			perror(argv[i]);
			return 2;
		}
		for (struct dirent *e; (e = readdir(d));) {
			char path[4096];
			snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			int n = replay(path);
			if (n < 0)
				return 2;
			files += n;
		}
		closedir(d);
	}
	printf("%d inputs replayed\n", files);
	return files ? 0 : 1; /* an empty corpus is a mistake, not a pass */
}

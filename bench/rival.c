/* SPDX-License-Identifier: Apache-2.0
 *
 * The way from the program to the module is fixed within a build folder: ../bench/ from cli/.
 */
#include "bench/rival.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int beside(char *path, size_t size, const char *file)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0)
		return -ENOENT;
	program[n] = '\0';
	char *slash = strrchr(program, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	n = snprintf(path, size, "%s/../bench/%s", program, file);
	return n > 0 && (size_t)n < size && access(path, R_OK) == 0 ? 0 : -ENOENT;
}

const void *okng_bench_rival_symbol(const char *file, const char *symbol)
{
	char found[PATH_MAX + 64];
	if (beside(found, sizeof found, file) < 0)
		return NULL;
	void *module = dlopen(found, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	return module ? dlsym(module, symbol) : NULL;
}

int okng_bench_rival_load(const struct okng_bench_opencv **opencv, const char *path, struct okng_error *err)
{
	char found[PATH_MAX + 64];
	*opencv = NULL;
	if (!path && beside(found, sizeof found, "okng_bench_opencv.so") < 0)
		return 0;
	path = path ? path : found;
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	*opencv = module ? dlsym(module, OKNG_BENCH_OPENCV_SYMBOL) : NULL;
	if (!*opencv)
		return okng_error_set(err, -ENOENT, path, 0, "", "%s", module ? "not the OpenCV module of this build" : dlerror());
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the module with OpenCV: ../calib/ from cli/ in a build folder, else where meson installed it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calib/lens.h"

#define MODULE "okng_calib_opencv.so"

static bool beside(char *path, size_t size)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0)
		return false;
	program[n] = '\0';
	char *slash = strrchr(program, '/');
	if (!slash)
		return false;
	*slash = '\0';
	n = snprintf(path, size, "%s/../calib/" MODULE, program);
	return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

int okng_lens_load(const struct okng_lens_solver **solver, const char *path, struct okng_error *err)
{
	char found[PATH_MAX + 64];
	*solver = NULL;
	if (!path)
		path = beside(found, sizeof found) ? found : OKNG_MODULE_DIR "/" MODULE;
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (module)
		*solver = dlsym(module, OKNG_LENS_SYMBOL);
	if (!*solver)
		return okng_error_set(err, -ENOENT, "", 0, "", "calibration needs the module " MODULE ", which is built where OpenCV is installed: %s",
			module ? "not the module of this program" : dlerror());
	return 0;
}

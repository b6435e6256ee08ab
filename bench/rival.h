/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds and loads the OpenCV module that the build leaves beside okng; without it benchmarks show our side alone.
 */
#ifndef OKNG_BENCH_RIVAL_H
#define OKNG_BENCH_RIVAL_H

#include "bench/opencv.h"
#include "pipeline/error.h"

/* symbol of a module of that file name in the same build; NULL: it is not there, or not of this build. Stays loaded, too. */
const void *okng_bench_rival_symbol(const char *file, const char *symbol);

/* path NULL: the module in the build that this program was started from; none there is 0 with *opencv NULL. A path that
 * can't be loaded is -ENOENT with *err. The module stays loaded until the process ends (OpenCV cannot be unloaded). */
int okng_bench_rival_load(const struct okng_bench_opencv **opencv, const char *path, struct okng_error *err);

#endif

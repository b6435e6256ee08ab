/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of benchmarks.
 */
#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/task.h"

static int chain(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_chain(setup, &(struct okng_bench_variant){.blobs = OKNG_BENCH_BLOBS}, row, err);
}

static int chain_tuned(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_chain(setup, &(struct okng_bench_variant){.blobs = OKNG_BENCH_BLOBS, .tuned = true}, row, err);
}

static int inspect(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_inspect(setup, false, row, err);
}

static int inspect_tuned(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_inspect(setup, true, row, err);
}

static int undistort(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_undistort(setup, false, row, err);
}

static int undistort_tuned(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err)
{
	return okng_bench_undistort(setup, true, row, err);
}

static const struct {
	const char *name, *what;
	int (*run)(const struct okng_bench_setup *setup, struct okng_bench_row *row, struct okng_error *err); /* NULL: a kernel */
} table[] = {
	{"chain", "smoothing, band compare, opening, blobs with features", chain},
	{"chain_tuned", "the same; OpenCV with findContours", chain_tuned},
	{"inspect", "flat field, locating, resampling, chain, classes, judge", inspect},
	{"inspect_tuned", "the same; OpenCV with findContours", inspect_tuned},
	{"undistort", "flat field and lens; OpenCV with float division and remap", undistort},
	{"undistort_tuned", "the same; OpenCV with multiplication", undistort_tuned},
	{"scaling", "throughput of two workers over that of one", okng_bench_scaling},
	{"parts", "time of each part; ratio is p99.9 over the median", okng_bench_parts},
	{"gauss3", "3x3 Gauss, 8 bits", NULL},
	{"gauss3_16", "3x3 Gauss, 12 bits in 16", NULL},
	{"band", "compare with lower and upper bounds, 8 bits", NULL},
	{"band_16", "compare with lower and upper bounds, 12 bits in 16", NULL},
	{"gauss3_band", "3x3 Gauss and compare in one", NULL},
	{"erode", "3x3 erosion of a mask", NULL},
	{"dilate", "3x3 dilation of a mask", NULL},
	{"slide", "column sums of a window, one row on", NULL},
	{"local_mean", "mean of a window of 31x31 (slide, box_mean)", NULL},
	{"margins", "bounds around a mean", NULL},
	{"correct", "flat field", NULL},
	{"sum", "sum of the greys", NULL},
	{"energy", "sum of the squared differences of neighbours", NULL},
	{"halve", "2x2 means", NULL},
	{"light_sums", "sums of two pictures where neither is black or white", NULL},
	{"light", "gain for the whole picture (with a copy)", NULL},
	{"resample", "bilinear resampling by a pose", NULL},
};

#define TABLE (sizeof table / sizeof *table)

const char *const okng_bench_names[] = {"chain", "chain_tuned", "inspect", "inspect_tuned", "undistort", "undistort_tuned",
	"scaling", "parts", "gauss3", "gauss3_16", "band", "band_16", "gauss3_band", "erode", "dilate", "slide", "local_mean", "margins", "correct",
	"sum", "energy", "halve", "light_sums", "light", "resample", NULL};

_Static_assert(sizeof okng_bench_names / sizeof *okng_bench_names == TABLE + 1, "a name for each");

int okng_bench_run(const struct okng_bench_setup *setup, const char *name, struct okng_bench_row *row, struct okng_error *err)
{
	size_t i = 0;
	while (i < TABLE && strcmp(table[i].name, name) != 0)
		i++;
	if (i == TABLE)
		return okng_error_set(err, -EINVAL, "", 0, name, "there is no such benchmark");
	if (okng_bench_scene_room(setup->width, setup->height) < OKNG_BENCH_BLOBS)
		return okng_error_set(err, -EINVAL, "", 0, name, "%d×%d pixels have no room for %d defects", setup->width,
			setup->height, OKNG_BENCH_BLOBS);
	*row = (struct okng_bench_row){.name = table[i].name, .what = table[i].what, .cpu = okng_kernels_get(okng_cpu_level())->cpu,
		.width = setup->width, .height = setup->height, .t = {NAN, NAN, NAN, NAN, NAN, NAN, 0},
		.p99_ms = NAN, .p999_ms = NAN, .max_ms = NAN};
	int rc = table[i].run ? table[i].run(setup, row, err) : okng_bench_kernel(setup, name, row, err);
	if (rc < 0 && err && !err->text[0])
		okng_error_set(err, rc, "", 0, name, "%s", strerror(-rc));
	return rc;
}

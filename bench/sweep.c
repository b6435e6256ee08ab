/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep is a list of points; each point is one or two measurements, which are checked as any other benchmark is.
 */
#include "bench/sweep.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/plot.h"
#include "bench/task.h"

#define REGIONS 8 /* of the regions' sweep: as many as a recipe has tools */

struct point {
	int32_t width, height;
	int value; /* blobs or regions */
};

static const struct point sizes[] = {{640, 480, 0}, {1024, 768, 0}, {1280, 1024, 0}, {1920, 1200, 0}, {2448, 2048, 0}, {4096, 3000, 0},
	{5472, 3648, 0}};
static const struct point blobs[] = {{0, 0, 0}, {0, 0, 100}, {0, 0, 300}, {0, 0, 1000}, {0, 0, 2000}, {0, 0, 4000}, {0, 0, 6000},
	{0, 0, 8000}, {0, 0, 10000}};
static const struct point regions[] = {{0, 0, 1}, {0, 0, 2}, {0, 0, 3}, {0, 0, 4}, {0, 0, 5}, {0, 0, 6}, {0, 0, 7}, {0, 0, 8}};

/* Both ways of OpenCV, and ours of the first. */
struct figures {
	struct okng_bench_row usual, tuned;
};

struct sweep {
	const char *name, *title, *x_label;
	bool log_x, log_y, streams;
	const struct point *points;
	int n, n_quick; /* the first few when quick */
	int (*measure)(const struct okng_bench_setup *setup, const struct point *point, bool tuned, struct okng_bench_row *row,
		struct okng_error *err);
	double (*x)(const struct okng_bench_setup *setup, const struct point *point);
};

static int chain_of_size(const struct okng_bench_setup *setup, const struct point *point, bool tuned, struct okng_bench_row *row,
	struct okng_error *err)
{
	(void)point;
	return okng_bench_chain(setup, &(struct okng_bench_variant){.blobs = OKNG_BENCH_BLOBS, .tuned = tuned}, row, err);
}

static int inspect_of_size(const struct okng_bench_setup *setup, const struct point *point, bool tuned, struct okng_bench_row *row,
	struct okng_error *err)
{
	(void)point;
	return okng_bench_inspect(setup, tuned, row, err);
}

static int chain_of_blobs(const struct okng_bench_setup *setup, const struct point *point, bool tuned, struct okng_bench_row *row,
	struct okng_error *err)
{
	return okng_bench_chain(setup, &(struct okng_bench_variant){.blobs = point->value, .tuned = tuned}, row, err);
}

/* One defect in each region. */
static int chain_of_regions(const struct okng_bench_setup *setup, const struct point *point, bool tuned, struct okng_bench_row *row,
	struct okng_error *err)
{
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .blobs = REGIONS};
	struct okng_rect region[REGIONS];
	for (int i = 0; i < REGIONS; i++)
		region[i] = okng_bench_scene_region(&view, i);
	const struct okng_bench_variant variant = {.blobs = REGIONS, .regions = region, .n_regions = point->value, .tuned = tuned};
	return okng_bench_chain(setup, &variant, row, err);
}

static double x_size(const struct okng_bench_setup *setup, const struct point *point)
{
	(void)point;
	return (double)setup->width * setup->height * 1e-6;
}

static double x_value(const struct okng_bench_setup *setup, const struct point *point)
{
	(void)setup;
	return point->value;
}

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const struct sweep sweeps[] = {
	{"size-chain", "Smoothing, band compare, opening, 40 blobs", "picture, megapixels", true, true, true, sizes, COUNT(sizes), 2,
		chain_of_size, x_size},
	{"size-inspect", "Whole inspection, part shifted and turned", "picture, megapixels", true, true, true, sizes, COUNT(sizes), 2,
		inspect_of_size, x_size},
	{"blobs", "Smoothing, band compare, opening, blobs", "blobs", false, true, true, blobs, COUNT(blobs), 2, chain_of_blobs, x_value},
	{"regions", "Tools, each with a region of about a tenth of the picture", "regions", false, false, false, regions, COUNT(regions), 2,
		chain_of_regions, x_value},
};

_Static_assert(2 * COUNT(sizes) + COUNT(blobs) + COUNT(regions) == OKNG_BENCH_SWEEP_POINTS, "of all sweeps");

static int fail(struct okng_error *err, int rc, const char *file)
{
	return okng_error_set(err, rc, file, 0, "", "%s", strerror(-rc));
}

/* "DIR/NAME.SUFFIX" for writing; NULL with *err. */
static FILE *create(const char *dir, const char *name, const char *suffix, char *path, size_t size, struct okng_error *err)
{
	if (snprintf(path, size, "%s/%s.%s", dir, name, suffix) >= (int)size) {
		fail(err, -ENAMETOOLONG, dir);
		return NULL;
	}
	FILE *out = fopen(path, "w");
	if (!out)
		fail(err, -errno, path);
	return out;
}

static int finish(FILE *out, const char *path, struct okng_error *err)
{
	int bad = ferror(out);
	if (fclose(out) || bad)
		return fail(err, bad ? -EIO : -errno, path);
	return 0;
}

static void write_number(FILE *out, double value)
{
	if (isnan(value))
		fputs(",", out);
	else
		fprintf(out, ",%.5g", value);
}

static void write_row(FILE *csv, double x, const struct figures *f)
{
	const double values[] = {f->usual.t.ms, f->usual.t.opencv_ms, f->tuned.t.opencv_ms, f->usual.t.stream_ms, f->usual.t.ratio,
		f->usual.t.spread, f->tuned.t.ratio, f->tuned.t.spread};
	fprintf(csv, "%.6g,%d,%d", x, f->usual.width, f->usual.height);
	for (int i = 0; i < COUNT(values); i++)
		write_number(csv, values[i]);
	fprintf(csv, ",%s\n", okng_cpu_name(f->usual.cpu));
}

static int measure(const struct okng_bench_setup *setup, const struct sweep *sweep, const struct point *point, struct figures *f,
	struct okng_error *err)
{
	const struct okng_bench_row empty = {.cpu = okng_kernels_get(okng_cpu_level())->cpu, .width = setup->width, .height = setup->height,
		.t = {NAN, NAN, NAN, NAN, NAN, NAN, 0}};
	f->usual = f->tuned = empty;
	int rc = sweep->measure(setup, point, false, &f->usual, err);
	if (rc == 0 && setup->opencv)
		rc = sweep->measure(setup, point, true, &f->tuned, err);
	if (rc < 0 && !err->text[0])
		fail(err, rc, sweep->name);
	return rc;
}

static void begin_plot(struct okng_bench_plot *plot, const struct sweep *sweep, const char *note, bool opencv)
{
	*plot = (struct okng_bench_plot){.title = sweep->title, .x_label = sweep->x_label, .y_label = "time, ms", .note = note,
		.log_x = sweep->log_x, .log_y = sweep->log_y};
	plot->series[plot->n++].name = "okng";
	if (opencv) {
		plot->series[plot->n++] = (struct okng_bench_series){.name = "OpenCV", .dashed = true};
		plot->series[plot->n++] = (struct okng_bench_series){.name = "OpenCV, findContours", .dashed = true};
	}
	if (sweep->streams)
		plot->series[plot->n++].name = "reading the bytes";
}

static void add_point(struct okng_bench_plot *plot, double x, const struct figures *f, bool opencv)
{
	struct okng_bench_series *s = plot->series;
	okng_bench_plot_add(s++, x, f->usual.t.ms);
	if (opencv) {
		okng_bench_plot_add(s++, x, f->usual.t.opencv_ms);
		okng_bench_plot_add(s++, x, f->tuned.t.opencv_ms);
	}
	if (s < plot->series + plot->n)
		okng_bench_plot_add(s, x, f->usual.t.stream_ms);
}

struct telling {
	void (*done)(void *user, const char *file);
	void *user;
};

static int run_points(const struct okng_bench_setup *setup, const struct sweep *sweep, int n, FILE *csv, struct okng_bench_plot *plot,
	const struct telling *tell, struct okng_error *err)
{
	struct figures f;
	int rc = 0;
	fprintf(csv, "%s,width,height,okng_ms,opencv_ms,opencv_contours_ms,read_ms,ratio,spread,contours_ratio,contours_spread,cpu\n",
		sweep->log_x ? "megapixels" : sweep->x_label);
	for (int i = 0; rc == 0 && i < n; i++) {
		struct okng_bench_setup here = *setup;
		if (sweep->points[i].width) {
			here.width = sweep->points[i].width;
			here.height = sweep->points[i].height;
		}
		double x = sweep->x(&here, &sweep->points[i]);
		rc = measure(&here, sweep, &sweep->points[i], &f, err);
		if (rc < 0)
			break;
		write_row(csv, x, &f);
		add_point(plot, x, &f, setup->opencv);
		tell->done(tell->user, NULL);
	}
	return rc;
}

static int run_sweep(const struct okng_bench_setup *setup, const struct sweep *sweep, int n, const char *dir, const char *note,
	const struct telling *tell, struct okng_error *err)
{
	struct okng_bench_plot plot;
	char path[4096];
	FILE *out = create(dir, sweep->name, "csv", path, sizeof path, err);
	if (!out)
		return -EIO;
	begin_plot(&plot, sweep, note, setup->opencv != NULL);
	int rc = run_points(setup, sweep, n, out, &plot, tell, err), closed = finish(out, path, rc < 0 ? NULL : err);
	if (rc < 0 || closed < 0)
		return rc < 0 ? rc : closed;
	tell->done(tell->user, path);
	out = create(dir, sweep->name, "svg", path, sizeof path, err);
	if (!out)
		return -EIO;
	okng_bench_plot_write(&plot, out);
	rc = finish(out, path, err);
	if (rc == 0)
		tell->done(tell->user, path);
	return rc;
}

/* "MODEL, avx2, OpenCV 4.6.0, one thread" */
static void describe(const struct okng_bench_setup *setup, char *note, size_t size)
{
	char line[256], model[128] = "unknown processor";
	FILE *in = fopen("/proc/cpuinfo", "r");
	while (in && fgets(line, sizeof line, in))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (in)
		fclose(in);
	snprintf(note, size, "%s, %s kernels, one thread%s%s", model, okng_cpu_name(okng_kernels_get(okng_cpu_level())->cpu),
		setup->opencv ? ", OpenCV " : "", setup->opencv ? setup->opencv->version : "");
}

static void tell_nobody(void *user, const char *file)
{
	(void)user;
	(void)file;
}

int okng_bench_sweep(const struct okng_bench_setup *setup, bool quick, const char *dir,
	void (*done)(void *user, const char *file), void *user, struct okng_error *err)
{
	const struct telling tell = {done ? done : tell_nobody, user};
	char note[320];
	int rc = 0;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return fail(err, -errno, dir);
	describe(setup, note, sizeof note);
	for (int i = 0; rc == 0 && i < COUNT(sweeps); i++)
		rc = run_sweep(setup, &sweeps[i], quick ? sweeps[i].n_quick : sweeps[i].n, dir, note, &tell, err);
	return rc;
}

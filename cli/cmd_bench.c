/* SPDX-License-Identifier: Apache-2.0
 *
 * okng bench: how fast the pipeline is here, and against OpenCV where the build has its module. A figure is printed as
 * soon as it is there; a benchmark whose sides do not agree is a failure, not a figure.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/rival.h"
#include "bench/sweep.h"
#include "cli/bench_plc.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/say.h"

enum { SIZE = 256, SECONDS, PARTS, CPU, OPENCV, SWEEP, QUICK, JSON };

static const struct okng_option options[] = {
	{ "size", SIZE, "WxH", "pixels of the picture (default 2448x2048)" },
	{ "seconds", SECONDS, "S", "how long to measure each (default 5; points of a sweep 1)" },
	{ "parts", PARTS, "N", "parts of the benchmark 'parts' (default 10000)" },
	{ "cpu", CPU, "LEVEL", "kernels: c, sse41, avx2, neon (default OKNG_CPU, else the best)" },
	{ "opencv", OPENCV, "FILE", "OpenCV module, 'none': without (default: that of the build)" },
	{ "sweep", SWEEP, "DIR", "measure how time grows instead, write CSV and SVG files there" },
	{ "quick", QUICK, NULL, "small and short: to see that it works, not for figures" },
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_bench = {
	.name = "bench",
	.summary = "Measure speed, side by side with OpenCV",
	.usage = "[--json] [NAME...] | --sweep DIR",
	.about =
		"Runs the benchmarks of the given names, all of them by default: chain, chain_tuned,\n"
		"inspect, inspect_tuned, scaling, parts, and one for each kernel. Ours and OpenCV's runs\n"
		"alternate in one process, each on one thread (scaling has two); the figures are medians.\n"
		"Whether both do the same is checked first. docs/bench.md explains every figure.\n"
		"\n"
		"JSON keys: name, ms, opencv_ms, ratio (OpenCV's time over ours), stream_ratio (ours over\n"
		"the time to read the same bytes), spread (interquartile range of the ratio over its\n"
		"median; of our time without OpenCV), cpu (c, sse41, avx2, neon), width, height, rounds,\n"
		"opencv (its version), parts, p99_ms, p999_ms, max_ms. What does not apply is null.\n"
		"scaling: ratio is the throughput of two workers over that of one.\n"
		"parts: ratio is the 99.9th percentile of the time over its median, ms.\n"
		"\n"
		"Only when named: plc_read, plc_write, plc_rate_1, plc_rate_32, plc_verdict, or plc for all\n"
		"five: the PLC link against a bare libmodbus server. Their JSON keys: name, ms, p99_ms,\n"
		"libmodbus_ms, libmodbus_p99_ms, ratio (libmodbus's median over ours; rates: ours over\n"
		"libmodbus's), spread, p99_ratio (our p99 over libmodbus's), per_s, libmodbus_per_s (answers per\n"
		"second), clients, workers (that inspect meanwhile), requests, rounds, libmodbus (its version).\n"
		"\n"
		"--sweep measures time against the size of the picture (0.3 to 20 megapixels), the number\n"
		"of blobs (0 to 10000) and of regions (1 to 8): tables and pictures size-chain,\n"
		"size-inspect, blobs and regions. It prints the names of the files.\n"
		"\n"
		"Exit status: 0 measured; 2 could not, or the two sides do not find the same.\n"
		"\n"
		"Examples:\n"
		"  okng bench\n"
		"  okng bench --cpu c --json chain gauss3\n"
		"  okng bench --sweep docs/bench\n",
	.options = options,
	.run = run,
};

struct request {
	struct okng_bench_setup setup;
	const char *module, *sweep;
	bool json, quick;
	int points; /* of a sweep, so far */
};

/* "12.3" aligned, "-" for what does not apply. */
static void print_figure(double value, int width, int digits)
{
	if (isnan(value))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, value);
}

static void print_head(const struct request *q)
{
	printf("OpenCV %s; times are medians in ms, spread is the interquartile range over the median\n",
		q->setup.opencv ? q->setup.opencv->version : "is not there");
	printf("%-14s %-5s %9s %10s %10s %7s %8s %7s  %s\n", "name", "cpu", "size", "ms", "opencv", "ratio", "/stream", "spread", "what");
}

static void print_text(const struct okng_bench_row *row)
{
	char size[24];

	snprintf(size, sizeof(size), "%dx%d", row->width, row->height);
	printf("%-14s %-5s %9s", row->name, okng_cpu_name(row->cpu), size);
	print_figure(row->t.ms, 10, 4);
	print_figure(row->t.opencv_ms, 10, 4);
	print_figure(row->t.ratio, 7, 2);
	print_figure(row->t.stream_ratio, 8, 2);
	print_figure(row->t.spread * 100, 6, 1);
	printf("%%  %s", row->what);
	if (!isnan(row->p99_ms))
		printf(" (%d parts: p99 %.4f, p99.9 %.4f, most %.4f)", row->parts, row->p99_ms, row->p999_ms, row->max_ms);
	putchar('\n');
	fflush(stdout);
}

static void print_json(const struct okng_bench_row *row, const char *opencv)
{
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "name", row->name);
	okng_json_number(&json, "ms", row->t.ms, 6);
	okng_json_number(&json, "opencv_ms", row->t.opencv_ms, 6);
	okng_json_number(&json, "ratio", row->t.ratio, 4);
	okng_json_number(&json, "stream_ratio", row->t.stream_ratio, 4);
	okng_json_number(&json, "spread", row->t.spread, 4);
	okng_json_string(&json, "cpu", okng_cpu_name(row->cpu));
	okng_json_int(&json, "width", row->width);
	okng_json_int(&json, "height", row->height);
	okng_json_int(&json, "rounds", row->t.rounds);
	if (opencv && !isnan(row->t.opencv_ms))
		okng_json_string(&json, "opencv", opencv);
	else
		okng_json_null(&json, "opencv");
	if (row->parts)
		okng_json_int(&json, "parts", row->parts);
	else
		okng_json_null(&json, "parts");
	okng_json_number(&json, "p99_ms", row->p99_ms, 6);
	okng_json_number(&json, "p999_ms", row->p999_ms, 6);
	okng_json_number(&json, "max_ms", row->max_ms, 6);
	okng_json_end_object(&json);
	fflush(stdout);
}

static int measure(const struct request *q, const char *name)
{
	struct okng_error err = { 0 };
	struct okng_bench_row row;
	int rc = okng_bench_run(&q->setup, name, &row, &err);

	if (rc) {
		okng_say_error(&err, rc, name);
		return OKNG_EXIT_FAILED;
	}
	if (q->json)
		print_json(&row, q->setup.opencv ? q->setup.opencv->version : NULL);
	else
		print_text(&row);
	return OKNG_EXIT_GOOD;
}

static void swept(void *user, const char *file)
{
	struct request *q = user;
	struct okng_json json;

	if (!file) {
		okng_say_progress("measuring", ++q->points, OKNG_BENCH_SWEEP_POINTS);
	} else if (q->json) {
		okng_json_init(&json, stdout);
		okng_json_object(&json, NULL);
		okng_json_string(&json, "file", file);
		okng_json_end_object(&json);
	} else {
		printf("%s\n", file);
	}
	fflush(stdout);
}

static int sweep(struct request *q)
{
	struct okng_error err = { 0 };
	int rc = okng_bench_sweep(&q->setup, q->quick, q->sweep, swept, q, &err);

	if (rc)
		okng_say_error(&err, rc, q->sweep);
	return rc ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int bench(struct request *q, char **names, int n)
{
	struct okng_error err = { 0 };
	int status = OKNG_EXIT_GOOD, rc;

	if (!q->module || strcmp(q->module, "none") != 0) {
		rc = okng_bench_rival_load(&q->setup.opencv, q->module, &err);
		if (rc) {
			okng_say_error(&err, rc, "OpenCV");
			return OKNG_EXIT_FAILED;
		}
	}
	if (q->sweep)
		return sweep(q);
	bool plc_only = n > 0;
	for (int i = 0; i < n; i++)
		plc_only = plc_only && okng_bench_plc_known(names[i]);
	if (!q->json && !plc_only)
		print_head(q);
	for (int i = 0; n ? i < n : okng_bench_names[i] != NULL; i++) {
		if (n && okng_bench_plc_known(names[i]))
			status = okng_bench_plc(&q->setup, names[i], q->json) ? OKNG_EXIT_FAILED : status;
		else if (measure(q, n ? names[i] : okng_bench_names[i]))
			status = OKNG_EXIT_FAILED;
	}
	return status;
}

static bool known(const char *name)
{
	for (int i = 0; okng_bench_names[i]; i++) {
		if (strcmp(okng_bench_names[i], name) == 0)
			return true;
	}
	return okng_bench_plc_known(name);
}

static int take_size(struct request *q, const char *text)
{
	int width, height, used = 0;

	if (sscanf(text, "%5dx%5d%n", &width, &height, &used) != 2 || text[used] || width < 320 || height < 240 ||
	    width > OKNG_IMAGE_SIDE_MAX || height > OKNG_IMAGE_SIDE_MAX)
		return okng_command_misused(&okng_cmd_bench, "--size takes WxH from 320x240 to %dx%d, not '%s'", OKNG_IMAGE_SIDE_MAX,
			OKNG_IMAGE_SIDE_MAX, text);
	q->setup.width = width;
	q->setup.height = height;
	return OKNG_EXIT_GOOD;
}

static int take_seconds(struct request *q, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.01 && seconds <= 600))
		return okng_command_misused(&okng_cmd_bench, "--seconds takes 0.01 to 600, not '%s'", text);
	q->setup.seconds = seconds;
	return OKNG_EXIT_GOOD;
}

/* The mask is the environment's, which every inspector reads at open. */
static int take_cpu(const char *text)
{
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "c", "sse41", "avx2", "neon" };

		if (strcmp(text, names[i]) == 0)
			return setenv("OKNG_CPU", text, 1) ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
	}
	return okng_command_misused(&okng_cmd_bench, "--cpu takes c, sse41, avx2 or neon, not '%s'", text);
}

static int take(struct request *q, int id)
{
	long n;

	switch (id) {
	case SIZE: return take_size(q, optarg);
	case SECONDS: return take_seconds(q, optarg);
	case CPU: return take_cpu(optarg);
	case PARTS:
		if (okng_command_number(&okng_cmd_bench, "parts", optarg, 1, 10000000, &n))
			return OKNG_EXIT_FAILED;
		q->setup.parts = (int)n;
		break;
	case OPENCV: q->module = optarg; break;
	case SWEEP: q->sweep = optarg; break;
	case QUICK: q->quick = true; break;
	case JSON: q->json = true; break;
	}
	return OKNG_EXIT_GOOD;
}

static void fill_in(struct request *q)
{
	struct okng_bench_setup *s = &q->setup;

	if (!s->width) {
		s->width = q->quick ? 800 : 2448;
		s->height = q->quick ? 600 : 2048;
	}
	if (s->seconds == 0)
		s->seconds = q->quick ? 0.01 : q->sweep ? 1 : 5;
	if (!s->parts)
		s->parts = q->quick ? 50 : 10000;
	s->rounds = q->quick ? 2 : 7;
}

static int run(int argc, char **argv)
{
	struct request q = { 0 };
	int id;

	while ((id = okng_command_option(&okng_cmd_bench, argc, argv)) > 0) {
		if (take(&q, id))
			return OKNG_EXIT_FAILED;
	}
	if (id)
		return okng_command_leave(id);
	for (int i = optind; i < argc; i++) {
		if (!known(argv[i]))
			return okng_command_misused(&okng_cmd_bench, "there is no benchmark '%s'", argv[i]);
	}
	if (q.sweep && optind < argc)
		return okng_command_misused(&okng_cmd_bench, "--sweep takes no names");
	fill_in(&q);
	return bench(&q, argv + optind, argc - optind);
}

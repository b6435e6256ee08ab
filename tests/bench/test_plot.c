/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture read back as a reader of SVG would: every tag closed, every point within the frame and where its value
 * belongs, no point for what is not there. Whether it is XML at all, python's parser says in tests/cli.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plot.h"

static char *render(const struct okng_bench_plot *plot)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	okng_bench_plot_write(plot, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

struct spot {
	double x, y;
};

/* The circles of class "point", in order. */
static int points(const char *svg, struct spot *spot, int max)
{
	int n = 0;
	for (const char *p = svg; (p = strstr(p, "<circle class=\"point")); p++) {
		const char *end = strstr(p, "/>"), *at = strstr(p, "cx=\"");
		assert_non_null(end);
		assert_true(at && at < end && n < max);
		assert_int_equal(sscanf(at, "cx=\"%lf\" cy=\"%lf\"", &spot[n].x, &spot[n].y), 2);
		n++;
	}
	return n;
}

static void frame(const char *svg, double box[4])
{
	const char *p = strstr(svg, "<rect class=\"frame\"");
	assert_non_null(p);
	assert_int_equal(sscanf(p, "<rect class=\"frame\" x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &box[0], &box[1], &box[2], &box[3]), 4);
}

static const double values[][6] = {
	{0.3, 0.5, 1, 2, 5, 20}, {1, 1, 1, 1, 1, 1}, {0.001, 0.01, 0.1, 1, 10, 100000}, {7, 7.1, 7.2, 7.3, 7.4, 7.5},
	{1e-9, 2e-9, 3e-9, 4e-9, 5e-9, 9.9e-9}, {99, 101, 999, 1001, 9999, 10001}, {2, 20, 200, 2000, 20000, 50},
};

static void inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		for (size_t k = 0; k < sizeof values / sizeof *values; k++)
			for (int logs = 0; logs < 4; logs++) {
				struct okng_bench_plot plot = {.title = "t", .x_label = "x", .y_label = "y", .note = "n", .log_x = logs & 1,
					.log_y = logs & 2, .n = 2, .series = {{.name = "a"}, {.name = "b", .dashed = true}}};
				for (int v = 0; v < 6; v++) {
					okng_bench_plot_add(&plot.series[0], values[i][v], values[k][v]);
					okng_bench_plot_add(&plot.series[1], values[i][v], values[k][5 - v]);
				}
				struct spot spot[16];
				double box[4];
				char *svg = render(&plot);
				frame(svg, box);
				assert_int_equal(points(svg, spot, 16), 12);
				for (int v = 0; v < 12; v++) {
					assert_true(spot[v].x >= box[0] - 0.06 && spot[v].x <= box[0] + box[2] + 0.06);
					assert_true(spot[v].y >= box[1] - 0.06 && spot[v].y <= box[1] + box[3] + 0.06);
				}
				for (int v = 1; v < 6; v++) /* more is to the right and up */
					assert_true((spot[v].x - spot[v - 1].x) * (values[i][v] - values[i][v - 1]) >= 0 &&
						(spot[v].y - spot[v - 1].y) * (values[k][v] - values[k][v - 1]) <= 0);
				free(svg);
			}
}

/* Halfway on a linear axis that ends at 10 lies 5; on a logarithmic one from 1 to 100 lies 10. */
static void places(void **state)
{
	(void)state;
	static const struct {
		bool log;
		double x[3];
	} cases[] = {{false, {0, 5, 10}}, {true, {1, 10, 100}}};
	for (int i = 0; i < 2; i++) {
		struct okng_bench_plot plot = {.title = "t", .x_label = "x", .y_label = "y", .note = "n", .log_x = cases[i].log, .n = 1,
			.series = {{.name = "a"}}};
		for (int k = 0; k < 3; k++)
			okng_bench_plot_add(&plot.series[0], cases[i].x[k], 1);
		struct spot spot[4];
		double box[4];
		char *svg = render(&plot);
		frame(svg, box);
		assert_int_equal(points(svg, spot, 4), 3);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(spot[k].x - (box[0] + box[2] * k / 2)) < 0.1);
		free(svg);
	}
}

static void odd(void **state)
{
	(void)state;
	struct okng_bench_plot plot = {.title = "a < b & c > d", .x_label = "x", .y_label = "ms", .note = "R&D", .log_x = true, .log_y = true,
		.n = 2, .series = {{.name = "<none>"}, {.name = "b"}}};
	struct spot spot[OKNG_BENCH_POINTS_MAX + 8];
	char *svg = render(&plot);
	assert_non_null(strstr(svg, "a &lt; b &amp; c &gt; d"));
	assert_non_null(strstr(svg, "&lt;none&gt;"));
	assert_non_null(strstr(svg, "R&amp;D"));
	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	assert_int_equal(points(svg, spot, 1), 0);
	free(svg);
	/* Nowhere on these axes: not a number, and 0. */
	okng_bench_plot_add(&plot.series[0], 1, NAN);
	okng_bench_plot_add(&plot.series[0], 2, 0);
	okng_bench_plot_add(&plot.series[0], 0, 2);
	okng_bench_plot_add(&plot.series[0], 2, 3);
	svg = render(&plot);
	assert_int_equal(points(svg, spot, 2), 1);
	assert_null(strstr(svg, "nan"));
	free(svg);
	for (int i = 0; i < OKNG_BENCH_POINTS_MAX + 5; i++)
		okng_bench_plot_add(&plot.series[1], i + 1, i + 1);
	svg = render(&plot);
	assert_int_equal(points(svg, spot, OKNG_BENCH_POINTS_MAX + 8), OKNG_BENCH_POINTS_MAX + 1);
	free(svg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(inside), cmocka_unit_test(places), cmocka_unit_test(odd)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

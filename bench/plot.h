/* SPDX-License-Identifier: Apache-2.0
 *
 * A line chart as SVG: axes with round numbers, a legend, colours that follow the reader's light or dark setting, and
 * dashes and hollow points besides colour, for those who do not tell them apart. Nothing is fetched from anywhere.
 */
#ifndef OKNG_BENCH_PLOT_H
#define OKNG_BENCH_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#define OKNG_BENCH_POINTS_MAX 32
#define OKNG_BENCH_SERIES_MAX 4

struct okng_bench_series {
	const char *name;
	bool dashed; /* and hollow */
	int n;
	double x[OKNG_BENCH_POINTS_MAX], y[OKNG_BENCH_POINTS_MAX]; /* NAN in y: no point there */
};

struct okng_bench_plot {
	const char *title, *x_label, *y_label;
	const char *note;  /* below the picture: where and how it was measured */
	bool log_x, log_y; /* else an axis begins at 0; points at or below 0 have no place on a logarithmic axis */
	int n;
	struct okng_bench_series series[OKNG_BENCH_SERIES_MAX];
};

void okng_bench_plot_add(struct okng_bench_series *series, double x, double y); /* beyond the most: not taken */

/* Texts are UTF-8 and escaped. A plot without any point is empty axes. Errors stay in out for ferror. */
void okng_bench_plot_write(const struct okng_bench_plot *plot, FILE *out);

#endif

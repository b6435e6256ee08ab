/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels that look through a lens: nodes, strips, places, pixels. Places are walks over a frame, steep and stretched
 * at times, that jump when they come to its end: what fits no register must be as right as what does.
 */
#include <string.h>

#include "check_kernels.h"
#include "pipeline/brown.h"

static double between(struct checker *c, double low, double high)
{
	return low + (high - low) * check_dice(c, 1u << 20) / (1 << 20);
}

static int32_t nodes_of(int32_t width)
{
	return width < OKNG_WARP_SIDE_MAX ? width : OKNG_WARP_SIDE_MAX;
}

static void prepare_nodes(struct checker *c, int32_t width)
{
	struct okng_brown *l = (struct okng_brown *)(void *)check_input(c, 0, sizeof *l, 8);
	double *line = (double *)(void *)check_input(c, 1, 4 * sizeof *line, 8);
	double f = between(c, 300, 5000), strong = check_dice(c, 3) ? 0.2 : 2;
	*l = (struct okng_brown){.width = 1 + (int32_t)check_dice(c, CHECK_SIDE), .height = 1 + (int32_t)check_dice(c, CHECK_SIDE),
		.fx = f, .fy = f * between(c, 0.9, 1.1), .cx = between(c, -500, 3000), .cy = between(c, -500, 3000),
		.k1 = between(c, -strong, strong), .k2 = between(c, -strong, strong), .p1 = between(c, -0.01, 0.01), .p2 = between(c, -0.01, 0.01),
		.k3 = between(c, -strong, strong), .reach = between(c, 0.01, 9)};
	l->ix = 1 / l->fx;
	l->iy = 1 / l->fy;
	line[0] = between(c, -20000, 20000);
	line[1] = between(c, -20000, 20000);
	line[2] = between(c, 5, 8);
	line[3] = between(c, -4, 4);
	check_output(c, 0, (size_t)nodes_of(width) * 4, 4);
	check_output(c, 1, (size_t)nodes_of(width) * 4, 4);
}

static uint64_t call_warp_nodes(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	const double *line = check_in(c, 1);
	k->warp_nodes(check_in(c, 0), line, line + 2, nodes_of(width), check_out(c, 0), check_out(c, 1));
	return 0;
}

/* Rows of nodes that move as they do, or by leaps. */
static void prepare_strip(struct checker *c, int32_t width)
{
	int32_t leap = check_dice(c, 2) ? 30 : 17000;
	for (int i = 0; i < 3; i++) {
		int32_t *row = (int32_t *)(void *)check_input(c, i, (size_t)nodes_of(width) * 4, 4), *above = i ? check_in(c, i - 1) : NULL;
		for (int32_t x = 0; x < nodes_of(width); x++) {
			int64_t v = (above ? above[x] : (int64_t)check_dice(c, 16384) * 65536) + (int64_t)between(c, -leap, leap) * 65536 + check_dice(c, 65536);
			int64_t most = (int64_t)(16384 + OKNG_WARP_FAR) * 65536;
			row[x] = (int32_t)(v < -OKNG_WARP_FAR * 65536 ? -OKNG_WARP_FAR * 65536 : v > most ? most : v);
		}
	}
	for (int i = 0; i < 3; i++)
		check_output(c, i, (size_t)nodes_of(width) * 4, 4);
}

static uint64_t call_warp_strip(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	const int32_t *const rows[3] = {check_in(c, 0), check_in(c, 1), check_in(c, 2)};
	struct okng_warp_strip strip = {check_out(c, 0), check_out(c, 1), check_out(c, 2)};
	k->warp_strip(rows, nodes_of(width), &strip);
	return 0;
}

static int32_t places_of(int32_t width)
{
	int32_t n = nodes_of(width);
	return n < 2 ? 2 : n;
}

static void prepare_places(struct checker *c, int32_t width)
{
	static const int32_t most[3] = {1 << 30, 1 << 22, 1 << 19};
	for (int i = 0; i < 3; i++) {
		int32_t *row = (int32_t *)(void *)check_input(c, i, (size_t)places_of(width) * 4, 4);
		for (int32_t x = 0; x < places_of(width); x++)
			row[x] = (int32_t)between(c, -most[i], most[i]);
	}
	*check_number(c, 0) = (int32_t)check_dice(c, 2 * OKNG_WARP_ROWS);
	check_output(c, 0, (size_t)places_of(width) * 4, 4);
}

static uint64_t call_warp_places(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	const struct okng_warp_strip strip = {check_in(c, 0), check_in(c, 1), check_in(c, 2)};
	int32_t range[2] = {1, 2};
	k->warp_places(&strip, *check_number(c, 0), places_of(width), check_out(c, 0), range);
	return (uint64_t)(uint32_t)range[0] << 32 | (uint32_t)range[1];
}

enum { FRAME, XS, YS };
enum { STRIDE, WIDE, HIGH, FROM, TO, ROOMY };

/* Columns: some 8 pixels a step, until the frame ends. */
static void walk_across(struct checker *c, int32_t *x, int32_t n, int32_t most)
{
	double at = between(c, 0, most), stretch = check_dice(c, 4) ? between(c, 0.9, 1.1) : between(c, 0.2, 2.2);
	for (int32_t i = 0; i < n; i++) {
		x[i] = (int32_t)at;
		at += 8 * 65536 * stretch * between(c, 0.95, 1.05);
		if (at > most || check_dice(c, 97) == 0)
			at = check_dice(c, 9) == 0 ? most : check_dice(c, 9) == 0 ? 0 : between(c, 0, most);
	}
}

/* Rows: up and down, or along the frame's first or last row. */
static void walk_down(struct checker *c, int32_t *y, int32_t n, int32_t most)
{
	double low = most > 65536 ? 64 : 0, high = most > 65536 ? most - 64 : 0, at = between(c, low, high);
	double slope = check_dice(c, 3) ? between(c, -0.1, 0.1) : between(c, -1.2, 1.2);
	uint32_t border = check_dice(c, 8);
	for (int32_t i = 0; i < n; i++) {
		y[i] = border == 0 ? 0 : border == 1 ? most : (int32_t)at;
		at += 8 * 65536 * slope * between(c, 0.9, 1.1);
		if (at < low || at > high) {
			slope = -slope;
			at = at < low ? low : high;
		}
	}
}

static void prepare_warp(struct checker *c, int32_t width)
{
	int32_t groups = (width + 7) / 8, n = groups + 1 + OKNG_WARP_BEYOND;
	int32_t wide = check_bench(c) ? width + 20 : 1 + (int32_t)check_dice(c, check_dice(c, 3) ? 3000 : 40), gap = (int32_t)check_dice(c, 3);
	int32_t most = CHECK_SIDE * 4 / (wide + gap), high = check_bench(c) ? most : 1 + (int32_t)check_dice(c, (uint32_t)(most < 60 ? most : 60));
	check_input(c, FRAME, (size_t)(wide + gap) * (size_t)(high - 1) + (size_t)wide, 1);
	int32_t *x = (int32_t *)(void *)check_input(c, XS, (size_t)n * 4, 4), *y = (int32_t *)(void *)check_input(c, YS, (size_t)n * 4, 4);
	walk_across(c, x, n, (wide - 1) * 65536);
	walk_down(c, y, n, (high - 1) * 65536);
	for (int32_t i = 0; check_bench(c) && i < n; i++) {
		x[i] = i * 8 * 66000 < (wide - 1) * 65536 ? i * 8 * 66000 : (wide - 1) * 65536;
		y[i] = 65536 + i * 2000;
	}
	int32_t lowest = 0;
	for (int32_t i = 0; i <= groups; i++)
		lowest = y[i] > lowest ? y[i] : lowest;
	*check_number(c, ROOMY) = lowest < (high - 6) * 65536;
	*check_number(c, STRIDE) = wide + gap;
	*check_number(c, WIDE) = wide;
	*check_number(c, HIGH) = high;
	int32_t from = check_dice(c, 2) || check_bench(c) ? 0 : (int32_t)check_dice(c, (uint32_t)width);
	*check_number(c, FROM) = from;
	*check_number(c, TO) = check_dice(c, 2) || check_bench(c) ? width : from + 1 + (int32_t)check_dice(c, (uint32_t)(width - from));
	check_output(c, 0, (size_t)width, 1);
}

static uint64_t call_warp(struct checker *c, const struct okng_kernels *k, int32_t width)
{
	(void)width;
	const struct okng_warp_row row = {.data = check_in(c, FRAME), .stride = *check_number(c, STRIDE), .width = *check_number(c, WIDE),
		.height = *check_number(c, HIGH), .x = check_in(c, XS), .y = check_in(c, YS), .roomy = *check_number(c, ROOMY) != 0};
	k->warp(&row, *check_number(c, FROM), *check_number(c, TO), check_out(c, 0));
	return 0;
}

#define ROW(name, prepare) {#name, offsetof(struct okng_kernels, name), prepare, call_##name}

const struct kernel_check check_kernels_warp[] = {
	ROW(warp_nodes, prepare_nodes),
	ROW(warp_strip, prepare_strip),
	ROW(warp_places, prepare_places),
	ROW(warp, prepare_warp),
	{0},
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * Boards stretch and warp by a few pixels between the golden shot and the part, which a rigid pose cannot follow. The
 * global shift is the least count of differing pixels, coarse to fine; then every cell of 32 × 32 pixels takes the shift
 * around it with the least count over its 3 × 3 neighbours, medians smooth the field, and between the cells' centres it
 * is interpolated. All of it is XOR and counting bits. Where the cells show that the board is turned or stretched by more
 * than their own search, the golden pattern is first laid so (conductor_tilt.c).
 */
#include "pipeline/conductor_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COARSE 4 /* pixels of the fine image a side of a coarse one */
#define SIDE (2 * OKNG_ALIGN_LOCAL + 1)
#define SHIFTS (SIDE * SIDE)
#define SHIFT_COST 4 /* differing pixels that a pixel of local shift must save */
#define TILT_LEAST 4  /* pixels at a corner: what is less the cells find by themselves */
#define TILT_CLOSE 2  /* pixels at a corner that a further round must bring */
#define TILT_WORTH 90 /* percent of the cells' cost that may be left */
#define TILT_ROUNDS 6 /* the last has reached the border of a picture of 16384 pixels */
#define TILT_REACH 8  /* cells from the middle that are believed in the first round; twice as many in each further one */
#define SHOW_LEAST 64 /* pixels that a shift by two must cost a cell that shows where it lies */

struct okng_aligner {
	const struct okng_kernels *k;
	int32_t width, height;
	int32_t columns, rows;       /* of cells */
	int32_t dx, dy;              /* global: golden pixel = part pixel + shift */
	struct okng_bits coarse_golden, coarse_part;
	uint64_t *band;              /* rows of the golden pattern shifted to a part's words */
	uint16_t *cost;              /* [shift][row][column], with a border of zeros */
	int32_t stride;              /* of cost, from row to row */
	uint32_t *best;              /* [row][column] */
	int8_t *u, *v, *spare;       /* [row][column] local shift, smoothed */
	int8_t *kept;                /* both of before a tilt */
	double tilt[2][3];           /* planes of the shift that cells are searched around, along x and y */
	struct okng_tilt_point *points;
	struct okng_bits tilted, ground; /* the golden pattern laid by them */
};

void okng_aligner_close(struct okng_aligner **aligner)
{
	struct okng_aligner *a = *aligner;
	*aligner = NULL;
	if (!a)
		return;
	okng_bits_finish(&a->coarse_golden);
	okng_bits_finish(&a->coarse_part);
	free(a->band);
	free(a->cost);
	free(a->best);
	free(a->u);
	free(a->v);
	free(a->spare);
	free(a->kept);
	free(a->points);
	okng_bits_finish(&a->tilted);
	okng_bits_finish(&a->ground);
	free(a);
}

int okng_aligner_open(struct okng_aligner **aligner, const struct okng_kernels *k, int32_t width, int32_t height)
{
	struct okng_aligner *a = calloc(1, sizeof *a);
	*aligner = a;
	if (!a)
		return -ENOMEM;
	a->k = k;
	a->width = width;
	a->height = height;
	a->columns = (width + OKNG_ALIGN_CELL - 1) / OKNG_ALIGN_CELL;
	a->rows = (height + OKNG_ALIGN_CELL - 1) / OKNG_ALIGN_CELL;
	size_t cells = (size_t)a->columns * (size_t)a->rows, words = (size_t)(width + 63) / 64;
	int r = okng_bits_init(&a->coarse_golden, (width + COARSE - 1) / COARSE, (height + COARSE - 1) / COARSE);
	if (r == 0)
		r = okng_bits_init(&a->coarse_part, (width + COARSE - 1) / COARSE, (height + COARSE - 1) / COARSE);
	a->band = calloc(words * (OKNG_ALIGN_CELL + SIDE - 1) + OKNG_PATTERN_BEYOND, sizeof *a->band);
	a->stride = a->columns + 4;
	a->cost = calloc((size_t)SHIFTS * (size_t)(a->rows + 2) * (size_t)a->stride, sizeof *a->cost);
	a->best = calloc(cells, sizeof *a->best);
	a->u = calloc(cells, 1);
	a->v = calloc(cells, 1);
	a->spare = calloc(cells, 1);
	a->kept = calloc(cells, 2);
	a->points = calloc(cells, sizeof *a->points);
	if (r == 0)
		r = okng_bits_init(&a->tilted, width, height);
	if (r == 0)
		r = okng_bits_init(&a->ground, width, height);
	if (r < 0 || !a->kept || !a->points || !a->band || !a->cost || !a->best || !a->u || !a->v || !a->spare) {
		okng_aligner_close(aligner);
		return -ENOMEM;
	}
	return 0;
}

/* A coarse pixel is set when at least half of its 16 are. */
static void shrink(const struct okng_bits *in, struct okng_bits *out)
{
	for (int32_t y = 0; y < out->height; y++) {
		uint64_t *o = okng_bits_row(out, y);
		memset(o, 0, (size_t)out->words * sizeof *o);
		for (int32_t i = 0; i < in->words; i++) {
			uint64_t low = 0, high = 0; /* sums of nibbles, even and odd, as bytes */
			for (int32_t k = 0; k < COARSE; k++) {
				uint64_t w = okng_bits_row(in, y * COARSE + k)[i]; /* past the last row: the margin */
				w -= w >> 1 & 0x5555555555555555u;
				w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
				low += w & 0x0f0f0f0f0f0f0f0fu;
				high += w >> 4 & 0x0f0f0f0f0f0f0f0fu;
			}
			low = (low + 0x7878787878787878u) >> 7 & 0x0101010101010101u;
			high = (high + 0x7878787878787878u) >> 7 & 0x0101010101010101u;
			uint64_t pairs = low | high << 1; /* two bits in every byte */
			uint64_t sixteen = 0;
			for (int k = 0; k < 8; k++)
				sixteen |= (pairs >> (8 * k) & 3) << (2 * k);
			o[i / 4] |= sixteen << (16 * (i % 4));
		}
	}
}

/* Differing pixels per 65536 that both have, every step-th row. */
static uint64_t difference(const struct okng_kernels *k, const struct okng_bits *golden, const struct okng_bits *part, int32_t dx,
	int32_t dy, int step)
{
	int32_t x0 = dx < 0 ? -dx : 0, x1 = part->width - (dx > 0 ? dx : 0);
	int32_t y0 = dy < 0 ? -dy : 0, y1 = part->height - (dy > 0 ? dy : 0);
	if (x1 <= x0 || y1 <= y0)
		return UINT64_MAX;
	uint64_t mask[OKNG_IMAGE_SIDE_MAX / 64];
	int32_t first = x0 >> 6, words = ((x1 - 1) >> 6) - first + 1, from = first * 64 + dx, rows = (y1 - y0 + step - 1) / step;
	memset(mask, 0xff, (size_t)words * sizeof *mask);
	mask[0] &= ~(uint64_t)0 << (x0 & 63);
	mask[words - 1] &= ~(uint64_t)0 >> (63 - ((x1 - 1) & 63));
	uint64_t n = k->differ(okng_bits_row(part, y0) + first, (ptrdiff_t)step * part->stride, okng_bits_row(golden, y0 + dy) + (from >> 6),
		(ptrdiff_t)step * golden->stride, from & 63, rows, mask, words);
	return (n << 16) / ((uint64_t)rows * (uint64_t)(x1 - x0));
}

/* Downhill from a start to the least difference among its neighbours. */
static uint64_t climb(const struct okng_kernels *k, const struct okng_bits *golden, const struct okng_bits *part, int32_t *dx, int32_t *dy,
	int search, int step)
{
	uint64_t least = difference(k, golden, part, *dx, *dy, step);
	for (bool moved = true; moved;) {
		int32_t bx = *dx, by = *dy;
		moved = false;
		for (int32_t v = -1; v <= 1; v++)
			for (int32_t u = -1; u <= 1; u++) {
				if ((!u && !v) || abs(bx + u) > search || abs(by + v) > search)
					continue;
				uint64_t d = difference(k, golden, part, bx + u, by + v, step);
				if (d < least) {
					least = d;
					*dx = bx + u;
					*dy = by + v;
					moved = true;
				}
			}
	}
	return least;
}

static void find_global(struct okng_aligner *a, const struct okng_bits *golden, const struct okng_bits *part, int search)
{
	int32_t reach = (search + COARSE - 1) / COARSE, bx = 0, by = 0, zx = 0, zy = 0;
	shrink(golden, &a->coarse_golden);
	shrink(part, &a->coarse_part);
	uint64_t least = difference(a->k, &a->coarse_golden, &a->coarse_part, 0, 0, 1);
	for (int32_t y = -reach; y <= reach; y++)
		for (int32_t x = -reach; x <= reach; x++) {
			uint64_t d = difference(a->k, &a->coarse_golden, &a->coarse_part, x, y, 1);
			if (d < least) {
				least = d;
				bx = x;
				by = y;
			}
		}
	bx *= COARSE;
	by *= COARSE;
	bx = bx > search ? search : bx < -search ? -search : bx;
	by = by > search ? search : by < -search ? -search : by;
	uint64_t from_coarse = climb(a->k, golden, part, &bx, &by, search, 4);
	uint64_t from_zero = climb(a->k, golden, part, &zx, &zy, search, 4);
	a->dx = from_zero <= from_coarse ? zx : bx;
	a->dy = from_zero <= from_coarse ? zy : by;
}

/* Sets pixels [from, to) of a row, where they lie within the width. */
static void set_run(uint64_t *row, int32_t from, int32_t to, int32_t width)
{
	for (int32_t x = from < 0 ? 0 : from; x < to && x < width; x++)
		row[x >> 6] |= (uint64_t)1 << (x & 63);
}

/* The golden rows that a row of cells may need, shifted to its words. Beyond its border the image goes on as it ends
 * there: were it ground, cells would be drawn inwards wherever conductors leave the image. */
static void shift_band(struct okng_aligner *a, const struct okng_bits *golden, int32_t y0, int32_t dx)
{
	int32_t words = golden->words, width = golden->width;
	uint64_t inside = okng_bits_inside(golden, words - 1);
	for (int32_t i = 0; i < OKNG_ALIGN_CELL + SIDE - 1; i++) {
		int32_t y = y0 + i < 0 ? 0 : y0 + i >= a->height ? a->height - 1 : y0 + i;
		uint64_t *o = a->band + (ptrdiff_t)i * words;
		a->k->shift(okng_bits_row(golden, y) + (dx >> 6), dx & 63, o, words);
		o[words - 1] &= inside;
		if (dx < 0 && okng_bits_get(golden, 0, y))
			set_run(o, 0, -dx, width);
		if (dx > 0 && okng_bits_get(golden, width - 1, y))
			set_run(o, width - dx, width, width);
	}
}

static uint16_t *cost_row(const struct okng_aligner *a, int32_t u, int32_t v, int32_t row)
{
	return a->cost + ((ptrdiff_t)(v * SIDE + u) * (a->rows + 2) + row + 1) * a->stride + 1;
}

static void count_cells(struct okng_aligner *a, const struct okng_bits *golden, const struct okng_bits *part, int32_t dx, int32_t dy)
{
	for (int32_t row = 0; row < a->rows; row++) {
		int32_t y0 = row * OKNG_ALIGN_CELL, rows = a->height - y0 < OKNG_ALIGN_CELL ? a->height - y0 : OKNG_ALIGN_CELL;
		for (int32_t u = 0; u < SIDE; u++) {
			shift_band(a, golden, y0 + dy - OKNG_ALIGN_LOCAL, dx + u - OKNG_ALIGN_LOCAL);
			for (int32_t v = 0; v < SIDE; v++)
				a->k->differ_cells(okng_bits_row(part, y0), part->stride, a->band + (ptrdiff_t)v * part->words, part->words,
					rows, part->words, cost_row(a, u, v, row));
		}
	}
}

/* Each cell's shift: the least count over 3 × 3 cells plus the price of the shift. */
static void choose(struct okng_aligner *a)
{
	size_t cells = (size_t)a->columns * (size_t)a->rows;
	memset(a->best, 0xff, cells * sizeof *a->best);
	for (int32_t v = 0; v < SIDE; v++)
		for (int32_t u = 0; u < SIDE; u++) {
			uint32_t price = (uint32_t)(SHIFT_COST * (abs(u - OKNG_ALIGN_LOCAL) + abs(v - OKNG_ALIGN_LOCAL)));
			for (int32_t row = 0; row < a->rows; row++)
				a->k->keep_least(cost_row(a, u, v, row), a->columns, a->stride, (price << 8) + (uint32_t)(v * SIDE + u),
					a->best + (ptrdiff_t)row * a->columns);
		}
	for (size_t i = 0; i < cells; i++) {
		int name = (int)(a->best[i] & 0xff);
		a->u[i] = (int8_t)(name % SIDE - OKNG_ALIGN_LOCAL);
		a->v[i] = (int8_t)(name / SIDE - OKNG_ALIGN_LOCAL);
	}
}

static int8_t median9(const int8_t *field, int32_t w, int32_t h, int32_t x, int32_t y)
{
	int8_t v[9];
	int n = 0;
	for (int32_t j = y > 0 ? y - 1 : 0; j <= y + 1 && j < h; j++)
		for (int32_t i = x > 0 ? x - 1 : 0; i <= x + 1 && i < w; i++) {
			int at = n++;
			int8_t f = field[j * w + i];
			for (; at > 0 && v[at - 1] > f; at--)
				v[at] = v[at - 1];
			v[at] = f;
		}
	return (int8_t)(n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2);
}

static void smooth(struct okng_aligner *a, int8_t *field)
{
	for (int32_t y = 0; y < a->rows; y++)
		for (int32_t x = 0; x < a->columns; x++)
			a->spare[y * a->columns + x] = median9(field, a->columns, a->rows, x, y);
	memcpy(field, a->spare, (size_t)a->columns * (size_t)a->rows);
}

/* What shift u, v costs a cell. */
static int32_t cost_of(const struct okng_aligner *a, int32_t row, int32_t column, int32_t u, int32_t v)
{
	const uint16_t *c = cost_row(a, u + OKNG_ALIGN_LOCAL, v + OKNG_ALIGN_LOCAL, row) + column;
	int32_t sum = 0;
	for (ptrdiff_t i = -1; i <= 1; i++)
		sum += c[i * a->stride - 1] + c[i * a->stride] + c[i * a->stride + 1];
	return sum;
}

/* Whether the cell shows where it lies along an axis: shifts by two to either side cost much more. */
static bool shows(const struct okng_aligner *a, int32_t row, int32_t column, bool along_x)
{
	int32_t u = a->u[row * a->columns + column], v = a->v[row * a->columns + column], at = along_x ? u : v;
	if (at <= -OKNG_ALIGN_LOCAL || at >= OKNG_ALIGN_LOCAL)
		return false;
	int32_t cost = cost_of(a, row, column, u, v);
	for (int32_t by = -2; by <= 2; by += 4) {
		if (at + by < -OKNG_ALIGN_LOCAL || at + by > OKNG_ALIGN_LOCAL)
			continue;
		int32_t beside = along_x ? cost_of(a, row, column, u + by, v) : cost_of(a, row, column, u, v + by);
		if (beside < cost + SHOW_LEAST || beside * 2 < cost * 3)
			return false;
	}
	return true;
}

/* The plane along one axis by the cells up to `reach` from the middle. */
static void fit_tilt(struct okng_aligner *a, int axis, int32_t reach, double plane[3])
{
	int n = 0;
	for (int32_t row = 0; row < a->rows; row++)
		for (int32_t column = 0; column < a->columns; column++) {
			int32_t x = 2 * column - a->columns + 1, y = 2 * row - a->rows + 1, i = row * a->columns + column;
			if (x <= 2 * reach && x >= -2 * reach && y <= 2 * reach && y >= -2 * reach && shows(a, row, column, axis == 0))
				a->points[n++] = (struct okng_tilt_point){x, y, okng_tilt_at(a->tilt[axis], x, y) + (axis ? a->v : a->u)[i]};
		}
	okng_tilt_fit(a->points, n, plane);
}

/* By how much two planes differ at the corner where they differ most. */
static int32_t corner_difference(const struct okng_aligner *a, const double p[3], const double q[3])
{
	int32_t most = 0;
	for (int i = 0; i < 4; i++) {
		int32_t x = i & 1 ? a->columns - 1 : 1 - a->columns, y = i & 2 ? a->rows - 1 : 1 - a->rows;
		int32_t d = abs(okng_tilt_at(p, x, y) - okng_tilt_at(q, x, y));
		most = d > most ? d : most;
	}
	return most;
}

static void fill_tilt(const struct okng_aligner *a, int axis, int8_t *field, bool add)
{
	for (int32_t row = 0; row < a->rows; row++)
		for (int32_t column = 0; column < a->columns; column++) {
			int8_t *f = field + row * a->columns + column;
			*f = (int8_t)((add ? *f : 0) + okng_tilt_at(a->tilt[axis], 2 * column - a->columns + 1, 2 * row - a->rows + 1));
		}
}

/* Lays the golden pattern as tilted, what is not known of it being as in the part, and has the cells search about that. */
static void search_tilted(struct okng_aligner *a, const struct okng_bits *golden, const struct okng_bits *part)
{
	fill_tilt(a, 0, a->u, false);
	fill_tilt(a, 1, a->v, false);
	okng_aligner_warp(a, golden, &a->tilted, &a->ground);
	for (int32_t y = 0; y < a->height; y++) {
		uint64_t *tilted = okng_bits_row(&a->tilted, y);
		for (int32_t i = 0; i < part->words; i++)
			tilted[i] |= okng_bits_row(part, y)[i] & ~okng_bits_row(&a->ground, y)[i];
	}
	count_cells(a, &a->tilted, part, 0, 0);
	choose(a);
}

/* What the cells' shifts cost together. */
static uint64_t whole_cost(const struct okng_aligner *a)
{
	uint64_t sum = 0;
	for (int32_t i = 0; i < a->columns * a->rows; i++)
		sum += a->best[i] >> 8;
	return sum;
}

/* Whether the cells lie on other planes than those that they were searched around; then these are taken. */
static bool tilt_further(struct okng_aligner *a, int32_t reach, int32_t least)
{
	double next[2][3];
	memcpy(next, a->tilt, sizeof next);
	for (int axis = 0; axis < 2; axis++)
		fit_tilt(a, axis, reach, next[axis]);
	if (corner_difference(a, next[0], a->tilt[0]) < least && corner_difference(a, next[1], a->tilt[1]) < least)
		return false;
	memcpy(a->tilt, next, sizeof next);
	return true;
}

/* Searches about the planes that the cells show, from the middle outwards. What the cells cannot show to be much better
 * (they are turned and stretched a little on most boards, and follow) is given up again. */
static void find_tilt(struct okng_aligner *a, const struct okng_bits *golden, const struct okng_bits *part)
{
	size_t cells = (size_t)a->columns * (size_t)a->rows;
	uint64_t cost = whole_cost(a);
	bool tilted = false;
	int32_t side = a->columns > a->rows ? a->columns : a->rows;
	memcpy(a->kept, a->u, cells);
	memcpy(a->kept + cells, a->v, cells);
	for (int32_t round = 0, reach = TILT_REACH; round < TILT_ROUNDS; round++, reach *= 2) {
		if (tilt_further(a, reach, tilted ? TILT_CLOSE : TILT_LEAST)) {
			tilted = true;
			search_tilted(a, golden, part);
		} else if (2 * reach >= side) {
			break;
		}
	}
	if (!tilted || whole_cost(a) * 100 < cost * TILT_WORTH)
		return;
	memset(a->tilt, 0, sizeof a->tilt);
	memcpy(a->u, a->kept, cells);
	memcpy(a->v, a->kept + cells, cells);
}

void okng_aligner_run(struct okng_aligner *a, const struct okng_bits *golden, const struct okng_bits *part, int search)
{
	memset(a->tilt, 0, sizeof a->tilt);
	find_global(a, golden, part, search);
	count_cells(a, golden, part, a->dx, a->dy);
	choose(a);
	find_tilt(a, golden, part);
	smooth(a, a->u);
	smooth(a, a->v);
	fill_tilt(a, 0, a->u, true);
	fill_tilt(a, 1, a->v, true);
}

/* Where pixel p lies between the centres of cells: the one before, the one after, and 32nds in between. */
static void place(int32_t p, int32_t cells, int32_t *c0, int32_t *c1, int32_t *f)
{
	int32_t q = p - OKNG_ALIGN_CELL / 2;
	*c0 = q < 0 ? 0 : q / OKNG_ALIGN_CELL;
	*c1 = *c0 + 1 < cells ? *c0 + 1 : *c0;
	*f = q < 0 ? 0 : q % OKNG_ALIGN_CELL;
}

/* Sets `n` pixels from x on in copper and ground from the golden row shifted by dx. */
static void copy_run(const struct okng_bits *golden, int32_t gy, int32_t x, int32_t n, int32_t dx, uint64_t *copper, uint64_t *ground)
{
	int32_t from = x + dx < 0 ? -dx : x, to = x + n + dx > golden->width ? golden->width - dx : x + n;
	if (gy < 0 || gy >= golden->height || from >= to)
		return;
	const uint64_t *g = okng_bits_row(golden, gy);
	for (int32_t i = from >> 6; i <= (to - 1) >> 6; i++) {
		uint64_t mask = ~(uint64_t)0;
		if (i == from >> 6)
			mask &= ~(uint64_t)0 << (from & 63);
		if (i == (to - 1) >> 6)
			mask &= ~(uint64_t)0 >> (63 - ((to - 1) & 63));
		uint64_t w = okng_bits_fetch(g, i * 64 + dx);
		copper[i] |= w & mask;
		ground[i] |= ~w & mask;
	}
}

/* One row of the warp: pixels of one shift are copied together. */
struct row {
	const struct okng_bits *golden;
	uint64_t *copper, *ground;
	int32_t y, start, u, v; /* from start on the shift is u, v */
};

static void turn(struct row *r, int32_t x, int32_t u, int32_t v)
{
	if (u == r->u && v == r->v)
		return;
	if (x > r->start)
		copy_run(r->golden, r->y + r->v, r->start, x - r->start, r->u, r->copper, r->ground);
	r->start = x;
	r->u = u;
	r->v = v;
}

/* Shift in 1/1024 pixel at the centre of a cell's column, between the rows of cells r0 and r1; half a pixel is added, so
 * that shifting right rounds. */
static int32_t down(const int8_t *field, int32_t columns, int32_t c, int32_t r0, int32_t r1, int32_t fy)
{
	return (field[r0 * columns + c] * (32 - fy) + field[r1 * columns + c] * fy) * 32 + 512;
}

/* For how many steps of d the shift at `at` stays the same whole number of pixels. */
static int32_t same_for(int32_t at, int32_t d)
{
	int32_t past = at & 1023;
	return d > 0 ? (1023 - past) / d + 1 : d < 0 ? past / -d + 1 : INT32_MAX / 2;
}

/* The pixels from x on that lie between two centres: linear in x, so that equal ends mean one shift throughout. */
static void between(struct row *r, int32_t x, int32_t n, int32_t u0, int32_t u1, int32_t v0, int32_t v1, int32_t dx, int32_t dy)
{
	if (u0 >> 10 == u1 >> 10 && v0 >> 10 == v1 >> 10) {
		turn(r, x, dx + (u0 >> 10), dy + (v0 >> 10));
		return;
	}
	int32_t du = (u1 - u0) / 32, dv = (v1 - v0) / 32; /* exact: both ends are multiples of 32 apart */
	for (int32_t i = 0; i < n;) {
		int32_t u = u0 + du * i, v = v0 + dv * i, same_u = same_for(u, du), same_v = same_for(v, dv);
		turn(r, x + i, dx + (u >> 10), dy + (v >> 10));
		i += same_u < same_v ? same_u : same_v;
	}
}

/* Between four centres the shift is bilinear, so that four equal corners mean one shift throughout. */
static bool one_shift(const struct okng_aligner *a, int32_t c0, int32_t c1, int32_t r0, int32_t r1)
{
	int32_t i = r0 * a->columns + c0, corner[] = {r0 * a->columns + c1, r1 * a->columns + c0, r1 * a->columns + c1};
	for (int k = 0; k < 3; k++)
		if (a->u[corner[k]] != a->u[i] || a->v[corner[k]] != a->v[i])
			return false;
	return true;
}

static void warp_row(const struct okng_aligner *a, struct row *r, int32_t r0, int32_t r1, int32_t fy)
{
	for (int32_t x = 0, n; x < a->width; x += n) {
		int32_t c0, c1, fx;
		bool first = x < OKNG_ALIGN_CELL / 2;
		place(x, a->columns, &c0, &c1, &fx);
		c1 = first ? c0 : c1;
		n = first ? OKNG_ALIGN_CELL / 2 : OKNG_ALIGN_CELL;
		n = n < a->width - x ? n : a->width - x;
		if (one_shift(a, c0, c1, r0, r1)) {
			turn(r, x, a->dx + a->u[r0 * a->columns + c0], a->dy + a->v[r0 * a->columns + c0]);
			continue;
		}
		between(r, x, n, down(a->u, a->columns, c0, r0, r1, fy), down(a->u, a->columns, c1, r0, r1, fy),
			down(a->v, a->columns, c0, r0, r1, fy), down(a->v, a->columns, c1, r0, r1, fy), a->dx, a->dy);
	}
	turn(r, a->width, INT32_MIN, 0);
}

void okng_aligner_warp(const struct okng_aligner *a, const struct okng_bits *golden, struct okng_bits *copper,
	struct okng_bits *ground)
{
	for (int32_t y = 0; y < a->height; y++) {
		struct row r = {.golden = golden, .copper = okng_bits_row(copper, y), .ground = okng_bits_row(ground, y), .y = y,
			.u = INT32_MIN};
		int32_t r0, r1, fy;
		place(y, a->rows, &r0, &r1, &fy);
		memset(r.copper, 0, (size_t)copper->words * sizeof *r.copper);
		memset(r.ground, 0, (size_t)ground->words * sizeof *r.ground);
		warp_row(a, &r, r0, r1, fy);
	}
}

void okng_aligner_shift(const struct okng_aligner *a, int32_t *dx, int32_t *dy)
{
	*dx = a->dx;
	*dy = a->dy;
}

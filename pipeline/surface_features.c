/* SPDX-License-Identifier: Apache-2.0
 *
 * The logarithm makes an answer a ratio of light, so that exposure and shading do not change it. All filters are
 * differences of a binomially smoothed plane, or of that plane averaged along one axis; the scales come from the same
 * filters on a halved plane. Loops run along rows over 16-bit integers without branches, for the compiler to widen.
 */
#include "pipeline/surface_features.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAD 32           /* columns of repeated border on either side of a plane's rows */
#define COLUMN_WINDOW 81 /* rows of the long mean of a column */
#define DARKEST 16       /* levels added before the logarithm, for the noise of dark pixels */
#define LEVELS 3         /* scales: 1, 2, 4 pixels */
#define BLOCK 4          /* pixels, side of a texture sample; the texture's scales are 4 and 8 pixels */

/* Planes as they are have all filters, those without grain the first five, the texture's the last two. */
enum { SPOT, SLANT, DOWN, ACROSS, PIT, STEP, WIDE, FILTERS, DARK_FILTERS = STEP };

enum { /* first channels */
	PLAIN = 0,
	FLAT = PLAIN + LEVELS * FILTERS,
	TEXTURE = FLAT + LEVELS * DARK_FILTERS,
};

_Static_assert(TEXTURE + 2 * (FILTERS - DARK_FILTERS) == OKNG_SURFACE_CHANNELS, "every channel has its filter");

#define DARK_NAMES(s) "dark spot " s, "slanted line " s, "vertical line " s, "horizontal line " s, "pit " s
#define STEP_NAMES(s) "step " s, "wide step " s

static const char *const names[OKNG_SURFACE_CHANNELS] = {
	DARK_NAMES("1 px"), STEP_NAMES("1 px"), DARK_NAMES("2 px"), STEP_NAMES("2 px"), DARK_NAMES("4 px"), STEP_NAMES("4 px"),
	DARK_NAMES("1 px"), DARK_NAMES("2 px"), DARK_NAMES("4 px"),
	STEP_NAMES("of texture 4 px"), STEP_NAMES("of texture 8 px"),
};

struct plane {
	int32_t w, h;
	ptrdiff_t stride;
	int16_t *memory;
};

/* A plane to filter: which filters, where their channels begin, at which scale. */
struct task {
	const struct plane *in;
	int channel, first, end, level;
};

struct okng_surface_features {
	int32_t width, height, columns, rows;
	int16_t log[256];
	struct plane plain, flat, smooth, along, down, wide, strength, next[2];
	struct plane line; /* two rows of scratch */
	int32_t *sums;     /* [width] of columns */
	int16_t *best;     /* [FILTERS × width] of a row of cells */
	int16_t *cells;    /* [CHANNELS × rows × columns] */
};

static int16_t *row_of(const struct plane *p, int32_t y)
{
	y = y < 0 ? 0 : y >= p->h ? p->h - 1 : y;
	return p->memory + (ptrdiff_t)y * p->stride + PAD;
}

static void pad_row(int16_t *row, int32_t w)
{
	for (int32_t i = 1; i <= PAD; i++) {
		row[-i] = row[0];
		row[w - 1 + i] = row[w - 1];
	}
}

static int plane_init(struct plane *p, int32_t w, int32_t h)
{
	*p = (struct plane){w, h, w + 2 * PAD, NULL};
	p->memory = calloc((size_t)p->stride * (size_t)h, sizeof *p->memory);
	return p->memory ? 0 : -ENOMEM;
}

/* A plane of the size of another, in memory that holds at least as much. */
static void plane_resize(struct plane *p, int32_t w, int32_t h)
{
	*p = (struct plane){w, h, w + 2 * PAD, p->memory};
}

int32_t okng_surface_log(uint32_t v, int shift)
{
	int32_t whole = 31 - __builtin_clz(v);
	uint64_t m = ((uint64_t)v << 31) >> whole; /* 1.31, in [1, 2): squared once for each bit */
	int32_t r = (whole - shift) * 1024;
	for (int bit = 512; bit; bit >>= 1) {
		m = (m * m) >> 31;
		if (m >> 32) {
			m >>= 1;
			r += bit;
		}
	}
	return r;
}

static void take_logarithm(struct okng_surface_features *f, const struct okng_image *img)
{
	for (int32_t y = 0; y < f->height; y++) {
		const uint8_t *in = okng_image_row(img, y);
		int16_t *out = row_of(&f->plain, y);
		for (int32_t x = 0; x < f->width; x++)
			out[x] = f->log[in[x]];
		pad_row(out, f->width);
	}
}

/* sums += in - out */
static void slide(int32_t *restrict sums, const int16_t *restrict in, const int16_t *restrict out, int32_t w)
{
	for (int32_t x = 0; x < w; x++)
		sums[x] += in[x] - out[x];
}

/* Each column less its mean over COLUMN_WINDOW rows; at the ends the window stays inside. Means are below 2^13, and
 * 18 bits of scale keep the product in 32. */
static void take_grain_away(struct okng_surface_features *f)
{
	int32_t n = f->height < COLUMN_WINDOW ? f->height : COLUMN_WINDOW, scale = (1 << 18) / n, top = 0;
	memset(f->sums, 0, (size_t)f->width * sizeof *f->sums);
	memset(row_of(&f->line, 0), 0, (size_t)f->width * sizeof(int16_t));
	for (int32_t y = 0; y < n; y++)
		slide(f->sums, row_of(&f->plain, y), row_of(&f->line, 0), f->width);
	for (int32_t y = 0; y < f->height; y++) {
		if (y > n / 2 && top + n < f->height) {
			slide(f->sums, row_of(&f->plain, top + n), row_of(&f->plain, top), f->width);
			top++;
		}
		const int16_t *in = row_of(&f->plain, y);
		int16_t *restrict out = row_of(&f->flat, y);
		const int32_t *sums = f->sums;
		for (int32_t x = 0; x < f->width; x++)
			out[x] = (int16_t)(in[x] - ((sums[x] * scale) >> 18));
		pad_row(out, f->width);
	}
}

/* 1 4 6 4 1 both ways. */
static void smooth_plane(struct okng_surface_features *f, const struct plane *in, struct plane *out)
{
	int32_t w = in->w;
	int16_t *restrict t = row_of(&f->line, 0);
	for (int32_t y = 0; y < in->h; y++) {
		const int16_t *a = row_of(in, y - 2), *b = row_of(in, y - 1), *c = row_of(in, y), *d = row_of(in, y + 1),
			*e = row_of(in, y + 2);
		int16_t *restrict o = row_of(out, y);
		for (int32_t x = -2; x < w + 2; x++)
			t[x] = (int16_t)((a[x] + e[x] + 4 * (b[x] + d[x]) + 6 * c[x] + 8) >> 4);
		for (int32_t x = 0; x < w; x++)
			o[x] = (int16_t)((t[x - 2] + t[x + 2] + 4 * (t[x - 1] + t[x + 1]) + 6 * t[x] + 8) >> 4);
		pad_row(o, w);
	}
}

/* o[x] = mean of in[x + a] and in[x + b], for x in [from, to) */
static void halves(int16_t *restrict o, const int16_t *restrict in, int32_t a, int32_t b, int32_t from, int32_t to)
{
	for (int32_t x = from; x < to; x++)
		o[x] = (int16_t)((in[x + a] + in[x + b]) >> 1);
}

/* Means of 8 samples along the rows, and of 32 where wide is wanted. */
static void average_along(struct okng_surface_features *f, bool wide)
{
	int32_t w = f->smooth.w;
	int16_t *t = row_of(&f->line, 0), *u = row_of(&f->line, 1);
	for (int32_t y = 0; y < f->smooth.h; y++) {
		int16_t *a = row_of(&f->along, y);
		halves(t, row_of(&f->smooth, y), 0, 1, -16, w + 15);
		halves(u, t, 0, 2, -16, w + 13);
		halves(a, u, -4, 0, -12, w + 12);
		if (wide) {
			halves(t, a, -4, 4, -8, w + 8);
			halves(row_of(&f->wide, y), t, -8, 8, 0, w);
		}
	}
}

/* Means of 8 samples down the columns. */
static void average_down(struct okng_surface_features *f)
{
	int32_t w = f->smooth.w;
	for (int32_t y = 0; y < f->smooth.h; y++) {
		const int16_t *r[8];
		for (int i = 0; i < 8; i++)
			r[i] = row_of(&f->smooth, y - 4 + i);
		int16_t *restrict o = row_of(&f->down, y);
		for (int32_t x = -2; x < w + 2; x++)
			o[x] = (int16_t)((r[0][x] + r[1][x] + r[2][x] + r[3][x] + r[4][x] + r[5][x] + r[6][x] + r[7][x]) >> 3);
	}
}

static inline int16_t most(int16_t a, int32_t b)
{
	return b > a ? (int16_t)b : a;
}

static void spots_of_row(struct okng_surface_features *f, int32_t y)
{
	const int16_t *u = row_of(&f->smooth, y - 2), *m = row_of(&f->smooth, y), *d = row_of(&f->smooth, y + 2);
	int16_t *restrict spot = f->best + (ptrdiff_t)SPOT * f->width, *restrict pit = f->best + (ptrdiff_t)PIT * f->width;
	int16_t *restrict slant = f->best + (ptrdiff_t)SLANT * f->width;
	int32_t w = f->smooth.w;
	for (int32_t x = 0; x < w; x++) {
		int32_t c = 2 * m[x], xx = m[x - 2] + m[x + 2] - c, yy = u[x] + d[x] - c;
		int32_t a = u[x - 2] + d[x + 2] - c, b = u[x + 2] + d[x - 2] - c;
		spot[x] = most(spot[x], xx + yy);
		pit[x] = most(pit[x], xx < yy ? xx : yy);
		slant[x] = most(slant[x], a > b ? a : b);
	}
}

static void lines_of_row(struct okng_surface_features *f, int32_t y)
{
	const int16_t *u = row_of(&f->along, y - 2), *m = row_of(&f->along, y), *d = row_of(&f->along, y + 2);
	const int16_t *v = row_of(&f->down, y);
	int16_t *restrict down = f->best + (ptrdiff_t)DOWN * f->width, *restrict across = f->best + (ptrdiff_t)ACROSS * f->width;
	int32_t w = f->smooth.w;
	for (int32_t x = 0; x < w; x++) {
		down[x] = most(down[x], v[x - 2] + v[x + 2] - 2 * v[x]);
		across[x] = most(across[x], u[x] + d[x] - 2 * m[x]);
	}
}

static void steps_of_row(struct okng_surface_features *f, int32_t y)
{
	const int16_t *u = row_of(&f->along, y - 2), *d = row_of(&f->along, y + 2);
	const int16_t *wu = row_of(&f->wide, y - 2), *wd = row_of(&f->wide, y + 2);
	int16_t *restrict step = f->best + (ptrdiff_t)STEP * f->width, *restrict wide = f->best + (ptrdiff_t)WIDE * f->width;
	int32_t w = f->smooth.w;
	for (int32_t x = 0; x < w; x++) {
		int32_t g = d[x] - u[x], h = wd[x] - wu[x];
		step[x] = most(step[x], g < 0 ? -g : g);
		wide[x] = most(wide[x], h < 0 ? -h : h);
	}
}

/* The cells' maxima of one row of cells, from the columns' maxima. */
static void gather_cells(struct okng_surface_features *f, const struct task *t, int32_t row, int32_t side)
{
	for (int i = t->first; i < t->end; i++) {
		const int16_t *in = f->best + (ptrdiff_t)i * f->width;
		int16_t *out = f->cells + ((ptrdiff_t)(t->channel + i - t->first) * f->rows + row) * f->columns;
		for (int32_t c = 0; c < f->columns; c++) {
			int32_t end = c + 1 == f->columns ? f->smooth.w : (c + 1) * side;
			int16_t top = 0;
			for (int32_t x = c * side; x < end; x++)
				top = in[x] > top ? in[x] : top;
			out[c] = top;
		}
	}
}

/* A task's filters on its plane; f->smooth is left for the next scale. */
static void filter_plane(struct okng_surface_features *f, const struct task *t)
{
	struct plane *scratch[] = {&f->smooth, &f->along, &f->down, &f->wide};
	for (int i = 0; i < 4; i++)
		plane_resize(scratch[i], t->in->w, t->in->h);
	smooth_plane(f, t->in, &f->smooth);
	average_along(f, t->end > WIDE);
	if (t->first < STEP)
		average_down(f);
	int32_t side = OKNG_SURFACE_CELL >> t->level;
	for (int32_t r = 0; r < f->rows; r++) {
		int32_t end = r + 1 == f->rows ? t->in->h : (r + 1) * side;
		memset(f->best, 0, (size_t)FILTERS * (size_t)f->width * sizeof *f->best);
		for (int32_t y = r * side; y < end; y++) {
			if (t->first < STEP) {
				spots_of_row(f, y);
				lines_of_row(f, y);
			}
			if (t->end > STEP)
				steps_of_row(f, y);
		}
		gather_cells(f, t, r, side);
	}
}

static void halve(const struct plane *in, struct plane *out)
{
	plane_resize(out, in->w / 2, in->h / 2);
	for (int32_t y = 0; y < out->h; y++) {
		const int16_t *s = row_of(in, 2 * y);
		int16_t *restrict o = row_of(out, y);
		for (int32_t x = 0; x < out->w; x++)
			o[x] = s[2 * x];
		pad_row(o, out->w);
	}
}

/* The task's filters on its plane and on the halved ones, levels in all. */
static void filter_levels(struct okng_surface_features *f, struct task t, int levels)
{
	filter_plane(f, &t);
	for (int i = 1; i < levels; i++) {
		struct plane *next = &f->next[i & 1];
		halve(&f->smooth, next);
		t.in = next;
		t.channel += t.end - t.first;
		t.level++;
		filter_plane(f, &t);
	}
}

/* How far pixels are from the smoothed plane, as the logarithm of the sum over blocks. */
static void measure_texture(struct okng_surface_features *f)
{
	plane_resize(&f->smooth, f->width, f->height);
	smooth_plane(f, &f->plain, &f->smooth);
	for (int32_t by = 0; by < f->strength.h; by++) {
		int32_t *restrict sums = f->sums;
		memset(sums, 0, (size_t)f->width * sizeof *sums);
		for (int32_t y = by * BLOCK; y < by * BLOCK + BLOCK; y++) {
			const int16_t *a = row_of(&f->plain, y), *s = row_of(&f->smooth, y);
			for (int32_t x = 0; x < f->width; x++)
				sums[x] += a[x] > s[x] ? a[x] - s[x] : s[x] - a[x];
		}
		int16_t *o = row_of(&f->strength, by);
		for (int32_t bx = 0; bx < f->strength.w; bx++, sums += BLOCK)
			o[bx] = (int16_t)okng_surface_log((uint32_t)(sums[0] + sums[1] + sums[2] + sums[3]) + 256, 8);
		pad_row(o, f->strength.w);
	}
}

void okng_surface_features_run(struct okng_surface_features *f, const struct okng_image *img)
{
	take_logarithm(f, img);
	take_grain_away(f);
	measure_texture(f);
	filter_levels(f, (struct task){&f->plain, PLAIN, 0, FILTERS, 0}, LEVELS);
	filter_levels(f, (struct task){&f->flat, FLAT, 0, DARK_FILTERS, 0}, LEVELS);
	filter_levels(f, (struct task){&f->strength, TEXTURE, DARK_FILTERS, FILTERS, 2}, 2);
}

static int allocate(struct okng_surface_features *f)
{
	int32_t w = f->width, h = f->height;
	struct plane *full[] = {&f->plain, &f->flat, &f->smooth, &f->along, &f->down, &f->wide};
	int r = plane_init(&f->line, w, 2);
	for (int i = 0; r == 0 && i < 6; i++)
		r = plane_init(full[i], w, h);
	for (int i = 0; r == 0 && i < 2; i++)
		r = plane_init(&f->next[i], w / 2, h / 2);
	if (r == 0)
		r = plane_init(&f->strength, w / BLOCK, h / BLOCK);
	f->sums = calloc((size_t)w, sizeof *f->sums);
	f->best = calloc((size_t)w * FILTERS, sizeof *f->best);
	f->cells = calloc((size_t)f->rows * (size_t)f->columns * OKNG_SURFACE_CHANNELS, sizeof *f->cells);
	return r < 0 || !f->sums || !f->best || !f->cells ? -ENOMEM : 0;
}

int okng_surface_features_open(struct okng_surface_features **features, int32_t width, int32_t height)
{
	*features = NULL;
	if (width < OKNG_SURFACE_SIDE_MIN || height < OKNG_SURFACE_SIDE_MIN || width > OKNG_IMAGE_SIDE_MAX || height > OKNG_IMAGE_SIDE_MAX)
		return -EINVAL;
	struct okng_surface_features *f = calloc(1, sizeof *f);
	if (!f)
		return -ENOMEM;
	f->width = width;
	f->height = height;
	f->columns = width / OKNG_SURFACE_CELL;
	f->rows = height / OKNG_SURFACE_CELL;
	for (uint32_t i = 0; i < 256; i++)
		f->log[i] = (int16_t)okng_surface_log(i + DARKEST, 4);
	int r = allocate(f);
	*features = f;
	if (r < 0)
		okng_surface_features_close(features);
	return r;
}

void okng_surface_features_close(struct okng_surface_features **features)
{
	struct okng_surface_features *f = features ? *features : NULL;
	if (!f)
		return;
	struct plane *planes[] = {&f->plain, &f->flat, &f->smooth, &f->along, &f->down, &f->wide, &f->strength, &f->next[0], &f->next[1],
		&f->line};
	for (size_t i = 0; i < sizeof planes / sizeof planes[0]; i++)
		free(planes[i]->memory);
	free(f->sums);
	free(f->best);
	free(f->cells);
	free(f);
	*features = NULL;
}

int32_t okng_surface_features_columns(const struct okng_surface_features *f)
{
	return f->columns;
}

int32_t okng_surface_features_rows(const struct okng_surface_features *f)
{
	return f->rows;
}

const int16_t *okng_surface_features_channel(const struct okng_surface_features *f, int channel)
{
	return f->cells + (ptrdiff_t)channel * f->rows * f->columns;
}

const char *okng_surface_features_name(int channel)
{
	return names[channel];
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Solving for the flat field. Sums of many frames are kept whole, so that the gain is finer than a grey level; the
 * dark level is rounded, since that is what the kernel subtracts, and the gain is computed against the rounded one.
 */
#include "calib/flat.h"

#include <errno.h>
#include <stdlib.h>

#define FRAMES_MAX 256
#define SATURATED 254
#define LEAST_SPAN 40          /* levels between dark and white */
#define GAIN_MIN 1024          /* 0.25 */
#define GAIN_MAX 32768         /* 8 */
#define BAD 0                  /* gain of a pixel to mend, until it is */
#define SPAN_UNITS 16          /* of the span's histogram, per grey level */
#define MEND_RADIUS_MAX 8

struct sums {
	uint32_t *white, *dark; /* sum over the frames, width × height */
	size_t n;
};

static uint64_t add_frame(uint32_t *sum, const struct okng_image *img)
{
	uint64_t saturated = 0;
	for (int32_t y = 0; y < img->height; y++) {
		const uint8_t *row = okng_image_row(img, y);
		for (int32_t x = 0; x < img->width; x++) {
			*sum++ += row[x];
			saturated += row[x] >= SATURATED;
		}
	}
	return saturated;
}

static int same_size(const struct okng_image *frames, int n, const struct okng_image *first, const char *what, struct okng_error *err)
{
	for (int i = 0; i < n; i++) {
		if (frames[i].pixel != OKNG_PIXEL_MONO8)
			return okng_error_set(err, -EINVAL, "", 0, what, "frame %d is not 8-bit grey", i + 1);
		if (frames[i].width != first->width || frames[i].height != first->height)
			return okng_error_set(err, -EINVAL, "", 0, what, "frame %d has %d x %d pixels, the first white one %d x %d: all must be alike",
				i + 1, (int)frames[i].width, (int)frames[i].height, (int)first->width, (int)first->height);
	}
	return 0;
}

static int check_input(const struct okng_image *white, int n_white, const struct okng_image *dark, int n_dark, struct okng_error *err)
{
	if (n_white < 1 || n_white > FRAMES_MAX || n_dark < 0 || n_dark > FRAMES_MAX)
		return okng_error_set(err, -EINVAL, "", 0, "", "%d white and %d dark frames: 1 to %d white and at most %d dark ones are needed",
			n_white, n_dark, FRAMES_MAX, FRAMES_MAX);
	int rc = same_size(white, n_white, &white[0], "white", err);
	return rc < 0 ? rc : same_size(dark, n_dark, &white[0], "dark", err);
}

/* 99th percentile of the span and its median, in 1/SPAN_UNITS levels. */
static int percentiles(const struct sums *s, const struct okng_image *dark, int n_white, int *median)
{
	uint32_t histogram[255 * SPAN_UNITS + 1] = {0};
	size_t i = 0;
	for (int32_t y = 0; y < dark->height; y++) {
		const uint8_t *row = okng_image_row(dark, y);
		for (int32_t x = 0; x < dark->width; x++, i++) {
			int64_t v = (int64_t)s->white[i] - (int64_t)row[x] * n_white;
			histogram[v < 0 ? 0 : v * SPAN_UNITS / n_white]++;
		}
	}
	uint64_t seen = 0;
	*median = -1;
	for (int v = 0; v <= 255 * SPAN_UNITS; v++) {
		seen += histogram[v];
		if (*median < 0 && seen * 2 >= s->n)
			*median = v;
		if (seen * 100 >= (uint64_t)s->n * 99)
			return v;
	}
	return 255 * SPAN_UNITS;
}

static uint16_t *gain_row(const struct okng_image *gain, int32_t y)
{
	return (uint16_t *)(void *)okng_image_row(gain, y);
}

static int median_level(const struct okng_image *img)
{
	uint64_t histogram[256] = {0}, seen = 0;
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++)
			histogram[okng_image_row(img, y)[x]]++;
	int v = 0;
	while ((seen += histogram[v]) * 2 < (uint64_t)img->width * (uint64_t)img->height)
		v++;
	return v;
}

/* Gains, BAD where there can be none; counts hot and dead pixels. */
static void compute_gain(struct okng_flat *flat, const struct sums *s, int n_white, int target, struct okng_flat_report *r)
{
	int hot = median_level(&flat->dark) + OKNG_FLAT_HOT;
	size_t i = 0;
	for (int32_t y = 0; y < flat->gain.height; y++) {
		const uint8_t *dark = okng_image_row(&flat->dark, y);
		uint16_t *gain = gain_row(&flat->gain, y);
		for (int32_t x = 0; x < flat->gain.width; x++, i++) {
			int64_t d = (int64_t)s->white[i] - (int64_t)dark[x] * n_white;
			int64_t g = d > 0 ? ((int64_t)target * n_white * 4096 / SPAN_UNITS + d / 2) / d : 0;
			bool good = g >= GAIN_MIN && g <= GAIN_MAX;
			r->hot += dark[x] > hot;
			r->dead += dark[x] <= hot && !good;
			gain[x] = good && dark[x] <= hot ? (uint16_t)g : BAD;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Median of the good gains within the smallest window that has any; 1.0 where there are none. */
static uint16_t neighbours(const struct okng_image *gain, int32_t cx, int32_t cy)
{
	uint16_t good[(2 * MEND_RADIUS_MAX + 1) * (2 * MEND_RADIUS_MAX + 1)];
	for (int r = 1; r <= MEND_RADIUS_MAX; r++) {
		size_t n = 0;
		for (int32_t y = cy - r; y <= cy + r; y++)
			for (int32_t x = cx - r; x <= cx + r; x++) {
				if (x < 0 || y < 0 || x >= gain->width || y >= gain->height)
					continue;
				uint16_t g = ((const uint16_t *)(const void *)okng_image_row(gain, y))[x];
				if (g != BAD)
					good[n++] = g;
			}
		if (n == 0)
			continue;
		qsort(good, n, sizeof *good, by_value);
		return good[n / 2];
	}
	return 4096;
}

static bool unlike(int gain, int other)
{
	return gain < other * (1 - OKNG_FLAT_ODD) || gain > other * (1 + OKNG_FLAT_ODD);
}

/* Whether a pixel is off its surroundings; most are not, which two neighbours show. */
static bool is_odd(const struct okng_image *gain, int32_t x, int32_t y)
{
	const uint16_t *row = gain_row(gain, y);
	if (x > 0 && x + 1 < gain->width && !unlike(row[x], row[x - 1]) && !unlike(row[x], row[x + 1]))
		return false;
	return unlike(row[x], neighbours(gain, x, y));
}

struct places {
	uint32_t *at;
	size_t n, room;
};

static int add_place(struct places *p, size_t at)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 256;
		uint32_t *more = realloc(p->at, room * sizeof *more);
		if (!more)
			return -ENOMEM;
		p->at = more;
		p->room = room;
	}
	p->at[p->n++] = (uint32_t)at;
	return 0;
}

/* All bad pixels, in order; odd ones are judged by what was good before, whatever the order. */
static int gather(struct places *bad, const struct okng_image *gain, struct okng_flat_report *r)
{
	int rc = 0;
	for (int32_t y = 0; y < gain->height && rc == 0; y++) {
		for (int32_t x = 0; x < gain->width && rc == 0; x++) {
			bool was = gain_row(gain, y)[x] == BAD, odd = !was && is_odd(gain, x, y);
			r->odd += odd;
			if (was || odd)
				rc = add_place(bad, (size_t)y * (size_t)gain->width + (size_t)x);
		}
	}
	return rc;
}

/* Mends from what was good before: all are BAD before the first is set, and set only when all are known. */
static int mend(struct okng_image *gain, const struct places *bad)
{
	uint16_t *value = calloc(bad->n + 1, sizeof *value);
	size_t width = (size_t)gain->width;
	if (!value)
		return -ENOMEM;
	for (size_t i = 0; i < bad->n; i++)
		gain_row(gain, (int32_t)(bad->at[i] / width))[bad->at[i] % width] = BAD;
	for (size_t i = 0; i < bad->n; i++)
		value[i] = neighbours(gain, (int32_t)(bad->at[i] % width), (int32_t)(bad->at[i] / width));
	for (size_t i = 0; i < bad->n; i++)
		gain_row(gain, (int32_t)(bad->at[i] / width))[bad->at[i] % width] = value[i];
	free(value);
	return 0;
}

/* The list of bad pixels into flat. */
static int mark(struct okng_flat *flat, struct okng_flat_report *r, struct okng_error *err)
{
	struct places bad = {0};
	uint32_t where = 0, width = (uint32_t)flat->gain.width;
	int most = okng_flat_bad_max(flat->gain.width, flat->gain.height), rc = 0;
	if (r->hot + r->dead <= most)
		rc = gather(&bad, &flat->gain, r);
	r->mended = r->hot + r->dead + r->odd;
	if (r->mended > most)
		rc = okng_error_set(err, -EINVAL, "", 0, "white", "%d bad pixels (%d hot, %d dead with a gain outside 0.25 to 8, %d unlike those around them); at "
			"most %d can be mended: the target must fill the picture, be lit evenly and have no texture", r->mended, r->hot, r->dead, r->odd, most);
	if (rc == 0)
		rc = okng_flat_mark(flat, bad.at, (int32_t)bad.n, &where);
	if (rc == -EDOM)
		rc = okng_error_set(err, -EINVAL, "", 0, "white", "too many bad pixels in one place, about (%u, %u): dirt on the target or the sensor?",
			(unsigned)(where % width), (unsigned)(where / width));
	if (rc == 0)
		rc = mend(&flat->gain, &bad);
	free(bad.at);
	return rc;
}

static void round_dark(struct okng_image *dark, const uint32_t *sum, int n)
{
	for (int32_t y = 0; y < dark->height; y++) {
		uint8_t *row = okng_image_row(dark, y);
		for (int32_t x = 0; x < dark->width; x++, sum++)
			row[x] = n ? (uint8_t)((*sum + (uint32_t)n / 2) / (uint32_t)n) : 0;
	}
}

static void fill_report(struct okng_flat_report *r, const struct okng_image *gain)
{
	r->least = GAIN_MAX;
	for (int32_t y = 0; y < gain->height; y++) {
		const uint16_t *row = gain_row(gain, y);
		for (int32_t x = 0; x < gain->width; x++) {
			r->least = row[x] < r->least ? row[x] : r->least;
			r->most = row[x] > r->most ? row[x] : r->most;
		}
	}
}

/* s holds the sums; flat's images are there. */
static int solve(struct okng_flat *flat, const struct sums *s, int n_white, int n_dark, struct okng_flat_report *report,
	struct okng_error *err)
{
	round_dark(&flat->dark, s->dark, n_dark);
	int median, target = percentiles(s, &flat->dark, n_white, &median);
	if (median < LEAST_SPAN * SPAN_UNITS)
		return okng_error_set(err, -EINVAL, "", 0, "white", "half of the white target is less than %d levels above dark (%d there): more "
			"light, a longer exposure or a lighter target is needed", LEAST_SPAN, median / SPAN_UNITS);
	struct okng_flat_report r = {.target = target};
	compute_gain(flat, s, n_white, target, &r);
	int rc = mark(flat, &r, err);
	if (rc == 0 && report) {
		fill_report(&r, &flat->gain);
		*report = r;
	}
	return rc;
}

static int accumulate(struct sums *s, const struct okng_image *white, int n_white, const struct okng_image *dark, int n_dark,
	struct okng_error *err)
{
	uint64_t saturated = 0;
	for (int i = 0; i < n_white; i++)
		saturated += add_frame(s->white, &white[i]);
	for (int i = 0; i < n_dark; i++)
		add_frame(s->dark, &dark[i]);
	uint64_t all = (uint64_t)s->n * (uint64_t)n_white;
	if (saturated * 100 > all)
		return okng_error_set(err, -EINVAL, "", 0, "white", "%.1f %% of the white frames' pixels are saturated (grey %d or more); at most 1 %% "
			"may be: less light or a shorter exposure is needed", 100.0 * (double)saturated / (double)all, SATURATED);
	return 0;
}

int okng_flat_make(struct okng_flat *flat, const struct okng_image *white, int n_white, const struct okng_image *dark, int n_dark,
	struct okng_flat_report *report, struct okng_error *err)
{
	*flat = (struct okng_flat){0};
	int rc = check_input(white, n_white, dark, n_dark, err);
	if (rc < 0)
		return rc;
	struct okng_flat new_flat = {0};
	struct sums s = {.n = (size_t)white[0].width * (size_t)white[0].height};
	s.white = calloc(s.n, sizeof *s.white);
	s.dark = calloc(s.n, sizeof *s.dark);
	rc = s.white && s.dark ? okng_image_init(&new_flat.dark, white[0].width, white[0].height, OKNG_PIXEL_MONO8) : -ENOMEM;
	if (rc == 0)
		rc = okng_image_init(&new_flat.gain, white[0].width, white[0].height, OKNG_PIXEL_MONO16);
	if (rc < 0) {
		okng_error_set(err, rc, "", 0, "", "no memory");
		goto out;
	}
	rc = accumulate(&s, white, n_white, dark, n_dark, err);
	if (rc == 0)
		rc = solve(&new_flat, &s, n_white, n_dark, report, err);
	if (rc == -ENOMEM)
		okng_error_set(err, rc, "", 0, "", "no memory");
out:
	free(s.white);
	free(s.dark);
	if (rc < 0)
		okng_flat_finish(&new_flat);
	else
		*flat = new_flat;
	return rc;
}

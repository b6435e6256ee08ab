/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at a surface: each patch's distance to the nearest good one; and, for the patches to report, where in the
 * patch lies what no such good patch has: the cells that answer most in the channel that differs most.
 */
#include "pipeline/surface.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/surface_model.h"
#include "pipeline/surface_patch.h"

struct okng_surface {
	struct okng_surface_model model;
	struct okng_surface_patches patches;
	int32_t count;     /* of patches */
	double limit;      /* distance, 1/64 */
	double *distance;  /* [count]; below 0: not looked at, or reported */
	uint32_t *nearest; /* [count] */
	uint16_t *map;     /* [rows × columns] */
};

/* What differs in a patch. */
struct finding {
	struct okng_rect cells;
	uint32_t area; /* cells */
	int channel;
	bool weaker;   /* than in the good patch */
};

static int open_patches(struct okng_surface *s, const struct okng_tool *tool, int32_t width, int32_t height, struct okng_error *err)
{
	struct okng_surface_model *m = &s->model;
	if ((tool->patch + OKNG_SURFACE_CELL / 2) / OKNG_SURFACE_CELL != m->patch ||
	    (tool->margin + OKNG_SURFACE_CELL / 2) / OKNG_SURFACE_CELL != m->margin)
		return okng_error_set(err, -EINVAL, "", 0, "", "tool %s was taught with patch = %d, margin = %d: teach it again with okng learn",
			tool->name, m->patch * OKNG_SURFACE_CELL, m->margin * OKNG_SURFACE_CELL);
	int r = okng_surface_patches_open(&s->patches, tool, m->patch, m->margin, width, height);
	if (r == -EINVAL)
		okng_error_set(err, r, "", 0, "", "tool %s: its margin of %d pixels leaves nothing to look at (images of %d×%d)", tool->name,
			m->margin * OKNG_SURFACE_CELL, width, height);
	if (r < 0)
		return r;
	s->count = s->patches.across * s->patches.down;
	s->distance = calloc((size_t)s->count, sizeof *s->distance);
	s->nearest = calloc((size_t)s->count, sizeof *s->nearest);
	s->map = calloc((size_t)s->patches.columns * (size_t)s->patches.rows, sizeof *s->map);
	return s->distance && s->nearest && s->map ? 0 : -ENOMEM;
}

void okng_surface_tune(struct okng_surface *s, double unlike)
{
	s->limit = (double)s->model.limit * unlike;
}

int okng_surface_open(struct okng_surface **surface, const struct okng_tool *tool, const uint8_t *bytes, size_t size, int32_t width,
	int32_t height, struct okng_error *err)
{
	struct okng_surface *s = *surface = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	int r = okng_surface_model_parse(&s->model, bytes, size);
	if (r == -EINVAL)
		okng_error_set(err, r, "", 0, "", "what tool %s was taught is damaged or of another version: teach it again with okng learn", tool->name);
	if (r == 0)
		r = open_patches(s, tool, width, height, err);
	okng_surface_tune(s, tool->unlike);
	if (r < 0)
		okng_surface_close(surface);
	return r;
}

void okng_surface_close(struct okng_surface **surface)
{
	struct okng_surface *s = surface ? *surface : NULL;
	if (!s)
		return;
	okng_surface_patches_finish(&s->patches);
	okng_surface_model_finish(&s->model);
	free(s->distance);
	free(s->nearest);
	free(s->map);
	free(s);
	*surface = NULL;
}

static void number_all(const struct okng_surface *s, const int16_t *answers, int16_t *profile)
{
	for (int c = 0; c < OKNG_SURFACE_CHANNELS; c++)
		profile[c] = okng_surface_model_number(&s->model, c, answers[c]);
}

static void fill_map(struct okng_surface *s, const struct okng_rect *box, double distance)
{
	double v = distance / s->limit * 256;
	uint16_t value = v < 65535 ? (uint16_t)v : 65535;
	for (int32_t y = box->y; y < box->y + box->h; y++) {
		uint16_t *row = s->map + (ptrdiff_t)y * s->patches.columns;
		for (int32_t x = box->x; x < box->x + box->w; x++)
			row[x] = value > row[x] ? value : row[x];
	}
}

static void measure(struct okng_surface *s)
{
	memset(s->map, 0, (size_t)s->patches.columns * (size_t)s->patches.rows * sizeof *s->map);
	for (int32_t i = 0; i < s->count; i++) {
		int16_t answers[OKNG_SURFACE_CHANNELS], profile[OKNG_SURFACE_CHANNELS];
		s->distance[i] = -1;
		if (!okng_surface_patch_answers(&s->patches, i, answers))
			continue;
		number_all(s, answers, profile);
		s->distance[i] = sqrt((double)okng_surface_nearest(s->model.profile, s->model.n, profile, &s->nearest[i]));
		struct okng_rect box = okng_surface_patch_box(&s->patches, i);
		fill_map(s, &box, s->distance[i]);
	}
}

static int32_t most_unlike(const struct okng_surface *s)
{
	int32_t at = -1;
	for (int32_t i = 0; i < s->count; i++)
		if (s->distance[i] >= 0 && (at < 0 || s->distance[i] > s->distance[at]))
			at = i;
	return at;
}

/* The weakest answer whose number exceeds `number`. */
static int16_t answer_above(const struct okng_surface *s, int channel, int32_t number)
{
	int32_t low = 0, high = INT16_MAX;
	while (low < high) {
		int32_t middle = (low + high) / 2;
		if (okng_surface_model_number(&s->model, channel, (int16_t)middle) > number)
			high = middle;
		else
			low = middle + 1;
	}
	return (int16_t)low;
}

/* The cells of box that answer at least `from`, bounded; all of it when none does. */
static void bound(const struct okng_surface *s, const struct okng_rect *box, int16_t from, struct finding *f)
{
	const int16_t *cells = okng_surface_features_channel(s->patches.features, f->channel);
	int32_t x0 = INT32_MAX, y0 = INT32_MAX, x1 = -1, y1 = -1;
	f->area = 0;
	for (int32_t y = box->y; y < box->y + box->h; y++)
		for (int32_t x = box->x; x < box->x + box->w; x++) {
			ptrdiff_t at = (ptrdiff_t)y * s->patches.columns + x;
			if (!s->patches.seen[at] || cells[at] < from)
				continue;
			f->area++;
			x0 = x < x0 ? x : x0;
			x1 = x > x1 ? x : x1;
			y0 = y < y0 ? y : y0;
			y1 = y > y1 ? y : y1;
		}
	f->cells = x1 < 0 ? *box : (struct okng_rect){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
	if (x1 < 0)
		f->area = (uint32_t)(box->w * box->h);
}

static struct finding find(const struct okng_surface *s, int32_t index)
{
	struct okng_rect box = okng_surface_patch_box(&s->patches, index);
	const int16_t *good = s->model.profile + (size_t)s->nearest[index] * OKNG_SURFACE_CHANNELS;
	int16_t answers[OKNG_SURFACE_CHANNELS], profile[OKNG_SURFACE_CHANNELS];
	struct finding f = {.channel = 0};
	int32_t top = -1;
	okng_surface_patch_answers(&s->patches, index, answers);
	number_all(s, answers, profile);
	for (int c = 0; c < OKNG_SURFACE_CHANNELS; c++) {
		int32_t d = profile[c] - good[c], size = d < 0 ? -d : d;
		if (size > top) {
			top = size;
			f.channel = c;
			f.weaker = d < 0;
		}
	}
	int32_t middle = (profile[f.channel] + good[f.channel]) / 2;
	bound(s, &box, f.weaker ? INT16_MAX : answer_above(s, f.channel, middle), &f);
	return f;
}

static double mean_grey(const struct okng_image *img, const struct okng_rect *r)
{
	uint64_t sum = 0;
	for (int32_t y = r->y; y < r->y + r->h; y++)
		for (int32_t x = r->x; x < r->x + r->w; x++)
			sum += okng_image_row(img, y)[x];
	return (double)sum / ((double)r->w * r->h);
}

static struct okng_rect pixels_of(const struct okng_rect *cells)
{
	const int32_t c = OKNG_SURFACE_CELL;
	return (struct okng_rect){cells->x * c, cells->y * c, cells->w * c, cells->h * c};
}

static struct okng_defect describe(const struct okng_surface *s, const struct okng_image *img, int32_t index, const struct finding *f)
{
	struct okng_rect patch = okng_surface_patch_box(&s->patches, index), around = pixels_of(&patch), box = pixels_of(&f->cells);
	double difference = mean_grey(img, &box) - mean_grey(img, &around), distance = s->distance[index];
	struct okng_defect d = {.box = box, .scored = true};
	if (distance >= s->limit) /* else nothing is too unlike, and the patch only tells how near the part came */
		d.area = f->area * OKNG_SURFACE_CELL * OKNG_SURFACE_CELL;
	d.cx = (float)(box.x + box.w / 2.0 - 0.5);
	d.cy = (float)(box.y + box.h / 2.0 - 0.5);
	d.elongation = (float)(box.w > box.h ? (double)box.w / box.h : (double)box.h / box.w);
	d.fill = (float)((double)f->area / ((double)f->cells.w * f->cells.h));
	d.polarity = difference < 0 ? OKNG_POLARITY_DARK : OKNG_POLARITY_BRIGHT;
	d.contrast = (float)(difference < 0 ? -difference : difference);
	d.score = (float)(distance / (distance + s->limit));
	snprintf(d.why, sizeof d.why, "%s%s, %.2f of limit", f->weaker ? "too little " : "", okng_surface_features_name(f->channel),
		distance / s->limit);
	return d;
}

static bool meets(const struct okng_rect *a, const struct okng_rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

int okng_surface_run(struct okng_surface *s, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	int r = okng_surface_patches_run(&s->patches, img, spans);
	if (r < 0)
		return r;
	measure(s);
	int n = 0;
	for (int32_t at = most_unlike(s); at >= 0 && (n == 0 || s->distance[at] >= s->limit); at = most_unlike(s), n++) {
		struct finding f = find(s, at);
		struct okng_defect d = describe(s, img, at, &f);
		each(user, &d);
		s->distance[at] = -1;
		for (int32_t i = 0; i < s->count; i++) { /* those that see the same are said */
			struct okng_rect box = okng_surface_patch_box(&s->patches, i);
			if (meets(&box, &f.cells))
				s->distance[i] = -1;
		}
	}
	return n;
}

const uint16_t *okng_surface_map(const struct okng_surface *s, int32_t *columns, int32_t *rows)
{
	*columns = s->patches.columns;
	*rows = s->patches.rows;
	return s->map;
}

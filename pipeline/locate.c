/* SPDX-License-Identifier: Apache-2.0
 *
 * Coarse to fine. The exhaustive search at the top hands down a few candidates; on the small levels all are refined
 * and compared by correlation over a grid, because on a board full of equal pads the best of the coarse places is
 * often a neighbour of the right one; below that only the best goes on, so that full size costs a few thousand taps.
 */
#include "pipeline/locate_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "pipeline/warp.h"

#define SHORT_SIDE_RANK 250  /* candidates compete, and the score is taken, on levels of at most this */
#define GRID_MAX 3000        /* samples of a score */
#define SCORE_MIN 0.35       /* below: chance, not a part */
#define SETTLED_LEVEL 1      /* the fit must have settled at full or at half size ... */
#define EXPLAINED_MIN 0.05   /* ... and explain this share of the variance at the edges */
#define SHIFT_SLACK 1.0      /* pixels and degrees past the search range that still count as inside */
#define ANGLE_SLACK 0.1

struct level {
	struct okng_locate_view view; /* of the frame, image set anew each run */
	struct okng_locate_fit fit;   /* no points: the level holds too little structure and is passed over */
	int32_t (*grid)[2];           /* u, v; only on the levels that rank */
	uint8_t *value;               /* of the reference there */
	int n_grid;
};

struct okng_locator {
	const struct okng_kernels *k;
	int32_t width, height;
	int search;
	double angle;
	int top;  /* level of the exhaustive search */
	int rank; /* finest level with a grid */
	struct okng_pyramid frame;
	struct level levels[OKNG_LOCATE_LEVELS];
	int32_t *grey; /* scratch: of a grid */
	struct okng_locate_search coarse;
	struct okng_brown lens[OKNG_LOCATE_LEVELS]; /* for each level's size */
	struct okng_warp *warp;       /* NULL: no lens. The search has the topmost level without distortion */
	struct okng_image flat;       /* that */
	int32_t (*spans)[2];          /* scratch, of its rows */
};

/* --- score --- */

static int grid_init(struct level *level)
{
	const struct okng_image *img = &level->view.image;
	int32_t step = 1;
	while ((int64_t)(img->width / step) * (img->height / step) > GRID_MAX)
		step++;
	size_t most = (size_t)(img->width / step + 1) * (size_t)(img->height / step + 1);
	level->grid = calloc(most, sizeof *level->grid);
	level->value = calloc(most, 1);
	if (!level->grid || !level->value)
		return -ENOMEM;
	for (int32_t y = step / 2; y < img->height; y += step) {
		for (int32_t x = step / 2; x < img->width; x += step, level->n_grid++) {
			level->grid[level->n_grid][0] = (int32_t)((x - level->view.cx) * OKNG_LOCATE_UNIT);
			level->grid[level->n_grid][1] = (int32_t)((y - level->view.cy) * OKNG_LOCATE_UNIT);
			level->value[level->n_grid] = okng_image_row(img, y)[x];
		}
	}
	return 0;
}

/* Normalised correlation over the grid; 0 when less than half of it is in the frame or one side is blank. */
static double score(const struct okng_locator *loc, const struct level *level, const struct okng_locate_place *at)
{
	struct okng_sampler m = okng_locate_sampler(&level->view, at);
	int64_t n = 0, f = 0, t = 0, ff = 0, tt = 0, ft = 0;
	loc->k->sample(&m, (const int32_t (*)[2])level->grid, level->n_grid, loc->grey);
	for (int i = 0; i < level->n_grid; i++) {
		int32_t v = loc->grey[i], r = level->value[i];
		if (v < 0)
			continue;
		n++;
		f += v;
		t += r;
		ff += (int64_t)v * v;
		tt += r * r;
		ft += (int64_t)v * r;
	}
	double vf = (double)(n * ff - f * f), vt = (double)(n * tt - t * t);
	if (2 * n < level->n_grid || !(vf > 0) || !(vt > 0))
		return 0;
	return (double)(n * ft - f * t) / sqrt(vf * vt);
}

/* --- open --- */

/* The finest levels decide how well the part is placed, the others only have to lead there. */
static int points_wanted(const struct okng_image *img, int l)
{
	int32_t side = img->width < img->height ? img->width : img->height;
	return side < 130 ? 300 : side < 300 || l > 1 ? 600 : l == 1 ? 1000 : 2000;
}

static int open_level(struct okng_locator *loc, int l, const struct okng_image *img)
{
	struct level *level = &loc->levels[l];
	int32_t side = img->width < img->height ? img->width : img->height;
	level->view = (struct okng_locate_view){.image = *img,
		.cx = (double)loc->width / (2 << l) - 0.5, .cy = (double)loc->height / (2 << l) - 0.5};
	int rc = okng_locate_fit_init(&level->fit, &level->view, points_wanted(img, l));
	if (rc == -ENOMEM)
		return rc;
	if (side > SHORT_SIDE_RANK && l < loc->top)
		return 0;
	loc->rank = l < loc->rank ? l : loc->rank;
	return grid_init(level);
}

static int open_scratch(struct okng_locator *loc)
{
	int most = 1;
	for (int l = 0; l <= loc->top; l++)
		most = loc->levels[l].n_grid > most ? loc->levels[l].n_grid : most;
	loc->grey = calloc((size_t)most, sizeof *loc->grey);
	return loc->grey ? 0 : -ENOMEM;
}

/* The coarsest level that still shows structure carries the exhaustive search. */
static int open_search(struct okng_locator *loc, const struct okng_pyramid *ref)
{
	for (int l = ref->levels - 1; l >= 0; l--) {
		struct okng_locate_view view = {.image = ref->level[l],
			.cx = (double)loc->width / (2 << l) - 0.5, .cy = (double)loc->height / (2 << l) - 0.5};
		int32_t shift = (loc->search + (1 << l) - 1) >> l;
		int rc = okng_locate_search_init(&loc->coarse, &view, shift, loc->angle);
		if (rc != -ENODATA) {
			loc->top = l;
			return rc;
		}
	}
	return -ENODATA;
}

int okng_locator_open(struct okng_locator **locator, const struct okng_image *reference, int search, double angle)
{
	*locator = NULL;
	if (!reference->data || reference->pixel != OKNG_PIXEL_MONO8 || reference->width < 16 || reference->height < 16 ||
	    search < 0 || search > OKNG_LOCATE_SEARCH_MAX || !(angle >= 0 && angle <= OKNG_LOCATE_ANGLE_MAX))
		return -EINVAL;
	struct okng_locator *loc = calloc(1, sizeof *loc);
	if (!loc)
		return -ENOMEM;
	*loc = (struct okng_locator){.k = okng_kernels_get(okng_cpu_level()), .width = reference->width, .height = reference->height, .search = search,
		.angle = angle, .rank = OKNG_LOCATE_LEVELS};
	struct okng_pyramid ref;
	int rc = okng_pyramid_init(&ref, loc->width, loc->height);
	if (!rc) {
		okng_pyramid_begin(&ref, reference);
		okng_pyramid_feed(&ref, loc->k, loc->height);
		rc = okng_pyramid_init(&loc->frame, loc->width, loc->height);
	}
	if (!rc)
		rc = open_search(loc, &ref);
	for (int l = loc->top; l >= 0 && !rc; l--)
		rc = open_level(loc, l, &ref.level[l]);
	if (!rc)
		rc = open_scratch(loc);
	if (!rc && (search || angle > 0) && !loc->levels[0].fit.n_points)
		rc = -ENODATA;
	okng_pyramid_finish(&ref);
	if (rc)
		okng_locator_close(&loc);
	*locator = loc;
	return rc;
}

int okng_locator_look_through(struct okng_locator *loc, const struct okng_brown *lens, struct okng_error *err)
{
	if (lens->width != loc->width || lens->height != loc->height)
		return okng_error_set(err, -EINVAL, "", 0, "lens", "the lens is for pictures of %d×%d, not of %d×%d", lens->width, lens->height,
			loc->width, loc->height);
	struct okng_brown top = okng_brown_halved(lens, loc->top);
	struct okng_warp *warp;
	struct okng_image flat;
	int rc = okng_warp_open_rough(&warp, &top, err);
	if (rc)
		return rc;
	rc = okng_image_init(&flat, top.width, top.height, OKNG_PIXEL_MONO8);
	int32_t (*spans)[2] = calloc((size_t)top.height, sizeof *spans);
	if (rc || !spans) {
		okng_warp_close(&warp);
		okng_image_finish(&flat);
		free(spans);
		return okng_error_set(err, -ENOMEM, "", 0, "lens", "no memory for the lens's map");
	}
	okng_warp_close(&loc->warp);
	okng_image_finish(&loc->flat);
	free(loc->spans);
	loc->warp = warp;
	loc->flat = flat;
	loc->spans = spans;
	for (int l = 0; l <= loc->top; l++) {
		loc->lens[l] = okng_brown_halved(lens, l);
		loc->levels[l].view.lens = &loc->lens[l];
	}
	return 0;
}

void okng_locator_close(struct okng_locator **locator)
{
	if (!locator || !*locator)
		return;
	struct okng_locator *loc = *locator;
	for (int l = 0; l < OKNG_LOCATE_LEVELS; l++) {
		okng_locate_fit_finish(&loc->levels[l].fit);
		free(loc->levels[l].grid);
		free(loc->levels[l].value);
	}
	free(loc->grey);
	okng_warp_close(&loc->warp);
	okng_image_finish(&loc->flat);
	free(loc->spans);
	okng_locate_search_finish(&loc->coarse);
	okng_pyramid_finish(&loc->frame);
	free(loc);
	*locator = NULL;
}

/* --- run --- */

struct candidate {
	struct okng_locate_place at;
	struct okng_locate_light light;
	double score;
	int settled; /* finest level on which the fit settled */
};

static int by_score(const struct candidate *a, const struct candidate *b)
{
	return (a->score < b->score) - (a->score > b->score);
}

/* Stable, for a handful: equal scores keep the order of the search. */
static void sort(struct candidate *c, int n)
{
	for (int i = 1; i < n; i++) {
		struct candidate x = c[i];
		int k = i;
		for (; k > 0 && by_score(&c[k - 1], &x) > 0; k--)
			c[k] = c[k - 1];
		c[k] = x;
	}
}

static void refine(const struct okng_locator *loc, int l, struct candidate *c)
{
	const struct level *level = &loc->levels[l];
	int free_mask = (loc->search ? 1 : 0) | (loc->angle > 0 ? 2 : 0);
	double explained;
	if (level->fit.n_points && okng_locate_fit_run(&level->fit, loc->k, &level->view, free_mask, &c->at, &c->light, &explained) >= 0 &&
	    explained >= EXPLAINED_MIN)
		c->settled = l;
	if (level->grid)
		c->score = score(loc, level, &c->at);
}

/* All the way down; c[0] is the answer. Returns how many candidates there were. */
static int descend(struct okng_locator *loc, struct candidate *c)
{
	struct okng_locate_place places[OKNG_LOCATE_CANDIDATES];
	struct okng_locate_view top = loc->levels[loc->top].view;
	if (loc->warp) {
		okng_warp_run(loc->warp, loc->k, &(struct okng_pose){0}, &top.image, NULL, &loc->flat, loc->spans);
		top.image = loc->flat;
	}
	int n = okng_locate_search_run(&loc->coarse, &top, places);
	int found = n;
	for (int i = 0; i < n; i++)
		c[i] = (struct candidate){.at = places[i], .settled = OKNG_LOCATE_LEVELS};
	for (int l = loc->top; l >= 0 && n > 0; l--) {
		n = l < loc->rank ? 1 : n;
		for (int i = 0; i < n; i++) {
			if (l < loc->top) {
				c[i].at.dx *= 2;
				c[i].at.dy *= 2;
			}
			refine(loc, l, &c[i]);
		}
		sort(c, n);
		if (l > loc->rank && n > 3)
			n = 3;
	}
	return found;
}

int okng_locator_run(struct okng_locator *loc, const struct okng_image *frame, struct okng_pose *pose)
{
	*pose = (struct okng_pose){0};
	if (!frame->data || frame->pixel != OKNG_PIXEL_MONO8 || frame->width != loc->width || frame->height != loc->height)
		return -EINVAL;
	okng_locator_begin(loc, frame);
	okng_locator_feed(loc, loc->height);
	return okng_locator_find(loc, pose);
}

void okng_locator_begin(struct okng_locator *loc, const struct okng_image *frame)
{
	okng_pyramid_begin(&loc->frame, frame);
	for (int l = 0; l <= loc->top; l++)
		loc->levels[l].view.image = loc->frame.level[l];
}

void okng_locator_feed(struct okng_locator *loc, int32_t rows)
{
	okng_pyramid_feed(&loc->frame, loc->k, rows);
}

int okng_locator_find(struct okng_locator *loc, struct okng_pose *pose)
{
	*pose = (struct okng_pose){0};
	if (!loc->search && !(loc->angle > 0)) {
		pose->score = score(loc, &loc->levels[loc->rank], &(struct okng_locate_place){0});
		return pose->score < SCORE_MIN ? -ENOENT : 0;
	}
	struct candidate c[OKNG_LOCATE_CANDIDATES];
	if (!descend(loc, c))
		return -ENOENT;
	*pose = (struct okng_pose){.dx = c[0].at.dx, .dy = c[0].at.dy, .angle = c[0].at.angle, .score = c[0].score};
	if (c[0].score < SCORE_MIN || fabs(pose->dx) > loc->search + SHIFT_SLACK || fabs(pose->dy) > loc->search + SHIFT_SLACK ||
	    fabs(pose->angle) > loc->angle + ANGLE_SLACK)
		return -ENOENT;
	return c[0].settled > SETTLED_LEVEL ? -EDOM : 0;
}

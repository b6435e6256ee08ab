/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the locator share, and nobody else includes. Coordinates of a level are offsets u, v from the
 * centre of the reference, in 1/1024 pixel of that level; the centre of level l lies at side / 2^(l+1) - 1/2, which
 * is exact in 1/1024 down to the last level.
 */
#ifndef OKNG_PIPELINE_LOCATE_PARTS_H
#define OKNG_PIPELINE_LOCATE_PARTS_H

#include "pipeline/kernels.h"
#include "pipeline/locate.h"

#define OKNG_LOCATE_LEVELS 9   /* 16384 halved eight times is 64 */
#define OKNG_LOCATE_CANDIDATES 6
#define OKNG_LOCATE_UNIT 1024  /* of u and v */
#define OKNG_LOCATE_COLUMNS 8  /* unknowns of the fit */
#define OKNG_LOCATE_SHADING 5  /* the first of them: gain, offset and smooth shading; then shift and rotation */

/* A pose in pixels of some level. */
struct okng_locate_place {
	double dx, dy, angle;
};

/* A level as the samplers see it. */
struct okng_locate_view {
	struct okng_image image;
	double cx, cy; /* centre of the reference */
	const struct okng_brown *lens; /* through which it was taken, for its size; NULL: none */
};

/* A place in integers, ready to look at points. */
static inline struct okng_sampler okng_locate_sampler(const struct okng_locate_view *view, const struct okng_locate_place *at)
{
	double s, c;
	okng_locate_sincos(at->angle, &s, &c);
	return (struct okng_sampler){
		.data = view->image.data,
		.stride = view->image.stride,
		.width = view->image.width,
		.height = view->image.height,
		.c = (int64_t)(c * 1073741824.0),
		.s = (int64_t)(s * 1073741824.0),
		.ox = (int64_t)((view->cx + at->dx) * OKNG_LOCATE_UNIT + 1048576.5) - 1048576,
		.oy = (int64_t)((view->cy + at->dy) * OKNG_LOCATE_UNIT + 1048576.5) - 1048576,
		.lens = view->lens,
	};
}

/* --- pyramid.c: levels 1 and up by 2×2 means, rounded; level 0 is the picture itself --- */

struct okng_pyramid {
	int levels;
	struct okng_image level[OKNG_LOCATE_LEVELS]; /* [0] is a view set by begin */
	int32_t ready[OKNG_LOCATE_LEVELS];           /* rows */
};

/* Levels until the short side of the next would fall below 60 pixels. 0 or -ENOMEM. */
int okng_pyramid_init(struct okng_pyramid *pyramid, int32_t width, int32_t height);
/* A picture whose rows come from above one after the other; what follows from the first `rows` of them is reckoned. */
void okng_pyramid_begin(struct okng_pyramid *pyramid, const struct okng_image *picture);
void okng_pyramid_feed(struct okng_pyramid *pyramid, const struct okng_kernels *k, int32_t rows);
void okng_pyramid_finish(struct okng_pyramid *pyramid);

/* --- locate_search.c: every shift and angle of one level --- */

struct okng_locate_search {
	int32_t shift;        /* ± pixels of this level */
	int n_angles;         /* odd; the middle one is 0 */
	double step;          /* degrees between them */
	int32_t margin;       /* zero pixels around the padded picture */
	int32_t stride;       /* of flat, in elements */
	int32_t radius;       /* of the local mean */
	int n_points;
	int16_t *flat;        /* blurred picture less its local mean, padded */
	int32_t *value;       /* [n_points] of the reference */
	int32_t *offset;      /* [n_angles][n_points] into flat, of shift 0 */
	uint8_t *blurred;     /* scratch: one level */
	int32_t *columns;     /* scratch: column sums of the local mean */
};

/* 0; -ENODATA: too little structure; -ENOMEM. */
int okng_locate_search_init(struct okng_locate_search *search, const struct okng_locate_view *reference, int32_t shift,
	double angle);
/* The best places, at most OKNG_LOCATE_CANDIDATES, each a neighbourhood of its own, best first; returns how many. */
int okng_locate_search_run(struct okng_locate_search *search, const struct okng_locate_view *frame,
	struct okng_locate_place *places);
void okng_locate_search_finish(struct okng_locate_search *search);

/* --- locate_fit.c: Gauss-Newton on gradient points --- */

struct okng_locate_fit {
	int32_t (*uv)[2];                        /* of the points */
	int16_t (*row)[OKNG_LOCATE_COLUMNS];     /* of the design matrix */
	int64_t square[OKNG_LOCATE_COLUMNS][OKNG_LOCATE_COLUMNS]; /* sums of its products over all points; lower half */
	int32_t *grey;     /* scratch: of the frame at each point, 8.8; -1 outside */
	int32_t *residual; /* scratch: what the light alone says, less grey */
	int n_points;
	double radius; /* half diagonal, pixels: rotation column's unit */
};

/* What goes from level to level besides the place. */
struct okng_locate_light {
	double q[OKNG_LOCATE_SHADING];
	int known;
};

/* Picks at most n points. 0; -ENODATA: fewer than 16; -ENOMEM. */
int okng_locate_fit_init(struct okng_locate_fit *fit, const struct okng_locate_view *reference, int n);
/* Moves *at to the best fit. free: which of shift (1) and rotation (2) may move. Returns the size of the last step in
 * pixels at the corner, -1 when it was lost or did not settle (*at is where it started). *explained: share of the variance at the
 * points that the fit explains. */
double okng_locate_fit_run(const struct okng_locate_fit *fit, const struct okng_kernels *k, const struct okng_locate_view *frame,
	int free, struct okng_locate_place *at, struct okng_locate_light *light, double *explained);
void okng_locate_fit_finish(struct okng_locate_fit *fit);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes for a pose, places for a row, stretches of the frame that a row sees. The pixels are the kernels'.
 */
#include "pipeline/warp.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/locate.h"
#include "pipeline/resample_rows.h"

#define STRIP (2 * OKNG_WARP_ROWS)
#define SAFE 512 /* 1/2^16 pixel from the border, where rounding can't lead out of the frame */

struct okng_warp {
	struct okng_brown lens;
	const struct okng_kernels *k;
	int32_t n;                 /* nodes in a row */
	int32_t n_strips;
	int32_t *nodes[2][3];      /* [n] columns, rows; three rows of them */
	int32_t *strips[2];        /* [n_strips][3][n]: struct okng_warp_strip */
	int32_t *places[2];        /* [n + OKNG_WARP_BEYOND] of one row */
	int32_t range[2][2];       /* of those */
	struct okng_pose pose;     /* that the nodes are for */
	bool known;
	const struct okng_image *frame;
	struct okng_image *out;
};

/* Of columns (0) or rows (1). */
static struct okng_warp_strip strip_at(const struct okng_warp *w, int which, int32_t strip)
{
	int32_t *p = w->strips[which] + (ptrdiff_t)strip * 3 * w->n;
	return (struct okng_warp_strip){p, p + w->n, p + 2 * w->n};
}

static void set_nodes(struct okng_warp *w, const struct okng_pose *pose)
{
	if (w->known && w->pose.dx == pose->dx && w->pose.dy == pose->dy && w->pose.angle == pose->angle)
		return;
	double si, co, cx = (w->lens.width - 1) / 2.0, cy = (w->lens.height - 1) / 2.0;
	okng_locate_sincos(pose->angle, &si, &co);
	const double step[2] = {OKNG_WARP_STEP * co, -OKNG_WARP_STEP * si};
	for (int32_t j = 0; j <= 2 * w->n_strips; j++) {
		double v = j * OKNG_WARP_ROWS - cy;
		const double start[2] = {cx + pose->dx - co * cx + si * v, cy + pose->dy + si * cx + co * v};
		int at = j == 0 ? 0 : 1 + (j - 1) % 2;
		w->k->warp_nodes(&w->lens, start, step, w->n, w->nodes[0][at], w->nodes[1][at]);
		for (int i = 0; i < 2 && j > 0 && at == 2; i++) {
			struct okng_warp_strip strip = strip_at(w, i, j / 2 - 1);
			int32_t *const *rows = w->nodes[i];
			w->k->warp_strip((const int32_t *const[3]){rows[0], rows[1], rows[2]}, w->n, &strip);
			memcpy(rows[0], rows[2], (size_t)w->n * sizeof *rows[0]);
		}
	}
	w->pose = *pose;
	w->known = true;
}

static struct okng_warp_row set_places(struct okng_warp *w, int32_t y)
{
	for (int i = 0; i < 2; i++) {
		struct okng_warp_strip strip = strip_at(w, i, y / STRIP);
		w->k->warp_places(&strip, y % STRIP, w->n, w->places[i], w->range[i]);
	}
	return (struct okng_warp_row){.data = w->frame ? w->frame->data : NULL, .stride = w->frame ? w->frame->stride : 0,
		.width = w->lens.width, .height = w->lens.height, .x = w->places[0], .y = w->places[1],
		.roomy = w->range[1][1] < (w->lens.height - 6) * 65536};
}

/* --- what of a row lies in the frame --- */

struct place {
	int32_t x, y; /* 1/2^12, 1/2^13 */
};

static inline struct place place_at(const struct okng_warp_row *r, int32_t x)
{
	int32_t i = x / OKNG_WARP_STEP, j = x % OKNG_WARP_STEP;
	return (struct place){((r->x[i] + 264) >> 4) + j * ((r->x[i + 1] - r->x[i] + 64) >> 7),
		((r->y[i] + 4) >> 3) + j * ((r->y[i + 1] - r->y[i] + 32) >> 6)};
}

/* Bits: left, right, above, below. */
static inline int beyond(const struct okng_warp_row *r, struct place p)
{
	return (p.x < 0) | (p.x >> 5 > (r->width - 1) * 128) << 1 | (p.y < 0) << 2 | (p.y > (r->height - 1) * 8192) << 3;
}

struct stretch {
	int32_t from, best[2];
};

static void lengthen(struct stretch *s, int32_t x, bool inside)
{
	if (!inside)
		s->from = x + 1;
	else if (x + 1 - s->from > s->best[1] - s->best[0]) {
		s->best[0] = s->from;
		s->best[1] = x + 1;
	}
}

/* The longest stretch; of equal ones the first. */
static void find_span(const struct okng_warp_row *r, int32_t width, int32_t span[2])
{
	struct stretch s = {0, {0, 0}};
	for (int32_t x = 0; x < width;) {
		int32_t end = x + OKNG_WARP_STEP < width ? x + OKNG_WARP_STEP : width;
		int first = beyond(r, place_at(r, x)), last = beyond(r, place_at(r, end - 1));
		if (first & last) {
			s.from = end;
			x = end;
		} else if (!first && !last) {
			lengthen(&s, end - 1, true);
			x = end;
		}
		for (; x < end; x++)
			lengthen(&s, x, !beyond(r, place_at(r, x)));
	}
	span[0] = s.best[0];
	span[1] = s.best[1];
}

static bool all_inside(const struct okng_warp *w, const struct okng_warp_row *r)
{
	return w->range[0][0] >= SAFE && w->range[0][1] <= (r->width - 1) * 65536 - SAFE && w->range[1][0] >= SAFE &&
		w->range[1][1] <= (r->height - 1) * 65536 - SAFE && !beyond(r, place_at(r, r->width - 1));
}

static void warp_row(void *state, int32_t y, int32_t span[2])
{
	struct okng_warp *w = state;
	struct okng_warp_row r = set_places(w, y);
	int32_t width = w->lens.width;
	uint8_t *out = okng_image_row(w->out, y);
	span[0] = 0;
	span[1] = width;
	if (!all_inside(w, &r))
		find_span(&r, width, span);
	if (span[0] == span[1]) {
		span[0] = span[1] = 0;
		return;
	}
	w->k->warp(&r, span[0], span[1], out);
	memset(out, out[span[0]], (size_t)span[0]);
	memset(out + span[1], out[span[1] - 1], (size_t)(width - span[1]));
}

/* --- open, run --- */

static struct okng_point point_of(struct place p)
{
	return (struct okng_point){(p.x >> 5) / 128.0, p.y / 8192.0};
}

/* From where the lens puts it, by a pose that only shifts: at nodes and half way between them. */
static double most_off(struct okng_warp *w, double dx, double dy)
{
	double most = 0;
	set_nodes(w, &(struct okng_pose){.dx = dx, .dy = dy});
	for (int32_t y = 0; y < w->lens.height; y += OKNG_WARP_ROWS / 2) {
		struct okng_warp_row r = set_places(w, y);
		for (int32_t x = 0; x < w->lens.width; x += OKNG_WARP_STEP / 2) {
			double u, v;
			struct okng_point p = point_of(place_at(&r, x));
			okng_brown_at(&w->lens, x + dx, y + dy, &u, &v);
			if (u < 0 || v < 0 || u > w->lens.width - 1 || v > w->lens.height - 1)
				continue;
			double far = sqrt((p.x - u) * (p.x - u) + (p.y - v) * (p.y - v));
			most = far > most ? far : most;
		}
	}
	return most;
}

static int check_error(struct okng_warp *w, struct okng_error *err)
{
	double off = most_off(w, 0, 0), beyond = 0;
	for (int i = 0; i < 4; i++) {
		double far = most_off(w, (i & 1 ? 0.125 : -0.125) * w->lens.width, (i & 2 ? 0.125 : -0.125) * w->lens.height);
		beyond = far > beyond ? far : beyond;
	}
	if (off <= OKNG_WARP_ERROR && beyond <= OKNG_WARP_ERROR_BEYOND)
		return 0;
	return okng_error_set(err, -EINVAL, "", 0, "lens", "the lens bends too strongly for pictures of %d×%d: the map would be off by %.3f pixels",
		w->lens.width, w->lens.height, beyond > off ? beyond : off);
}

int okng_warp_open_rough(struct okng_warp **warp, const struct okng_brown *lens, struct okng_error *err)
{
	struct okng_warp *w = calloc(1, sizeof *w);
	*warp = w;
	if (!w)
		return okng_error_set(err, -ENOMEM, "", 0, "lens", "no memory for the lens's map");
	w->lens = *lens;
	w->k = okng_kernels_get(okng_cpu_level());
	w->n = (lens->width + OKNG_WARP_STEP - 1) / OKNG_WARP_STEP + 1;
	w->n_strips = (lens->height + STRIP - 1) / STRIP;
	bool there = true;
	for (int i = 0; i < 2; i++) {
		w->strips[i] = calloc((size_t)w->n * (size_t)w->n_strips * 3, sizeof *w->strips[i]);
		w->places[i] = calloc((size_t)w->n + OKNG_WARP_BEYOND, sizeof *w->places[i]);
		there = there && w->strips[i] && w->places[i];
		for (int j = 0; j < 3; j++)
			there = (w->nodes[i][j] = calloc((size_t)w->n, sizeof *w->nodes[i][j])) && there;
	}
	if (!there) {
		okng_warp_close(warp);
		return okng_error_set(err, -ENOMEM, "", 0, "lens", "no memory for the lens's map");
	}
	return 0;
}

int okng_warp_open(struct okng_warp **warp, const struct okng_brown *lens, struct okng_error *err)
{
	int rc = okng_warp_open_rough(warp, lens, err);
	if (rc == 0 && (rc = check_error(*warp, err)) < 0)
		okng_warp_close(warp);
	return rc;
}

static bool fits(const struct okng_warp *w, const struct okng_image *img)
{
	return img->data && img->pixel == OKNG_PIXEL_MONO8 && img->width == w->lens.width && img->height == w->lens.height;
}

int okng_warp_run(struct okng_warp *w, const struct okng_kernels *k, const struct okng_pose *pose, const struct okng_image *frame,
	const struct okng_image *light, struct okng_image *out, int32_t (*spans)[2])
{
	if (!fits(w, frame) || !fits(w, out) || !(fabs(pose->angle) <= 45.0 && fabs(pose->dx) <= 32768.0 && fabs(pose->dy) <= 32768.0))
		return -EINVAL;
	w->k = k;
	set_nodes(w, pose);
	w->frame = frame;
	w->out = out;
	okng_resample_rows(k, warp_row, w, light, out, spans);
	w->frame = NULL;
	w->out = NULL;
	return 0;
}

struct okng_point okng_warp_place(struct okng_warp *w, int32_t x, int32_t y)
{
	struct okng_warp_row r = set_places(w, y);
	return point_of(place_at(&r, x));
}

void okng_warp_close(struct okng_warp **warp)
{
	struct okng_warp *w = *warp;
	*warp = NULL;
	if (!w)
		return;
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 3; j++)
			free(w->nodes[i][j]);
		free(w->strips[i]);
		free(w->places[i]);
	}
	free(w);
}

int okng_undistort(const struct okng_brown *lens, const struct okng_image *frame, struct okng_image *out, struct okng_error *err)
{
	struct okng_warp *warp = NULL;
	memset(out, 0, sizeof *out);
	if (frame->pixel != OKNG_PIXEL_MONO8 || frame->width != lens->width || frame->height != lens->height)
		return okng_error_set(err, -EINVAL, "", 0, "lens", "%d×%d pixels, but the lens profile is for %d×%d", frame->width, frame->height,
			lens->width, lens->height);
	int32_t (*spans)[2] = calloc((size_t)frame->height, sizeof *spans);
	int rc = spans ? okng_image_init(out, frame->width, frame->height, OKNG_PIXEL_MONO8) : -ENOMEM;
	if (!rc)
		rc = okng_warp_open(&warp, lens, err);
	if (!rc)
		rc = okng_warp_run(warp, okng_kernels_get(okng_cpu_level()), &(struct okng_pose){0}, frame, NULL, out, spans);
	okng_warp_close(&warp);
	free(spans);
	if (rc)
		okng_image_finish(out);
	return rc;
}

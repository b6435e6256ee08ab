/* SPDX-License-Identifier: Apache-2.0
 *
 * Grey as a function of real coordinates of the part, edges a pixel and a half wide, so that any pose can be drawn with
 * one sample a pixel. Near the border there is only ground, as around a part in its fixture: a turned part leaves no
 * shape behind. Defects are as bright or as dark as can be, so that no widened tolerance splits one in two.
 */
#include "bench/scene.h"

#include <errno.h>
#include <math.h>

#include "pipeline/locate.h"

#define CELL 40.7
#define MARGIN 0.06 /* of the longer side: only ground */
#define GROUND 80.0
#define BRIGHT 250.0
#define DARK 4.0
#define BLOB_CELL 18.0 /* pixels a side that a defect needs at least */
#define VIGNETTE 0.25

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t h = a * 0x9e3779b9u ^ b * 0x85ebca6bu ^ c * 0xc2b2ae35u;
	h = (h ^ h >> 16) * 0x7feb352du;
	h = (h ^ h >> 15) * 0x846ca68bu;
	return h ^ h >> 16;
}

/* Distance to an upright box around (u, v) = 0, negative inside. */
static double box(double u, double v, double w, double h)
{
	double x = fabs(u) - w, y = fabs(v) - h;
	return x > y ? x : y;
}

static double shape(uint32_t h, double u, double v)
{
	double at = (h >> 16 & 7) - 3.5, width = 2.5 + (h >> 12 & 3), r = sqrt(u * u + v * v);
	switch (h % 6) {
	case 0: return fabs(r - 8 - at) - width;        /* a ring */
	case 1: return r - 9 - at;                      /* a pad */
	case 2: return box(u - at, v, width, 15);       /* tracks */
	case 3: return box(u, v - at, 15, width);
	case 4: return box(u - at, v + at, 7 + width, 5);
	}
	return 9;                                       /* bare */
}

struct painter {
	int32_t width, height;
	double margin;
	int columns, rows, blobs;
	double cell_w, cell_h;
};

static struct painter painter(const struct okng_bench_view *view)
{
	struct painter p = {.width = view->width, .height = view->height, .blobs = view->blobs};
	p.margin = MARGIN * (view->width > view->height ? view->width : view->height);
	double w = view->width - 2 * p.margin, h = view->height - 2 * p.margin;
	int n = view->blobs > 0 ? view->blobs : 1;
	p.columns = (int)ceil(sqrt(n * w / h));
	p.rows = (n + p.columns - 1) / p.columns;
	p.cell_w = w / p.columns;
	p.cell_h = h / p.rows;
	return p;
}

static double board(double x, double y)
{
	int cx = (int)floor(x / CELL), cy = (int)floor(y / CELL);
	uint32_t h = hash((uint32_t)cx, (uint32_t)cy, 1);
	double d = shape(h, x - (cx + 0.5) * CELL, y - (cy + 0.5) * CELL);
	double cover = d < -0.75 ? 1 : d > 0.75 ? 0 : 0.5 - d / 1.5;
	return GROUND + cover * (70 + (h >> 8 & 15));
}

/* The defect of the part's cell where (x, y) lies; false: none there. */
static bool blob_at(const struct painter *p, double x, double y, double *grey)
{
	int cx = (int)((x - p->margin) / p->cell_w), cy = (int)((y - p->margin) / p->cell_h);
	int i = cy * p->columns + cx;
	if (cx < 0 || cy < 0 || cx >= p->columns || i >= p->blobs)
		return false;
	uint32_t h = hash((uint32_t)i, 0, 2);
	double side = p->cell_w < p->cell_h ? p->cell_w : p->cell_h;
	double r = side * 0.2 < 10 ? side * 0.2 : 10, play = side / 2 - r - 3.5;
	r *= 0.8 + (h & 15) / 75.0;
	double u = x - p->margin - (cx + 0.5) * p->cell_w - play * ((h >> 4 & 255) / 127.5 - 1) * 0.9;
	double v = y - p->margin - (cy + 0.5) * p->cell_h - play * ((h >> 12 & 255) / 127.5 - 1) * 0.9;
	*grey = i & 1 ? BRIGHT : DARK;
	return u * u + v * v < r * r;
}

static double grey_at(const struct painter *p, double x, double y, bool defects)
{
	double grey;
	if (x < p->margin || y < p->margin || x >= p->width - p->margin || y >= p->height - p->margin)
		return GROUND;
	return defects && blob_at(p, x, y, &grey) ? grey : board(x, y);
}

static uint8_t clip(double v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
}

static void draw(struct okng_bench_scene *scene)
{
	const struct okng_bench_view *view = &scene->view;
	struct painter p = painter(view);
	double cx = (view->width - 1) / 2.0, cy = (view->height - 1) / 2.0, s, c;
	okng_locate_sincos(view->pose.angle, &s, &c);
	for (int32_t y = 0; y < view->height; y++) {
		uint8_t *golden = okng_image_row(&scene->golden, y), *frame = okng_image_row(&scene->frame, y);
		uint8_t *dark = okng_image_row(&scene->flat.dark, y);
		uint16_t *gain = (uint16_t *)(void *)okng_image_row(&scene->flat.gain, y);
		for (int32_t x = 0; x < view->width; x++) {
			double u = x - cx, v = y - cy, xf = u - view->pose.dx, yf = v - view->pose.dy;
			double light = 1, noise = (hash((uint32_t)x, (uint32_t)y, view->seed * 7 + 3) & 0xffff) / 65536.0 * 6 - 3;
			if (view->shaded)
				light -= VIGNETTE * (u * u + v * v) / (cx * cx + cy * cy);
			dark[x] = (uint8_t)(view->shaded ? 3 + (hash((uint32_t)x, (uint32_t)y, 4) & 3) : 0);
			gain[x] = (uint16_t)(4096 / light + 0.5);
			golden[x] = clip(grey_at(&p, x, y, false));
			frame[x] = clip((grey_at(&p, cx + c * xf - s * yf, cy + s * xf + c * yf, true) + noise) * light + dark[x]);
		}
	}
}

int okng_bench_scene_room(int32_t width, int32_t height)
{
	double margin = MARGIN * (width > height ? width : height);
	double n = (width - 2 * margin) * (height - 2 * margin) / (BLOB_CELL * BLOB_CELL) * 0.9;
	return n > 0 ? (int)n : 0;
}

struct okng_rect okng_bench_scene_region(const struct okng_bench_view *view, int i)
{
	struct painter p = painter(view);
	int32_t x0 = (int32_t)ceil(p.margin + i % p.columns * p.cell_w), y0 = (int32_t)ceil(p.margin + i / p.columns * p.cell_h);
	return (struct okng_rect){x0, y0, (int32_t)p.cell_w - 1, (int32_t)p.cell_h - 1};
}

int okng_bench_scene_init(struct okng_bench_scene *scene, const struct okng_bench_view *view)
{
	*scene = (struct okng_bench_scene){.view = *view};
	if (view->blobs < 0 || view->blobs > okng_bench_scene_room(view->width, view->height))
		return -EINVAL;
	int rc = okng_image_init(&scene->golden, view->width, view->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&scene->frame, view->width, view->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&scene->flat.dark, view->width, view->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_image_init(&scene->flat.gain, view->width, view->height, OKNG_PIXEL_MONO16);
	if (rc == 0)
		draw(scene);
	else
		okng_bench_scene_finish(scene);
	return rc;
}

void okng_bench_scene_finish(struct okng_bench_scene *scene)
{
	okng_image_finish(&scene->golden);
	okng_image_finish(&scene->frame);
	okng_flat_finish(&scene->flat);
}

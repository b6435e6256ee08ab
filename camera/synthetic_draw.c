/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes to pixels. The coverage of a pixel is a smooth step of its distance to the outline about as wide as a good
 * lens blurs. Doubles are only added, multiplied, divided and square-rooted, which IEEE 754 rounds the same way
 * everywhere, and blending is integer.
 */
#include "camera/synthetic_draw.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "camera/synthetic_random.h"

#define HALF_WIDTH 296.0  /* the board and its shadow */
#define HALF_HEIGHT 216.0
#define BLUR_PIXELS 3.0   /* canvas pixels: width of a sharp edge */

void okng_shapes_add(struct okng_shapes *shapes, const struct okng_shape *shape)
{
	assert(shapes->n < OKNG_SHAPES_MAX);
	shapes->shape[shapes->n++] = *shape;
}

struct okng_canvas okng_canvas_init(double scale)
{
	return (struct okng_canvas){
		.width = (int32_t)(2 * HALF_WIDTH * scale) + 2,
		.height = (int32_t)(2 * HALF_HEIGHT * scale) + 2,
		.scale = scale,
		.origin_x = HALF_WIDTH * scale,
		.origin_y = HALF_HEIGHT * scale,
	};
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double most(double a, double b)
{
	return a > b ? a : b;
}

static double length(double x, double y)
{
	return sqrt(x * x + y * y);
}

static double box_distance(const struct okng_shape *s, double x, double y)
{
	double cx = 0.5 * (s->x0 + s->x1), cy = 0.5 * (s->y0 + s->y1);
	double qx = (x > cx ? x - cx : cx - x) - 0.5 * (s->x1 - s->x0) + s->radius;
	double qy = (y > cy ? y - cy : cy - y) - 0.5 * (s->y1 - s->y0) + s->radius;
	if (qx > 0 && qy > 0)
		return length(qx, qy) - s->radius;
	return most(qx, qy) - s->radius;
}

static double line_distance(const struct okng_shape *s, double x, double y)
{
	double dx = s->x1 - s->x0, dy = s->y1 - s->y0, px = x - s->x0, py = y - s->y0;
	double t = (px * dx + py * dy) / (dx * dx + dy * dy + 1e-12);
	t = least(most(t, 0), 1);
	return length(px - t * dx, py - t * dy) - s->radius;
}

/* Of the point (x, y) to the outline, negative inside. */
static double distance(const struct okng_shape *s, double x, double y)
{
	switch (s->kind) {
	case OKNG_SHAPE_BOX: return box_distance(s, x, y);
	case OKNG_SHAPE_LINE: return line_distance(s, x, y);
	case OKNG_SHAPE_DISC: break;
	}
	return length(x - s->x0, y - s->y0) - s->radius;
}

/* Board units over which an edge goes from nothing to full. */
static double edge_width(const struct okng_canvas *c, const struct okng_shape *s)
{
	return BLUR_PIXELS / c->scale + s->soft;
}

static uint16_t blend(uint16_t pixel, int grey, int cover, bool hole)
{
	int p = pixel & 255, a = pixel >> 8;
	p += ((hole ? 0 : grey) - p) * cover / 256;
	a += ((hole ? 0 : 255) - a) * cover / 256;
	return (uint16_t)(p | a << 8);
}

static int grey_at(const struct okng_shape *s, double inside)
{
	if (s->rim == 0 || inside >= s->rim_width)
		return s->grey;
	double g = s->grey + s->rim * (1 - most(inside, 0) / s->rim_width);
	return (int)least(most(g, 0), 255);
}

static int32_t clamp(double v, int32_t lo, int32_t hi)
{
	return v <= lo ? lo : v >= hi ? hi : (int32_t)v;
}

/* The canvas pixels within clip that a shape may touch. */
static struct okng_rect reach(const struct okng_canvas *c, const struct okng_shape *s, struct okng_rect clip)
{
	double pad = edge_width(c, s) + (s->kind == OKNG_SHAPE_BOX ? 0 : s->radius);
	int32_t x0 = clamp((least(s->x0, s->x1) - pad + HALF_WIDTH) * c->scale, clip.x, clip.x + clip.w);
	int32_t x1 = clamp((most(s->x0, s->x1) + pad + HALF_WIDTH) * c->scale + 1, clip.x, clip.x + clip.w);
	int32_t y0 = clamp((least(s->y0, s->y1) - pad + HALF_HEIGHT) * c->scale, clip.y, clip.y + clip.h);
	int32_t y1 = clamp((most(s->y0, s->y1) + pad + HALF_HEIGHT) * c->scale + 1, clip.y, clip.y + clip.h);
	return (struct okng_rect){x0, y0, x1 - x0, y1 - y0};
}

static void draw_shape(struct okng_canvas *c, struct okng_rect clip, const struct okng_shape *s)
{
	struct okng_rect r = reach(c, s, clip);
	double width = edge_width(c, s), unit = 1 / c->scale;
	for (int32_t y = r.y; y < r.y + r.h; y++) {
		uint16_t *row = c->pixels + (size_t)y * (size_t)c->width;
		for (int32_t x = r.x; x < r.x + r.w; x++) {
			double d = distance(s, (x + 0.5) * unit - HALF_WIDTH, (y + 0.5) * unit - HALF_HEIGHT);
			double t = 0.5 - d / width;
			if (t <= 0)
				continue;
			t = least(t, 1);
			int cover = (int)(t * t * (3 - 2 * t) * s->alpha + 0.5);
			row[x] = blend(row[x], grey_at(s, -d), cover, s->hole);
		}
	}
}

static void apply_texture(struct okng_canvas *c, struct okng_rect clip)
{
	for (int32_t y = clip.y; y < clip.y + clip.h; y++) {
		uint16_t *row = c->pixels + (size_t)y * (size_t)c->width;
		const int8_t *texture = c->texture + (y & 255) * 256;
		for (int32_t x = clip.x; x < clip.x + clip.w; x++) {
			int p = row[x] & 255, a = row[x] >> 8;
			p += texture[x & 255] * a / 8192; /* ± 4 levels */
			row[x] = (uint16_t)((p < 0 ? 0 : p > a ? a : p) | a << 8);
		}
	}
}

static bool is_hidden(int part, const struct okng_change *changes, int n_changes)
{
	for (int i = 0; i < n_changes; i++)
		for (int k = 0; k < changes[i].n_hidden; k++)
			if (part == changes[i].hidden[k])
				return true;
	return false;
}

void okng_canvas_draw(struct okng_canvas *canvas, struct okng_rect clip, const struct okng_shapes *shapes,
	const struct okng_change *changes, int n_changes)
{
	for (int32_t y = clip.y; y < clip.y + clip.h; y++)
		memset(canvas->pixels + (size_t)y * (size_t)canvas->width + clip.x, 0, (size_t)clip.w * sizeof *canvas->pixels);
	for (int i = 0; i < shapes->n; i++)
		if (!is_hidden(shapes->shape[i].part, changes, n_changes))
			draw_shape(canvas, clip, &shapes->shape[i]);
	for (int i = 0; i < n_changes; i++)
		for (int k = 0; k < changes[i].n; k++)
			draw_shape(canvas, clip, &changes[i].shape[k]);
	if (canvas->texture)
		apply_texture(canvas, clip);
}

static struct okng_rect join(struct okng_rect a, struct okng_rect b)
{
	if (a.w <= 0 || a.h <= 0)
		return b;
	if (b.w <= 0 || b.h <= 0)
		return a;
	int32_t x0 = a.x < b.x ? a.x : b.x, y0 = a.y < b.y ? a.y : b.y;
	int32_t x1 = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w, y1 = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;
	return (struct okng_rect){x0, y0, x1 - x0, y1 - y0};
}

struct okng_rect okng_canvas_reach(const struct okng_canvas *canvas, const struct okng_shapes *shapes, const struct okng_change *change)
{
	struct okng_rect all = {0, 0, canvas->width, canvas->height}, r = {0};
	for (int i = 0; i < shapes->n; i++)
		if (is_hidden(shapes->shape[i].part, change, 1))
			r = join(r, reach(canvas, &shapes->shape[i], all));
	for (int k = 0; k < change->n; k++)
		r = join(r, reach(canvas, &change->shape[k], all));
	return r;
}

static int lattice(uint32_t seed, int x, int y)
{
	return (int)(okng_random_hash(seed, (uint64_t)(uint32_t)x << 32 | (uint32_t)y) >> 56) - 128;
}

void okng_texture(int8_t tile[256 * 256], uint32_t seed, int grain_x, int grain_y)
{
	int nx = 256 / grain_x, ny = 256 / grain_y;
	for (int y = 0; y < 256; y++)
		for (int x = 0; x < 256; x++) {
			int ix = x / grain_x, iy = y / grain_y, fx = x % grain_x, fy = y % grain_y;
			int jx = (ix + 1) % nx, jy = (iy + 1) % ny;
			int top = lattice(seed, ix, iy) * (grain_x - fx) + lattice(seed, jx, iy) * fx;
			int bottom = lattice(seed, ix, jy) * (grain_x - fx) + lattice(seed, jx, jy) * fx;
			tile[y * 256 + x] = (int8_t)((top * (grain_y - fy) + bottom * fy) / (grain_x * grain_y));
		}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The last patch of a row or column ends flush with the area, so that nothing inside it is left out.
 */
#include "pipeline/surface_patch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE_SHARE 5 /* one over: how much of the region may lie outside the frame */

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* How many patches of this side, a half apart, cover a length. */
static int32_t count(int32_t length, int32_t side)
{
	int32_t step = most(1, side / 2);
	return 1 + (length - side + step - 1) / step;
}

static int32_t place(int32_t index, int32_t length, int32_t side)
{
	return least(index * most(1, side / 2), length - side);
}

/* The pixels of a cell: the last one of a row or column has the rest. */
static struct okng_rect cell_pixels(const struct okng_surface_patches *p, int32_t x, int32_t y)
{
	struct okng_rect r = {x * OKNG_SURFACE_CELL, y * OKNG_SURFACE_CELL, OKNG_SURFACE_CELL, OKNG_SURFACE_CELL};
	if (x + 1 == p->columns)
		r.w = p->width - r.x;
	if (y + 1 == p->rows)
		r.h = p->height - r.y;
	return r;
}

static bool meets(const struct okng_rect *a, const struct okng_rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void mark_region(struct okng_surface_patches *p, const struct okng_tool *tool)
{
	for (int32_t y = p->area.y; y < p->area.y + p->area.h; y++)
		for (int32_t x = p->area.x; x < p->area.x + p->area.w; x++) {
			struct okng_rect cell = cell_pixels(p, x, y);
			bool out = false;
			for (int i = 0; i < tool->n_ignore; i++)
				out = out || meets(&cell, &tool->ignore[i]);
			p->region[y * p->columns + x] = out ? 0 : -1;
			p->region_cells += !out;
		}
}

int okng_surface_patches_open(struct okng_surface_patches *p, const struct okng_tool *tool, int32_t patch, int32_t margin, int32_t width,
	int32_t height)
{
	*p = (struct okng_surface_patches){.width = width, .height = height};
	int r = okng_surface_features_open(&p->features, width, height);
	if (r < 0)
		return r;
	p->columns = okng_surface_features_columns(p->features);
	p->rows = okng_surface_features_rows(p->features);
	struct okng_rect t = tool->region;
	if (!t.w)
		t = (struct okng_rect){0, 0, width, height};
	int32_t x0 = (t.x + OKNG_SURFACE_CELL - 1) / OKNG_SURFACE_CELL + margin, y0 = (t.y + OKNG_SURFACE_CELL - 1) / OKNG_SURFACE_CELL + margin;
	int32_t x1 = least((t.x + t.w) / OKNG_SURFACE_CELL, p->columns) - margin, y1 = least((t.y + t.h) / OKNG_SURFACE_CELL, p->rows) - margin;
	p->area = (struct okng_rect){x0, y0, x1 - x0, y1 - y0};
	if (x1 - x0 < 1 || y1 - y0 < 1) {
		okng_surface_patches_finish(p);
		return -EINVAL;
	}
	p->side_x = least(patch, p->area.w);
	p->side_y = least(patch, p->area.h);
	p->across = count(p->area.w, p->side_x);
	p->down = count(p->area.h, p->side_y);
	size_t cells = (size_t)p->columns * (size_t)p->rows;
	p->region = calloc(cells, sizeof *p->region);
	p->seen = calloc(cells, sizeof *p->seen);
	if (!p->region || !p->seen) {
		okng_surface_patches_finish(p);
		return -ENOMEM;
	}
	mark_region(p, tool);
	if (p->region_cells == 0) {
		okng_surface_patches_finish(p);
		return -EINVAL;
	}
	return 0;
}

/* Takes away the cells that are not wholly inside the frame; how many are left. */
static uint32_t take_outside_away(struct okng_surface_patches *p, const int32_t (*spans)[2])
{
	uint32_t left = 0;
	for (int32_t y = 0; y < p->rows; y++) {
		struct okng_rect row = cell_pixels(p, 0, y);
		int32_t from = 0, to = p->width;
		for (int32_t i = row.y; i < row.y + row.h; i++) {
			from = most(from, spans[i][0]);
			to = least(to, spans[i][1]);
		}
		int16_t *seen = p->seen + (ptrdiff_t)y * p->columns;
		for (int32_t x = 0; x < p->columns; x++) {
			struct okng_rect cell = cell_pixels(p, x, y);
			if (cell.x < from || cell.x + cell.w > to)
				seen[x] = 0;
			left += seen[x] != 0;
		}
	}
	return left;
}

int okng_surface_patches_run(struct okng_surface_patches *p, const struct okng_image *img, const int32_t (*spans)[2])
{
	memcpy(p->seen, p->region, (size_t)p->columns * (size_t)p->rows * sizeof *p->seen);
	if (spans && p->region_cells - take_outside_away(p, spans) > p->region_cells / OUTSIDE_SHARE)
		return -EDOM;
	okng_surface_features_run(p->features, img);
	return 0;
}

struct okng_rect okng_surface_patch_box(const struct okng_surface_patches *p, int32_t index)
{
	int32_t x = place(index % p->across, p->area.w, p->side_x), y = place(index / p->across, p->area.h, p->side_y);
	return (struct okng_rect){p->area.x + x, p->area.y + y, p->side_x, p->side_y};
}

bool okng_surface_patch_answers(const struct okng_surface_patches *p, int32_t index, int16_t answers[OKNG_SURFACE_CHANNELS])
{
	struct okng_rect b = okng_surface_patch_box(p, index);
	int32_t seen = 0;
	for (int32_t y = b.y; y < b.y + b.h; y++)
		for (int32_t x = b.x; x < b.x + b.w; x++)
			seen -= p->seen[y * p->columns + x];
	if (seen * 2 < b.w * b.h)
		return false;
	for (int c = 0; c < OKNG_SURFACE_CHANNELS; c++) {
		const int16_t *cells = okng_surface_features_channel(p->features, c);
		int16_t top = 0;
		for (int32_t y = b.y; y < b.y + b.h; y++) {
			const int16_t *row = cells + (ptrdiff_t)y * p->columns, *on = p->seen + (ptrdiff_t)y * p->columns;
			for (int32_t x = b.x; x < b.x + b.w; x++) {
				int16_t v = (int16_t)(row[x] & on[x]);
				top = v > top ? v : top;
			}
		}
		answers[c] = top;
	}
	return true;
}

void okng_surface_patches_finish(struct okng_surface_patches *p)
{
	okng_surface_features_close(&p->features);
	free(p->region);
	free(p->seen);
	*p = (struct okng_surface_patches){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define CONDUCTOR 40 /* grey levels; neither is far from the limit of 128 by accident */
#define GROUND 210

struct shape {
	double x0, y0, x1, y1; /* rectangle */
	bool cut;              /* ground in what was drawn before */
};

static const struct shape rects[] = {
	{-200, 20, 200, 30, false}, {190, 20, 200, 120, false},   /* a track with a corner */
	{-200, 45, 170, 53, false}, {162, 45, 170, 150, false},   /* its neighbour */
	{20, 68, 140, 76, false},                                 /* between two pads */
	{40, 110, 50, 500, false}, {68, 110, 76, 500, false}, {98, 110, 120, 500, false},
	{230, 40, 500, 48, false},
	{140, 225, 152, 239, false}, {163, 225, 175, 239, false}, {190, 225, 202, 239, false},
	{220, 90, 500, 206, false},                               /* plane */
	{240, 90, 246, 112, true}, {310, 170, 500, 178, true},    /* slots in it */
};

static const struct {
	double x, y, r;
	bool cut;
} discs[] = {
	{20, 72, 12, false}, {140, 72, 12, false}, {45, 110, 13, false}, {230, 44, 13, false}, {195, 130, 14, false}, {166, 156, 12, false},
	{262, 130, 9, true}, {290, 185, 8, true}, {195, 130, 5, true}, {109, 130, 6, true},
};

static bool on_board(double x, double y)
{
	bool copper = false;
	for (size_t i = 0; i < sizeof rects / sizeof *rects; i++)
		if (x >= rects[i].x0 && x < rects[i].x1 && y >= rects[i].y0 && y < rects[i].y1)
			copper = !rects[i].cut;
	for (size_t i = 0; i < sizeof discs / sizeof *discs; i++)
		if ((x - discs[i].x) * (x - discs[i].x) + (y - discs[i].y) * (y - discs[i].y) <= discs[i].r * discs[i].r)
			copper = !discs[i].cut;
	return copper;
}

static bool on_stranger(double x, double y)
{
	return fmod(x * 0.6 + y * 0.8 + 1000, 23) < 11 || fmod(x * 0.8 - y * 0.6 + 1000, 61) < 14;
}

static bool conductor(const struct board_view *v, int32_t px, int32_t py)
{
	double x = px + v->dx + v->warp * sin(py * 0.015 + 1), y = py + v->dy + v->warp * sin(px * 0.018);
	return v->stranger ? on_stranger(x, y) : on_board(x, y);
}

struct okng_image board_draw(int32_t width, int32_t height, const struct board_view *view)
{
	struct okng_image img;
	int r = okng_image_init(&img, width, height, OKNG_PIXEL_MONO8);
	assert(r == 0);
	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++)
			okng_image_row(&img, y)[x] = conductor(view, x, y) != view->bright ? CONDUCTOR : GROUND;
	return img;
}

void board_mark(struct okng_image *img, const struct board_view *view, const struct board_mark *mark)
{
	for (int32_t y = 0; y < img->height; y++)
		for (int32_t x = 0; x < img->width; x++) {
			double u = fabs(x + view->dx - mark->x), v = fabs(y + view->dy - mark->y);
			if (mark->h > 0 ? u <= mark->w / 2 && v <= mark->h / 2 : u * u + v * v <= mark->w * mark->w / 4)
				okng_image_row(img, y)[x] = mark->added != view->bright ? CONDUCTOR : GROUND;
		}
}

const struct board_mark *board_defect(enum board_class c)
{
	static const struct board_mark marks[] = {
		[BOARD_OPEN] = {94, 48.5, 8, 10, false},      /* through the second track */
		[BOARD_SHORT] = {112, 60, 6, 17, true},       /* from it to the third */
		[BOARD_MOUSEBITE] = {120, 190, 14, 0, false}, /* out of the wide one */
		[BOARD_SPUR] = {300, 52, 7, 12, true},
		[BOARD_COPPER] = {255, 68, 10, 0, true},
		[BOARD_PIN_HOLE] = {280, 150, 9, 0, false},
	};
	return &marks[c];
}

static const struct okng_range any = {0, 1e9}, change = {-1000, 1000};

static struct okng_class row(const char *name, int number, enum okng_polarity polarity)
{
	struct okng_class c = {.number = number, .polarity = polarity, .area = any, .width = any, .height = any, .elongation = any,
		.contrast = any, .fill = any, .x = any, .y = any, .residue = any, .depth = any, .relative_depth = any, .radius = any,
		.conductors = change, .grounds = change, .border = any, .verdict = OKNG_NG, .limit_count = -1};
	snprintf(c.name, sizeof c.name, "%s", name);
	return c;
}

void board_recipe(struct okng_recipe *recipe)
{
	*recipe = (struct okng_recipe){.name = "board", .number = 1, .image = {.max_mean = 255}, .limits = {.area = 1}, .n_tools = 1,
		.n_classes = 8};
	recipe->tools[0] = (struct okng_tool){.name = "board", .type = OKNG_TOOL_CONDUCTOR, .min_area = 1, .conductor_dark = true, .level = 128,
		.search = 16, .box_margin = 9, .least_box = 24, .decide = OKNG_DECIDE_ROWS};
	struct okng_class *c = recipe->classes;
	c[0] = row("wobble", BOARD_WOBBLE, OKNG_POLARITY_ANY);
	c[0].residue = (struct okng_range){0, 3};
	c[0].verdict = OKNG_OK;
	c[1] = row("edge", BOARD_EDGE, OKNG_POLARITY_ANY);
	c[1].border = (struct okng_range){0, 7};
	c[1].verdict = OKNG_OK;
	c[2] = row("short", BOARD_SHORT, OKNG_POLARITY_DARK);
	c[2].conductors = (struct okng_range){-1000, -1};
	c[3] = row("copper", BOARD_COPPER, OKNG_POLARITY_DARK);
	c[3].conductors = (struct okng_range){1, 1000};
	c[4] = row("spur", BOARD_SPUR, OKNG_POLARITY_DARK);
	c[5] = row("open", BOARD_OPEN, OKNG_POLARITY_BRIGHT);
	c[5].grounds = (struct okng_range){-1000, -1};
	c[6] = row("pin-hole", BOARD_PIN_HOLE, OKNG_POLARITY_BRIGHT);
	c[6].grounds = (struct okng_range){1, 1000};
	c[7] = row("mousebite", BOARD_MOUSEBITE, OKNG_POLARITY_BRIGHT);
}

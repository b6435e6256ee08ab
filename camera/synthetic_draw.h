/* SPDX-License-Identifier: Apache-2.0
 *
 * What the synthetic board is drawn with: a display list of simple shapes given by their distance function, and a
 * canvas that can redraw any rectangle of itself from the list, with some parts left out and others added. That is
 * how a defect is made: not painted over the picture, but drawn into the part. Lengths are in board units: pixels of
 * a 640 × 480 frame, origin in the middle of the board, y down.
 */
#ifndef OKNG_CAMERA_SYNTHETIC_DRAW_H
#define OKNG_CAMERA_SYNTHETIC_DRAW_H

#include "pipeline/image.h"

enum okng_shape_kind { OKNG_SHAPE_BOX, OKNG_SHAPE_LINE, OKNG_SHAPE_DISC };

struct okng_shape {
	enum okng_shape_kind kind;
	double x0, y0, x1, y1; /* box: corners; line: ends; disc: centre, twice */
	double radius;         /* of the corners; half the width of the line; of the disc */
	int grey;              /* 0 to 255 */
	int alpha;             /* 0 to 256 */
	int rim;               /* added to grey at the edge, fading to nothing over rim_width: solder looks domed */
	double rim_width;
	double soft;           /* extra width of the edge */
	bool hole;             /* takes away what is there instead */
	int part;              /* what it belongs to, 0: the bare board */
};

#define OKNG_SHAPES_MAX 1600

struct okng_shapes {
	int n;
	struct okng_shape shape[OKNG_SHAPES_MAX];
};

/* Appends a copy; asserts that there is room: the board is fixed. */
void okng_shapes_add(struct okng_shapes *shapes, const struct okng_shape *shape);
/* Text in capitals, digits and - . / as strokes; x, y: upper left corner, height: of a capital. */
void okng_shapes_text(struct okng_shapes *shapes, const char *text, double x, double y, double height, double stroke, int grey, int part);
double okng_shapes_text_width(const char *text, double height);

/* A defect in the making: parts left out, shapes added on top. */
struct okng_change {
	char kind[24];
	int hidden[4];
	int n_hidden;
	int n;
	struct okng_shape shape[48];
};

/* Per pixel: low byte grey, premultiplied, high byte coverage. */
struct okng_canvas {
	uint16_t *pixels;
	int32_t width, height;
	double scale;              /* canvas pixels a board unit */
	double origin_x, origin_y; /* canvas pixels: the middle of the board */
	const int8_t *texture;     /* of the board's surface, see okng_texture; NULL: smooth */
};

/* The size of the canvas; the caller allocates width × height pixels and may set a texture. */
struct okng_canvas okng_canvas_init(double scale);

/* Draws the list within clip (canvas pixels). The outcome for a pixel does not depend on clip. */
void okng_canvas_draw(struct okng_canvas *canvas, struct okng_rect clip, const struct okng_shapes *shapes,
	const struct okng_change *changes, int n_changes);

/* The canvas pixels that change may touch. */
struct okng_rect okng_canvas_reach(const struct okng_canvas *canvas, const struct okng_shapes *shapes, const struct okng_change *change);

/* Smooth noise of one tile of 256 × 256, -128 to 127: what surfaces are made of. grain: pixels, a power of two. */
void okng_texture(int8_t tile[256 * 256], uint32_t seed, int grain_x, int grain_y);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up bare board: tracks, pads and a ground plane as a function of real coordinates, without end on any side, so
 * that it can be shifted and warped and every mark on it lies at a known place.
 */
#ifndef OKNG_TESTS_PIPELINE_BOARD_H
#define OKNG_TESTS_PIPELINE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/inspect.h"

#define BOARD_W 330 /* no multiple of 64 */
#define BOARD_H 250

enum board_class { BOARD_OPEN = 1, BOARD_SHORT, BOARD_MOUSEBITE, BOARD_SPUR, BOARD_COPPER, BOARD_PIN_HOLE, BOARD_WOBBLE, BOARD_EDGE };

/* How a picture of it lies: pixel (x, y) shows the board at (x + dx, y + dy), and up to `warp` pixels beside that. */
struct board_view {
	double dx, dy, warp;
	bool stranger; /* quite another board */
	bool bright;   /* conductor is bright */
};

/* A disc (h = 0: of diameter w) or rectangle about (x, y) in which the picture has conductor or ground. */
struct board_mark {
	double x, y, w, h;
	bool added;
};

/* MONO8 for the caller to finish; aborts without memory. */
struct okng_image board_draw(int32_t width, int32_t height, const struct board_view *view);
void board_mark(struct okng_image *img, const struct board_view *view, const struct board_mark *mark);

/* A mark of each class, BOARD_OPEN to BOARD_PIN_HOLE, on the board as it is. */
const struct board_mark *board_defect(enum board_class c);

/* The shipped recipe's tool and rows, decide = "rows". */
void board_recipe(struct okng_recipe *recipe);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The synthetic board: its shapes, and the sites where something can go wrong with it. synthetic_defect.c turns a
 * site into a change of the list of shapes.
 */
#ifndef OKNG_CAMERA_SYNTHETIC_BOARD_H
#define OKNG_CAMERA_SYNTHETIC_BOARD_H

#include "camera/synthetic_draw.h"
#include "camera/synthetic_random.h"

enum okng_site_kind {
	OKNG_SITE_PAD,    /* a soldered pad: solder may be missing */
	OKNG_SITE_GAP,    /* between two pins: may be bridged */
	OKNG_SITE_LEG,    /* of a chip: may be bent or missing */
	OKNG_SITE_TRACK,  /* a straight piece: may be broken */
	OKNG_SITE_LETTER, /* may be missing or smeared */
	OKNG_SITE_OPEN,   /* bare board: scratches, particles, stains */
	OKNG_SITE_CHIP,   /* a small component: may be missing */
	OKNG_SITE_KINDS
};

struct okng_site {
	enum okng_site_kind kind;
	int part;              /* the shapes that are it; 0 for a gap or bare board */
	double x0, y0, x1, y1; /* track, leg: its line, a leg's from the body out; else the corners of its box */
	char letter;
};

#define OKNG_SITES_MAX 320

struct okng_board {
	struct okng_shapes shapes;
	int n_sites, n_parts;
	struct okng_site site[OKNG_SITES_MAX];
};

#define OKNG_BOARD_LETTER_HEIGHT 18.0
#define OKNG_BOARD_LETTER_STROKE 3.4
#define OKNG_BOARD_SILK 226
#define OKNG_BOARD_LEG_GREY 206
#define OKNG_BOARD_LEG_WIDTH 5.4

void okng_board_init(struct okng_board *board);

/* A visible defect of seeded kind, place, size and contrast: at 640 × 480 over 40 pixels by about 50 levels or more. */
void okng_board_damage(const struct okng_board *board, struct okng_random *random, struct okng_change *change);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What can go wrong with the board, as a quality engineer would name it. Every defect is one to reject: the least
 * size and contrast are chosen so that a sound inspection finds it, the rest is drawn at random. Never two random
 * numbers in one expression: C leaves their order to the compiler.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "camera/synthetic_board.h"

static void add(struct okng_change *c, struct okng_shape s)
{
	assert(c->n < (int)(sizeof c->shape / sizeof *c->shape));
	c->shape[c->n++] = s;
}

static void line(struct okng_change *c, double x0, double y0, double x1, double y1, double width, int grey, int alpha)
{
	add(c, (struct okng_shape){.kind = OKNG_SHAPE_LINE, .x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1, .radius = width / 2, .grey = grey,
		.alpha = alpha});
}

static void disc(struct okng_change *c, double x, double y, double radius, int grey, int alpha)
{
	add(c, (struct okng_shape){.kind = OKNG_SHAPE_DISC, .x0 = x, .y0 = y, .x1 = x, .y1 = y, .radius = radius, .grey = grey, .alpha = alpha});
}

static void hide(struct okng_change *c, int part)
{
	c->hidden[c->n_hidden++] = part;
}

static void name(struct okng_change *c, const char *kind)
{
	snprintf(c->kind, sizeof c->kind, "%s", kind);
}

static double either_way(struct okng_random *r)
{
	return okng_random_unit(r) < 0.5 ? -1 : 1;
}

static void missing_solder(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	name(c, "missing-solder");
	hide(c, s->part);
	(void)r;
}

static void bridge(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	name(c, "bridge");
	int grey = (int)okng_random_range(r, 196, 226);
	double y = okng_random_range(r, s->y0 + 4, s->y1 - 6), thick = okng_random_range(r, 6, 10);
	line(c, s->x0 - 2, y, s->x1 + 2, y + okng_random_range(r, -2, 2), thick, grey, 256);
	c->shape[0].rim = -50;
	c->shape[0].rim_width = thick * 0.4;
}

static void leg_fault(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	hide(c, s->part);
	if (okng_random_unit(r) < 0.45) {
		name(c, "missing-pin");
		return;
	}
	name(c, "bent-pin");
	double dx = s->x1 - s->x0, dy = s->y1 - s->y0;
	double side = either_way(r), lean = side * okng_random_range(r, 0.42, 0.6);
	double x1 = s->x0 + 0.95 * dx - lean * dy, y1 = s->y0 + 0.95 * dy + lean * dx;
	line(c, s->x0 + 0.28 * dx, s->y0 + 0.28 * dy, x1, y1, OKNG_BOARD_LEG_WIDTH, OKNG_BOARD_LEG_GREY, 256);
}

/* A piece of track etched away: bare board where it was. */
static void open_track(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	name(c, "open-track");
	double dx = s->x1 - s->x0, dy = s->y1 - s->y0, length = sqrt(dx * dx + dy * dy);
	double gap = okng_random_range(r, 13, 20) / length;
	double margin = 4 / length, t = okng_random_range(r, margin, 1 - gap - margin);
	line(c, s->x0 + t * dx, s->y0 + t * dy, s->x0 + (t + gap) * dx, s->y0 + (t + gap) * dy, 6.4, 74, 256);
}

static void print_fault(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	hide(c, s->part);
	if (okng_random_unit(r) < 0.5) {
		name(c, "missing-print");
		return;
	}
	name(c, "smeared-print");
	struct okng_shapes glyph = {.n = 0};
	okng_shapes_text(&glyph, (const char[]){s->letter, 0}, s->x0, s->y0, OKNG_BOARD_LETTER_HEIGHT, OKNG_BOARD_LETTER_STROKE + 2.4,
		OKNG_BOARD_SILK - 30, 0);
	for (int i = 0; i < glyph.n; i++) {
		struct okng_shape g = glyph.shape[i];
		g.alpha = 215;
		g.soft = 4;
		add(c, g);
	}
	double drag = okng_random_range(r, 7, 11), y = okng_random_range(r, s->y0 + 4, s->y1 - 4);
	double y1 = y + okng_random_range(r, -2, 2), width = okng_random_range(r, 6, 9);
	line(c, s->x0, y, s->x1 + drag, y1, width, OKNG_BOARD_SILK - 40, 200);
	c->shape[c->n - 1].soft = 4;
}

static void scratch(double x, double y, struct okng_random *r, struct okng_change *c)
{
	name(c, "scratch");
	int grey = (int)okng_random_range(r, 178, 224), pieces = 3 + okng_random_below(r, 3);
	double width = okng_random_range(r, 2.6, 3.8);
	double side = either_way(r), dx = side * okng_random_range(r, 8, 15), dy = okng_random_range(r, -9, 9);
	x -= dx * pieces / 2;
	y -= dy * pieces / 2;
	for (int i = 0; i < pieces; i++) {
		double nx = x + dx + okng_random_range(r, -1.5, 1.5), ny = y + dy + okng_random_range(r, -1.5, 1.5);
		line(c, x, y, nx, ny, i == 0 || i == pieces - 1 ? width * 0.8 : width, grey, 256);
		x = nx;
		y = ny;
	}
}

static void fibre(double x, double y, struct okng_random *r, struct okng_change *c)
{
	int grey = (int)okng_random_range(r, 190, 225);
	double dx = okng_random_range(r, -6, 6), dy = okng_random_range(r, 4, 6), bend = okng_random_range(r, -0.35, 0.35);
	x -= 2 * dx;
	y -= 2 * dy;
	for (int i = 0; i < 5; i++) {
		line(c, x, y, x + dx, y + dy, 3, grey, 256);
		x += dx;
		y += dy;
		double turned = dx - bend * dy;
		dy += bend * dx;
		dx = turned;
	}
}

static void particle(double x, double y, struct okng_random *r, struct okng_change *c)
{
	name(c, "particle");
	if (okng_random_unit(r) < 0.5) {
		fibre(x, y, r, c);
		return;
	}
	double radius = okng_random_range(r, 4.6, 8);
	disc(c, x + 2, y + 2.5, radius, 10, 110);
	c->shape[0].soft = 4;
	disc(c, x, y, radius, (int)okng_random_range(r, 200, 230), 256);
	c->shape[1].rim = -60;
	c->shape[1].rim_width = radius * 0.7;
	disc(c, x - radius * 0.25, y - radius * 0.25, radius * 0.3, 252, 220);
}

static void stain(double x, double y, struct okng_random *r, struct okng_change *c)
{
	name(c, "stain");
	int grey = (int)okng_random_range(r, 172, 196), drops = 4 + okng_random_below(r, 4);
	double size = okng_random_range(r, 6, 10);
	disc(c, x, y, size, grey, 200);
	c->shape[0].soft = 3;
	for (int i = 0; i < drops; i++) {
		double dx = okng_random_range(r, -size, size), dy = 0.7 * okng_random_range(r, -size, size);
		double radius = size * okng_random_range(r, 0.3, 0.6);
		disc(c, x + dx, y + dy, radius, grey, 190);
		c->shape[c->n - 1].soft = 3;
	}
}

static void surface_fault(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	double x = okng_random_range(r, s->x0 + 8, s->x1 - 8), y = okng_random_range(r, s->y0 + 6, s->y1 - 6), which = okng_random_unit(r);
	if (which < 0.34)
		scratch(x, y, r, c);
	else if (which < 0.67)
		particle(x, y, r, c);
	else
		stain(x, y, r, c);
}

static void missing_part(const struct okng_site *s, struct okng_random *r, struct okng_change *c)
{
	name(c, "missing-part");
	hide(c, s->part);
	(void)r;
}

typedef void fault_fn(const struct okng_site *s, struct okng_random *r, struct okng_change *c);

/* weight: how often, of 16. */
static const struct {
	fault_fn *fault;
	int weight;
} faults[OKNG_SITE_KINDS] = {
	[OKNG_SITE_PAD] = {missing_solder, 2},   [OKNG_SITE_GAP] = {bridge, 2},         [OKNG_SITE_LEG] = {leg_fault, 2},
	[OKNG_SITE_TRACK] = {open_track, 2},     [OKNG_SITE_LETTER] = {print_fault, 2}, [OKNG_SITE_OPEN] = {surface_fault, 5},
	[OKNG_SITE_CHIP] = {missing_part, 1},
};

static const struct okng_site *pick(const struct okng_board *board, enum okng_site_kind kind, struct okng_random *r)
{
	int n = 0;
	for (int i = 0; i < board->n_sites; i++)
		n += board->site[i].kind == kind;
	int k = okng_random_below(r, n);
	for (int i = 0; i < board->n_sites; i++)
		if (board->site[i].kind == kind && k-- == 0)
			return &board->site[i];
	return &board->site[0];
}

void okng_board_damage(const struct okng_board *board, struct okng_random *random, struct okng_change *change)
{
	change->n = change->n_hidden = 0;
	int k = okng_random_below(random, 16), kind = 0;
	while (kind + 1 < OKNG_SITE_KINDS && (k -= faults[kind].weight) >= 0)
		kind++;
	faults[kind].fault(pick(board, (enum okng_site_kind)kind, random), random, change);
}

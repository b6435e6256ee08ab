/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout: a board of the kind found in a phone accessory, with a flat-pack controller, a small-outline driver, a
 * pin connector, a plug shell, a coil, a crystal, chip components, test pads, tracks, vias, screen print and a label.
 * It is drawn from bottom to top; each thing that may be damaged notes its site.
 */
#include "camera/synthetic_board.h"

#include <assert.h>
#include <stddef.h>

enum grey {
	MASK = 74, RIM = 122, COPPER = 172, TRACK = 144, SOLDER = 214, DULL = 112, BODY = 36, BODY_EDGE = 60, LASER = 118, PAPER = 228,
	INK = 34, CERAMIC = 138, METAL = 178,
};

static void box(struct okng_board *b, double cx, double cy, double w, double h, double radius, int grey, int part)
{
	okng_shapes_add(&b->shapes, &(struct okng_shape){.kind = OKNG_SHAPE_BOX, .x0 = cx - w / 2, .y0 = cy - h / 2, .x1 = cx + w / 2,
		.y1 = cy + h / 2, .radius = radius, .grey = grey, .alpha = 256, .part = part});
}

static void disc(struct okng_board *b, double x, double y, double radius, int grey, int part)
{
	okng_shapes_add(&b->shapes, &(struct okng_shape){.kind = OKNG_SHAPE_DISC, .x0 = x, .y0 = y, .x1 = x, .y1 = y, .radius = radius,
		.grey = grey, .alpha = 256, .part = part});
}

static void line(struct okng_board *b, double x0, double y0, double x1, double y1, double width, int grey, int part)
{
	okng_shapes_add(&b->shapes, &(struct okng_shape){.kind = OKNG_SHAPE_LINE, .x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1,
		.radius = width / 2, .grey = grey, .alpha = 256, .part = part});
}

static struct okng_shape *last(struct okng_board *b)
{
	return &b->shapes.shape[b->shapes.n - 1];
}

static void dome(struct okng_board *b, int rim, double width)
{
	last(b)->rim = rim;
	last(b)->rim_width = width;
}

static void shade(struct okng_board *b, int alpha, double soft)
{
	last(b)->alpha = alpha;
	last(b)->soft = soft;
}

static int new_part(struct okng_board *b)
{
	return ++b->n_parts;
}

static void site(struct okng_board *b, enum okng_site_kind kind, int part, double x0, double y0, double x1, double y1, char letter)
{
	assert(b->n_sites < OKNG_SITES_MAX);
	b->site[b->n_sites++] = (struct okng_site){kind, part, x0, y0, x1, y1, letter};
}

static void substrate(struct okng_board *b)
{
	box(b, 5, 6, 560, 402, 14, 0, 0);
	shade(b, 150, 14);
	box(b, 0, 0, 560, 400, 14, RIM, 0);
	box(b, 0, 0, 554, 394, 12, MASK, 0);
	for (int i = 0; i < 4; i++) {
		double x = i & 1 ? 254 : -254, y = i & 2 ? 174 : -174;
		disc(b, x, y, 16, COPPER, 0);
		dome(b, -24, 4);
		disc(b, x, y, 9, 0, 0);
		last(b)->hole = true;
	}
	for (int i = 0; i < 2; i++) {
		double x = i ? 186 : -212, y = i ? 182 : -176;
		disc(b, x, y, 10, MASK - 24, 0);
		disc(b, x, y, 5, SOLDER + 10, 0);
	}
}

/* A polyline of tracks; straight pieces long enough to be cut are sites. */
static void track(struct okng_board *b, const double (*p)[2], int n)
{
	int part = new_part(b);
	for (int i = 0; i + 1 < n; i++) {
		line(b, p[i][0], p[i][1], p[i + 1][0], p[i + 1][1], 5.2, TRACK, part);
		double dx = p[i + 1][0] - p[i][0], dy = p[i + 1][1] - p[i][1];
		if (dx * dx + dy * dy >= 30 * 30)
			site(b, OKNG_SITE_TRACK, part, p[i][0], p[i][1], p[i + 1][0], p[i + 1][1], 0);
	}
}

static void via(struct okng_board *b, double x, double y)
{
	disc(b, x, y, 7, COPPER, 0);
	disc(b, x, y, 3, 28, 0);
}

static void solder(struct okng_board *b, double x, double y, double w, double h, double radius, int part)
{
	box(b, x, y, w, h, radius, SOLDER, part);
	dome(b, -74, radius * 0.9);
	disc(b, x - w * 0.12, y - h * 0.12, radius * 0.32, 250, part);
	shade(b, 200, 3);
}

/* From the controller's lower side to the connector, and from its other sides to vias and neighbours. */
static void tracks(struct okng_board *b)
{
	for (int i = 0; i < 10; i++) {
		double from = -105 + 10.0 * i, to = -130 + 20.0 * i, bend = 52 + (i < 4 ? 6.0 * i : 6.0 * (9 - i) * 0.55);
		double run = to > from ? to - from : from - to;
		const double p[][2] = {{from, 34}, {from, bend}, {to, bend + run}, {to, 128}};
		track(b, p, 4);
	}
	for (int i = 0; i < 5; i++) {
		double y = -73 + 20.0 * i, end = 52 + 13.0 * (i % 2);
		const double p[][2] = {{6, y}, {end, y}};
		if (i < 2)
			continue;
		track(b, p, 2);
		via(b, end + 4, y);
	}
	for (int i = 0; i < 4; i++) {
		double y = -70 + 20.0 * i, end = -190 - 11.0 * (i & 1);
		const double p[][2] = {{-126, y}, {end, y}};
		track(b, p, 2);
		via(b, end - 4, y);
	}
	const double power[][2] = {{-105, -94}, {-105, -112}, {-93, -124}, {60, -124}, {82, -102}, {104, -102}};
	track(b, power, 6);
	const double clock[][2] = {{-15, -94}, {-15, -104}, {40, -104}, {56, -88}, {56, -78}};
	track(b, clock, 5);
	via(b, 56, -76);
	const double drive[][2] = {{166, 16}, {120, 16}, {104, 32}, {104, 54}};
	track(b, drive, 4);
	const double sense[][2] = {{214, 55}, {240, 55}, {252, 67}, {252, 110}};
	track(b, sense, 4);
	via(b, 252, 114);
	const double feed[][2] = {{-236, 18}, {-190, 18}, {-172, 36}, {-172, 96}};
	track(b, feed, 4);
	via(b, -172, 100);
}

/* One leg from the body at (x, y) outwards along (dx, dy): dull pad beneath, bright leg, solder at its toe. */
static void leg(struct okng_board *b, double x, double y, double dx, double dy)
{
	double across = OKNG_BOARD_LEG_WIDTH + 1.6, mx = x + 11 * dx, my = y + 11 * dy;
	box(b, mx, my, dx != 0 ? 18 : across, dy != 0 ? 18 : across, 1, DULL, 0);
	int part = new_part(b);
	line(b, x, y, x + 14 * dx, y + 14 * dy, OKNG_BOARD_LEG_WIDTH, OKNG_BOARD_LEG_GREY, part);
	disc(b, x + 16 * dx, y + 16 * dy, 3.2, SOLDER + 22, part);
	site(b, OKNG_SITE_LEG, part, x, y, x + 16 * dx, y + 16 * dy, 0);
}

static void shadow(struct okng_board *b, double cx, double cy, double w, double h)
{
	box(b, cx + 3, cy + 3.5, w, h, 4, 8, 0);
	shade(b, 130, 7);
}

static void body(struct okng_board *b, double cx, double cy, double w, double h)
{
	box(b, cx, cy, w, h, 3, BODY_EDGE, 0);
	box(b, cx + 0.8, cy + 0.8, w - 5, h - 5, 2, BODY, 0);
}

static void centred(struct okng_board *b, const char *text, double cx, double y, double height, double stroke, int grey)
{
	okng_shapes_text(&b->shapes, text, cx - okng_shapes_text_width(text, height) / 2, y, height, stroke, grey, 0);
}

static void controller(struct okng_board *b)
{
	const double cx = -60, cy = -30, half = 57;
	shadow(b, cx, cy, 2 * half, 2 * half);
	for (int i = 0; i < 10; i++) {
		double along = -45 + 10.0 * i;
		leg(b, cx + along, cy + half - 2, 0, 1);
		leg(b, cx + along, cy - half + 2, 0, -1);
		leg(b, cx + half - 2, cy + along, 1, 0);
		leg(b, cx - half + 2, cy + along, -1, 0);
	}
	body(b, cx, cy, 2 * half, 2 * half);
	disc(b, cx - 43, cy - 43, 5, 20, 0);
	dome(b, 40, 2.5);
	centred(b, "OK26F4", cx, cy - 22, 15, 2.6, LASER);
	centred(b, "3C-7A", cx, cy + 6, 12, 2.2, LASER);
}

static void driver(struct okng_board *b)
{
	const double cx = 190, cy = 36;
	shadow(b, cx, cy, 46, 58);
	for (int i = 0; i < 4; i++) {
		double y = cy - 19.5 + 13 * i;
		leg(b, cx - 21, y, -1, 0);
		leg(b, cx + 21, y, 1, 0);
	}
	body(b, cx, cy, 46, 58);
	disc(b, cx - 15, cy - 21, 3.4, 90, 0);
	centred(b, "D52", cx, cy - 4, 10, 1.9, LASER);
}

static void connector(struct okng_board *b)
{
	const double y = 136;
	shadow(b, -40, 168, 236, 40);
	for (int i = 0; i < 10; i++) {
		double x = -130 + 20.0 * i;
		box(b, x, y, 12, 26, 2, DULL, 0);
		int part = new_part(b);
		solder(b, x, y - 1, 11, 22, 4.5, part);
		box(b, x, y + 11, 6, 22, 1, OKNG_BOARD_LEG_GREY, 0);
		site(b, OKNG_SITE_PAD, part, x - 6, y - 13, x + 6, y + 8, 0);
		if (i > 0)
			site(b, OKNG_SITE_GAP, 0, x - 15, y - 12, x - 5, y + 8, 0);
	}
	box(b, -40, 168, 236, 40, 3, 58, 0);
	box(b, -40, 170, 230, 34, 2, 42, 0);
	box(b, -40, 178, 212, 12, 2, 16, 0);
	for (int i = 0; i < 10; i++)
		box(b, -130 + 20.0 * i, 178, 5, 10, 1, 150, 0);
}

static void plug_shell(struct okng_board *b)
{
	const double cx = -246, cy = -10;
	shadow(b, cx + 4, cy, 54, 92);
	box(b, cx, cy, 58, 92, 8, METAL, 0);
	dome(b, -70, 7);
	box(b, cx - 4, cy, 18, 78, 6, METAL + 34, 0);
	shade(b, 190, 12);
	for (int i = 0; i < 2; i++) {
		box(b, cx + 6, cy + (i ? 26 : -26), 22, 8, 3, 64, 0);
		solder(b, cx + 12, cy + (i ? 53 : -53), 22, 16, 6, 0);
	}
}

static void coil(struct okng_board *b)
{
	const double cx = 134, cy = -78;
	shadow(b, cx, cy, 62, 62);
	for (int i = 0; i < 2; i++)
		solder(b, cx + (i ? 31 : -31), cy, 14, 40, 5, 0);
	box(b, cx, cy, 58, 58, 12, 92, 0);
	dome(b, -34, 5);
	disc(b, cx, cy, 23, 52, 0);
	dome(b, 44, 7);
	centred(b, "4R7", cx, cy - 5, 10, 2.2, 196);
}

static void crystal(struct okng_board *b)
{
	const double cx = 68, cy = 70;
	shadow(b, cx, cy, 74, 28);
	box(b, cx, cy, 76, 30, 15, METAL - 8, 0);
	dome(b, -64, 5);
	box(b, cx, cy, 62, 18, 9, METAL + 26, 0);
	dome(b, -30, 4);
	centred(b, "16.000", cx, cy - 4.5, 9, 1.7, 60);
}

/* A chip component: ceramic or a resistor, with its pads beneath. */
static void chip(struct okng_board *b, double x, double y, bool upright, bool resistor)
{
	double w = upright ? 13 : 24, h = upright ? 24 : 13, ox = upright ? 0 : 11, oy = upright ? 11 : 0;
	for (int i = -1; i <= 1; i += 2)
		box(b, x + i * ox * 1.15, y + i * oy * 1.15, upright ? 16 : 12, upright ? 12 : 16, 2, DULL, 0);
	int part = new_part(b);
	for (int i = -1; i <= 1; i += 2) {
		box(b, x + i * ox * 1.15, y + i * oy * 1.15, upright ? 14 : 11, upright ? 11 : 14, 3.5, SOLDER, part);
		dome(b, -60, 3);
	}
	box(b, x, y, w, h, 1.5, resistor ? BODY : CERAMIC, part);
	for (int i = -1; i <= 1; i += 2)
		box(b, x + i * ox * 0.88, y + i * oy * 0.88, upright ? 14 : 6, upright ? 6 : 14, 1.2, OKNG_BOARD_LEG_GREY + 12, part);
	site(b, OKNG_SITE_CHIP, part, x - w / 2 - 6, y - h / 2 - 6, x + w / 2 + 6, y + h / 2 + 6, 0);
}

static void chips(struct okng_board *b)
{
	static const struct { double x, y; bool upright, resistor; } at[] = {
		{110, 110, false, true}, {110, 134, false, true}, {110, 158, false, false}, {160, 110, false, false}, {160, 134, false, true},
		{160, 158, false, true}, {206, 112, true, false}, {228, 112, true, false}, {206, 152, true, true}, {-208, 86, true, false},
		{-230, 86, true, true}, {196, -84, true, false}, {222, -84, true, false}, {248, -84, true, true}, {196, -44, true, true},
		{222, -44, true, true}, {248, -44, true, false},
	};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		chip(b, at[i].x, at[i].y, at[i].upright, at[i].resistor);
}

static void test_pads(struct okng_board *b)
{
	for (int i = 0; i < 6; i++) {
		double x = 62 + 24.0 * i, y = -158;
		disc(b, x, y, 9, DULL, 0);
		int part = new_part(b);
		solder(b, x, y, 16, 16, 8, part);
		site(b, OKNG_SITE_PAD, part, x - 9, y - 9, x + 9, y + 9, 0);
	}
}

static void letters(struct okng_board *b, const char *text, double x, double y)
{
	for (; *text; text++, x += OKNG_BOARD_LETTER_HEIGHT * 5.6 / 6) {
		if (*text == ' ')
			continue;
		int part = new_part(b);
		okng_shapes_text(&b->shapes, (const char[]){*text, 0}, x, y, OKNG_BOARD_LETTER_HEIGHT, OKNG_BOARD_LETTER_STROKE, OKNG_BOARD_SILK,
			part);
		if (*text != '-' && *text != '.')
			site(b, OKNG_SITE_LETTER, part, x, y, x + OKNG_BOARD_LETTER_HEIGHT * 4 / 6, y + OKNG_BOARD_LETTER_HEIGHT, *text);
	}
}

static void outline(struct okng_board *b, double cx, double cy, double w, double h)
{
	const double x[] = {cx - w / 2, cx + w / 2, cx + w / 2, cx - w / 2, cx - w / 2};
	const double y[] = {cy - h / 2, cy - h / 2, cy + h / 2, cy + h / 2, cy - h / 2};
	for (int i = 0; i < 4; i++)
		line(b, x[i], y[i], x[i + 1], y[i + 1], 1.8, OKNG_BOARD_SILK - 26, 0);
}

static void screen_print(struct okng_board *b)
{
	letters(b, "PD-65W", -70, -178);
	letters(b, "REV 2.1", -70, -150);
	static const struct { const char *text; double x, y; } names[] = {
		{"U1", -140, -106}, {"U2", 220, -15}, {"L1", 92, -44}, {"Y1", 66, 90}, {"J1", -182, 150}, {"TP1", 44, -184}, {"TP6", 164, -184},
		{"C7", 103, 86}, {"R3", 153, 86}, {"C2", -224, 106},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		okng_shapes_text(&b->shapes, names[i].text, names[i].x, names[i].y, 10, 1.9, OKNG_BOARD_SILK - 16, 0);
	outline(b, 190, 36, 92, 72);
	outline(b, 222, -64, 84, 76);
}

/* The sticker: text and a square code whose modules come from a fixed hash, with the solid and broken borders. */
static void label(struct okng_board *b)
{
	const double x0 = -246, y0 = -150, module = 3.4;
	box(b, x0 + 66 + 1.5, y0 + 30 + 2, 132, 60, 2, 0, 0);
	shade(b, 110, 3);
	box(b, x0 + 66, y0 + 30, 132, 60, 2, PAPER, 0);
	for (int y = 0; y < 14; y++)
		for (int x = 0; x < 14; x++) {
			bool solid = x == 0 || y == 13, broken = (y == 0 && x % 2 == 0) || (x == 13 && y % 2 == 1);
			bool inner = x > 0 && y > 0 && x < 13 && y < 13 && okng_random_hash(7, (uint64_t)(y * 14 + x)) & 1;
			if (solid || broken || inner)
				box(b, x0 + 9 + (x + 0.5) * module, y0 + 7 + (y + 0.5) * module, module, module, 0, INK, 0);
		}
	okng_shapes_text(&b->shapes, "OKNG", x0 + 64, y0 + 9, 11, 2.1, INK, 0);
	okng_shapes_text(&b->shapes, "26A70", x0 + 64, y0 + 26, 9, 1.8, INK, 0);
	okng_shapes_text(&b->shapes, "04131", x0 + 64, y0 + 41, 9, 1.8, INK, 0);
}

static void open_places(struct okng_board *b)
{
	static const double at[][4] = {
		{-236, 124, -176, 146}, {28, 96, 90, 118}, {-140, 46, -116, 108}, {18, 30, 90, 50}, {124, 66, 156, 96}, {16, -66, 90, -42},
		{92, -30, 150, 4}, {210, -130, 262, -112}, {-262, 40, -190, 66}, {96, -140, 200, -128}, {236, 130, 264, 150},
	};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		site(b, OKNG_SITE_OPEN, 0, at[i][0], at[i][1], at[i][2], at[i][3], 0);
}

void okng_board_init(struct okng_board *board)
{
	board->shapes.n = board->n_sites = board->n_parts = 0;
	substrate(board);
	tracks(board);
	screen_print(board);
	controller(board);
	driver(board);
	connector(board);
	plug_shell(board);
	coil(board);
	crystal(board);
	chips(board);
	test_pads(board);
	label(board);
	open_places(board);
}

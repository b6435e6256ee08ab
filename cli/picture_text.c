/* SPDX-License-Identifier: Apache-2.0
 *
 * Each cell is the mean of the pixels below it; one that is overexposed anywhere shows it, for it is small things that are.
 */
#include "cli/picture_text.h"

#include <stdbool.h>
#include <string.h>

struct cell {
	int grey;
	bool hot, marked;
};

struct sheet {
	const struct okng_image *image;
	struct okng_rect mark;
	double scale; /* pixels of the picture a cell's width */
	int columns, rows;
};

enum okng_picture_ink okng_picture_ink_of(const char *term, const char *colorterm, const char *locale)
{
	bool utf8 = locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8") || strstr(locale, "UTF8") || strstr(locale, "utf-8"));

	if (!utf8 || !term || !*term || strcmp(term, "dumb") == 0 || strcmp(term, "linux") == 0)
		return OKNG_INK_LETTERS;
	if (colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0))
		return OKNG_INK_TRUE;
	return strstr(term, "256color") ? OKNG_INK_256 : OKNG_INK_LETTERS;
}

static int32_t clip(double v, int32_t most)
{
	return v < 0 ? 0 : v > most ? most : (int32_t)v;
}

/* tall: how many cell widths a cell is high. */
static struct cell cell_at(const struct sheet *s, int column, int row, double tall)
{
	int32_t x0 = clip(column * s->scale, s->image->width - 1), x1 = clip((column + 1) * s->scale, s->image->width);
	int32_t y0 = clip(row * s->scale * tall, s->image->height - 1), y1 = clip((row + 1) * s->scale * tall, s->image->height);
	const struct okng_rect *m = &s->mark;
	struct cell cell = { 0 };
	int64_t sum = 0;

	x1 = x1 > x0 ? x1 : x0 + 1;
	y1 = y1 > y0 ? y1 : y0 + 1;
	for (int32_t y = y0; y < y1; y++)
		for (int32_t x = x0; x < x1; x++) {
			uint8_t v = s->image->data[y * s->image->stride + x];

			sum += v;
			cell.hot = cell.hot || v == 255;
		}
	cell.grey = (int)(sum / ((int64_t)(x1 - x0) * (y1 - y0)));
	if (m->w && x1 > m->x && x0 < m->x + m->w && y1 > m->y && y0 < m->y + m->h)
		cell.marked = x0 <= m->x || x1 >= m->x + m->w || y0 <= m->y || y1 >= m->y + m->h;
	return cell;
}

static void put_colour(FILE *out, enum okng_picture_ink ink, int layer, struct cell c)
{
	int red = c.grey, green = c.grey, blue = c.grey;

	if (c.hot || c.marked) {
		red = c.hot ? 255 : 0;
		green = c.hot ? 0 : 255;
		blue = 0;
	}
	if (ink == OKNG_INK_TRUE)
		fprintf(out, "\033[%d;2;%d;%d;%dm", layer, red, green, blue);
	else
		fprintf(out, "\033[%d;5;%dm", layer, c.hot ? 196 : c.marked ? 46 : 232 + c.grey * 23 / 255);
}

static void draw_blocks(const struct sheet *s, FILE *out, enum okng_picture_ink ink, const char *end)
{
	for (int row = 0; row + 1 < s->rows; row += 2) {
		for (int column = 0; column < s->columns; column++) {
			put_colour(out, ink, 38, cell_at(s, column, row, 1));
			put_colour(out, ink, 48, cell_at(s, column, row + 1, 1));
			fputs("\u2580", out);
		}
		fprintf(out, "\033[0m%s", end);
	}
}

static void draw_letters(const struct sheet *s, FILE *out, const char *end)
{
	static const char letters[] = " .:-=+*#%@";

	for (int row = 0; row < s->rows; row++) {
		for (int column = 0; column < s->columns; column++) {
			struct cell c = cell_at(s, column, row, 2);

			putc(c.hot ? '!' : c.marked ? '|' : letters[c.grey * 10 / 256], out);
		}
		fputs(end, out);
	}
}

int okng_picture_draw(FILE *out, const struct okng_image *image, int columns, int lines, enum okng_picture_ink ink, struct okng_rect mark,
	const char *end)
{
	struct sheet s = { .image = image, .mark = mark };
	double across, down;

	if (columns < 1 || lines < 1 || image->width < 1 || image->height < 1)
		return 0;
	across = (double)image->width / columns;
	down = (double)image->height / (2 * lines);
	s.scale = across > down ? across : down;
	s.columns = clip(image->width / s.scale + 0.5, columns);
	s.columns = s.columns ? s.columns : 1;
	s.rows = clip(image->height / s.scale / (ink == OKNG_INK_LETTERS ? 2 : 1) + 0.5, ink == OKNG_INK_LETTERS ? lines : 2 * lines);
	if (ink == OKNG_INK_LETTERS) {
		s.rows = s.rows ? s.rows : 1;
		draw_letters(&s, out, end);
		return s.rows;
	}
	s.rows = s.rows < 2 ? 2 : s.rows & ~1;
	draw_blocks(&s, out, ink, end);
	return s.rows / 2;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Only the sequences that every terminal of the last forty years knows. A frame overwrites the last one line by line,
 * so nothing flickers.
 */
#include "cli/plc_screen.h"

#include <string.h>

#define BIT_WIDTH 20
#define WORD_WIDTH 40
#define CLEAR_REST "\033[K"

struct pen {
	FILE *out;
	int left; /* lines */
	int hidden;
};

static void put_cell(FILE *out, const char *name, const char *value, bool marked, int width)
{
	int name_width = width == BIT_WIDTH ? 15 : 17, value_width = width - name_width - 3;

	fprintf(out, "%s%c%-*.*s %-*.*s%s ", marked ? "\033[7m" : "", marked ? '*' : ' ', name_width, name_width, name, value_width,
		value_width, value, marked ? "\033[0m" : "");
}

/* The rows of one kind (bits or words), as many in a line as fit. */
static void put_rows(struct pen *pen, const struct okng_plc_screen *screen, const struct okng_plc_view *view,
	enum okng_word_order order, int64_t now_ns, bool bits)
{
	int width = bits ? BIT_WIDTH : WORD_WIDTH, per_line = screen->width < width ? 1 : screen->width / width, column = 0;
	char text[OKNG_PLC_TEXT];
	size_t n;
	const struct okng_map_row *rows = okng_plc_view_rows(&n);

	for (size_t i = 0; i < n; i++) {
		bool marked = screen->changed_ns[i] && now_ns - screen->changed_ns[i] < OKNG_PLC_SCREEN_MARK_NS;

		if ((rows[i].type == OKNG_TYPE_BIT) != bits || !okng_plc_view_has(view, &rows[i]))
			continue;
		if (column == 0 && pen->left <= 0) {
			pen->hidden++;
			continue;
		}
		put_cell(pen->out, rows[i].name, okng_plc_view_text(view, &rows[i], order, text), marked && !okng_plc_view_restless(&rows[i]),
			width);
		if (++column < per_line)
			continue;
		fputs(CLEAR_REST "\n", pen->out);
		pen->left--;
		column = 0;
	}
	if (column) {
		fputs(CLEAR_REST "\n", pen->out);
		pen->left--;
	}
}

void okng_plc_screen_draw(const struct okng_plc_screen *screen, FILE *out, const char *head, const struct okng_plc_view *view,
	enum okng_word_order order, int64_t now_ns)
{
	struct pen pen = { .out = out, .left = screen->height - 2 };

	fprintf(out, "\033[H\033[1m%-.*s\033[0m" CLEAR_REST "\n", screen->width, head);
	if (view) {
		put_rows(&pen, screen, view, order, now_ns, true);
		put_rows(&pen, screen, view, order, now_ns, false);
	}
	fputs("\033[J", out);
	if (pen.hidden)
		fprintf(out, "%d more: make the window larger", pen.hidden);
	fflush(out);
}

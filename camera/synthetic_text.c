/* SPDX-License-Identifier: Apache-2.0
 *
 * Lettering for the board and its label: capitals as pen strokes on a grid of 4 × 6, the way board makers plot them.
 */
#include <assert.h>
#include <stddef.h>

#include "camera/synthetic_draw.h"

#define GRID_HEIGHT 6.0
#define ADVANCE 5.6 /* grid units from letter to letter */

/* Corner points "xy", strokes separated by '/'. */
static const char *strokes(char c)
{
	static const char *const letters[26] = {
		"0602204246/0444", "003041423303/334445360600", "4130100105163645", "00304145360600", "40000646/0333", "400006/0333",
		"41301001051636454323", "0006/4046/0343", "1030/2026/1636", "4045361605", "0006/400346", "000646", "0600234046", "06004640",
		"103041453616050110", "06003041423303", "103041453616050110/3446", "06003041423303/2346", "413010010213334445361605", "0040/2026",
		"000516364540", "002640", "0016233640", "0046/4006", "002340/2326", "00400646",
	};
	static const char *const digits[10] = {
		"103041453616050110", "112026/1636", "01103041420646", "01103041423313/334445361605", "36300444", "400003334445361605",
		"413010010516364544331304", "004016", "13020110304142331304051636454433", "423313020110304145361605",
	};
	if (c >= 'A' && c <= 'Z')
		return letters[c - 'A'];
	if (c >= '0' && c <= '9')
		return digits[c - '0'];
	return c == '-' ? "1333" : c == '.' ? "2626" : c == '/' ? "0640" : "";
}

double okng_shapes_text_width(const char *text, double height)
{
	int n = 0;
	while (text[n])
		n++;
	return n ? ((n - 1) * ADVANCE + 4) * height / GRID_HEIGHT : 0;
}

void okng_shapes_text(struct okng_shapes *shapes, const char *text, double x, double y, double height, double stroke, int grey, int part)
{
	double unit = height / GRID_HEIGHT;
	for (; *text; text++, x += ADVANCE * unit) {
		struct okng_shape s = {.kind = OKNG_SHAPE_LINE, .radius = stroke / 2, .grey = grey, .alpha = 256, .part = part};
		bool down = false;
		for (const char *p = strokes(*text); *p; p++) {
			if (*p == '/')
				down = false;
			if (*p == '/' || *p == ' ')
				continue;
			s.x0 = s.x1;
			s.y0 = s.y1;
			s.x1 = x + (p[0] - '0') * unit;
			s.y1 = y + (p[1] - '0') * unit;
			assert(p[1]);
			p++;
			if (down)
				okng_shapes_add(shapes, &s);
			down = true;
		}
	}
}

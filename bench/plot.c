/* SPDX-License-Identifier: Apache-2.0
 *
 * Axes end at ticks, so that every point lies inside the frame. Ticks are 1, 2 and 5 times a power of ten, thinned out on
 * a logarithmic axis of many decades to the powers alone.
 */
#include "bench/plot.h"

#include <math.h>
#include <string.h>

#define WIDTH 760
#define HEIGHT 440
#define LEFT 72
#define RIGHT 736
#define TOP 76
#define BOTTOM 364
#define TICKS_MAX 24
#define LETTER 7.4 /* pixels, about */

struct axis {
	double low, high; /* as measured, or their logarithms */
	bool log;
	int n;
	double tick[TICKS_MAX]; /* values */
};

static const char style[] =
	"<style>\n"
	"text { font: 13px system-ui, sans-serif; fill: #24292f; }\n"
	".title { font-size: 16px; font-weight: 600; }\n"
	".note { font-size: 11px; fill: #57606a; }\n"
	".paper { fill: #ffffff; } .frame { fill: none; stroke: #8c959f; } .grid { stroke: #d8dee4; }\n"
	".line { fill: none; stroke-width: 2; } .dashed { stroke-dasharray: 6 4; } .hollow { fill: #ffffff; stroke-width: 2; }\n"
	".c0 { stroke: #0969da; } .f0 { fill: #0969da; } .c1 { stroke: #bc4c00; } .f1 { fill: #bc4c00; }\n"
	".c2 { stroke: #1a7f37; } .f2 { fill: #1a7f37; } .c3 { stroke: #6e7781; } .f3 { fill: #6e7781; }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #e6edf3; } .note { fill: #9198a1; }\n"
	".paper, .hollow { fill: #0d1117; } .frame { stroke: #6e7681; } .grid { stroke: #30363d; }\n"
	".c0 { stroke: #58a6ff; } .f0 { fill: #58a6ff; } .c1 { stroke: #f0883e; } .f1 { fill: #f0883e; }\n"
	".c2 { stroke: #3fb950; } .f2 { fill: #3fb950; } .c3 { stroke: #9198a1; } .f3 { fill: #9198a1; }\n"
	"}\n"
	"</style>\n";

void okng_bench_plot_add(struct okng_bench_series *series, double x, double y)
{
	if (series->n == OKNG_BENCH_POINTS_MAX)
		return;
	series->x[series->n] = x;
	series->y[series->n++] = y;
}

static bool shown(const struct okng_bench_plot *p, double x, double y)
{
	return isfinite(x) && isfinite(y) && (!p->log_x || x > 0) && (!p->log_y || y > 0);
}

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		default: putc(*text, out);
		}
	}
}

/* The largest of 1, 2, 5 × 10^k that is at most v, or the smallest that is at least v. */
static double round_down(double v)
{
	double power = pow(10, floor(log10(v))), m = v / power * (1 + 1e-9);
	return (m >= 5 ? 5 : m >= 2 ? 2 : 1) * power;
}

static double round_up(double v)
{
	double down = round_down(v);
	if (down >= v * (1 - 1e-9))
		return down;
	double m = down / pow(10, floor(log10(down) + 1e-9));
	return m > 1.5 && m < 3 ? down * 2.5 : down * 2;
}

static void set_linear(struct axis *a, double most)
{
	double step = round_up((most > 0 ? most : 1) / 6);
	int last = (int)ceil(most / step - 1e-9);
	last = last < 1 ? 1 : last;
	for (int i = 0; i <= last; i++)
		a->tick[a->n++] = i * step;
	a->low = 0;
	a->high = last * step;
}

static void set_log(struct axis *a, double least, double most)
{
	double low = round_down(least), high = round_up(most);
	if (high <= low * 1.0001)
		high = round_up(low * 1.5);
	bool thin = high / low > 1e4;
	for (double v = low; v <= high * 1.0001 && a->n < TICKS_MAX; v = round_up(v * 1.5))
		if (!thin || fabs(log10(v) - rint(log10(v))) < 1e-6)
			a->tick[a->n++] = v;
	a->low = log10(low);
	a->high = log10(high);
}

static void set_axis(const struct okng_bench_plot *p, bool y, struct axis *a)
{
	double least = HUGE_VAL, most = 0;
	*a = (struct axis){.log = y ? p->log_y : p->log_x};
	for (int i = 0; i < p->n; i++) {
		const struct okng_bench_series *s = &p->series[i];
		for (int k = 0; k < s->n; k++) {
			double v = y ? s->y[k] : s->x[k];
			if (!shown(p, s->x[k], s->y[k]))
				continue;
			least = v < least ? v : least;
			most = v > most ? v : most;
		}
	}
	if (a->log)
		set_log(a, least < HUGE_VAL ? least : 1, least < HUGE_VAL ? most : 10);
	else
		set_linear(a, most);
}

static double place(const struct axis *a, double v, double from, double to)
{
	return from + ((a->log ? log10(v) : v) - a->low) / (a->high - a->low) * (to - from);
}

static void write_axes(const struct okng_bench_plot *p, const struct axis *x, const struct axis *y, FILE *out)
{
	for (int i = 0; i < x->n; i++) {
		double at = place(x, x->tick[i], LEFT, RIGHT);
		fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>"
			"<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.6g</text>\n", at, TOP, at, BOTTOM, at, BOTTOM + 18, x->tick[i]);
	}
	for (int i = 0; i < y->n; i++) {
		double at = place(y, y->tick[i], BOTTOM, TOP);
		fprintf(out, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", LEFT, at, RIGHT, at, LEFT - 8, at + 4.5, y->tick[i]);
	}
	fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + RIGHT) / 2, BOTTOM + 40);
	put_text(out, p->x_label);
	fprintf(out, "</text>\n<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">", (TOP + BOTTOM) / 2);
	put_text(out, p->y_label);
	fputs("</text>\n", out);
}

static void write_point(FILE *out, const char *kind, int colour, bool hollow, double x, double y)
{
	fprintf(out, "<circle class=\"%s %s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n", kind, hollow ? "hollow c" : "f", colour, x, y);
}

static void write_series(const struct okng_bench_plot *p, int i, const struct axis *x, const struct axis *y, FILE *out)
{
	const struct okng_bench_series *s = &p->series[i];
	fprintf(out, "<polyline class=\"line %sc%d\" points=\"", s->dashed ? "dashed " : "", i);
	for (int k = 0; k < s->n; k++)
		if (shown(p, s->x[k], s->y[k]))
			fprintf(out, "%.1f,%.1f ", place(x, s->x[k], LEFT, RIGHT), place(y, s->y[k], BOTTOM, TOP));
	fputs("\"/>\n", out);
	for (int k = 0; k < s->n; k++)
		if (shown(p, s->x[k], s->y[k]))
			write_point(out, "point", i, s->dashed, place(x, s->x[k], LEFT, RIGHT), place(y, s->y[k], BOTTOM, TOP));
}

static void write_legend(const struct okng_bench_plot *p, FILE *out)
{
	double at = LEFT;
	for (int i = 0; i < p->n; i++) {
		fprintf(out, "<line class=\"line %sc%d\" x1=\"%.1f\" y1=\"54\" x2=\"%.1f\" y2=\"54\"/>\n",
			p->series[i].dashed ? "dashed " : "", i, at, at + 28);
		write_point(out, "key", i, p->series[i].dashed, at + 14, 54);
		fprintf(out, "<text x=\"%.1f\" y=\"58.5\">", at + 36);
		put_text(out, p->series[i].name);
		fputs("</text>\n", out);
		at += 60 + LETTER * (double)strlen(p->series[i].name);
	}
}

void okng_bench_plot_write(const struct okng_bench_plot *p, FILE *out)
{
	struct axis x, y;
	set_axis(p, false, &x);
	set_axis(p, true, &y);
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>", WIDTH, HEIGHT);
	put_text(out, p->title);
	fprintf(out, "</title>\n%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n<text class=\"title\" x=\"%d\" y=\"28\">", style, WIDTH,
		HEIGHT, LEFT);
	put_text(out, p->title);
	fputs("</text>\n", out);
	write_legend(p, out);
	write_axes(p, &x, &y, out);
	for (int i = 0; i < p->n; i++)
		write_series(p, i, &x, &y, out);
	fprintf(out, "<text class=\"note\" x=\"%d\" y=\"%d\">", LEFT, HEIGHT - 12);
	put_text(out, p->note);
	fputs("</text>\n</svg>\n", out);
}

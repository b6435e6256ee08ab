/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrows are magnified to where the longest is a twelfth of the frame: one scale for both, so that what the lens profile
 * takes away is seen.
 */
#include "cli/residual_plot.h"

#include <math.h>

#define TOP 84
#define LEFT 24      /* of the frame */
#define FRAME_W 440.0
#define FRAME_H 300.0
#define PLOT_X 546   /* of the chart */
#define PLOT_W 330.0
#define PLOT_H 270.0

static const char head[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 430\" width=\"900\" height=\"430\">\n"
	"<style>\n"
	"text { font: 13px system-ui, sans-serif; fill: #24292f; }\n"
	".title { font-size: 16px; font-weight: 600; }\n"
	".paper { fill: #ffffff; } .frame { fill: none; stroke: #8c959f; } .grid { stroke: #d8dee4; }\n"
	".before { stroke: #bc4c00; fill: none; } .after { stroke: #0969da; fill: #0969da; }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #e6edf3; } .paper { fill: #0d1117; } .frame { stroke: #6e7681; } .grid { stroke: #30363d; }\n"
	".before { stroke: #f0883e; } .after { stroke: #58a6ff; fill: #58a6ff; }\n"
	"}\n"
	"</style>\n"
	"<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";

void okng_residual_error(const struct okng_residual *r, int n, bool after, double *rms, double *most)
{
	double sum = 0;
	*most = 0;
	for (int i = 0; i < n; i++) {
		const struct okng_point *p = after ? &r[i].after : &r[i].before;
		double far = hypot(p->x, p->y);
		sum += far * far;
		*most = far > *most ? far : *most;
	}
	*rms = n > 0 ? sqrt(sum / n) : 0;
}

static void put_frame(FILE *out, const struct okng_lens *lens, const struct okng_residual *r, int n, double longest)
{
	double scale = fmin(FRAME_W / lens->width, FRAME_H / lens->height), w = lens->width * scale, h = lens->height * scale;
	double times = longest > 0 ? lens->width / 12.0 / longest : 1;
	double round = pow(10, floor(log10(times))), many = floor(times / round) * round;

	fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"/>\n", LEFT, TOP, w, h);
	for (int after = 0; after < 2; after++) {
		fprintf(out, "<g class=\"%s\" stroke-width=\"1.2\">\n", after ? "after" : "before");
		for (int i = 0; i < n; i++) {
			const struct okng_point *p = after ? &r[i].after : &r[i].before;
			double x = LEFT + r[i].at.x * scale, y = TOP + r[i].at.y * scale;

			if (after)
				fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"1.1\" stroke=\"none\"/>", x, y);
			fprintf(out, "<path d=\"M%.1f %.1fl%.1f %.1f\"/>\n", x, y, p->x * many * scale, p->y * many * scale);
		}
		fputs("</g>\n", out);
	}
	fprintf(out, "<text x=\"%d\" y=\"%.0f\">the frame, errors %g times too long</text>\n", LEFT, TOP + h + 22, many);
}

/* 1, 2 or 5 times a power of ten: some five steps to most. */
static double step_of(double most)
{
	double raw = most / 5, power = pow(10, floor(log10(raw))), m = raw / power;

	return (m > 5 ? 10 : m > 2 ? 5 : m > 1 ? 2 : 1) * power;
}

static void put_axes(FILE *out, double far, double most)
{
	double step = step_of(most);

	for (double v = 0; v <= most * 1.0001; v += step) {
		double y = TOP + PLOT_H * (1 - v / most);

		fprintf(out, "<path class=\"grid\" d=\"M%d %.1fh%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", PLOT_X, y, PLOT_W,
			PLOT_X - 8, y + 4, round(v * 1e6) / 1e6);
	}
	step = step_of(far);
	for (double v = 0; v <= far * 1.0001; v += step)
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n", PLOT_X + PLOT_W * v / far, TOP + PLOT_H + 18, v);
	fprintf(out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"/>\n", PLOT_X, TOP, PLOT_W, PLOT_H);
	fprintf(out, "<text x=\"%d\" y=\"%.1f\">distance from the axis, pixels</text>\n", PLOT_X + 80, TOP + PLOT_H + 38);
	fprintf(out, "<text transform=\"translate(%d %.1f) rotate(-90)\" text-anchor=\"middle\">error, pixels</text>\n", PLOT_X - 42, TOP + PLOT_H / 2);
}

static void put_chart(FILE *out, const struct okng_lens *lens, const struct okng_residual *r, int n, double longest)
{
	double far = 1, most = longest > 0 ? longest * 1.05 : 1;

	for (int i = 0; i < n; i++)
		far = fmax(far, 1.03 * hypot(r[i].at.x - lens->param[2], r[i].at.y - lens->param[3]));
	put_axes(out, far, most);
	for (int after = 0; after < 2; after++) {
		fprintf(out, "<g class=\"%s\">\n", after ? "after" : "before");
		for (int i = 0; i < n; i++) {
			const struct okng_point *p = after ? &r[i].after : &r[i].before;
			double x = PLOT_X + PLOT_W * hypot(r[i].at.x - lens->param[2], r[i].at.y - lens->param[3]) / far;
			double y = TOP + PLOT_H * (1 - hypot(p->x, p->y) / most);

			fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n", x, y, after ? "1.4" : "2.2");
		}
		fputs("</g>\n", out);
	}
}

void okng_residual_plot(FILE *out, const struct okng_lens *lens, const struct okng_residual *r, int n)
{
	double rms[2], most[2];

	for (int after = 0; after < 2; after++)
		okng_residual_error(r, n, after, &rms[after], &most[after]);
	double longest = fmax(most[0], most[1]);
	fputs(head, out);
	fprintf(out, "<text class=\"title\" x=\"%d\" y=\"30\">What the lens profile takes away: %d corners</text>\n", LEFT, n);
	fprintf(out, "<circle class=\"before\" cx=\"%d\" cy=\"54\" r=\"3\"/><text x=\"%d\" y=\"58\">before: %.3f pixels RMS, %.2f at most</text>\n",
		LEFT + 4, LEFT + 14, rms[0], most[0]);
	fprintf(out, "<circle class=\"after\" cx=\"%d\" cy=\"54\" r=\"3\"/><text x=\"%d\" y=\"58\">after: %.3f pixels RMS, %.2f at most</text>\n",
		LEFT + 284, LEFT + 294, rms[1], most[1]);
	put_frame(out, lens, r, n, longest);
	put_chart(out, lens, r, n, longest);
	fputs("</svg>\n", out);
}

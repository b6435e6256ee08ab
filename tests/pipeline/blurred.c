/* SPDX-License-Identifier: Apache-2.0
 *
 * A straight edge blurred by a Gaussian is an error function of the distance. A disc is the integral of such over its
 * chords, tabled by distance from the centre: an error function of the distance alone would leave out that blur draws a
 * curved edge inwards.
 */
#include "blurred.h"

#include <math.h>
#include <stdbool.h>

#define SUB 4           /* samples per pixel and axis */
#define CHORDS 400
#define TABLE_STEP 0.02
#define TABLE_MAX 8192
#define PI 3.14159265358979323846

static double step_at(double d, double blur)
{
	double u = d / blur;
	return u < -6 ? 0 : u > 6 ? 1 : 0.5 * erfc(-u / sqrt(2));
}

static double disc_at(double distance, double radius, double blur)
{
	double sum = 0, weight = 0, reach = radius < 6 * blur ? radius : 6 * blur, h = 2 * reach / CHORDS;
	for (int i = 0; i < CHORDS; i++) {
		double y = -reach + (i + 0.5) * h, half = sqrt(radius * radius - y * y), g = exp(-y * y / (2 * blur * blur)) * h;
		sum += g * (step_at(half - distance, blur) - step_at(-half - distance, blur));
		weight += g;
	}
	/* Chords beyond the reach hold nothing of the Gaussian, or lie outside the disc. */
	return radius < 6 * blur ? sum / (blur * sqrt(2 * PI)) : sum / weight;
}

double blurred_uniform(uint64_t *seed, double lo, double hi)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return lo + (hi - lo) * (double)(*seed >> 40) / 16777216.0;
}

double blurred_normal(uint64_t *seed)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += blurred_uniform(seed, 0, 1);
	return sum;
}

void blurred_draw(struct okng_image *img, const struct blurred *w, uint64_t *seed)
{
	static double table[TABLE_MAX];
	double c = cos(w->angle * PI / 180), s = sin(w->angle * PI / 180);
	double c2 = cos((w->angle + w->size) * PI / 180), s2 = sin((w->angle + w->size) * PI / 180);
	int known = 0;
	if (w->figure == BLURRED_DISC)
		for (known = 0; known < TABLE_MAX && known * TABLE_STEP < w->size + 6 * w->blur + 1; known++)
			table[known] = disc_at(known * TABLE_STEP, w->size, w->blur);
	for (int y = 0; y < img->height; y++)
		for (int x = 0; x < img->width; x++) {
			double share = 0;
			for (int k = 0; k < SUB * SUB; k++) {
				double u = x + (k % SUB + 0.5) / SUB - 0.5 - w->at.x, v = y + (k / SUB + 0.5) / SUB - 0.5 - w->at.y, d = c * u + s * v;
				if (w->figure == BLURRED_DISC) {
					double at = sqrt(u * u + v * v) / TABLE_STEP;
					int i = (int)at;
					share += i + 1 < known ? table[i] + (at - i) * (table[i + 1] - table[i]) : 0;
				} else if (w->figure == BLURRED_CORNER) {
					share += step_at(d, w->blur) * step_at(c2 * u + s2 * v, w->blur);
				} else {
					share += step_at(d, w->blur) - (w->figure == BLURRED_BAR ? step_at(d - w->size, w->blur) : 0);
				}
			}
			double v = w->dark + (w->bright - w->dark) * share / (SUB * SUB) + (w->noise > 0 ? w->noise * blurred_normal(seed) : 0);
			okng_image_row(img, y)[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : floor(v + 0.5));
		}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Tracks, pads and a print on a faintly textured ground, hashed from the board's number; cells of some 24
 * pixels, each with its own pattern, so that no shift within the search range looks like another; no size is whole, so
 * that edges cut the pixel raster at every phase.
 */
#include "scene.h"

#include <math.h>

#define CELL 23.61

static uint32_t mix(uint32_t a)
{
	a ^= a >> 16;
	a *= 0x7feb352du;
	a ^= a >> 15;
	a *= 0x846ca68bu;
	return a ^ a >> 16;
}

static uint32_t hash(uint32_t board, int x, int y, uint32_t what)
{
	return mix(board * 0x9e3779b9u + mix((uint32_t)x * 0x85ebca6bu + mix((uint32_t)y * 0xc2b2ae35u + what)));
}

/* Copper of a cell is 0 none, 1 pad, 2 and 3 tracks across, 4 and 5 half tracks, 6 print. */
static double grey_at(uint32_t board, double x, double y)
{
	int cx = (int)floor(x / CELL), cy = (int)floor(y / CELL);
	double u = x - cx * CELL - CELL / 2, v = y - cy * CELL - CELL / 2;
	uint32_t h = hash(board, cx, cy, 1);
	double ground = 70 + (double)(hash(board, (int)floor(x / 3.13), (int)floor(y / 3.13), 2) % 7);
	double copper = 180 + (double)(h >> 8 & 15), width = 3 + (double)(h >> 12 & 3), at = (double)(h >> 16 & 7) - 3.5;
	switch (h % 7) {
	case 1:
		return u * u + v * v < 49 && u * u + v * v > 4 ? copper : ground;
	case 2:
		return fabs(u - at) < width ? copper : ground;
	case 3:
		return fabs(v - at) < width ? copper : ground;
	case 4:
		return fabs(u - at) < width && v < at ? copper : ground;
	case 5:
		return fabs(v - at) < width && u > at ? copper : ground;
	case 6:
		return fabs(u) < 9 && fabs(v) < 9 && (hash(board, (int)floor(x / 4.27), (int)floor(y / 4.27), 3) & 1) ? 225 : ground;
	}
	return ground;
}

/* Roughly normal, standard deviation 1: twelve uniform numbers. */
static double normal(uint32_t *seed)
{
	double sum = -6;
	for (int i = 0; i < 12; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		sum += (*seed >> 8) / 16777216.0;
	}
	return sum;
}

static struct okng_point straight(const struct okng_brown *lens, double x, double y)
{
	return lens ? okng_brown_undistort(lens, (struct okng_point){x, y}) : (struct okng_point){x, y};
}

void scene_draw(struct okng_image *out, uint32_t board, const struct okng_pose *pose, const struct scene_light *light)
{
	scene_draw_through(out, board, pose, light, NULL);
}

/* Within a pixel the lens is a straight map. */
void scene_draw_through(struct okng_image *out, uint32_t board, const struct okng_pose *pose, const struct scene_light *light,
	const struct okng_brown *lens)
{
	double cx = (out->width - 1) / 2.0, cy = (out->height - 1) / 2.0, a = pose->angle * 3.14159265358979323846 / 180;
	double c = cos(a), s = sin(a), gain = light->gain > 0 ? light->gain : 1;
	uint32_t seed = light->seed * 2654435761u + 12345;
	for (int y = 0; y < out->height; y++) {
		for (int x = 0; x < out->width; x++) {
			double sum = 0;
			struct okng_point o = straight(lens, x, y), px = straight(lens, x + 1, y), py = straight(lens, x, y + 1);
			for (int k = 0; k < 16; k++) {
				double i = (k % 4 - 1.5) / 4.0, j = (k / 4 - 1.5) / 4.0;
				double xf = o.x + i * (px.x - o.x) + j * (py.x - o.x) - cx - pose->dx;
				double yf = o.y + i * (px.y - o.y) + j * (py.y - o.y) - cy - pose->dy;
				sum += grey_at(board, cx + c * xf - s * yf, cy + s * xf + c * yf);
			}
			double r = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (cx * cx + cy * cy);
			double v = sum / 16 * gain * (1 - light->vignette * r) + light->offset;
			if (light->noise > 0)
				v += light->noise * normal(&seed);
			okng_image_row(out, y)[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : floor(v + 0.5));
		}
	}
}

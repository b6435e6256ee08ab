/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds are made once per recipe, in 8.8 fixed point from parameters rounded to it, so that the same recipe and model
 * give the same band everywhere.
 */
#include "pipeline/compare.h"

#include <stdlib.h>

void okng_compare_mean(const struct okng_model *model, struct okng_image *out)
{
	for (int32_t y = 0; y < out->height; y++) {
		const uint16_t *mean = (const uint16_t *)(const void *)okng_image_row(&model->mean, y);
		uint8_t *o = okng_image_row(out, y);
		for (int32_t x = 0; x < out->width; x++) {
			unsigned v = (mean[x] + 128u) >> 8;
			o[x] = (uint8_t)(v > 255 ? 255 : v);
		}
	}
}

static int32_t fixed(double v)
{
	return (int32_t)(v * 256 + 0.5);
}

/* |gx| + |gy| over 2 in levels per pixel, 8.8; the border repeats. */
static int32_t gradient(const struct okng_image *img, int32_t x, int32_t y)
{
	int32_t xl = x > 0 ? x - 1 : x, xr = x + 1 < img->width ? x + 1 : x;
	int32_t yu = y > 0 ? y - 1 : y, yd = y + 1 < img->height ? y + 1 : y;
	const uint8_t *row = okng_image_row(img, y);
	int32_t gx = abs(row[xr] - row[xl]), gy = abs(okng_image_row(img, yd)[x] - okng_image_row(img, yu)[x]);
	return (gx + gy) * 128;
}

static int32_t widest_gradient(const struct okng_image *img, int32_t x, int32_t y)
{
	int32_t most = 0;
	for (int32_t v = y > 0 ? y - 1 : y; v <= y + 1 && v < img->height; v++)
		for (int32_t u = x > 0 ? x - 1 : x; u <= x + 1 && u < img->width; u++) {
			int32_t g = gradient(img, u, v);
			most = g > most ? g : most;
		}
	return most;
}

static uint8_t clip(int64_t v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

void okng_compare_bounds(const struct okng_tool *tool, const struct okng_model *model, const struct okng_image *expected,
	struct okng_image *lower, struct okng_image *upper)
{
	int64_t sigma_dark = fixed(tool->sigma_dark), sigma_bright = fixed(tool->sigma_bright), edge = fixed(tool->edge);
	int64_t min_dark = fixed(tool->min_dark), min_bright = fixed(tool->min_bright);
	for (int32_t y = 0; y < expected->height; y++) {
		const uint16_t *sigma = (const uint16_t *)(const void *)okng_image_row(&model->sigma, y);
		const uint8_t *mean = okng_image_row(expected, y);
		uint8_t *lo = okng_image_row(lower, y), *hi = okng_image_row(upper, y);
		for (int32_t x = 0; x < expected->width; x++) {
			int64_t slope = edge * (edge ? widest_gradient(expected, x, y) : 0) / 256;
			int64_t dark = min_dark + sigma_dark * sigma[x] / 256 + slope;
			int64_t bright = min_bright + sigma_bright * sigma[x] / 256 + slope;
			lo[x] = clip(((int64_t)mean[x] * 256 - dark + 255) >> 8);
			hi[x] = clip(((int64_t)mean[x] * 256 + bright) >> 8);
		}
	}
}

static void move_columns(const struct okng_image *in, int32_t y, int sign, uint32_t *columns)
{
	if (y < 0 || y >= in->height)
		return;
	const uint8_t *row = okng_image_row(in, y);
	for (int32_t x = 0; x < in->width; x++)
		columns[x] += sign > 0 ? row[x] : 0u - row[x];
}

void okng_compare_local_mean(const struct okng_image *in, int window, uint32_t *columns, struct okng_image *out)
{
	int32_t r = window / 2, w = in->width, h = in->height;
	for (int32_t x = 0; x < w; x++)
		columns[x] = 0;
	for (int32_t y = 0; y < r; y++)
		move_columns(in, y, 1, columns);
	for (int32_t y = 0; y < h; y++) {
		move_columns(in, y + r, 1, columns);
		move_columns(in, y - r - 1, -1, columns);
		uint32_t rows = (uint32_t)((y + r < h ? y + r : h - 1) - (y > r ? y - r : 0) + 1);
		uint32_t sum = 0, cols = 0;
		uint8_t *o = okng_image_row(out, y);
		for (int32_t x = 0; x < r && x < w; x++, cols++)
			sum += columns[x];
		for (int32_t x = 0; x < w; x++) {
			if (x + r < w) {
				sum += columns[x + r];
				cols++;
			}
			if (x - r - 1 >= 0) {
				sum -= columns[x - r - 1];
				cols--;
			}
			o[x] = (uint8_t)((sum + rows * cols / 2) / (rows * cols));
		}
	}
}

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

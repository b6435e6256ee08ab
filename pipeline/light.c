/* SPDX-License-Identifier: Apache-2.0
 *
 * One gain for the whole part: what varies over the picture is the flat field's and the tolerance's business.
 */
#include "pipeline/light.h"

#define BLACK 4
#define WHITE 251

uint32_t okng_light_gain(const struct okng_image *img, const int32_t (*spans)[2], const struct okng_image *reference)
{
	uint64_t have = 0, want = 0;
	for (int32_t y = 0; y < img->height; y++) {
		const uint8_t *a = okng_image_row(img, y), *b = okng_image_row(reference, y);
		uint32_t sa = 0, sb = 0;
		for (int32_t x = spans ? spans[y][0] : 0; x < (spans ? spans[y][1] : img->width); x++) {
			uint32_t use = 0u - (uint32_t)(a[x] >= BLACK && a[x] <= WHITE && b[x] >= BLACK && b[x] <= WHITE);
			sa += a[x] & use;
			sb += b[x] & use;
		}
		have += sa;
		want += sb;
	}
	if (have == 0)
		return OKNG_LIGHT_ONE;
	uint64_t gain = (want * OKNG_LIGHT_ONE + have / 2) / have;
	return gain < OKNG_LIGHT_ONE / 2 ? OKNG_LIGHT_ONE / 2 : gain > OKNG_LIGHT_ONE * 2 ? OKNG_LIGHT_ONE * 2 : (uint32_t)gain;
}

void okng_light_apply(struct okng_image *img, uint32_t gain)
{
	uint8_t table[256];
	for (uint32_t v = 0; v < 256; v++) {
		uint32_t out = (v * gain + OKNG_LIGHT_ONE / 2) / OKNG_LIGHT_ONE;
		table[v] = (uint8_t)(out > 255 || v == 255 ? 255 : out);
	}
	for (int32_t y = 0; y < img->height; y++) {
		uint8_t *row = okng_image_row(img, y);
		for (int32_t x = 0; x < img->width; x++)
			row[x] = table[row[x]];
	}
}

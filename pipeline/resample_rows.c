/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the rows, and what lies beyond the frame, are the same with a lens and without.
 */
#include "pipeline/resample_rows.h"

#include <string.h>

#include "pipeline/light.h"

/* Rows that lie beyond the frame repeat the nearest one that does not. */
static void fill_rows(struct okng_image *out, const int32_t (*spans)[2])
{
	int32_t from = -1;
	for (int32_t y = 0; y < out->height; y++) {
		if (spans[y][1]) {
			for (int32_t above = from < 0 ? y : 0; above > 0; above--)
				memcpy(okng_image_row(out, above - 1), okng_image_row(out, y), (size_t)out->width);
			from = y;
		} else if (from >= 0) {
			memcpy(okng_image_row(out, y), okng_image_row(out, from), (size_t)out->width);
		}
	}
	for (int32_t y = 0; from < 0 && y < out->height; y++)
		memset(okng_image_row(out, y), 0, (size_t)out->width);
}

void okng_resample_rows(const struct okng_kernels *k, okng_resample_row row, void *state, const struct okng_image *light,
	struct okng_image *out, int32_t (*spans)[2])
{
	int32_t every = light ? okng_light_rows(out->height) : 0;
	struct okng_light_sums sums = {0, 0};
	/* The rows by which the light is judged come first, so that each other row is lit while it is at hand. */
	for (int32_t y = 0; light && y < out->height; y += every) {
		row(state, y, spans[y]);
		okng_light_add(k, &sums, okng_image_row(out, y), okng_image_row(light, y), spans[y]);
	}
	uint32_t gain = light ? okng_light_gain(&sums) : OKNG_LIGHT_ONE;
	/* From below: what the frame's last reader left in the cache is used before it goes. */
	for (int32_t y = out->height - 1; y >= 0; y--) {
		if (!light || y % every)
			row(state, y, spans[y]);
		if (gain != OKNG_LIGHT_ONE && spans[y][1])
			k->light(okng_image_row(out, y), okng_image_row(light, y), gain, out->width);
	}
	fill_rows(out, (const int32_t (*)[2])spans);
}

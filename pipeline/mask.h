/* SPDX-License-Identifier: Apache-2.0
 *
 * Bit masks: one bit a pixel, 64 pixels a word, pixel x in bit x % 64 of word x / 64; the bits past the width of a row
 * are always zero. A mask may keep a flag per row, so that rows where nothing is set, the most of a good part, are never
 * touched.
 */
#ifndef OKNG_PIPELINE_MASK_H
#define OKNG_PIPELINE_MASK_H

#include <stdint.h>

#include "pipeline/image.h"
#include "pipeline/kernels.h"

struct okng_mask {
	uint64_t *bits;
	int32_t width, height, words; /* words in a row */
	uint8_t *rows;                /* NULL, or of each row whether it counts: where 0 it is empty, whatever its words hold */
};

int okng_mask_init(struct okng_mask *mask, int32_t width, int32_t height); /* 0, -EINVAL, -ENOMEM; zeroed, without flags */
int okng_mask_init_rows(struct okng_mask *mask, int32_t width, int32_t height); /* the same, with flags, all 0 */
void okng_mask_finish(struct okng_mask *mask);

static inline uint64_t *okng_mask_row(const struct okng_mask *mask, int32_t y)
{
	return mask->bits + (int64_t)y * mask->words;
}

static inline bool okng_mask_row_counts(const struct okng_mask *mask, int32_t y)
{
	return !mask->rows || mask->rows[y];
}

void okng_mask_fill(struct okng_mask *mask, struct okng_rect rect, int value); /* rect is clipped */
uint64_t okng_mask_count(const struct okng_mask *mask);

/* Square of side 2·radius + 1; outside the image counts as clear for dilate and as set for erode, so that neither
 * eats at the border. In place; spare has the same size, flags if and only if mask has, and is overwritten. Opening is
 * erode then dilate. */
void okng_mask_erode(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius);
void okng_mask_dilate(const struct okng_kernels *k, struct okng_mask *mask, struct okng_mask *spare, int radius);

#endif

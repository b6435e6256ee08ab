/* SPDX-License-Identifier: Apache-2.0
 *
 * The per-pixel kernels: integers only, any width from 1, any alignment that the type allows, tails inside; every
 * instruction set gives the bits that C gives. They read and write what their contract names and no byte beyond:
 * a camera's buffer may end where the page does. Outputs overlap no input, unless a kernel says that they may.
 * kernels.c alone knows the implementations.
 */
#ifndef OKNG_PIPELINE_KERNELS_H
#define OKNG_PIPELINE_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/cpu.h"

struct okng_kernels {
	enum okng_cpu cpu; /* the best instruction set that any of them uses */

	/* 3×3 Gauss (1 2 1)²/16, rounded (+8), of three rows into one; left and right pixels are repeated outward. */
	void (*gauss3)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, int32_t width);

	/* Bit x of dark: value < lower; of bright: value > upper. (width + 63) / 64 words each, tail bits zero. Returns
	 * whether any bit is set. */
	bool (*band)(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright,
		int32_t width);

	/* gauss3, then band, of the pixels [x0, x1) of rows of `width` pixels; the smoothed row is stored nowhere. x0 is a
	 * multiple of 64, x1 is a multiple of 64 or the width, x0 < x1. All pointers are to pixel 0: neighbours of x0 and
	 * x1 - 1 are seen where there are any. Writes the words x0 / 64 to (x1 - 1) / 64 of dark and bright and no other.
	 * Returns whether any bit of them is set. Fastest where few pixels are within one level of their bounds or beyond. */
	bool (*gauss3_band)(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
		uint64_t *bright, int32_t width, int32_t x0, int32_t x1);

	/* The same for 12 bits in 16, native byte order; gauss3_16 takes values up to 4095 and reckons modulo 65536. */
	void (*gauss3_16)(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint16_t *out, int32_t width);
	bool (*band_16)(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright,
		int32_t width);

	/* One step of a square over bit rows of (width + 63) / 64 words: and (erode) or or (dilate) of the nine bits at
	 * {-step, 0, step} in x and in the rows above (y - step), row and below (y + step); step is 1 to 63. Beyond left
	 * and right: set for erode, clear for dilate. Bits past the width are zero, before and after. Returns whether any is set. */
	bool (*erode)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width, int step);
	bool (*dilate)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width, int step);
};

/* The best set for a level, which the machine must have; never NULL. Static; any thread. */
const struct okng_kernels *okng_kernels_get(enum okng_cpu level);

/* For kernels.c: each sets what its instruction set does, over what is there already; C sets all. */
void okng_kernels_init_c(struct okng_kernels *k);
void okng_kernels_init_sse41(struct okng_kernels *k);
void okng_kernels_init_avx2(struct okng_kernels *k);
void okng_kernels_init_neon(struct okng_kernels *k);

#endif

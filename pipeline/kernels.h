/* SPDX-License-Identifier: Apache-2.0
 *
 * The per-pixel kernels: integers only, any width, any alignment, tails inside; every instruction set gives the bits
 * that C gives. kernels.c alone knows the implementations.
 */
#ifndef OKNG_PIPELINE_KERNELS_H
#define OKNG_PIPELINE_KERNELS_H

#include <stdint.h>

#include "pipeline/cpu.h"

struct okng_kernels {
	enum okng_cpu cpu;
	/* 3×3 Gauss (1 2 1)²/16, rounded (+8), of three rows into one; left and right pixels are repeated outward. */
	void (*gauss3)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, int32_t width);
	/* Bit x of dark: value < lower; of bright: value > upper. (width + 63) / 64 words each, tail bits zero. */
	void (*band)(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright, int32_t width);
	/* One step of a 3×3 square over bit rows; beyond left and right: set for erode, clear for dilate. out differs from the
	 * inputs. */
	void (*erode3)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width);
	void (*dilate3)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width);
};

/* The best set for a level; never NULL. Static. */
const struct okng_kernels *okng_kernels_get(enum okng_cpu level);

extern const struct okng_kernels okng_kernels_c; /* the reference */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference. Written plainly, in loops that a compiler turns into wide code by itself.
 */
#include "pipeline/kernels.h"

static inline int column(const uint8_t *a, const uint8_t *b, const uint8_t *c, int32_t x)
{
	return a[x] + 2 * b[x] + c[x];
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width == 1) {
		out[0] = (uint8_t)((4 * column(a, b, c, 0) + 8) >> 4);
		return;
	}
	out[0] = (uint8_t)((3 * column(a, b, c, 0) + column(a, b, c, 1) + 8) >> 4);
	for (int32_t x = 1; x < width - 1; x++)
		out[x] = (uint8_t)((column(a, b, c, x - 1) + 2 * column(a, b, c, x) + column(a, b, c, x + 1) + 8) >> 4);
	out[width - 1] = (uint8_t)((column(a, b, c, width - 2) + 3 * column(a, b, c, width - 1) + 8) >> 4);
}

static void band(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright, int32_t width)
{
	for (int32_t x = 0; x < width; x += 64) {
		int32_t n = width - x < 64 ? width - x : 64;
		uint64_t d = 0, b = 0;
		for (int32_t i = 0; i < n; i++) {
			d |= (uint64_t)(value[x + i] < lower[x + i]) << i;
			b |= (uint64_t)(value[x + i] > upper[x + i]) << i;
		}
		*dark++ = d;
		*bright++ = b;
	}
}

static void erode3(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t last = tail ? ((uint64_t)1 << tail) - 1 : ~(uint64_t)0;
	uint64_t before = ~(uint64_t)0;
	for (int32_t i = 0; i < words; i++) {
		uint64_t here = a[i] & b[i] & c[i];
		uint64_t next = i + 1 < words ? a[i + 1] & b[i + 1] & c[i + 1] : ~(uint64_t)0;
		uint64_t full = i + 1 < words ? here : here | ~last; /* beyond the width counts as set */
		out[i] = full & (full << 1 | before >> 63) & (full >> 1 | next << 63);
		before = here;
	}
	out[words - 1] &= last;
}

static void dilate3(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t before = 0;
	for (int32_t i = 0; i < words; i++) {
		uint64_t here = a[i] | b[i] | c[i];
		uint64_t next = i + 1 < words ? a[i + 1] | b[i + 1] | c[i + 1] : 0;
		out[i] = here | here << 1 | before >> 63 | here >> 1 | next << 63;
		before = here;
	}
	if (tail)
		out[words - 1] &= ((uint64_t)1 << tail) - 1;
}

const struct okng_kernels okng_kernels_c = {
	.cpu = OKNG_CPU_C,
	.gauss3 = gauss3,
	.band = band,
	.erode3 = erode3,
	.dilate3 = dilate3,
};

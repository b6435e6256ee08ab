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

static bool band(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright, int32_t width)
{
	uint64_t any = 0;
	for (int32_t x = 0; x < width; x += 64) {
		int32_t n = width - x < 64 ? width - x : 64;
		uint64_t d = 0, b = 0;
		for (int32_t i = 0; i < n; i++) {
			d |= (uint64_t)(value[x + i] < lower[x + i]) << i;
			b |= (uint64_t)(value[x + i] > upper[x + i]) << i;
		}
		any |= d | b;
		*dark++ = d;
		*bright++ = b;
	}
	return any;
}

static bool gauss3_band(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t width, int32_t x0, int32_t x1)
{
	bool any = false;
	for (int32_t x = x0; x < x1; x += 64) {
		uint8_t value[66]; /* one pixel more on either side, where the row has one */
		int32_t n = x1 - x < 64 ? x1 - x : 64, left = x > 0, right = x + n < width;
		gauss3(rows[0] + x - left, rows[1] + x - left, rows[2] + x - left, value, left + n + right);
		any |= band(value + left, lower + x, upper + x, dark + x / 64, bright + x / 64, n);
	}
	return any;
}

static inline unsigned column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	return a[x] + 2u * b[x] + c[x];
}

static inline uint16_t round_16(unsigned sum)
{
	return (uint16_t)((uint16_t)(sum + 8) >> 4);
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width == 1) {
		out[0] = round_16(4 * column_16(a, b, c, 0));
		return;
	}
	out[0] = round_16(3 * column_16(a, b, c, 0) + column_16(a, b, c, 1));
	for (int32_t x = 1; x < width - 1; x++)
		out[x] = round_16(column_16(a, b, c, x - 1) + 2 * column_16(a, b, c, x) + column_16(a, b, c, x + 1));
	out[width - 1] = round_16(column_16(a, b, c, width - 2) + 3 * column_16(a, b, c, width - 1));
}

static bool band_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright,
	int32_t width)
{
	uint64_t any = 0;
	for (int32_t x = 0; x < width; x += 64) {
		int32_t n = width - x < 64 ? width - x : 64;
		uint64_t d = 0, b = 0;
		for (int32_t i = 0; i < n; i++) {
			d |= (uint64_t)(value[x + i] < lower[x + i]) << i;
			b |= (uint64_t)(value[x + i] > upper[x + i]) << i;
		}
		any |= d | b;
		*dark++ = d;
		*bright++ = b;
	}
	return any;
}

static bool erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t last = tail ? ((uint64_t)1 << tail) - 1 : ~(uint64_t)0;
	uint64_t before = ~(uint64_t)0, any = 0, here = a[0] & b[0] & c[0];
	for (int32_t i = 0; i < words; i++) {
		uint64_t next = i + 1 < words ? a[i + 1] & b[i + 1] & c[i + 1] : ~(uint64_t)0;
		if (i + 2 == words)
			next |= ~last; /* beyond the width counts as set */
		if (i + 1 == words)
			here |= ~last;
		out[i] = here & (here << step | before >> (64 - step)) & (here >> step | next << (64 - step));
		if (i + 1 == words)
			out[i] &= last;
		any |= out[i];
		before = here;
		here = next;
	}
	return any;
}

static bool dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t before = 0, any = 0, here = a[0] | b[0] | c[0];
	for (int32_t i = 0; i < words; i++) {
		uint64_t next = i + 1 < words ? a[i + 1] | b[i + 1] | c[i + 1] : 0;
		out[i] = here | here << step | before >> (64 - step) | here >> step | next << (64 - step);
		if (tail && i + 1 == words)
			out[i] &= ((uint64_t)1 << tail) - 1;
		any |= out[i];
		before = here;
		here = next;
	}
	return any;
}

void okng_kernels_init_c(struct okng_kernels *k)
{
	*k = (struct okng_kernels){
		.cpu = OKNG_CPU_C,
		.gauss3 = gauss3,
		.band = band,
		.gauss3_band = gauss3_band,
		.gauss3_16 = gauss3_16,
		.band_16 = band_16,
		.erode = erode,
		.dilate = dilate,
	};
}

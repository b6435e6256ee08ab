/* SPDX-License-Identifier: Apache-2.0
 *
 * What the wide implementations do one pixel or one word at a time: ends of rows, and rows too narrow for a step. Only
 * static inline functions, as each including file is compiled for another instruction set.
 */
#ifndef OKNG_PIPELINE_KERNELS_PARTS_H
#define OKNG_PIPELINE_KERNELS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* Where several images are read side by side, a row is too short for the processor to foresee enough of each: it is told
 * of the line that lies a few thousand bytes, a row or two, on. That may be beyond the image: nothing is read by it. */
static inline void fetch_ahead(const void *p)
{
	__builtin_prefetch((const void *)((uintptr_t)p + 4096));
}

/* Pixels of a local threshold's window below which its mean needs no remainder: see kernels_local_avx2.c. */
#define SMALL_WINDOW 8192

static inline uint8_t gauss_at(const uint8_t *a, const uint8_t *b, const uint8_t *c, int32_t x, int32_t width)
{
	int32_t l = x > 0 ? x - 1 : x, r = x + 1 < width ? x + 1 : x;
	return (uint8_t)((a[l] + a[r] + c[l] + c[r] + 2 * (a[x] + c[x] + b[l] + b[r]) + 4 * b[x] + 8) >> 4);
}

static inline uint16_t gauss_at_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x, int32_t width)
{
	int32_t l = x > 0 ? x - 1 : x, r = x + 1 < width ? x + 1 : x;
	int sum = a[l] + a[r] + c[l] + c[r] + 2 * (a[x] + c[x] + b[l] + b[r]) + 4 * b[x];
	return (uint16_t)((uint16_t)(sum + 8) >> 4);
}

/* A word of fewer than 64 pixels. */
static inline bool band_narrow(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright,
	int32_t width)
{
	*dark = *bright = 0;
	for (int32_t x = 0; x < width; x++) {
		*dark |= (uint64_t)(value[x] < lower[x]) << x;
		*bright |= (uint64_t)(value[x] > upper[x]) << x;
	}
	return *dark | *bright;
}

static inline bool band_narrow_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t width)
{
	*dark = *bright = 0;
	for (int32_t x = 0; x < width; x++) {
		*dark |= (uint64_t)(value[x] < lower[x]) << x;
		*bright |= (uint64_t)(value[x] > upper[x]) << x;
	}
	return *dark | *bright;
}

static inline bool gauss3_band_narrow(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t width)
{
	uint8_t value[64];
	for (int32_t x = 0; x < width; x++)
		value[x] = gauss_at(rows[0], rows[1], rows[2], x, width);
	return band_narrow(value, lower, upper, dark, bright, width);
}

/* Word i of erode and of dilate. */
static inline uint64_t erode_at(const uint64_t *a, const uint64_t *b, const uint64_t *c, int32_t i, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t last = tail ? ((uint64_t)1 << tail) - 1 : ~(uint64_t)0;
	uint64_t before = i > 0 ? a[i - 1] & b[i - 1] & c[i - 1] : ~(uint64_t)0;
	uint64_t next = i + 1 < words ? a[i + 1] & b[i + 1] & c[i + 1] : ~(uint64_t)0;
	uint64_t here = a[i] & b[i] & c[i];
	if (i + 2 == words)
		next |= ~last;
	if (i + 1 < words)
		last = ~(uint64_t)0;
	here |= ~last;
	return here & (here << step | before >> (64 - step)) & (here >> step | next << (64 - step)) & last;
}

static inline uint64_t dilate_at(const uint64_t *a, const uint64_t *b, const uint64_t *c, int32_t i, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, tail = width & 63;
	uint64_t last = tail && i + 1 == words ? ((uint64_t)1 << tail) - 1 : ~(uint64_t)0;
	uint64_t before = i > 0 ? a[i - 1] | b[i - 1] | c[i - 1] : 0;
	uint64_t next = i + 1 < words ? a[i + 1] | b[i + 1] | c[i + 1] : 0;
	uint64_t here = a[i] | b[i] | c[i];
	return (here | here << step | before >> (64 - step) | here >> step | next << (64 - step)) & last;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * AVX2: two groups of eight pixels at a time, each in a half of the registers with the rows of the frame that are its own.
 * The taps of a group lie within 16 bytes of each row: one shuffle picks them in pairs, one multiplication weighs them.
 */
#include <immintrin.h>
#include <string.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_warp_parts.h"

static inline __m256i pair(const uint32_t *two)
{
	int64_t v;
	memcpy(&v, two, sizeof v);
	return _mm256_set1_epi64x(v);
}

/* Start and step of either group become the numbers of 16 pixels. */
static inline __m256i spread(__m256i both)
{
	const __m256i starts = _mm256_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5);
	const __m256i steps = _mm256_add_epi8(starts, _mm256_set1_epi8(2));
	const __m256i j = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
	return _mm256_add_epi16(_mm256_shuffle_epi8(both, starts), _mm256_mullo_epi16(_mm256_shuffle_epi8(both, steps), j));
}

struct taps {
	__m256i pick, weigh;
};

static inline struct taps taps_of(__m256i x)
{
	__m256i at = _mm256_mullo_epi16(_mm256_srli_epi16(x, 12), _mm256_set1_epi16(0x101));
	__m256i f = _mm256_and_si256(_mm256_srli_epi16(x, 5), _mm256_set1_epi16(127));
	return (struct taps){.pick = _mm256_add_epi16(at, _mm256_set1_epi16(0x100)),
		.weigh = _mm256_add_epi16(_mm256_mullo_epi16(f, _mm256_set1_epi16(-255)), _mm256_set1_epi16(128))};
}

/* 16 pixels of a row of the frame, in -1/128 level. */
static inline __m256i across(const struct taps *t, const uint8_t *p, const uint8_t *q)
{
	__m256i v = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
	v = _mm256_inserti128_si256(v, _mm_loadu_si128((const __m128i *)(const void *)q), 1);
	return _mm256_maddubs_epi16(_mm256_shuffle_epi8(v, t->pick), t->weigh);
}

/* The levels of two groups that reach into so many rows, 2 to 4. From row to row so much of the way is gone as a pixel is
 * below the upper one, all of it at most: -1 fits a half word, and times it nothing is rounded. */
static inline __m256i warp_pair(const struct okng_warp_row *r, const struct warp_block *b, int32_t i, int rows)
{
	const uint8_t *p = warp_at(r, b, i), *q = warp_at(r, b, i + 1);
	const __m256i whole = _mm256_set1_epi16(-8192);
	struct taps t = taps_of(spread(pair(b->across + i)));
	__m256i left = _mm256_sub_epi16(_mm256_setzero_si256(), spread(pair(b->down + i))), upper = across(&t, p, q), v = upper;
	for (int k = 1; k < rows; k++) {
		__m256i part = k < rows - 1 ? _mm256_max_epi16(left, whole) : left;
		__m256i lower = across(&t, p + k * r->stride, q + k * r->stride);
		v = _mm256_sub_epi16(v, _mm256_mulhrs_epi16(_mm256_sub_epi16(lower, upper), _mm256_slli_epi16(part, 2)));
		left = _mm256_sub_epi16(left, part);
		upper = lower;
	}
	return _mm256_mulhrs_epi16(v, _mm256_set1_epi16(-256));
}

static inline void put_pair(__m256i v, uint8_t *out)
{
	_mm_storeu_si128((__m128i *)(void *)out, _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

/* How many rows a pair needs differs from one to the next, and a branch that can't be foretold costs more than a row: all
 * of a block take as many. */
static inline void warp_pairs(const struct okng_warp_row *r, const struct warp_block *b, int32_t n, int rows, uint8_t *out)
{
	int32_t i = 0;
	for (; i + 4 <= n; i += 4) {
		__m256i v = _mm256_packus_epi16(warp_pair(r, b, i, rows), warp_pair(r, b, i + 2, rows));
		_mm256_storeu_si256((__m256i *)(void *)(out + 8 * i), _mm256_permute4x64_epi64(v, 0xd8));
	}
	if (i < n)
		put_pair(warp_pair(r, b, i, rows), out + 8 * i);
}

/* Where not all fit. */
static void warp_some(const struct okng_warp_row *r, const struct warp_block *b, int32_t g, int32_t n, uint8_t *out)
{
	for (int32_t i = 0; i + 2 <= n; i += 2) {
		if (warp_fits(r, b, i, 4) && warp_fits(r, b, i + 1, 4))
			put_pair(warp_pair(r, b, i, 4), out + 8 * (g + i));
		else
			warp_from(r, 8 * (g + i), 8 * (g + i) + 16, out);
	}
}

static void warp(const struct okng_warp_row *r, int32_t x0, int32_t x1, uint8_t *out)
{
	int32_t g0 = (x0 + 7) >> 3, g1 = x1 >> 3;
	if (g1 - g0 < 2 || r->width < WARP_TAPS) {
		warp_from(r, x0, x1, out);
		return;
	}
	g1 -= (g1 - g0) & 1;
	warp_from(r, x0, 8 * g0, out);
	for (int32_t g = g0; g < g1; g += WARP_BLOCK) {
		struct warp_block b;
		int32_t n = g1 - g < WARP_BLOCK ? g1 - g : WARP_BLOCK;
		int32_t rows = warp_sort(r, g, n, &b);
		if (rows == 2)
			warp_pairs(r, &b, n, 2, out + 8 * g);
		else if (rows == 3)
			warp_pairs(r, &b, n, 3, out + 8 * g);
		else if (rows == 4)
			warp_pairs(r, &b, n, 4, out + 8 * g);
		else
			warp_some(r, &b, g, n, out);
	}
	warp_from(r, 8 * g1, x1, out);
}

void okng_kernels_init_warp_avx2(struct okng_kernels *k)
{
	k->warp = warp;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The local threshold's kernels for SSE4.1, in the ways that kernels_local_avx2.c explains. Of slide the compiler makes
 * as much from C.
 */
#include <smmintrin.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_parts.h"

static inline __m128i load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

static inline void store(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

static inline __m128i divide_small(const uint32_t *sums, int32_t span, __m128 half, __m128 inverse)
{
	__m128 s = _mm_cvtepi32_ps(_mm_sub_epi32(load(sums + span), load(sums)));
	return _mm_cvttps_epi32(_mm_mul_ps(_mm_add_ps(s, half), inverse));
}

static inline __m128i divide(const uint32_t *sums, int32_t span, __m128i pixels, __m128 inverse)
{
	__m128i s = _mm_add_epi32(_mm_sub_epi32(load(sums + span), load(sums)), _mm_srli_epi32(pixels, 1));
	__m128i q = _mm_cvttps_epi32(_mm_mul_ps(_mm_cvtepi32_ps(s), inverse));
	__m128i rest = _mm_sub_epi32(s, _mm_mullo_epi32(q, pixels));
	__m128i low = _mm_srai_epi32(rest, 31), high = _mm_cmpgt_epi32(pixels, rest); /* -1: too large; not too small */
	return _mm_add_epi32(_mm_add_epi32(q, low), _mm_add_epi32(high, _mm_set1_epi32(1)));
}

static void box_mean(const uint32_t *sums, int32_t span, uint32_t pixels, uint8_t *out, int32_t width)
{
	if (width < 16) {
		for (int32_t x = 0; x < width; x++)
			out[x] = (uint8_t)((sums[x + span] - sums[x] + pixels / 2) / pixels);
		return;
	}
	__m128i n = _mm_set1_epi32((int)pixels);
	__m128 inverse = _mm_set1_ps(1.0f / (float)pixels), half = _mm_set1_ps((float)(pixels / 2) + 0.5f);
	bool small = pixels < SMALL_WINDOW;
	for (int32_t x = 0;;) {
		__m128i q[4];
		for (int i = 0; i < 4; i++)
			q[i] = small ? divide_small(sums + x + 4 * i, span, half, inverse) : divide(sums + x + 4 * i, span, n, inverse);
		store(out + x, _mm_packus_epi16(_mm_packs_epi32(q[0], q[1]), _mm_packs_epi32(q[2], q[3])));
		if (x == width - 16)
			return;
		x = x + 16 < width - 16 ? x + 16 : width - 16;
	}
}

static void margins(const uint8_t *mean, uint8_t dark, uint8_t bright, uint8_t *lower, uint8_t *upper, int32_t width)
{
	__m128i down = _mm_set1_epi8((char)(dark ? dark : 255)), up = _mm_set1_epi8((char)(bright ? bright : 255));
	int32_t x = 0;
	for (; x + 16 <= width; x += 16) {
		__m128i m = load(mean + x);
		store(lower + x, _mm_subs_epu8(m, down));
		store(upper + x, _mm_adds_epu8(m, up));
	}
	for (; x < width; x++) {
		int lo = mean[x] - (dark ? dark : 255), hi = mean[x] + (bright ? bright : 255);
		lower[x] = (uint8_t)(lo < 0 ? 0 : lo);
		upper[x] = (uint8_t)(hi > 255 ? 255 : hi);
	}
}

void okng_kernels_init_local_sse41(struct okng_kernels *k)
{
	k->box_mean = box_mean;
	k->margins = margins;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The local threshold's kernels for AVX2. A row's end is done by a last step that overlaps the one before, or, where
 * that would count twice, pixel by pixel. The quotient comes from single floats, which hold the sums exactly. A half is
 * added, so that no exact quotient lies nearer than 1/(2 · pixels) to a whole number: farther than the two roundings
 * of a quotient up to 256 reach, 1/20000, as long as the window is small. Else the quotient is put right by its remainder.
 */
#include <immintrin.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_parts.h"

static inline __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

static inline void store(void *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)p, v);
}

static void slide(uint16_t *columns, const uint8_t *in, const uint8_t *out, int32_t width)
{
	int32_t x = 0;
	for (; x + 16 <= width; x += 16) {
		__m256i add = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(in + x)));
		__m256i drop = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(out + x)));
		store(columns + x, _mm256_add_epi16(load(columns + x), _mm256_sub_epi16(add, drop)));
	}
	for (; x < width; x++)
		columns[x] = (uint16_t)(columns[x] + in[x] - out[x]);
}

static void running(const uint16_t *columns, uint32_t *sums, int32_t width)
{
	const __m256i last = _mm256_set1_epi32(7);
	__m256i before = _mm256_setzero_si256();
	int32_t x = 0;
	sums[0] = 0;
	for (; x + 8 <= width; x += 8) {
		__m256i v = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(columns + x)));
		v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
		v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
		v = _mm256_add_epi32(v, _mm256_shuffle_epi32(_mm256_permute2x128_si256(v, v, 0x08), 0xff)); /* the lower half's sum */
		v = _mm256_add_epi32(v, before);
		store(sums + x + 1, v);
		before = _mm256_permutevar8x32_epi32(v, last);
	}
	for (; x < width; x++)
		sums[x + 1] = sums[x] + columns[x];
}

static inline __m256i divide_small(const uint32_t *sums, int32_t span, __m256 half, __m256 inverse)
{
	__m256 s = _mm256_cvtepi32_ps(_mm256_sub_epi32(load(sums + span), load(sums)));
	return _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_add_ps(s, half), inverse));
}

static inline __m256i divide(const uint32_t *sums, int32_t span, __m256i pixels, __m256 inverse)
{
	__m256i s = _mm256_add_epi32(_mm256_sub_epi32(load(sums + span), load(sums)), _mm256_srli_epi32(pixels, 1));
	__m256i q = _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(s), inverse));
	__m256i rest = _mm256_sub_epi32(s, _mm256_mullo_epi32(q, pixels));
	__m256i low = _mm256_srai_epi32(rest, 31), high = _mm256_cmpgt_epi32(pixels, rest); /* -1: too large; not too small */
	return _mm256_add_epi32(_mm256_add_epi32(q, low), _mm256_add_epi32(high, _mm256_set1_epi32(1)));
}

static void box_mean(const uint32_t *sums, int32_t span, uint32_t pixels, uint8_t *out, int32_t width)
{
	if (width < 16) {
		for (int32_t x = 0; x < width; x++)
			out[x] = (uint8_t)((sums[x + span] - sums[x] + pixels / 2) / pixels);
		return;
	}
	__m256i n = _mm256_set1_epi32((int)pixels);
	__m256 inverse = _mm256_set1_ps(1.0f / (float)pixels), half = _mm256_set1_ps((float)(pixels / 2) + 0.5f);
	bool small = pixels < SMALL_WINDOW;
	for (int32_t x = 0;;) {
		__m256i q = small ?
			_mm256_packs_epi32(divide_small(sums + x, span, half, inverse), divide_small(sums + x + 8, span, half, inverse)) :
			_mm256_packs_epi32(divide(sums + x, span, n, inverse), divide(sums + x + 8, span, n, inverse));
		q = _mm256_permute4x64_epi64(q, 0xd8);
		_mm_storeu_si128((__m128i *)(void *)(out + x), _mm_packus_epi16(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1)));
		if (x == width - 16)
			return;
		x = x + 16 < width - 16 ? x + 16 : width - 16;
	}
}

static void margins(const uint8_t *mean, uint8_t dark, uint8_t bright, uint8_t *lower, uint8_t *upper, int32_t width)
{
	__m256i down = _mm256_set1_epi8((char)(dark ? dark : 255)), up = _mm256_set1_epi8((char)(bright ? bright : 255));
	int32_t x = 0;
	for (; x + 32 <= width; x += 32) {
		__m256i m = load(mean + x);
		store(lower + x, _mm256_subs_epu8(m, down));
		store(upper + x, _mm256_adds_epu8(m, up));
	}
	for (; x < width; x++) {
		int lo = mean[x] - (dark ? dark : 255), hi = mean[x] + (bright ? bright : 255);
		lower[x] = (uint8_t)(lo < 0 ? 0 : lo);
		upper[x] = (uint8_t)(hi > 255 ? 255 : hi);
	}
}

void okng_kernels_init_local_avx2(struct okng_kernels *k)
{
	k->slide = slide;
	k->running = running;
	k->box_mean = box_mean;
	k->margins = margins;
}

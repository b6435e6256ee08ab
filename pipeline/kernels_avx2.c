/* SPDX-License-Identifier: Apache-2.0
 *
 * AVX2: 32 pixels or 256 bits at a time. A row's end is done by a last step that overlaps the one before; rows narrower
 * than a step are done pixel by pixel.
 *
 * gauss3_band looks first with byte averages, which never err but upward and by at most one: avg(a, b) is (a + b) / 2
 * plus 0 or 1/2, so that four of them in a row give T + e for the exact mean T with 0 <= e <= 3/2, where the rounded
 * value is in (T - 1/2, T + 1/2]: it is the average or one less. Only words with a pixel that this leaves in doubt
 * are smoothed exactly.
 */
#include <immintrin.h>
#include <string.h>

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

/* The pixels of three rows at x - 1, x and x + 1. */
struct square {
	__m256i l[3], m[3], r[3];
};

/* Pairs of weights for maddubs, the even pixel's in the low byte. */
static inline __m256i pair(int even, int odd)
{
	return _mm256_set1_epi16((short)(even | odd << 8));
}

/* Sums of 16 bits: that of an even pixel from its pair and the left one's, of an odd pixel from its pair and the right. */
static inline __m256i gauss(const struct square *s)
{
	__m256i even = _mm256_set1_epi16(8), odd = even;
	for (int i = 0; i < 3; i++) {
		int w = i == 1 ? 2 : 1;
		even = _mm256_add_epi16(even, _mm256_maddubs_epi16(s->l[i], pair(w, 0)));
		even = _mm256_add_epi16(even, _mm256_maddubs_epi16(s->m[i], pair(2 * w, w)));
		odd = _mm256_add_epi16(odd, _mm256_maddubs_epi16(s->m[i], pair(w, 2 * w)));
		odd = _mm256_add_epi16(odd, _mm256_maddubs_epi16(s->r[i], pair(0, w)));
	}
	odd = _mm256_andnot_si256(_mm256_set1_epi16(0xff), _mm256_slli_epi16(odd, 4));
	return _mm256_or_si256(_mm256_srli_epi16(even, 4), odd);
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 34) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at(a, b, c, 0, width);
	out[width - 1] = gauss_at(a, b, c, width - 1, width);
	for (int32_t x = 1;;) {
		struct square s = {
			{load(a + x - 1), load(b + x - 1), load(c + x - 1)},
			{load(a + x), load(b + x), load(c + x)},
			{load(a + x + 1), load(b + x + 1), load(c + x + 1)},
		};
		store(out + x, gauss(&s));
		if (x == width - 33)
			return;
		x = x + 32 < width - 33 ? x + 32 : width - 33;
	}
}

static inline uint64_t bits(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* 64 pixels against their bounds. */
static inline uint64_t band_word(__m256i v0, __m256i v1, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	*dark = ~bits(_mm256_cmpeq_epi8(_mm256_max_epu8(v0, load(lower)), v0),
		_mm256_cmpeq_epi8(_mm256_max_epu8(v1, load(lower + 32)), v1));
	*bright = ~bits(_mm256_cmpeq_epi8(_mm256_min_epu8(v0, load(upper)), v0),
		_mm256_cmpeq_epi8(_mm256_min_epu8(v1, load(upper + 32)), v1));
	return *dark | *bright;
}

static bool band(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright, int32_t width)
{
	uint64_t any = 0;
	int32_t x = 0;
	for (; x + 64 <= width; x += 64)
		any |= band_word(load(value + x), load(value + x + 32), lower + x, upper + x, dark++, bright++);
	if (x == width)
		return any;
	if (width >= 64) { /* the last 64 pixels, of which some were done already */
		int32_t at = width - 64, done = x - at;
		band_word(load(value + at), load(value + at + 32), lower + at, upper + at, dark, bright);
		*dark >>= done;
		*bright >>= done;
		return any | *dark | *bright;
	}
	return band_narrow(value, lower, upper, dark, bright, width);
}

/* The pixels left of the first 32, and right of the last 32, with the outermost repeated. */
static inline __m256i from_left(const uint8_t *p)
{
	uint8_t t[32];
	t[0] = p[0];
	memcpy(t + 1, p, 31);
	return load(t);
}

static inline __m256i from_right(const uint8_t *p)
{
	uint8_t t[32];
	memcpy(t, p + 1, 31);
	t[31] = p[31];
	return load(t);
}

static inline __m256i average(__m256i a, __m256i b, __m256i c)
{
	return _mm256_avg_epu8(_mm256_avg_epu8(a, c), b);
}

/* Nonzero where a pixel may be out of its bounds. */
static inline __m256i doubt(const struct square *s, const uint8_t *lower, const uint8_t *upper)
{
	__m256i most = average(average(s->l[0], s->l[1], s->l[2]), average(s->m[0], s->m[1], s->m[2]), average(s->r[0], s->r[1], s->r[2]));
	__m256i least = _mm256_subs_epu8(most, _mm256_set1_epi8(1));
	return _mm256_or_si256(_mm256_subs_epu8(load(lower), least), _mm256_subs_epu8(most, load(upper)));
}

/* The word at x; first and last: there is nothing left of it, or right. */
static inline uint64_t gauss3_band_word(const uint8_t *const rows[3], int32_t x, bool first, bool last, const uint8_t *lower,
	const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	struct square s0, s1;
	for (int i = 0; i < 3; i++) {
		const uint8_t *p = rows[i] + x;
		s0.l[i] = first ? from_left(p) : load(p - 1);
		s0.m[i] = load(p);
		s0.r[i] = load(p + 1);
		s1.l[i] = load(p + 31);
		s1.m[i] = load(p + 32);
		s1.r[i] = last ? from_right(p + 32) : load(p + 33);
	}
	__m256i d = _mm256_or_si256(doubt(&s0, lower + x, upper + x), doubt(&s1, lower + x + 32, upper + x + 32));
	if (_mm256_testz_si256(d, d))
		return *dark = *bright = 0;
	return band_word(gauss(&s0), gauss(&s1), lower + x, upper + x, dark, bright);
}

static bool gauss3_band(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t width, int32_t x0, int32_t x1)
{
	if (width < 64)
		return gauss3_band_narrow(rows, lower, upper, dark, bright, width);
	uint64_t any = 0;
	int32_t x = x0;
	dark += x / 64;
	bright += x / 64;
	if (x == 0) {
		any |= gauss3_band_word(rows, 0, true, width == 64, lower, upper, dark++, bright++);
		x = 64;
	}
	for (; x + 64 <= x1 && x + 64 < width; x += 64)
		any |= gauss3_band_word(rows, x, false, false, lower, upper, dark++, bright++);
	if (x < x1) { /* the last 64 pixels, of which some may have been done */
		int32_t at = width - 64, done = x - at;
		gauss3_band_word(rows, at, false, true, lower, upper, dark, bright);
		*dark >>= done;
		*bright >>= done;
		any |= *dark | *bright;
	}
	return any;
}

static inline __m256i column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c)
{
	__m256i v = load(b);
	return _mm256_add_epi16(_mm256_add_epi16(load(a), load(c)), _mm256_add_epi16(v, v));
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 18) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at_16(a, b, c, 0, width);
	out[width - 1] = gauss_at_16(a, b, c, width - 1, width);
	for (int32_t x = 1;;) {
		__m256i l = column_16(a + x - 1, b + x - 1, c + x - 1), m = column_16(a + x, b + x, c + x);
		__m256i sum = _mm256_add_epi16(_mm256_add_epi16(l, column_16(a + x + 1, b + x + 1, c + x + 1)), _mm256_add_epi16(m, m));
		store(out + x, _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(8)), 4));
		if (x == width - 17)
			return;
		x = x + 16 < width - 17 ? x + 16 : width - 17;
	}
}

/* Of 32 pixels: a bit for each that is in its bounds. */
static inline uint32_t inside_16(__m256i v0, __m256i v1, __m256i bounded0, __m256i bounded1)
{
	__m256i both = _mm256_packs_epi16(_mm256_cmpeq_epi16(bounded0, v0), _mm256_cmpeq_epi16(bounded1, v1));
	return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(both, 0xd8));
}

static inline uint64_t band_word_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright)
{
	uint64_t d = 0, b = 0;
	for (int i = 0; i < 64; i += 32) {
		__m256i v0 = load(value + i), v1 = load(value + i + 16);
		d |= (uint64_t)inside_16(v0, v1, _mm256_max_epu16(v0, load(lower + i)), _mm256_max_epu16(v1, load(lower + i + 16))) << i;
		b |= (uint64_t)inside_16(v0, v1, _mm256_min_epu16(v0, load(upper + i)), _mm256_min_epu16(v1, load(upper + i + 16))) << i;
	}
	*dark = ~d;
	*bright = ~b;
	return *dark | *bright;
}

static bool band_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright,
	int32_t width)
{
	uint64_t any = 0;
	int32_t x = 0;
	for (; x + 64 <= width; x += 64)
		any |= band_word_16(value + x, lower + x, upper + x, dark++, bright++);
	if (x == width)
		return any;
	if (width >= 64) {
		int32_t at = width - 64, done = x - at;
		band_word_16(value + at, lower + at, upper + at, dark, bright);
		*dark >>= done;
		*bright >>= done;
		return any | *dark | *bright;
	}
	return band_narrow_16(value, lower, upper, dark, bright, width);
}

static inline __m256i and3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return _mm256_and_si256(_mm256_and_si256(load(a), load(c)), load(b));
}

static inline __m256i or3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return _mm256_or_si256(_mm256_or_si256(load(a), load(c)), load(b));
}

/* Words whose neighbours are whole words of the row go four at a time, the others one by one. */
static void erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	out[i] = erode_at(a, b, c, i, width, step);
	for (i = 1; i + 5 < words; i += 4) {
		__m256i before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		__m256i here = and3(a + i, b + i, c + i);
		__m256i left = _mm256_or_si256(_mm256_sll_epi64(here, there), _mm256_srl_epi64(before, back));
		__m256i right = _mm256_or_si256(_mm256_srl_epi64(here, there), _mm256_sll_epi64(next, back));
		store(out + i, _mm256_and_si256(here, _mm256_and_si256(left, right)));
	}
	for (; i < words; i++)
		out[i] = erode_at(a, b, c, i, width, step);
}

static void dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	out[i] = dilate_at(a, b, c, i, width, step);
	for (i = 1; i + 5 < words; i += 4) {
		__m256i before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		__m256i here = or3(a + i, b + i, c + i);
		__m256i left = _mm256_or_si256(_mm256_sll_epi64(here, there), _mm256_srl_epi64(before, back));
		__m256i right = _mm256_or_si256(_mm256_srl_epi64(here, there), _mm256_sll_epi64(next, back));
		store(out + i, _mm256_or_si256(here, _mm256_or_si256(left, right)));
	}
	for (; i < words; i++)
		out[i] = dilate_at(a, b, c, i, width, step);
}

void okng_kernels_init_avx2(struct okng_kernels *k)
{
	k->cpu = OKNG_CPU_AVX2;
	k->gauss3 = gauss3;
	k->band = band;
	k->gauss3_band = gauss3_band;
	k->gauss3_16 = gauss3_16;
	k->band_16 = band_16;
	k->erode = erode;
	k->dilate = dilate;
}

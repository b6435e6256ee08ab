/* SPDX-License-Identifier: Apache-2.0
 *
 * SSE4.1: kernels_avx2.c, whose head explains the ways, in steps of 16 pixels or 128 bits.
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

/* The pixels of three rows at x - 1, x and x + 1. */
struct square {
	__m128i l[3], m[3], r[3];
};

/* Pairs of weights for maddubs, the even pixel's in the low byte. */
static inline __m128i pair(int even, int odd)
{
	return _mm_set1_epi16((short)(even | odd << 8));
}

/* Sums of 16 bits: that of an even pixel from its pair and the left one's, of an odd pixel from its pair and the right. */
static inline __m128i gauss(const struct square *s)
{
	__m128i even = _mm_set1_epi16(8), odd = even;
	for (int i = 0; i < 3; i++) {
		int w = i == 1 ? 2 : 1;
		even = _mm_add_epi16(even, _mm_maddubs_epi16(s->l[i], pair(w, 0)));
		even = _mm_add_epi16(even, _mm_maddubs_epi16(s->m[i], pair(2 * w, w)));
		odd = _mm_add_epi16(odd, _mm_maddubs_epi16(s->m[i], pair(w, 2 * w)));
		odd = _mm_add_epi16(odd, _mm_maddubs_epi16(s->r[i], pair(0, w)));
	}
	odd = _mm_andnot_si128(_mm_set1_epi16(0xff), _mm_slli_epi16(odd, 4));
	return _mm_or_si128(_mm_srli_epi16(even, 4), odd);
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 18) {
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
		if (x == width - 17)
			return;
		x = x + 16 < width - 17 ? x + 16 : width - 17;
	}
}

/* 64 pixels against their bounds. */
static inline uint64_t band_word(const __m128i v[4], const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	uint64_t d = 0, b = 0;
	for (int i = 0; i < 4; i++) {
		__m128i lowest = _mm_max_epu8(v[i], load(lower + 16 * i)), highest = _mm_min_epu8(v[i], load(upper + 16 * i));
		d |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(lowest, v[i])) << 16 * i;
		b |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(highest, v[i])) << 16 * i;
	}
	*dark = ~d;
	*bright = ~b;
	return *dark | *bright;
}

static inline uint64_t band_at(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	const __m128i v[4] = {load(value), load(value + 16), load(value + 32), load(value + 48)};
	return band_word(v, lower, upper, dark, bright);
}

static bool band(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright, int32_t width)
{
	uint64_t any = 0;
	int32_t x = 0;
	for (; x + 64 <= width; x += 64)
		any |= band_at(value + x, lower + x, upper + x, dark++, bright++);
	if (x == width)
		return any;
	if (width >= 64) { /* the last 64 pixels, of which some were done already */
		int32_t at = width - 64, done = x - at;
		band_at(value + at, lower + at, upper + at, dark, bright);
		*dark >>= done;
		*bright >>= done;
		return any | *dark | *bright;
	}
	return band_narrow(value, lower, upper, dark, bright, width);
}

/* The pixels left of the first 16, and right of the last 16, with the outermost repeated. */
static inline __m128i from_left(const uint8_t *p)
{
	return _mm_insert_epi8(_mm_slli_si128(load(p), 1), p[0], 0);
}

static inline __m128i from_right(const uint8_t *p)
{
	return _mm_insert_epi8(_mm_srli_si128(load(p), 1), p[15], 15);
}

static inline __m128i average(__m128i a, __m128i b, __m128i c)
{
	return _mm_avg_epu8(_mm_avg_epu8(a, c), b);
}

/* Nonzero where a pixel may be out of its bounds. */
static inline __m128i doubt(const struct square *s, const uint8_t *lower, const uint8_t *upper)
{
	__m128i most = average(average(s->l[0], s->l[1], s->l[2]), average(s->m[0], s->m[1], s->m[2]), average(s->r[0], s->r[1], s->r[2]));
	__m128i least = _mm_subs_epu8(most, _mm_set1_epi8(1));
	return _mm_or_si128(_mm_subs_epu8(load(lower), least), _mm_subs_epu8(most, load(upper)));
}

/* The word at x; first and last: there is nothing left of it, or right. */
static inline uint64_t gauss3_band_word(const uint8_t *const rows[3], int32_t x, bool first, bool last, const uint8_t *lower,
	const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	struct square s[4];
	__m128i d = _mm_setzero_si128(), v[4];
	for (int j = 0; j < 4; j++) {
		for (int i = 0; i < 3; i++) {
			const uint8_t *p = rows[i] + x + 16 * j;
			s[j].l[i] = first && j == 0 ? from_left(p) : load(p - 1);
			s[j].m[i] = load(p);
			s[j].r[i] = last && j == 3 ? from_right(p) : load(p + 1);
		}
		d = _mm_or_si128(d, doubt(&s[j], lower + x + 16 * j, upper + x + 16 * j));
	}
	if (_mm_testz_si128(d, d))
		return *dark = *bright = 0;
	for (int j = 0; j < 4; j++)
		v[j] = gauss(&s[j]);
	return band_word(v, lower + x, upper + x, dark, bright);
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

static inline __m128i column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c)
{
	__m128i v = load(b);
	return _mm_add_epi16(_mm_add_epi16(load(a), load(c)), _mm_add_epi16(v, v));
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 10) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at_16(a, b, c, 0, width);
	out[width - 1] = gauss_at_16(a, b, c, width - 1, width);
	for (int32_t x = 1;;) {
		__m128i l = column_16(a + x - 1, b + x - 1, c + x - 1), m = column_16(a + x, b + x, c + x);
		__m128i sum = _mm_add_epi16(_mm_add_epi16(l, column_16(a + x + 1, b + x + 1, c + x + 1)), _mm_add_epi16(m, m));
		store(out + x, _mm_srli_epi16(_mm_add_epi16(sum, _mm_set1_epi16(8)), 4));
		if (x == width - 9)
			return;
		x = x + 8 < width - 9 ? x + 8 : width - 9;
	}
}

/* Of 16 pixels: a bit for each that is in its bounds. */
static inline uint64_t inside_16(__m128i v0, __m128i v1, __m128i bounded0, __m128i bounded1)
{
	__m128i both = _mm_packs_epi16(_mm_cmpeq_epi16(bounded0, v0), _mm_cmpeq_epi16(bounded1, v1));
	return (uint32_t)_mm_movemask_epi8(both);
}

static inline uint64_t band_word_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright)
{
	uint64_t d = 0, b = 0;
	for (int i = 0; i < 64; i += 16) {
		__m128i v0 = load(value + i), v1 = load(value + i + 8);
		d |= inside_16(v0, v1, _mm_max_epu16(v0, load(lower + i)), _mm_max_epu16(v1, load(lower + i + 8))) << i;
		b |= inside_16(v0, v1, _mm_min_epu16(v0, load(upper + i)), _mm_min_epu16(v1, load(upper + i + 8))) << i;
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

static inline __m128i and3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return _mm_and_si128(_mm_and_si128(load(a), load(c)), load(b));
}

static inline __m128i or3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return _mm_or_si128(_mm_or_si128(load(a), load(c)), load(b));
}

/* Words whose neighbours are whole words of the row go two at a time, the others one by one. */
static void erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	out[i] = erode_at(a, b, c, i, width, step);
	for (i = 1; i + 3 < words; i += 2) {
		__m128i before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		__m128i here = and3(a + i, b + i, c + i);
		__m128i left = _mm_or_si128(_mm_sll_epi64(here, there), _mm_srl_epi64(before, back));
		__m128i right = _mm_or_si128(_mm_srl_epi64(here, there), _mm_sll_epi64(next, back));
		store(out + i, _mm_and_si128(here, _mm_and_si128(left, right)));
	}
	for (; i < words; i++)
		out[i] = erode_at(a, b, c, i, width, step);
}

static void dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	out[i] = dilate_at(a, b, c, i, width, step);
	for (i = 1; i + 3 < words; i += 2) {
		__m128i before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		__m128i here = or3(a + i, b + i, c + i);
		__m128i left = _mm_or_si128(_mm_sll_epi64(here, there), _mm_srl_epi64(before, back));
		__m128i right = _mm_or_si128(_mm_srl_epi64(here, there), _mm_sll_epi64(next, back));
		store(out + i, _mm_or_si128(here, _mm_or_si128(left, right)));
	}
	for (; i < words; i++)
		out[i] = dilate_at(a, b, c, i, width, step);
}

void okng_kernels_init_sse41(struct okng_kernels *k)
{
	k->cpu = OKNG_CPU_SSE41;
	k->gauss3 = gauss3;
	k->band = band;
	k->gauss3_band = gauss3_band;
	k->gauss3_16 = gauss3_16;
	k->band_16 = band_16;
	k->erode = erode;
	k->dilate = dilate;
}

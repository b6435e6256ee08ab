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

/* Pairs of weights for maddubs, the even pixel's in the low byte. */
static inline __m256i weigh(__m256i pixels, int even, int odd)
{
	return _mm256_maddubs_epi16(pixels, _mm256_set1_epi16((short)(even | odd << 8)));
}

static inline __m256i add3(__m256i a, __m256i b, __m256i c)
{
	return _mm256_add_epi16(_mm256_add_epi16(a, c), b);
}

/* Of 32 pixels, from those of three rows at x - 1, x and x + 1, in sums of 16 bits: of an even pixel from its pair and
 * the left one's, of an odd pixel from its pair and the right one's. */
static inline __m256i gauss(__m256i al, __m256i am, __m256i ar, __m256i bl, __m256i bm, __m256i br, __m256i cl, __m256i cm, __m256i cr)
{
	__m256i even = _mm256_add_epi16(add3(weigh(al, 1, 0), weigh(bl, 2, 0), weigh(cl, 1, 0)),
		add3(weigh(am, 2, 1), weigh(bm, 4, 2), weigh(cm, 2, 1)));
	__m256i odd = _mm256_add_epi16(add3(weigh(ar, 0, 1), weigh(br, 0, 2), weigh(cr, 0, 1)),
		add3(weigh(am, 1, 2), weigh(bm, 2, 4), weigh(cm, 1, 2)));
	even = _mm256_srli_epi16(_mm256_add_epi16(even, _mm256_set1_epi16(8)), 4);
	odd = _mm256_slli_epi16(_mm256_add_epi16(odd, _mm256_set1_epi16(8)), 4);
	return _mm256_blendv_epi8(even, odd, _mm256_set1_epi16((short)0xff00));
}

static inline __m256i gauss_inside(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
	return gauss(load(a - 1), load(a), load(a + 1), load(b - 1), load(b), load(b + 1), load(c - 1), load(c), load(c + 1));
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 34) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at(a, b, c, 0, width);
	store(out + 1, gauss_inside(a + 1, b + 1, c + 1));
	for (int32_t x = 32; x < width - 33; x += 32)
		store(out + x, gauss_inside(a + x, b + x, c + x));
	store(out + width - 33, gauss_inside(a + width - 33, b + width - 33, c + width - 33));
	out[width - 1] = gauss_at(a, b, c, width - 1, width);
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

/* 64 pixels, exactly. */
static uint64_t gauss3_band_word(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t x, int32_t width)
{
	const uint8_t *a = rows[0] + x, *b = rows[1] + x, *c = rows[2] + x;
	if (x > 0 && x + 64 < width)
		return band_word(gauss_inside(a, b, c), gauss_inside(a + 32, b + 32, c + 32), lower + x, upper + x, dark, bright);
	uint8_t value[66];
	int32_t left = x > 0, right = x + 64 < width;
	gauss3(a - left, b - left, c - left, value, left + 64 + right);
	return band_word(load(value + left), load(value + left + 32), lower + x, upper + x, dark, bright);
}

static inline __m256i average(__m256i a, __m256i b, __m256i c)
{
	return _mm256_avg_epu8(_mm256_avg_epu8(a, c), b);
}

static inline __m256i column(const uint8_t *const rows[3], int32_t x)
{
	return average(load(rows[0] + x), load(rows[1] + x), load(rows[2] + x));
}

/* One column, of which a neighbour sees only its nearest byte. */
static inline __m256i edge(const uint8_t *const rows[3], int32_t x)
{
	return average(_mm256_set1_epi8((char)rows[0][x]), _mm256_set1_epi8((char)rows[1][x]), _mm256_set1_epi8((char)rows[2][x]));
}

/* Nonzero where a pixel may be out of its bounds: from the columns at x - 32, x and x + 32. */
static inline __m256i doubt(__m256i before, __m256i here, __m256i next, const uint8_t *lower, const uint8_t *upper)
{
	__m256i left = _mm256_alignr_epi8(here, _mm256_permute2x128_si256(before, here, 0x21), 15);
	__m256i right = _mm256_alignr_epi8(_mm256_permute2x128_si256(here, next, 0x21), here, 1);
	__m256i most = average(left, here, right), least = _mm256_subs_epu8(most, _mm256_set1_epi8(1));
	return _mm256_or_si256(_mm256_subs_epu8(load(lower), least), _mm256_subs_epu8(most, load(upper)));
}

/* Of 64 pixels, whose first column is `here`; sets before to their last and here to what comes next. */
static inline bool any_doubt(const uint8_t *const rows[3], int32_t x, const uint8_t *lower, const uint8_t *upper,
	__m256i *before, __m256i *here, __m256i next)
{
	__m256i half = column(rows, x + 32);
	__m256i d = _mm256_or_si256(doubt(*before, *here, half, lower + x, upper + x),
		doubt(*here, half, next, lower + x + 32, upper + x + 32));
	*before = half;
	*here = next;
	return !_mm256_testz_si256(d, d);
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
	if (x + 96 <= width) {
		__m256i before = edge(rows, x > 0 ? x - 1 : 0), here = column(rows, x);
		for (; x + 64 <= x1 && x + 96 <= width; x += 64) {
			*dark++ = *bright++ = 0;
			fetch_ahead(rows[2] + x);
			fetch_ahead(lower + x);
			fetch_ahead(upper + x);
			if (any_doubt(rows, x, lower, upper, &before, &here, column(rows, x + 64)))
				any |= gauss3_band_word(rows, lower, upper, dark - 1, bright - 1, x, width);
		}
	}
	for (; x < x1; x += 64) { /* the last word ends with the row: some of its pixels may have been done */
		int32_t done = x + 64 > width ? x + 64 - width : 0, at = x - done;
		__m256i before = edge(rows, at > 0 ? at - 1 : 0), here = column(rows, at);
		*dark = *bright = 0;
		if (any_doubt(rows, at, lower, upper, &before, &here, edge(rows, at + 64 < width ? at + 64 : width - 1)))
			gauss3_band_word(rows, lower, upper, dark, bright, at, width);
		any |= (*dark++ >>= done) | (*bright++ >>= done);
	}
	return any;
}

static inline __m256i column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	__m256i v = load(b + x);
	return add3(load(a + x), _mm256_add_epi16(v, v), load(c + x));
}

static inline __m256i edge_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	return _mm256_set1_epi16((short)(a[x] + 2 * b[x] + c[x]));
}

static inline __m256i gauss_16(__m256i before, __m256i here, __m256i next)
{
	__m256i left = _mm256_alignr_epi8(here, _mm256_permute2x128_si256(before, here, 0x21), 14);
	__m256i right = _mm256_alignr_epi8(_mm256_permute2x128_si256(here, next, 0x21), here, 2);
	__m256i sum = _mm256_add_epi16(add3(left, _mm256_add_epi16(here, here), right), _mm256_set1_epi16(8));
	return _mm256_srli_epi16(sum, 4);
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 16) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	__m256i before = edge_16(a, b, c, 0), here = column_16(a, b, c, 0);
	int32_t x = 0;
	for (; x + 32 <= width; x += 16) {
		__m256i next = column_16(a, b, c, x + 16);
		store(out + x, gauss_16(before, here, next));
		before = here;
		here = next;
	}
	store(out + x, gauss_16(before, here, edge_16(a, b, c, x + 16 < width ? x + 16 : width - 1)));
	x = width - 16;
	store(out + x, gauss_16(edge_16(a, b, c, x > 0 ? x - 1 : 0), column_16(a, b, c, x), edge_16(a, b, c, width - 1)));
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
static bool erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	uint64_t any = out[0] = erode_at(a, b, c, 0, width, step);
	__m256i set = _mm256_setzero_si256();
	for (i = 1; i + 5 < words; i += 4) {
		__m256i before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		__m256i here = and3(a + i, b + i, c + i);
		__m256i left = _mm256_or_si256(_mm256_sll_epi64(here, there), _mm256_srl_epi64(before, back));
		__m256i right = _mm256_or_si256(_mm256_srl_epi64(here, there), _mm256_sll_epi64(next, back));
		here = _mm256_and_si256(here, _mm256_and_si256(left, right));
		store(out + i, here);
		set = _mm256_or_si256(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = erode_at(a, b, c, i, width, step);
	return any || !_mm256_testz_si256(set, set);
}

static bool dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	uint64_t any = out[0] = dilate_at(a, b, c, 0, width, step);
	__m256i set = _mm256_setzero_si256();
	for (i = 1; i + 5 < words; i += 4) {
		__m256i before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		__m256i here = or3(a + i, b + i, c + i);
		__m256i left = _mm256_or_si256(_mm256_sll_epi64(here, there), _mm256_srl_epi64(before, back));
		__m256i right = _mm256_or_si256(_mm256_srl_epi64(here, there), _mm256_sll_epi64(next, back));
		here = _mm256_or_si256(here, _mm256_or_si256(left, right));
		store(out + i, here);
		set = _mm256_or_si256(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = dilate_at(a, b, c, i, width, step);
	return any || !_mm256_testz_si256(set, set);
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

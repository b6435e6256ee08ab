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

/* Pairs of weights for maddubs, the even pixel's in the low byte. */
static inline __m128i weigh(__m128i pixels, int even, int odd)
{
	return _mm_maddubs_epi16(pixels, _mm_set1_epi16((short)(even | odd << 8)));
}

static inline __m128i add3(__m128i a, __m128i b, __m128i c)
{
	return _mm_add_epi16(_mm_add_epi16(a, c), b);
}

/* Of 16 pixels, from those of three rows at x - 1, x and x + 1, in sums of 16 bits: of an even pixel from its pair and
 * the left one's, of an odd pixel from its pair and the right one's. */
static inline __m128i gauss(__m128i al, __m128i am, __m128i ar, __m128i bl, __m128i bm, __m128i br, __m128i cl, __m128i cm, __m128i cr)
{
	__m128i even = _mm_add_epi16(add3(weigh(al, 1, 0), weigh(bl, 2, 0), weigh(cl, 1, 0)),
		add3(weigh(am, 2, 1), weigh(bm, 4, 2), weigh(cm, 2, 1)));
	__m128i odd = _mm_add_epi16(add3(weigh(ar, 0, 1), weigh(br, 0, 2), weigh(cr, 0, 1)),
		add3(weigh(am, 1, 2), weigh(bm, 2, 4), weigh(cm, 1, 2)));
	even = _mm_srli_epi16(_mm_add_epi16(even, _mm_set1_epi16(8)), 4);
	odd = _mm_slli_epi16(_mm_add_epi16(odd, _mm_set1_epi16(8)), 4);
	return _mm_blendv_epi8(even, odd, _mm_set1_epi16((short)0xff00));
}

static inline __m128i gauss_inside(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
	return gauss(load(a - 1), load(a), load(a + 1), load(b - 1), load(b), load(b + 1), load(c - 1), load(c), load(c + 1));
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 18) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at(a, b, c, 0, width);
	store(out + 1, gauss_inside(a + 1, b + 1, c + 1));
	for (int32_t x = 16; x < width - 17; x += 16)
		store(out + x, gauss_inside(a + x, b + x, c + x));
	store(out + width - 17, gauss_inside(a + width - 17, b + width - 17, c + width - 17));
	out[width - 1] = gauss_at(a, b, c, width - 1, width);
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

/* 64 pixels, exactly. */
static uint64_t gauss3_band_word(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t x, int32_t width)
{
	const uint8_t *a = rows[0] + x, *b = rows[1] + x, *c = rows[2] + x;
	if (x > 0 && x + 64 < width) {
		const __m128i v[4] = {gauss_inside(a, b, c), gauss_inside(a + 16, b + 16, c + 16), gauss_inside(a + 32, b + 32, c + 32),
			gauss_inside(a + 48, b + 48, c + 48)};
		return band_word(v, lower + x, upper + x, dark, bright);
	}
	uint8_t value[66];
	int32_t left = x > 0, right = x + 64 < width;
	gauss3(a - left, b - left, c - left, value, left + 64 + right);
	return band_at(value + left, lower + x, upper + x, dark, bright);
}

static inline __m128i average(__m128i a, __m128i b, __m128i c)
{
	return _mm_avg_epu8(_mm_avg_epu8(a, c), b);
}

static inline __m128i column(const uint8_t *const rows[3], int32_t x)
{
	return average(load(rows[0] + x), load(rows[1] + x), load(rows[2] + x));
}

/* One column, of which a neighbour sees only its nearest byte. */
static inline __m128i edge(const uint8_t *const rows[3], int32_t x)
{
	return average(_mm_set1_epi8((char)rows[0][x]), _mm_set1_epi8((char)rows[1][x]), _mm_set1_epi8((char)rows[2][x]));
}

/* Nonzero where a pixel may be out of its bounds: from the columns at x - 16, x and x + 16. */
static inline __m128i doubt(__m128i before, __m128i here, __m128i next, const uint8_t *lower, const uint8_t *upper)
{
	__m128i most = average(_mm_alignr_epi8(here, before, 15), here, _mm_alignr_epi8(next, here, 1));
	__m128i least = _mm_subs_epu8(most, _mm_set1_epi8(1));
	return _mm_or_si128(_mm_subs_epu8(load(lower), least), _mm_subs_epu8(most, load(upper)));
}

/* Of 64 pixels, whose first column is `here`; sets before to their last and here to what comes next. */
static inline bool any_doubt(const uint8_t *const rows[3], int32_t x, const uint8_t *lower, const uint8_t *upper,
	__m128i *before, __m128i *here, __m128i next)
{
	__m128i c1 = column(rows, x + 16), c2 = column(rows, x + 32), c3 = column(rows, x + 48);
	__m128i d0 = doubt(*before, *here, c1, lower + x, upper + x), d1 = doubt(*here, c1, c2, lower + x + 16, upper + x + 16);
	__m128i d2 = doubt(c1, c2, c3, lower + x + 32, upper + x + 32), d3 = doubt(c2, c3, next, lower + x + 48, upper + x + 48);
	__m128i d = _mm_or_si128(_mm_or_si128(d0, d1), _mm_or_si128(d2, d3));
	*before = c3;
	*here = next;
	return !_mm_testz_si128(d, d);
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
	if (x + 80 <= width) {
		__m128i before = edge(rows, x > 0 ? x - 1 : 0), here = column(rows, x);
		for (; x + 64 <= x1 && x + 80 <= width; x += 64) {
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
		__m128i before = edge(rows, at > 0 ? at - 1 : 0), here = column(rows, at);
		*dark = *bright = 0;
		if (any_doubt(rows, at, lower, upper, &before, &here, edge(rows, at + 64 < width ? at + 64 : width - 1)))
			gauss3_band_word(rows, lower, upper, dark, bright, at, width);
		any |= (*dark++ >>= done) | (*bright++ >>= done);
	}
	return any;
}

static inline __m128i column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	__m128i v = load(b + x);
	return add3(load(a + x), _mm_add_epi16(v, v), load(c + x));
}

static inline __m128i edge_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	return _mm_set1_epi16((short)(a[x] + 2 * b[x] + c[x]));
}

static inline __m128i gauss_16(__m128i before, __m128i here, __m128i next)
{
	__m128i left = _mm_alignr_epi8(here, before, 14), right = _mm_alignr_epi8(next, here, 2);
	__m128i sum = _mm_add_epi16(add3(left, _mm_add_epi16(here, here), right), _mm_set1_epi16(8));
	return _mm_srli_epi16(sum, 4);
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 8) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	__m128i before = edge_16(a, b, c, 0), here = column_16(a, b, c, 0);
	int32_t x = 0;
	for (; x + 16 <= width; x += 8) {
		__m128i next = column_16(a, b, c, x + 8);
		store(out + x, gauss_16(before, here, next));
		before = here;
		here = next;
	}
	store(out + x, gauss_16(before, here, edge_16(a, b, c, x + 8 < width ? x + 8 : width - 1)));
	x = width - 8;
	store(out + x, gauss_16(edge_16(a, b, c, x > 0 ? x - 1 : 0), column_16(a, b, c, x), edge_16(a, b, c, width - 1)));
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
static bool erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	uint64_t any = out[0] = erode_at(a, b, c, 0, width, step);
	__m128i set = _mm_setzero_si128();
	for (i = 1; i + 3 < words; i += 2) {
		__m128i before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		__m128i here = and3(a + i, b + i, c + i);
		__m128i left = _mm_or_si128(_mm_sll_epi64(here, there), _mm_srl_epi64(before, back));
		__m128i right = _mm_or_si128(_mm_srl_epi64(here, there), _mm_sll_epi64(next, back));
		here = _mm_and_si128(here, _mm_and_si128(left, right));
		store(out + i, here);
		set = _mm_or_si128(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = erode_at(a, b, c, i, width, step);
	return any || !_mm_testz_si128(set, set);
}

static bool dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	__m128i there = _mm_cvtsi32_si128(step), back = _mm_cvtsi32_si128(64 - step);
	uint64_t any = out[0] = dilate_at(a, b, c, 0, width, step);
	__m128i set = _mm_setzero_si128();
	for (i = 1; i + 3 < words; i += 2) {
		__m128i before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		__m128i here = or3(a + i, b + i, c + i);
		__m128i left = _mm_or_si128(_mm_sll_epi64(here, there), _mm_srl_epi64(before, back));
		__m128i right = _mm_or_si128(_mm_srl_epi64(here, there), _mm_sll_epi64(next, back));
		here = _mm_or_si128(here, _mm_or_si128(left, right));
		store(out + i, here);
		set = _mm_or_si128(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = dilate_at(a, b, c, i, width, step);
	return any || !_mm_testz_si128(set, set);
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

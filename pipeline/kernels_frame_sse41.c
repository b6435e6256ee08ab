/* SPDX-License-Identifier: Apache-2.0
 *
 * SSE4.1: kernels_frame_avx2.c, whose head explains the ways, in steps of 16 pixels.
 */
#include <smmintrin.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_frame_parts.h"
#include "pipeline/kernels_parts.h"

static inline __m128i load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

static inline void store(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

/* All bytes from `from` on, 0 to 16. */
static inline __m128i bytes_from(int32_t from)
{
	static const uint8_t edge[32] = {
		[16] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	};
	return load(edge + 16 - from);
}

/* The sum of the 32-bit lanes. */
static inline uint32_t total(__m128i s)
{
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(s);
}

/* light × gain / 4096, rounded; light comes shifted by 8. */
static inline __m128i scale(__m128i light8, __m128i gain)
{
	__m128i light4 = _mm_srli_epi16(light8, 4);
	return _mm_add_epi16(_mm_mulhi_epu16(light4, gain), _mm_srli_epi16(_mm_mullo_epi16(light4, gain), 15));
}

static inline __m128i correct_step(const uint8_t *in, const uint8_t *dark, const uint16_t *gain)
{
	__m128i light = _mm_subs_epu8(load(in), load(dark)), zero = _mm_setzero_si128();
	return _mm_packus_epi16(scale(_mm_unpacklo_epi8(zero, light), load(gain)), scale(_mm_unpackhi_epi8(zero, light), load(gain + 8)));
}

static void correct(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, uint8_t *out, int32_t width)
{
	int32_t last = width - 16;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			out[x] = correct_at(in, dark, gain, x);
		return;
	}
	__m128i end = correct_step(in + last, dark + last, gain + last);
	for (int32_t x = 0; x < last; x += 16) {
		if (x % 64 == 0) {
			fetch_ahead(in + x);
			fetch_ahead(dark + x);
		}
		if (x % 32 == 0)
			fetch_ahead(gain + x);
		store(out + x, correct_step(in + x, dark + x, gain + x));
	}
	store(out + last, end);
}

static uint32_t sum(const uint8_t *row, int32_t width)
{
	__m128i s = _mm_setzero_si128(), zero = s;
	int32_t x = 0;
	for (; x + 16 <= width; x += 16)
		s = _mm_add_epi64(s, _mm_sad_epu8(load(row + x), zero));
	if (x < width && width >= 16) {
		s = _mm_add_epi64(s, _mm_sad_epu8(_mm_and_si128(load(row + width - 16), bytes_from(x - (width - 16))), zero));
		x = width;
	}
	uint32_t all = total(s);
	for (; x < width; x++)
		all += row[x];
	return all;
}

static inline __m128i distance(const uint8_t *p)
{
	__m128i a = load(p), b = load(p - 1);
	return _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a));
}

static inline __m128i add_squares(__m128i s, __m128i d)
{
	__m128i zero = _mm_setzero_si128(), lo = _mm_unpacklo_epi8(d, zero), hi = _mm_unpackhi_epi8(d, zero);
	return _mm_add_epi32(s, _mm_add_epi32(_mm_madd_epi16(lo, lo), _mm_madd_epi16(hi, hi)));
}

static uint32_t energy(const uint8_t *row, int32_t width)
{
	__m128i s = _mm_setzero_si128();
	int32_t x = 1;
	for (; x + 16 <= width; x += 16)
		s = add_squares(s, distance(row + x));
	if (x < width && width >= 17) {
		s = add_squares(s, _mm_and_si128(distance(row + width - 16), bytes_from(x - (width - 16))));
		x = width;
	}
	return total(s) + energy_from(row, x, width);
}

static inline __m128i halve_8(const uint8_t *a, const uint8_t *b)
{
	__m128i one = _mm_set1_epi8(1);
	__m128i s = _mm_add_epi16(_mm_maddubs_epi16(load(a), one), _mm_maddubs_epi16(load(b), one));
	return _mm_srli_epi16(_mm_add_epi16(s, _mm_set1_epi16(2)), 2);
}

static void halve(const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t width)
{
	int32_t last = width - 16;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			out[x] = halve_at(a, b, x);
		return;
	}
	for (int32_t x = 0;; x = x + 16 < last ? x + 16 : last) {
		store(out + x, _mm_packus_epi16(halve_8(a + 2 * x, b + 2 * x), halve_8(a + 2 * x + 16, b + 2 * x + 16)));
		if (x == last)
			return;
	}
}

/* Where it is neither black nor saturated. */
static inline __m128i grey(__m128i v)
{
	__m128i kept = _mm_min_epu8(_mm_max_epu8(v, _mm_set1_epi8(OKNG_LIGHT_BLACK)), _mm_set1_epi8((char)OKNG_LIGHT_WHITE));
	return _mm_cmpeq_epi8(kept, v);
}

static void light_sums(const uint8_t *a, const uint8_t *b, int32_t width, uint32_t sums[2])
{
	__m128i sa = _mm_setzero_si128(), sb = sa, zero = sa;
	int32_t x = 0;
	for (; x < width && width >= 16; x += 16) {
		int32_t at = x + 16 <= width ? x : width - 16;
		__m128i va = load(a + at), vb = load(b + at);
		__m128i use = _mm_and_si128(_mm_and_si128(grey(va), grey(vb)), bytes_from(x - at));
		sa = _mm_add_epi64(sa, _mm_sad_epu8(_mm_and_si128(va, use), zero));
		sb = _mm_add_epi64(sb, _mm_sad_epu8(_mm_and_si128(vb, use), zero));
	}
	sums[0] = total(sa);
	sums[1] = total(sb);
	light_sums_from(a, b, x, width, sums);
}

static inline __m128i light_step(const uint8_t *p, const uint8_t *reference, __m128i gain)
{
	__m128i v = load(p), zero = _mm_setzero_si128(), white = _mm_cmpeq_epi8(v, _mm_set1_epi8(-1));
	__m128i lo = _mm_mulhrs_epi16(_mm_slli_epi16(_mm_unpacklo_epi8(v, zero), 3), gain);
	__m128i hi = _mm_mulhrs_epi16(_mm_slli_epi16(_mm_unpackhi_epi8(v, zero), 3), gain);
	__m128i out = _mm_packus_epi16(lo, hi);
	return _mm_movemask_epi8(white) ? _mm_max_epu8(out, _mm_and_si128(white, load(reference))) : out;
}

static void light(uint8_t *row, const uint8_t *reference, uint32_t gain, int32_t width)
{
	int32_t last = width - 16;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			row[x] = light_at(row[x], reference[x], gain);
		return;
	}
	__m128i g = _mm_set1_epi16((short)gain), end = light_step(row + last, reference + last, g);
	for (int32_t x = 0; x < last; x += 16)
		store(row + x, light_step(row + x, reference + x, g));
	store(row + last, end);
}

/* Places and sums of a step: even pixels [0], odd ones [1]; the left taps [0], the right ones [1]. */
struct step {
	__m128i wx[2], y[2], sum[2][2];
};

static inline struct step step_at(const struct okng_resample_run *run, int32_t x, int32_t row)
{
	__m128i fx = _mm_set1_epi16((short)run->fx), fy = _mm_set1_epi16((short)(run->fy - row * 8192));
	int odd = x & 1;
	const uint16_t *wx[2] = {run->wx[odd] + (x >> 1), run->wx[!odd] + ((x + 1) >> 1)};
	const uint16_t *wy[2] = {run->wy[odd] + (x >> 1), run->wy[!odd] + ((x + 1) >> 1)};
	__m128i zero = _mm_setzero_si128();
	return (struct step){
		.wx = {_mm_add_epi16(load(wx[0]), fx), _mm_add_epi16(load(wx[1]), fx)},
		.y = {_mm_add_epi16(load(wy[0]), fy), _mm_add_epi16(load(wy[1]), fy)},
		.sum = {{zero, zero}, {zero, zero}},
	};
}

/* Weight of row i of `rows`: how near to it y is. There are short ways for few rows, and for the outermost. */
static inline __m128i near(__m128i y, int i, int rows, int middle)
{
	__m128i one = _mm_set1_epi16(8192);
	if (rows == 2)
		return i ? y : _mm_sub_epi16(one, y);
	if (middle == 0 && i == 0)
		return _mm_subs_epu16(one, y);
	if (middle == 0 && i == rows - 1)
		return _mm_subs_epu16(y, _mm_set1_epi16((short)((rows - 2) * 8192)));
	if (rows == 3)
		return _mm_sub_epi16(_mm_sub_epi16(one, _mm_subs_epu16(one, y)), _mm_subs_epu16(y, one));
	return _mm_subs_epu16(one, _mm_abs_epi16(_mm_adds_epi16(y, _mm_set1_epi16((short)((middle - i) * 8192)))));
}

static inline void add_row(struct step *s, const uint8_t *p, __m128i even, __m128i odd)
{
	__m128i here = load(p), high = _mm_set1_epi16((short)0xff00);
	__m128i tap0 = _mm_slli_epi16(here, 8), tap1 = _mm_and_si128(here, high), tap2 = _mm_and_si128(load(p + 1), high);
	s->sum[0][0] = _mm_add_epi16(s->sum[0][0], _mm_mulhi_epu16(tap0, even));
	s->sum[0][1] = _mm_add_epi16(s->sum[0][1], _mm_mulhi_epu16(tap1, even));
	s->sum[1][0] = _mm_add_epi16(s->sum[1][0], _mm_mulhi_epu16(tap1, odd));
	s->sum[1][1] = _mm_add_epi16(s->sum[1][1], _mm_mulhi_epu16(tap2, odd));
}

static inline __m128i across(__m128i left, __m128i right, __m128i wx)
{
	__m128i v = _mm_add_epi16(left, _mm_mulhrs_epi16(_mm_sub_epi16(right, left), wx));
	return _mm_mulhrs_epi16(v, _mm_set1_epi16(1024));
}

static inline void put(const struct step *s, uint8_t *out)
{
	__m128i even = across(s->sum[0][0], s->sum[0][1], s->wx[0]), odd = across(s->sum[1][0], s->sum[1][1], s->wx[1]);
	store(out, _mm_or_si128(even, _mm_slli_epi16(odd, 8)));
}

/* 16 pixels that reach into `rows` rows, 2 to 8. */
static inline void resample_step(const struct okng_resample_run *run, int32_t x, int rows, uint8_t *out)
{
	int32_t row = resample_row(run, x, 16), middle = rows > 5 ? 3 : 0;
	if (row + rows > run->height) {
		resample_from(run, x, x + 16, out);
		return;
	}
	const uint8_t *p = run->data + row * run->stride + x + run->shift;
	__builtin_prefetch(run->data + (row + run->ahead) * run->stride + x + run->shift);
	struct step s = step_at(run, x, row + middle);
	for (int i = 0; i < rows; i++, p += run->stride)
		add_row(&s, p, near(s.y[0], i, rows, middle), near(s.y[1], i, rows, middle));
	put(&s, out + x);
}

static inline void resample_run(const struct okng_resample_run *run, int32_t x0, int32_t x1, int rows, uint8_t *out)
{
	for (int32_t x = x0;; x = x + 16 < x1 - 16 ? x + 16 : x1 - 16) {
		resample_step(run, x, rows, out);
		if (x == x1 - 16)
			return;
	}
}

static void resample(const struct okng_resample_run *run, int32_t x0, int32_t x1, uint8_t *out)
{
	int rows = resample_rows(run, 16);
	if (x1 - x0 < 16 || rows > 8)
		resample_from(run, x0, x1, out);
	else if (rows == 2)
		resample_run(run, x0, x1, 2, out);
	else if (rows == 3)
		resample_run(run, x0, x1, 3, out);
	else if (rows == 4)
		resample_run(run, x0, x1, 4, out);
	else
		resample_run(run, x0, x1, rows, out);
}

void okng_kernels_init_frame_sse41(struct okng_kernels *k)
{
	k->correct = correct;
	k->sum = sum;
	k->energy = energy;
	k->halve = halve;
	k->light_sums = light_sums;
	k->light = light;
	k->resample = resample;
}

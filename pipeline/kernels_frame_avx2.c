/* SPDX-License-Identifier: Apache-2.0
 *
 * AVX2: 32 pixels at a time. A row's end is done by a step that overlaps the one before; where a row is changed in
 * place, that last step is reckoned before the others write. Rows narrower than a step are done pixel by pixel.
 */
#include <immintrin.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_frame_parts.h"
#include "pipeline/kernels_parts.h"

static inline __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

static inline void store(void *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)p, v);
}

/* All bytes from `from` on, 0 to 32. */
static inline __m256i bytes_from(int32_t from)
{
	static const uint8_t edge[64] = {
		[32] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	};
	return load(edge + 32 - from);
}

/* The sum of the 32-bit lanes. */
static inline uint32_t total(__m256i v)
{
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(s);
}

/* light × gain / 4096, rounded: light comes shifted by 8, the product of light × 16 and gain has the result in its upper
 * half and the half to round by in the uppermost bit of its lower. */
static inline __m256i scale(__m256i light8, __m256i gain)
{
	__m256i light4 = _mm256_srli_epi16(light8, 4);
	return _mm256_add_epi16(_mm256_mulhi_epu16(light4, gain), _mm256_srli_epi16(_mm256_mullo_epi16(light4, gain), 15));
}

static inline __m256i correct_step(const uint8_t *in, const uint8_t *dark, const uint16_t *gain)
{
	__m256i light = _mm256_permute4x64_epi64(_mm256_subs_epu8(load(in), load(dark)), 0xd8), zero = _mm256_setzero_si256();
	__m256i v0 = scale(_mm256_unpacklo_epi8(zero, light), load(gain)), v1 = scale(_mm256_unpackhi_epi8(zero, light), load(gain + 16));
	return _mm256_permute4x64_epi64(_mm256_packus_epi16(v0, v1), 0xd8);
}

static void correct(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, uint8_t *out, int32_t width)
{
	int32_t last = width - 32;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			out[x] = correct_at(in, dark, gain, x);
		return;
	}
	__m256i end = correct_step(in + last, dark + last, gain + last);
	for (int32_t x = 0; x < last; x += 32) {
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
	__m256i s = _mm256_setzero_si256(), zero = s;
	int32_t x = 0;
	for (; x + 32 <= width; x += 32)
		s = _mm256_add_epi64(s, _mm256_sad_epu8(load(row + x), zero));
	if (x < width && width >= 32) {
		__m256i rest = _mm256_and_si256(load(row + width - 32), bytes_from(x - (width - 32)));
		s = _mm256_add_epi64(s, _mm256_sad_epu8(rest, zero));
		x = width;
	}
	uint32_t all = total(s);
	for (; x < width; x++)
		all += row[x];
	return all;
}

static inline __m256i distance(const uint8_t *p)
{
	__m256i a = load(p), b = load(p - 1);
	return _mm256_or_si256(_mm256_subs_epu8(a, b), _mm256_subs_epu8(b, a));
}

static inline __m256i add_squares(__m256i s, __m256i d)
{
	__m256i zero = _mm256_setzero_si256(), lo = _mm256_unpacklo_epi8(d, zero), hi = _mm256_unpackhi_epi8(d, zero);
	return _mm256_add_epi32(s, _mm256_add_epi32(_mm256_madd_epi16(lo, lo), _mm256_madd_epi16(hi, hi)));
}

static uint32_t energy(const uint8_t *row, int32_t width)
{
	__m256i s = _mm256_setzero_si256();
	int32_t x = 1;
	for (; x + 32 <= width; x += 32)
		s = add_squares(s, distance(row + x));
	if (x < width && width >= 33) {
		s = add_squares(s, _mm256_and_si256(distance(row + width - 32), bytes_from(x - (width - 32))));
		x = width;
	}
	return total(s) + energy_from(row, x, width);
}

static inline __m256i halve_16(const uint8_t *a, const uint8_t *b)
{
	__m256i one = _mm256_set1_epi8(1);
	__m256i s = _mm256_add_epi16(_mm256_maddubs_epi16(load(a), one), _mm256_maddubs_epi16(load(b), one));
	return _mm256_srli_epi16(_mm256_add_epi16(s, _mm256_set1_epi16(2)), 2);
}

static void halve(const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t width)
{
	int32_t last = width - 32;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			out[x] = halve_at(a, b, x);
		return;
	}
	for (int32_t x = 0;; x = x + 32 < last ? x + 32 : last) {
		__m256i v = _mm256_packus_epi16(halve_16(a + 2 * x, b + 2 * x), halve_16(a + 2 * x + 32, b + 2 * x + 32));
		store(out + x, _mm256_permute4x64_epi64(v, 0xd8));
		if (x == last)
			return;
	}
}

/* Where it is neither black nor saturated. */
static inline __m256i grey(__m256i v)
{
	__m256i kept = _mm256_min_epu8(_mm256_max_epu8(v, _mm256_set1_epi8(OKNG_LIGHT_BLACK)), _mm256_set1_epi8((char)OKNG_LIGHT_WHITE));
	return _mm256_cmpeq_epi8(kept, v);
}

static void light_sums(const uint8_t *a, const uint8_t *b, int32_t width, uint32_t sums[2])
{
	__m256i sa = _mm256_setzero_si256(), sb = sa, zero = sa;
	int32_t x = 0;
	for (; x < width && width >= 32; x += 32) {
		int32_t at = x + 32 <= width ? x : width - 32;
		__m256i va = load(a + at), vb = load(b + at);
		__m256i use = _mm256_and_si256(_mm256_and_si256(grey(va), grey(vb)), bytes_from(x - at));
		sa = _mm256_add_epi64(sa, _mm256_sad_epu8(_mm256_and_si256(va, use), zero));
		sb = _mm256_add_epi64(sb, _mm256_sad_epu8(_mm256_and_si256(vb, use), zero));
	}
	sums[0] = total(sa);
	sums[1] = total(sb);
	light_sums_from(a, b, x, width, sums);
}

/* (8 × value) × gain / 2^15, rounded, is value × gain / 4096. */
static inline __m256i light_step(const uint8_t *p, const uint8_t *reference, __m256i gain)
{
	__m256i v = load(p), zero = _mm256_setzero_si256(), white = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(-1));
	__m256i lo = _mm256_mulhrs_epi16(_mm256_slli_epi16(_mm256_unpacklo_epi8(v, zero), 3), gain);
	__m256i hi = _mm256_mulhrs_epi16(_mm256_slli_epi16(_mm256_unpackhi_epi8(v, zero), 3), gain);
	__m256i out = _mm256_packus_epi16(lo, hi);
	return _mm256_movemask_epi8(white) ? _mm256_max_epu8(out, _mm256_and_si256(white, load(reference))) : out;
}

static void light(uint8_t *row, const uint8_t *reference, uint32_t gain, int32_t width)
{
	int32_t last = width - 32;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			row[x] = light_at(row[x], reference[x], gain);
		return;
	}
	__m256i g = _mm256_set1_epi16((short)gain), end = light_step(row + last, reference + last, g);
	for (int32_t x = 0; x < last; x += 32)
		store(row + x, light_step(row + x, reference + x, g));
	store(row + last, end);
}

/* Places and sums of a step: even pixels [0], odd ones [1]; the left taps [0], the right ones [1]. */
struct step {
	__m256i wx[2], y[2], sum[2][2];
};

static inline struct step step_at(const struct okng_resample_run *run, int32_t x, int32_t row)
{
	__m256i fx = _mm256_set1_epi16((short)run->fx), fy = _mm256_set1_epi16((short)(run->fy - row * 8192));
	int odd = x & 1;
	const uint16_t *wx[2] = {run->wx[odd] + (x >> 1), run->wx[!odd] + ((x + 1) >> 1)};
	const uint16_t *wy[2] = {run->wy[odd] + (x >> 1), run->wy[!odd] + ((x + 1) >> 1)};
	__m256i zero = _mm256_setzero_si256();
	return (struct step){
		.wx = {_mm256_add_epi16(load(wx[0]), fx), _mm256_add_epi16(load(wx[1]), fx)},
		.y = {_mm256_add_epi16(load(wy[0]), fy), _mm256_add_epi16(load(wy[1]), fy)},
		.sum = {{zero, zero}, {zero, zero}},
	};
}

/* Weight of row i of `rows`: how near to it y is. There are short ways for few rows, and for the outermost. */
static inline __m256i near(__m256i y, int i, int rows, int middle)
{
	__m256i one = _mm256_set1_epi16(8192);
	if (rows == 2)
		return i ? y : _mm256_sub_epi16(one, y);
	if (middle == 0 && i == 0)
		return _mm256_subs_epu16(one, y);
	if (middle == 0 && i == rows - 1)
		return _mm256_subs_epu16(y, _mm256_set1_epi16((short)((rows - 2) * 8192)));
	if (rows == 3)
		return _mm256_sub_epi16(_mm256_sub_epi16(one, _mm256_subs_epu16(one, y)), _mm256_subs_epu16(y, one));
	return _mm256_subs_epu16(one, _mm256_abs_epi16(_mm256_adds_epi16(y, _mm256_set1_epi16((short)((middle - i) * 8192)))));
}

static inline void add_row(struct step *s, const uint8_t *p, __m256i even, __m256i odd)
{
	__m256i here = load(p), high = _mm256_set1_epi16((short)0xff00);
	__m256i tap0 = _mm256_slli_epi16(here, 8), tap1 = _mm256_and_si256(here, high), tap2 = _mm256_and_si256(load(p + 1), high);
	s->sum[0][0] = _mm256_add_epi16(s->sum[0][0], _mm256_mulhi_epu16(tap0, even));
	s->sum[0][1] = _mm256_add_epi16(s->sum[0][1], _mm256_mulhi_epu16(tap1, even));
	s->sum[1][0] = _mm256_add_epi16(s->sum[1][0], _mm256_mulhi_epu16(tap1, odd));
	s->sum[1][1] = _mm256_add_epi16(s->sum[1][1], _mm256_mulhi_epu16(tap2, odd));
}

static inline __m256i across(__m256i left, __m256i right, __m256i wx)
{
	__m256i v = _mm256_add_epi16(left, _mm256_mulhrs_epi16(_mm256_sub_epi16(right, left), wx));
	return _mm256_mulhrs_epi16(v, _mm256_set1_epi16(1024));
}

static inline void put(const struct step *s, uint8_t *out)
{
	__m256i even = across(s->sum[0][0], s->sum[0][1], s->wx[0]), odd = across(s->sum[1][0], s->sum[1][1], s->wx[1]);
	store(out, _mm256_or_si256(even, _mm256_slli_epi16(odd, 8)));
}

/* 32 pixels that reach into `rows` rows, 2 to 8. The place of a row may be up to 4 rows from the one that it is counted
 * from: so many fit 16 bits; what is further saturates, and weighs nothing. */
static inline void resample_step(const struct okng_resample_run *run, int32_t x, int rows, uint8_t *out)
{
	int32_t row = resample_row(run, x, 32), middle = rows > 5 ? 3 : 0;
	if (row + rows > run->height) {
		resample_from(run, x, x + 32, out);
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
	for (int32_t x = x0;; x = x + 32 < x1 - 32 ? x + 32 : x1 - 32) {
		resample_step(run, x, rows, out);
		if (x == x1 - 32)
			return;
	}
}

static void resample(const struct okng_resample_run *run, int32_t x0, int32_t x1, uint8_t *out)
{
	int rows = resample_rows(run, 32);
	if (x1 - x0 < 32 || rows > 8)
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

void okng_kernels_init_frame_avx2(struct okng_kernels *k)
{
	k->correct = correct;
	k->sum = sum;
	k->energy = energy;
	k->halve = halve;
	k->light_sums = light_sums;
	k->light = light;
	k->resample = resample;
}

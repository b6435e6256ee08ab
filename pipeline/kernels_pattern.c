/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of two-level patterns. One source for every instruction set: the loops are plain and become wide code where
 * the compiler may use it (-O3, meson.build says for which sets); by hand is only what it does not find, packing pixels
 * into bits and counting them.
 */
#include <stddef.h>

#include "pipeline/kernels.h"

#if defined(__AVX2__) || defined(__SSE4_1__)
#include <immintrin.h>
#endif

#define JOIN(a, b) a##b
#define NAME(level) JOIN(okng_kernels_init_pattern_, level)

static uint64_t below_narrow(const uint8_t *value, int level, int32_t n)
{
	uint64_t w = 0;
	for (int32_t x = 0; x < n; x++)
		w |= (uint64_t)(value[x] < level) << x;
	return w;
}

static inline uint64_t below_word(const uint8_t *v, int level)
{
#if defined(__AVX2__)
	__m256i most = _mm256_set1_epi8((char)(level - 1));
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)v), b = _mm256_loadu_si256((const __m256i *)(const void *)(v + 32));
	uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(a, most), most));
	uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(b, most), most));
	return low | (uint64_t)high << 32;
#elif defined(__SSE4_1__)
	__m128i most = _mm_set1_epi8((char)(level - 1));
	uint64_t w = 0;
	for (int i = 0; i < 4; i++) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(v + 16 * i));
		w |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(a, most), most)) << (16 * i);
	}
	return w;
#else
	return below_narrow(v, level, 64);
#endif
}

static void below(const uint8_t *value, int level, uint64_t *bits, int32_t width)
{
	int32_t i = 0;
	for (; (i + 1) * 64 <= width; i++)
		bits[i] = below_word(value + i * 64, level);
	if (i * 64 < width)
		bits[i] = below_narrow(value + i * 64, level, width - i * 64);
}

static void both(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] = a[i] & b[i];
}

static void except(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] = a[i] & ~b[i];
}

static void either(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] = a[i] | b[i];
}

static void join(const uint64_t *restrict a, const uint64_t *restrict b, uint64_t *restrict out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] |= a[i] | b[i];
}

static void dilate_sides(const uint64_t *restrict row, uint64_t *restrict out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] = row[i] | row[i] << 1 | row[i - 1] >> 63 | row[i] >> 1 | row[i + 1] << 63;
}

static void dilate_plus(const uint64_t *above, const uint64_t *row, const uint64_t *below_it, uint64_t *out, int32_t words)
{
	for (int32_t i = 0; i < words; i++)
		out[i] = row[i] | row[i] << 1 | row[i - 1] >> 63 | row[i] >> 1 | row[i + 1] << 63 | above[i] | below_it[i];
}

static void dilate_square(const uint64_t *above, const uint64_t *row, const uint64_t *below_it, uint64_t *out, int32_t words)
{
	for (int32_t i = 0; i < words; i++) {
		uint64_t w = above[i] | row[i] | below_it[i];
		uint64_t before = above[i - 1] | row[i - 1] | below_it[i - 1], after = above[i + 1] | row[i + 1] | below_it[i + 1];
		out[i] = w | w << 1 | before >> 63 | w >> 1 | after << 63;
	}
}

static void shift(const uint64_t *row, int by, uint64_t *out, int32_t words)
{
	if (by == 0) {
		for (int32_t i = 0; i < words; i++)
			out[i] = row[i];
		return;
	}
	for (int32_t i = 0; i < words; i++)
		out[i] = row[i] >> by | row[i + 1] << (64 - by);
}

#if defined(__AVX2__)
/* Set bits of each byte. */
static inline __m256i count_bytes_256(__m256i w)
{
	const __m256i low = _mm256_set1_epi8(0x0f);
	const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	return _mm256_add_epi8(_mm256_shuffle_epi8(bits, _mm256_and_si256(w, low)),
		_mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(w, 4), low)));
}

static inline __m256i load(const uint64_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static uint64_t total(__m256i sums)
{
	uint64_t s[4];
	_mm256_storeu_si256((__m256i *)(void *)s, sums);
	return s[0] + s[1] + s[2] + s[3];
}

/* Four words of b from bit `by` on, given with 64 - by; a shift by 64 leaves zero. */
static inline __m256i load_from(const uint64_t *b, __m128i by, __m128i left)
{
	return _mm256_or_si256(_mm256_srl_epi64(load(b), by), _mm256_sll_epi64(load(b + 1), left));
}

static uint64_t overlap(const uint64_t *a, const uint64_t *b, int by, int32_t words)
{
	const __m128i right = _mm_cvtsi32_si128(by), left = _mm_cvtsi32_si128(64 - by);
	__m256i n = _mm256_setzero_si256();
	int32_t i = 0;
	for (; i + 4 <= words; i += 4) {
		__m256i w = _mm256_and_si256(load(a + i), load_from(b + i, right, left));
		n = _mm256_add_epi64(n, _mm256_sad_epu8(count_bytes_256(w), _mm256_setzero_si256()));
	}
	uint64_t rest[4] = {0};
	for (int32_t j = i; j < words; j++)
		rest[j - i] = a[j] & (by ? b[j] >> by | b[j + 1] << (64 - by) : b[j]);
	return total(_mm256_add_epi64(n, _mm256_sad_epu8(count_bytes_256(load(rest)), _mm256_setzero_si256())));
}

/* Four words of each row. */
static uint64_t differ(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int by, int32_t rows,
	const uint64_t *mask, int32_t words)
{
	const __m128i right = _mm_cvtsi32_si128(by), left = _mm_cvtsi32_si128(64 - by);
	__m256i n = _mm256_setzero_si256();
	for (int32_t i = 0; i < words; i += 4) {
		uint64_t m[4] = {0};
		for (int32_t j = i; j < words && j < i + 4; j++)
			m[j - i] = mask[j];
		const __m256i wanted = load(m);
		for (int32_t y = 0; y < rows; y++) {
			const uint64_t *p = a + y * a_stride + i, *q = b + y * b_stride + i;
			__m256i w = _mm256_and_si256(_mm256_xor_si256(load_from(q, right, left), load(p)), wanted);
			n = _mm256_add_epi64(n, _mm256_sad_epu8(count_bytes_256(w), _mm256_setzero_si256()));
		}
	}
	return total(n);
}
#else
/* Set bits of each byte. */
static inline uint64_t count_bytes(uint64_t w)
{
	w -= w >> 1 & 0x5555555555555555u;
	w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
	return (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

static uint64_t overlap(const uint64_t *a, const uint64_t *b, int by, int32_t words)
{
	uint64_t n = 0;
	for (int32_t i = 0; i < words; i++)
		n += count_bytes(a[i] & (by ? b[i] >> by | b[i + 1] << (64 - by) : b[i])) * 0x0101010101010101u >> 56;
	return n;
}

static uint64_t differ(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int by, int32_t rows,
	const uint64_t *mask, int32_t words)
{
	uint64_t n = 0;
	for (int32_t y = 0; y < rows; y++, a += a_stride, b += b_stride)
		for (int32_t i = 0; i < words; i++) {
			uint64_t w = (a[i] ^ (by ? b[i] >> by | b[i + 1] << (64 - by) : b[i])) & mask[i];
			n += count_bytes(w) * 0x0101010101010101u >> 56;
		}
	return n;
}
#endif

#if defined(__AVX2__)
/* Eight cells, of four words. */
static __m128i eight_cells(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int rows)
{
	__m256i total = _mm256_setzero_si256();
	for (int y = 0; y < rows;) {
		__m256i sum = _mm256_setzero_si256();
		for (int end = y + 16 < rows ? y + 16 : rows; y < end; y++, a += a_stride, b += b_stride)
			sum = _mm256_add_epi8(sum, count_bytes_256(_mm256_xor_si256(load(a), load(b))));
		total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_maddubs_epi16(sum, _mm256_set1_epi8(1)), _mm256_set1_epi16(1)));
	}
	/* Eight sums of 32 bits, at most 1024 each. */
	return _mm256_castsi256_si128(_mm256_permute4x64_epi64(_mm256_packus_epi32(total, total), 0x08));
}

static void differ_cells(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int rows, int32_t words,
	uint16_t *cells)
{
	int32_t i = 0;
	for (; i + 4 <= words; i += 4)
		_mm_storeu_si128((__m128i *)(void *)(cells + 2 * i), eight_cells(a + i, a_stride, b + i, b_stride, rows));
	if (i < words) {
		uint16_t last[8];
		_mm_storeu_si128((__m128i *)(void *)last, eight_cells(a + i, a_stride, b + i, b_stride, rows));
		for (int32_t j = 2 * i; j < 2 * words; j++)
			cells[j] = last[j - 2 * i];
	}
}
#else
/* The halves of a word of bytes' counts, of at most 16 rows (128 each). */
static void add_halves(uint64_t bytes, uint16_t *cells)
{
	uint64_t pairs = (bytes & 0x00ff00ff00ff00ffu) + (bytes >> 8 & 0x00ff00ff00ff00ffu);
	cells[0] = (uint16_t)(cells[0] + (pairs & 0xffff) + (pairs >> 16 & 0xffff));
	cells[1] = (uint16_t)(cells[1] + (pairs >> 32 & 0xffff) + (pairs >> 48));
}

static void differ_cells(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int rows, int32_t words,
	uint16_t *cells)
{
	for (int32_t i = 0; i < words; i++) {
		cells[2 * i] = cells[2 * i + 1] = 0;
		for (int y = 0; y < rows;) {
			uint64_t sum = 0;
			for (int end = y + 16 < rows ? y + 16 : rows; y < end; y++)
				sum += count_bytes(a[y * a_stride + i] ^ b[y * b_stride + i]);
			add_halves(sum, cells + 2 * i);
		}
	}
}
#endif

static void keep_least(const uint16_t *sum, int32_t width, int32_t stride, uint32_t add, uint32_t *least)
{
	const uint16_t *a = sum - stride, *c = sum + stride;
	for (int32_t x = 0; x < width; x++) {
		uint32_t all = (uint32_t)a[x] + a[x - 1] + a[x + 1] + sum[x] + sum[x - 1] + sum[x + 1] + c[x] + c[x - 1] + c[x + 1];
		uint32_t key = (all << 8) + add;
		least[x] = key < least[x] ? key : least[x];
	}
}

void NAME(OKNG_LEVEL)(struct okng_kernels *k)
{
	k->below = below;
	k->both = both;
	k->except = except;
	k->either = either;
	k->join = join;
	k->overlap = overlap;
	k->dilate_sides = dilate_sides;
	k->dilate_plus = dilate_plus;
	k->dilate_square = dilate_square;
	k->shift = shift;
	k->differ = differ;
	k->differ_cells = differ_cells;
	k->keep_least = keep_least;
}

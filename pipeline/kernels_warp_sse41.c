/* SPDX-License-Identifier: Apache-2.0
 *
 * SSE4.1: a group of eight pixels at a time. kernels_warp_avx2.c explains the way.
 */
#include <smmintrin.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_warp_parts.h"

/* Start and step, then pixel by pixel. */
static inline __m128i spread(uint32_t v)
{
	const __m128i j = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
	return _mm_add_epi16(_mm_set1_epi16((short)(v & 0xffff)), _mm_mullo_epi16(_mm_set1_epi16((short)(v >> 16)), j));
}

struct taps {
	__m128i pick, weigh;
};

static inline struct taps taps_of(__m128i x)
{
	__m128i at = _mm_mullo_epi16(_mm_srli_epi16(x, 12), _mm_set1_epi16(0x101));
	__m128i f = _mm_and_si128(_mm_srli_epi16(x, 5), _mm_set1_epi16(127));
	return (struct taps){.pick = _mm_add_epi16(at, _mm_set1_epi16(0x100)),
		.weigh = _mm_add_epi16(_mm_mullo_epi16(f, _mm_set1_epi16(-255)), _mm_set1_epi16(128))};
}

static inline __m128i across(const struct taps *t, const uint8_t *p)
{
	return _mm_maddubs_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), t->pick), t->weigh);
}

/* One group that reaches into so many rows, 2 to 4. */
static inline void warp_group(const struct okng_warp_row *r, const struct warp_block *b, int32_t i, int rows, uint8_t *out)
{
	const uint8_t *p = warp_at(r, b, i);
	const __m128i whole = _mm_set1_epi16(-8192);
	struct taps t = taps_of(spread(b->across[i]));
	__m128i left = _mm_sub_epi16(_mm_setzero_si128(), spread(b->down[i])), upper = across(&t, p), v = upper;
	for (int k = 1; k < rows; k++) {
		__m128i part = k < rows - 1 ? _mm_max_epi16(left, whole) : left, lower = across(&t, p + k * r->stride);
		v = _mm_sub_epi16(v, _mm_mulhrs_epi16(_mm_sub_epi16(lower, upper), _mm_slli_epi16(part, 2)));
		left = _mm_sub_epi16(left, part);
		upper = lower;
	}
	v = _mm_mulhrs_epi16(v, _mm_set1_epi16(-256));
	_mm_storel_epi64((__m128i *)(void *)out, _mm_packus_epi16(v, v));
}

#include "pipeline/kernels_warp_groups.h"

void okng_kernels_init_warp_sse41(struct okng_kernels *k)
{
	k->warp = warp;
}

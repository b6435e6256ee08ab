/* SPDX-License-Identifier: Apache-2.0
 *
 * SSE4.1: the 4×4 taps of a point are one register. Places lie anywhere, so that wider registers gain nothing.
 */
#include <smmintrin.h>
#include <string.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_points_parts.h"

static inline int row_of(const uint8_t *p)
{
	int v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* Binomial and bilinear of the 16 pixels from p on. */
static inline int32_t taps(const uint8_t *p, ptrdiff_t stride, short wx, int wy)
{
	__m128i t = _mm_cvtsi32_si128(row_of(p));
	t = _mm_insert_epi32(t, row_of(p + stride), 1);
	t = _mm_insert_epi32(t, row_of(p + 2 * stride), 2);
	t = _mm_insert_epi32(t, row_of(p + 3 * stride), 3);
	__m128i kx = _mm_add_epi16(_mm_sign_epi16(_mm_set1_epi16(wx), _mm_setr_epi16(-1, -1, 1, 1, -1, -1, 1, 1)),
		_mm_setr_epi16(256, 512, 256, 0, 256, 512, 256, 0));
	__m128i ky = _mm_add_epi32(_mm_sign_epi32(_mm_set1_epi32(wy), _mm_setr_epi32(-1, -1, 1, 1)), _mm_setr_epi32(256, 512, 256, 0));
	__m128i upper = _mm_madd_epi16(_mm_cvtepu8_epi16(t), kx), lower = _mm_madd_epi16(_mm_unpackhi_epi8(t, _mm_setzero_si128()), kx);
	__m128i s = _mm_srli_epi32(_mm_mullo_epi32(_mm_hadd_epi32(upper, lower), ky), 6);
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
	return (_mm_cvtsi128_si32(s) + 32) >> 6;
}

static void smooth(const struct okng_sampler *m, const int32_t (*uv)[2], int32_t n, int32_t *grey)
{
	for (int32_t i = 0; i < n; i++) {
		int64_t x, y;
		place(m, uv[i], &x, &y);
		grey[i] = smooth_inside(m, x, y) ?
			taps(m->data + ((y >> 8) - 1) * m->stride + (x >> 8) - 1, m->stride, (short)(x & 255), (int)(y & 255)) : -1;
	}
}

void okng_kernels_init_points_sse41(struct okng_kernels *k)
{
	k->smooth = smooth;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * NEON: kernels_points_sse41.c, whose head explains the way.
 */
#include <arm_neon.h>
#include <string.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_points_parts.h"

static inline uint32_t row_of(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32x4_t weights(uint32_t w)
{
	static const uint32_t base[4] = {256, 512, 256, 0}, sign[4] = {UINT32_MAX, UINT32_MAX, 1, 1};
	return vmlaq_n_u32(vld1q_u32(base), vld1q_u32(sign), w);
}

/* Two rows of four pixels: their weighted pixels, added up in pairs. */
static inline uint32x4_t rows(const uint8_t *p, ptrdiff_t stride, uint16x4_t kx)
{
	uint32x2_t t = vset_lane_u32(row_of(p + stride), vdup_n_u32(row_of(p)), 1);
	uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(t));
	return vpaddq_u32(vmull_u16(vget_low_u16(wide), kx), vmull_u16(vget_high_u16(wide), kx));
}

/* Binomial and bilinear of the 16 pixels from p on. */
static inline int32_t taps(const uint8_t *p, ptrdiff_t stride, uint32_t wx, uint32_t wy)
{
	uint16x4_t kx = vmovn_u32(weights(wx));
	uint32x4_t s = vpaddq_u32(rows(p, stride, kx), rows(p + 2 * stride, stride, kx));
	return (int32_t)((vaddvq_u32(vshrq_n_u32(vmulq_u32(s, weights(wy)), 6)) + 32) >> 6);
}

static void smooth(const struct okng_sampler *m, const int32_t (*uv)[2], int32_t n, int32_t *grey)
{
	for (int32_t i = 0; i < n; i++) {
		int64_t x, y;
		place(m, uv[i], &x, &y);
		grey[i] = smooth_inside(m, x, y) ?
			taps(m->data + ((y >> 8) - 1) * m->stride + (x >> 8) - 1, m->stride, (uint32_t)(x & 255), (uint32_t)(y & 255)) : -1;
	}
}

void okng_kernels_init_points_neon(struct okng_kernels *k)
{
	k->smooth = smooth;
}

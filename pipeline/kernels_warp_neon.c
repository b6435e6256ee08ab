/* SPDX-License-Identifier: Apache-2.0
 *
 * NEON: a group of eight pixels at a time. kernels_warp_avx2.c explains the way; left and right taps are looked up apart.
 */
#include <arm_neon.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_warp_parts.h"

/* Start and step, then pixel by pixel. */
static inline uint16x8_t spread(uint32_t v)
{
	static const uint16_t j[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	return vmlaq_n_u16(vdupq_n_u16((uint16_t)v), vld1q_u16(j), (uint16_t)(v >> 16));
}

struct taps {
	uint8x8_t pick;
	int16x8_t right; /* weight of the right tap; the left one's is 128 less that */
};

static inline struct taps taps_of(uint16x8_t x)
{
	uint16x8_t f = vandq_u16(vshrq_n_u16(x, 5), vdupq_n_u16(127));
	return (struct taps){.pick = vmovn_u16(vshrq_n_u16(x, 12)), .right = vreinterpretq_s16_u16(f)};
}

/* -(left · 128 + (right - left) · f), which is the same. */
static inline int16x8_t across(const struct taps *t, const uint8_t *p)
{
	uint8x16_t row = vld1q_u8(p);
	uint8x8_t left = vqtbl1_u8(row, t->pick), right = vqtbl1_u8(row, vadd_u8(t->pick, vdup_n_u8(1)));
	int16x8_t near = vreinterpretq_s16_u16(vshll_n_u8(left, 7)), more = vreinterpretq_s16_u16(vsubl_u8(right, left));
	return vmlsq_s16(vnegq_s16(near), more, t->right);
}

/* One group that reaches into so many rows, 2 to 4. */
static inline void warp_group(const struct okng_warp_row *r, const struct warp_block *b, int32_t i, int rows, uint8_t *out)
{
	const uint8_t *p = warp_at(r, b, i);
	struct taps t = taps_of(spread(b->across[i]));
	int16x8_t left = vnegq_s16(vreinterpretq_s16_u16(spread(b->down[i]))), upper = across(&t, p), v = upper;
	for (int k = 1; k < rows; k++) {
		int16x8_t part = k < rows - 1 ? vmaxq_s16(left, vdupq_n_s16(-8192)) : left, lower = across(&t, p + k * r->stride);
		v = vsubq_s16(v, vqrdmulhq_s16(vsubq_s16(lower, upper), vshlq_n_s16(part, 2)));
		left = vsubq_s16(left, part);
		upper = lower;
	}
	vst1_u8(out, vqrshrun_n_s16(vnegq_s16(v), 7));
}

#include "pipeline/kernels_warp_groups.h"

void okng_kernels_init_warp_neon(struct okng_kernels *k)
{
	k->warp = warp;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The local threshold's kernels for NEON, in the ways that kernels_local_avx2.c explains.
 */
#include <arm_neon.h>

#include "pipeline/kernels.h"

static void slide(uint16_t *columns, const uint8_t *in, const uint8_t *out, int32_t width)
{
	int32_t x = 0;
	for (; x + 8 <= width; x += 8)
		vst1q_u16(columns + x, vsubw_u8(vaddw_u8(vld1q_u16(columns + x), vld1_u8(in + x)), vld1_u8(out + x)));
	for (; x < width; x++)
		columns[x] = (uint16_t)(columns[x] + in[x] - out[x]);
}

static inline uint16x4_t divide(const uint32_t *sums, int32_t span, int32x4_t pixels, float32x4_t inverse)
{
	int32x4_t s = vreinterpretq_s32_u32(vsubq_u32(vld1q_u32(sums + span), vld1q_u32(sums)));
	s = vaddq_s32(s, vshrq_n_s32(pixels, 1));
	int32x4_t q = vcvtq_s32_f32(vmulq_f32(vcvtq_f32_s32(s), inverse));
	int32x4_t rest = vmlsq_s32(s, q, pixels);
	int32x4_t low = vshrq_n_s32(rest, 31); /* -1: too large */
	int32x4_t high = vreinterpretq_s32_u32(vcgeq_s32(rest, pixels)); /* -1: too small */
	return vmovn_u32(vreinterpretq_u32_s32(vsubq_s32(vaddq_s32(q, low), high)));
}

static void box_mean(const uint32_t *sums, int32_t span, uint32_t pixels, uint8_t *out, int32_t width)
{
	if (width < 8) {
		for (int32_t x = 0; x < width; x++)
			out[x] = (uint8_t)((sums[x + span] - sums[x] + pixels / 2) / pixels);
		return;
	}
	int32x4_t n = vdupq_n_s32((int32_t)pixels);
	float32x4_t inverse = vdupq_n_f32(1.0f / (float)pixels);
	for (int32_t x = 0;;) {
		vst1_u8(out + x, vmovn_u16(vcombine_u16(divide(sums + x, span, n, inverse), divide(sums + x + 4, span, n, inverse))));
		if (x == width - 8)
			return;
		x = x + 8 < width - 8 ? x + 8 : width - 8;
	}
}

static void margins(const uint8_t *mean, uint8_t dark, uint8_t bright, uint8_t *lower, uint8_t *upper, int32_t width)
{
	uint8x16_t down = vdupq_n_u8(dark ? dark : 255), up = vdupq_n_u8(bright ? bright : 255);
	int32_t x = 0;
	for (; x + 16 <= width; x += 16) {
		uint8x16_t m = vld1q_u8(mean + x);
		vst1q_u8(lower + x, vqsubq_u8(m, down));
		vst1q_u8(upper + x, vqaddq_u8(m, up));
	}
	for (; x < width; x++) {
		int lo = mean[x] - (dark ? dark : 255), hi = mean[x] + (bright ? bright : 255);
		lower[x] = (uint8_t)(lo < 0 ? 0 : lo);
		upper[x] = (uint8_t)(hi > 255 ? 255 : hi);
	}
}

void okng_kernels_init_local_neon(struct okng_kernels *k)
{
	k->slide = slide;
	k->box_mean = box_mean;
	k->margins = margins;
}

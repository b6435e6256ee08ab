/* SPDX-License-Identifier: Apache-2.0
 *
 * NEON of 64-bit ARM: 16 pixels at a time, ends of rows as kernels_frame_avx2.c explains.
 */
#include <arm_neon.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_frame_parts.h"

/* All bytes from `from` on, 0 to 16. */
static inline uint8x16_t bytes_from(int32_t from)
{
	static const uint8_t edge[32] = {
		[16] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	};
	return vld1q_u8(edge + 16 - from);
}

static inline uint8x8_t scale(uint8x8_t light, const uint16_t *gain)
{
	uint16x8_t v = vmovl_u8(light), g = vld1q_u16(gain);
	uint16x4_t lo = vqrshrn_n_u32(vmull_u16(vget_low_u16(v), vget_low_u16(g)), 12);
	uint16x4_t hi = vqrshrn_n_u32(vmull_u16(vget_high_u16(v), vget_high_u16(g)), 12);
	return vqmovn_u16(vcombine_u16(lo, hi));
}

static inline uint8x16_t correct_step(const uint8_t *in, const uint8_t *dark, const uint16_t *gain)
{
	uint8x16_t light = vqsubq_u8(vld1q_u8(in), vld1q_u8(dark));
	return vcombine_u8(scale(vget_low_u8(light), gain), scale(vget_high_u8(light), gain + 8));
}

static void correct(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, uint8_t *out, int32_t width)
{
	int32_t last = width - 16;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			out[x] = correct_at(in, dark, gain, x);
		return;
	}
	uint8x16_t end = correct_step(in + last, dark + last, gain + last);
	for (int32_t x = 0; x < last; x += 16)
		vst1q_u8(out + x, correct_step(in + x, dark + x, gain + x));
	vst1q_u8(out + last, end);
}

static inline uint32x4_t add_bytes(uint32x4_t s, uint8x16_t v)
{
	return vpadalq_u16(s, vpaddlq_u8(v));
}

static uint32_t sum(const uint8_t *row, int32_t width)
{
	uint32x4_t s = vdupq_n_u32(0);
	int32_t x = 0;
	for (; x + 16 <= width; x += 16)
		s = add_bytes(s, vld1q_u8(row + x));
	if (x < width && width >= 16) {
		s = add_bytes(s, vandq_u8(vld1q_u8(row + width - 16), bytes_from(x - (width - 16))));
		x = width;
	}
	uint32_t all = vaddvq_u32(s);
	for (; x < width; x++)
		all += row[x];
	return all;
}

static inline uint32x4_t add_squares(uint32x4_t s, uint8x16_t d)
{
	s = vpadalq_u16(s, vmull_u8(vget_low_u8(d), vget_low_u8(d)));
	return vpadalq_u16(s, vmull_u8(vget_high_u8(d), vget_high_u8(d)));
}

static uint32_t energy(const uint8_t *row, int32_t width)
{
	uint32x4_t s = vdupq_n_u32(0);
	int32_t x = 1;
	for (; x + 16 <= width; x += 16)
		s = add_squares(s, vabdq_u8(vld1q_u8(row + x), vld1q_u8(row + x - 1)));
	if (x < width && width >= 17) {
		uint8x16_t d = vabdq_u8(vld1q_u8(row + width - 16), vld1q_u8(row + width - 17));
		s = add_squares(s, vandq_u8(d, bytes_from(x - (width - 16))));
		x = width;
	}
	return vaddvq_u32(s) + energy_from(row, x, width);
}

static inline uint8x8_t halve_8(const uint8_t *a, const uint8_t *b)
{
	return vrshrn_n_u16(vpadalq_u8(vpaddlq_u8(vld1q_u8(a)), vld1q_u8(b)), 2);
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
		vst1q_u8(out + x, vcombine_u8(halve_8(a + 2 * x, b + 2 * x), halve_8(a + 2 * x + 16, b + 2 * x + 16)));
		if (x == last)
			return;
	}
}

/* Where it is neither black nor saturated. */
static inline uint8x16_t grey(uint8x16_t v)
{
	return vandq_u8(vcgeq_u8(v, vdupq_n_u8(OKNG_LIGHT_BLACK)), vcleq_u8(v, vdupq_n_u8(OKNG_LIGHT_WHITE)));
}

static void light_sums(const uint8_t *a, const uint8_t *b, int32_t width, uint32_t sums[2])
{
	uint32x4_t sa = vdupq_n_u32(0), sb = sa;
	int32_t x = 0;
	for (; x < width && width >= 16; x += 16) {
		int32_t at = x + 16 <= width ? x : width - 16;
		uint8x16_t va = vld1q_u8(a + at), vb = vld1q_u8(b + at);
		uint8x16_t use = vandq_u8(vandq_u8(grey(va), grey(vb)), bytes_from(x - at));
		sa = add_bytes(sa, vandq_u8(va, use));
		sb = add_bytes(sb, vandq_u8(vb, use));
	}
	sums[0] = vaddvq_u32(sa);
	sums[1] = vaddvq_u32(sb);
	light_sums_from(a, b, x, width, sums);
}

static inline uint8x8_t light_8(uint8x8_t v, uint16_t gain)
{
	uint16x8_t wide = vmovl_u8(v);
	uint16x4_t lo = vrshrn_n_u32(vmull_n_u16(vget_low_u16(wide), gain), 12);
	uint16x4_t hi = vrshrn_n_u32(vmull_n_u16(vget_high_u16(wide), gain), 12);
	return vqmovn_u16(vcombine_u16(lo, hi));
}

static inline uint8x16_t light_step(const uint8_t *p, const uint8_t *reference, uint16_t gain)
{
	uint8x16_t v = vld1q_u8(p), white = vceqq_u8(v, vdupq_n_u8(255));
	uint8x16_t out = vcombine_u8(light_8(vget_low_u8(v), gain), light_8(vget_high_u8(v), gain));
	return vmaxq_u8(out, vandq_u8(white, vld1q_u8(reference)));
}

static void light(uint8_t *row, const uint8_t *reference, uint32_t gain, int32_t width)
{
	int32_t last = width - 16;
	if (last < 0) {
		for (int32_t x = 0; x < width; x++)
			row[x] = light_at(row[x], reference[x], gain);
		return;
	}
	uint8x16_t end = light_step(row + last, reference + last, (uint16_t)gain);
	for (int32_t x = 0; x < last; x += 16)
		vst1q_u8(row + x, light_step(row + x, reference + x, (uint16_t)gain));
	vst1q_u8(row + last, end);
}

/* Places and sums of a step: even pixels [0], odd ones [1]; the left taps [0], the right ones [1]. */
struct step {
	int16x8_t wx[2], y[2], sum[2][2];
};

static inline int16x8_t add_16(const uint16_t *p, uint16_t v)
{
	return vreinterpretq_s16_u16(vaddq_u16(vld1q_u16(p), vdupq_n_u16(v)));
}

static inline struct step step_at(const struct okng_resample_run *run, int32_t x, int32_t row)
{
	uint16_t fx = run->fx, fy = (uint16_t)(run->fy - row * 8192);
	int odd = x & 1;
	const uint16_t *wx[2] = {run->wx[odd] + (x >> 1), run->wx[!odd] + ((x + 1) >> 1)};
	const uint16_t *wy[2] = {run->wy[odd] + (x >> 1), run->wy[!odd] + ((x + 1) >> 1)};
	int16x8_t zero = vdupq_n_s16(0);
	return (struct step){
		.wx = {add_16(wx[0], fx), add_16(wx[1], fx)},
		.y = {add_16(wy[0], fy), add_16(wy[1], fy)},
		.sum = {{zero, zero}, {zero, zero}},
	};
}

static inline int16x8_t less(int16x8_t a, int16x8_t b)
{
	return vreinterpretq_s16_u16(vqsubq_u16(vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b)));
}

/* Weight of row i of `rows`: how near to it y is. There are short ways for few rows, and for the outermost. */
static inline int16x8_t near(int16x8_t y, int i, int rows, int middle)
{
	int16x8_t one = vdupq_n_s16(8192);
	if (rows == 2)
		return i ? y : vsubq_s16(one, y);
	if (middle == 0 && i == 0)
		return less(one, y);
	if (middle == 0 && i == rows - 1)
		return less(y, vdupq_n_s16((int16_t)((rows - 2) * 8192)));
	if (rows == 3)
		return vsubq_s16(vsubq_s16(one, less(one, y)), less(y, one));
	return less(one, vqabsq_s16(vqaddq_s16(y, vdupq_n_s16((int16_t)((middle - i) * 8192)))));
}

/* Twice (tap / 2) × weight / 2^16. */
static inline void add_row(struct step *s, const uint8_t *p, int16x8_t even, int16x8_t odd)
{
	uint16x8_t here = vreinterpretq_u16_u8(vld1q_u8(p)), next = vreinterpretq_u16_u8(vld1q_u8(p + 1)), mask = vdupq_n_u16(0x7f80);
	int16x8_t tap0 = vreinterpretq_s16_u16(vshrq_n_u16(vshlq_n_u16(here, 8), 1));
	int16x8_t tap1 = vreinterpretq_s16_u16(vandq_u16(vshrq_n_u16(here, 1), mask));
	int16x8_t tap2 = vreinterpretq_s16_u16(vandq_u16(vshrq_n_u16(next, 1), mask));
	s->sum[0][0] = vaddq_s16(s->sum[0][0], vqdmulhq_s16(tap0, even));
	s->sum[0][1] = vaddq_s16(s->sum[0][1], vqdmulhq_s16(tap1, even));
	s->sum[1][0] = vaddq_s16(s->sum[1][0], vqdmulhq_s16(tap1, odd));
	s->sum[1][1] = vaddq_s16(s->sum[1][1], vqdmulhq_s16(tap2, odd));
}

static inline uint16x8_t across(int16x8_t left, int16x8_t right, int16x8_t wx)
{
	int16x8_t v = vaddq_s16(left, vqrdmulhq_s16(vsubq_s16(right, left), wx));
	return vreinterpretq_u16_s16(vrshrq_n_s16(v, 5));
}

static inline void put(const struct step *s, uint8_t *out)
{
	uint16x8_t even = across(s->sum[0][0], s->sum[0][1], s->wx[0]), odd = across(s->sum[1][0], s->sum[1][1], s->wx[1]);
	vst1q_u8(out, vreinterpretq_u8_u16(vorrq_u16(even, vshlq_n_u16(odd, 8))));
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

void okng_kernels_init_frame_neon(struct okng_kernels *k)
{
	k->correct = correct;
	k->sum = sum;
	k->energy = energy;
	k->halve = halve;
	k->light_sums = light_sums;
	k->light = light;
	k->resample = resample;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * NEON of 64-bit ARM: 16 pixels or 128 bits at a time, in the ways that kernels_avx2.c explains.
 */
#include <arm_neon.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_parts.h"

/* The pixels of three rows at x - 1, x and x + 1. */
struct square {
	uint8x16_t l[3], m[3], r[3];
};

static inline uint16x8_t column(uint8x8_t a, uint8x8_t b, uint8x8_t c)
{
	return vmlal_u8(vaddl_u8(a, c), b, vdup_n_u8(2));
}

static inline uint8x8_t row(uint16x8_t l, uint16x8_t m, uint16x8_t r)
{
	return vrshrn_n_u16(vaddq_u16(vaddq_u16(l, r), vaddq_u16(m, m)), 4);
}

static inline uint8x16_t gauss(const struct square *s)
{
	uint16x8_t l = column(vget_low_u8(s->l[0]), vget_low_u8(s->l[1]), vget_low_u8(s->l[2]));
	uint16x8_t m = column(vget_low_u8(s->m[0]), vget_low_u8(s->m[1]), vget_low_u8(s->m[2]));
	uint16x8_t r = column(vget_low_u8(s->r[0]), vget_low_u8(s->r[1]), vget_low_u8(s->r[2]));
	uint8x8_t low = row(l, m, r);
	l = column(vget_high_u8(s->l[0]), vget_high_u8(s->l[1]), vget_high_u8(s->l[2]));
	m = column(vget_high_u8(s->m[0]), vget_high_u8(s->m[1]), vget_high_u8(s->m[2]));
	r = column(vget_high_u8(s->r[0]), vget_high_u8(s->r[1]), vget_high_u8(s->r[2]));
	return vcombine_u8(low, row(l, m, r));
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 18) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at(a, b, c, 0, width);
	out[width - 1] = gauss_at(a, b, c, width - 1, width);
	for (int32_t x = 1;;) {
		struct square s = {
			{vld1q_u8(a + x - 1), vld1q_u8(b + x - 1), vld1q_u8(c + x - 1)},
			{vld1q_u8(a + x), vld1q_u8(b + x), vld1q_u8(c + x)},
			{vld1q_u8(a + x + 1), vld1q_u8(b + x + 1), vld1q_u8(c + x + 1)},
		};
		vst1q_u8(out + x, gauss(&s));
		if (x == width - 17)
			return;
		x = x + 16 < width - 17 ? x + 16 : width - 17;
	}
}

/* One bit of each of 64 bytes that are 0 or 255. */
static inline uint64_t bits(const uint8x16_t v[4])
{
	static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t w = vld1q_u8(weights);
	uint8x16_t s0 = vpaddq_u8(vandq_u8(v[0], w), vandq_u8(v[1], w)), s1 = vpaddq_u8(vandq_u8(v[2], w), vandq_u8(v[3], w));
	uint8x16_t s = vpaddq_u8(s0, s1);
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(s, s)), 0);
}

/* 64 pixels against their bounds. */
static inline uint64_t band_word(const uint8x16_t v[4], const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	uint8x16_t d[4], b[4];
	for (int i = 0; i < 4; i++) {
		d[i] = vcltq_u8(v[i], vld1q_u8(lower + 16 * i));
		b[i] = vcgtq_u8(v[i], vld1q_u8(upper + 16 * i));
	}
	*dark = bits(d);
	*bright = bits(b);
	return *dark | *bright;
}

static inline uint64_t band_at(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	const uint8x16_t v[4] = {vld1q_u8(value), vld1q_u8(value + 16), vld1q_u8(value + 32), vld1q_u8(value + 48)};
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

static inline uint8x16_t average(uint8x16_t a, uint8x16_t b, uint8x16_t c)
{
	return vrhaddq_u8(vrhaddq_u8(a, c), b);
}

/* Nonzero where a pixel may be out of its bounds. */
static inline uint8x16_t doubt(const struct square *s, const uint8_t *lower, const uint8_t *upper)
{
	uint8x16_t most = average(average(s->l[0], s->l[1], s->l[2]), average(s->m[0], s->m[1], s->m[2]), average(s->r[0], s->r[1], s->r[2]));
	uint8x16_t least = vqsubq_u8(most, vdupq_n_u8(1));
	return vorrq_u8(vcltq_u8(least, vld1q_u8(lower)), vcgtq_u8(most, vld1q_u8(upper)));
}

/* The word at x; first and last: there is nothing left of it, or right. */
static inline uint64_t gauss3_band_word(const uint8_t *const rows[3], int32_t x, bool first, bool last, const uint8_t *lower,
	const uint8_t *upper, uint64_t *dark, uint64_t *bright)
{
	struct square s[4];
	uint8x16_t d = vdupq_n_u8(0), v[4];
	for (int j = 0; j < 4; j++) {
		for (int i = 0; i < 3; i++) {
			const uint8_t *p = rows[i] + x + 16 * j;
			s[j].m[i] = vld1q_u8(p);
			s[j].l[i] = first && j == 0 ? vextq_u8(vdupq_n_u8(p[0]), s[j].m[i], 15) : vld1q_u8(p - 1);
			s[j].r[i] = last && j == 3 ? vextq_u8(s[j].m[i], vdupq_n_u8(p[15]), 1) : vld1q_u8(p + 1);
		}
		d = vorrq_u8(d, doubt(&s[j], lower + x + 16 * j, upper + x + 16 * j));
	}
	if (vmaxvq_u8(d) == 0)
		return *dark = *bright = 0;
	for (int j = 0; j < 4; j++)
		v[j] = gauss(&s[j]);
	return band_word(v, lower + x, upper + x, dark, bright);
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
	if (x == 0) {
		any |= gauss3_band_word(rows, 0, true, width == 64, lower, upper, dark++, bright++);
		x = 64;
	}
	for (; x + 64 <= x1 && x + 64 < width; x += 64)
		any |= gauss3_band_word(rows, x, false, false, lower, upper, dark++, bright++);
	if (x < x1) { /* the last 64 pixels, of which some may have been done */
		int32_t at = width - 64, done = x - at;
		gauss3_band_word(rows, at, false, true, lower, upper, dark, bright);
		*dark >>= done;
		*bright >>= done;
		any |= *dark | *bright;
	}
	return any;
}

static inline uint16x8_t column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c)
{
	return vmlaq_n_u16(vaddq_u16(vld1q_u16(a), vld1q_u16(c)), vld1q_u16(b), 2);
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 10) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at_16(a, b, c, 0, width);
	out[width - 1] = gauss_at_16(a, b, c, width - 1, width);
	for (int32_t x = 1;;) {
		uint16x8_t l = column_16(a + x - 1, b + x - 1, c + x - 1), m = column_16(a + x, b + x, c + x);
		uint16x8_t sum = vaddq_u16(vaddq_u16(l, column_16(a + x + 1, b + x + 1, c + x + 1)), vaddq_u16(m, m));
		vst1q_u16(out + x, vshrq_n_u16(vaddq_u16(sum, vdupq_n_u16(8)), 4));
		if (x == width - 9)
			return;
		x = x + 8 < width - 9 ? x + 8 : width - 9;
	}
}

static inline uint64_t band_word_16(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright)
{
	uint8x16_t d[4], b[4];
	for (int i = 0; i < 4; i++) {
		int32_t x = 16 * i;
		uint16x8_t v0 = vld1q_u16(value + x), v1 = vld1q_u16(value + x + 8);
		d[i] = vcombine_u8(vmovn_u16(vcltq_u16(v0, vld1q_u16(lower + x))), vmovn_u16(vcltq_u16(v1, vld1q_u16(lower + x + 8))));
		b[i] = vcombine_u8(vmovn_u16(vcgtq_u16(v0, vld1q_u16(upper + x))), vmovn_u16(vcgtq_u16(v1, vld1q_u16(upper + x + 8))));
	}
	*dark = bits(d);
	*bright = bits(b);
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

static inline uint64x2_t and3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return vandq_u64(vandq_u64(vld1q_u64(a), vld1q_u64(c)), vld1q_u64(b));
}

static inline uint64x2_t or3(const uint64_t *a, const uint64_t *b, const uint64_t *c)
{
	return vorrq_u64(vorrq_u64(vld1q_u64(a), vld1q_u64(c)), vld1q_u64(b));
}

/* Words whose neighbours are whole words of the row go two at a time, the others one by one. A negative shift is one to
 * the right. */
static void erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	int64x2_t up = vdupq_n_s64(step), down = vdupq_n_s64(-step), rest_up = vdupq_n_s64(64 - step), rest_down = vdupq_n_s64(step - 64);
	out[i] = erode_at(a, b, c, i, width, step);
	for (i = 1; i + 3 < words; i += 2) {
		uint64x2_t before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		uint64x2_t here = and3(a + i, b + i, c + i);
		uint64x2_t left = vorrq_u64(vshlq_u64(here, up), vshlq_u64(before, rest_down));
		uint64x2_t right = vorrq_u64(vshlq_u64(here, down), vshlq_u64(next, rest_up));
		vst1q_u64(out + i, vandq_u64(here, vandq_u64(left, right)));
	}
	for (; i < words; i++)
		out[i] = erode_at(a, b, c, i, width, step);
}

static void dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i = 0;
	int64x2_t up = vdupq_n_s64(step), down = vdupq_n_s64(-step), rest_up = vdupq_n_s64(64 - step), rest_down = vdupq_n_s64(step - 64);
	out[i] = dilate_at(a, b, c, i, width, step);
	for (i = 1; i + 3 < words; i += 2) {
		uint64x2_t before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		uint64x2_t here = or3(a + i, b + i, c + i);
		uint64x2_t left = vorrq_u64(vshlq_u64(here, up), vshlq_u64(before, rest_down));
		uint64x2_t right = vorrq_u64(vshlq_u64(here, down), vshlq_u64(next, rest_up));
		vst1q_u64(out + i, vorrq_u64(here, vorrq_u64(left, right)));
	}
	for (; i < words; i++)
		out[i] = dilate_at(a, b, c, i, width, step);
}

void okng_kernels_init_neon(struct okng_kernels *k)
{
	k->cpu = OKNG_CPU_NEON;
	k->gauss3 = gauss3;
	k->band = band;
	k->gauss3_band = gauss3_band;
	k->gauss3_16 = gauss3_16;
	k->band_16 = band_16;
	k->erode = erode;
	k->dilate = dilate;
}

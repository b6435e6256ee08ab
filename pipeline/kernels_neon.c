/* SPDX-License-Identifier: Apache-2.0
 *
 * NEON of 64-bit ARM: 16 pixels or 128 bits at a time, in the ways that kernels_avx2.c explains.
 */
#include <arm_neon.h>

#include "pipeline/kernels.h"
#include "pipeline/kernels_parts.h"

static inline uint16x8_t sums(uint8x8_t a, uint8x8_t b, uint8x8_t c)
{
	return vmlal_u8(vaddl_u8(a, c), b, vdup_n_u8(2));
}

static inline uint16x8_t sums_low(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
	return sums(vld1_u8(a), vld1_u8(b), vld1_u8(c));
}

static inline uint8x8_t row(uint16x8_t l, uint16x8_t m, uint16x8_t r)
{
	return vrshrn_n_u16(vaddq_u16(vaddq_u16(l, r), vaddq_u16(m, m)), 4);
}

/* Of 16 pixels, with one more on either side. */
static inline uint8x16_t gauss_inside(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
	uint8x8_t low = row(sums_low(a - 1, b - 1, c - 1), sums_low(a, b, c), sums_low(a + 1, b + 1, c + 1));
	uint8x8_t high = row(sums_low(a + 7, b + 7, c + 7), sums_low(a + 8, b + 8, c + 8), sums_low(a + 9, b + 9, c + 9));
	return vcombine_u8(low, high);
}

static void gauss3(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, int32_t width)
{
	if (width < 18) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at(a, b, c, x, width);
		return;
	}
	out[0] = gauss_at(a, b, c, 0, width);
	vst1q_u8(out + 1, gauss_inside(a + 1, b + 1, c + 1));
	for (int32_t x = 16; x < width - 17; x += 16)
		vst1q_u8(out + x, gauss_inside(a + x, b + x, c + x));
	vst1q_u8(out + width - 17, gauss_inside(a + width - 17, b + width - 17, c + width - 17));
	out[width - 1] = gauss_at(a, b, c, width - 1, width);
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

/* 64 pixels, exactly. */
static uint64_t gauss3_band_word(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
	uint64_t *bright, int32_t x, int32_t width)
{
	const uint8_t *a = rows[0] + x, *b = rows[1] + x, *c = rows[2] + x;
	if (x > 0 && x + 64 < width) {
		const uint8x16_t v[4] = {gauss_inside(a, b, c), gauss_inside(a + 16, b + 16, c + 16), gauss_inside(a + 32, b + 32, c + 32),
			gauss_inside(a + 48, b + 48, c + 48)};
		return band_word(v, lower + x, upper + x, dark, bright);
	}
	uint8_t value[66];
	int32_t left = x > 0, right = x + 64 < width;
	gauss3(a - left, b - left, c - left, value, left + 64 + right);
	return band_at(value + left, lower + x, upper + x, dark, bright);
}

static inline uint8x16_t average(uint8x16_t a, uint8x16_t b, uint8x16_t c)
{
	return vrhaddq_u8(vrhaddq_u8(a, c), b);
}

static inline uint8x16_t column(const uint8_t *const rows[3], int32_t x)
{
	return average(vld1q_u8(rows[0] + x), vld1q_u8(rows[1] + x), vld1q_u8(rows[2] + x));
}

/* One column, of which a neighbour sees only its nearest byte. */
static inline uint8x16_t edge(const uint8_t *const rows[3], int32_t x)
{
	return average(vdupq_n_u8(rows[0][x]), vdupq_n_u8(rows[1][x]), vdupq_n_u8(rows[2][x]));
}

/* Nonzero where a pixel may be out of its bounds: from the columns at x - 16, x and x + 16. */
static inline uint8x16_t doubt(uint8x16_t before, uint8x16_t here, uint8x16_t next, const uint8_t *lower, const uint8_t *upper)
{
	uint8x16_t most = average(vextq_u8(before, here, 15), here, vextq_u8(here, next, 1));
	uint8x16_t least = vqsubq_u8(most, vdupq_n_u8(1));
	return vorrq_u8(vqsubq_u8(vld1q_u8(lower), least), vqsubq_u8(most, vld1q_u8(upper)));
}

/* Of 64 pixels, whose first column is `here`; sets before to their last and here to what comes next. */
static inline bool any_doubt(const uint8_t *const rows[3], int32_t x, const uint8_t *lower, const uint8_t *upper,
	uint8x16_t *before, uint8x16_t *here, uint8x16_t next)
{
	uint8x16_t c1 = column(rows, x + 16), c2 = column(rows, x + 32), c3 = column(rows, x + 48);
	uint8x16_t d0 = doubt(*before, *here, c1, lower + x, upper + x), d1 = doubt(*here, c1, c2, lower + x + 16, upper + x + 16);
	uint8x16_t d2 = doubt(c1, c2, c3, lower + x + 32, upper + x + 32), d3 = doubt(c2, c3, next, lower + x + 48, upper + x + 48);
	uint8x16_t d = vorrq_u8(vorrq_u8(d0, d1), vorrq_u8(d2, d3));
	*before = c3;
	*here = next;
	return vmaxvq_u8(d) != 0;
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
	if (x + 80 <= width) {
		uint8x16_t before = edge(rows, x > 0 ? x - 1 : 0), here = column(rows, x);
		for (; x + 64 <= x1 && x + 80 <= width; x += 64) {
			*dark++ = *bright++ = 0;
			if (any_doubt(rows, x, lower, upper, &before, &here, column(rows, x + 64)))
				any |= gauss3_band_word(rows, lower, upper, dark - 1, bright - 1, x, width);
		}
	}
	for (; x < x1; x += 64) { /* the last word ends with the row: some of its pixels may have been done */
		int32_t done = x + 64 > width ? x + 64 - width : 0, at = x - done;
		uint8x16_t before = edge(rows, at > 0 ? at - 1 : 0), here = column(rows, at);
		*dark = *bright = 0;
		if (any_doubt(rows, at, lower, upper, &before, &here, edge(rows, at + 64 < width ? at + 64 : width - 1)))
			gauss3_band_word(rows, lower, upper, dark, bright, at, width);
		any |= (*dark++ >>= done) | (*bright++ >>= done);
	}
	return any;
}

static inline uint16x8_t column_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	return vmlaq_n_u16(vaddq_u16(vld1q_u16(a + x), vld1q_u16(c + x)), vld1q_u16(b + x), 2);
}

static inline uint16x8_t edge_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, int32_t x)
{
	return vdupq_n_u16((uint16_t)(a[x] + 2 * b[x] + c[x]));
}

static inline uint16x8_t gauss_16(uint16x8_t before, uint16x8_t here, uint16x8_t next)
{
	uint16x8_t sum = vaddq_u16(vaddq_u16(vextq_u16(before, here, 7), vextq_u16(here, next, 1)), vaddq_u16(here, here));
	return vshrq_n_u16(vaddq_u16(sum, vdupq_n_u16(8)), 4);
}

static void gauss3_16(const uint16_t *a, const uint16_t *b, const uint16_t *c, uint16_t *out, int32_t width)
{
	if (width < 8) {
		for (int32_t x = 0; x < width; x++)
			out[x] = gauss_at_16(a, b, c, x, width);
		return;
	}
	uint16x8_t before = edge_16(a, b, c, 0), here = column_16(a, b, c, 0);
	int32_t x = 0;
	for (; x + 16 <= width; x += 8) {
		uint16x8_t next = column_16(a, b, c, x + 8);
		vst1q_u16(out + x, gauss_16(before, here, next));
		before = here;
		here = next;
	}
	vst1q_u16(out + x, gauss_16(before, here, edge_16(a, b, c, x + 8 < width ? x + 8 : width - 1)));
	x = width - 8;
	vst1q_u16(out + x, gauss_16(edge_16(a, b, c, x > 0 ? x - 1 : 0), column_16(a, b, c, x), edge_16(a, b, c, width - 1)));
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
static bool erode(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	int64x2_t up = vdupq_n_s64(step), down = vdupq_n_s64(-step), rest_up = vdupq_n_s64(64 - step), rest_down = vdupq_n_s64(step - 64);
	uint64_t any = out[0] = erode_at(a, b, c, 0, width, step);
	uint64x2_t set = vdupq_n_u64(0);
	for (i = 1; i + 3 < words; i += 2) {
		uint64x2_t before = and3(a + i - 1, b + i - 1, c + i - 1), next = and3(a + i + 1, b + i + 1, c + i + 1);
		uint64x2_t here = and3(a + i, b + i, c + i);
		uint64x2_t left = vorrq_u64(vshlq_u64(here, up), vshlq_u64(before, rest_down));
		uint64x2_t right = vorrq_u64(vshlq_u64(here, down), vshlq_u64(next, rest_up));
		here = vandq_u64(here, vandq_u64(left, right));
		vst1q_u64(out + i, here);
		set = vorrq_u64(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = erode_at(a, b, c, i, width, step);
	return any || (vgetq_lane_u64(set, 0) | vgetq_lane_u64(set, 1));
}

static bool dilate(const uint64_t *a, const uint64_t *b, const uint64_t *c, uint64_t *out, int32_t width, int step)
{
	int32_t words = (width + 63) / 64, i;
	int64x2_t up = vdupq_n_s64(step), down = vdupq_n_s64(-step), rest_up = vdupq_n_s64(64 - step), rest_down = vdupq_n_s64(step - 64);
	uint64_t any = out[0] = dilate_at(a, b, c, 0, width, step);
	uint64x2_t set = vdupq_n_u64(0);
	for (i = 1; i + 3 < words; i += 2) {
		uint64x2_t before = or3(a + i - 1, b + i - 1, c + i - 1), next = or3(a + i + 1, b + i + 1, c + i + 1);
		uint64x2_t here = or3(a + i, b + i, c + i);
		uint64x2_t left = vorrq_u64(vshlq_u64(here, up), vshlq_u64(before, rest_down));
		uint64x2_t right = vorrq_u64(vshlq_u64(here, down), vshlq_u64(next, rest_up));
		here = vorrq_u64(here, vorrq_u64(left, right));
		vst1q_u64(out + i, here);
		set = vorrq_u64(set, here);
	}
	for (; i < words; i++)
		any |= out[i] = dilate_at(a, b, c, i, width, step);
	return any || (vgetq_lane_u64(set, 0) | vgetq_lane_u64(set, 1));
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * The per-pixel kernels: integers only, any width from 1, any alignment that the type allows, tails inside; every
 * instruction set gives the bits that C gives. They read and write what their contract names and no byte beyond:
 * a camera's buffer may end where the page does. Outputs overlap no input, unless a kernel says that they may.
 * kernels.c alone knows the implementations.
 */
#ifndef OKNG_PIPELINE_KERNELS_H
#define OKNG_PIPELINE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/cpu.h"
#include "pipeline/image.h"

#define OKNG_LIGHT_BLACK 4   /* grey levels beyond these say nothing about the light */
#define OKNG_LIGHT_WHITE 251

/* A stretch of a row whose left taps lie at a constant distance in the frame: that of pixel x is in column x + shift.
 * Pixel x lies at column x + shift + (wx(x) + fx) / 2^15 and at row (okng_resample_y) / 2^13; wx and wy are 16 bits of
 * longer numbers, reckoned modulo 2^16: of even pixels in [0][x / 2], of odd ones in [1][x / 2]. */
struct okng_resample_run {
	const uint8_t *data; /* of the frame */
	ptrdiff_t stride;
	int32_t height;
	int32_t shift;
	const uint16_t *wx[2], *wy[2];
	uint16_t fx;
	int32_t fy;   /* row of pixel 0 in 1/2^13 */
	int64_t step; /* rows from pixel to pixel in 1/2^32; its size is at most 2^32 */
	int ahead;    /* rows to the one worth prefetching for calls to come */
};

struct okng_brown; /* brown.h */

#define OKNG_PATTERN_BEYOND 4

/* Row of pixel x in 1/2^13. */
static inline int32_t okng_resample_y(const struct okng_resample_run *run, int32_t x)
{
	return run->fy + (int32_t)((x * run->step + (1 << 18)) >> 19);
}

#define OKNG_WARP_STEP 8    /* pixels between two places of a row */
#define OKNG_WARP_ROWS 16   /* rows between two rows of nodes */
#define OKNG_WARP_FAR 512   /* pixels */
#define OKNG_WARP_BEYOND 16 /* places past a row's end that may be read */
#define OKNG_WARP_SIDE_MAX (OKNG_IMAGE_SIDE_MAX / OKNG_WARP_STEP + 1)

/* A row whose pixels lie anywhere in the frame: x[i], y[i] are column and row of pixel 8i in 1/2^16, and between two of
 * them places go in a straight line. Of pixel 8i + j the column is (X + j·dx) / 2^12, of which 7 bits of the fraction count, with
 * X = (x[i] + 264) >> 4 and dx = (x[i + 1] - x[i] + 64) >> 7; the row is (Y + j·dy) / 2^13 with Y = (y[i] + 4) >> 3 and
 * dy = (y[i + 1] - y[i] + 32) >> 6. */
struct okng_warp_row {
	const uint8_t *data; /* of the frame */
	ptrdiff_t stride;
	int32_t width, height;
	const int32_t *x, *y; /* OKNG_WARP_BEYOND more than there are */
	bool roomy;           /* no place lies in the frame's last 5 rows */
};

/* A strip of 2 · OKNG_WARP_ROWS rows: of each node in its first row the place, what it moves to the next row of nodes,
 * and how much less it moved than from there to the one after; in 1/2^16. */
struct okng_warp_strip {
	int32_t *at, *first, *second;
};

/* A picture, at a pose: the point (u, v), in 1/1024 pixel from the part's centre, falls on
 * (ox + (c·u + s·v) / 2^30, oy + (c·v - s·u) / 2^30), in 1/1024 pixel; it is rounded to 1/256. With a lens
 * that is a place in the undistorted picture, and what the lens makes of it is rounded to 1/256. */
struct okng_sampler {
	const uint8_t *data;
	ptrdiff_t stride;
	int32_t width, height;
	int64_t c, s, ox, oy;
	const struct okng_brown *lens; /* of this size of picture; NULL: none */
};

struct okng_kernels {
	enum okng_cpu cpu; /* the best instruction set that any of them uses */

	/* 3×3 Gauss (1 2 1)²/16, rounded (+8), of three rows into one; left and right pixels are repeated outward. */
	void (*gauss3)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, int32_t width);

	/* Bit x of dark: value < lower; of bright: value > upper. (width + 63) / 64 words each, tail bits zero. Returns
	 * whether any bit is set. */
	bool (*band)(const uint8_t *value, const uint8_t *lower, const uint8_t *upper, uint64_t *dark, uint64_t *bright,
		int32_t width);

	/* gauss3, then band, of the pixels [x0, x1) of rows of `width` pixels; the smoothed row is stored nowhere. x0 is a
	 * multiple of 64, x1 is a multiple of 64 or the width, x0 < x1. All pointers are to pixel 0: neighbours of x0 and
	 * x1 - 1 are seen where there are any. Writes the words x0 / 64 to (x1 - 1) / 64 of dark and bright and no other.
	 * Returns whether any bit of them is set. Fastest where few pixels are within one level of their bounds or beyond. */
	bool (*gauss3_band)(const uint8_t *const rows[3], const uint8_t *lower, const uint8_t *upper, uint64_t *dark,
		uint64_t *bright, int32_t width, int32_t x0, int32_t x1);

	/* The same for 12 bits in 16, native byte order; gauss3_16 takes values up to 4095 and reckons modulo 65536. */
	void (*gauss3_16)(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint16_t *out, int32_t width);
	bool (*band_16)(const uint16_t *value, const uint16_t *lower, const uint16_t *upper, uint64_t *dark, uint64_t *bright,
		int32_t width);

	/* One step of a square over bit rows of (width + 63) / 64 words: and (erode) or or (dilate) of the nine bits at
	 * {-step, 0, step} in x and in the rows above (y - step), row and below (y + step); step is 1 to 63. Beyond left
	 * and right: set for erode, clear for dilate. Bits past the width are zero, before and after. Returns whether any is set. */
	bool (*erode)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width, int step);
	bool (*dilate)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t width, int step);

	/* --- the window of a local threshold --- */

	/* columns[x] += in[x] - out[x], modulo 65536. */
	void (*slide)(uint16_t *columns, const uint8_t *in, const uint8_t *out, int32_t width);

	/* sums[x] = sum of the columns left of x, for x from 0 to width. */
	void (*running)(const uint16_t *columns, uint32_t *sums, int32_t width);

	/* (sums[x + span] - sums[x]) / pixels, rounded, the difference at most 255 × pixels and that at most 65025; reads
	 * sums[0] to sums[width - 1 + span]. */
	void (*box_mean)(const uint32_t *sums, int32_t span, uint32_t pixels, uint8_t *out, int32_t width);

	/* lower = mean - dark, upper = mean + bright, clipped to 0 and 255; dark or bright 0: a bound that nothing leaves. */
	void (*margins)(const uint8_t *mean, uint8_t dark, uint8_t bright, uint8_t *lower, uint8_t *upper, int32_t width);

	/* --- the frame: flat field, image check, pyramid, light; rows of at most OKNG_IMAGE_SIDE_MAX pixels --- */

	/* min(255, (in - dark, clipped at 0) × gain / 4096, rounded). out may be in. */
	void (*correct)(const uint8_t *in, const uint8_t *dark, const uint16_t *gain, uint8_t *out, int32_t width);

	/* Sum of the greys; sum of the squared differences of neighbours. */
	uint32_t (*sum)(const uint8_t *row, int32_t width);
	uint32_t (*energy)(const uint8_t *row, int32_t width);

	/* 2×2 means, rounded (+2), of two rows of 2 × width pixels into one of width. */
	void (*halve)(const uint8_t *a, const uint8_t *b, uint8_t *out, int32_t width);

	/* Sums of a and of b over the pixels where both are within OKNG_LIGHT_BLACK and OKNG_LIGHT_WHITE. */
	void (*light_sums)(const uint8_t *a, const uint8_t *b, int32_t width, uint32_t sums[2]);

	/* In place: min(255, value × gain / 4096, rounded). gain is at most 8192. White (255) may have been brighter still, and
	 * where the reference is, becomes the reference. */
	void (*light)(uint8_t *row, const uint8_t *reference, uint32_t gain, int32_t width);

	/* Bilinear interpolation of the pixels [x0, x1) of a run into out[x0] to out[x1 - 1]. Both columns of each lie in the
	 * frame, and its upper row; its lower, too, where the row has a fraction. */
	void (*resample)(const struct okng_resample_run *run, int32_t x0, int32_t x1, uint8_t *out);

	/* --- a frame seen through a lens --- */

	/* Nodes 0 to n - 1 of a row, n at most OKNG_WARP_SIDE_MAX: the point start + i·step of the undistorted picture, in pixels, as
	 * it falls into the frame, in 1/2^16 pixel, cut off OKNG_WARP_FAR pixels beyond the frame; less half of what a straight line
	 * from node to node is off in the middle. */
	void (*warp_nodes)(const struct okng_brown *lens, const double start[2], const double step[2], int32_t n, int32_t *x, int32_t *y);

	/* The parabolas of n columns through three rows of nodes; none moves faster than 4 pixels a row. */
	void (*warp_strip)(const int32_t *const nodes[3], int32_t n, const struct okng_warp_strip *strip);

	/* Row t of a strip, n columns, at least 2. range: least and largest of all but the last. */
	void (*warp_places)(const struct okng_warp_strip *strip, int32_t t, int32_t n, int32_t *places, int32_t range[2]);

	/* Bilinear interpolation of the pixels [x0, x1) of a row into out[x0] to out[x1 - 1]; all lie in the frame: column and row
	 * are 0 at least and width - 1 and height - 1 at most. */
	void (*warp)(const struct okng_warp_row *row, int32_t x0, int32_t x1, uint8_t *out);

	/* --- single places --- */

	/* Greys at n points, 8.8, bilinear; -1: one of the pixels would be outside. */
	void (*sample)(const struct okng_sampler *sampler, const int32_t (*uv)[2], int32_t n, int32_t *grey);

	/* The same as seen through a 3×3 binomial: together four taps a side. */
	void (*smooth)(const struct okng_sampler *sampler, const int32_t (*uv)[2], int32_t n, int32_t *grey);

	/* --- two-level patterns --- */

	/* Bit x: value < level, level being 1 to 256; (width + 63) / 64 words, tail bits zero. */
	void (*below)(const uint8_t *value, int level, uint64_t *bits, int32_t width);

	/* Word by word: a and b, a without b; out may be either. */
	void (*both)(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words);
	void (*except)(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words);
	void (*either)(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words);

	/* out |= a | b; out is neither. */
	void (*join)(const uint64_t *a, const uint64_t *b, uint64_t *out, int32_t words);

	/* How many bits of a are set in b from bit `by` on, too, 0 to 63; reads words + 1 of b. */
	uint64_t (*overlap)(const uint64_t *a, const uint64_t *b, int by, int32_t words);

	/* Dilation of rows by one pixel to each side, by a plus and by a square of 3. The rows have a word before and after them
	 * that is read, too; bits beyond the last pixel come out as they fall. out is none of the rows. */
	void (*dilate_sides)(const uint64_t *row, uint64_t *out, int32_t words);
	void (*dilate_plus)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t words);
	void (*dilate_square)(const uint64_t *above, const uint64_t *row, const uint64_t *below, uint64_t *out, int32_t words);

	/* The row's bits from `by` on, 0 to 63; reads words + 1. */
	void (*shift)(const uint64_t *row, int by, uint64_t *out, int32_t words);

	/* How many bits of a differ from those of b from bit `by` on, 0 to 63, where the mask has a one: rows of so many words,
	 * strides in words, one mask for all. Up to OKNG_PATTERN_BEYOND words past a row of a or b are read. */
	uint64_t (*differ)(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int by, int32_t rows,
		const uint64_t *mask, int32_t words);

	/* How many bits of a and b differ in each half word, low half first, over 1 to 32 rows (strides in words): cells has
	 * room for 2 · words. Up to OKNG_PATTERN_BEYOND words past a row of a or b are read. */
	void (*differ_cells)(const uint64_t *a, ptrdiff_t a_stride, const uint64_t *b, ptrdiff_t b_stride, int rows, int32_t words,
		uint16_t *cells);

	/* least[x] = the lesser of itself and 256 · (sum over the 3 × 3 around x) + add; the row has neighbours on all sides,
	 * stride apart. */
	void (*keep_least)(const uint16_t *row, int32_t width, int32_t stride, uint32_t add, uint32_t *least);
};

/* The best set for a level, which the machine must have; never NULL. Static; any thread. */
const struct okng_kernels *okng_kernels_get(enum okng_cpu level);

/* For kernels.c: each sets what its instruction set does, over what is there already; C sets all. */
void okng_kernels_init_c(struct okng_kernels *k);
void okng_kernels_init_sse41(struct okng_kernels *k);
void okng_kernels_init_avx2(struct okng_kernels *k);
void okng_kernels_init_neon(struct okng_kernels *k);
void okng_kernels_init_local_c(struct okng_kernels *k);
void okng_kernels_init_local_sse41(struct okng_kernels *k);
void okng_kernels_init_local_avx2(struct okng_kernels *k);
void okng_kernels_init_local_neon(struct okng_kernels *k);
void okng_kernels_init_frame_c(struct okng_kernels *k);
void okng_kernels_init_frame_sse41(struct okng_kernels *k);
void okng_kernels_init_frame_avx2(struct okng_kernels *k);
void okng_kernels_init_frame_neon(struct okng_kernels *k);
void okng_kernels_init_points_c(struct okng_kernels *k);
void okng_kernels_init_points_sse41(struct okng_kernels *k);
void okng_kernels_init_points_neon(struct okng_kernels *k);
void okng_kernels_init_warp_c(struct okng_kernels *k);
void okng_kernels_init_warp_sse41(struct okng_kernels *k);
void okng_kernels_init_warp_avx2(struct okng_kernels *k);
void okng_kernels_init_warp_neon(struct okng_kernels *k);
void okng_kernels_init_lens_c(struct okng_kernels *k);
void okng_kernels_init_lens_sse41(struct okng_kernels *k);
void okng_kernels_init_lens_avx2(struct okng_kernels *k);
void okng_kernels_init_lens_neon(struct okng_kernels *k);
void okng_kernels_init_pattern_c(struct okng_kernels *k);
void okng_kernels_init_pattern_sse41(struct okng_kernels *k);
void okng_kernels_init_pattern_avx2(struct okng_kernels *k);
void okng_kernels_init_pattern_neon(struct okng_kernels *k);

#endif

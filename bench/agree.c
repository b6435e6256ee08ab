/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel that does not do what OpenCV does must not be compared with it.
 */
#include "bench/lab.h"

#include <stdlib.h>
#include <string.h>

static bool same_rows(const struct okng_image *ours, const struct okng_image *theirs, size_t bytes)
{
	for (int32_t y = 0; y < ours->height; y++)
		if (theirs->pixel != ours->pixel || memcmp(okng_image_row(ours, y), okng_image_row(theirs, y), bytes) != 0)
			return false;
	return true;
}

bool okng_bench_same_bytes(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	return same_rows(&lab->out, theirs, (size_t)lab->out.width);
}

bool okng_bench_same_words(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	return same_rows(&lab->deep_out, theirs, (size_t)lab->out.width * 2);
}

bool okng_bench_same_margins(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	struct okng_image upper = okng_image_view(okng_image_row(theirs, lab->out.height), lab->out.width, lab->out.height, theirs->stride,
		OKNG_PIXEL_MONO8);
	return okng_bench_same_bytes(lab, theirs) && same_rows(&lab->upper, &upper, (size_t)lab->out.width);
}

/* Where the window is whole: at the border ours is clipped, OpenCV's mirrored. */
bool okng_bench_same_means(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	for (int32_t y = OKNG_BENCH_WINDOW / 2; y < lab->out.height - OKNG_BENCH_WINDOW / 2; y++)
		if (memcmp(okng_image_row(&lab->out, y) + OKNG_BENCH_WINDOW / 2, okng_image_row(theirs, y) + OKNG_BENCH_WINDOW / 2,
			(size_t)lab->out.width - OKNG_BENCH_WINDOW + 1) != 0)
			return false;
	return true;
}

/* OpenCV rounds halves to even and interpolates at 1/32 pixel: whether no pixel is more than `most` levels off, and all of
 * them half a level on average at most. */
static bool near_bytes(const struct okng_bench_lab *lab, const struct okng_image *theirs, int most)
{
	int64_t sum = 0;
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++) {
			int d = abs(okng_image_row(&lab->out, y)[x] - okng_image_row(theirs, y)[x]);
			if (d > most)
				return false;
			sum += d;
		}
	return sum * 2 <= (int64_t)lab->out.width * lab->out.height;
}

bool okng_bench_same_light(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	return near_bytes(lab, theirs, 1);
}

bool okng_bench_same_place(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	return near_bytes(lab, theirs, 16);
}

static bool bit(const struct okng_mask *mask, int32_t x, int32_t y)
{
	return okng_mask_row(mask, y)[x / 64] >> (x & 63) & 1;
}

bool okng_bench_same_bits(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++)
			if (bit(&lab->dark, x, y) != (okng_image_row(theirs, y)[x] != 0))
				return false;
	return true;
}

/* inRange says what is within. */
bool okng_bench_same_band(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++)
			if ((bit(&lab->dark, x, y) || bit(&lab->bright, x, y)) != (okng_image_row(theirs, y)[x] == 0))
				return false;
	return true;
}

bool okng_bench_same_sum(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	return theirs->pixel == OKNG_PIXEL_MONO16 && *(const uint16_t *)(const void *)theirs->data == (uint16_t)lab->sum;
}

bool okng_bench_same_halves(const struct okng_bench_lab *lab, const struct okng_image *theirs)
{
	struct okng_image out = okng_image_view(lab->out.data, lab->out.width / 2, lab->out.height / 2, lab->out.stride, OKNG_PIXEL_MONO8);
	return theirs->width == out.width && theirs->height == out.height && same_rows(&out, theirs, (size_t)out.width);
}

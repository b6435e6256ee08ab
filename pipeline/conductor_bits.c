/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything here is a few word operations a pixel row; the margins make the border a case like any other.
 */
#include "pipeline/conductor_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/labels.h"

int okng_bits_init(struct okng_bits *bits, int32_t width, int32_t height)
{
	*bits = (struct okng_bits){.width = width, .height = height, .words = (width + 63) / 64};
	bits->stride = bits->words + 1;
	size_t rows = (size_t)height + 2 * OKNG_BITS_MARGIN;
	bits->memory = calloc(rows * (size_t)bits->stride + 2, sizeof *bits->memory);
	if (!bits->memory)
		return -ENOMEM;
	bits->first = bits->memory + OKNG_BITS_MARGIN * (ptrdiff_t)bits->stride + 1;
	return 0;
}

void okng_bits_finish(struct okng_bits *bits)
{
	free(bits->memory);
	*bits = (struct okng_bits){0};
}

void okng_bits_threshold(const struct okng_kernels *k, struct okng_bits *bits, const struct okng_image *img, int threshold, bool dark)
{
	for (int32_t y = 0; y < img->height; y++) {
		uint64_t *out = okng_bits_row(bits, y);
		k->below(okng_image_row(img, y), threshold, out, img->width);
		for (int32_t i = 0; i < bits->words && !dark; i++)
			out[i] = ~out[i] & okng_bits_inside(bits, i);
	}
}

/* What a kernel that went over all rows at once left beside them. */
static void trim(struct okng_bits *bits)
{
	uint64_t last = okng_bits_inside(bits, bits->words - 1);
	for (int32_t y = 0; y < bits->height; y++) {
		uint64_t *row = okng_bits_row(bits, y);
		row[bits->words - 1] &= last;
		row[bits->words] = 0;
	}
}

void okng_bits_dilate_sides(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out)
{
	k->dilate_sides(in->first, out->first, okng_bits_span(in));
	trim(out);
}

void okng_bits_dilate_plus(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out)
{
	k->dilate_plus(in->first - in->stride, in->first, in->first + in->stride, out->first, okng_bits_span(in));
	trim(out);
}

void okng_bits_dilate_square(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out)
{
	k->dilate_square(in->first - in->stride, in->first, in->first + in->stride, out->first, okng_bits_span(in));
	trim(out);
}

void okng_bits_invert(const struct okng_bits *in, struct okng_bits *out)
{
	okng_bits_shape(out, in->width, in->height);
	for (int32_t i = 0, n = okng_bits_span(in); i < n; i++)
		out->first[i] = ~in->first[i];
	trim(out);
}

void okng_bits_shape(struct okng_bits *bits, int32_t width, int32_t height)
{
	if (bits->width == width && bits->height == height)
		return; /* the margins are as they should be */
	bits->width = width;
	bits->height = height;
	bits->words = (width + 63) / 64;
	bits->stride = bits->words + 1;
	bits->first = bits->memory + OKNG_BITS_MARGIN * (ptrdiff_t)bits->stride + 1;
	memset(bits->memory, 0, (((size_t)height + 2 * OKNG_BITS_MARGIN) * (size_t)bits->stride + 2) * sizeof *bits->memory);
}

void okng_bits_clear(struct okng_bits *bits)
{
	memset(bits->first, 0, (size_t)bits->height * (size_t)bits->stride * sizeof *bits->first);
}

void okng_bits_window(const struct okng_bits *in, int32_t x0, int32_t y0, int32_t width, int32_t height, struct okng_bits *out)
{
	okng_bits_shape(out, width, height);
	okng_bits_clear(out);
	for (int32_t y = y0 < 0 ? -y0 : 0; y < height && y0 + y < in->height; y++) {
		uint64_t *o = okng_bits_row(out, y);
		for (int32_t i = 0; i < out->words; i++) {
			int32_t x = x0 + i * 64;
			o[i] = x > -64 && x < in->width ? okng_bits_fetch(okng_bits_row(in, y0 + y), x) : 0;
		}
		o[out->words - 1] &= okng_bits_inside(out, out->words - 1);
	}
}

uint32_t okng_bits_count(const struct okng_kernels *k, const struct okng_bits *bits)
{
	return (uint32_t)k->overlap(bits->first, bits->first, 0, okng_bits_span(bits));
}

bool okng_bits_any(const struct okng_bits *bits)
{
	uint64_t any = 0;
	for (int32_t i = 0, n = okng_bits_span(bits); i < n; i++)
		any |= bits->first[i];
	return any;
}

int okng_bits_disc_side(int square, int dy)
{
	int half = -1;
	while ((half + 1) * (half + 1) + dy * dy <= square)
		half++;
	return half;
}

/* From the disc's top and bottom row to its middle: the pattern grows to the row's width, and is put dy above and below. */
void okng_bits_dilate_disc(const struct okng_kernels *k, const struct okng_bits *in, struct okng_bits *out, int square,
	struct okng_bits spare[2])
{
	int dy = 0, half = 0;
	const struct okng_bits *grown = in;
	while ((dy + 1) * (dy + 1) <= square)
		dy++;
	okng_bits_shape(out, in->width, in->height);
	okng_bits_shape(&spare[0], in->width, in->height);
	okng_bits_shape(&spare[1], in->width, in->height);
	okng_bits_clear(out);
	for (; dy >= 0; dy--) {
		for (int side = okng_bits_disc_side(square, dy); half < side; half++) {
			struct okng_bits *next = &spare[grown == &spare[0]];
			okng_bits_dilate_sides(k, grown, next);
			grown = next;
		}
		k->join(grown->first + (ptrdiff_t)dy * grown->stride, grown->first - (ptrdiff_t)dy * grown->stride, out->first,
			okng_bits_span(out));
	}
}

#define RUNS_MAX 4096 /* what lies beyond so many is not counted: no window of a defect has as many */

int okng_bits_components(const struct okng_bits *bits, uint32_t least)
{
	struct {
		int16_t x0, x1;
	} run[RUNS_MAX];
	uint32_t parent[RUNS_MAX], size[RUNS_MAX];
	int n = 0, above = 0, now = 0, found = 0;
	for (int32_t y = 0; y < bits->height; y++) {
		const uint64_t *row = okng_bits_row(bits, y);
		int first = n, j = above;
		for (int32_t x = okng_bits_find(row, 0, bits->width, 0); x < bits->width && n < RUNS_MAX; n++) {
			int32_t end = okng_bits_find(row, x, bits->width, ~(uint64_t)0);
			run[n].x0 = (int16_t)x;
			run[n].x1 = (int16_t)end;
			parent[n] = (uint32_t)n;
			size[n] = (uint32_t)(end - x);
			while (j < now && run[j].x1 < x)
				j++;
			for (int k = j; k < now && run[k].x0 <= end; k++)
				okng_label_join(parent, (uint32_t)k, (uint32_t)n);
			x = okng_bits_find(row, end, bits->width, 0);
		}
		above = first;
		now = n;
	}
	for (int i = n - 1; i >= 0; i--) {
		if (parent[i] != (uint32_t)i)
			size[okng_label_lead(parent, (uint32_t)i)] += size[i];
	}
	for (int i = 0; i < n; i++)
		found += parent[i] == (uint32_t)i && size[i] >= least;
	return found;
}

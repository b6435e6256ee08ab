/* SPDX-License-Identifier: Apache-2.0
 *
 * Pixels on the wire against the grey values they stand for, made bit by bit from the formats' definitions.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "camera/aravis_pixels.h"

/* Sets bits lowest bit first from bit at of buffer. */
static void put_bits(uint8_t *buffer, size_t at, unsigned value, int bits)
{
	for (int i = 0; i < bits; i++, at++)
		if (value >> i & 1)
			buffer[at / 8] = (uint8_t)(buffer[at / 8] | 1u << at % 8);
}

static void encode(const struct okng_aravis_format *f, uint8_t *row, int32_t i, unsigned value)
{
	size_t pair = (size_t)(i / 2) * 3;
	int low = f->depth - 8;
	if (strstr(f->name, "Packed")) {
		row[pair + (i % 2 ? 2 : 0)] = (uint8_t)(value >> low);
		put_bits(row + pair + 1, i % 2 ? 4 : 0, value & ((1u << low) - 1), low);
	} else {
		put_bits(row, (size_t)i * (size_t)f->bits, value, f->depth);
	}
}

static void every_format_gives_its_upper_bits(void **state)
{
	(void)state;
	for (int k = 0; k < OKNG_ARAVIS_FORMATS && !okng_aravis_formats[k].values; k++) {
		const struct okng_aravis_format *f = &okng_aravis_formats[k];
		for (int32_t width = f->group; width <= 9 * f->group; width += f->group) {
			size_t least = okng_aravis_row_bytes(f, width), row = least + 3;
			size_t size = 4 * row + least;
			uint8_t *data = calloc(1, size);
			struct okng_image img;
			assert_int_equal(okng_image_init(&img, width, 5, OKNG_PIXEL_MONO8), 0);
			unsigned max = (1u << f->depth) - 1, seed = 12345;
			uint8_t want[5][64];
			for (int y = 0; y < 5; y++)
				for (int32_t x = 0; x < width; x++) {
					seed = seed * 1103515245u + 12345u;
					unsigned v = y == 0 ? max : y == 1 ? 0 : seed >> 8 & max;
					encode(f, data + (size_t)y * row, x, v);
					want[y][x] = (uint8_t)(v >> (f->depth - 8));
				}
			assert_int_equal(okng_aravis_unpack(&img, f, NULL, data, size, row), 0);
			for (int y = 0; y < 5; y++)
				if (memcmp(okng_image_row(&img, y), want[y], (size_t)width) != 0)
					fail_msg("%s, width %d, row %d", f->name, width, y);
			assert_int_equal(okng_aravis_unpack(&img, f, NULL, data, size - 1, row), -EINVAL);
			assert_int_equal(okng_aravis_unpack(&img, f, NULL, data, size, least - 1), -EINVAL);
			okng_image_finish(&img);
			free(data);
		}
	}
}

static void rows_that_end_within_a_byte_are_refused(void **state)
{
	(void)state;
	uint8_t data[64] = {0};
	for (int k = 0; k < OKNG_ARAVIS_FORMATS && !okng_aravis_formats[k].values; k++) {
		const struct okng_aravis_format *f = &okng_aravis_formats[k];
		struct okng_image img;
		assert_int_equal(okng_image_init(&img, f->group + 1, 1, OKNG_PIXEL_MONO8), 0);
		assert_int_equal(okng_aravis_unpack(&img, f, NULL, data, sizeof data, 32), f->group > 1 ? -EINVAL : 0);
		okng_image_finish(&img);
	}
}

static void bits_above_the_depth_are_white(void **state)
{
	(void)state;
	const uint8_t data[] = {0xff, 0x03, 0x00, 0x04, 0xff, 0xff};
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, 3, 1, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_aravis_unpack(&img, &okng_aravis_formats[1], NULL, data, sizeof data, sizeof data), 0);
	assert_memory_equal(okng_image_row(&img, 0), "\xff\xff\xff", 3);
	okng_image_finish(&img);
}

/* The value of a mosaic at a place, mirrored at its edges. */
static int at(const unsigned *v, int w, int h, int x, int y)
{
	x = x < 0 ? -x : x >= w ? 2 * w - 2 - x : x;
	y = y < 0 ? -y : y >= h ? 2 * h - 2 - y : y;
	return (int)v[y * w + x];
}

static int grey_of(const unsigned *v, int w, int h, int x, int y, int depth, enum okng_pattern pattern, enum okng_bayer bayer)
{
	bool green_first = pattern == OKNG_PATTERN_GB || pattern == OKNG_PATTERN_GR, green = ((x + y) % 2 == 0) == green_first;
	int sum = 0;
	if (bayer == OKNG_BAYER_GREEN)
		return (green ? 4 * at(v, w, h, x, y) : at(v, w, h, x - 1, y) + at(v, w, h, x + 1, y) + at(v, w, h, x, y - 1) + at(v, w, h, x, y + 1)) >> (depth - 6);
	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -1; dx <= 1; dx++)
			sum += (2 - abs(dx)) * (2 - abs(dy)) * at(v, w, h, x + dx, y + dy);
	return sum >> (depth - 4);
}

static void mosaics_become_grey(void **state)
{
	(void)state;
	static struct okng_mosaic_scratch scratch;
	enum { W = 20, H = 7 };
	unsigned seed = 4711, v[W * H];
	for (int k = 0; k < OKNG_ARAVIS_FORMATS; k++)
		for (int kind = 0; kind < 8 && okng_aravis_formats[k].values; kind++) {
			const struct okng_aravis_format *f = &okng_aravis_formats[k];
			const struct okng_aravis_mosaic m = {(enum okng_pattern)(kind / 2), (enum okng_bayer)(kind % 2), &scratch};
			size_t row = okng_aravis_row_bytes(f, W) + 5;
			uint8_t *data = calloc(H, row);
			struct okng_image img;
			assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
			for (int i = 0; i < W * H; i++) {
				seed = seed * 1103515245u + 12345u;
				v[i] = i < W ? (1u << f->depth) - 1 : seed >> 8 & ((1u << f->depth) - 1);
				encode(f, data + (size_t)(i / W) * row, i % W, v[i]);
			}
			assert_int_equal(okng_aravis_unpack(&img, f, &m, data, H * row, row), 0);
			for (int y = 0; y < H; y++)
				for (int x = 0; x < W; x++)
					assert_int_equal(okng_image_row(&img, y)[x], grey_of(v, W, H, x, y, f->depth, m.pattern, m.bayer));
			assert_int_equal(okng_aravis_unpack(&img, f, &m, data, (H - 1) * row, row), -EINVAL);
			img.height = 1; /* no mosaic */
			assert_int_equal(okng_aravis_unpack(&img, f, &m, data, H * row, row), -EINVAL);
			img.height = H;
			okng_image_finish(&img);
			free(data);
		}
}

/* The codes are Aravis's, by pattern. */
static void codes_are_by_pattern(void **state)
{
	(void)state;
	for (int k = 0; k < OKNG_ARAVIS_FORMATS; k++) {
		const struct okng_aravis_format *f = &okng_aravis_formats[k];
		for (int i = 0; i < OKNG_ARAVIS_CODES; i++) {
			assert_int_equal(f->code[i] != 0, i == 0 || f->values);
			if (f->code[i])
				assert_int_equal(f->code[i] >> 16 & 0xff, f->bits); /* PFNC: bits a pixel takes */
			for (int j = 0; j < i; j++)
				assert_true(!f->code[i] || f->code[i] != f->code[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_its_upper_bits),
		cmocka_unit_test(rows_that_end_within_a_byte_are_refused),
		cmocka_unit_test(bits_above_the_depth_are_white),
		cmocka_unit_test(mosaics_become_grey),
		cmocka_unit_test(codes_are_by_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What V4L2 cameras send against the grey values it stands for, made byte by byte from the formats' definitions, and what
 * their frames' numbers and times say.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "camera/image_file.h"
#include "camera/v4l2_book.h"
#include "camera/v4l2_pixels.h"
#include "camera/v4l2_setup.h"
#include "pictures.h"

#define W 24
#define H 6
#define PAD 5 /* bytes after each row */

static struct okng_error err;
static struct okng_mosaic_scratch scratch;
static unsigned seed;

static unsigned any(unsigned below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % below;
}

static const struct okng_v4l2_format *named(const char *name)
{
	for (int i = 0; i < OKNG_V4L2_FORMATS; i++)
		if (strcmp(okng_v4l2_formats[i].name, name) == 0)
			return &okng_v4l2_formats[i];
	fail_msg("no format %s", name);
	return NULL;
}

/* Writes value as pixel x of a row. */
static void encode(const struct okng_v4l2_format *f, uint8_t *row, int x, unsigned value)
{
	if (f->layout == OKNG_V4L2_PLANE) {
		row[x] = (uint8_t)value;
	} else if (f->layout == OKNG_V4L2_WORDS) {
		row[2 * x] = (uint8_t)value;
		row[2 * x + 1] = (uint8_t)(value >> 8);
	} else if (f->layout == OKNG_V4L2_PAIRS) {
		row[2 * x + (strcmp(f->name, "UYVY") == 0)] = (uint8_t)value;
	} else if (f->depth == 10) {
		row[x / 4 * 5 + x % 4] = (uint8_t)(value >> 2);
		row[x / 4 * 5 + 4] |= (uint8_t)((value & 3) << x % 4 * 2);
	} else {
		row[x / 2 * 3 + x % 2] = (uint8_t)(value >> 4);
		row[x / 2 * 3 + 2] |= (uint8_t)((value & 15) << x % 2 * 4);
	}
}

static unsigned at(unsigned (*v)[W], int y, int x)
{
	y = y < 0 ? 1 : y >= H ? H - 2 : y;
	x = x < 0 ? 1 : x >= W ? W - 2 : x;
	return v[y][x];
}

/* The definition: BGGR and RGGB have green where x + y is odd. */
static unsigned grey_of(const struct okng_v4l2_raster *r, enum okng_bayer bayer, unsigned (*v)[W], int y, int x)
{
	static const unsigned weights[3] = {1, 2, 1};
	int low = r->format->depth - 8;
	if (!r->format->bayer)
		return v[y][x] >> low;
	if (bayer == OKNG_BAYER_GREEN) {
		bool is_green = (x + y) % 2 == (r->variant == 0 || r->variant == 3);
		unsigned sum = at(v, y - 1, x) + at(v, y + 1, x) + at(v, y, x - 1) + at(v, y, x + 1);
		return is_green ? v[y][x] >> low : sum / 4 >> low;
	}
	unsigned sum = 0;
	for (int j = -1; j <= 1; j++)
		for (int i = -1; i <= 1; i++)
			sum += weights[j + 1] * weights[i + 1] * at(v, y + j, x + i);
	return sum / 16 >> low;
}

static size_t frame_size(const struct okng_v4l2_raster *r)
{
	size_t size = r->stride * (H - 1) + okng_v4l2_row_bytes(r->format, W);
	return r->format->chroma ? r->stride * H * 3 / 2 : size;
}

/* The bytes end where the frame ends, so that a sanitizer sees a step too far. */
static void try_format(const struct okng_v4l2_format *f, int variant, enum okng_bayer bayer)
{
	struct okng_v4l2_raster r = {f, variant, W, H, okng_v4l2_row_bytes(f, W) + PAD};
	struct okng_image img;
	unsigned v[H][W], most = (1u << f->depth) - 1;
	size_t size = frame_size(&r);
	uint8_t *data = malloc(size);
	for (size_t i = 0; i < size; i++)
		data[i] = f->layout == OKNG_V4L2_PACKED ? 0 : (uint8_t)any(256);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			v[y][x] = y == 0 ? most : y == 1 ? 0 : any(most + 1);
			encode(f, data + (size_t)y * r.stride, x, v[y][x]);
		}
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_v4l2_check_raster(&r, &err), 0);
	assert_int_equal(okng_v4l2_frame_bytes(&r), size);
	assert_int_equal(okng_v4l2_to_mono8(&img, &r, bayer, data, size, &scratch, &err), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			if (okng_image_row(&img, y)[x] != grey_of(&r, bayer, v, y, x))
				fail_msg("%s variant %d at %d,%d: %u, not %u", f->name, variant, x, y, okng_image_row(&img, y)[x], grey_of(&r, bayer, v, y, x));
	assert_int_equal(okng_v4l2_to_mono8(&img, &r, bayer, data, size - 1, &scratch, &err), -EINVAL);
	assert_non_null(strstr(err.text, "has only"));
	r.stride = okng_v4l2_row_bytes(f, W) - 1;
	assert_int_equal(okng_v4l2_check_raster(&r, &err), -EINVAL);
	okng_image_finish(&img);
	free(data);
}

static void every_format_gives_its_grey(void **state)
{
	(void)state;
	int tried = 0;
	for (int i = 0; i < OKNG_V4L2_FORMATS; i++) {
		const struct okng_v4l2_format *f = &okng_v4l2_formats[i];
		for (int variant = 0; f->layout != OKNG_V4L2_JPEG && variant < OKNG_V4L2_CODES && f->code[variant]; variant++, tried++) {
			try_format(f, variant, OKNG_BAYER_LUMINANCE);
			if (f->bayer)
				try_format(f, variant, OKNG_BAYER_GREEN);
		}
	}
	assert_int_equal(tried, 10 + 5 * 4);
}

static void a_flat_mosaic_is_flat(void **state)
{
	(void)state;
	for (unsigned value = 0; value < 1024; value += 341) {
		uint8_t data[2 * 2 * 2];
		struct okng_v4l2_raster r = {named("Bayer10"), 0, 2, 2, 4};
		struct okng_image img;
		for (int i = 0; i < 4; i++)
			encode(r.format, data, i, value);
		assert_int_equal(okng_image_init(&img, 2, 2, OKNG_PIXEL_MONO8), 0);
		for (int bayer = 0; bayer < 2; bayer++) {
			assert_int_equal(okng_v4l2_to_mono8(&img, &r, (enum okng_bayer)bayer, data, sizeof data, &scratch, &err), 0);
			for (int i = 0; i < 4; i++)
				assert_int_equal(okng_image_row(&img, i / 2)[i % 2], value >> 2);
		}
		okng_image_finish(&img);
	}
}

static void bits_above_the_depth_are_white(void **state)
{
	(void)state;
	struct okng_image img;
	uint8_t data[8] = {0, 4, 255, 255, 255, 3, 0, 128};
	struct okng_v4l2_raster r = {named("Y10"), 0, 4, 1, 8};
	assert_int_equal(okng_image_init(&img, 4, 1, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_v4l2_to_mono8(&img, &r, OKNG_BAYER_LUMINANCE, data, sizeof data, &scratch, &err), 0);
	assert_memory_equal(img.data, ((uint8_t[]){255, 255, 255, 255}), 4);
	okng_image_finish(&img);
}

static void impossible_sizes_are_refused(void **state)
{
	(void)state;
	static const struct { const char *name; int w, h; } cases[] = {{"GREY", 0, 4}, {"GREY", 4, 0}, {"GREY", 16385, 4}, {"YUYV", 5, 4},
		{"NV12", 5, 4}, {"NV12", 4, 5}, {"Y10P", 6, 4}, {"Y12P", 5, 4}, {"Bayer8", 1, 4}, {"Bayer8", 4, 1}, {"MJPG", 4, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_v4l2_raster r = {named(cases[i].name), 0, cases[i].w, cases[i].h, 65536};
		err.text[0] = '\0';
		assert_int_equal(okng_v4l2_check_raster(&r, &err), -EINVAL);
		assert_true(*err.text);
	}
}

/* JPEG as cameras send it: without the Huffman tables, which are the standard's. */
static size_t strip_tables(uint8_t *to, const struct picture *from)
{
	size_t n = 0, i = 2;
	memcpy(to, from->bytes, 2);
	n = 2;
	while (i + 4 <= from->size && from->bytes[i] == 0xff) {
		size_t length = from->bytes[i + 1] == 0xda ? from->size - i : 2 + ((size_t)from->bytes[i + 2] << 8 | from->bytes[i + 3]);
		if (from->bytes[i + 1] != 0xc4) {
			memcpy(to + n, from->bytes + i, length);
			n += length;
		}
		i += length;
	}
	return n;
}

static void jpeg_frames(void **state)
{
	(void)state;
	struct okng_image picture, want, img;
	assert_int_equal(okng_image_init(&picture, 96, 64, OKNG_PIXEL_MONO8), 0);
	picture_pattern(&picture, 3);
	uint8_t rows[96 * 64 * 3];
	for (int y = 0; y < 64; y++)
		for (int x = 0; x < 96 * 3; x++)
			rows[y * 96 * 3 + x] = (uint8_t)(okng_image_row(&picture, y)[x / 3] / (x % 3 + 1));
	struct picture jpeg = picture_jpeg(rows, 96, 64, 3, 90, 0);
	uint8_t *bare = malloc(jpeg.size);
	size_t bare_size = strip_tables(bare, &jpeg);
	assert_true(bare_size < jpeg.size - 100);
	assert_int_equal(okng_image_file_parse(&want, jpeg.bytes, jpeg.size, "jpeg", &err), 0);
	assert_int_equal(okng_image_init(&img, 96, 64, OKNG_PIXEL_MONO8), 0);
	struct okng_v4l2_raster r = {named("MJPG"), 0, 96, 64, 0};
	for (int way = 0; way < 2; way++) {
		for (int y = 0; y < 64; y++)
			memset(okng_image_row(&img, y), 0, 96);
		assert_int_equal(okng_v4l2_to_mono8(&img, &r, OKNG_BAYER_LUMINANCE, way ? bare : jpeg.bytes, way ? bare_size : jpeg.size, &scratch, &err), 0);
		for (int y = 0; y < 64; y++)
			assert_memory_equal(okng_image_row(&img, y), okng_image_row(&want, y), 96);
	}
	const struct { const uint8_t *bytes; size_t size; const char *why; } broken[] = {{bare, bare_size / 2, "damaged"}, {bare, 3, "only"},
		{bare + 2, bare_size - 2, "begin"}};
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		assert_int_equal(okng_v4l2_to_mono8(&img, &r, OKNG_BAYER_LUMINANCE, broken[i].bytes, broken[i].size, &scratch, &err), -EINVAL);
		assert_non_null(strstr(err.text, broken[i].why));
	}
	struct okng_image other;
	assert_int_equal(okng_image_init(&other, 96, 60, OKNG_PIXEL_MONO8), 0);
	r.height = 60;
	assert_int_equal(okng_v4l2_to_mono8(&other, &r, OKNG_BAYER_LUMINANCE, bare, bare_size, &scratch, &err), -EINVAL);
	assert_non_null(strstr(err.text, "96 x 64"));
	okng_image_finish(&other);
	okng_image_finish(&img);
	okng_image_finish(&want);
	okng_image_finish(&picture);
	picture_free(&jpeg);
	free(bare);
}

static void gaps_are_counted_by_the_drivers_numbers(void **state)
{
	(void)state;
	static const struct { uint32_t sequence, gap; } steps[] = {{7, 0}, {8, 0}, {10, 1}, {15, 4}, {15, 0}, {3, 0}, {4, 0}, {1004, 999}, {2004, 999},
		{4000, 0}, {UINT32_MAX - 1, 0}, {UINT32_MAX, 0}, {2, 2}, {0, 0}};
	struct okng_v4l2_book book = {0};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		assert_int_equal(okng_v4l2_gap(&book, steps[i].sequence, (int64_t)i), steps[i].gap);
		assert_int_equal(book.last_ns, i);
	}
	assert_int_equal(okng_v4l2_first_missing_ns(100, 400, 2), 200);
	assert_int_equal(okng_v4l2_first_missing_ns(100, 200, 1), 150);
}

static void only_times_of_our_clock_count(void **state)
{
	(void)state;
	const int64_t s = 1000000000, now = 100 * s;
	const uint32_t mono = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	const struct { int64_t sec, usec; uint32_t flags; bool known; int64_t ns; } cases[] = {
		{99, 500000, mono, true, 99 * s + s / 2}, {100, 0, mono, true, now}, {100, 900000, mono, true, now}, {101, 1, mono, false, now},
		{90, 0, mono, true, 90 * s}, {89, 999999, mono, false, now}, {-1, 0, mono, false, now}, {INT64_MAX, 0, mono, false, now},
		{99, 0, 0, false, now}, {99, 0, V4L2_BUF_FLAG_TIMESTAMP_COPY, false, now}, {99, 0, mono | V4L2_BUF_FLAG_TSTAMP_SRC_SOE, true, 99 * s}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct v4l2_buffer b = {.flags = cases[i].flags, .timestamp = {.tv_sec = cases[i].sec, .tv_usec = cases[i].usec}};
		int64_t ns = 0;
		assert_int_equal(okng_v4l2_stamp(&b, now, &ns), cases[i].known);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void the_lead_is_an_exposure_and_a_transfer(void **state)
{
	(void)state;
	const uint32_t soe = V4L2_BUF_FLAG_TSTAMP_SRC_SOE, eof = V4L2_BUF_FLAG_TSTAMP_SRC_EOF;
	assert_int_equal(okng_v4l2_lead_ns(soe, 40, 5), 5);
	assert_int_equal(okng_v4l2_lead_ns(soe, 40, 0), 40);
	assert_int_equal(okng_v4l2_lead_ns(eof, 40, 5), 45);
	assert_int_equal(okng_v4l2_lead_ns(eof, 40, 0), 80);
}

static void controls_are_named_as_v4l2_ctl_does(void **state)
{
	(void)state;
	static const char *const names[][2] = {{"Brightness", "brightness"}, {"White Balance, Automatic", "white_balance_automatic"},
		{"Exposure Time, Absolute", "exposure_time_absolute"}, {"  Odd -- name (2)", "odd_name_2"}, {"", ""}, {"...", ""}};
	char out[32];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		okng_v4l2_control_name(names[i][0], out, sizeof out);
		assert_string_equal(out, names[i][1]);
	}
	okng_v4l2_control_name("Much too long", out, 6);
	assert_string_equal(out, "much");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_its_grey),
		cmocka_unit_test(a_flat_mosaic_is_flat),
		cmocka_unit_test(bits_above_the_depth_are_white),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(jpeg_frames),
		cmocka_unit_test(gaps_are_counted_by_the_drivers_numbers),
		cmocka_unit_test(only_times_of_our_clock_count),
		cmocka_unit_test(the_lead_is_an_exposure_and_a_transfer),
		cmocka_unit_test(controls_are_named_as_v4l2_ctl_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

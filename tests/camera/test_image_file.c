/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures in every form that a camera or an editor writes come out as the grey they are; a damaged one never comes
 * out at all, wherever it is cut.
 */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "camera/decode.h"
#include "camera/image_file.h"
#include "pictures.h"

static struct okng_error err;

static int grey_of(int r, int g, int b)
{
	return (int)(0.299 * r + 0.587 * g + 0.114 * b + 0.5);
}

static void expect_pixel(const struct okng_image *img, int x, int y, int want, int tolerance)
{
	int got = okng_image_row(img, y)[x];
	if (abs(got - want) > tolerance)
		fail_msg("pixel (%d, %d) is %d, not %d", x, y, got, want);
}

static void load_png(struct okng_image *img, const uint8_t *rows, int w, int h, int color, int depth, int interlaced)
{
	struct picture p = picture_png(rows, w, h, color, depth, interlaced);
	if (okng_image_file_parse(img, p.bytes, p.size, "test", &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(img->width, w);
	assert_int_equal(img->height, h);
	assert_int_equal(img->pixel, OKNG_PIXEL_MONO8);
	picture_free(&p);
}

static void png_colour_types(void **state)
{
	(void)state;
	enum { W = 13, H = 11 };
	static const struct { int color, depth, channels; } rows[] = {
		{PNG_COLOR_TYPE_GRAY, 8, 1}, {PNG_COLOR_TYPE_GRAY, 16, 1}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2}, {PNG_COLOR_TYPE_GRAY_ALPHA, 16, 2},
		{PNG_COLOR_TYPE_RGB, 8, 3}, {PNG_COLOR_TYPE_RGB, 16, 3}, {PNG_COLOR_TYPE_RGB_ALPHA, 8, 4}, {PNG_COLOR_TYPE_RGB_ALPHA, 16, 4},
	};
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		int n = rows[i / 2].channels, bytes = rows[i / 2].depth / 8;
		uint8_t data[H * W * 4 * 2] = {0};
		for (int k = 0; k < W * H * n; k++) {
			data[k * bytes] = (uint8_t)(k * 37 + 11);
			if (bytes == 2)
				data[k * 2 + 1] = 0xfe; /* the lower half must not round up */
		}
		struct okng_image img;
		load_png(&img, data, W, H, rows[i / 2].color, rows[i / 2].depth, (int)(i & 1));
		for (int k = 0; k < W * H; k++) {
			int v[4];
			for (int c = 0; c < n; c++)
				v[c] = data[(k * n + c) * bytes];
			int grey = n >= 3 ? grey_of(v[0], v[1], v[2]) : v[0];
			if (n == 2 || n == 4)
				grey = (grey * v[n - 1] + 127) / 255;
			expect_pixel(&img, k % W, k / W, grey, n == 1 ? 0 : 1);
		}
		okng_image_finish(&img);
	}
}

static void png_palette_and_small_depths(void **state)
{
	(void)state;
	struct okng_image img;
	const uint8_t indices[] = {0, 1, 2, 3};
	load_png(&img, indices, 4, 1, PNG_COLOR_TYPE_PALETTE, 8, 0);
	const int want[] = {0, grey_of(255, 0, 0), grey_of(0, 255, 0), (200 * 128 + 127) / 255};
	for (int x = 0; x < 4; x++)
		expect_pixel(&img, x, 0, want[x], 1);
	okng_image_finish(&img);
	const uint8_t bits[] = {0xa5};
	load_png(&img, bits, 8, 1, PNG_COLOR_TYPE_GRAY, 1, 0);
	for (int x = 0; x < 8; x++)
		expect_pixel(&img, x, 0, 0xa5 >> (7 - x) & 1 ? 255 : 0, 0);
	okng_image_finish(&img);
	const uint8_t pairs[] = {0x1b};
	load_png(&img, pairs, 4, 1, PNG_COLOR_TYPE_GRAY, 2, 0);
	for (int x = 0; x < 4; x++)
		expect_pixel(&img, x, 0, 85 * x, 0);
	okng_image_finish(&img);
}

static void jpeg_grey_and_colour(void **state)
{
	(void)state;
	enum { W = 40, H = 24 };
	uint8_t grey[W * H], color[W * H * 3];
	for (int k = 0; k < W * H; k++) {
		grey[k] = (uint8_t)(40 + k % W * 4);
		color[3 * k] = (uint8_t)(k % W * 6);
		color[3 * k + 1] = (uint8_t)(200 - k / W * 6);
		color[3 * k + 2] = 90;
	}
	for (int progressive = 0; progressive < 2; progressive++)
		for (int channels = 1; channels <= 3; channels += 2) {
			struct picture p = picture_jpeg(channels == 1 ? grey : color, W, H, channels, 98, progressive);
			struct okng_image img;
			assert_int_equal(okng_image_file_parse(&img, p.bytes, p.size, "test", &err), 0);
			for (int k = 0; k < W * H; k++)
				expect_pixel(&img, k % W, k / W,
					channels == 1 ? grey[k] : grey_of(color[3 * k], color[3 * k + 1], color[3 * k + 2]), 4);
			okng_image_finish(&img);
			picture_free(&p);
		}
}

static void save_and_load_are_exact(void **state)
{
	(void)state;
	char folder[64], path[128];
	folder_make(folder);
	snprintf(path, sizeof path, "%s/a.png", folder);
	struct okng_image img, back;
	assert_int_equal(okng_image_init(&img, 77, 53, OKNG_PIXEL_MONO8), 0);
	picture_pattern(&img, 3);
	assert_int_equal(okng_image_file_save_png(&img, path, &err), 0);
	assert_int_equal(okng_image_file_load(&back, path, &err), 0);
	for (int y = 0; y < 53; y++)
		assert_memory_equal(okng_image_row(&img, y), okng_image_row(&back, y), 77);
	memset(back.data, 0, 77);
	assert_int_equal(okng_image_file_load_into(&back, path, &err), 0);
	assert_memory_equal(okng_image_row(&img, 0), okng_image_row(&back, 0), 77);
	okng_image_finish(&back);
	assert_int_equal(okng_image_init(&back, 77, 54, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_file_load_into(&back, path, &err), -EINVAL);
	assert_non_null(strstr(err.text, "77 x 53"));
	assert_string_equal(err.file, path);
	okng_image_finish(&back);
	okng_image_finish(&img);
	snprintf(path, sizeof path, "%s/a.png.new", folder);
	assert_int_equal(access(path, F_OK), -1);
	folder_remove(folder);
}

static void save_16_bit_keeps_the_upper_half(void **state)
{
	(void)state;
	char folder[64], path[128];
	folder_make(folder);
	snprintf(path, sizeof path, "%s/a.png", folder);
	struct okng_image img, back;
	assert_int_equal(okng_image_init(&img, 9, 2, OKNG_PIXEL_MONO16), 0);
	uint16_t *row = (uint16_t *)(void *)okng_image_row(&img, 1);
	for (int x = 0; x < 9; x++)
		row[x] = (uint16_t)(x * 7000 + 5);
	assert_int_equal(okng_image_file_save_png(&img, path, &err), 0);
	assert_int_equal(okng_image_file_load(&back, path, &err), 0);
	for (int x = 0; x < 9; x++)
		expect_pixel(&back, x, 1, row[x] >> 8, 0);
	okng_image_finish(&back);
	okng_image_finish(&img);
	folder_remove(folder);
}

static void save_failure_leaves_the_old_file(void **state)
{
	(void)state;
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, 8, 8, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_file_save_png(&img, "/nowhere/at/all.png", &err), -ENOENT);
	assert_string_equal(err.file, "/nowhere/at/all.png");
	assert_true(err.text[0]);
	char folder[64], path[128];
	folder_make(folder);
	snprintf(path, sizeof path, "%s/taken.png", folder);
	assert_int_equal(mkdir(path, 0700), 0); /* rename onto a folder must fail */
	assert_true(okng_image_file_save_png(&img, path, &err) < 0);
	char temp[160];
	snprintf(temp, sizeof temp, "%s.new", path);
	assert_int_equal(access(temp, F_OK), -1);
	okng_image_finish(&img);
	folder_remove(folder);
}

/* Cut anywhere, a picture is refused with a reason; the bytes are on the heap to their exact length for sanitizers. */
static void refuse_every_cut(const struct picture *p)
{
	for (size_t n = 0; n < p->size; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, p->bytes, n);
		struct okng_image img;
		err.text[0] = 0;
		int rc = okng_image_file_parse(&img, cut, n, "cut", &err);
		if (rc != -EINVAL || img.data || !err.text[0])
			fail_msg("cut to %zu of %zu bytes: %d \"%s\"", n, p->size, rc, err.text);
		free(cut);
	}
}

static void truncation_is_refused_at_every_byte(void **state)
{
	(void)state;
	enum { W = 33, H = 21 };
	uint8_t rows[W * H * 3];
	for (size_t k = 0; k < sizeof rows; k++)
		rows[k] = (uint8_t)(k * k / 7);
	for (int i = 0; i < 8; i++) {
		struct picture p = i < 4 ? picture_png(rows, W, H, i & 1 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, 8, i & 2)
			: picture_jpeg(rows, W, H, i & 1 ? 3 : 1, 85, i & 2);
		struct okng_image img;
		assert_int_equal(okng_image_file_parse(&img, p.bytes, p.size, "whole", &err), 0);
		okng_image_finish(&img);
		refuse_every_cut(&p);
		picture_free(&p);
	}
}

static void png_checksums_count(void **state)
{
	(void)state;
	uint8_t rows[16 * 16];
	for (int k = 0; k < 256; k++)
		rows[k] = (uint8_t)k;
	struct picture p = picture_png(rows, 16, 16, PNG_COLOR_TYPE_GRAY, 8, 0);
	for (size_t n = 8; n < p.size; n++) {
		p.bytes[n] ^= 0x10;
		struct okng_image img;
		if (okng_image_file_parse(&img, p.bytes, p.size, "flipped", &err) == 0)
			fail_msg("a flipped bit in byte %zu was not noticed", n);
		p.bytes[n] ^= 0x10;
	}
	picture_free(&p);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void hostile_sizes_cost_nothing(void **state)
{
	(void)state;
	static const struct { uint32_t w, h; int rc; } png[] = {
		{16385, 1, -EFBIG}, {1, 16385, -EFBIG}, {16384, 16384, -EFBIG}, {0, 5, -EINVAL}, {5, 0, -EINVAL}, {0x7fffffff, 0x7fffffff, -EFBIG},
		{0xffffffff, 2, -EINVAL}, {15000, 15000, -EINVAL /* 100 bytes can't hold that */},
	};
	const uint8_t one[4] = {0};
	struct okng_image img;
	for (size_t i = 0; i < sizeof png / sizeof *png; i++) {
		struct picture p = picture_png(one, 2, 2, PNG_COLOR_TYPE_GRAY, 8, 0);
		put32(p.bytes + 16, png[i].w);
		put32(p.bytes + 20, png[i].h);
		put32(p.bytes + 29, (uint32_t)crc32(0, p.bytes + 12, 17));
		assert_int_equal(okng_image_file_parse(&img, p.bytes, p.size, "hostile", &err), png[i].rc);
		assert_null(img.data);
		picture_free(&p);
	}
	static const struct { int w, h, rc; } jpeg[] = {{65500, 65500, -EFBIG}, {16000, 15000, -EINVAL}, {64, 64, -EINVAL}};
	for (size_t i = 0; i < sizeof jpeg / sizeof *jpeg; i++) {
		struct picture p = picture_jpeg(one, 2, 2, 1, 80, 0);
		uint8_t *sof = p.bytes;
		while (!(sof[0] == 0xff && sof[1] == 0xc0))
			sof++;
		sof[5] = (uint8_t)(jpeg[i].h >> 8);
		sof[6] = (uint8_t)jpeg[i].h;
		sof[7] = (uint8_t)(jpeg[i].w >> 8);
		sof[8] = (uint8_t)jpeg[i].w;
		assert_int_equal(okng_image_file_parse(&img, p.bytes, p.size, "hostile", &err), jpeg[i].rc);
		picture_free(&p);
	}
}

static void what_is_no_picture(void **state)
{
	(void)state;
	char folder[64], path[128];
	folder_make(folder);
	folder_write(folder, "text.jpg", "I am not a picture.\n", 20);
	folder_write(folder, "empty.png", "", 0);
	struct okng_image img;
	static const struct { const char *name; int rc; const char *text; } rows[] = {
		{"text.jpg", -EINVAL, "neither"}, {"empty.png", -EINVAL, "empty"}, {"none.png", -ENOENT, "No such file"}, {"pipe.png", -EINVAL, "regular"},
		{".", -EINVAL, "regular"},
	};
	snprintf(path, sizeof path, "%s/pipe.png", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, rows[i].name);
		assert_int_equal(okng_image_file_load(&img, path, &err), rows[i].rc);
		assert_non_null(strstr(err.text, rows[i].text));
		assert_string_equal(err.file, path);
	}
	folder_remove(folder);
}

static void size_of_a_jpeg_behind_a_long_preview(void **state)
{
	(void)state;
	uint8_t rows[24 * 16] = {0};
	struct picture p = picture_jpeg(rows, 24, 16, 1, 80, 0);
	enum { SEGMENT = 65535 + 2, SEGMENTS = 3 };
	uint8_t *big = calloc(1, p.size + SEGMENT * SEGMENTS);
	assert_non_null(big);
	memcpy(big, p.bytes, 2);
	for (size_t i = 0; i < SEGMENTS; i++)
		memcpy(big + 2 + i * SEGMENT, "\xff\xe5\xff\xff", 4);
	memcpy(big + 2 + SEGMENT * SEGMENTS, p.bytes + 2, p.size - 2);
	char folder[64], path[128];
	folder_make(folder);
	folder_write(folder, "a.jpg", big, p.size + SEGMENT * SEGMENTS);
	snprintf(path, sizeof path, "%s/a.jpg", folder);
	int32_t w, h;
	assert_int_equal(okng_image_file_size(path, &w, &h, &err), 0);
	assert_int_equal(w, 24);
	assert_int_equal(h, 16);
	free(big);
	picture_free(&p);
	folder_remove(folder);
}

static void list_is_sorted_and_filtered(void **state)
{
	(void)state;
	char folder[64], path[128];
	folder_make(folder);
	static const char *const names[] = {"b.PNG", "a10.jpg", "a2.jpeg", "notes.txt", "c.jpg.part", ".hidden", "Z.jpg"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		folder_write(folder, names[i], "x", 1);
	snprintf(path, sizeof path, "%s/folder.png", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	static const struct { const char *pattern; int n; const char *first, *last; } rows[] = {
		{NULL, 4, "Z.jpg", "b.PNG"}, {"", 4, "Z.jpg", "b.PNG"}, {"*", 4, "Z.jpg", "b.PNG"}, {"a*", 2, "a10.jpg", "a2.jpeg"}, {"?.jpg", 1, "Z.jpg", "Z.jpg"},
	};
	char **paths;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(okng_image_file_list(&paths, folder, rows[i].pattern, &err), rows[i].n);
		assert_string_equal(strrchr(paths[0], '/') + 1, rows[i].first);
		assert_string_equal(strrchr(paths[rows[i].n - 1], '/') + 1, rows[i].last);
		okng_image_file_list_free(&paths);
		assert_null(paths);
	}
	assert_int_equal(okng_image_file_list(&paths, folder, "*.bmp", &err), -ENODATA);
	assert_non_null(strstr(err.text, "*.bmp"));
	assert_int_equal(okng_image_file_list(&paths, "/nowhere/at/all", NULL, &err), -ENOENT);
	okng_image_file_list_free(&paths);
	folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(png_colour_types),
		cmocka_unit_test(png_palette_and_small_depths),
		cmocka_unit_test(jpeg_grey_and_colour),
		cmocka_unit_test(save_and_load_are_exact),
		cmocka_unit_test(save_16_bit_keeps_the_upper_half),
		cmocka_unit_test(save_failure_leaves_the_old_file),
		cmocka_unit_test(truncation_is_refused_at_every_byte),
		cmocka_unit_test(png_checksums_count),
		cmocka_unit_test(hostile_sizes_cost_nothing),
		cmocka_unit_test(what_is_no_picture),
		cmocka_unit_test(size_of_a_jpeg_behind_a_long_preview),
		cmocka_unit_test(list_is_sorted_and_filtered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

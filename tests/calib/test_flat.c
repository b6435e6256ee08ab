/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat field: what it solves for levels an uneven field, what it can't use it refuses with the reason, and what it
 * keeps in a file comes back whole or not at all.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "calib/flat.h"

static struct okng_error err;

enum { W = 60, H = 40 };

static struct okng_image frame(int w, int h)
{
	struct okng_image img;
	assert_int_equal(okng_image_init(&img, w, h, OKNG_PIXEL_MONO8), 0);
	return img;
}

static int dark_at(int x, int y)
{
	return 6 + (x * 3 + y * 5) % 7;
}

/* An uneven field: bright in the middle. level: at the brightest place, above dark. */
static struct okng_image field(int level)
{
	struct okng_image img = frame(W, H);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			int r2 = (2 * x - W + 1) * (2 * x - W + 1) + (2 * y - H + 1) * (2 * y - H + 1);
			okng_image_row(&img, y)[x] = (uint8_t)(dark_at(x, y) + level * (10000 - r2) / 10000);
		}
	return img;
}

static struct okng_image dark_frame(void)
{
	struct okng_image img = frame(W, H);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			okng_image_row(&img, y)[x] = (uint8_t)dark_at(x, y);
	return img;
}

static void levels_an_uneven_field(void **state)
{
	(void)state;
	struct okng_image white = field(200), dark = dark_frame(), half = field(100);
	struct okng_flat flat;
	struct okng_flat_report report;
	if (okng_flat_make(&flat, &white, 1, &dark, 1, &report, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(report.mended, 0);
	assert_in_range(report.target, 195 * 16, 200 * 16);
	assert_true(report.least >= 4000 && report.least <= 4096 && report.most > 6000);
	struct okng_image out = frame(W, H);
	static const struct { int level; } rows[] = {{200}, {100}};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(okng_correct(&flat, i ? &half : &white, &out), 0);
		int want = report.target * rows[i].level / 200 / 16;
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				if (abs(okng_image_row(&out, y)[x] - want) > 2)
					fail_msg("(%d, %d) is %d, not %d", x, y, okng_image_row(&out, y)[x], want);
	}
	okng_image_finish(&out);
	okng_image_finish(&white);
	okng_image_finish(&half);
	okng_image_finish(&dark);
	okng_flat_finish(&flat);
}

static void averages_frames(void **state)
{
	(void)state;
	/* 100 and 101 in turns: the gain knows of the half level. */
	struct okng_image white[2] = {frame(W, H), frame(W, H)};
	memset(white[0].data, 100, (size_t)white[0].stride * H);
	memset(white[1].data, 100, (size_t)white[1].stride * H);
	for (int x = 0; x < W / 2; x++)
		okng_image_row(&white[1], 0)[x] = 101;
	struct okng_flat flat;
	assert_int_equal(okng_flat_make(&flat, white, 2, NULL, 0, NULL, &err), 0);
	const uint16_t *gain = (const uint16_t *)(const void *)okng_image_row(&flat.gain, 0);
	assert_int_equal(gain[0], 4096); /* 100.5, the target: more than 1 % of the pixels have it */
	assert_int_equal(gain[W - 1], 4116); /* 100 */
	assert_int_equal(okng_image_row(&flat.dark, 0)[0], 0);
	okng_flat_finish(&flat);
	okng_image_finish(&white[0]);
	okng_image_finish(&white[1]);
}

static void mends_dead_and_hot_pixels(void **state)
{
	(void)state;
	struct okng_image white = field(180), dark = dark_frame();
	okng_image_row(&white, 10)[10] = 0;                     /* dead */
	okng_image_row(&white, 10)[11] = 0;                     /* beside it */
	okng_image_row(&dark, 20)[30] = okng_image_row(&white, 20)[30] = 250; /* hot */
	okng_image_row(&white, 0)[0] = (uint8_t)(dark_at(0, 0) + 5);       /* in the corner, too dark to correct */
	okng_image_row(&dark, 30)[40] = okng_image_row(&white, 30)[40] = 60; /* hot, but it still sees light */
	okng_image_row(&white, 30)[40] = 220;
	okng_image_row(&white, 35)[50] = (uint8_t)(dark_at(50, 35) + 60);    /* odd: sees half of what its neighbours see */
	struct okng_flat flat;
	struct okng_flat_report report;
	assert_int_equal(okng_flat_make(&flat, &white, 1, &dark, 1, &report, &err), 0);
	assert_int_equal(report.mended, 6);
	assert_true(report.hot == 2 && report.dead == 3 && report.odd == 1);
	assert_int_equal(flat.n_bad, 6);
	struct okng_image out = frame(W, H);
	assert_int_equal(okng_correct(&flat, &white, &out), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			if (abs(okng_image_row(&out, y)[x] - report.target / 16) > 2)
				fail_msg("(%d, %d) is %d", x, y, okng_image_row(&out, y)[x]);
	okng_image_finish(&out);
	static const int at[][4] = {{10, 10, 10, 12}, {11, 10, 12, 10}, {30, 20, 31, 20}, {0, 0, 1, 1}};
	for (size_t i = 0; i < 4; i++) {
		int gain = ((const uint16_t *)(const void *)okng_image_row(&flat.gain, at[i][1]))[at[i][0]];
		int near = ((const uint16_t *)(const void *)okng_image_row(&flat.gain, at[i][3]))[at[i][2]];
		assert_in_range(gain, near * 95 / 100, near * 105 / 100);
	}
	okng_flat_finish(&flat);
	okng_image_finish(&white);
	okng_image_finish(&dark);
}

static void refuses_useless_frames(void **state)
{
	(void)state;
	struct okng_image dark = dark_frame(), small = frame(W, H - 1), wide = {0};
	assert_int_equal(okng_image_init(&wide, W, H, OKNG_PIXEL_MONO16), 0);
	struct okng_image saturated = field(180), dim = field(35), uneven = field(180), spot = field(180);
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 4; x++)
			okng_image_row(&spot, y)[x] = 0;
	for (int x = 0; x < 25; x++) { /* 25 of 2400 pixels: over 1 % */
		okng_image_row(&saturated, 5)[x] = 255;
		okng_image_row(&uneven, 5)[x] = (uint8_t)(dark_at(x, 5) + 2);
	}
	const struct { const struct okng_image *white, *dark; int n_white, n_dark; const char *text; } rows[] = {
		{&saturated, &dark, 1, 1, "saturated"}, {&dim, &dark, 1, 1, "40 levels above dark"}, {&uneven, &dark, 1, 1, "25 bad pixels (0 hot, 25 dead"}, {&spot, &dark, 1, 1, "in one place, about (0, 0)"},
		{&small, &dark, 1, 1, "60 x 40"},       {&wide, &dark, 1, 1, "8-bit"},             {&uneven, &dark, 0, 1, "0 white"},
		{&uneven, &dark, 257, 1, "257 white"},  {&dark, NULL, 1, 0, "40 levels"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_flat flat;
		int rc = okng_flat_make(&flat, rows[i].white, rows[i].n_white, rows[i].dark, rows[i].n_dark, NULL, &err);
		if (rc != -EINVAL || flat.dark.data || !strstr(err.text, rows[i].text))
			fail_msg("row %zu: %d \"%s\"", i, rc, err.text);
	}
	okng_image_row(&saturated, 5)[0] = okng_image_row(&saturated, 5)[1] = 200; /* 23 of 2400 are still allowed */
	struct okng_flat flat;
	assert_int_equal(okng_flat_make(&flat, &saturated, 1, &dark, 1, NULL, &err), 0);
	okng_flat_finish(&flat);
	okng_image_finish(&dark);
	okng_image_finish(&small);
	okng_image_finish(&wide);
	okng_image_finish(&saturated);
	okng_image_finish(&dim);
	okng_image_finish(&uneven);
	okng_image_finish(&spot);
}

/* With two bad pixels. */
static void flat_of(struct okng_flat *flat)
{
	struct okng_image white = field(150), dark = dark_frame();
	okng_image_row(&white, 10)[10] = okng_image_row(&white, 30)[59] = 0;
	assert_int_equal(okng_flat_make(flat, &white, 1, &dark, 1, NULL, &err), 0);
	okng_image_finish(&white);
	okng_image_finish(&dark);
}

static void expect_same(const struct okng_flat *a, const struct okng_flat *b)
{
	assert_int_equal(a->dark.width, b->dark.width);
	assert_int_equal(a->gain.height, b->gain.height);
	assert_int_equal(a->n_bad, 2);
	assert_int_equal(b->n_bad, 2);
	assert_memory_equal(a->bad, b->bad, 2 * sizeof *a->bad);
	for (int y = 0; y < a->dark.height; y++) {
		assert_memory_equal(okng_image_row(&a->dark, y), okng_image_row(&b->dark, y), (size_t)a->dark.width);
		assert_memory_equal(okng_image_row(&a->gain, y), okng_image_row(&b->gain, y), (size_t)a->gain.width * 2);
	}
}

static void folder_make(char path[64])
{
	const char *base = getenv("TMPDIR");
	snprintf(path, 64, "%s/okng-flat-XXXXXX", base && strlen(base) < 32 ? base : "/tmp");
	assert_non_null(mkdtemp(path));
}

static size_t read_file(const char *path, uint8_t *bytes, size_t room)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, room, f);
	fclose(f);
	return n;
}

static void keeps_and_finds_again(void **state)
{
	(void)state;
	char folder[64], path[128], temp[160];
	folder_make(folder);
	snprintf(path, sizeof path, "%s/camera.flat", folder);
	snprintf(temp, sizeof temp, "%s.new", path);
	struct okng_flat flat, back;
	flat_of(&flat);
	assert_int_equal(okng_flat_load(&back, path, &err), -ENOENT);
	for (int i = 0; i < 2; i++) { /* new, then over an old one */
		assert_int_equal(okng_flat_save(&flat, path, &err), 0);
		assert_int_equal(access(temp, F_OK), -1);
		assert_int_equal(okng_flat_load(&back, path, &err), 0);
		expect_same(&flat, &back);
		okng_flat_finish(&back);
	}
	assert_int_equal(okng_flat_save(&flat, "/nowhere/at/all.flat", &err), -ENOENT);
	assert_string_equal(err.file, "/nowhere/at/all.flat");
	assert_int_equal(okng_flat_load(&back, folder, &err), -EINVAL);
	assert_non_null(strstr(err.text, "regular"));
	okng_flat_finish(&flat);
	unlink(path);
	rmdir(folder);
}

static void put_crc(uint8_t *bytes, size_t size)
{
	uLong crc = crc32_z(crc32_z(0, NULL, 0), bytes, 20);
	crc = crc32_z(crc, bytes + 24, size - 24);
	for (int i = 0; i < 4; i++)
		bytes[20 + i] = (uint8_t)(crc >> 8 * i);
}

enum { LIST = 24 + 3 * W * H }; /* where the bad pixels are */

static void damaged_files_are_refused(void **state)
{
	(void)state;
	char folder[64], path[128];
	static uint8_t bytes[24 + 3 * W * H + 13];
	folder_make(folder);
	snprintf(path, sizeof path, "%s/camera.flat", folder);
	struct okng_flat flat;
	flat_of(&flat);
	assert_int_equal(okng_flat_save(&flat, path, &err), 0);
	okng_flat_finish(&flat);
	size_t size = read_file(path, bytes, sizeof bytes);
	assert_int_equal(size, LIST + 12);
	for (size_t i = 0; i < size; i++) { /* every single byte counts */
		bytes[i] ^= 0x20;
		if (okng_flat_parse(&flat, bytes, size, "damaged", &err) != -EINVAL || flat.gain.data)
			fail_msg("byte %zu may be damaged unnoticed", i);
		bytes[i] ^= 0x20;
	}
	for (size_t n = 0; n < size; n += n < 40 ? 1 : 97)
		assert_int_equal(okng_flat_parse(&flat, bytes, n, "cut", &err), -EINVAL);
	assert_int_equal(okng_flat_parse(&flat, bytes, size + 1, "longer", &err), -EINVAL);
	static const struct { size_t at; uint8_t value; const char *text; } rows[] = {
		{0, 'X', "not a flat field"}, {8, 3, "version 3"}, {8, 0, "version 0"}, {8, 1, "need"}, {12, 0, "0 x 40"}, {14, 1, "65596 x 40"}, {16, 41, "need"},
		{24 + W * H + 1, 0xff, "gain"}, {24 + W * H + 1, 0, "gain"},
		{LIST, 3, "need"}, {LIST + 3, 1, "need"}, {LIST + 9, 1, "order"}, {LIST + 11, 1, "order"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t was = bytes[rows[i].at];
		bytes[rows[i].at] = rows[i].value;
		put_crc(bytes, size);
		assert_int_equal(okng_flat_parse(&flat, bytes, size, "wrong", &err), -EINVAL);
		if (!strstr(err.text, rows[i].text))
			fail_msg("\"%s\" does not say \"%s\"", err.text, rows[i].text);
		bytes[rows[i].at] = was;
	}
	put_crc(bytes, size);
	assert_int_equal(okng_flat_parse(&flat, bytes, size, "whole", &err), 0);
	okng_flat_finish(&flat);
	bytes[8] = 1; /* as version 1 was written: no list */
	put_crc(bytes, LIST);
	assert_int_equal(okng_flat_parse(&flat, bytes, LIST, "old", &err), 0);
	assert_true(flat.n_bad == 0 && flat.bad == NULL);
	okng_flat_finish(&flat);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_an_uneven_field),
		cmocka_unit_test(averages_frames),
		cmocka_unit_test(mends_dead_and_hot_pixels),
		cmocka_unit_test(refuses_useless_frames),
		cmocka_unit_test(keeps_and_finds_again),
		cmocka_unit_test(damaged_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

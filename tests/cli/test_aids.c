/* SPDX-License-Identifier: Apache-2.0
 *
 * The aids of okng camera live: numbers that are known of pictures that are known, and pictures as characters.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/aids.h"
#include "cli/picture_text.h"

#define W 200
#define H 120

/* Stripes of 4 pixels of a and b, blurred n times by a mean of three. */
static struct okng_image stripes(uint8_t a, uint8_t b, int blur)
{
	struct okng_image img;

	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < H; y++) {
		uint8_t *row = img.data + y * img.stride;

		for (int x = 0; x < W; x++)
			row[x] = x / 4 % 2 ? a : b;
		for (int n = 0; n < blur; n++)
			for (int x = 1; x + 1 < W; x++)
				row[x] = (uint8_t)((row[x - 1] + row[x] + row[x + 1]) / 3);
	}
	return img;
}

static void focus_grows_the_sharpness(void **state)
{
	double last = INFINITY;

	(void)state;
	for (int blur = 0; blur < 5; blur++) {
		struct okng_image img = stripes(60, 180, blur);
		struct okng_aids a;

		assert_int_equal(okng_aids_measure(&a, &img, (struct okng_rect){ 0 }), 0);
		assert_true(a.sharpness > 0 && a.sharpness < last * 0.95);
		last = a.sharpness;
		okng_image_finish(&img);
	}
}

static void light_does_not_change_it(void **state)
{
	struct okng_image dim = stripes(30, 90, 0), light = stripes(60, 180, 0);
	struct okng_aids a, b;

	(void)state;
	assert_int_equal(okng_aids_measure(&a, &dim, (struct okng_rect){ 0 }), 0);
	assert_int_equal(okng_aids_measure(&b, &light, (struct okng_rect){ 0 }), 0);
	assert_true(fabs(a.sharpness / b.sharpness - 1) < 0.01);
	assert_true(fabs(a.mean - 60) < 1e-9 && fabs(b.mean - 120) < 1e-9);
	okng_image_finish(&dim);
	okng_image_finish(&light);
}

static void counts_what_is_lost(void **state)
{
	struct okng_image img = stripes(100, 100, 0);
	struct okng_aids a;
	uint32_t sum = 0;

	(void)state;
	memset(img.data + 10 * img.stride + 20, 255, 30);
	memset(img.data + 11 * img.stride + 20, 0, 60);
	assert_int_equal(okng_aids_measure(&a, &img, (struct okng_rect){ 0 }), 0);
	assert_true(fabs(a.bright - 30.0 / (W * H)) < 1e-12 && fabs(a.dark - 60.0 / (W * H)) < 1e-12);
	for (int i = 0; i < OKNG_AIDS_BINS; i++)
		sum += a.histogram[i];
	assert_int_equal(sum, W * H);
	assert_int_equal(a.histogram[0], 60);
	assert_int_equal(a.histogram[25], W * H - 90);
	assert_int_equal(a.histogram[63], 30);
	/* A region sees its own pixels only. */
	assert_int_equal(okng_aids_measure(&a, &img, (struct okng_rect){ 20, 10, 10, 1 }), 0);
	assert_true(a.bright >= 1 && a.dark <= 0 && a.mean >= 255);
	assert_int_equal(okng_aids_measure(&a, &img, (struct okng_rect){ 0, 40, W, 8 }), 0);
	assert_true(a.bright <= 0 && a.dark <= 0 && a.sharpness <= 0);
	okng_image_finish(&img);
}

static void regions_beyond_the_picture(void **state)
{
	static const struct okng_rect bad[] = { { 1, 0, W, H }, { 0, 1, W, H }, { -1, 0, 8, 8 }, { 0, 0, 8, -8 }, { 2147483647, 0, 2147483647, 8 } };
	struct okng_image img = stripes(1, 2, 0);
	struct okng_aids a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(okng_aids_measure(&a, &img, bad[i]), -EINVAL);
	okng_image_finish(&img);
}

static void black_is_not_sharp(void **state)
{
	struct okng_image img = stripes(0, 0, 0);
	struct okng_aids a;

	(void)state;
	assert_int_equal(okng_aids_measure(&a, &img, (struct okng_rect){ 0 }), 0);
	assert_true(a.sharpness <= 0 && a.dark >= 1);
	okng_image_finish(&img);
}

static char *drawn(const struct okng_image *img, int columns, int lines, enum okng_picture_ink ink, struct okng_rect mark, int *n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	*n = okng_picture_draw(f, img, columns, lines, ink, mark, "\n");
	fclose(f);
	return text;
}

static void draws_within_its_room(void **state)
{
	static const int room[][2] = { { 80, 20 }, { 20, 80 }, { 1, 1 }, { 3, 1 }, { 400, 300 } };
	struct okng_image img = stripes(10, 200, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(room) / sizeof(room[0]); i++)
		for (int ink = OKNG_INK_LETTERS; ink <= OKNG_INK_TRUE; ink++) {
			int n, lines = 0;
			char *text = drawn(&img, room[i][0], room[i][1], (enum okng_picture_ink)ink, (struct okng_rect){ 0 }, &n);

			for (char *at = text; (at = strchr(at, '\n')); at++)
				lines++;
			assert_int_equal(lines, n);
			assert_in_range(n, 1, room[i][1]);
			if (ink == OKNG_INK_LETTERS)
				assert_true(strcspn(text, "\n") <= (size_t)room[i][0]);
			free(text);
		}
	okng_image_finish(&img);
}

static void shows_light_dark_and_what_is_overexposed(void **state)
{
	struct okng_image img = stripes(0, 0, 0);
	char *text;
	int n;

	(void)state;
	for (int y = 0; y < H; y++)
		memset(img.data + y * img.stride + W / 2, 250, W / 2);
	img.data[3 * img.stride + 3] = 255;
	text = drawn(&img, 20, 6, OKNG_INK_LETTERS, (struct okng_rect){ 0 }, &n);
	assert_int_equal(n, 6);
	assert_memory_equal(text, "!         @@@@@@@@@@\n          @@@@@@@@@@\n", 42);
	free(text);
	text = drawn(&img, 20, 6, OKNG_INK_LETTERS, (struct okng_rect){ 20, 20, 60, 60 }, &n);
	assert_non_null(strchr(text, '|'));
	free(text);
	text = drawn(&img, 20, 6, OKNG_INK_TRUE, (struct okng_rect){ 0 }, &n);
	assert_memory_equal(text, "\033[38;2;255;0;0m", 14);
	assert_non_null(strstr(text, "\033[48;2;250;250;250m"));
	free(text);
	okng_image_finish(&img);
}

static void knows_its_terminal(void **state)
{
	(void)state;
	assert_int_equal(okng_picture_ink_of("xterm-256color", "truecolor", "en_US.UTF-8"), OKNG_INK_TRUE);
	assert_int_equal(okng_picture_ink_of("xterm-256color", NULL, "zh_CN.utf8"), OKNG_INK_256);
	assert_int_equal(okng_picture_ink_of("xterm-256color", "truecolor", "C"), OKNG_INK_LETTERS);
	assert_int_equal(okng_picture_ink_of("vt100", NULL, "C.UTF-8"), OKNG_INK_LETTERS);
	assert_int_equal(okng_picture_ink_of(NULL, NULL, NULL), OKNG_INK_LETTERS);
	assert_int_equal(okng_picture_ink_of("linux", "", "C.UTF-8"), OKNG_INK_LETTERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(focus_grows_the_sharpness), cmocka_unit_test(light_does_not_change_it),
		cmocka_unit_test(counts_what_is_lost), cmocka_unit_test(regions_beyond_the_picture),
		cmocka_unit_test(black_is_not_sharp), cmocka_unit_test(draws_within_its_room),
		cmocka_unit_test(shows_light_dark_and_what_is_overexposed), cmocka_unit_test(knows_its_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes at both ends, alignment of owned rows, and that views never free what is not theirs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "pipeline/image.h"

static void sizes(void **state)
{
	(void)state;
	static const struct {
		int32_t width, height;
		int pixel;
		int want;
	} cases[] = {
		{1, 1, OKNG_PIXEL_MONO8, 0},
		{1, 1, OKNG_PIXEL_MONO16, 0},
		{63, 3, OKNG_PIXEL_MONO8, 0},
		{65, 3, OKNG_PIXEL_MONO16, 0},
		{OKNG_IMAGE_SIDE_MAX, 1, OKNG_PIXEL_MONO16, 0},
		{0, 1, OKNG_PIXEL_MONO8, -EINVAL},
		{1, 0, OKNG_PIXEL_MONO8, -EINVAL},
		{-4, 4, OKNG_PIXEL_MONO8, -EINVAL},
		{OKNG_IMAGE_SIDE_MAX + 1, 1, OKNG_PIXEL_MONO8, -EINVAL},
		{1, OKNG_IMAGE_SIDE_MAX + 1, OKNG_PIXEL_MONO8, -EINVAL},
		{4, 4, 0, -EINVAL},
		{4, 4, 3, -EINVAL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct okng_image img;
		memset(&img, 0xa5, sizeof img);
		assert_int_equal(okng_image_init(&img, cases[i].width, cases[i].height, (enum okng_pixel)cases[i].pixel),
			cases[i].want);
		if (cases[i].want) {
			assert_null(img.data);
			assert_int_equal(img.width, 0);
			assert_false(img.owned);
		} else {
			int bytes = cases[i].pixel == OKNG_PIXEL_MONO16 ? 2 : 1;
			assert_true(img.owned);
			assert_true(img.stride >= cases[i].width * bytes);
			for (int32_t y = 0; y < img.height; y++) {
				const uint8_t *row = okng_image_row(&img, y);
				assert_int_equal((uintptr_t)row % 64, 0);
				for (int32_t x = 0; x < img.width * bytes; x++)
					assert_int_equal(row[x], 0);
			}
		}
		okng_image_finish(&img);
		assert_null(img.data);
		okng_image_finish(&img); /* a zeroed image is accepted */
	}
}

static void views_and_copies(void **state)
{
	(void)state;
	uint8_t bytes[10 * 12];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	struct okng_image view = okng_image_view(bytes + 13, 5, 7, 12, OKNG_PIXEL_MONO8), own;
	assert_int_equal(okng_image_init(&own, 5, 7, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_copy(&own, &view), 0);
	for (int32_t y = 0; y < 7; y++)
		for (int32_t x = 0; x < 5; x++)
			assert_int_equal(okng_image_row(&own, y)[x], 13 + 12 * y + x);

	/* Back into the view: only its own pixels change. */
	memset(okng_image_row(&own, 3), 0xee, 5);
	assert_int_equal(okng_image_copy(&view, &own), 0);
	for (int i = 0; i < (int)sizeof bytes; i++)
		assert_int_equal(bytes[i], i >= 49 && i < 54 ? 0xee : i);

	struct okng_image other = okng_image_view(bytes, 4, 7, 12, OKNG_PIXEL_MONO8);
	assert_int_equal(okng_image_copy(&own, &other), -EINVAL);
	other = okng_image_view(bytes, 5, 6, 12, OKNG_PIXEL_MONO8);
	assert_int_equal(okng_image_copy(&own, &other), -EINVAL);
	other = okng_image_view(bytes, 5, 7, 12, OKNG_PIXEL_MONO16);
	assert_int_equal(okng_image_copy(&own, &other), -EINVAL);
	other = (struct okng_image){0};
	assert_int_equal(okng_image_copy(&own, &other), -EINVAL);

	okng_image_finish(&view); /* frees nothing: bytes are ours */
	assert_int_equal(bytes[0], 0);
	okng_image_finish(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(views_and_copies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

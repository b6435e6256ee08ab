/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder as a camera: order, end, loop, rate, trigger, damaged and foreign files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "camera/camera.h"
#include "camera/image_file.h"
#include "pictures.h"

static struct okng_error err;

struct fixture {
	char folder[64];
	struct okng_camera_params params;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);
	folder_make(x->folder);
	x->params = (struct okng_camera_params){.type = OKNG_CAMERA_REPLAY, .frames = 2, .rate = 5000};
	snprintf(x->params.folder, sizeof x->params.folder, "%s", x->folder);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	folder_remove(x->folder);
	free(x);
	return 0;
}

static struct okng_camera *open_camera(const struct okng_camera_params *p)
{
	struct okng_camera *c;
	if (okng_camera_open(&c, p, &err) != 0)
		fail_msg("%s: %s", err.file, err.text);
	return c;
}

static void expect_frame(struct okng_camera *c, const char *name, int phase, uint64_t id)
{
	struct okng_frame *f;
	int rc = okng_camera_take(c, &f, 5000);
	if (rc != 0)
		fail_msg("%s: %d %s", name, rc, okng_camera_error(c));
	assert_string_equal(f->source, name);
	assert_int_equal(f->id, id);
	assert_int_equal(f->truths, -1);
	struct okng_image want;
	assert_int_equal(okng_image_init(&want, f->image.width, f->image.height, OKNG_PIXEL_MONO8), 0);
	picture_pattern(&want, phase);
	for (int y = 0; y < want.height; y++)
		assert_memory_equal(okng_image_row(&want, y), okng_image_row(&f->image, y), (size_t)want.width);
	okng_image_finish(&want);
	okng_frame_unref(&f);
}

static void plays_in_order_to_the_end(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "03.png", 32, 20, 3);
	folder_picture(x->folder, "01.png", 32, 20, 1);
	folder_picture(x->folder, "02.png", 32, 20, 2);
	struct okng_camera *c = open_camera(&x->params);
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_int_equal(w, 32);
	assert_int_equal(h, 20);
	assert_true(okng_camera_simulates(c));
	expect_frame(c, "01.png", 1, 1);
	expect_frame(c, "02.png", 2, 2);
	expect_frame(c, "03.png", 3, 3);
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, -1), -ENODATA);
	assert_int_equal(okng_camera_take(c, &f, -1), -ENODATA);
	okng_camera_close(&c);
}

static void plays_in_a_loop(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "a.png", 16, 16, 1);
	folder_picture(x->folder, "b.png", 16, 16, 2);
	x->params.loop = true;
	struct okng_camera *c = open_camera(&x->params);
	for (uint64_t i = 0; i < 9; i++)
		expect_frame(c, i & 1 ? "b.png" : "a.png", i & 1 ? 2 : 1, i + 1);
	okng_camera_close(&c);
}

static void plays_on_trigger(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "a.png", 16, 16, 1);
	folder_picture(x->folder, "b.png", 16, 16, 2);
	x->params.rate = 0;
	struct okng_camera *c = open_camera(&x->params);
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, 1), -ETIMEDOUT);
	assert_int_equal(okng_camera_trigger(c), 0);
	expect_frame(c, "a.png", 1, 1);
	assert_int_equal(okng_camera_take(c, &f, 1), -ETIMEDOUT);
	assert_int_equal(okng_camera_trigger(c), 0);
	expect_frame(c, "b.png", 2, 2);
	for (int i = 0; i < 2; i++) { /* a trigger at the end is answered, and so is the next */
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_take(c, &f, 1000), -ENODATA);
	}
	okng_camera_close(&c);
}

static void a_late_taker_misses_nothing(void **state)
{
	struct fixture *x = *state;
	char name[16];
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "%02d.png", i);
		folder_picture(x->folder, name, 16, 16, i);
	}
	x->params.rate = 100000; /* far faster than pictures can be decoded */
	struct okng_camera *c = open_camera(&x->params);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "%02d.png", i);
		expect_frame(c, name, i, (uint64_t)i + 1);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.dropped, 0);
	okng_camera_close(&c);
}

static void a_pattern_selects(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "good-1.png", 16, 16, 1);
	folder_picture(x->folder, "bad-1.png", 40, 16, 2);
	snprintf(x->params.pattern, sizeof x->params.pattern, "good-*");
	struct okng_camera *c = open_camera(&x->params);
	expect_frame(c, "good-1.png", 1, 1);
	okng_camera_close(&c);
}

static void damage_is_one_lost_part(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "1.png", 16, 16, 1);
	folder_write(x->folder, "2.jpg", "not a picture", 13);
	uint8_t rows[16 * 16] = {0};
	struct picture cut = picture_jpeg(rows, 16, 16, 1, 80, 0);
	folder_write(x->folder, "3.jpg", cut.bytes, cut.size - 2);
	picture_free(&cut);
	folder_picture(x->folder, "4.png", 16, 16, 4);
	struct okng_camera *c = open_camera(&x->params);
	struct okng_frame *f;
	expect_frame(c, "1.png", 1, 1);
	assert_int_equal(okng_camera_take(c, &f, 1000), -EIO);
	assert_null(f);
	assert_non_null(strstr(okng_camera_error(c), "neither"));
	assert_int_equal(okng_camera_take(c, &f, 1000), -EIO);
	assert_non_null(strstr(okng_camera_error(c), "damaged JPEG"));
	expect_frame(c, "4.png", 4, 4);
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 2);
	assert_int_equal(stats.incomplete, 2);
	okng_camera_close(&c);
}

static void a_picture_that_changed_size_is_damage(void **state)
{
	struct fixture *x = *state;
	folder_picture(x->folder, "1.png", 16, 16, 1);
	folder_picture(x->folder, "2.png", 16, 16, 2);
	struct okng_camera *c = open_camera(&x->params);
	folder_picture(x->folder, "2.png", 18, 16, 2);
	struct okng_frame *f;
	expect_frame(c, "1.png", 1, 1);
	assert_int_equal(okng_camera_take(c, &f, 1000), -EIO);
	assert_non_null(strstr(okng_camera_error(c), "18 x 16"));
	okng_camera_close(&c);
}

static void folders_that_cannot_be_played(void **state)
{
	struct fixture *x = *state;
	struct okng_camera *c;
	assert_int_equal(okng_camera_open(&c, &x->params, &err), -ENODATA);
	assert_null(c);
	folder_write(x->folder, "1.png", "broken", 6);
	assert_int_equal(okng_camera_open(&c, &x->params, &err), -ENODATA);
	assert_non_null(strstr(err.text, "can be read"));
	folder_picture(x->folder, "2.png", 16, 16, 1);
	folder_picture(x->folder, "3.png", 16, 17, 1);
	assert_int_equal(okng_camera_open(&c, &x->params, &err), -EINVAL);
	assert_non_null(strstr(err.file, "3.png"));
	assert_non_null(strstr(err.text, "2.png"));
	snprintf(x->params.folder, sizeof x->params.folder, "/nowhere/at/all");
	assert_int_equal(okng_camera_open(&c, &x->params, &err), -ENOENT);
	assert_string_equal(err.file, "/nowhere/at/all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plays_in_order_to_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(plays_in_a_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(plays_on_trigger, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_taker_misses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pattern_selects, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_one_lost_part, setup, teardown),
		cmocka_unit_test_setup_teardown(a_picture_that_changed_size_is_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(folders_that_cannot_be_played, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The Aravis source against a camera on the network: lost packets, a camera that dies, comes back, or is frozen. What
 * arrives is compared byte by byte: never a byte of another frame, never a frame that was asked for by another part.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arv.h>
#include <cmocka.h>

#include "camera/camera.h"
#include "camera/discover.h"
#include "gige.h"

#define LIMIT_MS 30000

static struct okng_error err;
static pid_t camera;
static struct okng_camera *opened; /* closed after a failed test, lest it holds the next one's */

static struct okng_camera_params gige(double rate)
{
	struct okng_camera_params p = {.name = "test", .type = OKNG_CAMERA_ARAVIS, .frames = 4, .rate = rate,
		.aravis = {.id = GIGE_SERIAL, .width = 640, .height = 480, .gain = -1, .frame_timeout_ms = LIMIT_MS, .lost_ms = 400,
			.packet_size = 1500}};
	return p;
}

static struct okng_camera *open_it(const struct okng_camera_params *p)
{
	struct okng_camera *c;
	int rc = okng_camera_open(&c, p, &err);
	if (rc != 0)
		fail_msg("%d %s: %s", rc, err.key, err.text);
	return opened = c;
}

static void close_it(struct okng_camera *c)
{
	opened = NULL;
	okng_camera_close(&c);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All its pixels are those of one frame, whose number it returns; gives it back. */
static int whole(struct okng_frame **frame)
{
	const struct okng_image *img = &(*frame)->image;
	int first = *okng_image_row(img, 0), other = first, x = 0, y = 0;
	for (y = 0; y < img->height && other == first; y++)
		for (x = 0; x < img->width && other == first; x++)
			other = okng_image_row(img, y)[x];
	okng_frame_unref(frame);
	if (other != first)
		fail_msg("pixel %d,%d is of frame %d of the camera, the first of %d", x - 1, y - 1, other, first);
	return first;
}

static int one(struct okng_camera *c, int *number)
{
	struct okng_frame *f;
	assert_int_equal(okng_camera_trigger(c), 0);
	int rc = okng_camera_take(c, &f, LIMIT_MS);
	if (rc == 0)
		*number = whole(&f);
	return rc;
}

/* The next trigger that is answered by a frame; everything before is told to be a lost camera. */
static int one_after_the_outage(struct okng_camera *c)
{
	int64_t end = now_ms() + LIMIT_MS;
	struct okng_frame *f;
	int number = -1, rc;
	while ((rc = one(c, &number)) != 0) {
		assert_int_equal(rc, -ENODEV);
		assert_true(now_ms() < end);
		assert_int_equal(okng_camera_take(c, &f, 20), -ETIMEDOUT); /* no one answers twice */
	}
	return number;
}

static int setup(void **state)
{
	(void)state;
	camera = gige_start(0);
	return camera > 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	okng_camera_close(&opened);
	gige_kill(&camera);
	return 0;
}

static void it_is_found(void **state)
{
	(void)state;
	struct okng_camera_found found[4];
	assert_int_equal(okng_camera_discover(found, 4, &err), 1);
	assert_string_equal(found[0].serial, GIGE_SERIAL);
	assert_string_equal(found[0].address, "127.0.0.1");
	assert_string_equal(found[0].protocol, "GigEVision");
	static const char *const ids[] = {"127.0.0.1", GIGE_NAME, ""};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct okng_camera_params p = gige(0);
		strcpy(p.aravis.id, ids[i]);
		struct okng_camera *c = open_it(&p);
		assert_true(okng_camera_simulates(c));
		close_it(c);
	}
	struct okng_camera_params p = gige(0);
	struct okng_camera *c;
	strcpy(p.aravis.id, "no such number");
	assert_int_equal(okng_camera_open(&c, &p, &err), -ENODEV);
}

static void triggers_give_one_whole_frame_each(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	int last = 0, number = 0;
	for (int i = 0; i < 15; i++) {
		if (one(c, &number) != 0)
			fail_msg("%s", okng_camera_error(c));
		assert_int_equal(number, last + 1); /* the camera exposed once for each */
		last = number;
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	}
	close_it(c);
}

/* What is set at one connection does not linger in the next. */
static void a_camera_that_kept_settings_is_set_anew(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(30);
	p.aravis.x = 128;
	p.aravis.packet_delay_ns = 0;
	p.aravis.exposure_us = 2000;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
	whole(&f);
	close_it(c);
	p = gige(0);
	int number;
	c = open_it(&p);
	assert_int_equal(okng_camera_take(c, &f, 100), -ETIMEDOUT); /* it does not run freely any more */
	assert_int_equal(one(c, &number), 0);
	close_it(c);
}

static void lost_packets_are_never_seen(void **state)
{
	(void)state;
	gige_kill(&camera);
	camera = gige_start(3);
	for (int resend = 0; resend < 2; resend++) {
		struct okng_camera_params p = gige(0);
		p.aravis.resend = resend;
		struct okng_camera *c = open_it(&p);
		int good = 0, broken = 0, number;
		for (int i = 0; i < 60; i++) {
			int rc = one(c, &number);
			good += rc == 0;
			broken += rc == -EIO;
			if (rc == -EIO)
				assert_non_null(strstr(okng_camera_error(c), "frame"));
		}
		struct okng_camera_stats stats;
		okng_camera_stats(c, &stats);
		print_message("resend %s: %d whole, %d broken, %d packets missing, %d sent again\n", resend ? "on" : "off", good, broken,
			(int)stats.missing, (int)stats.resent);
		assert_int_equal(good + broken, 60);
		assert_true(good > 0 && broken > 0);
		assert_int_equal(stats.incomplete + stats.dropped, broken);
		assert_int_equal(stats.frames, good);
		assert_true(stats.missing > 0);
		close_it(c);
	}
}

static void a_free_run_accounts_for_every_exposure(void **state)
{
	(void)state;
	gige_kill(&camera);
	camera = gige_start(3);
	struct okng_camera_params p = gige(50);
	struct okng_camera *c = open_it(&p);
	uint64_t id = 0, broken = 0;
	int good = 0, last = -1;
	while (good < 40) {
		struct okng_frame *f;
		int rc = okng_camera_take(c, &f, LIMIT_MS);
		if (rc == 0) {
			uint64_t this = f->id;
			int number = whole(&f);
			if (last >= 0) /* ids count what the camera counts */
				assert_int_equal((number - last + 251) % 251, (this - id) % 251);
			last = number;
			id = this;
			good++;
		} else {
			assert_int_equal(rc, -EIO);
			broken++;
		}
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 40);
	assert_int_equal(stats.incomplete, broken);
	assert_int_equal(stats.frames + stats.incomplete + stats.dropped, id);
	close_it(c);
}

static void a_killed_camera_is_lost_and_found(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	struct okng_camera_stats stats;
	int number;
	for (int round = 1; round <= 2; round++) {
		assert_int_equal(one(c, &number), 0);
		gige_kill(&camera);
		int64_t died = now_ms();
		assert_int_equal(one(c, &number), -ENODEV);
		int64_t took = now_ms() - died;
		print_message("noticed after %d ms\n", (int)took);
		assert_true(took < 400 + 1500); /* Aravis alone: 5 s and more */
		okng_camera_stats(c, &stats);
		assert_true(stats.lost);
		assert_non_null(strstr(stats.trouble, "answer"));
		assert_int_equal(one(c, &number), -ENODEV); /* each of them at once */
		assert_int_equal(okng_camera_take(c, &f, 10), -ETIMEDOUT);
		camera = gige_start(0);
		int64_t back = now_ms();
		int first = one_after_the_outage(c);
		assert_int_equal(one(c, &number), 0);
		assert_int_equal(number, first + 1); /* set up again: triggered, size, format */
		print_message("there again after %d ms\n", (int)(now_ms() - back));
		okng_camera_stats(c, &stats);
		assert_false(stats.lost);
		assert_int_equal(stats.reconnects, round);
	}
	close_it(c);
}

/* Back before it was missed, but it has forgotten who controls it and what was set. */
static void a_restarted_camera_is_noticed(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	p.aravis.lost_ms = 20000;
	struct okng_camera *c = open_it(&p);
	struct okng_camera_stats stats;
	int number;
	assert_int_equal(one(c, &number), 0);
	gige_kill(&camera);
	camera = gige_start(0);
	int64_t end = now_ms() + LIMIT_MS;
	do {
		struct okng_frame *f;
		assert_int_equal(okng_camera_take(c, &f, 20), -ETIMEDOUT);
		okng_camera_stats(c, &stats);
		assert_true(now_ms() < end);
	} while (stats.reconnects == 0);
	assert_true(strstr(stats.trouble, "restarted") || strstr(stats.trouble, "control")); /* whoever notices first */
	assert_true(one_after_the_outage(c) > 0);
	close_it(c);
}

/* Frozen at the trigger, it sends the frame when no one waits for it any more. */
static void a_late_frame_is_not_the_next_parts(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	p.aravis.lost_ms = 60000;
	p.aravis.frame_timeout_ms = 300;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	int number = 0, before = 0;
	for (int round = 0; round < 3; round++) {
		before = number;
		assert_int_equal(one(c, &number), 0);
		assert_true(number > before);
		before = number;
		kill(camera, SIGSTOP);
		assert_int_equal(one(c, &number), -EIO);
		assert_non_null(strstr(okng_camera_error(c), "300 ms"));
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
		kill(camera, SIGCONT);
		p.aravis.frame_timeout_ms = LIMIT_MS;
		int rc = one(c, &number);
		if (rc == 0) /* frame before + 1 was exposed for the part that is lost */
			assert_true(number > before + 1);
		else
			assert_int_equal(rc, -EIO);
	}
	close_it(c);
}

static void a_buffer_the_kernel_refuses_is_named(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	p.aravis.socket_buffer_kib = 1 << 20;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.aravis.socket_buffer_kib");
	assert_non_null(strstr(err.text, "sysctl -w net.core.rmem_max=1073741824"));
	assert_null(opened);
}

static void two_masters_are_refused(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	struct okng_camera *c = open_it(&p), *second;
	assert_int_equal(okng_camera_open(&second, &p, &err), -EBUSY);
	assert_null(second);
	int number;
	assert_int_equal(one(c, &number), 0);
	close_it(c);
}

static void closing_while_lost_ends(void **state)
{
	(void)state;
	struct okng_camera_params p = gige(0);
	struct okng_camera *c = open_it(&p);
	int number;
	gige_kill(&camera);
	assert_int_equal(one(c, &number), -ENODEV);
	close_it(c);
}

static int clean(void **state)
{
	(void)state;
	arv_shutdown();
	return 0;
}

int main(void)
{
	if (!gige_alone()) {
		puts("skipped: a network namespace of its own is not allowed here");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(triggers_give_one_whole_frame_each, setup, teardown),
		cmocka_unit_test_setup_teardown(a_camera_that_kept_settings_is_set_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_packets_are_never_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(a_free_run_accounts_for_every_exposure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_killed_camera_is_lost_and_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_restarted_camera_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_frame_is_not_the_next_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(a_buffer_the_kernel_refuses_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(two_masters_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(closing_while_lost_ends, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}

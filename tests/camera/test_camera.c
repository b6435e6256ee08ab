/* SPDX-License-Identifier: Apache-2.0
 *
 * The interface, on the synthetic source: pool, trigger, clock, wake.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "camera/camera.h"

static struct okng_error err;

static struct okng_camera_params small(double rate)
{
	return (struct okng_camera_params){.name = "test", .type = OKNG_CAMERA_SYNTHETIC, .frames = 3, .rate = rate, .width = 160, .height = 120,
		.seed = 5, .defect_rate = 0.5, .shift = 1, .angle = 0.5, .light = 0.05, .noise = 1};
}

static struct okng_camera *open_camera(double rate)
{
	struct okng_camera_params p = small(rate);
	struct okng_camera *c;
	if (okng_camera_open(&c, &p, &err) != 0)
		fail_msg("%s: %s", err.key, err.text);
	return c;
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void bad_parameters_are_named(void **state)
{
	(void)state;
	struct okng_camera *c;
	static const struct { int frames, width; double rate, defect_rate; const char *key; } rows[] = {
		{1, 640, 0, 0, "camera.frames"}, {65, 640, 0, 0, "camera.frames"}, {4, 100, 0, 0, "camera.width"}, {4, 640, -1, 0, "camera.rate"},
		{4, 640, 0, 1.5, "camera.defect_rate"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = small(rows[i].rate);
		p.frames = rows[i].frames;
		p.width = rows[i].width;
		p.defect_rate = rows[i].defect_rate;
		assert_int_equal(okng_camera_open(&c, &p, &err), -EINVAL);
		assert_null(c);
		assert_string_equal(err.key, rows[i].key);
	}
	struct okng_camera_params p = small(0);
	p.type = 0;
	assert_int_equal(okng_camera_open(&c, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.type");
	okng_camera_close(&c);
}

static void trigger_gives_one_frame(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(0);
	struct okng_frame *f;
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_int_equal(w, 160);
	assert_int_equal(h, 120);
	assert_true(okng_camera_simulates(c));
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	assert_null(f);
	for (uint64_t i = 1; i <= 20; i++) {
		int64_t before = now_ns();
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_trigger(c), -EAGAIN);
		int64_t after = now_ns();
		assert_int_equal(okng_camera_take(c, &f, 1000), 0);
		assert_int_equal(f->id, i);
		assert_true(f->exposed_ns >= before && f->exposed_ns <= after);
		assert_true(f->truths >= 0 && !f->incomplete);
		assert_string_equal(f->source, "");
		okng_frame_unref(&f);
		assert_null(f);
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	}
	okng_frame_unref(&f);
	okng_camera_close(&c);
	okng_camera_close(&c);
}

static void held_frames_cost_exposures(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(0);
	struct okng_frame *held[3], *f;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_take(c, &held[i], 0), 0);
	}
	okng_frame_ref(held[1]);
	okng_frame_unref(&(struct okng_frame *){held[1]}); /* still held once */
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, 0), -ENOBUFS);
	assert_null(f);
	assert_non_null(strstr(okng_camera_error(c), "in use"));
	okng_frame_unref(&held[1]);
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, 0), 0);
	assert_int_equal(f->id, 5); /* exposure 4 is lost, not shown late */
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 4);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(stats.incomplete, 0);
	okng_frame_unref(&f);
	okng_frame_unref(&held[0]);
	okng_frame_unref(&held[2]);
	okng_camera_close(&c);
}

static void *giver(void *arg)
{
	struct okng_frame **slot = arg;
	okng_frame_unref(slot);
	return NULL;
}

static void frames_may_be_given_back_elsewhere(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(0);
	for (int i = 0; i < 50; i++) {
		struct okng_frame *f, *other;
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_take(c, &f, 0), 0);
		okng_frame_ref(f);
		other = f;
		pthread_t t;
		assert_int_equal(pthread_create(&t, NULL, giver, &other), 0);
		okng_frame_unref(&f);
		assert_int_equal(pthread_join(t, NULL), 0);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 50);
	assert_int_equal(stats.dropped, 0);
	okng_camera_close(&c);
}

static void free_run_keeps_the_clock(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(500);
	assert_int_equal(okng_camera_trigger(c), -EINVAL);
	int64_t last = 0;
	uint64_t id = 0;
	for (int i = 0; i < 40; i++) {
		struct okng_frame *f;
		assert_int_equal(okng_camera_take(c, &f, 5000), 0);
		assert_true(f->exposed_ns <= now_ns());
		assert_true(f->id > id);
		if (id) /* whatever the machine does, exposures lie on the period's grid */
			assert_int_equal(f->exposed_ns - last, (int64_t)(f->id - id) * 2000000);
		last = f->exposed_ns;
		id = f->id;
		okng_frame_unref(&f);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 40);
	assert_int_equal(stats.frames + stats.dropped, id);
	okng_camera_close(&c);
}

static void late_exposures_are_lost_beyond_the_pool(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(100000); /* faster than it can be rendered: 10 µs a frame */
	struct okng_frame *f;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(okng_camera_take(c, &f, 1000), 0);
		assert_true(now_ns() - f->exposed_ns < 10000000000);
		okng_frame_unref(&f);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_true(stats.dropped > 0);
	okng_camera_close(&c);
}

static void free_run_times_out(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(0.01);
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	assert_int_equal(okng_camera_take(c, &f, 3), -ETIMEDOUT);
	okng_camera_close(&c);
}

static void *waiter(void *arg)
{
	struct okng_frame *f;
	return (void *)(intptr_t)okng_camera_take(arg, &f, -1);
}

static void wake_ends_a_take(void **state)
{
	(void)state;
	static const double rates[] = {0, 0.01};
	for (size_t i = 0; i < 2; i++) {
		struct okng_camera *c = open_camera(rates[i]);
		pthread_t t;
		void *rc;
		assert_int_equal(pthread_create(&t, NULL, waiter, c), 0);
		okng_camera_wake(c); /* before it waits or while it does: both must end it */
		assert_int_equal(pthread_join(t, &rc), 0);
		assert_int_equal((int)(intptr_t)rc, -EINTR);
		struct okng_frame *f;
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT); /* one wake, one end */
		okng_camera_wake(c);
		assert_int_equal(okng_camera_take(c, &f, -1), -EINTR);
		okng_camera_close(&c);
	}
}

static void *trigger_thread(void *arg)
{
	return (void *)(intptr_t)okng_camera_trigger(arg);
}

static void trigger_wakes_a_waiting_take(void **state)
{
	(void)state;
	struct okng_camera *c = open_camera(0);
	for (int i = 0; i < 20; i++) {
		pthread_t t;
		void *rc;
		struct okng_frame *f;
		assert_int_equal(pthread_create(&t, NULL, trigger_thread, c), 0);
		assert_int_equal(okng_camera_take(c, &f, -1), 0);
		assert_int_equal(pthread_join(t, &rc), 0);
		assert_null(rc);
		okng_frame_unref(&f);
	}
	okng_camera_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_parameters_are_named),
		cmocka_unit_test(trigger_gives_one_frame),
		cmocka_unit_test(held_frames_cost_exposures),
		cmocka_unit_test(frames_may_be_given_back_elsewhere),
		cmocka_unit_test(free_run_keeps_the_clock),
		cmocka_unit_test(late_exposures_are_lost_beyond_the_pool),
		cmocka_unit_test(free_run_times_out),
		cmocka_unit_test(wake_ends_a_take),
		cmocka_unit_test(trigger_wakes_a_waiting_take),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

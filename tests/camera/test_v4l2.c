/* SPDX-License-Identifier: Apache-2.0
 *
 * The V4L2 source on a driver of the test's own: which frame a trigger gets, frames that stay in the driver's buffers, and
 * a camera that breaks, is unplugged and comes back. The tests in the virtual machine have a real driver.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "camera/camera.h"
#include "camera/image_file.h"
#include "camera/v4l2_pixels.h"
#include "pictures.h"
#include "v4l2_fake.h"

#define LIMIT_MS 30000
#define W 64
#define H 48
#define POOL 4

enum { GREY = 0, YUYV = 6, MJPG = 10, BAYER8 = 11 };

static struct okng_error err;
static struct okng_camera *opened; /* closed after a failed test */
static uint32_t sequence;

static struct okng_camera_params grey(double rate)
{
	struct okng_camera_params p = {.name = "test", .type = OKNG_CAMERA_V4L2, .frames = POOL, .rate = rate,
		.v4l2 = {.id = "/dev/video0", .format = GREY, .width = W, .height = H, .gain = -1, .frame_timeout_ms = LIMIT_MS, .zero_copy = true}};
	return p;
}

static struct okng_camera *open_it(const struct okng_camera_params *p)
{
	int rc = okng_camera_open(&opened, p, &err);
	if (rc != 0)
		fail_msg("%d %s: %s", rc, err.key, err.text);
	return opened;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	sequence = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	okng_camera_close(&opened);
	return fake_mapped() || fake_opened(); /* nothing stays behind */
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A frame whose every byte is value, begun at ns (0: now), after gap others that are left out. */
static void send(int value, int64_t ns, uint32_t gap, uint32_t flags)
{
	uint8_t bytes[W * H * 2];
	memset(bytes, value, sizeof bytes);
	sequence += gap;
	fake_frame(bytes, W * H, ns, sequence++, flags);
}

static void take_value(struct okng_camera *c, int value, struct okng_frame **keep)
{
	struct okng_frame *f;
	int rc = okng_camera_take(c, &f, LIMIT_MS);
	if (rc != 0)
		fail_msg("%d %s", rc, okng_camera_error(c));
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			assert_int_equal(okng_image_row(&f->image, y)[x], value);
	if (keep)
		*keep = f;
	else
		okng_frame_unref(&f);
}

/* The trigger is out when this returns. */
static void trigger(struct okng_camera *c)
{
	struct okng_frame *f;
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
}

static void expect_trouble(struct okng_camera *c, int rc, const char *why)
{
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), rc);
	if (!strstr(okng_camera_error(c), why))
		fail_msg("\"%s\" does not say \"%s\"", okng_camera_error(c), why);
}

static struct okng_camera_stats stats(struct okng_camera *c)
{
	struct okng_camera_stats s;
	okng_camera_stats(c, &s);
	return s;
}

static void free_run_counts_every_exposure(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	struct okng_camera *c = open_it(&p);
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_true(w == W && h == H);
	assert_false(okng_camera_on_trigger(c));
	assert_false(okng_camera_simulates(c));
	assert_int_equal(okng_camera_trigger(c), -EINVAL);
	static const uint32_t gaps[] = {0, 0, 3, 0, 1};
	uint64_t id = 0;
	int64_t last = 0;
	for (int i = 0; i < 5; i++) {
		struct okng_frame *f;
		send(i + 1, 0, gaps[i], 0);
		take_value(c, i + 1, &f);
		id += 1 + gaps[i];
		assert_int_equal(f->id, id);
		assert_true(f->exposed_ns > last && f->exposed_ns <= now() && f->truths == -1 && !f->incomplete);
		last = f->exposed_ns;
		okng_frame_unref(&f);
	}
	assert_int_equal(stats(c).frames, 5);
	assert_int_equal(stats(c).dropped, 4);
	assert_int_equal(stats(c).incomplete + stats(c).reconnects, 0);
}

static void a_trigger_takes_the_first_frame_begun_after_it(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_true(okng_camera_on_trigger(c));
	send(1, 0, 0, 0); /* no one asked for it */
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	for (int i = 0; i < 4; i++) {
		int64_t before = now();
		trigger(c);
		assert_int_equal(okng_camera_trigger(c), -EAGAIN);
		send(2, before - 1000000, 0, 0);
		send(3, before - 1000, 0, V4L2_BUF_FLAG_ERROR); /* broken, but not this part's */
		send(4, 0, 0, 0);
		send(5, 0, 0, 0);
		take_value(c, 4, &f);
		assert_int_equal(f->id, i + 1);
		assert_true(f->exposed_ns >= before);
		okng_frame_unref(&f);
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	}
	assert_int_equal(stats(c).frames, 4);
	assert_int_equal(stats(c).dropped + stats(c).incomplete, 0);
}

/* Its timestamp may be as much later than its beginning as lead_us says. */
static void the_lead_is_kept(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	p.v4l2.lead_us = 20000;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_int_equal(okng_camera_trigger(c), 0);
	int64_t before = now(), end = before + LIMIT_MS * INT64_C(1000000);
	int rc = okng_camera_take(c, &f, 0);
	assert_int_equal(rc, -ETIMEDOUT);
	while (rc == -ETIMEDOUT && now() < end) {
		send(9, 0, 0, 0);
		rc = okng_camera_take(c, &f, 1);
	}
	assert_int_equal(rc, 0);
	assert_true(f->exposed_ns - before >= 20000000);
	okng_frame_unref(&f);
}

static void a_part_whose_frame_never_came_is_told(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	struct okng_camera *c = open_it(&p);
	int64_t earlier = now();
	send(1, earlier, 0, 0);
	trigger(c);
	int64_t fired = now();
	while ((now() - earlier) / 3 <= fired - earlier + 10000) /* stamps are whole microseconds */
		;
	send(2, 0, 2, 0); /* the first of the two before it began after the trigger */
	expect_trouble(c, -EIO, "never came");
	assert_int_equal(stats(c).dropped, 2);
	trigger(c);
	send(3, 0, 0, 0);
	take_value(c, 3, NULL);
}

static void broken_frames_are_told_and_not_shown(void **state)
{
	(void)state;
	for (int triggered = 0; triggered < 2; triggered++) {
		struct okng_camera_params p = grey(triggered ? 0 : 50);
		struct okng_camera *c = open_it(&p);
		static const uint8_t bytes[W * H];
		for (int i = 0; i < 3; i++) {
			static const char *const why[] = {"damaged", "only 3071 of 3072 bytes", "only 0 of"};
			if (triggered)
				trigger(c);
			fake_frame(bytes, i == 0 ? sizeof bytes : i == 1 ? sizeof bytes - 1 : 0, 0, sequence++, i == 0 ? V4L2_BUF_FLAG_ERROR : 0);
			expect_trouble(c, -EIO, why[i]);
		}
		if (triggered)
			trigger(c);
		send(7, 0, 0, 0);
		take_value(c, 7, NULL);
		assert_int_equal(stats(c).incomplete, 3);
		assert_int_equal(stats(c).frames, 1);
		assert_int_equal(stats(c).reconnects, 0);
		okng_camera_close(&opened);
	}
}

static void times_of_another_clock(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	struct okng_camera *c = open_it(&p);
	trigger(c);
	send(1, now() + INT64_C(3600000000000), 0, 0);
	expect_trouble(c, -EIO, "monotonic");
	okng_camera_close(&opened);
	fake.stamp_flags = V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_non_null(strstr(err.text, "only free run"));
	p.rate = 50; /* where the time of arrival will do */
	c = open_it(&p);
	struct okng_frame *f;
	int64_t before = now();
	send(2, 12345, 0, 0);
	take_value(c, 2, &f);
	assert_true(f->exposed_ns >= before && f->exposed_ns <= now());
	okng_frame_unref(&f);
}

static void grey_frames_stay_where_they_are(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *held[POOL];
	int all = fake_with_driver();
	for (int i = 0; i < POOL; i++) {
		send(10 + i, 0, 0, 0);
		take_value(c, 10 + i, &held[i]);
		assert_true(fake_holds(held[i]->image.data) >= 0);
		for (int k = 0; k < i; k++)
			assert_int_equal(*okng_image_row(&held[k]->image, H - 1), 10 + k);
	}
	assert_int_equal(fake_with_driver(), all - POOL);
	send(20, 0, 0, 0);
	expect_trouble(c, -ENOBUFS, "in use");
	for (int i = 0; i < POOL; i++)
		okng_frame_unref(&held[i]);
	send(21, 0, 0, 0);
	take_value(c, 21, NULL);
	struct okng_frame *f;
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	fake_await(all);
	okng_camera_close(&opened);
	p.v4l2.zero_copy = false;
	c = open_it(&p);
	send(22, 0, 0, 0);
	take_value(c, 22, &f);
	assert_int_equal(fake_holds(f->image.data), -1);
	okng_frame_unref(&f);
}

/* A driver with few buffers keeps them. */
static void few_buffers_are_not_lent(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	fake.most_buffers = 4;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *a, *b;
	send(1, 0, 0, 0);
	take_value(c, 1, &a);
	assert_true(fake_holds(a->image.data) >= 0);
	send(2, 0, 0, 0);
	take_value(c, 2, &b);
	assert_int_equal(fake_holds(b->image.data), -1);
	assert_int_equal(*okng_image_row(&a->image, 0), 1);
	okng_frame_unref(&a);
	okng_frame_unref(&b);
	okng_camera_close(&opened);
	fake.most_buffers = 2;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -ENOMEM);
}

static void a_frame_outlives_its_connection(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f, *g;
	send(1, 0, 0, 0);
	take_value(c, 1, &f);
	int mapped = fake_mapped();
	fake_unplug();
	expect_trouble(c, -ENODEV, "unplugged");
	fake_plug();
	fake_await(1);
	assert_true(fake_mapped() > mapped); /* the old ones, too, are still there */
	for (int y = 0; y < H; y++)
		assert_int_equal(okng_image_row(&f->image, y)[W - 1], 1);
	okng_frame_unref(&f);
	send(2, 0, 0, 0);
	int rc;
	while ((rc = okng_camera_take(c, &g, LIMIT_MS)) == -ENODEV)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(fake_mapped(), mapped);
	assert_int_equal(*okng_image_row(&g->image, 0), 2);
	okng_frame_unref(&g);
}

/* Every way to lose a camera, in the middle of a triggered part and between two; it comes back set up anew. */
static void a_lost_camera_is_found_again(void **state)
{
	(void)state;
	static const struct { int get, put; const char *why; } ways[] = {{0, 0, "unplugged"}, {EIO, 0, "Input/output error"}, {ENODEV, 0, "unplugged"},
		{0, EINVAL, "a buffer was refused"}, {0, ENODEV, "unplugged"}};
	struct okng_camera_params p = grey(0);
	p.v4l2.gain = 33;
	struct okng_camera *c = open_it(&p);
	uint64_t found = 0;
	for (int k = 0; k < 2 * (int)(sizeof ways / sizeof *ways); k++) {
		bool between = k % 2;
		int i = k / 2, starts = fake_started();
		fake_set((int *)&fake_control(V4L2_CID_GAIN)->value, 5);
		if (!between)
			trigger(c);
		if (ways[i].put) {
			fake_set(&fake.put_error, ways[i].put);
			send(1, now() - 100000000, 0, 0); /* stale: given back at once */
		} else if (ways[i].get) {
			fake_die(ways[i].get);
		} else {
			fake_unplug();
		}
		while (!stats(c).trouble[0] || (!stats(c).lost && fake_started() == starts))
			;
		if (!strstr(stats(c).trouble, ways[i].why))
			fail_msg("\"%s\" does not say \"%s\"", stats(c).trouble, ways[i].why);
		if (between)
			assert_int_equal(okng_camera_trigger(c), 0);
		if (!between || stats(c).lost)
			expect_trouble(c, -ENODEV, ways[i].why);
		fake_plug();
		while (fake_started() == starts || stats(c).lost)
			;
		struct okng_frame *f;
		okng_camera_trigger(c); /* between, and found before the part asked: it is asked already */
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
		send(50 + k, 0, 0, 0);
		take_value(c, 50 + k, NULL);
		assert_int_equal(stats(c).reconnects, ++found);
		assert_int_equal(fake_control(V4L2_CID_GAIN)->value, 33);
	}
}

/* One that came back otherwise is not used, and says why. */
static void a_camera_that_came_back_different(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	p.v4l2.width = p.v4l2.height = 0;
	fake.sizes[1][0] = 0;
	struct okng_camera *c = open_it(&p);
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_true(w == 32 && h == 16); /* its largest */
	fake_unplug();
	expect_trouble(c, -ENODEV, "unplugged");
	fake_set((int *)&fake.sizes[0][0], 48);
	fake_plug();
	while (!strstr(stats(c).trouble, "48 x 16 pixels now, not 32 x 16"))
		;
	assert_true(stats(c).lost);
	expect_trouble(c, -ENODEV, "48 x 16");
	fake_set((int *)&fake.sizes[0][0], 32);
	fake_await(1);
	while (stats(c).lost)
		;
	assert_int_equal(stats(c).reconnects, 1);
}

/* A stream that hangs is started again, and what it gave before is no later part's. */
static void a_frame_that_does_not_come_is_told_once(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	p.v4l2.frame_timeout_ms = 70;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	for (int i = 0; i < 3; i++) {
		int starts = fake_started();
		trigger(c);
		expect_trouble(c, -EIO, "within 70 ms");
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
		while (fake_started() == starts)
			;
	}
	assert_int_equal(stats(c).dropped, 3);
	assert_int_equal(stats(c).reconnects, 0);
	assert_false(stats(c).lost);
	okng_camera_close(&opened);
	p.rate = 50;
	c = open_it(&p);
	expect_trouble(c, -EIO, "within 70 ms");
	int rc;
	do
		send(4, 0, 0, 0); /* lost where it meets the restart */
	while ((rc = okng_camera_take(c, &f, LIMIT_MS)) == -EIO);
	assert_int_equal(rc, 0);
	okng_frame_unref(&f);
	okng_camera_close(&opened);
	/* One that does not start again is lost. */
	c = open_it(&p);
	fake_set(&fake.start_error, EIO);
	expect_trouble(c, -EIO, "within 70 ms");
	while (stats(c).reconnects == 0)
		;
	assert_non_null(strstr(stats(c).trouble, "does not start again"));
}

static void other_formats_are_converted(void **state)
{
	(void)state;
	uint8_t bytes[W * H * 2];
	struct okng_camera_params p = grey(50);
	struct okng_frame *f;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 128);
	p.v4l2.format = YUYV;
	struct okng_camera *c = open_it(&p);
	fake_frame(bytes, sizeof bytes, 0, 0, 0);
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
	for (int i = 0; i < W * H; i++)
		assert_int_equal(okng_image_row(&f->image, i / W)[i % W], bytes[2 * i]);
	okng_frame_unref(&f);
	okng_camera_close(&opened);
	p.v4l2.format = BAYER8; /* the camera's pattern is GRBG: green first */
	p.v4l2.bayer = OKNG_BAYER_GREEN;
	c = open_it(&p);
	fake_frame(bytes, W * H, 0, 0, 0);
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
	assert_int_equal(okng_image_row(&f->image, 2)[2], bytes[2 * W + 2]);
	assert_int_equal(okng_image_row(&f->image, 2)[3], (bytes[W + 3] + bytes[3 * W + 3] + bytes[2 * W + 2] + bytes[2 * W + 4]) / 4);
	okng_frame_unref(&f);
}

static void jpeg_frames_are_decoded(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(50);
	struct okng_image picture, want;
	struct okng_frame *f;
	uint8_t rows[W * H];
	assert_int_equal(okng_image_init(&picture, W, H, OKNG_PIXEL_MONO8), 0);
	picture_pattern(&picture, 1);
	for (int y = 0; y < H; y++)
		memcpy(rows + y * W, okng_image_row(&picture, y), W);
	struct picture jpeg = picture_jpeg(rows, W, H, 1, 90, 0);
	assert_int_equal(okng_image_file_parse(&want, jpeg.bytes, jpeg.size, "", &err), 0);
	p.v4l2.format = MJPG;
	struct okng_camera *c = open_it(&p);
	fake_frame(jpeg.bytes, jpeg.size, 0, 0, 0);
	fake_frame(jpeg.bytes, jpeg.size / 2, 0, 1, 0);
	fake_frame(jpeg.bytes, jpeg.size, 0, 2, 0);
	for (int i = 0; i < 3; i++) {
		if (i == 1) {
			expect_trouble(c, -EIO, "damaged JPEG");
			continue;
		}
		assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
		for (int y = 0; y < H; y++)
			assert_memory_equal(okng_image_row(&f->image, y), okng_image_row(&want, y), W);
		okng_frame_unref(&f);
	}
	assert_int_equal(stats(c).incomplete, 1);
	okng_image_finish(&picture);
	okng_image_finish(&want);
	picture_free(&jpeg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(free_run_counts_every_exposure),
		TEST(a_trigger_takes_the_first_frame_begun_after_it),
		TEST(the_lead_is_kept),
		TEST(a_part_whose_frame_never_came_is_told),
		TEST(broken_frames_are_told_and_not_shown),
		TEST(times_of_another_clock),
		TEST(grey_frames_stay_where_they_are),
		TEST(few_buffers_are_not_lent),
		TEST(a_frame_outlives_its_connection),
		TEST(a_lost_camera_is_found_again),
		TEST(a_camera_that_came_back_different),
		TEST(a_frame_that_does_not_come_is_told_once),
		TEST(other_formats_are_converted),
		TEST(jpeg_frames_are_decoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The Aravis source on Aravis's own camera within the process: settings, triggers, pool. No network is touched. That
 * camera exposes at its frame rate whatever the trigger, so frames that no one asked for are among those dropped;
 * test_aravis_gige.c has one that obeys.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arv.h>
#include <cmocka.h>

#include "camera/camera.h"
#include "camera/discover.h"

#define LIMIT_MS 20000

static struct okng_error err;

static struct okng_camera_params fake(double rate)
{
	struct okng_camera_params p = {.name = "test", .type = OKNG_CAMERA_ARAVIS, .frames = 3, .rate = rate,
		.aravis = {.id = "Fake_1", .width = 320, .height = 240, .gain = -1, .frame_timeout_ms = LIMIT_MS, .lost_ms = 2000, .socket_buffer_kib = 4096}};
	return p;
}

static struct okng_camera *open_it(const struct okng_camera_params *p)
{
	struct okng_camera *c;
	int rc = okng_camera_open(&c, p, &err);
	if (rc != 0)
		fail_msg("%d %s: %s", rc, err.key, err.text);
	return c;
}

static void a_trigger_gives_one_frame(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_int_equal(w, 320);
	assert_int_equal(h, 240);
	assert_true(okng_camera_simulates(c));
	assert_true(okng_camera_on_trigger(c));
	assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	int64_t last = 0;
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_trigger(c), -EAGAIN);
		if (okng_camera_take(c, &f, LIMIT_MS) != 0)
			fail_msg("%s", okng_camera_error(c));
		assert_int_equal(f->id, i);
		assert_int_equal(f->image.width, 320);
		assert_true(!f->incomplete && f->truths == -1 && f->exposed_ns > last);
		last = f->exposed_ns;
		okng_frame_unref(&f);
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 20);
	assert_int_equal(stats.incomplete + stats.reconnects, 0);
	assert_false(stats.lost);
	okng_camera_close(&c);
}

static void a_late_answer_is_taken_later(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_int_equal(okng_camera_trigger(c), 0);
	int rc = okng_camera_take(c, &f, 0); /* too early, or just in time on a slow machine */
	if (rc == -ETIMEDOUT) {
		assert_int_equal(okng_camera_trigger(c), -EAGAIN);
		rc = okng_camera_take(c, &f, LIMIT_MS);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(f->id, 1);
	okng_frame_unref(&f);
	okng_camera_close(&c);
}

static void held_frames_cost_exposures(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	struct okng_camera *c = open_it(&p);
	struct okng_frame *held[3], *f;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_take(c, &held[i], LIMIT_MS), 0);
	}
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), -ENOBUFS);
	okng_frame_unref(&held[1]);
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 4);
	assert_true(stats.dropped >= 1);
	okng_frame_unref(&f);
	okng_frame_unref(&held[0]);
	okng_frame_unref(&held[2]);
	okng_camera_close(&c);
}

static void free_run_counts_every_exposure(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(50);
	struct okng_camera *c = open_it(&p);
	assert_false(okng_camera_on_trigger(c));
	assert_int_equal(okng_camera_trigger(c), -EINVAL);
	uint64_t id = 0;
	for (int i = 0; i < 20; i++) {
		struct okng_frame *f;
		assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
		assert_true(f->id > id);
		id = f->id;
		okng_frame_unref(&f);
	}
	struct okng_camera_stats stats;
	okng_camera_stats(c, &stats);
	assert_int_equal(stats.frames, 20);
	assert_int_equal(stats.frames + stats.dropped, id);
	okng_camera_close(&c);
}

static void a_frame_that_does_not_come_is_told_once(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	strcpy(p.aravis.features[p.aravis.n_features++], "AcquisitionFrameRate=0.5");
	p.aravis.frame_timeout_ms = 10;
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(okng_camera_trigger(c), 0);
		int rc = okng_camera_take(c, &f, LIMIT_MS);
		if (rc == 0)
			okng_frame_unref(&f);
		else
			assert_int_equal(rc, -EIO);
		assert_int_equal(okng_camera_take(c, &f, 0), -ETIMEDOUT);
	}
	okng_camera_close(&c);
}

static void wide_pixels_are_brought_to_eight_bits(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	p.aravis.format = 8; /* Mono16 */
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_int_equal(okng_camera_trigger(c), 0);
	assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
	assert_int_equal(f->image.pixel, OKNG_PIXEL_MONO8);
	okng_frame_unref(&f);
	okng_camera_close(&c);
}

/* Of whichever pattern the sensor has. */
static void mosaics_are_brought_to_grey(void **state)
{
	(void)state;
	for (int bayer = 0; bayer < 2; bayer++) {
		struct okng_camera_params p = fake(0);
		p.aravis.format = 9; /* Bayer8 */
		p.aravis.bayer = bayer;
		struct okng_camera *c = open_it(&p);
		struct okng_frame *f;
		assert_true(strlen(okng_camera_serial(c)) > 0);
		assert_int_equal(okng_camera_trigger(c), 0);
		assert_int_equal(okng_camera_take(c, &f, LIMIT_MS), 0);
		assert_int_equal(f->image.pixel, OKNG_PIXEL_MONO8);
		assert_false(f->incomplete);
		uint64_t sum = 0;
		for (int32_t y = 0; y < f->image.height; y++)
			for (int32_t x = 0; x < f->image.width; x++)
				sum += okng_image_row(&f->image, y)[x];
		assert_true(sum > 0);
		okng_frame_unref(&f);
		okng_camera_close(&c);
	}
}

/* An open camera has what was asked for, whatever the one before left. */
static void settings_are_made_and_read_back(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	p.aravis.x = 64;
	p.aravis.y = 32;
	p.aravis.exposure_us = 5000;
	p.aravis.gain = 3;
	strcpy(p.aravis.features[p.aravis.n_features++], "TestBoolean=true");
	strcpy(p.aravis.features[p.aravis.n_features++], "BinningHorizontal=1");
	strcpy(p.aravis.features[p.aravis.n_features++], "AcquisitionMode=SingleFrame"); /* set right afterwards */
	struct okng_camera *c = open_it(&p);
	okng_camera_close(&c);
	p = fake(0);
	p.aravis.width = 0;
	c = open_it(&p);
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_int_equal(w, 2048); /* not what is right of 64 */
	okng_camera_close(&c);
}

static void what_the_camera_does_not_take_is_named(void **state)
{
	(void)state;
	static const struct { const char *feature; int rc; const char *key, *text; } rows[] = {
		{"NoSuchThing=1", -EINVAL, "camera.aravis.features", "no feature NoSuchThing"},
		{"TestBoolean", -EINVAL, "camera.aravis.features", "Name=Value"},
		{"=1", -EINVAL, "camera.aravis.features", "Name=Value"},
		{"TestBoolean=maybe", -EINVAL, "camera.aravis.features", "true or false"},
		{"GainRaw=loud", -EINVAL, "camera.aravis.features", "whole number"},
		{"AcquisitionFrameRate=fast", -EINVAL, "camera.aravis.features", "a number"},
		{"GainAuto=Perhaps", -EINVAL, "camera.aravis.features", "GainAuto=Perhaps"},
		{"TriggerSoftware=now", -EINVAL, "camera.aravis.features", "execute"},
		{"PayloadSize=100", -EINVAL, "camera.aravis.features", "PayloadSize=100"},
		{"Root=1", -EINVAL, "camera.aravis.features", "Root"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = fake(0);
		struct okng_camera *c;
		strcpy(p.aravis.features[p.aravis.n_features++], rows[i].feature);
		int rc = okng_camera_open(&c, &p, &err);
		if (rc != rows[i].rc || strcmp(err.key, rows[i].key) != 0 || !strstr(err.text, rows[i].text))
			fail_msg("%s: %d %s: %s", rows[i].feature, rc, err.key, err.text);
		assert_null(c);
	}
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	static const struct { int x, width, format; double exposure, delay; const char *line; int activation; const char *key, *text; } rows[] = {
		{0, 4000, 0, 0, 0, "", 0, "camera.aravis.width", "2048"},
		{2000, 100, 0, 0, 0, "", 0, "camera.aravis.width", "2048"},
		{0, 320, 2, 0, 0, "", 0, "camera.aravis.format", "it has"},
		{0, 320, 0, 1e11, 0, "", 0, "camera.aravis.exposure_us", "but the camera took"},
		{0, 320, 0, 0, 10, "", 0, "camera.aravis.trigger_delay_us", "delay"},
		{0, 320, 0, 0, 0, "Line7", 0, "camera.aravis.trigger_line", "Line7"},
		{0, 320, 0, 0, 0, "Line0", OKNG_EDGE_FALLING, "camera.aravis.trigger_activation", "FallingEdge"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct okng_camera_params p = fake(0);
		struct okng_camera *c;
		p.aravis.x = rows[i].x;
		p.aravis.width = rows[i].width;
		p.aravis.format = rows[i].format;
		p.aravis.exposure_us = rows[i].exposure;
		p.aravis.trigger_delay_us = rows[i].delay;
		strcpy(p.aravis.trigger_line, rows[i].line);
		p.aravis.activation = rows[i].activation;
		int rc = okng_camera_open(&c, &p, &err);
		if (rc != -EINVAL || strcmp(err.key, rows[i].key) != 0 || !strstr(err.text, rows[i].text))
			fail_msg("row %zu: %d %s: %s", i, rc, err.key, err.text);
		assert_null(c);
	}
}

static void a_line_triggers_without_being_asked(void **state)
{
	(void)state;
	struct okng_camera_params p = fake(0);
	strcpy(p.aravis.trigger_line, "Line0");
	struct okng_camera *c = open_it(&p);
	struct okng_frame *f;
	assert_false(okng_camera_on_trigger(c));
	assert_int_equal(okng_camera_trigger(c), -EINVAL);
	okng_camera_wake(c);
	assert_int_equal(okng_camera_take(c, &f, -1), -EINTR);
	okng_camera_close(&c);
}

static void cameras_are_found_and_missed(void **state)
{
	(void)state;
	struct okng_camera_found found[4];
	arv_enable_interface("Fake");
	int n = okng_camera_discover(found, 4, &err);
	assert_int_equal(n, 1);
	assert_string_equal(found[0].id, "Fake_1");
	assert_string_equal(found[0].vendor, "Aravis");
	struct okng_camera_params p = fake(0);
	struct okng_camera *c;
	strcpy(p.aravis.id, "Fake_77");
	assert_int_equal(okng_camera_open(&c, &p, &err), -ENODEV);
	assert_string_equal(err.key, "camera.aravis.id");
	p.aravis.id[0] = '\0';
	c = open_it(&p); /* the only one there is */
	okng_camera_close(&c);
}

static int only_the_fake(void **state)
{
	(void)state;
	arv_disable_interface("GigEVision");
	arv_disable_interface("USB3Vision");
	return 0;
}

static int clean(void **state)
{
	(void)state;
	arv_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trigger_gives_one_frame),
		cmocka_unit_test(a_late_answer_is_taken_later),
		cmocka_unit_test(held_frames_cost_exposures),
		cmocka_unit_test(free_run_counts_every_exposure),
		cmocka_unit_test(a_frame_that_does_not_come_is_told_once),
		cmocka_unit_test(wide_pixels_are_brought_to_eight_bits),
		cmocka_unit_test(mosaics_are_brought_to_grey),
		cmocka_unit_test(settings_are_made_and_read_back),
		cmocka_unit_test(what_the_camera_does_not_take_is_named),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_line_triggers_without_being_asked),
		cmocka_unit_test(cameras_are_found_and_missed),
	};
	return cmocka_run_group_tests(tests, only_the_fake, clean);
}

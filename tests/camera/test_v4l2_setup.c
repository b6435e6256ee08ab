/* SPDX-License-Identifier: Apache-2.0
 *
 * A V4L2 camera found and set up, on a driver of the test's own that rounds, ignores and refuses as real ones do: what it
 * made of the station file is accepted only when it is what was asked.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "camera/camera.h"
#include "camera/discover.h"
#include "pictures.h"
#include "v4l2_fake.h"

#define W 64
#define H 48

enum { GREY = 0, YUYV = 6 };

static struct okng_error err;
static struct okng_camera *opened; /* closed after a failed test */

static struct okng_camera_params grey(double rate)
{
	struct okng_camera_params p = {.name = "test", .type = OKNG_CAMERA_V4L2, .frames = 4, .rate = rate,
		.v4l2 = {.id = "/dev/video0", .format = GREY, .width = W, .height = H, .gain = -1, .frame_timeout_ms = 30000, .zero_copy = true}};
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
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	okng_camera_close(&opened);
	return fake_mapped() || fake_opened(); /* nothing stays behind */
}

static void a_trigger_needs_a_known_rate_and_time(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	p.v4l2.lead_us = -1;
	p.v4l2.frame_timeout_ms = 50; /* at 30 a second up to 100 ms */
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.v4l2.frame_timeout_ms");
	p.v4l2.fps = 100;
	open_it(&p);
	okng_camera_close(&opened);
	p.v4l2.fps = 0;
	fake.no_rates = true;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.v4l2.lead_us");
	p.v4l2.lead_us = 40000;
	open_it(&p);
}

static void settings_are_read_back(void **state)
{
	(void)state;
	struct okng_camera_params p = grey(0);
	p.v4l2 = (struct okng_v4l2_params){.id = "/dev/video0", .format = YUYV, .input = 1, .width = 48, .height = 32, .fps = 100, .exposure_us = 5000, .gain = 42,
		.white_balance_k = 5000, .power_line = OKNG_POWER_LINE_60, .frame_timeout_ms = 1000, .n_controls = 7,
		.controls = {"brightness=-3", "button=execute", "wide=-1000000000000", "label=abc", "mask=0x80000001", "auto_exposure=aperture priority mode", "white_balance_automatic=true"}};
	fake_control(V4L2_CID_EXPOSURE_ABSOLUTE)->at_start = 3; /* forgotten when the stream starts */
	struct okng_camera *c = open_it(&p);
	static const struct { uint32_t id; int64_t value; } want[] = {{V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL}, {V4L2_CID_EXPOSURE_ABSOLUTE, 50},
		{V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0}, {V4L2_CID_GAIN, 42}, {V4L2_CID_AUTO_WHITE_BALANCE, 0}, {V4L2_CID_WHITE_BALANCE_TEMPERATURE, 5000},
		{V4L2_CID_POWER_LINE_FREQUENCY, 2}, {V4L2_CID_BRIGHTNESS, -3}, {0x0098f901, -1000000000000}, {0x0098f903, 0x80000001}};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (fake_control(want[i].id)->value != want[i].value)
			fail_msg("%s is %lld", fake_control(want[i].id)->name, (long long)fake_control(want[i].id)->value);
	assert_string_equal(fake.text, "abc");
	assert_int_equal(fake_pushed(), 1);
	int32_t w, h;
	okng_camera_size(c, &w, &h);
	assert_true(w == 48 && h == 32);
}

static void refused(const struct okng_camera_params *params, const char *key, const char *text)
{
	err = (struct okng_error){0};
	int rc = okng_camera_open(&opened, params, &err);
	if (rc != -EINVAL || strcmp(err.key, key) != 0 || !strstr(err.text, text))
		fail_msg("%d %s: %s\nbut should be %s: %s", rc, err.key, err.text, key, text);
	assert_int_equal(fake_opened() + fake_mapped(), 0);
}

static void what_the_camera_did_not_take_is_refused(void **state)
{
	(void)state;
#define CASE(change, key, text) {p = grey(0); fake_reset(); change; refused(&p, key, text);}
	struct okng_camera_params p;
#define CONTROL(assignment) (strcpy(p.v4l2.controls[0], assignment), p.v4l2.n_controls = 1)
	CASE(p.v4l2.width = 60, "camera.v4l2.width", "is 60 x 48, but the camera took 64 x 48; it has 32 x 16, 64 x 48, 48 x 32")
	CASE(fake.later_width = 32, "camera.v4l2.width", "is 64 x 48, but the camera took 32 x 48")
	CASE(p.v4l2.height = 0, "camera.v4l2.width", "both or neither")
	CASE(p.v4l2.format = 8, "camera.v4l2.format", "does not send NV12; it has YUYV, MJPG, GREY, Bayer8")
	CASE(fake.took_format = V4L2_PIX_FMT_YUYV, "camera.v4l2.format", "is GREY, but the camera took YUYV")
	CASE(fake.field = V4L2_FIELD_INTERLACED, "camera.v4l2.format", "half pictures")
	CASE(fake.short_stride = 1, "camera.v4l2.width", "have 63 bytes")
	CASE(fake.buffer_bytes = W * H - 1, "camera.v4l2.format", "buffers have 3071 bytes")
	CASE(p.v4l2.fps = 60, "camera.v4l2.fps", "is 60, but the camera took 50; at this size it has 30, 50, 100")
	CASE(p.rate = 60, "camera.rate", "took 50")
	CASE(p.v4l2.fps = 50; fake.no_rates = true, "camera.v4l2.fps", "does not let a rate be set")
	CASE(p.v4l2.input = 3, "camera.v4l2.input", "not set")
	CASE(p.v4l2.exposure_us = 120, "camera.v4l2.exposure_us", "took 300")
	CASE(fake_control(V4L2_CID_EXPOSURE_ABSOLUTE)->deaf = true; p.v4l2.exposure_us = 5000, "camera.v4l2.exposure_us", "took 25000")
	CASE(p.v4l2.gain = 101, "camera.v4l2.gain", "gain is 101, but the camera took 100")
	CASE(p.v4l2.white_balance_k = 5050, "camera.v4l2.white_balance_k", "took 5000")
	CASE(p.v4l2.power_line = OKNG_POWER_LINE_AUTO, "camera.v4l2.power_line", "Numerical result out of range")
	CASE(CONTROL("sharpness=5"), "camera.v4l2.controls", "sharpness=5, but the camera took 3")
	CASE(CONTROL("brightness=65"), "camera.v4l2.controls", "brightness takes -64 to 64 in steps of 1")
	CASE(CONTROL("brightness=bright"), "camera.v4l2.controls", "a whole number")
	CASE(CONTROL("auto_exposure=best"), "camera.v4l2.controls", "1 (manual_mode), 3 (aperture_priority_mode)")
	CASE(CONTROL("label=much too long"), "camera.v4l2.controls", "a shorter text")
	CASE(CONTROL("button=2"), "camera.v4l2.controls", "it is a button")
	CASE(CONTROL("area=1"), "camera.v4l2.controls", "not a single value")
	CASE(CONTROL("zoom=1"), "camera.v4l2.controls", "no control zoom")
	CASE(CONTROL("brightness"), "camera.v4l2.controls", "\"name=value\"")
	CASE(fake.capabilities = V4L2_CAP_VIDEO_CAPTURE, "camera.v4l2.id", "cannot stream")
	CASE(fake.capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING, "camera.v4l2.id", "multi-planar")
	CASE(strcpy(p.v4l2.id, "/dev/video1"), "camera.v4l2.id", "several device files")
	CASE(fake.start_error = ENOSPC, "camera.v4l2.format", "USB has no room")
#undef CASE
#undef CONTROL
}

static void a_device_that_cannot_be_opened(void **state)
{
	(void)state;
	static const struct { int error, rc; const char *text; } cases[] = {{EACCES, -EACCES, "its group"}, {ENXIO, -ENODEV, "/dev/video0"}, {EMFILE, -EMFILE, "Too many"}};
	struct okng_camera_params p = grey(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake.open_error = cases[i].error;
		assert_int_equal(okng_camera_open(&opened, &p, &err), cases[i].rc);
		assert_non_null(strstr(err.text, cases[i].text));
	}
	fake.format_error = EBUSY;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another program"));
	strcpy(p.v4l2.id, "/dev/nothing");
	assert_int_equal(okng_camera_open(&opened, &p, &err), -ENODEV);
	fake.driver = "vivid";
	p = grey(50);
	assert_true(okng_camera_simulates(open_it(&p)));
}

static void write_line(const char *root, const char *path, const char *text)
{
	char full[256];
	snprintf(full, sizeof full, "%s/%s", root, path);
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
}

/* Device files, udev's links and sysfs of a USB camera, below a folder. */
static void a_camera_is_found_by_what_stays(void **state)
{
	(void)state;
	static const char *const folders[] = {"dev", "dev/v4l", "dev/v4l/by-id", "dev/v4l/by-path", "sys", "sys/class", "sys/class/video4linux",
		"sys/class/video4linux/video0", "sys/usb", "sys/usb/interface"};
	char root[64], path[200], command[128];
	struct okng_camera_found found[2];
	folder_make(root);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/%s", root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	write_line(root, "dev/video0", "");
	write_line(root, "dev/video1", "");
	write_line(root, "sys/usb/serial", "SN-0815");
	write_line(root, "sys/usb/manufacturer", "Maker");
	snprintf(path, sizeof path, "%s/sys/class/video4linux/video0/device", root);
	assert_int_equal(symlink("../../../usb/interface", path), 0);
	assert_int_equal(okng_camera_discover_v4l2_at(root, found, 2), 1); /* not the metadata */
	snprintf(path, sizeof path, "%s/dev/video0", root);
	assert_string_equal(found[0].id, path);
	assert_string_equal(found[0].serial, "SN-0815");
	assert_string_equal(found[0].vendor, "Maker");
	assert_string_equal(found[0].model, "Test Camera");
	assert_string_equal(found[0].address, "usb-0000:00:14.0-1");
	assert_string_equal(found[0].protocol, "V4L2");
	static const char *const links[] = {"dev/v4l/by-path/pci-usb-video-index0", "dev/v4l/by-id/usb-Maker-index0"};
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", root, links[i]);
		assert_int_equal(symlink("../../video0", path), 0);
		assert_int_equal(okng_camera_discover_v4l2_at(root, found, 2), 1);
		assert_string_equal(found[0].id, path);
	}
	assert_int_equal(okng_camera_discover_v4l2_at(root, NULL, 0), 1);
	struct okng_camera_params p = grey(50);
	snprintf(p.v4l2.id, sizeof p.v4l2.id, "%s", path);
	open_it(&p);
	fake_unplug();
	assert_int_equal(okng_camera_discover_v4l2_at(root, found, 2), 0);
	snprintf(command, sizeof command, "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_trigger_needs_a_known_rate_and_time),
		TEST(settings_are_read_back),
		TEST(what_the_camera_did_not_take_is_refused),
		TEST(a_device_that_cannot_be_opened),
		TEST(a_camera_is_found_by_what_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The V4L2 source on a real driver, the kernel's vivid: every format it has, pictures of our own looped through it byte for
 * byte, every fault that it can be told to show, and its device taken away and given back. Needs root and the module as
 * tests/camera/vm_guest loads it; skipped without. Its input 0 is a camera, input 1 an HDMI input that its output feeds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <linux/v4l2-dv-timings.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "camera/camera.h"
#include "camera/discover.h"
#include "camera/v4l2_device.h"
#include "camera/v4l2_setup.h"

#define LIMIT_MS 30000
#define W 320
#define H 180
#define HDMI_W 640
#define HDMI_H 480
#define PLACE "platform:vivid-000"

static struct okng_error err;
static struct okng_camera *opened; /* closed after a failed test */

static int format_of(const char *name)
{
	for (int i = 0; i < OKNG_V4L2_FORMATS; i++)
		if (strcmp(okng_v4l2_formats[i].name, name) == 0)
			return i;
	fail_msg("no format %s", name);
	return -1;
}

static struct okng_camera_params vivid(const char *format, double rate)
{
	struct okng_camera_params p = {.name = "test", .type = OKNG_CAMERA_V4L2, .frames = 4, .rate = rate,
		.v4l2 = {.id = PLACE, .format = format_of(format), .width = W, .height = H, .gain = -1, .frame_timeout_ms = LIMIT_MS, .lead_us = -1,
			.zero_copy = true, .n_controls = 3, .controls = {"test_pattern=gray_ramp", "osd_text_mode=none", "timestamp_source=end_of_frame"}}};
	return p;
}

static struct okng_camera *open_it(const struct okng_camera_params *p)
{
	int rc = okng_camera_open(&opened, p, &err);
	if (rc != 0)
		fail_msg("%d %s: %s", rc, err.key, err.text);
	return opened;
}

static int teardown(void **state)
{
	(void)state;
	okng_camera_close(&opened);
	return 0;
}

/* The device file of the camera, or of vivid's output. */
static int open_node(bool output)
{
	char path[32];
	for (int i = 0; i < 16; i++) {
		struct v4l2_capability cap;
		snprintf(path, sizeof path, "/dev/video%d", i);
		int fd = okng_v4l2_device_open(path);
		if (fd >= 0 && okng_v4l2_device_ask(fd, VIDIOC_QUERYCAP, &cap) == 0 &&
		    cap.device_caps & (output ? V4L2_CAP_VIDEO_OUTPUT : V4L2_CAP_VIDEO_CAPTURE))
			return fd;
		if (fd >= 0)
			okng_v4l2_device_close(fd);
	}
	fail_msg("vivid has no %s", output ? "output" : "camera");
	return -1;
}

/* A control of vivid, set by another program as it were. */
static void tell(const char *assignment)
{
	int fd = open_node(false);
	if (okng_v4l2_assign(fd, assignment, false, &err) != 0)
		fail_msg("%s: %s", assignment, err.text);
	okng_v4l2_device_close(fd);
}

static void driver_file(const char *name, const char *text)
{
	char path[96];
	snprintf(path, sizeof path, "/sys/bus/platform/drivers/vivid/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct okng_camera_stats stats(struct okng_camera *c)
{
	struct okng_camera_stats s;
	okng_camera_stats(c, &s);
	return s;
}

static int one(struct okng_camera *c, struct okng_frame **f)
{
	if (okng_camera_on_trigger(c))
		assert_int_equal(okng_camera_trigger(c), 0);
	return okng_camera_take(c, f, LIMIT_MS);
}

/* A virtual machine may be too slow for its driver, which leaves frames out then. */
static struct okng_frame *good(struct okng_camera *c)
{
	struct okng_frame *f;
	int rc = -EIO;
	for (int i = 0; rc == -EIO && i < 50; i++)
		rc = one(c, &f);
	if (rc != 0)
		fail_msg("%d %s", rc, okng_camera_error(c));
	return f;
}

/* Frames until one is refused; its words must hold why. */
static void await_trouble(struct okng_camera *c, int rc, const char *why)
{
	struct okng_frame *f;
	int got = 0;
	for (int i = 0; i < 200 && (got = one(c, &f)) == 0; i++)
		okng_frame_unref(&f);
	if (got != rc || !strstr(okng_camera_error(c), why))
		fail_msg("%d %s, not %d %s", got, okng_camera_error(c), rc, why);
}

static void await_return(struct okng_camera *c, uint64_t reconnects)
{
	const struct timespec t = {.tv_nsec = 10000000};
	struct okng_frame *f;
	int rc = -ENODEV;
	for (int i = 0; i < LIMIT_MS / 10 && (stats(c).reconnects < reconnects || rc != 0); i++) {
		rc = one(c, &f);
		assert_true(rc == 0 || rc == -ENODEV);
		if (rc == 0)
			okng_frame_unref(&f);
		else
			nanosleep(&t, NULL); /* the camera's own time: it says nothing when it is there again */
	}
	assert_int_equal(stats(c).reconnects, reconnects);
	assert_false(stats(c).lost);
}

/* A grey ramp is a grey ramp in every format: from dark to bright, as in GREY but for the scale of luminance. */
static void every_format_is_understood(void **state)
{
	(void)state;
	static const char *const formats[] = {"GREY", "Y10", "Y12", "Y16", "YUYV", "UYVY", "NV12", "YU12", "Bayer8", "Bayer10", "Bayer12"};
	uint8_t ramp[W];
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct okng_camera_params p = vivid(formats[i], i % 2 ? 0 : 25);
		p.v4l2.fps = 25;
		struct okng_camera *c = open_it(&p);
		assert_true(okng_camera_simulates(c));
		struct okng_frame *f = good(c);
		const uint8_t *row = okng_image_row(&f->image, H / 2);
		if (i == 0)
			memcpy(ramp, row, W);
		assert_true(row[0] < 20 && row[W - 1] > 230);
		for (int x = 1; x < W; x++)
			assert_true(row[x] + 1 >= row[x - 1]);
		bool luminance = strchr(formats[i], 'V') || strcmp(formats[i], "YU12") == 0;
		for (int x = 0; x < W; x++) {
			int want = luminance ? 16 + (ramp[x] * 219 + 127) / 255 : ramp[x];
			if (abs(row[x] - want) > 2)
				fail_msg("%s at %d: %d, not %d", formats[i], x, row[x], want);
		}
		for (int y = 0; y < H; y++)
			assert_memory_equal(okng_image_row(&f->image, y), row, W);
		okng_frame_unref(&f);
		okng_camera_close(&opened);
	}
}

static void what_it_does_not_do_is_refused(void **state)
{
	(void)state;
	struct okng_camera_params p = vivid("MJPG", 0); /* S_FMT gives YUYV, and says that all is well */
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.v4l2.format");
	p = vivid("GREY", 0);
	p.v4l2.width = 1000;
	p.v4l2.height = 700;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is 1000 x 700, but the camera took 1280 x 720"));
	p = vivid("GREY", 55);
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.rate");
	p = vivid("GREY", 0);
	p.v4l2.exposure_us = 1000;
	assert_int_equal(okng_camera_open(&opened, &p, &err), -EINVAL);
	assert_string_equal(err.key, "camera.v4l2.exposure_us");
	p = vivid("GREY", 0);
	p.v4l2.gain = 99;
	open_it(&p);
	struct okng_camera *second;
	assert_int_equal(okng_camera_open(&second, &p, &err), -EBUSY);
	okng_camera_close(&opened);
	struct okng_camera_found found[4];
	assert_int_equal(okng_camera_discover_v4l2(found, 4), 1); /* not its output */
	assert_string_equal(found[0].address, PLACE);
	p.v4l2.id[0] = '\0';
	open_it(&p);
}

#define OUT_BUFFERS 4

/* The driver's output, fed with one picture for as long as it is there. */
struct feeder {
	pthread_t thread;
	atomic_bool quit;
	int fd;
	uint8_t *buffers[OUT_BUFFERS];
	size_t size;
};

static int put_out(const struct feeder *f, uint32_t i)
{
	struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .index = i, .bytesused = (uint32_t)f->size,
		.field = V4L2_FIELD_NONE};
	return okng_v4l2_device_ask(f->fd, VIDIOC_QBUF, &b);
}

static void *feed(void *arg)
{
	struct feeder *f = arg;
	struct pollfd fd = {.fd = f->fd, .events = POLLOUT};
	while (!atomic_load(&f->quit) && poll(&fd, 1, 1000) >= 0) {
		struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
		if (okng_v4l2_device_ask(f->fd, VIDIOC_DQBUF, &b) == 0)
			put_out(f, b.index);
	}
	return NULL;
}

/* picture, made of f->size bytes, goes out from now on. */
static void start_feeding(struct feeder *f, const uint8_t *picture)
{
	int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
	struct v4l2_requestbuffers r = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .count = OUT_BUFFERS};
	assert_int_equal(okng_v4l2_device_ask(f->fd, VIDIOC_REQBUFS, &r), 0);
	assert_int_equal(r.count, OUT_BUFFERS);
	for (uint32_t i = 0; i < OUT_BUFFERS; i++) {
		struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP, .index = i};
		assert_int_equal(okng_v4l2_device_ask(f->fd, VIDIOC_QUERYBUF, &b), 0);
		f->buffers[i] = okng_v4l2_device_map(f->fd, f->size, b.m.offset);
		assert_non_null(f->buffers[i]);
		memcpy(f->buffers[i], picture, f->size);
		assert_int_equal(put_out(f, i), 0);
	}
	assert_int_equal(okng_v4l2_device_ask(f->fd, VIDIOC_STREAMON, &type), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, feed, f), 0);
}

static void stop_feeding(struct feeder *f)
{
	atomic_store(&f->quit, true);
	pthread_join(f->thread, NULL);
	okng_v4l2_device_close(f->fd);
	for (int i = 0; i < OUT_BUFFERS; i++)
		okng_v4l2_device_unmap(f->buffers[i], f->size);
}

/* The smallest signal that vivid takes. */
static void plug_hdmi(int in, int out)
{
	struct v4l2_dv_timings timings = V4L2_DV_BT_CEA_640X480P59_94;
	int hdmi = 1;
	assert_int_equal(okng_v4l2_device_ask(in, VIDIOC_S_INPUT, &hdmi), 0);
	for (int side = 0; side < 2; side++)
		assert_int_equal(okng_v4l2_device_ask(side ? out : in, VIDIOC_S_DV_TIMINGS, &timings), 0);
}

static unsigned value_at(unsigned seed, int x, int y)
{
	unsigned v = (unsigned)x * 2654435761u ^ (unsigned)y * 40503u ^ seed * 97u;
	return (v ^ v >> 13) & 255;
}

static void looped(const char *format, unsigned seed)
{
	struct okng_camera_params p = vivid(format, 59.94); /* free run, so that those lost on a slow machine do not matter */
	const struct okng_v4l2_format *f = &okng_v4l2_formats[p.v4l2.format];
	struct feeder feeder = {.fd = open_node(true)};
	struct v4l2_format out = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
	out.fmt.pix = (struct v4l2_pix_format){.width = HDMI_W, .height = HDMI_H, .pixelformat = f->code[0], .field = V4L2_FIELD_NONE};
	assert_int_equal(okng_v4l2_device_ask(feeder.fd, VIDIOC_S_FMT, &out), 0);
	assert_int_equal(out.fmt.pix.pixelformat, f->code[0]);
	feeder.size = out.fmt.pix.sizeimage;
	uint8_t *picture = calloc(1, feeder.size);
	for (int y = 0; y < HDMI_H; y++)
		for (int x = 0; x < HDMI_W; x++) {
			uint8_t *at = picture + (size_t)y * out.fmt.pix.bytesperline;
			unsigned v = value_at(seed, x, y);
			if (f->layout == OKNG_V4L2_PLANE)
				at[x] = (uint8_t)v;
			else
				at[2 * x + (f->layout == OKNG_V4L2_WORDS)] = (uint8_t)v;
		}
	start_feeding(&feeder, picture);
	p.v4l2.input = 1;
	p.v4l2.width = HDMI_W;
	p.v4l2.height = HDMI_H;
	strcpy(p.v4l2.controls[0], "loop_video=true");
	struct okng_camera *c = open_it(&p);
	/* The first ones may be from before the loop. */
	int differ = -1;
	for (int i = 0; i < 50 && differ != 0; i++) {
		struct okng_frame *frame = good(c);
		differ = 0;
		for (int y = 0; y < HDMI_H; y++)
			for (int x = 0; x < HDMI_W; x++)
				differ += okng_image_row(&frame->image, y)[x] != value_at(seed, x, y);
		okng_frame_unref(&frame);
	}
	if (differ)
		fail_msg("%s: the picture never came as it was sent, %d pixels differ", format, differ);
	okng_camera_close(&opened);
	stop_feeding(&feeder);
	free(picture);
}

static void pictures_come_byte_for_byte(void **state)
{
	(void)state;
	int in = open_node(false), out = open_node(true), camera = 0;
	plug_hdmi(in, out);
	okng_v4l2_device_close(out);
	static const char *const formats[] = {"GREY", "YUYV", "NV12", "Y16"};
	for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++)
		looped(formats[i], i);
	tell("loop_video=false");
	assert_int_equal(okng_v4l2_device_ask(in, VIDIOC_S_INPUT, &camera), 0);
	okng_v4l2_device_close(in);
}

static void broken_and_missing_frames(void **state)
{
	(void)state;
	for (int triggered = 0; triggered < 2; triggered++) {
		struct okng_camera_params p = vivid("GREY", triggered ? 0 : 25);
		struct okng_camera *c = open_it(&p);
		struct okng_frame *f = good(c);
		okng_frame_unref(&f);
		if (!triggered) {
			tell("inject_v4l2_buf_flag_error=1");
			await_trouble(c, -EIO, "damaged");
			assert_int_equal(stats(c).incomplete, 1);
		}
		uint64_t dropped = stats(c).dropped, frames = 0, last = 0;
		tell("percentage_of_dropped_buffers=50");
		for (int i = 0; i < 500 && (stats(c).dropped < dropped + 5 || frames < 3); i++) {
			int rc = one(c, &f);
			assert_true(rc == 0 || rc == -EIO);
			if (rc == 0) {
				assert_true(f->id > last);
				last = f->id;
				frames++;
				okng_frame_unref(&f);
			}
		}
		tell("percentage_of_dropped_buffers=0");
		assert_true(stats(c).dropped >= dropped + 5 && frames >= 3);
		assert_int_equal(stats(c).reconnects, 0);
		if (triggered) {
			tell("timestamp_source=start_of_exposure");
			f = good(c);
			okng_frame_unref(&f);
			tell("wrap_timestamp=64_bit");
			okng_camera_close(&opened);
			c = open_it(&p);
			await_trouble(c, -EIO, "monotonic");
			tell("wrap_timestamp=none");
		}
		okng_camera_close(&opened);
	}
}

static void a_dead_stream_is_opened_anew(void **state)
{
	(void)state;
	static const struct { const char *fault, *why; } faults[] = {{"inject_fatal_streaming_error=1", "Input/output error"},
		{"inject_vidioc_qbuf_error=1", "a buffer was refused"}};
	for (int triggered = 0; triggered < 2; triggered++) {
		struct okng_camera_params p = vivid("YUYV", triggered ? 0 : 25);
		struct okng_camera *c = open_it(&p);
		for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
			struct okng_frame *f = good(c);
			okng_frame_unref(&f);
			tell(faults[i].fault);
			await_return(c, i + 1);
			assert_non_null(strstr(stats(c).trouble, faults[i].why));
		}
		okng_camera_close(&opened);
	}
}

static void an_unplugged_camera_comes_back(void **state)
{
	(void)state;
	for (int triggered = 0; triggered < 2; triggered++) {
		struct okng_camera_params p = vivid("GREY", triggered ? 0 : 25);
		struct okng_camera *c = open_it(&p);
		struct okng_frame *f = good(c); /* stays where the driver put it, beyond the driver */
		uint8_t row[W];
		memcpy(row, okng_image_row(&f->image, H - 1), W);
		driver_file("unbind", "vivid.0");
		await_trouble(c, -ENODEV, "unplugged");
		assert_true(stats(c).lost);
		assert_memory_equal(okng_image_row(&f->image, H - 1), row, W);
		driver_file("bind", "vivid.0");
		await_return(c, 1);
		assert_memory_equal(okng_image_row(&f->image, H - 1), row, W);
		okng_frame_unref(&f);
		tell("disconnect=1"); /* the device stays in place and answers nothing */
		await_trouble(c, -ENODEV, "unplugged");
		driver_file("unbind", "vivid.0");
		driver_file("bind", "vivid.0");
		await_return(c, 2);
		okng_camera_close(&opened);
	}
}

int main(void)
{
	struct okng_camera_found found[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_format_is_understood, teardown),
		cmocka_unit_test_teardown(what_it_does_not_do_is_refused, teardown),
		cmocka_unit_test_teardown(pictures_come_byte_for_byte, teardown),
		cmocka_unit_test_teardown(broken_and_missing_frames, teardown),
		cmocka_unit_test_teardown(a_dead_stream_is_opened_anew, teardown),
		cmocka_unit_test_teardown(an_unplugged_camera_comes_back, teardown),
	};
	if (okng_camera_discover_v4l2(found, 1) < 1 || strcmp(found[0].address, PLACE) != 0 || access("/sys/bus/platform/drivers/vivid/unbind", W_OK) != 0) {
		printf("skipped: no vivid here that may be taken away\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

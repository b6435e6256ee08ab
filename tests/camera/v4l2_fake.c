/* SPDX-License-Identifier: Apache-2.0 */
#include "v4l2_fake.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "camera/v4l2_device.h"

#define HANDLES 8
#define LIMIT_S 30

struct buffer {
	void *data;     /* while mapped */
	bool queued;
	struct v4l2_buffer said;
};

/* An open device. Its descriptor is readable while a frame waits, or for good when it is gone. */
struct handle {
	int fd;
	bool used, streaming, gone;
	int minor;
	uint32_t count;
	struct buffer buffers[VIDEO_MAX_FRAME];
	uint32_t queue[VIDEO_MAX_FRAME], done[VIDEO_MAX_FRAME];
	int queued, full;
};

struct fake fake;
struct fake_control fake_controls[] = {
	{V4L2_CID_BRIGHTNESS, "Brightness", V4L2_CTRL_TYPE_INTEGER, -64, 64, 1, 0, false, -1},
	{V4L2_CID_AUTO_WHITE_BALANCE, "White Balance, Automatic", V4L2_CTRL_TYPE_BOOLEAN, 0, 1, 1, 1, false, -1},
	{V4L2_CID_GAIN, "Gain", V4L2_CTRL_TYPE_INTEGER, 0, 100, 1, 10, false, -1},
	{V4L2_CID_POWER_LINE_FREQUENCY, "Power Line Frequency", V4L2_CTRL_TYPE_MENU, 0, 2, 1, 0, false, -1},
	{V4L2_CID_WHITE_BALANCE_TEMPERATURE, "White Balance Temperature", V4L2_CTRL_TYPE_INTEGER, 2800, 6500, 100, 4600, false, -1},
	{V4L2_CID_SHARPNESS, "Sharpness", V4L2_CTRL_TYPE_INTEGER, 0, 6, 1, 3, true, -1},
	{V4L2_CID_EXPOSURE_AUTO, "Auto Exposure", V4L2_CTRL_TYPE_MENU, 0, 3, 1, 3, false, -1},
	{V4L2_CID_EXPOSURE_ABSOLUTE, "Exposure Time, Absolute", V4L2_CTRL_TYPE_INTEGER, 3, 2047, 1, 250, false, -1},
	{V4L2_CID_EXPOSURE_AUTO_PRIORITY, "Exposure, Dynamic Framerate", V4L2_CTRL_TYPE_BOOLEAN, 0, 1, 1, 1, false, -1},
	{0x0098f900, "Button", V4L2_CTRL_TYPE_BUTTON, 0, 0, 0, 0, false, -1},
	{0x0098f901, "Wide", V4L2_CTRL_TYPE_INTEGER64, -INT64_C(1) << 40, INT64_C(1) << 40, 1, 0, false, -1},
	{0x0098f902, "Label", V4L2_CTRL_TYPE_STRING, 0, 8, 1, 0, false, -1},
	{0x0098f903, "Mask", V4L2_CTRL_TYPE_BITMASK, 0, 0xffffffff, 0, 0, false, -1},
	{0x0098f904, "Area", V4L2_CTRL_TYPE_AREA, 0, 0, 0, 0, false, -1},
};
#define CONTROLS (sizeof fake_controls / sizeof *fake_controls)

static struct fake_control factory[CONTROLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct handle handles[HANDLES];
static bool plugged;
static int mapped, opened, started, pushed, input;
static struct v4l2_pix_format pix;
static struct v4l2_fract interval;

/* The wrapped calls. */
int __wrap_okng_v4l2_device_open(const char *path);
int __wrap_okng_v4l2_device_ask(int fd, unsigned long request, void *argument);
void *__wrap_okng_v4l2_device_map(int fd, size_t length, int64_t offset);
void __wrap_okng_v4l2_device_unmap(void *data, size_t length);
void __wrap_okng_v4l2_device_close(int fd);

void fake_reset(void)
{
	static bool kept;
	pthread_mutex_lock(&lock);
	if (!kept)
		memcpy(factory, fake_controls, sizeof factory);
	kept = true;
	memcpy(fake_controls, factory, sizeof factory);
	fake = (struct fake){.driver = "uvcvideo", .card = "Test Camera", .bus = "usb-0000:00:14.0-1",
		.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING, .formats = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_SGRBG8},
		.sizes = {{32, 16}, {64, 48}, {48, 32}}, .rates = {30, 50, 100}, .any_size = true, .field = V4L2_FIELD_NONE,
		.stamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE, .most_buffers = VIDEO_MAX_FRAME, .inputs = 2, .text = "old"};
	pix = (struct v4l2_pix_format){.width = 32, .height = 16, .pixelformat = V4L2_PIX_FMT_YUYV, .bytesperline = 64, .sizeimage = 1024};
	interval = (struct v4l2_fract){1, 30};
	plugged = true;
	pushed = started = input = 0;
	pthread_mutex_unlock(&lock);
}

static struct handle *handle_of(int fd)
{
	for (int i = 0; i < HANDLES; i++)
		if (handles[i].used && handles[i].fd == fd)
			return &handles[i];
	return NULL;
}

static struct handle *streamer(void)
{
	for (int i = 0; i < HANDLES; i++)
		if (handles[i].used && handles[i].streaming && !handles[i].gone)
			return &handles[i];
	return NULL;
}

static int take_error(int *error)
{
	int e = *error;
	*error = 0;
	return -e;
}

struct fake_control *fake_control(uint32_t id)
{
	for (size_t i = 0; i < CONTROLS; i++)
		if (fake_controls[i].id == id)
			return &fake_controls[i];
	return NULL;
}

static int query_control(struct v4l2_query_ext_ctrl *q)
{
	const struct fake_control *best = NULL;
	bool next = q->id & V4L2_CTRL_FLAG_NEXT_CTRL;
	uint32_t id = q->id & ~V4L2_CTRL_FLAG_NEXT_CTRL;
	for (size_t i = 0; i < CONTROLS; i++) {
		const struct fake_control *c = &fake_controls[i];
		if (next ? c->id > id && (!best || c->id < best->id) : c->id == id)
			best = c;
	}
	if (!best)
		return -EINVAL;
	*q = (struct v4l2_query_ext_ctrl){.id = best->id, .type = best->type, .minimum = best->minimum, .maximum = best->maximum,
		.step = (uint64_t)best->step, .default_value = best->value};
	snprintf(q->name, sizeof q->name, "%s", best->name);
	return 0;
}

static int query_menu(struct v4l2_querymenu *m)
{
	static const char *const exposure[] = {NULL, "Manual Mode", NULL, "Aperture Priority Mode"}, *const line[] = {"Disabled", "50 Hz", "60 Hz"};
	const char *name = m->id == V4L2_CID_EXPOSURE_AUTO && m->index < 4 ? exposure[m->index] :
		m->id == V4L2_CID_POWER_LINE_FREQUENCY && m->index < 3 ? line[m->index] : NULL;
	if (!name)
		return -EINVAL;
	snprintf((char *)m->name, sizeof m->name, "%s", name);
	return 0;
}

static int set_control(struct v4l2_ext_control *e)
{
	struct fake_control *c = fake_control(e->id);
	if (!c)
		return -EINVAL;
	if (c->type == V4L2_CTRL_TYPE_BUTTON)
		pushed++;
	if (c->type == V4L2_CTRL_TYPE_STRING) {
		memcpy(fake.text, e->string, e->size < sizeof fake.text ? e->size : sizeof fake.text);
		return 0;
	}
	int64_t v = c->type == V4L2_CTRL_TYPE_INTEGER64 ? e->value64 : e->value;
	if (c->type == V4L2_CTRL_TYPE_BITMASK)
		v &= UINT32_MAX;
	if (c->type == V4L2_CTRL_TYPE_MENU && (v < c->minimum || v > c->maximum))
		return -ERANGE;
	v = v < c->minimum ? c->minimum : v > c->maximum ? c->maximum : v;
	if (c->step > 1)
		v -= (v - c->minimum) % c->step;
	if (!c->deaf)
		c->value = v;
	return 0;
}

static int get_control(struct v4l2_ext_control *e)
{
	const struct fake_control *c = fake_control(e->id);
	if (!c || c->type == V4L2_CTRL_TYPE_BUTTON)
		return -EACCES;
	if (c->type == V4L2_CTRL_TYPE_STRING)
		memcpy(e->string, fake.text, e->size < sizeof fake.text ? e->size : sizeof fake.text);
	else if (c->type == V4L2_CTRL_TYPE_INTEGER64)
		e->value64 = c->value;
	else
		e->value = (int32_t)c->value;
	return 0;
}

static uint32_t bytes_per_line(uint32_t code, uint32_t width)
{
	return code == V4L2_PIX_FMT_MJPEG ? 0 : code == V4L2_PIX_FMT_YUYV ? 2 * width : width;
}

static int set_format(struct v4l2_pix_format *f)
{
	int best = 0, rc = take_error(&fake.format_error);
	bool known = false;
	if (rc < 0)
		return rc;
	if (streamer())
		return -EBUSY;
	for (int i = 0; fake.formats[i]; i++)
		known |= fake.formats[i] == f->pixelformat;
	for (int i = 0; i < 4 && fake.sizes[i][0]; i++)
		if (labs((long)fake.sizes[i][0] - f->width) < labs((long)fake.sizes[best][0] - f->width))
			best = i;
	pix = *f;
	pix.pixelformat = fake.took_format ? fake.took_format : known ? f->pixelformat : fake.formats[0];
	if (fake.any_size) {
		pix.width = fake.sizes[best][0];
		pix.height = fake.sizes[best][1];
	}
	pix.field = fake.field;
	pix.bytesperline = bytes_per_line(pix.pixelformat, pix.width) - fake.short_stride;
	pix.sizeimage = pix.width * pix.height * 2;
	*f = pix;
	if (fake.later_width)
		pix.width = fake.later_width;
	return 0;
}

static int set_rate(struct v4l2_captureparm *p)
{
	double want = p->timeperframe.numerator ? (double)p->timeperframe.denominator / p->timeperframe.numerator : 0;
	uint32_t best = fake.rates[0];
	for (int i = 0; i < 4 && fake.rates[i]; i++)
		if (fabs((double)fake.rates[i] - want) < fabs((double)best - want))
			best = fake.rates[i];
	interval = (struct v4l2_fract){1, best};
	p->timeperframe = interval;
	return 0;
}

static int request_buffers(struct handle *h, struct v4l2_requestbuffers *r)
{
	if (r->memory != V4L2_MEMORY_MMAP)
		return -EINVAL;
	r->count = r->count < fake.most_buffers ? r->count : fake.most_buffers;
	h->count = r->count;
	return 0;
}

static int put(struct handle *h, const struct v4l2_buffer *b)
{
	int rc = take_error(&fake.put_error);
	if (rc < 0)
		return rc;
	if (b->index >= h->count || h->buffers[b->index].queued)
		return -EINVAL;
	h->buffers[b->index].queued = true;
	h->queue[h->queued++] = b->index;
	pthread_cond_broadcast(&changed);
	return 0;
}

static int get(struct handle *h, struct v4l2_buffer *b)
{
	uint64_t one;
	int rc = take_error(&fake.get_error);
	if (rc < 0)
		return rc;
	if (!h->streaming)
		return -EINVAL;
	if (!h->full)
		return -EAGAIN;
	if (read(h->fd, &one, sizeof one) != sizeof one)
		return -EAGAIN;
	uint32_t i = h->done[0];
	memmove(h->done, h->done + 1, sizeof h->done - sizeof *h->done);
	h->full--;
	h->buffers[i].queued = false;
	*b = h->buffers[i].said;
	return 0;
}

static int start(struct handle *h)
{
	int rc = take_error(&fake.start_error);
	if (rc < 0)
		return rc;
	h->streaming = true;
	started++;
	for (size_t i = 0; i < CONTROLS; i++)
		if (fake_controls[i].at_start >= 0)
			fake_controls[i].value = fake_controls[i].at_start;
	pthread_cond_broadcast(&changed);
	return 0;
}

static int stop(struct handle *h)
{
	uint64_t one;
	while (h->full-- > 0 && read(h->fd, &one, sizeof one) == sizeof one)
		;
	h->streaming = false;
	h->full = h->queued = 0;
	for (uint32_t i = 0; i < h->count; i++)
		h->buffers[i].queued = false;
	return 0;
}

static int capability(const struct handle *h, struct v4l2_capability *c)
{
	snprintf((char *)c->driver, sizeof c->driver, "%s", fake.driver);
	snprintf((char *)c->card, sizeof c->card, "%s", fake.card);
	snprintf((char *)c->bus_info, sizeof c->bus_info, "%s", fake.bus);
	c->device_caps = h->minor ? V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING : fake.capabilities;
	c->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
	return 0;
}

static int enumerate_format(struct v4l2_fmtdesc *d)
{
	if (d->index >= 8 || !fake.formats[d->index])
		return -EINVAL;
	d->pixelformat = fake.formats[d->index];
	return 0;
}

static int enumerate_size(struct v4l2_frmsizeenum *e)
{
	if (e->index >= 4 || !fake.sizes[e->index][0])
		return -EINVAL;
	e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
	e->discrete.width = fake.sizes[e->index][0];
	e->discrete.height = fake.sizes[e->index][1];
	return 0;
}

static int enumerate_rate(struct v4l2_frmivalenum *e)
{
	if (e->index >= 4 || !fake.rates[e->index])
		return -EINVAL;
	e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	e->discrete = (struct v4l2_fract){1, fake.rates[e->index]};
	return 0;
}

static int query_buffer(const struct handle *h, struct v4l2_buffer *b)
{
	if (b->index >= h->count)
		return -EINVAL;
	b->length = fake.buffer_bytes ? fake.buffer_bytes : pix.sizeimage;
	b->m.offset = b->index << 16;
	b->flags = fake.stamp_flags;
	return 0;
}

static int ask_rate(unsigned long request, struct v4l2_streamparm *p)
{
	if (fake.no_rates)
		return -ENOTTY;
	p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	if (request == VIDIOC_S_PARM)
		return set_rate(&p->parm.capture);
	p->parm.capture.timeperframe = interval;
	return 0;
}

static int ask_input(unsigned long request, int *i)
{
	if (fake.inputs == 0)
		return -ENOTTY;
	if (request == VIDIOC_S_INPUT && (*i < 0 || *i >= fake.inputs))
		return -EINVAL;
	if (request == VIDIOC_S_INPUT)
		input = *i;
	*i = input;
	return 0;
}

static int answer(struct handle *h, unsigned long request, void *argument)
{
	if (h->gone || !plugged)
		return -ENODEV;
	switch (request) {
	case VIDIOC_QUERYCAP: return capability(h, argument);
	case VIDIOC_G_INPUT:
	case VIDIOC_S_INPUT: return ask_input(request, argument);
	case VIDIOC_ENUM_FMT: return enumerate_format(argument);
	case VIDIOC_ENUM_FRAMESIZES: return enumerate_size(argument);
	case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_rate(argument);
	case VIDIOC_G_FMT: ((struct v4l2_format *)argument)->fmt.pix = pix; return 0;
	case VIDIOC_S_FMT: return set_format(&((struct v4l2_format *)argument)->fmt.pix);
	case VIDIOC_G_PARM:
	case VIDIOC_S_PARM: return ask_rate(request, argument);
	case VIDIOC_QUERY_EXT_CTRL: return query_control(argument);
	case VIDIOC_QUERYMENU: return query_menu(argument);
	case VIDIOC_S_EXT_CTRLS: return set_control(((struct v4l2_ext_controls *)argument)->controls);
	case VIDIOC_G_EXT_CTRLS: return get_control(((struct v4l2_ext_controls *)argument)->controls);
	case VIDIOC_REQBUFS: return request_buffers(h, argument);
	case VIDIOC_QUERYBUF: return query_buffer(h, argument);
	case VIDIOC_QBUF: return put(h, argument);
	case VIDIOC_DQBUF: return get(h, argument);
	case VIDIOC_STREAMON: return start(h);
	case VIDIOC_STREAMOFF: return stop(h);
	default: return -ENOTTY;
	}
}

int __wrap_okng_v4l2_device_open(const char *path)
{
	const char *name = strrchr(path, '/');
	char real[4096];
	if (realpath(path, real))
		name = strrchr(real, '/');
	int minor = name && strcmp(name, "/video0") == 0 ? 0 : name && strcmp(name, "/video1") == 0 ? 1 : -1;
	pthread_mutex_lock(&lock);
	int rc = take_error(&fake.open_error), i = 0;
	while (i < HANDLES && handles[i].used)
		i++;
	assert(i < HANDLES);
	if (rc == 0 && (minor < 0 || !plugged))
		rc = -ENOENT;
	if (rc == 0) {
		handles[i] = (struct handle){.fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC), .used = true, .minor = minor};
		rc = handles[i].fd;
		opened++;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int __wrap_okng_v4l2_device_ask(int fd, unsigned long request, void *argument)
{
	pthread_mutex_lock(&lock);
	struct handle *h = handle_of(fd);
	assert(h); /* never on a closed descriptor */
	int rc = answer(h, request, argument);
	pthread_mutex_unlock(&lock);
	return rc;
}

void *__wrap_okng_v4l2_device_map(int fd, size_t length, int64_t offset)
{
	pthread_mutex_lock(&lock);
	struct buffer *b = &handle_of(fd)->buffers[offset >> 16];
	b->data = malloc(length);
	mapped++;
	pthread_mutex_unlock(&lock);
	return b->data;
}

void __wrap_okng_v4l2_device_unmap(void *data, size_t length)
{
	(void)length;
	pthread_mutex_lock(&lock);
	free(data);
	mapped--;
	pthread_mutex_unlock(&lock);
}

void __wrap_okng_v4l2_device_close(int fd)
{
	pthread_mutex_lock(&lock);
	struct handle *h = handle_of(fd);
	assert(h);
	h->used = false;
	close(fd);
	opened--;
	pthread_mutex_unlock(&lock);
}

static void wait_for_change(void)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += LIMIT_S;
	if (pthread_cond_timedwait(&changed, &lock, &end) != 0) {
		fprintf(stderr, "the camera was not set up, or its buffers did not come back, within %d s\n", LIMIT_S);
		abort();
	}
}

static struct handle *await(int n)
{
	while (!streamer() || streamer()->queued < n)
		wait_for_change();
	return streamer();
}

void fake_await(int n)
{
	pthread_mutex_lock(&lock);
	await(n);
	pthread_mutex_unlock(&lock);
}

void fake_frame(const void *bytes, size_t size, int64_t ns, uint32_t sequence, uint32_t flags)
{
	struct timespec now;
	pthread_mutex_lock(&lock);
	struct handle *h = await(1);
	uint32_t i = h->queue[0];
	memmove(h->queue, h->queue + 1, sizeof h->queue - sizeof *h->queue);
	h->queued--;
	memcpy(h->buffers[i].data, bytes, size);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!ns)
		ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + 999; /* in whole microseconds, not before now */
	h->buffers[i].said = (struct v4l2_buffer){.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .sequence = sequence,
		.bytesused = (uint32_t)size, .flags = fake.stamp_flags | flags, .field = fake.field,
		.timestamp = {.tv_sec = (time_t)(ns / 1000000000), .tv_usec = (suseconds_t)(ns % 1000000000 / 1000)}};
	h->done[h->full++] = i;
	ssize_t n = write(h->fd, &(uint64_t){1}, sizeof(uint64_t));
	assert(n == sizeof(uint64_t));
	pthread_mutex_unlock(&lock);
}

static void wake_all(void)
{
	for (int i = 0; i < HANDLES; i++)
		if (handles[i].used) {
			ssize_t n = write(handles[i].fd, &(uint64_t){1}, sizeof(uint64_t));
			assert(n == sizeof(uint64_t));
		}
}

void fake_unplug(void)
{
	pthread_mutex_lock(&lock);
	plugged = false;
	for (int i = 0; i < HANDLES; i++)
		handles[i].gone = true;
	wake_all();
	pthread_mutex_unlock(&lock);
}

void fake_plug(void)
{
	pthread_mutex_lock(&lock);
	plugged = true;
	pthread_mutex_unlock(&lock);
}

void fake_die(int error)
{
	pthread_mutex_lock(&lock);
	fake.get_error = error;
	wake_all();
	pthread_mutex_unlock(&lock);
}

void fake_set(int *field, int value)
{
	pthread_mutex_lock(&lock);
	*field = value;
	pthread_mutex_unlock(&lock);
}

static int locked(const int *value)
{
	pthread_mutex_lock(&lock);
	int v = *value;
	pthread_mutex_unlock(&lock);
	return v;
}

int fake_mapped(void)
{
	return locked(&mapped);
}

int fake_opened(void)
{
	return locked(&opened);
}

int fake_started(void)
{
	return locked(&started);
}

int fake_pushed(void)
{
	return locked(&pushed);
}

int fake_with_driver(void)
{
	pthread_mutex_lock(&lock);
	int n = streamer() ? streamer()->queued : 0;
	pthread_mutex_unlock(&lock);
	return n;
}

int fake_holds(const void *data)
{
	int found = -1;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < HANDLES; i++)
		for (uint32_t k = 0; handles[i].used && k < handles[i].count; k++)
			if (handles[i].buffers[k].data == data)
				found = (int)k;
	pthread_mutex_unlock(&lock);
	return found;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The camera that others see: a pool of frames, a shutter, a way to wake a waiting thread. The shutter works by the
 * absolute clock: free-run exposures lie at start + n × period however long a frame takes to fetch, so that a rate does
 * not drift; those that came due while all was busy are handed over late as long as the pool could have held them,
 * and lost and counted beyond that, as a real camera's driver does it. Each exposure is one part, seen or lost.
 */
#include "camera/camera.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "camera/source.h"

#define NS_PER_S INT64_C(1000000000)
#define NEVER INT64_MAX
#define IDLE (-1) /* no exposure asked for */

struct okng_camera {
	const struct okng_source_ops *ops; /* one of the two */
	const struct okng_live_ops *live;
	void *source;
	int32_t width, height;
	int n_frames;
	struct okng_frame *frames;
	struct okng_image *images;  /* the pool's own memory, for each frame */
	int64_t period_ns, next_ns; /* period 0: on trigger; next 0: not yet started */
	_Atomic int64_t asked_ns;   /* when the trigger came, or IDLE */
	bool by_itself, fired;      /* exposures need no trigger; live: the trigger went out */
	uint64_t exposures;
	int wake_fd, trigger_fd, ready_fd;
	_Atomic uint64_t delivered, dropped, incomplete;
	struct okng_error error;
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void signal_fd(int fd)
{
	/* Only a counter at its limit can refuse this, and then it is readable already. */
	ssize_t n = write(fd, &(uint64_t){1}, sizeof(uint64_t));
	(void)n;
}

static bool drain_fd(int fd)
{
	uint64_t n;
	return read(fd, &n, sizeof n) == sizeof n;
}

static int open_pool(struct okng_camera *c, int n, struct okng_error *err)
{
	c->frames = calloc((size_t)n, sizeof *c->frames);
	c->images = calloc((size_t)n, sizeof *c->images);
	if (!c->frames || !c->images)
		return okng_error_set(err, -ENOMEM, "", 0, "camera.frames", "no memory for the frame pool");
	c->n_frames = n;
	for (int i = 0; i < n; i++) {
		struct okng_frame *f = &c->frames[i];
		f->camera = c;
		f->source = "";
		int rc = okng_image_init(&c->images[i], c->width, c->height, OKNG_PIXEL_MONO8);
		f->image = c->images[i];
		if (rc < 0)
			return okng_error_set(err, rc, "", 0, "camera.frames", "no memory for %d frames of %d x %d pixels", n, (int)c->width,
				(int)c->height);
	}
	return 0;
}

static int check(struct okng_camera *c, const struct okng_camera_params *p, struct okng_error *err)
{
	bool recorded = p->type == OKNG_CAMERA_REPLAY && okng_source_is_recording(p->folder);
	c->ops = recorded ? &okng_source_recording : p->type == OKNG_CAMERA_REPLAY ? &okng_source_replay : p->type == OKNG_CAMERA_SYNTHETIC ? &okng_source_synthetic : NULL;
	c->live = p->type == OKNG_CAMERA_ARAVIS ? &okng_live_aravis : p->type == OKNG_CAMERA_V4L2 ? &okng_live_v4l2 : NULL;
	if (!c->ops && !c->live)
		return okng_error_set(err, -EINVAL, "", 0, "camera.type", "unknown type of camera");
	if (p->frames < 2 || p->frames > 64)
		return okng_error_set(err, -EINVAL, "", 0, "camera.frames", "%d frames; 2 to 64 are possible", p->frames);
	if (!(p->rate >= 0 && p->rate <= 100000))
		return okng_error_set(err, -EINVAL, "", 0, "camera.rate", "%g frames a second; 0 to 100000 are possible", p->rate);
	return 0;
}

static int open_parts(struct okng_camera *c, const struct okng_camera_params *params, struct okng_error *err)
{
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->trigger_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0 || c->trigger_fd < 0 || c->ready_fd < 0)
		return okng_error_set(err, -errno, "", 0, "camera", "no event descriptor: %s", strerror(errno));
	int rc = c->live ? c->live->open(&c->source, params, c->ready_fd, &c->width, &c->height, err) :
		c->ops->open(&c->source, params, &c->width, &c->height, err);
	if (rc < 0)
		return rc;
	c->period_ns = params->rate > 0 ? (int64_t)((double)NS_PER_S / params->rate + 0.5) : 0;
	c->by_itself = c->live ? c->live->by_itself(c->source) : c->period_ns > 0;
	return open_pool(c, params->frames, err);
}

int okng_camera_open(struct okng_camera **camera, const struct okng_camera_params *params, struct okng_error *err)
{
	*camera = NULL;
	struct okng_camera *c = calloc(1, sizeof *c);
	if (!c)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	c->wake_fd = c->trigger_fd = c->ready_fd = -1;
	c->asked_ns = IDLE;
	int rc = check(c, params, err);
	if (rc == 0)
		rc = open_parts(c, params, err);
	if (rc < 0) {
		okng_camera_close(&c);
		return rc;
	}
	*camera = c;
	return 0;
}

/* Frames that nobody holds any more give back what the source lent them. */
static void reclaim(struct okng_camera *c)
{
	for (int i = 0; i < c->n_frames; i++) {
		struct okng_frame *f = &c->frames[i];
		if (!f->lease || atomic_load_explicit(&f->refs, memory_order_acquire) > 0)
			continue;
		c->live->reclaim(c->source, f->lease);
		f->lease = NULL;
		f->image = c->images[i];
	}
}

void okng_camera_close(struct okng_camera **camera)
{
	struct okng_camera *c = *camera;
	*camera = NULL;
	if (!c)
		return;
	reclaim(c);
	for (int i = 0; i < c->n_frames; i++) {
		assert(atomic_load(&c->frames[i].refs) == 0);
		okng_image_finish(&c->images[i]);
	}
	free(c->frames);
	free(c->images);
	if (c->source && c->live)
		c->live->close(&c->source);
	if (c->source)
		c->ops->close(&c->source);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	if (c->trigger_fd >= 0)
		close(c->trigger_fd);
	if (c->ready_fd >= 0)
		close(c->ready_fd);
	free(c);
}

void okng_camera_size(const struct okng_camera *camera, int32_t *width, int32_t *height)
{
	*width = camera->width;
	*height = camera->height;
}

bool okng_camera_simulates(const struct okng_camera *camera)
{
	return camera->live ? camera->live->simulates(camera->source) : camera->ops->simulates;
}

const char *okng_camera_serial(const struct okng_camera *camera)
{
	return camera->live ? camera->live->serial(camera->source) : "";
}

bool okng_camera_on_trigger(const struct okng_camera *camera)
{
	return !camera->by_itself;
}

int okng_camera_trigger(struct okng_camera *camera)
{
	if (camera->by_itself)
		return -EINVAL;
	int64_t idle = IDLE;
	if (!atomic_compare_exchange_strong(&camera->asked_ns, &idle, now_ns()))
		return -EAGAIN;
	signal_fd(camera->trigger_fd);
	return 0;
}

static int free_frames(const struct okng_camera *c)
{
	int n = 0;
	for (int i = 0; i < c->n_frames; i++)
		n += atomic_load_explicit(&c->frames[i].refs, memory_order_relaxed) == 0;
	return n;
}

/* Only the camera's thread takes from the pool, so a frame seen free stays free. One given back since reclaim still has
 * what was lent to it. */
static struct okng_frame *free_frame(struct okng_camera *c)
{
	for (int i = 0; i < c->n_frames; i++)
		if (!c->frames[i].lease && atomic_load_explicit(&c->frames[i].refs, memory_order_acquire) == 0)
			return &c->frames[i];
	return NULL;
}

static void lose(struct okng_camera *c, uint64_t exposures)
{
	c->exposures += exposures;
	c->dropped += exposures;
	c->ops->skip(c->source, exposures);
}

/* Drops the exposures for which the pool had no room while nobody took any. */
static void catch_up(struct okng_camera *c, int64_t now)
{
	int64_t late = (now - c->next_ns) / c->period_ns; /* further ones that are due behind the next */
	if (!c->ops->skips) {
		if (late > 0)
			c->next_ns = now;
		return;
	}
	int64_t room = free_frames(c);
	int64_t lost = late - (room > 0 ? room - 1 : 0);
	if (lost > 0) {
		lose(c, (uint64_t)lost);
		c->next_ns += lost * c->period_ns;
	}
}

/* The moment of the exposure that is due, or NEVER; *next is when to look again. */
static int64_t due(struct okng_camera *c, int64_t now, int64_t *next)
{
	*next = NEVER;
	if (!c->period_ns) {
		int64_t asked = atomic_load(&c->asked_ns);
		return asked == IDLE ? NEVER : asked;
	}
	if (!c->next_ns)
		c->next_ns = now + c->period_ns;
	if (c->next_ns > now) {
		*next = c->next_ns;
		return NEVER;
	}
	catch_up(c, now);
	int64_t at = c->next_ns;
	c->next_ns += c->period_ns;
	return at;
}

static int expose(struct okng_camera *c, int64_t at, struct okng_frame **frame)
{
	struct okng_frame *f = free_frame(c);
	if (!f) {
		lose(c, 1);
		return okng_error_set(&c->error, -ENOBUFS, "", 0, "", "all %d frames are in use: an exposure is lost", c->n_frames);
	}
	f->id = ++c->exposures;
	f->exposed_ns = at;
	f->incomplete = false;
	f->truths = -1;
	f->source = "";
	int rc = c->ops->expose(c->source, f, &c->error);
	if (rc < 0) {
		c->incomplete++;
		return rc;
	}
	c->delivered++;
	atomic_store_explicit(&f->refs, 1, memory_order_relaxed);
	*frame = f;
	return 0;
}

static void end_trigger(struct okng_camera *c)
{
	if (c->by_itself)
		return;
	drain_fd(c->trigger_fd);
	c->fired = false;
	atomic_store(&c->asked_ns, IDLE);
}

static void sleep_until(const struct okng_camera *c, int64_t now, int64_t then)
{
	/* A trigger that went out stays readable until it is answered. */
	struct pollfd fds[] = {{.fd = c->wake_fd, .events = POLLIN}, {.fd = c->ready_fd, .events = POLLIN},
		{.fd = c->fired ? -1 : c->trigger_fd, .events = POLLIN}};
	int64_t ns = then > now ? then - now : 0;
	struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
	ppoll(fds, 3, then == NEVER ? NULL : &t, NULL); /* a signal only makes us look again */
}

/* The exposure that is due, or -EAGAIN and when to look again. */
static int take_source(struct okng_camera *c, int64_t now, struct okng_frame **frame, int64_t *next)
{
	if (c->ops->exhausted(c->source))
		return okng_error_set(&c->error, -ENODATA, "", 0, "", "every picture has been played");
	int64_t at = due(c, now, next);
	return at == NEVER ? -EAGAIN : expose(c, at, frame);
}

/* The exposure of a live camera that is there, or -EAGAIN and when to look again. */
static int take_live(struct okng_camera *c, struct okng_frame **frame, int64_t *next)
{
	int rc = -EAGAIN;
	*next = NEVER;
	drain_fd(c->ready_fd);
	reclaim(c);
	struct okng_frame *f = free_frame(c);
	if (!c->by_itself && !c->fired) {
		if (atomic_load(&c->asked_ns) == IDLE)
			return -EAGAIN;
		if (f)
			rc = c->live->fire(c->source, &c->error);
		else
			rc = okng_error_set(&c->error, -ENOBUFS, "", 0, "", "all %d frames are in use: an exposure is lost", c->n_frames);
		c->dropped += !f;
		c->fired = rc == 0;
	}
	if (f) {
		f->incomplete = false;
		f->truths = -1;
		f->source = "";
	}
	if (c->by_itself || c->fired)
		rc = c->live->next(c->source, f, next, &c->error);
	if (rc == 0) {
		atomic_store_explicit(&f->refs, 1, memory_order_relaxed);
		*frame = f;
	}
	return rc;
}

int okng_camera_take(struct okng_camera *camera, struct okng_frame **frame, int timeout_ms)
{
	struct okng_camera *c = camera;
	int64_t now = now_ns(), next;
	int64_t deadline = timeout_ms < 0 ? NEVER : now + (int64_t)timeout_ms * (NS_PER_S / 1000);
	*frame = NULL;
	for (;; now = now_ns()) {
		if (drain_fd(c->wake_fd))
			return -EINTR;
		int rc = c->live ? take_live(c, frame, &next) : take_source(c, now, frame, &next);
		if (rc != -EAGAIN) {
			end_trigger(c);
			return rc;
		}
		if (now >= deadline)
			return -ETIMEDOUT;
		sleep_until(c, now, next < deadline ? next : deadline);
	}
}

const char *okng_camera_error(const struct okng_camera *camera)
{
	return camera->error.text;
}

void okng_camera_wake(struct okng_camera *camera)
{
	signal_fd(camera->wake_fd);
}

void okng_frame_ref(struct okng_frame *frame)
{
	int before = atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
	assert(before > 0);
}

void okng_frame_unref(struct okng_frame **frame)
{
	struct okng_frame *f = *frame;
	*frame = NULL;
	if (!f)
		return;
	int before = atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel);
	assert(before > 0);
}

void okng_camera_stats(const struct okng_camera *camera, struct okng_camera_stats *stats)
{
	*stats = (struct okng_camera_stats){
		.frames = camera->delivered,
		.dropped = camera->dropped,
		.incomplete = camera->incomplete,
	};
	if (camera->live)
		camera->live->stats(camera->source, stats);
}

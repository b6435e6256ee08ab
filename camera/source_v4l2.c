/* SPDX-License-Identifier: Apache-2.0
 *
 * A camera with a V4L2 driver. It exposes by itself all the time; the hands, a thread of ours, take what comes, give back
 * what no one asked for, and do what may take long (restart, reconnect). A triggered part gets the first frame whose
 * exposure surely began after the trigger, by the driver's timestamps, for such cameras cannot be triggered. What the
 * camera thread wants waits in a short queue; one lock, held for moments, guards all that both look at. A grey frame is
 * lent to the pool in the driver's buffer as long as the driver keeps enough of them; all others are converted.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "camera/source.h"
#include "camera/v4l2_book.h"
#include "camera/v4l2_session.h"

#define NS_PER_MS INT64_C(1000000)
#define NEVER INT64_MAX
#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 1000
#define BUFFERS 6 /* for the driver, beside those that frames lie in */
#define KEEP 3    /* with fewer left to the driver nothing is lent */

/* A buffer on its way to the camera thread. */
struct arrived {
	struct okng_v4l2_buffer *buffer;
	int64_t exposed_ns;
	uint32_t gap;       /* frames that never came before it */
	size_t size;
	const char *broken; /* why it is no picture, or NULL */
	bool missed;        /* it is not the first after the trigger: that one never came */
};

struct v4l2 {
	struct okng_camera_params params;
	int32_t width, height;
	bool played, on_trigger;
	char serial[64]; /* "" unknown */
	int ready_fd, hands_fd;
	pthread_t hands;
	bool hands_started;
	atomic_bool quit;
	struct okng_mosaic_scratch scratch; /* the camera thread's */

	pthread_mutex_t lock; /* for all below up to the next comment */
	struct okng_v4l2_session *session; /* NULL while the hands look for the camera */
	uint64_t generation;  /* of streams; an exposure belongs to one */
	bool streaming;       /* buffers can be given to the driver */
	bool lost, restart_wanted, awaiting;
	int64_t fired_ns;     /* awaiting a frame begun after this */
	int64_t lead_ns;
	struct okng_v4l2_book book;
	struct arrived queue[VIDEO_MAX_FRAME]; /* as many as there are buffers */
	int queued, first;
	char trouble[256];
	struct okng_camera_stats stats;

	/* The camera thread's own. */
	uint64_t exposures;
	bool outstanding;     /* an exposure was asked for */
	uint64_t of_generation;
	int64_t due_ns;       /* when a frame must be there */
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

static void ring(int fd)
{
	ssize_t n = write(fd, &(uint64_t){1}, sizeof(uint64_t));
	(void)n;
}

static int note(struct v4l2 *v, uint64_t *counter, int rc)
{
	pthread_mutex_lock(&v->lock);
	*counter += 1;
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* Under the lock. */
static void lose(struct v4l2 *v, const char *what, int rc)
{
	if (v->lost)
		return;
	v->lost = true;
	if (rc == -ENODEV)
		snprintf(v->trouble, sizeof v->trouble, "the camera was unplugged or its driver left it");
	else
		snprintf(v->trouble, sizeof v->trouble, "%s: %s", what, rc < 0 ? strerror(-rc) : "the stream is dead");
	ring(v->ready_fd);
	ring(v->hands_fd);
}

/* Under the lock. */
static void hand_back(struct v4l2 *v, struct okng_v4l2_buffer *b)
{
	b->session->out--;
	b->where = OKNG_V4L2_IDLE;
	int rc = v->streaming ? okng_v4l2_session_put(b) : 0;
	if (rc < 0)
		lose(v, "a buffer was refused", rc);
}

/* What no one will take any more goes back. Under the lock. */
static void drop_queue(struct v4l2 *v)
{
	for (; v->queued; v->queued--, v->first = (v->first + 1) % VIDEO_MAX_FRAME)
		hand_back(v, v->queue[v->first].buffer);
	v->awaiting = false;
}

static void give_back(struct v4l2 *v, struct okng_v4l2_buffer *b)
{
	struct okng_v4l2_session *dead = NULL;
	pthread_mutex_lock(&v->lock);
	if (b->session == v->session)
		hand_back(v, b);
	else if (--b->session->out == 0 && b->session->stopped)
		dead = b->session;
	pthread_mutex_unlock(&v->lock);
	okng_v4l2_session_close(&dead);
}

/* The hands. */

static int64_t lead(const struct v4l2 *v, const struct okng_v4l2_session *s)
{
	const struct okng_v4l2_params *p = &v->params.v4l2;
	return p->lead_us >= 0 ? p->lead_us * INT64_C(1000) :
		okng_v4l2_lead_ns(s->stamp_flags, s->shape.period_ns, (int64_t)(p->exposure_us * 1000));
}

/* Whether frames can be matched with triggers. */
static int check_session(const struct v4l2 *v, const struct okng_v4l2_session *s, struct okng_error *err)
{
	int64_t most_ns = lead(v, s) + 2 * s->shape.period_ns;
	if (!v->on_trigger)
		return 0;
	if (!okng_v4l2_is_monotonic(s->stamp_flags))
		return okng_error_set(err, -EINVAL, "", 0, "trigger.source", "the driver's timestamps are not of the monotonic clock, so that no frame can "
			"be told to be after a trigger: with this camera only free run is possible (\"camera\")");
	if (v->params.v4l2.lead_us < 0 && s->shape.period_ns == 0)
		return okng_error_set(err, -EINVAL, "", 0, "camera.v4l2.lead_us", "must be given, as the driver does not say its frame rate");
	if (most_ns > v->params.v4l2.frame_timeout_ms * NS_PER_MS)
		return okng_error_set(err, -EINVAL, "", 0, "camera.v4l2.frame_timeout_ms", "is %d, but at %.3g frames/s the first frame begun after a trigger "
			"may take %d ms", v->params.v4l2.frame_timeout_ms, 1e9 / (double)s->shape.period_ns, (int)(most_ns / NS_PER_MS) + 1);
	return 0;
}

static int open_session(struct v4l2 *v, struct okng_v4l2_session **s, struct okng_error *err)
{
	const struct okng_v4l2_format *f = &okng_v4l2_formats[v->params.v4l2.format];
	bool lends = v->params.v4l2.zero_copy && f->layout == OKNG_V4L2_PLANE && !f->bayer;
	int rc = okng_v4l2_session_open(s, &v->params, BUFFERS + (lends ? v->params.frames : 0), err);
	if (rc < 0)
		return rc;
	const struct okng_v4l2_raster *r = &(*s)->shape.raster;
	rc = check_session(v, *s, err);
	if (rc == 0 && v->width && (r->width != v->width || r->height != v->height))
		rc = okng_error_set(err, -EINVAL, "", 0, "camera.v4l2.width", "frames have %d x %d pixels now, not %d x %d: restart okngd", (int)r->width,
			(int)r->height, (int)v->width, (int)v->height);
	if (rc < 0)
		okng_v4l2_session_close(s);
	return rc;
}

static void adopt(struct v4l2 *v, struct okng_v4l2_session *s)
{
	pthread_mutex_lock(&v->lock);
	v->session = s;
	v->generation++;
	v->streaming = true;
	v->lost = v->restart_wanted = v->awaiting = false;
	v->lead_ns = lead(v, s);
	v->book = (struct okng_v4l2_book){0};
	pthread_mutex_unlock(&v->lock);
	ring(v->ready_fd);
}

/* Frames may still lie in the session's buffers: whoever gives the last one back frees it. */
static void bury(struct v4l2 *v)
{
	pthread_mutex_lock(&v->lock);
	struct okng_v4l2_session *s = v->session;
	v->streaming = false;
	drop_queue(v);
	v->session = NULL;
	pthread_mutex_unlock(&v->lock);
	if (!s)
		return;
	okng_v4l2_session_stop(s);
	pthread_mutex_lock(&v->lock);
	s->stopped = true;
	bool empty = s->out == 0;
	pthread_mutex_unlock(&v->lock);
	if (empty)
		okng_v4l2_session_close(&s);
}

/* Waits ms or until it is time to quit. */
static bool quits_within(struct v4l2 *v, int ms)
{
	int64_t end = now_ns() + ms * NS_PER_MS, now;
	while (!atomic_load(&v->quit) && (now = now_ns()) < end) {
		struct pollfd fd = {.fd = v->hands_fd, .events = POLLIN};
		uint64_t n;
		if (poll(&fd, 1, (int)((end - now) / NS_PER_MS) + 1) > 0 && read(v->hands_fd, &n, sizeof n) < 0)
			break;
	}
	return atomic_load(&v->quit);
}

static void reconnect(struct v4l2 *v)
{
	struct okng_v4l2_session *s = NULL;
	bury(v);
	for (int wait = RETRY_FIRST_MS; !s && !quits_within(v, wait); wait = wait * 2 < RETRY_MOST_MS ? wait * 2 : RETRY_MOST_MS) {
		struct okng_error err = {0};
		int rc = open_session(v, &s, &err);
		if (rc < 0 && rc != -ENODEV) { /* the camera is there, but not as it should be */
			pthread_mutex_lock(&v->lock);
			snprintf(v->trouble, sizeof v->trouble, "%.60s%s%.180s", err.key, *err.key ? ": " : "", err.text);
			pthread_mutex_unlock(&v->lock);
		}
	}
	if (!s)
		return;
	note(v, &v->stats.reconnects, 0);
	adopt(v, s);
}

/* The stream stopped and started, so that one that hangs goes on. streaming is false meanwhile. */
static void restart(struct v4l2 *v)
{
	struct okng_v4l2_session *s = v->session; /* only this thread changes it */
	int rc = okng_v4l2_session_halt(s);
	pthread_mutex_lock(&v->lock);
	okng_v4l2_session_idle(s);
	for (int i = 0; rc == 0 && i < s->n; i++)
		if (s->buffers[i].where == OKNG_V4L2_IDLE)
			rc = okng_v4l2_session_put(&s->buffers[i]);
	pthread_mutex_unlock(&v->lock);
	if (rc == 0)
		rc = okng_v4l2_session_start(s);
	pthread_mutex_lock(&v->lock);
	v->streaming = true;
	v->book = (struct okng_v4l2_book){0};
	for (int i = 0; rc == 0 && i < s->n; i++) /* those given back meanwhile */
		if (s->buffers[i].where == OKNG_V4L2_IDLE)
			rc = okng_v4l2_session_put(&s->buffers[i]);
	if (rc < 0)
		lose(v, "the stream does not start again", rc);
	pthread_mutex_unlock(&v->lock);
}

/* True when the frame is one that the camera thread waits for. Under the lock. */
static bool is_wanted(struct v4l2 *v, struct arrived *a, int64_t earlier_ns, int64_t ns, bool known)
{
	if (!v->on_trigger)
		return true;
	if (!v->awaiting)
		return false;
	a->missed = a->gap && earlier_ns && okng_v4l2_first_missing_ns(earlier_ns, ns, a->gap) - v->lead_ns >= v->fired_ns;
	if (!known && !a->broken)
		a->broken = "its timestamp is not one of the monotonic clock";
	if (known && !a->missed && ns - v->lead_ns < v->fired_ns)
		return false;
	v->awaiting = false;
	return true;
}

/* Under the lock. */
static void sort_in(struct v4l2 *v, struct okng_v4l2_buffer *b, const struct v4l2_buffer *said)
{
	int64_t now = now_ns(), ns, earlier = v->book.last_ns;
	bool known = okng_v4l2_stamp(said, now, &ns);
	struct arrived a = {.buffer = b, .exposed_ns = ns, .size = said->bytesused < b->length ? said->bytesused : b->length};
	if (said->flags & V4L2_BUF_FLAG_ERROR)
		a.broken = "the driver says that it is damaged";
	if (known && (said->flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == V4L2_BUF_FLAG_TSTAMP_SRC_SOE)
		a.exposed_ns += (int64_t)(v->params.v4l2.exposure_us * 1000);
	if (a.exposed_ns > now)
		a.exposed_ns = now;
	a.gap = okng_v4l2_gap(&v->book, said->sequence, known ? ns : 0);
	v->stats.dropped += a.gap;
	if (!is_wanted(v, &a, earlier, ns, known)) {
		hand_back(v, b);
		return;
	}
	v->queue[(v->first + v->queued++) % VIDEO_MAX_FRAME] = a;
	ring(v->ready_fd);
}

/* All that the driver has for us. revents: what poll said of it. */
static void look(struct v4l2 *v, short revents)
{
	struct okng_v4l2_buffer *b;
	struct v4l2_buffer said;
	int rc = 0;
	pthread_mutex_lock(&v->lock);
	while (v->streaming && !v->lost && (rc = okng_v4l2_session_get(v->session, &b, &said)) == 0)
		sort_in(v, b, &said);
	if (rc < 0 && rc != -EAGAIN)
		lose(v, "the driver gave no frame", rc);
	else if (rc == -EAGAIN && revents & (POLLERR | POLLHUP | POLLNVAL))
		lose(v, "the driver reports an error", 0);
	pthread_mutex_unlock(&v->lock);
}

static void *hands_main(void *arg)
{
	struct v4l2 *v = arg;
	while (!atomic_load(&v->quit)) {
		struct pollfd fds[] = {{.fd = v->hands_fd, .events = POLLIN}, {.fd = v->session ? v->session->fd : -1, .events = POLLIN}};
		uint64_t n;
		poll(fds, 2, -1);
		if (fds[0].revents && read(v->hands_fd, &n, sizeof n) < 0 && errno != EAGAIN)
			break;
		if (fds[1].revents)
			look(v, fds[1].revents);
		pthread_mutex_lock(&v->lock);
		bool lost = v->lost, restart_it = v->restart_wanted;
		v->restart_wanted = false;
		pthread_mutex_unlock(&v->lock);
		if (lost)
			reconnect(v);
		else if (restart_it)
			restart(v);
	}
	return NULL;
}

/* The camera thread. */

static bool pop(struct v4l2 *v, struct arrived *a)
{
	pthread_mutex_lock(&v->lock);
	bool any = v->queued > 0 && !v->lost;
	if (any) {
		*a = v->queue[v->first];
		v->first = (v->first + 1) % VIDEO_MAX_FRAME;
		v->queued--;
	}
	pthread_mutex_unlock(&v->lock);
	return any;
}

/* True when the frame may stay where it is. */
static bool lends(struct v4l2 *v, const struct okng_v4l2_buffer *b)
{
	const struct okng_v4l2_format *f = b->session->shape.raster.format;
	pthread_mutex_lock(&v->lock);
	bool so = v->params.v4l2.zero_copy && f->layout == OKNG_V4L2_PLANE && !f->bayer && b->session == v->session && b->session->driver >= KEEP;
	pthread_mutex_unlock(&v->lock);
	return so;
}

/* Fills the frame; true: the buffer stays with it. */
static int fill(struct v4l2 *v, struct okng_frame *frame, const struct arrived *a, struct okng_error *err)
{
	const struct okng_v4l2_raster *r = &a->buffer->session->shape.raster;
	struct okng_error why = {0};
	size_t least = okng_v4l2_frame_bytes(r);
	if (a->size >= least && lends(v, a->buffer)) {
		frame->image = okng_image_view(a->buffer->data, r->width, r->height, (ptrdiff_t)r->stride, OKNG_PIXEL_MONO8);
		frame->lease = a->buffer;
		return 0;
	}
	if (okng_v4l2_to_mono8(&frame->image, r, (enum okng_bayer)v->params.v4l2.bayer, a->buffer->data, a->size, &v->scratch, &why) < 0)
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu is incomplete: %.200s", (unsigned long long)frame->id, why.text);
	return 0;
}

static int deliver(struct v4l2 *v, struct okng_frame *frame, const struct arrived *a, struct okng_error *err)
{
	unsigned long long id = v->exposures;
	if (a->missed)
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu never came: the driver left it out", id);
	if (a->broken)
		return note(v, &v->stats.incomplete, okng_error_set(err, -EIO, "", 0, "", "frame %llu is broken: %s", id, a->broken));
	if (!frame)
		return note(v, &v->stats.dropped, okng_error_set(err, -ENOBUFS, "", 0, "", "all frames are in use: frame %llu is lost", id));
	frame->id = v->exposures;
	frame->exposed_ns = a->exposed_ns;
	int rc = fill(v, frame, a, err);
	return note(v, rc < 0 ? &v->stats.incomplete : &v->stats.frames, rc);
}

static void expect(struct v4l2 *v)
{
	int64_t ms = v->params.v4l2.frame_timeout_ms;
	if (!v->on_trigger && (double)ms < 2000 / v->params.rate)
		ms = (int64_t)(2000 / v->params.rate) + 1;
	v->due_ns = now_ns() + ms * NS_PER_MS;
}

static int overdue(struct v4l2 *v, struct okng_error *err)
{
	pthread_mutex_lock(&v->lock);
	v->generation++;
	v->streaming = false;
	drop_queue(v);
	v->restart_wanted = true;
	v->stats.dropped++;
	pthread_mutex_unlock(&v->lock);
	ring(v->hands_fd);
	return okng_error_set(err, -EIO, "", 0, "", "no frame came within %d ms", v->params.v4l2.frame_timeout_ms);
}

/* -ENODEV: the camera is lost, or was since the trigger. */
static int trouble(struct v4l2 *v, struct okng_error *err)
{
	int rc = 0;
	pthread_mutex_lock(&v->lock);
	if (v->lost || (v->outstanding && v->of_generation != v->generation))
		rc = okng_error_set(err, -ENODEV, "", 0, "", "%s", v->trouble);
	bool anew = !v->outstanding && v->of_generation != v->generation;
	if (anew)
		v->of_generation = v->generation;
	pthread_mutex_unlock(&v->lock);
	if (anew)
		expect(v);
	return rc;
}

static int v4l2_next(void *live, struct okng_frame *frame, int64_t *look_ns, struct okng_error *err)
{
	struct v4l2 *v = live;
	struct arrived a;
	int rc = trouble(v, err);
	if (rc == 0 && pop(v, &a)) {
		if (!v->on_trigger) {
			v->exposures += 1 + (uint64_t)a.gap;
			expect(v);
		}
		rc = deliver(v, frame, &a, err);
		if (rc < 0 || frame->lease != a.buffer)
			give_back(v, a.buffer);
	} else if (rc == 0) {
		rc = -EAGAIN;
	}
	if (rc == -EAGAIN && now_ns() >= v->due_ns) {
		rc = overdue(v, err);
		expect(v);
	}
	*look_ns = v->due_ns;
	if (rc != -EAGAIN)
		v->outstanding = false;
	return rc;
}

static int v4l2_fire(void *live, struct okng_error *err)
{
	struct v4l2 *v = live;
	pthread_mutex_lock(&v->lock);
	int rc = v->lost ? okng_error_set(err, -ENODEV, "", 0, "", "%s", v->trouble) : 0;
	if (rc == 0) {
		drop_queue(v);
		v->of_generation = v->generation;
		v->fired_ns = now_ns();
		v->awaiting = true;
	}
	pthread_mutex_unlock(&v->lock);
	if (rc < 0)
		return rc;
	v->outstanding = true;
	v->exposures++;
	expect(v);
	return 0;
}

static void v4l2_reclaim(void *live, void *lease)
{
	give_back(live, lease);
}

static bool v4l2_simulates(const void *live)
{
	return ((const struct v4l2 *)live)->played;
}

static const char *v4l2_serial(const void *live)
{
	return ((const struct v4l2 *)live)->serial;
}

static bool v4l2_by_itself(const void *live)
{
	return !((const struct v4l2 *)live)->on_trigger;
}

static void v4l2_stats(const void *live, struct okng_camera_stats *stats)
{
	struct v4l2 *v = (struct v4l2 *)(uintptr_t)live;
	pthread_mutex_lock(&v->lock);
	uint64_t dropped = stats->dropped;
	*stats = v->stats;
	stats->dropped += dropped;
	stats->lost = v->lost;
	snprintf(stats->trouble, sizeof stats->trouble, "%s", v->trouble);
	pthread_mutex_unlock(&v->lock);
}

static void v4l2_close(void **live)
{
	struct v4l2 *v = *live;
	*live = NULL;
	if (!v)
		return;
	atomic_store(&v->quit, true);
	if (v->hands_started) {
		ring(v->hands_fd);
		pthread_join(v->hands, NULL);
	}
	bury(v);
	if (v->hands_fd >= 0)
		close(v->hands_fd);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static int v4l2_open(void **live, const struct okng_camera_params *params, int ready_fd, int32_t *width, int32_t *height, struct okng_error *err)
{
	struct okng_v4l2_session *s;
	struct v4l2 *v = calloc(1, sizeof *v);
	*live = v;
	if (!v)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	v->params = *params;
	v->on_trigger = !(params->rate > 0);
	v->ready_fd = ready_fd;
	v->hands_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&v->lock, NULL);
	if (v->hands_fd < 0)
		return okng_error_set(err, -errno, "", 0, "camera", "no event descriptor: %s", strerror(errno));
	int rc = open_session(v, &s, err);
	if (rc < 0)
		return rc;
	*width = v->width = s->shape.raster.width;
	*height = v->height = s->shape.raster.height;
	v->played = s->shape.played;
	okng_v4l2_serial(s->path, v->serial, sizeof v->serial);
	adopt(v, s);
	rc = -pthread_create(&v->hands, NULL, hands_main, v);
	v->hands_started = rc == 0;
	return rc < 0 ? okng_error_set(err, rc, "", 0, "camera", "no thread: %s", strerror(-rc)) : 0;
}

const struct okng_live_ops okng_live_v4l2 = {
	.open = v4l2_open,
	.simulates = v4l2_simulates,
	.serial = v4l2_serial,
	.by_itself = v4l2_by_itself,
	.fire = v4l2_fire,
	.next = v4l2_next,
	.reclaim = v4l2_reclaim,
	.stats = v4l2_stats,
	.close = v4l2_close,
};

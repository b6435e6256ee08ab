/* SPDX-License-Identifier: Apache-2.0
 *
 * A GigE Vision or USB3 Vision camera. Three threads meet at one lock, held for moments only: the camera thread takes
 * frames and never waits for the device; the hands, a thread of ours, do what may wait seconds for a dead device (trigger,
 * restart, reconnect); the session's threads ring when a frame came or the camera is lost. Frames are copied out of
 * Aravis's buffers, so that a buffer with holes never reaches the pool and a session can die with all it has.
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

#include "camera/aravis_session.h"
#include "camera/source.h"

#define NS_PER_MS INT64_C(1000000)
#define NEVER INT64_MAX
#define BUSY_PATIENCE_MS 5000 /* a camera waits so long for a client that died */
#define BUSY_RETRY_MS 250
#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 3000
#define GAP_MOST 1000 /* more lost at once: it began to count anew */

struct aravis {
	struct okng_camera_params params;
	enum okng_aravis_mode mode;
	struct okng_aravis_shape shape;
	struct okng_mosaic_scratch scratch; /* the camera thread's */
	bool played;
	char serial[sizeof((struct okng_aravis_session *)0)->serial];
	int ready_fd, hands_fd;
	pthread_t hands, grave;
	bool hands_started, grave_used; /* grave, sessions: the hands' */
	uint64_t sessions;              /* tried so far */
	atomic_bool quit;

	pthread_mutex_t lock; /* for all below up to the next comment */
	struct okng_aravis_session *session; /* NULL while the hands look for the camera */
	uint64_t generation;  /* of streams; an exposure belongs to one */
	bool streaming;       /* the session's stream may be used */
	bool lost, fire_wanted, restart_wanted;
	uint64_t early;       /* number of a session that was lost before it was adopted */
	char trouble[256], refused[256]; /* why lost; why the last trigger was not taken */
	struct okng_camera_stats stats;

	/* The camera thread's own. */
	uint64_t exposures;
	bool outstanding;     /* an exposure was asked for */
	uint64_t of_generation;
	uint64_t last_id, broken; /* the camera's number of the last whole frame; broken ones since */
	int64_t fired_ns, due_ns; /* when the trigger was asked for; when its frame must be there */
	uint64_t missing;     /* exposures on the line that never arrived, still to be told */
	ArvBuffer *kept;      /* came after them */
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

static void ring(int fd)
{
	ssize_t n = write(fd, &(uint64_t){1}, sizeof(uint64_t));
	(void)n;
}

static int note(struct aravis *a, uint64_t *counter, uint64_t n, int rc)
{
	pthread_mutex_lock(&a->lock);
	*counter += n;
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static void on_frame(void *user)
{
	struct aravis *a = user;
	ring(a->ready_fd);
}

static void on_lost(void *user, uint64_t session, const char *why)
{
	struct aravis *a = user;
	pthread_mutex_lock(&a->lock);
	bool current = a->session && a->session->on.session == session, news = current && !a->lost;
	if (!current && session > a->early)
		a->early = session;
	if (news) {
		a->lost = true;
		snprintf(a->trouble, sizeof a->trouble, "%s", why);
	}
	pthread_mutex_unlock(&a->lock);
	if (news) {
		ring(a->ready_fd);
		ring(a->hands_fd);
	}
}

/* The hands. */

static void *grave_main(void *session)
{
	struct okng_aravis_session *s = session;
	okng_aravis_session_close(&s);
	return NULL;
}

/* Beside the search for the camera, since the old session waits for a camera that does not answer. */
static void bury(struct aravis *a, struct okng_aravis_session *s)
{
	if (a->grave_used)
		pthread_join(a->grave, NULL);
	a->grave_used = s && pthread_create(&a->grave, NULL, grave_main, s) == 0;
	if (s && !a->grave_used)
		okng_aravis_session_close(&s);
}

static void adopt(struct aravis *a, struct okng_aravis_session *s)
{
	pthread_mutex_lock(&a->lock);
	a->session = s;
	a->generation++;
	a->streaming = true;
	a->fire_wanted = a->restart_wanted = false;
	a->lost = a->early == s->on.session;
	pthread_mutex_unlock(&a->lock);
	ring(a->hands_fd);
	ring(a->ready_fd);
}

static int open_session(struct aravis *a, struct okng_aravis_session **s, struct okng_error *err)
{
	const struct okng_aravis_events on = {on_frame, on_lost, a, ++a->sessions};
	return okng_aravis_session_open(s, &a->params, &on, err);
}

/* Waits ms or until it is time to quit. */
static bool quits_within(struct aravis *a, int ms)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + ms * NS_PER_MS, now;
	while (!atomic_load(&a->quit) && (now = clock_ns(CLOCK_MONOTONIC)) < end) {
		struct pollfd fd = {.fd = a->hands_fd, .events = POLLIN};
		uint64_t n;
		if (poll(&fd, 1, (int)((end - now) / NS_PER_MS) + 1) > 0 && read(a->hands_fd, &n, sizeof n) < 0)
			break;
	}
	return atomic_load(&a->quit);
}

static void reconnect(struct aravis *a)
{
	pthread_mutex_lock(&a->lock);
	struct okng_aravis_session *s = a->session;
	okng_aravis_session_packets(s, &a->stats.resent, &a->stats.missing);
	a->session = NULL;
	a->streaming = false;
	pthread_mutex_unlock(&a->lock);
	bury(a, s);
	s = NULL;
	for (int wait = RETRY_FIRST_MS; !s && !quits_within(a, wait); wait = wait * 2 < RETRY_MOST_MS ? wait * 2 : RETRY_MOST_MS) {
		struct okng_error err = {0};
		int rc = open_session(a, &s, &err);
		if (rc == 0 && (s->shape.width != a->shape.width || s->shape.height != a->shape.height)) {
			rc = okng_error_set(&err, -EINVAL, "", 0, "", "frames have %d x %d pixels now, not %d x %d: restart okngd", s->shape.width,
				s->shape.height, a->shape.width, a->shape.height);
			okng_aravis_session_close(&s);
		}
		if (rc == -EINVAL) { /* the camera is there, but not as it should be */
			pthread_mutex_lock(&a->lock);
			snprintf(a->trouble, sizeof a->trouble, "%.60s%s%.180s", err.key, *err.key ? ": " : "", err.text);
			pthread_mutex_unlock(&a->lock);
		}
	}
	if (!s)
		return;
	note(a, &a->stats.reconnects, 1, 0);
	adopt(a, s);
}

static void restart(struct aravis *a)
{
	struct okng_error err = {0};
	pthread_mutex_lock(&a->lock);
	okng_aravis_session_packets(a->session, &a->stats.resent, &a->stats.missing);
	pthread_mutex_unlock(&a->lock);
	/* streaming is false: no one else looks at the session's stream. */
	if (okng_aravis_session_restart(a->session, &err) < 0) {
		on_lost(a, a->session->on.session, err.text);
		return;
	}
	pthread_mutex_lock(&a->lock);
	a->streaming = true;
	pthread_mutex_unlock(&a->lock);
}

static void fire(struct aravis *a)
{
	struct okng_error err = {0};
	int rc = okng_aravis_session_fire(a->session, &err);
	if (rc == -EIO) {
		on_lost(a, a->session->on.session, err.text);
	} else if (rc < 0) {
		pthread_mutex_lock(&a->lock);
		snprintf(a->refused, sizeof a->refused, "%.250s", err.text);
		pthread_mutex_unlock(&a->lock);
		ring(a->ready_fd);
	}
}

static void *hands_main(void *arg)
{
	struct aravis *a = arg;
	int check_ms = a->session->pulse ? -1 : a->params.aravis.lost_ms / 2;
	while (!atomic_load(&a->quit)) {
		struct pollfd fd = {.fd = a->hands_fd, .events = POLLIN};
		struct okng_error err = {0};
		uint64_t n;
		bool quiet = poll(&fd, 1, check_ms) == 0;
		if (!quiet && read(a->hands_fd, &n, sizeof n) < 0)
			continue;
		pthread_mutex_lock(&a->lock);
		bool lost = a->lost, restart_it = a->restart_wanted, fire_it = a->fire_wanted;
		a->restart_wanted = a->fire_wanted = false;
		pthread_mutex_unlock(&a->lock);
		if (lost) {
			reconnect(a);
			continue;
		}
		if (restart_it)
			restart(a);
		if (fire_it)
			fire(a);
		if (quiet && okng_aravis_session_check(a->session, &err) < 0)
			on_lost(a, a->session->on.session, err.text);
	}
	return NULL;
}

/* The camera thread. */

/* Exposures between two numbers of frames: 16 bits without 0 (GigE Vision 1), or 64 bits. */
static uint64_t gap(uint64_t last, uint64_t id)
{
	uint64_t n = id > last ? id - last - 1 : last <= UINT16_MAX && id > 0 ? UINT16_MAX - last + id - 1 : 0;
	return n <= GAP_MOST ? n : 0;
}

static void give_back(struct aravis *a, ArvBuffer *b, uint64_t generation)
{
	pthread_mutex_lock(&a->lock);
	bool same = a->streaming && a->generation == generation;
	if (same)
		arv_stream_push_buffer(a->session->stream, b);
	pthread_mutex_unlock(&a->lock);
	if (!same)
		g_object_unref(b);
}

/* The next buffer that a frame was received in; *generation is where it belongs. */
static ArvBuffer *pop(struct aravis *a, uint64_t *generation)
{
	for (;;) {
		pthread_mutex_lock(&a->lock);
		ArvBuffer *b = a->streaming ? arv_stream_try_pop_buffer(a->session->stream) : NULL;
		*generation = a->generation;
		pthread_mutex_unlock(&a->lock);
		if (!b)
			return NULL;
		ArvBufferStatus status = arv_buffer_get_status(b);
		if (status != ARV_BUFFER_STATUS_ABORTED && status != ARV_BUFFER_STATUS_CLEARED)
			return b;
		give_back(a, b, *generation);
	}
}

static const char *status_text(ArvBufferStatus status)
{
	switch (status) {
	case ARV_BUFFER_STATUS_TIMEOUT: return "its end never came";
	case ARV_BUFFER_STATUS_MISSING_PACKETS: return "packets are missing";
	case ARV_BUFFER_STATUS_WRONG_PACKET_ID: return "a packet has a wrong number";
	case ARV_BUFFER_STATUS_SIZE_MISMATCH: return "its size is not that of a frame";
	default: return "it was not received";
	}
}

/* What is in a whole buffer must be what was set up. */
static int fill(struct aravis *a, struct okng_frame *frame, ArvBuffer *b, struct okng_error *err)
{
	const struct okng_aravis_shape *shape = &a->shape;
	ArvBufferPayloadType type = arv_buffer_get_payload_type(b);
	size_t size = 0;
	int x_padding = 0, y_padding = 0;
	if (type != ARV_BUFFER_PAYLOAD_TYPE_IMAGE && type != ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA)
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu is not a picture", (unsigned long long)frame->id);
	int w = arv_buffer_get_image_width(b), h = arv_buffer_get_image_height(b);
	if (w != shape->width || h != shape->height || arv_buffer_get_image_pixel_format(b) != shape->code)
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu has %d x %d pixels of format 0x%08x, not %d x %d %s", (unsigned long long)frame->id,
			w, h, arv_buffer_get_image_pixel_format(b), shape->width, shape->height, shape->format->name);
	const void *data = arv_buffer_get_image_data(b, &size);
	arv_buffer_get_image_padding(b, &x_padding, &y_padding);
	size_t row = okng_aravis_row_bytes(shape->format, w) + (size_t)(x_padding > 0 ? x_padding : 0);
	const struct okng_aravis_mosaic mosaic = {(enum okng_pattern)shape->variant, (enum okng_bayer)a->params.aravis.bayer, &a->scratch};
	if (okng_aravis_unpack(&frame->image, shape->format, &mosaic, data, size, row) < 0)
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu has only %zu bytes", (unsigned long long)frame->id, size);
	return 0;
}

/* CLOCK_MONOTONIC when the first packet came, the nearest to the end of exposure that the camera's clock allows to say. */
static int64_t arrival(const ArvBuffer *b)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC), ago = clock_ns(CLOCK_REALTIME) - (int64_t)arv_buffer_get_system_timestamp((ArvBuffer *)(uintptr_t)b);
	return ago > 0 && ago < 10000 * NS_PER_MS ? now - ago : now;
}

static int deliver(struct aravis *a, struct okng_frame *frame, ArvBuffer *b, struct okng_error *err)
{
	ArvBufferStatus status = arv_buffer_get_status(b);
	unsigned long long id = a->exposures;
	if (status != ARV_BUFFER_STATUS_SUCCESS)
		return note(a, &a->stats.incomplete, 1, okng_error_set(err, -EIO, "", 0, "", "frame %llu is incomplete: %s", id, status_text(status)));
	if (!frame)
		return note(a, &a->stats.dropped, 1, okng_error_set(err, -ENOBUFS, "", 0, "", "all frames are in use: frame %llu is lost", id));
	frame->id = a->exposures;
	frame->exposed_ns = arrival(b);
	int rc = fill(a, frame, b, err);
	return note(a, rc < 0 ? &a->stats.incomplete : &a->stats.frames, 1, rc);
}

static void expect(struct aravis *a)
{
	int64_t ms = a->params.aravis.frame_timeout_ms;
	if (a->mode == OKNG_ARAVIS_FREE && (double)ms < 2000 / a->params.rate)
		ms = (int64_t)(2000 / a->params.rate) + 1;
	a->due_ns = a->mode == OKNG_ARAVIS_LINE ? NEVER : clock_ns(CLOCK_MONOTONIC) + ms * NS_PER_MS;
}

/* Only a new stream makes sure that the frame, should it come late, is not taken for a later part's. */
static int overdue(struct aravis *a, struct okng_error *err)
{
	pthread_mutex_lock(&a->lock);
	a->generation++;
	a->streaming = false;
	a->restart_wanted = true;
	pthread_mutex_unlock(&a->lock);
	ring(a->hands_fd);
	return note(a, &a->stats.dropped, 1, okng_error_set(err, -EIO, "", 0, "", "no frame came within %d ms", a->params.aravis.frame_timeout_ms));
}

/* 0 all is well; else how the exposure ended without a frame. */
static int trouble(struct aravis *a, struct okng_error *err)
{
	int rc = 0;
	pthread_mutex_lock(&a->lock);
	if (a->lost || (a->outstanding && a->of_generation != a->generation))
		rc = okng_error_set(err, -ENODEV, "", 0, "", "%s", a->trouble);
	else if (a->outstanding && *a->refused)
		rc = okng_error_set(err, -EIO, "", 0, "", "%s", a->refused);
	a->refused[0] = '\0';
	bool anew = !a->outstanding && a->of_generation != a->generation;
	if (anew)
		a->of_generation = a->generation;
	pthread_mutex_unlock(&a->lock);
	if (anew) {
		a->last_id = a->broken = a->missing = 0;
		expect(a);
	}
	return rc;
}

static void forget(struct aravis *a)
{
	g_clear_object(&a->kept);
	a->missing = 0;
}

/* Free run and line: sees by the camera's own count what never arrived. Only a whole buffer's number is its own: where the
 * first packet is missing, it is that of an earlier frame. */
static void count_gap(struct aravis *a, ArvBuffer *b)
{
	if (arv_buffer_get_status(b) != ARV_BUFFER_STATUS_SUCCESS) {
		a->broken++;
		return;
	}
	uint64_t id = arv_buffer_get_frame_id(b), n = a->last_id ? gap(a->last_id, id) : 0;
	n = n > a->broken ? n - a->broken : 0;
	a->last_id = id;
	a->broken = 0;
	note(a, &a->stats.dropped, n, 0);
	if (a->mode == OKNG_ARAVIS_LINE)
		a->missing = n;
	else
		a->exposures += n;
}

static int next_by_itself(struct aravis *a, struct okng_frame *frame, struct okng_error *err)
{
	uint64_t generation = a->of_generation;
	ArvBuffer *b = a->kept;
	a->kept = NULL;
	if (!b && (b = pop(a, &generation)) != NULL)
		count_gap(a, b);
	if (!b)
		return -EAGAIN;
	expect(a);
	a->exposures++;
	if (a->missing) {
		a->missing--;
		a->kept = b;
		return okng_error_set(err, -EIO, "", 0, "", "frame %llu never arrived", (unsigned long long)a->exposures);
	}
	int rc = deliver(a, frame, b, err);
	give_back(a, b, generation);
	return rc;
}

/* What began to arrive before the trigger was exposed for something else, such as what a client of before had asked. Only a
 * whole buffer knows when it began. */
static bool is_stray(const struct aravis *a, ArvBuffer *b)
{
	return arv_buffer_get_status(b) == ARV_BUFFER_STATUS_SUCCESS && arrival(b) < a->fired_ns;
}

static int next_fired(struct aravis *a, struct okng_frame *frame, struct okng_error *err)
{
	uint64_t generation;
	ArvBuffer *b;
	for (; (b = pop(a, &generation)) != NULL && is_stray(a, b); note(a, &a->stats.dropped, 1, 0))
		give_back(a, b, generation);
	if (!b)
		return -EAGAIN;
	int rc = deliver(a, frame, b, err);
	give_back(a, b, generation);
	return rc;
}

static int aravis_next(void *live, struct okng_frame *frame, int64_t *look_ns, struct okng_error *err)
{
	struct aravis *a = live;
	int rc = trouble(a, err);
	if (rc == -ENODEV) {
		forget(a);
		a->outstanding = false;
		return rc;
	}
	if (rc == 0)
		rc = a->mode == OKNG_ARAVIS_SOFTWARE ? next_fired(a, frame, err) : next_by_itself(a, frame, err);
	if (rc == -EAGAIN && clock_ns(CLOCK_MONOTONIC) >= a->due_ns) {
		rc = overdue(a, err);
		expect(a);
	}
	*look_ns = a->due_ns;
	if (rc != -EAGAIN)
		a->outstanding = false;
	return rc;
}

static int aravis_fire(void *live, struct okng_error *err)
{
	struct aravis *a = live;
	uint64_t generation;
	for (ArvBuffer *b; (b = pop(a, &generation)) != NULL; note(a, &a->stats.dropped, 1, 0))
		give_back(a, b, generation); /* no one asked for it */
	pthread_mutex_lock(&a->lock);
	int rc = a->lost ? okng_error_set(err, -ENODEV, "", 0, "", "%s", a->trouble) : 0;
	a->of_generation = a->generation;
	a->refused[0] = '\0';
	a->fire_wanted = rc == 0;
	pthread_mutex_unlock(&a->lock);
	if (rc < 0)
		return rc;
	a->outstanding = true;
	a->exposures++;
	a->fired_ns = clock_ns(CLOCK_MONOTONIC);
	expect(a);
	ring(a->hands_fd);
	return 0;
}

static bool aravis_simulates(const void *live)
{
	return ((const struct aravis *)live)->played;
}

static const char *aravis_serial(const void *live)
{
	return ((const struct aravis *)live)->serial;
}

static bool aravis_by_itself(const void *live)
{
	return ((const struct aravis *)live)->mode != OKNG_ARAVIS_SOFTWARE;
}

static void aravis_stats(const void *live, struct okng_camera_stats *stats)
{
	struct aravis *a = (struct aravis *)(uintptr_t)live;
	pthread_mutex_lock(&a->lock);
	uint64_t dropped = stats->dropped;
	*stats = a->stats;
	stats->dropped += dropped;
	if (a->session && a->streaming)
		okng_aravis_session_packets(a->session, &stats->resent, &stats->missing);
	stats->lost = a->lost;
	snprintf(stats->trouble, sizeof stats->trouble, "%s", a->trouble);
	pthread_mutex_unlock(&a->lock);
}

static void aravis_close(void **live)
{
	struct aravis *a = *live;
	*live = NULL;
	if (!a)
		return;
	atomic_store(&a->quit, true);
	if (a->hands_started) {
		ring(a->hands_fd);
		pthread_join(a->hands, NULL);
	}
	forget(a);
	bury(a, NULL);
	pthread_mutex_lock(&a->lock); /* it may be about to say that it is lost */
	struct okng_aravis_session *s = a->session;
	a->session = NULL;
	pthread_mutex_unlock(&a->lock);
	okng_aravis_session_close(&s);
	if (a->hands_fd >= 0)
		close(a->hands_fd);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* A client that died keeps the camera until the camera gives it up. */
static int open_patiently(struct aravis *a, struct okng_error *err)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + BUSY_PATIENCE_MS * NS_PER_MS;
	struct okng_aravis_session *s;
	int rc;
	while ((rc = open_session(a, &s, err)) == -EBUSY && clock_ns(CLOCK_MONOTONIC) < end)
		quits_within(a, BUSY_RETRY_MS);
	if (rc < 0)
		return rc;
	a->shape = s->shape;
	a->played = s->played;
	memcpy(a->serial, s->serial, sizeof a->serial);
	adopt(a, s);
	return 0;
}

static int aravis_open(void **live, const struct okng_camera_params *params, int ready_fd, int32_t *width, int32_t *height, struct okng_error *err)
{
	struct aravis *a = calloc(1, sizeof *a);
	*live = a;
	if (!a)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	a->params = *params;
	a->mode = okng_aravis_mode(params);
	a->ready_fd = ready_fd;
	a->hands_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&a->lock, NULL);
	if (a->hands_fd < 0)
		return okng_error_set(err, -errno, "", 0, "camera", "no event descriptor: %s", strerror(errno));
	int rc = open_patiently(a, err);
	if (rc < 0)
		return rc;
	*width = a->shape.width;
	*height = a->shape.height;
	rc = -pthread_create(&a->hands, NULL, hands_main, a);
	a->hands_started = rc == 0;
	return rc < 0 ? okng_error_set(err, rc, "", 0, "camera", "no thread: %s", strerror(-rc)) : 0;
}

const struct okng_live_ops okng_live_aravis = {
	.open = aravis_open,
	.simulates = aravis_simulates,
	.serial = aravis_serial,
	.by_itself = aravis_by_itself,
	.fire = aravis_fire,
	.next = aravis_next,
	.stats = aravis_stats,
	.close = aravis_close,
};

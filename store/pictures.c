/* SPDX-License-Identifier: Apache-2.0
 *
 * A buffer goes FREE → (station) FILLED → (picture thread) FREE or FAILED → (row's writer) FREE. The station hands
 * indices of filled buffers over in a ring of one producer and one consumer.
 */
#include "store/pictures.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "store/archive.h"

#define BUFFERS_MAX 64
#define PIXELS_DEFAULT (2448 * 2048)
#define LOOK_MS 10000       /* how often free space is looked at when nothing happens */
#define EXPIRE_S 600        /* how often old days are looked for */
#define OK_VERDICT 1

enum state { FREE = 0, FILLED, FAILED };

struct buffer {
	_Atomic int state;
	uint8_t *pixels;
	int32_t width, height;
	int64_t id;
	char path[64];
};

struct okng_pictures {
	struct okng_store_params params;
	size_t max_pixels;
	int folder, event;
	struct okng_trouble *trouble;
	void (*wake)(void *user);
	void *user;
	pthread_t thread;
	bool running;
	struct buffer buffers[BUFFERS_MAX];
	int ring[BUFFERS_MAX];
	_Atomic unsigned head, tail;  /* ring: head by the station, tail by the thread */
	_Atomic bool stop, no_space, failing;
	_Atomic uint64_t written, dropped;
	pthread_mutex_t lock;         /* of the next two */
	char before[64];
	unsigned looks;
	struct okng_encoder encoder;
};

static void look_at_space(struct okng_pictures *p)
{
	struct statvfs fs;
	uint64_t free_mib;
	bool low;

	if (fstatvfs(p->folder, &fs))
		return;
	free_mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	low = free_mib < (uint64_t)p->params.min_free_mib;
	if (low && !atomic_exchange(&p->no_space, true))
		okng_trouble_add(p->trouble, "%llu MiB free, less than min_free_mib = %d: no pictures are kept",
			(unsigned long long)free_mib, p->params.min_free_mib);
	atomic_store(&p->no_space, low);
}

static void write_one(struct okng_pictures *p, struct buffer *b)
{
	char why[128];
	int ret;

	look_at_space(p);
	if (atomic_load(&p->no_space)) {
		ret = -ENOSPC;
	} else {
		ret = okng_encode(&p->encoder, p->folder, b->path, b->pixels, b->width, b->height, p->params.format,
			p->params.jpeg_quality, why, sizeof(why));
		if (ret)
			okng_trouble_add(p->trouble, "picture: %s", why);
		atomic_store(&p->failing, ret != 0);
	}
	if (ret) {
		atomic_fetch_add(&p->dropped, 1);
		atomic_store_explicit(&b->state, FAILED, memory_order_release);
		p->wake(p->user);
	} else {
		atomic_fetch_add(&p->written, 1);
		atomic_store_explicit(&b->state, FREE, memory_order_release);
	}
}

static void expire(struct okng_pictures *p)
{
	struct timespec now;
	char before[64];
	int ret;

	if (p->params.max_days <= 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	ret = okng_archive_expire(p->folder, p->params.max_days, (int64_t)now.tv_sec * 1000000, before);
	if (ret < 0)
		okng_trouble_add(p->trouble, "old pictures could not be removed: %s", strerror(-ret));
	pthread_mutex_lock(&p->lock);
	memcpy(p->before, before, sizeof(p->before));
	p->looks++;
	pthread_mutex_unlock(&p->lock);
	p->wake(p->user);
}

static int64_t monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void *picture_thread(void *user)
{
	struct okng_pictures *p = user;
	int64_t expire_at = monotonic_s();
	uint64_t count;

	for (;;) {
		bool stop = atomic_load(&p->stop); /* before the ring is looked at: what was put earlier is still written */
		unsigned tail = atomic_load(&p->tail);

		if (tail != atomic_load_explicit(&p->head, memory_order_acquire)) {
			write_one(p, &p->buffers[p->ring[tail % BUFFERS_MAX]]);
			atomic_store_explicit(&p->tail, tail + 1, memory_order_release);
			continue;
		}
		if (stop)
			return NULL;
		look_at_space(p);
		if (monotonic_s() >= expire_at) {
			expire(p);
			expire_at = monotonic_s() + EXPIRE_S;
			continue;
		}
		if (poll(&(struct pollfd){ .fd = p->event, .events = POLLIN }, 1, LOOK_MS) > 0)
			(void)!read(p->event, &count, sizeof(count));
	}
}

static int start_thread(struct okng_pictures *p)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ret = -pthread_create(&p->thread, NULL, picture_thread, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	p->running = !ret;
	return ret;
}

int okng_pictures_open(struct okng_pictures **pictures, const struct okng_store_params *params, int folder,
	struct okng_trouble *trouble, void (*wake)(void *user), void *user)
{
	struct okng_pictures *p = calloc(1, sizeof(*p));
	int ret = 0;

	*pictures = NULL;
	if (!p)
		return -ENOMEM;
	p->params = *params;
	p->folder = folder;
	p->trouble = trouble;
	p->wake = wake;
	p->user = user;
	p->max_pixels = params->picture_max_pixels > 0 ? (size_t)params->picture_max_pixels : PIXELS_DEFAULT;
	pthread_mutex_init(&p->lock, NULL);
	p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event < 0)
		ret = -errno;
	for (int i = 0; !ret && params->keep != OKNG_KEEP_NONE && i < params->pictures_waiting; i++) {
		p->buffers[i].pixels = malloc(p->max_pixels);
		ret = p->buffers[i].pixels ? 0 : -ENOMEM;
	}
	if (!ret)
		look_at_space(p);
	if (!ret)
		ret = start_thread(p);
	if (ret) {
		okng_pictures_close(&p);
		return ret;
	}
	*pictures = p;
	return 0;
}

static int free_buffer(struct okng_pictures *p)
{
	for (int i = 0; i < p->params.pictures_waiting; i++) {
		if (atomic_load_explicit(&p->buffers[i].state, memory_order_acquire) == FREE)
			return i;
	}
	return -1;
}

void okng_pictures_put(struct okng_pictures *p, struct okng_record *record,
	const uint8_t *pixels, int32_t width, int32_t height, ptrdiff_t stride)
{
	struct buffer *b;
	unsigned head = atomic_load(&p->head);
	uint64_t one = 1;
	int i;

	record->picture[0] = '\0';
	if (!pixels || p->params.keep == OKNG_KEEP_NONE || (p->params.keep == OKNG_KEEP_NG && record->verdict == OK_VERDICT))
		return;
	i = free_buffer(p);
	if (i < 0 || width < 1 || height < 1 || (size_t)width * (size_t)height > p->max_pixels || atomic_load(&p->no_space)) {
		atomic_fetch_add(&p->dropped, 1);
		return;
	}
	b = &p->buffers[i];
	for (int32_t y = 0; y < height; y++)
		memcpy(b->pixels + (size_t)y * (size_t)width, pixels + y * stride, (size_t)width);
	b->width = width;
	b->height = height;
	b->id = record->id;
	okng_archive_path(record->picture, record, p->params.format);
	memcpy(b->path, record->picture, sizeof(b->path));
	atomic_store(&b->state, FILLED);
	p->ring[head % BUFFERS_MAX] = i;
	atomic_store_explicit(&p->head, head + 1, memory_order_release);
	(void)!write(p->event, &one, sizeof(one)); /* only fails when it is awake already */
}

int okng_pictures_failed(struct okng_pictures *p, int64_t end, int (*forget)(void *user, int64_t id), void *user)
{
	int first = 0;

	for (int i = 0; i < p->params.pictures_waiting; i++) {
		struct buffer *b = &p->buffers[i];
		int ret;

		if (atomic_load_explicit(&b->state, memory_order_acquire) != FAILED || b->id >= end)
			continue;
		ret = forget(user, b->id);
		if (!ret)
			atomic_store_explicit(&b->state, FREE, memory_order_release);
		else if (!first)
			first = ret;
	}
	return first;
}

unsigned okng_pictures_expired(struct okng_pictures *p, char before[64])
{
	unsigned looks;

	pthread_mutex_lock(&p->lock);
	memcpy(before, p->before, sizeof(p->before));
	looks = p->looks;
	pthread_mutex_unlock(&p->lock);
	return looks;
}

void okng_pictures_stats(struct okng_pictures *p, uint64_t *written, uint64_t *dropped, bool *warn)
{
	*written = atomic_load(&p->written);
	*dropped = atomic_load(&p->dropped);
	*warn = atomic_load(&p->no_space) || atomic_load(&p->failing);
}

void okng_pictures_stop(struct okng_pictures *p)
{
	uint64_t one = 1;

	if (!p->running)
		return;
	atomic_store(&p->stop, true);
	(void)!write(p->event, &one, sizeof(one));
	pthread_join(p->thread, NULL);
	p->running = false;
}

void okng_pictures_close(struct okng_pictures **pictures)
{
	struct okng_pictures *p = *pictures;

	if (!p)
		return;
	*pictures = NULL;
	okng_pictures_stop(p);
	for (int i = 0; i < BUFFERS_MAX; i++)
		free(p->buffers[i].pixels);
	okng_encode_finish(&p->encoder);
	if (p->event >= 0)
		close(p->event);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

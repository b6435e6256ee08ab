/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring holds blocks as they will stand in the segment, but for the checksums, which its thread computes: the station
 * copies, and nothing else. A block's head never lies on the ring's end, for all begin on multiples of their size.
 */
#include "store/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "store/recorder_shelf.h"
#include "store/trouble.h"

#define LOOK_MS 10000     /* how often free space is looked at when nothing happens */
#define EXPIRE_S 600
#define OK_VERDICT 1
#define FAULT_VERDICT 4

struct okng_recorder {
	struct okng_recorder_params params;
	struct okng_shelf shelf;
	struct okng_trouble trouble;
	int event;
	pthread_t thread;
	bool running;
	uint8_t *ring;
	size_t room;                   /* a multiple of OKNG_BLOCK_HEAD */
	_Atomic uint64_t head, tail;   /* bytes put and taken since open */
	_Atomic bool stop, no_space, failing;
	_Atomic uint64_t parts, dropped;
	uint64_t noted;                /* the thread's: of dropped, those the recording tells of */
	uint8_t fields[OKNG_FRAME_ROOM]; /* the station's */
};

/* --- the thread --- */

static void look_at_space(struct okng_recorder *r)
{
	struct statvfs fs;
	uint64_t free_mib;
	bool low;

	if (fstatvfs(r->shelf.folder, &fs))
		return;
	free_mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	low = free_mib < (uint64_t)r->params.min_free_mib;
	if (low && !atomic_load(&r->no_space))
		okng_trouble_add(&r->trouble, "%llu MiB free, less than min_free_mib = %d: nothing is recorded", (unsigned long long)free_mib,
			r->params.min_free_mib);
	atomic_store(&r->no_space, low);
}

/* The ring's bytes from `at` on as one or two pieces; how many. */
static int pieces(const struct okng_recorder *r, uint64_t at, uint64_t size, struct iovec out[2])
{
	size_t from = (size_t)(at % r->room), first = r->room - from < size ? r->room - from : (size_t)size;

	out[0] = (struct iovec){ r->ring + from, first };
	out[1] = (struct iovec){ r->ring, (size_t)size - first };
	return out[1].iov_len ? 2 : 1;
}

static bool head_at(const struct okng_recorder *r, uint64_t at, struct okng_block_head *head)
{
	return okng_block_head_read(r->ring + at % r->room, head);
}

/* The block at `at` gets its checksums; how many bytes it takes. */
static uint64_t sum_block(struct okng_recorder *r, uint64_t at)
{
	struct okng_block_head head;
	struct iovec v[2];
	uLong crc = 0;
	int n;

	if (!head_at(r, at, &head))
		abort(); /* the ring is ours alone */
	n = pieces(r, at + OKNG_BLOCK_HEAD, head.size, v);
	for (int i = 0; i < n; i++)
		crc = crc32_z(crc, v[i].iov_base, v[i].iov_len);
	head.crc = (uint32_t)crc;
	okng_block_head_write(r->ring + at % r->room, &head);
	return okng_block_room(head.size);
}

/* Before the first part after a loss: how many are missing. */
static int write_note(struct okng_recorder *r, int64_t id)
{
	uint8_t bytes[OKNG_BLOCK_HEAD + 64] = { 0 };
	struct okng_block_head head = { .kind = OKNG_BLOCK_DROPPED, .id = id };
	uint64_t dropped = atomic_load(&r->dropped);
	int ret;

	if (dropped == r->noted)
		return 0;
	head.size = okng_dropped_write(bytes + OKNG_BLOCK_HEAD, 64, dropped - r->noted);
	head.crc = (uint32_t)crc32_z(0, bytes + OKNG_BLOCK_HEAD, (size_t)head.size);
	okng_block_head_write(bytes, &head);
	ret = okng_shelf_append(&r->shelf, &(struct iovec){ bytes, (size_t)okng_block_room(head.size) }, 1);
	if (!ret)
		r->noted = dropped;
	return ret;
}

/* What every part in the ring begins with: no block, and not written. */
struct entry {
	uint64_t bytes;               /* of the blocks that follow */
	struct okng_record record;    /* id and time */
	int n;
	char setups[OKNG_RECORDED_FRAMES_MAX][OKNG_SETUP_NAME_MAX];
};

#define ENTRY_ROOM ((sizeof(struct entry) + OKNG_BLOCK_HEAD - 1) / OKNG_BLOCK_HEAD * OKNG_BLOCK_HEAD)

static void get(const struct okng_recorder *r, uint64_t at, void *out, size_t size)
{
	struct iovec v[2];

	pieces(r, at, size, v);
	memcpy(out, v[0].iov_base, v[0].iov_len);
	memcpy((uint8_t *)out + v[0].iov_len, v[1].iov_base, v[1].iov_len);
}

static int write_part(struct okng_recorder *r, const struct entry *e, uint64_t at)
{
	struct iovec v[2];
	int ret, n;

	for (uint64_t done = 0; done < e->bytes;)
		done += sum_block(r, at + done);
	ret = okng_shelf_room(&r->shelf, e->bytes, &e->record);
	for (int i = 0; !ret && i < e->n; i++)
		ret = okng_shelf_refer(&r->shelf, e->setups[i]);
	if (!ret)
		ret = write_note(r, e->record.id);
	n = pieces(r, at, e->bytes, v);
	return ret ? ret : okng_shelf_append(&r->shelf, v, n);
}

/* The oldest part of the ring to the disk, or dropped. */
static void take(struct okng_recorder *r, uint64_t tail)
{
	struct entry e;
	int ret = -ENOSPC;

	get(r, tail, &e, sizeof(e));
	look_at_space(r);
	if (!atomic_load(&r->no_space)) {
		ret = write_part(r, &e, tail + ENTRY_ROOM);
		if (ret && !atomic_load(&r->failing))
			okng_trouble_add(&r->trouble, "recording: %s", ret == -EFBIG ? "a part is larger than record_max_mib" : strerror(-ret));
		atomic_store(&r->failing, ret != 0);
	}
	atomic_fetch_add(ret ? &r->dropped : &r->parts, 1);
	atomic_store_explicit(&r->tail, tail + ENTRY_ROOM + e.bytes, memory_order_release);
}

static int64_t monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void expire(struct okng_recorder *r)
{
	struct timespec now;
	int ret;

	clock_gettime(CLOCK_REALTIME, &now);
	ret = okng_shelf_expire(&r->shelf, r->params.max_days, (int64_t)now.tv_sec * 1000000);
	if (ret)
		okng_trouble_add(&r->trouble, "old recordings could not be removed: %s", strerror(-ret));
}

static void *recorder_thread(void *user)
{
	struct okng_recorder *r = user;
	int64_t expire_at = monotonic_s() + EXPIRE_S;
	uint64_t count;

	expire(r);
	for (;;) {
		bool stop = atomic_load(&r->stop); /* before the ring is looked at: what was put earlier is still written */
		uint64_t tail = atomic_load(&r->tail);

		if (tail != atomic_load_explicit(&r->head, memory_order_acquire)) {
			take(r, tail);
			continue;
		}
		if (r->shelf.fd >= 0)
			(void)write_note(r, 0);
		okng_shelf_sync(&r->shelf);
		if (stop)
			return NULL;
		look_at_space(r);
		if (monotonic_s() >= expire_at) {
			expire(r);
			expire_at = monotonic_s() + EXPIRE_S;
			continue;
		}
		if (poll(&(struct pollfd){ .fd = r->event, .events = POLLIN }, 1, LOOK_MS) > 0)
			(void)!read(r->event, &count, sizeof(count));
	}
}

static void wake(struct okng_recorder *r)
{
	uint64_t one = 1;

	(void)!write(r->event, &one, sizeof(one)); /* only fails when it is awake already */
}

/* --- the station's side --- */

bool okng_recorder_wants(const struct okng_recorder *r, const struct okng_record *record)
{
	const struct okng_record_choice *c = &r->params.choice;

	return c->parts & OKNG_RECORD_ALL || (c->parts & OKNG_RECORD_NG && record->verdict != OK_VERDICT) ||
		(c->parts & OKNG_RECORD_FAULT && record->verdict == FAULT_VERDICT) ||
		(c->parts & OKNG_RECORD_EVERY && (record->id - 1) % c->every == 0);
}

static void put(struct okng_recorder *r, uint64_t at, const void *bytes, size_t size)
{
	struct iovec v[2];

	pieces(r, at, size, v);
	memcpy(v[0].iov_base, bytes, v[0].iov_len);
	memcpy(v[1].iov_base, (const uint8_t *)bytes + v[0].iov_len, v[1].iov_len);
}

/* The end of a payload up to the next block. */
static uint64_t pad(struct okng_recorder *r, uint64_t at, uint64_t end)
{
	static const uint8_t zeros[OKNG_BLOCK_HEAD];

	put(r, at, zeros, (size_t)(end - at));
	return end;
}

static void put_head(struct okng_recorder *r, uint64_t at, int kind, int n, uint64_t size, int64_t id)
{
	struct okng_block_head head = { .kind = (uint16_t)kind, .n = (uint16_t)n, .size = size, .id = id };

	okng_block_head_write(r->ring + at % r->room, &head);
}

static uint64_t put_part(struct okng_recorder *r, uint64_t at, const struct okng_record *record, int n)
{
	size_t size = okng_part_write(r->fields, sizeof(r->fields), record);

	put_head(r, at, OKNG_BLOCK_PART, n, size, record->id);
	put(r, at + OKNG_BLOCK_HEAD, r->fields, size);
	return pad(r, at + OKNG_BLOCK_HEAD + size, at + okng_block_room(size));
}

static uint64_t put_frame(struct okng_recorder *r, uint64_t at, const struct okng_recorded_frame *f, int n, int64_t id)
{
	size_t size = okng_frame_write(r->fields, sizeof(r->fields), f), row = (size_t)(okng_frame_pixels(f) / (uint64_t)f->height);
	uint64_t all = size + okng_frame_pixels(f), end = at + okng_block_room(all);

	put_head(r, at, OKNG_BLOCK_FRAME, n, all, id);
	at += OKNG_BLOCK_HEAD;
	put(r, at, r->fields, size);
	at += size;
	for (int32_t y = 0; y < f->height; y++, at += row)
		put(r, at, f->pixels + y * f->stride, row);
	return pad(r, at, end);
}

/* What a part takes at most. */
static uint64_t most(const struct okng_recorded_frame *frames, int n)
{
	uint64_t bytes = ENTRY_ROOM + okng_block_room(OKNG_PART_ROOM);

	for (int i = 0; i < n; i++)
		bytes += okng_block_room(OKNG_FRAME_ROOM + okng_frame_pixels(&frames[i]));
	return bytes;
}

void okng_recorder_put(struct okng_recorder *r, const struct okng_record *record, const struct okng_recorded_frame *frames, int n)
{
	uint64_t head = atomic_load(&r->head), tail = atomic_load_explicit(&r->tail, memory_order_acquire), at;
	struct entry e = { .record = *record, .n = n };

	if (n > OKNG_RECORDED_FRAMES_MAX || most(frames, n) > r->room - (head - tail) || atomic_load(&r->no_space)) {
		atomic_fetch_add(&r->dropped, 1);
		wake(r);
		return;
	}
	at = put_part(r, head + ENTRY_ROOM, record, n);
	for (int i = 0; i < n; i++) {
		at = put_frame(r, at, &frames[i], i, record->id);
		memcpy(e.setups[i], frames[i].look.setup, sizeof(e.setups[i]));
	}
	e.bytes = at - head - ENTRY_ROOM;
	put(r, head, &e, sizeof(e));
	atomic_store_explicit(&r->head, at, memory_order_release);
	wake(r);
}

/* --- life --- */

static int start(struct okng_recorder *r)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ret = -pthread_create(&r->thread, NULL, recorder_thread, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	r->running = !ret;
	return ret;
}

static int open_folder(int at)
{
	int fd;

	if (mkdirat(at, OKNG_RECORDING_FOLDER, 0755) && errno != EEXIST)
		return -errno;
	fd = openat(at, OKNG_RECORDING_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int okng_recorder_open(struct okng_recorder **recorder, const struct okng_recorder_params *params, int at, char *why, size_t why_size)
{
	struct okng_recorder *r = calloc(1, sizeof(*r));
	int ret;

	*recorder = NULL;
	if (!r)
		return okng_why(why, why_size, -ENOMEM, "out of memory");
	r->params = *params;
	r->event = -1;
	r->shelf.folder = -1;
	okng_trouble_init(&r->trouble);
	ret = open_folder(at);
	if (ret < 0) {
		pthread_mutex_init(&r->shelf.lock, NULL); /* for close */
		r->shelf.fd = -1;
	} else {
		ret = okng_shelf_open(&r->shelf, ret, params->max_bytes);
	}
	r->room = (params->waiting_bytes / OKNG_BLOCK_HEAD + 1) * OKNG_BLOCK_HEAD;
	r->ring = ret ? NULL : malloc(r->room);
	if (r->ring)
		memset(r->ring, 0, r->room); /* every page is there before the first part */
	else
		ret = ret ? ret : -ENOMEM;
	r->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!ret && r->event < 0)
		ret = -errno;
	if (!ret)
		look_at_space(r);
	if (!ret)
		ret = start(r);
	if (ret) {
		okng_recorder_close(&r);
		return okng_why(why, why_size, ret, "folder " OKNG_RECORDING_FOLDER ": %s", strerror(-ret));
	}
	*recorder = r;
	return 0;
}

int okng_recorder_setup_keep(struct okng_recorder *r, struct okng_recorded_setup *setup, const char *const *paths, char *why, size_t why_size)
{
	return okng_shelf_setup(&r->shelf, setup, paths, why, why_size);
}

void okng_recorder_stats(struct okng_recorder *r, struct okng_recorder_stats *stats)
{
	stats->parts = atomic_load(&r->parts);
	stats->dropped = atomic_load(&r->dropped);
	stats->warn = atomic_load(&r->no_space) || atomic_load(&r->failing);
	stats->errors = okng_trouble_get(&r->trouble, stats->last_error, sizeof(stats->last_error));
}

void okng_recorder_close(struct okng_recorder **recorder)
{
	struct okng_recorder *r = *recorder;

	*recorder = NULL;
	if (!r)
		return;
	if (r->running) {
		atomic_store(&r->stop, true);
		wake(r);
		pthread_join(r->thread, NULL);
	}
	okng_shelf_finish(&r->shelf);
	if (r->event >= 0)
		close(r->event);
	free(r->ring);
	okng_trouble_finish(&r->trouble);
	free(r);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What every kind of link has: a name, a state that people and other threads can see, a bell that wakes its thread, and
 * the waits between attempts to bring it up.
 */
#ifndef OKNG_PLC_LINK_H
#define OKNG_PLC_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plc/units.h"

#define OKNG_LINK_NAME 192

struct okng_link {
	struct okng_units *units;
	char name[OKNG_LINK_NAME];
	atomic_int state;        /* enum okng_plc_link_state */
	atomic_uint_fast32_t losses;
	int wake_fd;
	pthread_t thread;
	bool started;
	atomic_bool quit;
	int retry_ms, retry_max_ms, wait_ms; /* wait_ms: before the next attempt */
	char trouble[160];       /* said last, so that the same is not said at every attempt */
};

int64_t okng_link_now_ns(void); /* monotonic */

/* 0 or a negative errno with a sentence in why. changes: the thread is woken by whatever a client could read. */
int okng_link_start(struct okng_link *link, void *(*run)(void *), void *arg, bool changes, char *why, size_t why_size);
void okng_link_stop(struct okng_link *link); /* joins; a link never started is fine */

/* To be called by the link's thread. The first says why the link is down, and gives the ms to wait until the next attempt. */
int okng_link_down(struct okng_link *link, const char *why);
void okng_link_connecting(struct okng_link *link);
void okng_link_up(struct okng_link *link);

/* Sleeps until fd (-1: none) has one of events, the bell rings or until_ns (-1: never). The fd's revents. */
short okng_link_wait(struct okng_link *link, int fd, short events, int64_t until_ns);

static inline void okng_link_sooner(int64_t *until, int64_t at)
{
	if (*until < 0 || at < *until)
		*until = at;
}

#endif

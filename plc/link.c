/* SPDX-License-Identifier: Apache-2.0
 *
 * State changes are logged once each: a cable that is out for a night must not fill the journal.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "plc/link.h"

int64_t okng_link_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int okng_link_start(struct okng_link *l, void *(*run)(void *), void *arg, bool changes, char *why, size_t why_size)
{
	l->wait_ms = l->retry_ms;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = l->wake_fd < 0 ? -errno : 0;
	if (r == 0) {
		okng_units_listen(l->units, l->wake_fd, changes);
		r = -pthread_create(&l->thread, NULL, run, arg);
	}
	l->started = r == 0;
	if (r < 0)
		snprintf(why, why_size, "cannot start the link %s: %s", l->name, strerror(-r));
	return r;
}

void okng_link_stop(struct okng_link *l)
{
	if (l->started) {
		const uint64_t one = 1;
		atomic_store(&l->quit, true);
		while (write(l->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
			;
		pthread_join(l->thread, NULL);
		l->started = false;
	}
	if (l->wake_fd >= 0) {
		okng_units_unlisten(l->units, l->wake_fd);
		close(l->wake_fd);
	}
	l->wake_fd = -1;
}

int okng_link_down(struct okng_link *l, const char *why)
{
	int was = atomic_exchange(&l->state, OKNG_LINK_DOWN), wait = l->wait_ms;
	if (was == OKNG_LINK_UP) {
		atomic_fetch_add(&l->losses, 1);
		okng_units_log(l->units, LOG_WARNING, "%s: DOWN: %s", l->name, why);
	} else if (strcmp(why, l->trouble) != 0) {
		okng_units_log(l->units, LOG_WARNING, "%s: not up: %s", l->name, why);
	}
	snprintf(l->trouble, sizeof l->trouble, "%s", why);
	l->wait_ms = wait > l->retry_max_ms / 2 ? l->retry_max_ms : 2 * wait;
	return wait;
}

void okng_link_connecting(struct okng_link *l)
{
	atomic_store(&l->state, OKNG_LINK_CONNECTING);
}

void okng_link_up(struct okng_link *l)
{
	if (atomic_exchange(&l->state, OKNG_LINK_UP) != OKNG_LINK_UP)
		okng_units_log(l->units, LOG_NOTICE, "%s: UP", l->name);
	l->wait_ms = l->retry_ms;
	*l->trouble = '\0';
}

short okng_link_wait(struct okng_link *l, int fd, short events, int64_t until_ns)
{
	struct pollfd p[2] = {{.fd = l->wake_fd, .events = POLLIN}, {.fd = fd, .events = events}};
	struct timespec t, *timeout = NULL;
	if (until_ns >= 0) {
		int64_t left = until_ns - okng_link_now_ns();
		if (left < 0)
			left = 0;
		t.tv_sec = left / 1000000000;
		t.tv_nsec = left % 1000000000;
		timeout = &t;
	}
	if (ppoll(p, 2, timeout, NULL) <= 0)
		return 0;
	if (p[0].revents) {
		uint64_t count;
		if (read(l->wake_fd, &count, sizeof count) < 0)
			return p[1].revents; /* rung and read already */
	}
	return p[1].revents;
}

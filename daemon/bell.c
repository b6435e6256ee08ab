/* SPDX-License-Identifier: Apache-2.0
 *
 * An eventfd keeps its count until it is read, so a ring between the look into the rings and the sleep is not lost.
 */
#include "daemon/bell.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int okng_bell_open(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void okng_bell_ring(int bell)
{
	uint64_t one = 1;
	ssize_t n = write(bell, &one, sizeof one);
	(void)n; /* EAGAIN: it is ringing already */
}

int64_t okng_bell_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void okng_bell_wait(int bell, int64_t until_ns)
{
	struct pollfd p = {.fd = bell, .events = POLLIN};
	struct timespec t, *timeout = NULL;
	if (until_ns >= 0) {
		int64_t left = until_ns - okng_bell_now();
		if (left < 0)
			left = 0;
		t.tv_sec = left / 1000000000;
		t.tv_nsec = left % 1000000000;
		timeout = &t;
	}
	if (ppoll(&p, 1, timeout, NULL) > 0) {
		uint64_t count;
		ssize_t n = read(bell, &count, sizeof count);
		(void)n; /* EAGAIN cannot be: poll said so and there is one reader */
	}
}

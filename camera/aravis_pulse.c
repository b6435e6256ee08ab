/* SPDX-License-Identifier: Apache-2.0 */
#include "camera/aravis_pulse.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READREG_CMD 0x0080
#define READREG_ACK 0x0081
#define CCP 0x0a00              /* control channel privilege */
#define PERIOD_MOST_MS 250
#define CONTROLLED 0x3u         /* its exclusive and control bits */

struct okng_aravis_pulse {
	int fd, quit_fd, lost_ms, period_ms;
	void (*lost)(void *user, const char *why);
	void *user;
	uint16_t id;
	pthread_t thread;
	bool started;
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void ask(struct okng_aravis_pulse *p)
{
	if (++p->id == 0)
		p->id = 1; /* 0 is not allowed */
	const uint8_t packet[12] = {0x42, 0x01, READREG_CMD >> 8, READREG_CMD & 0xff, 0, 4, (uint8_t)(p->id >> 8), (uint8_t)p->id,
		0, 0, CCP >> 8, CCP & 0xff};
	/* Whatever goes wrong here is seen as a missing answer. */
	ssize_t n = send(p->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)n;
}

/* Takes what has come: true when an answer is among it; *forgotten when it says that no one controls the camera. */
static bool hear(struct okng_aravis_pulse *p, bool *forgotten)
{
	uint8_t b[64];
	bool heard = false;
	ssize_t n;
	while ((n = recv(p->fd, b, sizeof b, MSG_DONTWAIT)) >= 0) {
		if (n < 8 || b[2] != READREG_ACK >> 8 || b[3] != (READREG_ACK & 0xff))
			continue;
		heard = true; /* an error is an answer, too */
		bool good = b[0] == 0 && b[1] == 0 && n >= 12 && (b[6] << 8 | b[7]) == p->id;
		*forgotten = good && ((uint32_t)b[11] & CONTROLLED) == 0;
	}
	return heard;
}

static void *pulse_main(void *arg)
{
	struct okng_aravis_pulse *p = arg;
	int64_t heard_ms = now_ms(), asked_ms = 0;
	bool known = false, forgotten = false;
	char why[96];
	for (;;) {
		struct pollfd fds[] = {{.fd = p->quit_fd, .events = POLLIN}, {.fd = p->fd, .events = POLLIN}};
		int64_t now = now_ms();
		if (now - asked_ms >= p->period_ms) {
			ask(p);
			asked_ms = now;
		}
		poll(fds, 2, (int)(asked_ms + p->period_ms - now));
		if (fds[0].revents)
			return NULL;
		if (fds[1].revents && hear(p, &forgotten)) {
			known = true;
			heard_ms = now_ms();
		}
		bool silent = now_ms() - heard_ms > p->lost_ms;
		if (silent && !known)
			return NULL;
		if (!silent && !forgotten)
			continue;
		snprintf(why, sizeof why, forgotten ? "the camera was restarted" : "the camera has not answered for %d ms", p->lost_ms);
		p->lost(p->user, why);
		return NULL;
	}
}

int okng_aravis_pulse_open(struct okng_aravis_pulse **pulse, const struct sockaddr_in *camera, const struct sockaddr_in *host,
	int lost_ms, void (*lost)(void *user, const char *why), void *user)
{
	*pulse = NULL;
	struct okng_aravis_pulse *p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	*p = (struct okng_aravis_pulse){.lost_ms = lost_ms, .period_ms = lost_ms / 4 < PERIOD_MOST_MS ? lost_ms / 4 : PERIOD_MOST_MS, .lost = lost, .user = user};
	struct sockaddr_in from = *host;
	from.sin_port = 0;
	p->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = 0;
	if (p->quit_fd < 0 || p->fd < 0 || bind(p->fd, (const struct sockaddr *)&from, sizeof from) < 0 ||
	    connect(p->fd, (const struct sockaddr *)camera, sizeof *camera) < 0)
		rc = -errno;
	if (rc == 0)
		rc = -pthread_create(&p->thread, NULL, pulse_main, p);
	p->started = rc == 0;
	*pulse = p;
	if (rc < 0)
		okng_aravis_pulse_close(pulse);
	return rc;
}

void okng_aravis_pulse_close(struct okng_aravis_pulse **pulse)
{
	struct okng_aravis_pulse *p = *pulse;
	*pulse = NULL;
	if (!p)
		return;
	if (p->started) {
		ssize_t n = write(p->quit_fd, &(uint64_t){1}, sizeof(uint64_t));
		(void)n;
		pthread_join(p->thread, NULL);
	}
	if (p->fd >= 0)
		close(p->fd);
	if (p->quit_fd >= 0)
		close(p->quit_fd);
	free(p);
}

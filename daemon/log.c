/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue is a fixed array under a mutex that is held only to copy one line.
 */
#include "daemon/log.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bell.h"

#define LINES 512
#define LINE 600

static struct {
	pthread_mutex_t lock;
	unsigned head, tail;
	unsigned long lost;
	int max_level, bell;
	struct {
		int level;
		char text[LINE];
	} line[LINES];
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .max_level = LOG_INFO, .bell = -1};

void okng_log_setup(int max_level, int bell)
{
	pthread_mutex_lock(&queue.lock);
	queue.max_level = max_level;
	queue.bell = bell;
	pthread_mutex_unlock(&queue.lock);
}

static _Thread_local char subject[64];

void okng_log_subject(const char *name)
{
	snprintf(subject, sizeof subject, "%s%s", name, *name ? ": " : "");
}

void okng_log(int level, const char *fmt, ...)
{
	char text[LINE];
	va_list ap;
	int n = snprintf(text, sizeof text, "%s", subject);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&queue.lock);
	int bell = queue.bell;
	if (level <= queue.max_level) {
		if (queue.tail - queue.head == LINES) {
			queue.lost++;
		} else {
			unsigned i = queue.tail++ % LINES;
			queue.line[i].level = level;
			memcpy(queue.line[i].text, text, sizeof text);
		}
	}
	pthread_mutex_unlock(&queue.lock);
	if (bell >= 0)
		okng_bell_ring(bell);
}

static void say(int level, const char *text)
{
	if (level == OKNG_LOG_SHOW)
		printf("%s\n", text);
	else if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", level, text);
	else
		fprintf(stderr, "okngd: %s%s\n", level <= LOG_ERR ? "error: " : level == LOG_WARNING ? "warning: " : "", text);
}

void okng_log_drain(void)
{
	for (;;) {
		char text[LINE];
		int level = 0;
		pthread_mutex_lock(&queue.lock);
		bool some = queue.head != queue.tail;
		if (some) {
			unsigned i = queue.head++ % LINES;
			level = queue.line[i].level;
			memcpy(text, queue.line[i].text, sizeof text);
		}
		unsigned long lost = some ? 0 : queue.lost;
		if (!some)
			queue.lost = 0;
		pthread_mutex_unlock(&queue.lock);
		if (lost)
			fprintf(stderr, "okngd: warning: %lu lines were left out, the reader was too slow\n", lost);
		if (!some)
			break;
		say(level, text);
	}
	fflush(stdout);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors of threads nobody waits for: kept until somebody asks.
 */
#include "store/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void okng_trouble_init(struct okng_trouble *trouble)
{
	memset(trouble, 0, sizeof(*trouble));
	pthread_mutex_init(&trouble->lock, NULL);
}

void okng_trouble_add(struct okng_trouble *trouble, const char *fmt, ...)
{
	va_list args;

	pthread_mutex_lock(&trouble->lock);
	trouble->count++;
	va_start(args, fmt);
	vsnprintf(trouble->text, sizeof(trouble->text), fmt, args);
	va_end(args);
	pthread_mutex_unlock(&trouble->lock);
}

uint64_t okng_trouble_get(struct okng_trouble *trouble, char *text, size_t size)
{
	uint64_t count;

	pthread_mutex_lock(&trouble->lock);
	count = trouble->count;
	snprintf(text, size, "%s", trouble->text);
	pthread_mutex_unlock(&trouble->lock);
	return count;
}

void okng_trouble_finish(struct okng_trouble *trouble)
{
	pthread_mutex_destroy(&trouble->lock);
}

int okng_why(char *why, size_t size, int code, const char *fmt, ...)
{
	va_list args;

	if (why && size) {
		va_start(args, fmt);
		vsnprintf(why, size, fmt, args);
		va_end(args);
	}
	return code;
}

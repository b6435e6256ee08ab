/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong in the store's threads: a count and the last sentence, for okng_store_stats. The library does not
 * log; whoever owns the store shows this.
 */
#ifndef OKNG_STORE_TROUBLE_H
#define OKNG_STORE_TROUBLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct okng_trouble {
	pthread_mutex_t lock;
	uint64_t count;
	char text[160];
};

void okng_trouble_init(struct okng_trouble *trouble);
void okng_trouble_add(struct okng_trouble *trouble, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Returns the count; text (size bytes) gets the last sentence. */
uint64_t okng_trouble_get(struct okng_trouble *trouble, char *text, size_t size);
void okng_trouble_finish(struct okng_trouble *trouble);

/* Fills why (may be NULL) and returns code, so that open functions write `return okng_why(why, size, -EIO, "…");`. */
int okng_why(char *why, size_t size, int code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif

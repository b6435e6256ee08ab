/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts heap calls, for tests that promise none. A test links heap.c into itself.
 */
#ifndef OKNG_TESTS_HEAP_H
#define OKNG_TESTS_HEAP_H

#include <stdbool.h>

extern const bool heap_counts; /* false: nothing counts here (a sanitizer, another libc) */

/* From start to stop, of the calling thread: how many calls of malloc and its kin there were. */
void heap_start(void);
int heap_stop(void);

#endif

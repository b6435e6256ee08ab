/* SPDX-License-Identifier: Apache-2.0
 *
 * This program's own malloc and its kin: they count, and hand on to glibc's. Sanitizers bring their own, and then there
 * is nothing to count with.
 */
#include "tests/heap.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__has_feature)
#define FEATURE(x) __has_feature(x)
#else
#define FEATURE(x) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !FEATURE(address_sanitizer) && \
	!FEATURE(thread_sanitizer) && !FEATURE(memory_sanitizer)
static _Thread_local bool counting;
static int calls;

const bool heap_counts = true;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

void *malloc(size_t size)
{
	calls += counting;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	calls += counting;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	calls += counting;
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	calls += counting;
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	calls += counting;
	*p = __libc_memalign(alignment, size);
	return *p ? 0 : ENOMEM;
}

void free(void *p)
{
	calls += counting && p;
	__libc_free(p);
}
#else
static bool counting;
static int calls;

const bool heap_counts = false;
#endif

void heap_start(void)
{
	calls = 0;
	counting = true;
}

int heap_stop(void)
{
	counting = false;
	return calls;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler's own detection is enough: it asks the processor and the operating system for the wide registers.
 */
#include "pipeline/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"c", "sse41", "avx2"};

static enum okng_cpu detect(void)
{
#if defined(__x86_64__) || defined(__i386__)
	if (__builtin_cpu_supports("avx2"))
		return OKNG_CPU_AVX2;
	if (__builtin_cpu_supports("sse4.1"))
		return OKNG_CPU_SSE41;
#endif
	return OKNG_CPU_C;
}

enum okng_cpu okng_cpu_level(void)
{
	enum okng_cpu level = detect();
	const char *mask = getenv("OKNG_CPU");
	for (enum okng_cpu i = OKNG_CPU_C; mask && i < level; i++)
		if (strcmp(mask, names[i]) == 0)
			return i;
	return level;
}

const char *okng_cpu_name(enum okng_cpu level)
{
	return names[level];
}

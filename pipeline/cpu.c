/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler's own detection is enough on x86: it asks the processor and the operating system for the wide registers.
 * Every 64-bit ARM has NEON.
 */
#include "pipeline/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[OKNG_CPU_LEVELS] = {"c", "sse41", "avx2", "neon"};

bool okng_cpu_has(enum okng_cpu level)
{
	switch (level) {
	case OKNG_CPU_C:
		return true;
#if defined(__x86_64__) || defined(__i386__)
	case OKNG_CPU_SSE41:
		return __builtin_cpu_supports("sse4.1");
	case OKNG_CPU_AVX2:
		return __builtin_cpu_supports("avx2");
#elif defined(__aarch64__)
	case OKNG_CPU_NEON:
		return true;
#endif
	default:
		return false;
	}
}

enum okng_cpu okng_cpu_level(void)
{
	const char *mask = getenv("OKNG_CPU");
	enum okng_cpu best = OKNG_CPU_C;
	for (enum okng_cpu i = OKNG_CPU_C; i < OKNG_CPU_LEVELS; i++) {
		if (!okng_cpu_has(i))
			continue;
		if (mask && strcmp(mask, names[i]) == 0)
			return i;
		best = i;
	}
	return best;
}

const char *okng_cpu_name(enum okng_cpu level)
{
	return names[level];
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A level's set is C's, overlaid by every instruction set up to it: a kernel that gains nothing from the wider one stays
 * with the narrower.
 */
#include "pipeline/kernels.h"

#include <threads.h>

static struct okng_kernels sets[OKNG_CPU_LEVELS];

static void init_sets(void)
{
	for (int i = 0; i < OKNG_CPU_LEVELS; i++)
		okng_kernels_init_c(&sets[i]);
#if defined(__x86_64__) || defined(__i386__)
	okng_kernels_init_sse41(&sets[OKNG_CPU_SSE41]);
	okng_kernels_init_sse41(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_avx2(&sets[OKNG_CPU_AVX2]);
#elif defined(__aarch64__)
	okng_kernels_init_neon(&sets[OKNG_CPU_NEON]);
#endif
}

const struct okng_kernels *okng_kernels_get(enum okng_cpu level)
{
	static once_flag once = ONCE_FLAG_INIT;
	call_once(&once, init_sets);
	return &sets[level];
}

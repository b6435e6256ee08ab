/* SPDX-License-Identifier: Apache-2.0
 *
 * A level's set is C's, overlaid by every instruction set up to it: a kernel that gains nothing from the wider one stays
 * with the narrower.
 */
#include "pipeline/kernels.h"

#include <threads.h>

static struct okng_kernels sets[OKNG_CPU_LEVELS];

static void init_c(struct okng_kernels *k)
{
	okng_kernels_init_c(k);
	okng_kernels_init_local_c(k);
	okng_kernels_init_pattern_c(k);
	okng_kernels_init_frame_c(k);
	okng_kernels_init_points_c(k);
	okng_kernels_init_lens_c(k);
	okng_kernels_init_warp_c(k);
}

#if defined(__x86_64__) || defined(__i386__)
static void init_sse41(struct okng_kernels *k)
{
	okng_kernels_init_sse41(k);
	okng_kernels_init_local_sse41(k);
	okng_kernels_init_pattern_sse41(k);
	okng_kernels_init_frame_sse41(k);
	okng_kernels_init_points_sse41(k);
	okng_kernels_init_lens_sse41(k);
	okng_kernels_init_warp_sse41(k);
}
#endif

static void init_sets(void)
{
	for (int i = 0; i < OKNG_CPU_LEVELS; i++)
		init_c(&sets[i]);
#if defined(__x86_64__) || defined(__i386__)
	init_sse41(&sets[OKNG_CPU_SSE41]);
	init_sse41(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_avx2(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_local_avx2(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_pattern_avx2(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_frame_avx2(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_lens_avx2(&sets[OKNG_CPU_AVX2]);
	okng_kernels_init_warp_avx2(&sets[OKNG_CPU_AVX2]);
#elif defined(__aarch64__)
	okng_kernels_init_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_local_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_pattern_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_frame_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_points_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_lens_neon(&sets[OKNG_CPU_NEON]);
	okng_kernels_init_warp_neon(&sets[OKNG_CPU_NEON]);
#endif
}

const struct okng_kernels *okng_kernels_get(enum okng_cpu level)
{
	static once_flag once = ONCE_FLAG_INIT;
	call_once(&once, init_sets);
	return &sets[level];
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which instruction sets the kernels may use: detected once, masked by OKNG_CPU=c|sse41|avx2|neon so that tests, users
 * and fuzzers go through the same seam.
 */
#ifndef OKNG_PIPELINE_CPU_H
#define OKNG_PIPELINE_CPU_H

#include <stdbool.h>

enum okng_cpu { OKNG_CPU_C = 0, OKNG_CPU_SSE41, OKNG_CPU_AVX2, OKNG_CPU_NEON };

#define OKNG_CPU_LEVELS 4

/* Whether this machine runs it; C always. NEON is on ARM what the other two are on x86, and stands above C alone. */
bool okng_cpu_has(enum okng_cpu level);

/* The level in force: the machine's best, or less when OKNG_CPU says so; more than the machine has, or a word it does
 * not know, changes nothing. Read at each call: inspectors keep what they got at open. */
enum okng_cpu okng_cpu_level(void);

const char *okng_cpu_name(enum okng_cpu level); /* "c", "sse41", "avx2", "neon" */

#endif

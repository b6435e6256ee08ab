/* SPDX-License-Identifier: Apache-2.0
 *
 * Which instruction sets the kernels may use: detected once, masked by OKNG_CPU=c|sse41|avx2 so that tests, users and
 * fuzzers go through the same seam.
 */
#ifndef OKNG_PIPELINE_CPU_H
#define OKNG_PIPELINE_CPU_H

enum okng_cpu { OKNG_CPU_C = 0, OKNG_CPU_SSE41, OKNG_CPU_AVX2 };

/* The level in force: the machine's, or less when OKNG_CPU says so; more than the machine has, or a word it does not
 * know, changes nothing. Read at each call: inspectors keep what they got at open. */
enum okng_cpu okng_cpu_level(void);

const char *okng_cpu_name(enum okng_cpu level); /* "c", "sse41", "avx2" */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The pictures that kernels are measured on, the same for both sides, and how their outputs are compared. Used by the
 * benchmarks of kernels alone.
 */
#ifndef OKNG_BENCH_LAB_H
#define OKNG_BENCH_LAB_H

#include "bench/task.h"
#include "pipeline/local.h"

#define OKNG_BENCH_WINDOW 31 /* pixels: the side of a local threshold's window */
#define OKNG_BENCH_MARGIN 16 /* levels */
#define OKNG_BENCH_GAIN 3600 /* 4.12: of the light */

struct okng_bench_lab {
	const struct okng_kernels *k;
	struct okng_bench_task task;
	struct okng_image deep[3];        /* frame, lower, upper in 12 of 16 bits */
	struct okng_mask mask;            /* what the band finds in the frame */
	struct okng_image bytes;          /* the same as OpenCV has it: 0 or 255 */
	struct okng_local *local;
	/* outputs */
	struct okng_image out, upper, deep_out;
	struct okng_mask dark, bright;
	uint16_t *columns;
	uint64_t sum;
};

/* What a kernel must read: frame or, with DEEP, the 16-bit one; the bounds; the mask; the flat field; the golden picture. */
enum okng_bench_reads {
	OKNG_BENCH_FRAME = 1,
	OKNG_BENCH_BOUNDS = 2,
	OKNG_BENCH_MASK = 4,
	OKNG_BENCH_DEEP = 8,
	OKNG_BENCH_FLAT = 16,
	OKNG_BENCH_GOLDEN = 32,
};

/* shaded: the frame needs its flat field. 0, -EINVAL, -ENOMEM; finish accepts what init left. */
int okng_bench_lab_init(struct okng_bench_lab *lab, int32_t width, int32_t height, bool shaded);
void okng_bench_lab_finish(struct okng_bench_lab *lab);

struct okng_bench_stream okng_bench_lab_stream(const struct okng_bench_lab *lab, unsigned reads);

/* --- agree.c: whether our output (in lab) and theirs are the same --- */

bool okng_bench_same_bytes(const struct okng_bench_lab *lab, const struct okng_image *theirs);   /* out */
bool okng_bench_same_words(const struct okng_bench_lab *lab, const struct okng_image *theirs);   /* deep_out */
bool okng_bench_same_bits(const struct okng_bench_lab *lab, const struct okng_image *theirs);    /* dark; theirs 0 or not */
bool okng_bench_same_band(const struct okng_bench_lab *lab, const struct okng_image *theirs);    /* dark or bright; theirs what is within */
bool okng_bench_same_margins(const struct okng_bench_lab *lab, const struct okng_image *theirs); /* out; theirs has upper below */
bool okng_bench_same_means(const struct okng_bench_lab *lab, const struct okng_image *theirs);   /* out, where the window is whole */
bool okng_bench_same_light(const struct okng_bench_lab *lab, const struct okng_image *theirs);   /* out, to one level */
bool okng_bench_same_place(const struct okng_bench_lab *lab, const struct okng_image *theirs);   /* out, at another step of 1/32 pixel */
bool okng_bench_same_sum(const struct okng_bench_lab *lab, const struct okng_image *theirs);     /* sum modulo 65536 */
bool okng_bench_same_halves(const struct okng_bench_lab *lab, const struct okng_image *theirs);  /* out's upper left quarter */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel comparer's parts: a check knows one member of struct okng_kernels, asks for inputs and outputs of a width,
 * and calls it; check_kernels.c does the rest. A new kernel is a row in a table of a check_kernels_*.c.
 */
#ifndef OKNG_TESTS_CHECK_KERNELS_H
#define OKNG_TESTS_CHECK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/kernels.h"

#define CHECK_SLOTS 8
#define CHECK_SIDE 16384 /* the most pixels of a row */

struct checker; /* check_kernels.c */

struct kernel_check {
	const char *name;
	size_t member; /* offsetof(struct okng_kernels, …) */
	/* Fills the inputs and sizes the outputs for rows of `width` pixels. */
	void (*prepare)(struct checker *c, int32_t width);
	/* Calls k's kernel on check_in and check_out; what it returns is compared, too. */
	uint64_t (*call)(struct checker *c, const struct okng_kernels *k, int32_t width);
};

extern const struct kernel_check check_kernels_local[];
extern const struct kernel_check check_kernels_frame[];
extern const struct kernel_check check_kernels_pattern[];
extern const struct kernel_check check_kernels_warp[];
extern const struct kernel_check check_kernels_chain[]; /* ends with a row without name */

/* For prepare: slot `slot` gets `bytes` bytes at a place that `align` divides, with pages that can't be touched or
 * canaries around. Inputs are filled by the pattern of this round: noise, extremes, flat, nearly flat, outliers. The
 * largest value is `most`. */
uint8_t *check_input(struct checker *c, int slot, size_t bytes, size_t align);
uint16_t *check_input_16(struct checker *c, int slot, size_t pixels, unsigned most);
uint64_t *check_input_bits(struct checker *c, int slot, int32_t width); /* bits past the width are zero */
void check_output(struct checker *c, int slot, size_t bytes, size_t align);
uint32_t check_dice(struct checker *c, uint32_t below); /* 0 to below - 1 */
bool check_bench(const struct checker *c); /* prepare is for timing: what is usual */
int check_level(const struct checker *c); /* the grey around which this round's flat patterns lie, 0 to 255 */

/* For call. */
void *check_in(const struct checker *c, int slot);
void *check_out(const struct checker *c, int slot); /* filled with the same bytes before each call */

/* A number that prepare keeps for call. */
int32_t *check_number(struct checker *c, int slot);

#endif

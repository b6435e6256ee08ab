/* SPDX-License-Identifier: Apache-2.0
 *
 * The limits of one station that its recipe opens for the PLC, as registers, pure: holding registers OKNG_MAP_LIMITS on, a
 * float32 each in the link's word order. Only whole limits are written, so that none is ever half new; a write is all or
 * nothing; what is out of range, no number, or not whole where only whole numbers go, is refused.
 */
#ifndef OKNG_PLC_LIMITS_H
#define OKNG_PLC_LIMITS_H

#include "plc/limit.h"
#include "plc/regmap.h"

struct okng_limits {
	int n;
	uint32_t generation; /* of the recipe they belong to; the station's number */
	struct okng_plc_limit row[OKNG_PLC_LIMITS_MAX];
	double value[OKNG_PLC_LIMITS_MAX]; /* in force */
};

/* Another recipe: what its file says is in force. */
void okng_limits_open(struct okng_limits *l, uint32_t generation, const struct okng_plc_limit *rows, int n);

/* What writing count words at register OKNG_MAP_LIMITS + at would make: fills next (n values) and returns how many of them
 * change, or -EINVAL when a value may not be so. at and count are even and within. */
int okng_limits_next(const struct okng_limits *l, unsigned at, unsigned count, const uint16_t *words, enum okng_word_order order,
	double next[OKNG_PLC_LIMITS_MAX]);

/* The registers, 2 · n of them. */
void okng_limits_words(const struct okng_limits *l, enum okng_word_order order, uint16_t words[2 * OKNG_PLC_LIMITS_MAX]);

/* CONFIG_CRC: that of the files while the limits are as they say; else carried on over the float32 values, high byte first. */
uint16_t okng_limits_crc(const struct okng_limits *l, uint16_t crc);

#endif

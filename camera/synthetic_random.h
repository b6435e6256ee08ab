/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers that are the same everywhere: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", 2014), a counter put through a 64-bit mix. Each use of a part has its own stream, so that leaving
 * out its defect changes neither its pose nor its noise.
 */
#ifndef OKNG_CAMERA_SYNTHETIC_RANDOM_H
#define OKNG_CAMERA_SYNTHETIC_RANDOM_H

#include <stdint.h>

struct okng_random {
	uint64_t state;
};

static inline uint64_t okng_random_mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t okng_random_next(struct okng_random *r)
{
	return okng_random_mix(r->state += UINT64_C(0x9e3779b97f4a7c15));
}

static inline uint64_t okng_random_hash(uint64_t seed, uint64_t value)
{
	return okng_random_mix(okng_random_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ value);
}

static inline struct okng_random okng_random_init(uint32_t seed, uint64_t number, uint32_t stream)
{
	return (struct okng_random){okng_random_hash((uint64_t)stream << 32 | seed, number)};
}

/* At least 0, below 1. */
static inline double okng_random_unit(struct okng_random *r)
{
	return (double)(okng_random_next(r) >> 11) * (1.0 / 9007199254740992.0);
}

static inline double okng_random_range(struct okng_random *r, double from, double to)
{
	return from + (to - from) * okng_random_unit(r);
}

/* 0 to n - 1. */
static inline int okng_random_below(struct okng_random *r, int n)
{
	return (int)((okng_random_next(r) >> 32) * (uint64_t)n >> 32);
}

#endif

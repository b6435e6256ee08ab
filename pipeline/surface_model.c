/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes: "OKSF", version, channels, patch, margin, parts, limit, patches (32 bits each), the weights and the
 * profiles (16 bits each). The size must be exactly what the header says, so that a cut chunk is refused.
 */
#include "pipeline/surface_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x46534b4fu
#define VERSION 1u
#define HEAD 8 /* numbers of 32 bits */
#define PATCH_MIN 4
#define PATCH_MAX 64
#define MARGIN_MAX 64

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)v);
	put16(p + 2, (uint16_t)(v >> 16));
}

static size_t size_for(uint32_t n)
{
	return HEAD * 4 + (size_t)OKNG_SURFACE_CHANNELS * 2 + (size_t)n * OKNG_SURFACE_CHANNELS * 2;
}

int okng_surface_model_write(const struct okng_surface_model *m, uint8_t **bytes, size_t *size)
{
	const uint32_t head[HEAD] = {MAGIC, VERSION, OKNG_SURFACE_CHANNELS, (uint32_t)m->patch, (uint32_t)m->margin, m->parts, m->limit, m->n};
	*size = size_for(m->n);
	uint8_t *p = *bytes = malloc(*size);
	if (!p)
		return -ENOMEM;
	for (int i = 0; i < HEAD; i++, p += 4)
		put32(p, head[i]);
	for (int i = 0; i < OKNG_SURFACE_CHANNELS; i++, p += 2)
		put16(p, m->weight[i]);
	for (size_t i = 0; i < (size_t)m->n * OKNG_SURFACE_CHANNELS; i++, p += 2)
		put16(p, (uint16_t)m->profile[i]);
	return 0;
}

static int check(const uint8_t *p, size_t size)
{
	if (size < size_for(1) || get32(p) != MAGIC || get32(p + 4) != VERSION || get32(p + 8) != OKNG_SURFACE_CHANNELS)
		return -EINVAL;
	uint32_t patch = get32(p + 12), margin = get32(p + 16), parts = get32(p + 20), limit = get32(p + 24), n = get32(p + 28);
	if (patch < PATCH_MIN || patch > PATCH_MAX || margin > MARGIN_MAX || parts < 1 || limit < 1 || limit > INT32_MAX ||
	    n < 1 || n > OKNG_SURFACE_PATCHES_MAX || size != size_for(n))
		return -EINVAL;
	p += HEAD * 4;
	for (int i = 0; i < OKNG_SURFACE_CHANNELS; i++, p += 2)
		if (get16(p) < 1)
			return -EINVAL;
	for (size_t i = 0; i < (size_t)n * OKNG_SURFACE_CHANNELS; i++, p += 2)
		if (get16(p) > OKNG_SURFACE_PROFILE_MAX)
			return -EINVAL;
	return 0;
}

int okng_surface_model_parse(struct okng_surface_model *m, const uint8_t *p, size_t size)
{
	*m = (struct okng_surface_model){0};
	int r = check(p, size);
	if (r < 0)
		return r;
	uint32_t n = get32(p + 28);
	int16_t *profile = malloc((size_t)n * OKNG_SURFACE_CHANNELS * sizeof *profile);
	if (!profile)
		return -ENOMEM;
	*m = (struct okng_surface_model){.patch = (int32_t)get32(p + 12), .margin = (int32_t)get32(p + 16), .parts = get32(p + 20),
		.limit = get32(p + 24), .n = n, .profile = profile};
	p += HEAD * 4;
	for (int i = 0; i < OKNG_SURFACE_CHANNELS; i++, p += 2)
		m->weight[i] = get16(p);
	for (size_t i = 0; i < (size_t)n * OKNG_SURFACE_CHANNELS; i++, p += 2)
		profile[i] = (int16_t)get16(p);
	return 0;
}

int16_t okng_surface_model_number(const struct okng_surface_model *m, int channel, int16_t answer)
{
	int32_t v = (okng_surface_log((uint32_t)answer + 16, 4) * (int32_t)m->weight[channel]) >> 12;
	return (int16_t)(v > OKNG_SURFACE_PROFILE_MAX ? OKNG_SURFACE_PROFILE_MAX : v);
}

uint32_t okng_surface_nearest(const int16_t *profiles, uint32_t n, const int16_t *profile, uint32_t *which)
{
	int32_t best = 1 << 30;
	uint32_t at = 0;
	for (uint32_t i = 0; i < n; i++, profiles += OKNG_SURFACE_CHANNELS) {
		int32_t sum = 0;
		for (int c = 0; c < OKNG_SURFACE_CHANNELS; c++) {
			int16_t d = (int16_t)(profiles[c] - profile[c]);
			sum += (int32_t)d * d;
		}
		if (sum < best) {
			best = sum;
			at = i;
		}
	}
	if (which)
		*which = at;
	return (uint32_t)best;
}

void okng_surface_model_finish(struct okng_surface_model *m)
{
	free(m->profile);
	*m = (struct okng_surface_model){0};
}

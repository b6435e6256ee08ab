/* SPDX-License-Identifier: Apache-2.0
 *
 * What a surface tool was taught: the profiles of good patches. A profile is one number a channel, the logarithm of the
 * strongest answer in the patch, in 1/64 of that channel's usual spread among good patches; how unlike two patches are
 * is the Euclidean distance of their profiles. Kept in a model's chunk as little-endian numbers.
 */
#ifndef OKNG_PIPELINE_SURFACE_MODEL_H
#define OKNG_PIPELINE_SURFACE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/surface_features.h"

#define OKNG_SURFACE_PATCHES_MAX 8192
#define OKNG_SURFACE_PROFILE_MAX 4095 /* a number of a profile; keeps squared distances in 31 bits */

struct okng_surface_model {
	int32_t patch, margin;                   /* cells: side of a patch; border that is not looked at */
	uint32_t parts;                          /* good parts taught */
	uint32_t limit;                          /* distance, 1/64 of a spread, that about one good part in 1000 exceeds */
	uint16_t weight[OKNG_SURFACE_CHANNELS];  /* 64 · 4096 over the channel's spread in 1/1024 of a doubling */
	uint32_t n;                              /* patches, 1 to OKNG_SURFACE_PATCHES_MAX */
	int16_t *profile;                        /* [n × CHANNELS], owned */
};

/* New bytes, the caller frees them. 0, -ENOMEM. */
int okng_surface_model_write(const struct okng_surface_model *model, uint8_t **bytes, size_t *size);

/* Checks everything before it allocates. 0, -EINVAL (not such bytes; *model is zeroed), -ENOMEM. */
int okng_surface_model_parse(struct okng_surface_model *model, const uint8_t *bytes, size_t size);

/* A number of a profile from a channel's strongest answer. */
int16_t okng_surface_model_number(const struct okng_surface_model *model, int channel, int16_t answer);

/* The squared distance, 1/64², to the nearest of n profiles, at most 2^30; *which (may be NULL) is the first nearest. */
uint32_t okng_surface_nearest(const int16_t *profiles, uint32_t n, const int16_t *profile, uint32_t *which);

void okng_surface_model_finish(struct okng_surface_model *model);

#endif

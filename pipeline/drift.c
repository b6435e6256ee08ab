/* SPDX-License-Identifier: Apache-2.0
 *
 * The model keeps the patches with their places, so that a patch that was moved is not compared with another place's light.
 */
#include "pipeline/drift.h"

#include <errno.h>
#include <string.h>

enum {
	AT_COUNT = 0,  /* u32 */
	AT_PATCH = 4,  /* for each: x, y, w, h as i32, the mean sum as u64, little-endian */
	PATCH_SIZE = 24,
};

static void put(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const uint8_t *p, int bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

void okng_drift_sums(const struct okng_recipe *recipe, const struct okng_image *frame, uint64_t sum[OKNG_PATCHES_MAX])
{
	for (int i = 0; i < recipe->drift.n_patches; i++) {
		const struct okng_rect *r = &recipe->drift.patch[i];
		sum[i] = 0;
		for (int32_t y = r->y; y < r->y + r->h; y++) {
			const uint8_t *row = frame->data + y * frame->stride;
			uint32_t line = 0; /* of at most 16384 pixels */
			for (int32_t x = r->x; x < r->x + r->w; x++)
				line += row[x];
			sum[i] += line;
		}
	}
}

int okng_drift_teach(struct okng_model *model, const struct okng_recipe *recipe, const uint64_t sum[OKNG_PATCHES_MAX], uint32_t parts)
{
	uint8_t bytes[AT_PATCH + OKNG_PATCHES_MAX * PATCH_SIZE];
	int n = recipe->drift.n_patches;
	if (n == 0 || parts == 0)
		return 0;
	put(bytes + AT_COUNT, (uint64_t)n, 4);
	for (int i = 0; i < n; i++) {
		const struct okng_rect *r = &recipe->drift.patch[i];
		uint8_t *p = bytes + AT_PATCH + i * PATCH_SIZE;
		put(p, (uint32_t)r->x, 4);
		put(p + 4, (uint32_t)r->y, 4);
		put(p + 8, (uint32_t)r->w, 4);
		put(p + 12, (uint32_t)r->h, 4);
		put(p + 16, (sum[i] + parts / 2) / parts, 8);
	}
	return okng_model_set_chunk(model, OKNG_CHUNK_PATCHES, "", bytes, (size_t)(AT_PATCH + n * PATCH_SIZE));
}

static bool same_place(const struct okng_rect *r, const uint8_t *p)
{
	return get(p, 4) == (uint32_t)r->x && get(p + 4, 4) == (uint32_t)r->y && get(p + 8, 4) == (uint32_t)r->w && get(p + 12, 4) == (uint32_t)r->h;
}

int okng_drift_load(uint64_t taught[OKNG_PATCHES_MAX], const struct okng_recipe *recipe, const struct okng_model *model, struct okng_error *err)
{
	int n = recipe->drift.n_patches;
	const struct okng_chunk *c = model ? okng_model_chunk(model, OKNG_CHUNK_PATCHES, "") : NULL;
	if (n == 0)
		return 0;
	if (!c || c->size != (size_t)(AT_PATCH + n * PATCH_SIZE) || get(c->bytes, 4) != (uint64_t)n)
		return okng_error_set(err, -EINVAL, "", 0, "drift.patches", "are not those that were taught: teach the recipe again with okng learn");
	for (int i = 0; i < n; i++) {
		const uint8_t *p = c->bytes + AT_PATCH + i * PATCH_SIZE;
		taught[i] = get(p + 16, 8);
		if (!same_place(&recipe->drift.patch[i], p))
			return okng_error_set(err, -EINVAL, "", 0, "drift.patches", "patch %d was elsewhere when it was taught: teach the recipe again with okng learn", i + 1);
		if (taught[i] == 0)
			return okng_error_set(err, -EINVAL, "", 0, "drift.patches", "patch %d was black when it was taught: choose one that light falls on", i + 1);
	}
	return 0;
}

double okng_drift_light(const struct okng_recipe *recipe, const uint64_t sum[OKNG_PATCHES_MAX], const uint64_t taught[OKNG_PATCHES_MAX])
{
	double light = 0;
	for (int i = 0; i < recipe->drift.n_patches; i++)
		light += (double)sum[i] / (double)taught[i];
	return light / recipe->drift.n_patches;
}

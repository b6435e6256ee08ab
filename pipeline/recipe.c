/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash goes field by field over little-endian bytes, never over the struct, so that padding, compiler and byte
 * order do not change it. A reordered or new field changes the salt, and with it every hash.
 */
#include "pipeline/recipe.h"

#include <zlib.h>

static uLong add_u64(uLong crc, uint64_t v)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return crc32(crc, bytes, sizeof bytes);
}

bool okng_recipe_needs_image(const struct okng_recipe *recipe)
{
	bool needs = recipe->locate.enabled;
	for (int i = 0; i < recipe->n_tools; i++)
		needs = needs || recipe->tools[i].type == OKNG_TOOL_COMPARE || recipe->tools[i].type == OKNG_TOOL_CONDUCTOR;
	return needs;
}

bool okng_recipe_needs_taught(const struct okng_recipe *recipe)
{
	bool needs = false;
	for (int i = 0; i < recipe->n_tools; i++)
		needs = needs || recipe->tools[i].type == OKNG_TOOL_SURFACE ||
			(recipe->tools[i].type == OKNG_TOOL_CONDUCTOR && recipe->tools[i].decide == OKNG_DECIDE_TREES);
	return needs;
}

bool okng_recipe_needs_model(const struct okng_recipe *recipe)
{
	return okng_recipe_needs_image(recipe) || okng_recipe_needs_taught(recipe);
}

uint32_t okng_recipe_hash(const struct okng_recipe *recipe)
{
	static const char salt[] = "okng model 1: locate light";
	uLong crc = crc32(0, (const unsigned char *)salt, sizeof salt);
	crc = add_u64(crc, recipe->locate.enabled);
	crc = add_u64(crc, recipe->image.match_light);
	return crc ? (uint32_t)crc : 1; /* 0 means "any recipe" in a model */
}

bool okng_recipe_patches_fit(const struct okng_recipe *recipe, int32_t width, int32_t height)
{
	for (int i = 0; i < recipe->drift.n_patches; i++) {
		const struct okng_rect *r = &recipe->drift.patch[i];
		if (r->w > width || r->h > height || r->x > width - r->w || r->y > height - r->h)
			return false;
	}
	return true;
}

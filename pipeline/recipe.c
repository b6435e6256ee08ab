/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash goes field by field over little-endian bytes, never over the struct, so that padding, compiler and byte
 * order do not change it. A reordered or new field changes the salt, and with it every hash.
 */
#include "pipeline/recipe.h"

#include <string.h>
#include <zlib.h>

static uLong add_u64(uLong crc, uint64_t v)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return crc32(crc, bytes, sizeof bytes);
}

static uLong add_double(uLong crc, double v)
{
	uint64_t bits;
	v += 0.0; /* minus zero is zero */
	memcpy(&bits, &v, sizeof bits);
	return add_u64(crc, bits);
}

uint32_t okng_recipe_hash(const struct okng_recipe *recipe)
{
	static const char salt[] = "okng model 1: locate learn";
	uLong crc = crc32(0, (const unsigned char *)salt, sizeof salt);
	crc = add_u64(crc, recipe->locate.enabled);
	if (recipe->locate.enabled) {
		crc = add_u64(crc, (uint64_t)recipe->locate.search);
		crc = add_double(crc, recipe->locate.angle);
		crc = add_double(crc, recipe->locate.min_score);
	}
	crc = add_u64(crc, (uint64_t)recipe->learn.min_images);
	return crc ? (uint32_t)crc : 1; /* 0 means "any recipe" in a model */
}

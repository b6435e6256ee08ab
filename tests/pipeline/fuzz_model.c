/* SPDX-License-Identifier: Apache-2.0
 *
 * Model files from anywhere: nothing may be read past the end, and what is accepted must be whole. The checksum keeps
 * a fuzzer out, so each input is tried as it is and once more with its checksum made right.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/drift.h"
#include "pipeline/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t size_of(const struct okng_model *m)
{
	size_t size = 64 + (size_t)m->mean.width * (size_t)m->mean.height * 4;
	for (int i = 0; i < m->n_chunks; i++)
		size += 8 + OKNG_CHUNK_TOOL_MAX + m->chunk[i].size;
	return size;
}

static void parse(const uint8_t *data, size_t size)
{
	struct okng_model *m;
	struct okng_error err;
	int rc = okng_model_parse(&m, data, size, "fuzz", &err);
	if (rc == 0 && (m->parts < 1 || size_of(m) != size ||
			m->sigma.width != m->mean.width || m->sigma.height != m->mean.height))
		abort();
	if (rc != 0 && (m || !err.text[0]))
		abort();
	if (m) {
		/* What drift.c makes of chunks: refused, or taught patches that are none of them black. */
		static struct okng_recipe recipe;
		uint64_t taught[OKNG_PATCHES_MAX];
		for (recipe.drift.n_patches = 1; recipe.drift.n_patches <= 2; recipe.drift.n_patches++) {
			recipe.drift.patch[recipe.drift.n_patches - 1] = (struct okng_rect){4, 4, 24, 16};
			if (okng_drift_load(taught, &recipe, m, &err) == 0)
				for (int i = 0; i < recipe.drift.n_patches; i++)
					if (!taught[i])
						abort();
		}
	}
	okng_model_close(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse(data, size);
	if (size < 64)
		return 0;
	uint8_t *mended = malloc(size);
	if (!mended)
		return 0;
	memcpy(mended, data, size);
	uLong crc = crc32_z(crc32_z(0, mended, 40), mended + 44, size - 44);
	for (int i = 0; i < 4; i++)
		mended[40 + i] = (uint8_t)(crc >> (8 * i));
	parse(mended, size);
	free(mended);
	return 0;
}

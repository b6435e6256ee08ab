/* SPDX-License-Identifier: Apache-2.0
 *
 * What was learned of a good part: per pixel the mean grey (8.8 fixed point) and its standard deviation (8.8), with
 * the number of parts. A file model.okm: magic, format version, sizes, recipe hash, CRC-32 over everything else,
 * little-endian. Written to a new file, synced and renamed. Loading checks everything before it allocates.
 */
#ifndef OKNG_PIPELINE_MODEL_H
#define OKNG_PIPELINE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/error.h"
#include "pipeline/image.h"

#define OKNG_MODEL_VERSION 1

struct okng_model {
	uint32_t recipe_hash; /* okng_recipe_hash of the recipe it was taught for; 0: any (golden image) */
	uint32_t parts;       /* good parts learned from, at least 1 */
	uint32_t crc;         /* of the file; 0 for one never saved */
	struct okng_image mean;  /* MONO16, 8.8 */
	struct okng_image sigma; /* MONO16, 8.8 */
};

/* New model from a file or from memory (name: what errors call it). 0; -ENOENT, -EINVAL (not a model, damaged, other
 * version: *err says which and what to do), -ENOMEM. Blocking, any thread. */
int okng_model_load(struct okng_model **model, const char *path, struct okng_error *err);
int okng_model_parse(struct okng_model **model, const void *bytes, size_t size, const char *name, struct okng_error *err);

/* Writes path.new, syncs, renames over path, syncs the folder; sets model->crc. Negative errno, old file untouched. */
int okng_model_save(struct okng_model *model, const char *path, struct okng_error *err);

/* A model of one golden image (MONO8): mean = image, sigma = 0. 0, -EINVAL, -ENOMEM. */
int okng_model_golden(struct okng_model **model, const struct okng_image *golden);

void okng_model_close(struct okng_model **model);

#endif

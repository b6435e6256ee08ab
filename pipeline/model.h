/* SPDX-License-Identifier: Apache-2.0
 *
 * What was learned: of a good part, per pixel the mean grey (8.8 fixed point) and its standard deviation (8.8), with the
 * number of parts; and what single tools were taught, a chunk of bytes each, which the tool alone reads and checks. A
 * file model.okm: magic, format version, sizes, recipe hash, CRC-32 over everything else, little-endian. Written to a
 * new file, synced and renamed. Loading checks everything before it allocates.
 */
#ifndef OKNG_PIPELINE_MODEL_H
#define OKNG_PIPELINE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/error.h"
#include "pipeline/image.h"

#define OKNG_MODEL_VERSION 2
#define OKNG_CHUNKS_MAX 8                 /* of one model: one a tool */
#define OKNG_CHUNK_SIZE_MAX (64u << 20)   /* bytes */
#define OKNG_CHUNK_TOOL_MAX 48            /* bytes of the tool's name with its zero, as OKNG_NAME_MAX */

enum okng_chunk_kind {
	OKNG_CHUNK_TREES = 1, /* trees.h: the conductor tool's taught classifier */
	OKNG_CHUNK_SURFACE,   /* surface.h: what good patches look like */
	OKNG_CHUNK_PATCHES,   /* drift.h: how bright the reference patches were; of no tool, its name is "" */
};

struct okng_chunk {
	enum okng_chunk_kind kind;
	char tool[OKNG_CHUNK_TOOL_MAX];
	uint8_t *bytes; /* owned by the model */
	size_t size;
};

struct okng_model {
	uint32_t recipe_hash; /* okng_recipe_hash of the recipe it was taught for; 0: any (golden image) */
	uint32_t lens;        /* okng_brown_id of the lens it was taught through; 0: none */
	uint32_t parts;       /* good parts learned from, at least 1 */
	uint32_t crc;         /* of the file; 0 for one never saved */
	struct okng_image mean;  /* MONO16, 8.8; width 0: no image was taught, only tools */
	struct okng_image sigma; /* MONO16, 8.8 */
	struct okng_chunk chunk[OKNG_CHUNKS_MAX];
	int n_chunks;
};

/* An empty one: width × height zeroed pixels, or 0 × 0 for none; parts = 1. 0, -EINVAL, -ENOMEM. */
int okng_model_new(struct okng_model **model, int32_t width, int32_t height);

/* New model from a file or from memory (name: what errors call it). 0; -ENOENT, -EINVAL (not a model, damaged, other
 * version: *err says which and what to do), -ENOMEM. Blocking, any thread. */
int okng_model_load(struct okng_model **model, const char *path, struct okng_error *err);
int okng_model_parse(struct okng_model **model, const void *bytes, size_t size, const char *name, struct okng_error *err);

/* Writes path.new, syncs, renames over path, syncs the folder; sets model->crc. Negative errno, old file untouched. */
int okng_model_save(struct okng_model *model, const char *path, struct okng_error *err);

/* A model of one golden image (MONO8): mean = image, sigma = 0. 0, -EINVAL, -ENOMEM. */
int okng_model_golden(struct okng_model **model, const struct okng_image *golden);

/* What a tool was taught; NULL: nothing. The bytes belong to the model. */
const struct okng_chunk *okng_model_chunk(const struct okng_model *model, enum okng_chunk_kind kind, const char *tool);

/* Replaces or adds a tool's chunk by a copy of bytes. 0, -ENOMEM, -ENOSPC (too many chunks), -EINVAL (size 0, too large
 * or a name too long). */
int okng_model_set_chunk(struct okng_model *model, enum okng_chunk_kind kind, const char *tool, const void *bytes, size_t size);

/* Copies all chunks of `from` into model, which keeps those that it has. As okng_model_set_chunk. */
int okng_model_copy_chunks(struct okng_model *model, const struct okng_model *from);

void okng_model_close(struct okng_model **model);

#endif

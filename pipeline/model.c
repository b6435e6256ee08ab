/* SPDX-License-Identifier: Apache-2.0
 *
 * The model in memory; model_file.c reads and writes it.
 */
#include "pipeline/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int okng_model_new(struct okng_model **model, int32_t width, int32_t height)
{
	*model = NULL;
	if (!width != !height)
		return -EINVAL;
	struct okng_model *m = calloc(1, sizeof *m);
	if (!m)
		return -ENOMEM;
	m->parts = 1;
	int rc = width ? okng_image_init(&m->mean, width, height, OKNG_PIXEL_MONO16) : 0;
	if (!rc && width)
		rc = okng_image_init(&m->sigma, width, height, OKNG_PIXEL_MONO16);
	if (rc) {
		okng_model_close(&m);
		return rc;
	}
	*model = m;
	return 0;
}

int okng_model_golden(struct okng_model **model, const struct okng_image *golden)
{
	*model = NULL;
	if (!golden->data || golden->pixel != OKNG_PIXEL_MONO8)
		return -EINVAL;
	struct okng_model *m;
	int rc = okng_model_new(&m, golden->width, golden->height);
	if (rc)
		return rc;
	for (int32_t y = 0; y < golden->height; y++) {
		const uint8_t *from = okng_image_row(golden, y);
		uint16_t *to = (uint16_t *)(void *)okng_image_row(&m->mean, y);
		for (int32_t x = 0; x < golden->width; x++)
			to[x] = (uint16_t)(from[x] << 8);
	}
	*model = m;
	return 0;
}

static struct okng_chunk *find(const struct okng_model *model, enum okng_chunk_kind kind, const char *tool)
{
	for (int i = 0; i < model->n_chunks; i++) {
		const struct okng_chunk *c = &model->chunk[i];
		if (c->kind == kind && strcmp(c->tool, tool) == 0)
			return (struct okng_chunk *)(uintptr_t)c;
	}
	return NULL;
}

const struct okng_chunk *okng_model_chunk(const struct okng_model *model, enum okng_chunk_kind kind, const char *tool)
{
	return find(model, kind, tool);
}

int okng_model_set_chunk(struct okng_model *model, enum okng_chunk_kind kind, const char *tool, const void *bytes, size_t size)
{
	if (size == 0 || size > OKNG_CHUNK_SIZE_MAX || strlen(tool) >= OKNG_CHUNK_TOOL_MAX)
		return -EINVAL;
	struct okng_chunk *c = find(model, kind, tool);
	if (!c && model->n_chunks == OKNG_CHUNKS_MAX)
		return -ENOSPC;
	uint8_t *copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	if (!c) {
		c = &model->chunk[model->n_chunks++];
		*c = (struct okng_chunk){.kind = kind};
		memcpy(c->tool, tool, strlen(tool) + 1);
	}
	free(c->bytes);
	c->bytes = copy;
	c->size = size;
	return 0;
}

int okng_model_copy_chunks(struct okng_model *model, const struct okng_model *from)
{
	int rc = 0;
	for (int i = 0; i < from->n_chunks && rc == 0; i++) {
		const struct okng_chunk *c = &from->chunk[i];
		if (!find(model, c->kind, c->tool))
			rc = okng_model_set_chunk(model, c->kind, c->tool, c->bytes, c->size);
	}
	return rc;
}

void okng_model_close(struct okng_model **model)
{
	if (!model || !*model)
		return;
	okng_image_finish(&(*model)->mean);
	okng_image_finish(&(*model)->sigma);
	for (int i = 0; i < (*model)->n_chunks; i++)
		free((*model)->chunk[i].bytes);
	free(*model);
	*model = NULL;
}

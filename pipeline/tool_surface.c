/* SPDX-License-Identifier: Apache-2.0
 *
 * The surface tool as a kind of tool: what it was taught is in the model's chunk of its name.
 */
#include "pipeline/tool.h"

#include <errno.h>

#include "pipeline/surface.h"

static int open_surface(void **state, const struct okng_tool_setup *setup)
{
	const struct okng_chunk *chunk = setup->model ? okng_model_chunk(setup->model, OKNG_CHUNK_SURFACE, setup->tool->name) : NULL;
	*state = NULL;
	if (!chunk)
		return okng_error_set(setup->err, -EINVAL, "", 0, "", "tool %s was not taught: run okng learn", setup->tool->name);
	struct okng_surface *surface = NULL;
	int r = okng_surface_open(&surface, setup->tool, chunk->bytes, chunk->size, setup->width, setup->height, setup->err);
	*state = surface;
	return r;
}

static int run_surface(void *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	return okng_surface_run(state, img, spans, each, user);
}

static void close_surface(void **state)
{
	struct okng_surface *surface = *state;
	*state = NULL;
	okng_surface_close(&surface);
}

static void tune_surface(void *state, const struct okng_tool *tool)
{
	okng_surface_tune(state, tool->unlike);
}

const struct okng_tool_kind okng_tool_surface = {.open = open_surface, .run = run_surface, .close = close_surface, .tune = tune_surface};

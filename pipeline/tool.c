/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of the kinds of tools.
 */
#include "pipeline/tool.h"

#include <errno.h>
#include <stdlib.h>

struct okng_tool_state {
	const struct okng_tool_kind *kind;
	void *own;
};

static const struct okng_tool_kind *const kinds[] = {
	[OKNG_TOOL_COMPARE] = &okng_tool_band,
	[OKNG_TOOL_BLOB] = &okng_tool_band,
	[OKNG_TOOL_CONDUCTOR] = &okng_tool_conductor,
	[OKNG_TOOL_SURFACE] = &okng_tool_surface,
	[OKNG_TOOL_MEASURE] = &okng_tool_measure,
};

int okng_tool_open(struct okng_tool_state **state, const struct okng_tool_setup *setup)
{
	struct okng_tool_state *s = calloc(1, sizeof *s);
	*state = s;
	if (!s)
		return -ENOMEM;
	s->kind = kinds[setup->tool->type];
	int r = s->kind->open(&s->own, setup);
	if (r < 0)
		okng_tool_close(state);
	return r;
}

int okng_tool_run(struct okng_tool_state *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	return state->kind->run(state->own, img, spans, each, user);
}

const struct okng_measurement *okng_tool_measures(struct okng_tool_state *state, int *n)
{
	*n = 0;
	return state->kind->measures ? state->kind->measures(state->own, n) : NULL;
}

int okng_tool_golden(struct okng_tool_state *state, const struct okng_image *golden)
{
	if (!state->kind->golden)
		return -ENOTSUP;
	state->kind->golden(state->own, golden);
	return 0;
}

void okng_tool_tune(struct okng_tool_state *state, const struct okng_tool *tool)
{
	if (state->kind->tune)
		state->kind->tune(state->own, tool);
}

void okng_tool_close(struct okng_tool_state **state)
{
	struct okng_tool_state *s = *state;
	*state = NULL;
	if (!s)
		return;
	if (s->own)
		s->kind->close(&s->own);
	free(s);
}

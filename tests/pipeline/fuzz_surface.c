/* SPDX-License-Identifier: Apache-2.0
 *
 * What a surface tool was taught, from anywhere: nothing may be read past the end, what is accepted must write back to
 * the same bytes, and looking with it must keep within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/surface.h"
#include "pipeline/surface_model.h"

#define SIDE 96

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void each(void *user, const struct okng_defect *d)
{
	int *n = user;
	if (!(d->score >= 0 && d->score <= 1) || d->box.x < 0 || d->box.y < 0 || d->box.w < 1 || d->box.h < 1 ||
	    d->box.x + d->box.w > SIDE || d->box.y + d->box.h > SIDE)
		abort();
	++*n;
}

static void look(const struct okng_surface_model *m, const uint8_t *data, size_t size)
{
	struct okng_tool tool = {.name = "fuzz", .type = OKNG_TOOL_SURFACE, .patch = m->patch * OKNG_SURFACE_CELL,
		.margin = m->margin * OKNG_SURFACE_CELL, .unlike = 1};
	struct okng_surface *surface;
	struct okng_error err;
	struct okng_image img;
	int n = 0;
	if (okng_surface_open(&surface, &tool, data, size, SIDE, SIDE, &err) != 0)
		return; /* the margin leaves nothing */
	if (okng_image_init(&img, SIDE, SIDE, OKNG_PIXEL_MONO8) == 0) {
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++)
				okng_image_row(&img, y)[x] = data[(size_t)(y * SIDE + x) % size];
		if (okng_surface_run(surface, &img, NULL, each, &n) != n || n < 1)
			abort();
	}
	okng_image_finish(&img);
	okng_surface_close(&surface);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct okng_surface_model m;
	if (okng_surface_model_parse(&m, data, size) != 0) {
		if (m.profile)
			abort();
		return 0;
	}
	uint8_t *bytes = NULL;
	size_t again = 0;
	if (okng_surface_model_write(&m, &bytes, &again) == 0) {
		if (again != size || memcmp(bytes, data, size) != 0)
			abort();
		look(&m, data, size);
	}
	free(bytes);
	okng_surface_model_finish(&m);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool measure: values with tolerances out of the aligned image. A value beyond its tolerance, and one that could
 * not be found, is a defect of the tool, so that classes and limits decide about it as about any other.
 */
#include "pipeline/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct measuring {
	char name[OKNG_NAME_MAX];
	struct okng_measurer *measurer;
	const struct okng_plane *plane; /* the inspector's, which moves with the part; NULL: pixels */
	struct okng_measurement values[OKNG_MEASURE_VALUES_MAX];
	int n_values;
};

static void measure_close(void **state)
{
	struct measuring *s = *state;
	*state = NULL;
	if (!s)
		return;
	okng_measurer_close(&s->measurer);
	free(s);
}

static int measure_open(void **state, const struct okng_tool_setup *setup)
{
	const struct okng_tool *t = setup->tool;
	struct measuring *s = calloc(1, sizeof *s);
	const char *why;
	*state = s;
	if (!s)
		return -ENOMEM;
	memcpy(s->name, t->name, sizeof s->name);
	bool in_mm = t->measure.unit == OKNG_UNIT_MM && t->measure.kind != OKNG_MEASURE_ANGLE;
	if (in_mm && !setup->plane)
		return okng_error_set(setup->err, -EINVAL, "", 0, "tool.unit",
			"tool %s: measures in mm, but neither does the camera's profile have a plane nor the recipe scale.mm_per_pixel", t->name);
	s->plane = in_mm ? setup->plane : NULL;
	int r = okng_measurer_open(&s->measurer, &t->measure, setup->width, setup->height, &why);
	return r == -EINVAL ? okng_error_set(setup->err, r, "", 0, "tool.measure", "tool %s: %s (image of %d×%d)", t->name, why,
		setup->width, setup->height) : r;
}

static struct okng_defect defect_of(const struct measuring *s, const struct okng_measurement *v)
{
	struct okng_defect d = {.box = okng_measurer_box(s->measurer), .elongation = 1, .fill = 1, .scored = true, .score = v->score};
	d.cx = v->found ? v->x : (float)d.box.x + (float)d.box.w / 2;
	d.cy = v->found ? v->y : (float)d.box.y + (float)d.box.h / 2;
	const char *name = okng_quantity_name(v->quantity);
	char text[sizeof d.why];
	bool over = v->value > v->upper;
	if (v->found)
		snprintf(text, sizeof text, "%s %.3f %s %c %.3f", name, v->value, okng_unit_name(v->unit), over ? '>' : '<', over ? v->upper : v->lower);
	else
		snprintf(text, sizeof text, "%s: edge not found", name);
	/* Of the tool's name what there is room for, by whole characters. */
	size_t size = strlen(text) + 1, n = strlen(s->name), room = sizeof d.why - size;
	for (n = n < room ? n : room > 0 ? room - 1 : 0; n > 0 && (s->name[n] & 0xc0) == 0x80; n--)
		;
	memcpy(d.why, s->name, n);
	if (n > 0)
		d.why[n++] = ' ';
	memcpy(d.why + n, text, size);
	return d;
}

static int measure_run(void *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	struct measuring *s = state;
	int n = 0;
	s->n_values = 0;
	int r = okng_measurer_run(s->measurer, img, spans, s->plane, s->values);
	if (r < 0)
		return r;
	s->n_values = r;
	for (int i = 0; i < r; i++) {
		const struct okng_measurement *v = &s->values[i];
		if (!v->judged || v->score < 0.5f)
			continue;
		struct okng_defect d = defect_of(s, v);
		each(user, &d);
		n++;
	}
	return n;
}

static const struct okng_measurement *measure_values(void *state, int *n)
{
	struct measuring *s = state;
	*n = s->n_values;
	return s->values;
}

static void measure_tune(void *state, const struct okng_tool *tool)
{
	struct measuring *s = state;
	okng_measurer_tune(s->measurer, tool->measure.tolerance, tool->measure.max_roundness, tool->measure.max_offset);
}

const struct okng_tool_kind okng_tool_measure = {.open = measure_open, .run = measure_run, .close = measure_close,
	.measures = measure_values, .tune = measure_tune};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool measure: values with tolerances out of the aligned image. A value beyond its tolerance, and one that could
 * not be found, is a defect of the tool, so that classes and limits decide about it as about any other.
 */
#include "pipeline/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct measuring {
	struct okng_measurer *measurer;
	struct okng_plane plane;
	bool in_mm;
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
	s->in_mm = t->measure.unit == OKNG_UNIT_MM && t->measure.kind != OKNG_MEASURE_ANGLE;
	if (s->in_mm && !setup->plane)
		return okng_error_set(setup->err, -EINVAL, "", 0, "tool.unit", "tool %s: measures in mm, but scale.mm_per_pixel is not set", t->name);
	if (s->in_mm)
		s->plane = *setup->plane;
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
	bool over = v->value > v->upper;
	if (v->found)
		snprintf(d.why, sizeof d.why, "%s %.3f %s %c %.3f", name, v->value, okng_unit_name(v->unit), over ? '>' : '<',
			over ? v->upper : v->lower);
	else
		snprintf(d.why, sizeof d.why, "%s: edge not found", name);
	return d;
}

static int measure_run(void *state, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user)
{
	struct measuring *s = state;
	int n = 0;
	s->n_values = 0;
	int r = okng_measurer_run(s->measurer, img, spans, s->in_mm ? &s->plane : NULL, s->values);
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

const struct okng_tool_kind okng_tool_measure = {measure_open, measure_run, measure_close, measure_values};

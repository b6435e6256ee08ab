/* SPDX-License-Identifier: Apache-2.0
 *
 * One row, one conjunction of ranges; nothing here is clever, so that a person can follow it with the file at hand.
 */
#include "pipeline/classify.h"

#include <string.h>

static bool within(const struct okng_range *r, double v)
{
	return v >= r->min && v <= r->max;
}

static bool matches_conductor(const struct okng_class *c, const struct okng_defect *d)
{
	return within(&c->residue, (double)d->conductor.residue) && within(&c->depth, (double)d->conductor.depth) &&
		within(&c->relative_depth, (double)d->conductor.relative_depth) && within(&c->radius, (double)d->conductor.radius) &&
		within(&c->conductors, (double)d->conductor.conductors) && within(&c->grounds, (double)d->conductor.grounds) &&
		within(&c->border, (double)d->conductor.border);
}

static bool matches(const struct okng_class *c, const char *tool, const struct okng_defect *d)
{
	return (*c->tool == '\0' || strcmp(c->tool, tool) == 0) &&
		(c->polarity == OKNG_POLARITY_ANY || c->polarity == d->polarity) &&
		within(&c->area, d->area) && within(&c->width, d->box.w) && within(&c->height, d->box.h) &&
		within(&c->elongation, (double)d->elongation) && within(&c->contrast, (double)d->contrast) &&
		within(&c->fill, (double)d->fill) && within(&c->x, (double)d->cx) && within(&c->y, (double)d->cy) && matches_conductor(c, d);
}

void okng_classify(const struct okng_recipe *recipe, struct okng_defect *d)
{
	d->class_index = -1;
	d->class_number = 0;
	d->verdict = OKNG_NG;
	d->limit_area = (float)recipe->limits.area;
	for (int i = 0; i < recipe->n_classes; i++) {
		const struct okng_class *c = &recipe->classes[i];
		if (d->taught_class ? c->number != d->taught_class : !matches(c, recipe->tools[d->tool].name, d))
			continue;
		d->class_index = i;
		d->class_number = c->number;
		d->verdict = c->verdict;
		if (c->limit_area > 0)
			d->limit_area = (float)c->limit_area;
		return;
	}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Every field by name, so that neither padding nor what lies behind the counts gets in.
 */
#include "pipeline/fingerprint.h"

#include <string.h>

/* FNV-1a, 64 bits. */
static void add(uint64_t *h, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; i < size; i++)
		*h = (*h ^ p[i]) * UINT64_C(0x100000001b3);
}

#define ADD(field) add(h, &(field), sizeof(field))
#define ADD_TEXT(field) add(h, (field), strlen(field) + 1)

static void add_defect(uint64_t *h, const struct okng_defect *d)
{
	ADD(d->box.x), ADD(d->box.y), ADD(d->box.w), ADD(d->box.h);
	ADD(d->area), ADD(d->cx), ADD(d->cy), ADD(d->elongation), ADD(d->contrast), ADD(d->fill), ADD(d->polarity);
	ADD(d->conductor.added), ADD(d->conductor.residue), ADD(d->conductor.depth), ADD(d->conductor.relative_depth);
	ADD(d->conductor.radius), ADD(d->conductor.conductors), ADD(d->conductor.grounds), ADD(d->conductor.border);
	ADD(d->tool), ADD(d->class_index), ADD(d->class_number), ADD(d->verdict), ADD(d->score), ADD(d->limit_area), ADD(d->scored);
	ADD(d->taught_class), ADD_TEXT(d->why);
}

static void add_measurement(uint64_t *h, const struct okng_measurement *m)
{
	ADD(m->tool), ADD(m->quantity), ADD(m->unit), ADD(m->found), ADD(m->judged), ADD(m->value), ADD(m->nominal), ADD(m->lower), ADD(m->upper);
	ADD(m->scatter), ADD(m->score), ADD(m->x), ADD(m->y);
}

uint64_t okng_result_fingerprint(const struct okng_result *r)
{
	uint64_t start = UINT64_C(0xcbf29ce484222325), *h = &start;
	ADD(r->verdict), ADD(r->reason), ADD(r->score), ADD(r->limit), ADD(r->worst), ADD(r->n_defects), ADD(r->n_candidates), ADD(r->n_found);
	ADD(r->pose.dx), ADD(r->pose.dy), ADD(r->pose.angle), ADD(r->pose.score);
	ADD(r->light), ADD(r->sharpness), ADD(r->found);
	ADD_TEXT(r->decided_by), ADD(r->n_measures);
	for (int i = 0; i < r->n_candidates; i++)
		add_defect(h, &r->defects[i]);
	for (int i = 0; i < r->n_measures; i++)
		add_measurement(h, &r->measures[i]);
	return start;
}

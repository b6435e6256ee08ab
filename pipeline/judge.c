/* SPDX-License-Identifier: Apache-2.0
 *
 * Kept apart from finding and naming, so that a limit can be moved without touching either.
 */
#include "pipeline/judge.h"

#include <stdio.h>
#include <string.h>

#define LIMIT 0.5f

/* Ignored classes come last, then by score, then by place, so that equal scores have one order. */
static bool before(const struct okng_defect *a, const struct okng_defect *b)
{
	bool ia = a->verdict == OKNG_OK, ib = b->verdict == OKNG_OK;
	if (ia != ib)
		return ib;
	if (a->score < b->score || a->score > b->score)
		return a->score > b->score;
	if (a->box.y != b->box.y)
		return a->box.y < b->box.y;
	return a->box.x < b->box.x;
}

void okng_judge_add(struct okng_result *r, const struct okng_defect *defect)
{
	struct okng_defect d = *defect;
	if (!d.scored)
		d.score = d.limit_area > 0 ? (float)d.area / ((float)d.area + d.limit_area) : 1.0f;
	r->n_found++;
	int at = r->n_candidates;
	while (at > 0 && before(&d, &r->defects[at - 1]))
		at--;
	if (at == OKNG_DEFECTS_MAX)
		return;
	if (r->n_candidates < OKNG_DEFECTS_MAX)
		r->n_candidates++;
	memmove(&r->defects[at + 1], &r->defects[at], (size_t)(r->n_candidates - 1 - at) * sizeof d);
	r->defects[at] = d;
}

static const char *class_name(const struct okng_recipe *recipe, int index)
{
	return index < 0 ? "unclassified" : recipe->classes[index].name;
}

static int tolerated(const struct okng_recipe *recipe, int index)
{
	int own = index < 0 ? -1 : recipe->classes[index].limit_count;
	return own < 0 ? recipe->limits.count : own;
}

static bool counts(const struct okng_defect *d)
{
	return d->verdict != OKNG_OK && d->score >= LIMIT;
}

/* The worst defect of a class that has more than it may, with this verdict; NULL: none. */
static const struct okng_defect *deciding(const struct okng_recipe *recipe, const struct okng_result *r, enum okng_verdict verdict,
	int *number)
{
	for (int i = 0; i < r->n_candidates; i++) {
		const struct okng_defect *d = &r->defects[i];
		if (!counts(d) || d->verdict != verdict)
			continue;
		*number = 0;
		for (int k = 0; k < r->n_candidates; k++)
			*number += counts(&r->defects[k]) && r->defects[k].class_index == d->class_index;
		if (*number > tolerated(recipe, d->class_index))
			return d;
	}
	return NULL;
}

void okng_judge(const struct okng_recipe *recipe, uint64_t total_area, struct okng_result *r)
{
	int number = 0;
	r->limit = LIMIT;
	r->score = 0;
	r->worst = -1;
	r->n_defects = 0;
	for (int i = 0; i < r->n_candidates; i++)
		r->n_defects += counts(&r->defects[i]);
	if (r->n_candidates && r->defects[0].verdict != OKNG_OK) {
		r->worst = counts(&r->defects[0]) ? 0 : -1;
		r->score = r->defects[0].score;
	}
	r->verdict = OKNG_NG;
	r->reason = OKNG_REASON_DEFECT;
	const struct okng_defect *d = deciding(recipe, r, OKNG_NG, &number);
	bool total = recipe->limits.total_area > 0 && (double)total_area >= recipe->limits.total_area;
	if (!d && !total && (d = deciding(recipe, r, OKNG_REVIEW, &number)))
		r->verdict = OKNG_REVIEW;
	if (d) {
		r->worst = (int)(d - r->defects);
		r->score = d->score;
		if (d->tool < recipe->n_tools && recipe->tools[d->tool].type == OKNG_TOOL_MEASURE)
			r->reason = OKNG_REASON_MEASURE;
	}
	if (d && d->scored) {
		snprintf(r->decided_by, sizeof r->decided_by, "class %.24s: score %.3f >= 0.5%s%s",
			class_name(recipe, d->class_index), (double)d->score, *d->why ? ": " : "", d->why);
	} else if (d) {
		snprintf(r->decided_by, sizeof r->decided_by, "class %s: area %u >= %g (%d found, %d tolerated)",
			class_name(recipe, d->class_index), d->area, (double)d->limit_area, number, tolerated(recipe, d->class_index));
	} else if (total) {
		snprintf(r->decided_by, sizeof r->decided_by, "limits total_area: %llu >= %g", (unsigned long long)total_area,
			recipe->limits.total_area);
	} else {
		r->verdict = OKNG_OK;
		r->reason = OKNG_REASON_NONE;
		*r->decided_by = '\0';
	}
}

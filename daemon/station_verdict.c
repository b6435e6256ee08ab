/* SPDX-License-Identifier: Apache-2.0
 *
 * The looks of all cameras at a part become one verdict. The worst look decides and is the one in the record; the counts are
 * sums. A camera that fails makes the part a FAULT at once, whatever the others see: it was not inspected whole.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"

static uint16_t thousandths(float x)
{
	return x <= 0 ? 0 : x >= 65.535f ? UINT16_MAX : (uint16_t)lrintf(x * 1000);
}

/* In the order of cameras, whichever came first. */
void okng_verdict_truth(const struct okng_station *s, struct part *p)
{
	char *out = p->record.truth;
	size_t size = sizeof p->record.truth, n = 0;
	bool good = true;
	*out = '\0';
	for (int v = 0; v < s->views; v++) {
		const struct okng_frame *f = p->look[v].frame;
		good = good && f && f->truths == 0;
		for (int i = 0; f && i < f->truths && i < OKNG_TRUTH_MAX && n < size; i++) {
			const struct okng_truth *t = &f->truth[i];
			n += (size_t)snprintf(out + n, size - n, "%s%s%s%s@%d,%d,%d,%d", n ? " " : "", s->views > 1 ? s->config.view[v].camera.name : "",
				s->views > 1 ? ":" : "", t->kind, t->box.x, t->box.y, t->box.w, t->box.h);
		}
	}
	if (good)
		snprintf(out, size, "good");
}

void okng_verdict_frame(struct part *p, int view, struct okng_frame *frame)
{
	p->look[view].frame = frame;
	if (view == 0)
		p->record.acq_id = (uint32_t)frame->id;
}

bool okng_verdict_exposed(const struct okng_station *s, const struct part *p)
{
	for (int v = 0; v < s->views; v++)
		if (!p->look[v].frame)
			return false;
	return true;
}

static void take_result(const struct okng_station *s, struct look *look, const struct job *job)
{
	const struct okng_result *r = &job->result;
	const struct okng_judging_view *with = &job->judging->view[job->view];
	const struct okng_recipe *recipe = &with->recipe;
	const struct view *v = &s->view[job->view];
	look->judged = true;
	look->verdict = (uint16_t)r->verdict;
	look->reason = (uint16_t)r->reason;
	look->defects = (uint32_t)r->n_defects;
	look->score = thousandths(r->score);
	look->limit = thousandths(r->limit);
	snprintf(look->decided_by, sizeof look->decided_by, "%s", r->decided_by);
	for (int i = 0; i < r->n_measures && i < MEASURES_MAX; i++)
		look->measure[look->n_measures++] = (float)r->measures[i].value;
	if (r->worst >= 0) {
		const struct okng_defect *d = &r->defects[r->worst];
		look->box = okng_inspect_box_in_frame(&r->pose, with->has_lens ? &with->lens : NULL, d->box, v->width, v->height);
		look->area = d->area;
		look->class_number = (uint16_t)d->class_number;
		snprintf(look->class_name, sizeof look->class_name, "%s", d->class_index >= 0 ? recipe->classes[d->class_index].name : "unclassified");
	}
}

/* FAULT, NG, REVIEW, OK; of two alike the one that is further from its limit; else the earlier camera. */
static bool worse(const struct look *a, const struct look *b)
{
	static const int rank[] = {[OKNG_NONE] = 5, [OKNG_OK] = 1, [OKNG_REVIEW] = 2, [OKNG_NG] = 3, [OKNG_FAULT] = 4};
	if (a->verdict != b->verdict)
		return rank[a->verdict] > rank[b->verdict];
	return (uint32_t)a->score * b->limit > (uint32_t)b->score * a->limit;
}

static void decide(struct okng_station *s, struct part *p)
{
	struct okng_record *rec = &p->record;
	int measures = 0;
	for (int v = 1; v < s->views; v++)
		if (worse(&p->look[v], &p->look[p->decides]))
			p->decides = v;
	const struct look *l = &p->look[p->decides];
	p->judged = true;
	rec->verdict = l->verdict;
	rec->reason = l->reason;
	rec->class_number = l->class_number;
	rec->score = l->score;
	rec->limit = l->limit;
	rec->x = l->box.x;
	rec->y = l->box.y;
	rec->w = l->box.w;
	rec->h = l->box.h;
	rec->area = l->area;
	memcpy(rec->class_name, l->class_name, sizeof rec->class_name);
	if (s->views > 1)
		snprintf(rec->decided_by, sizeof rec->decided_by, "%.31s: %.60s", s->config.view[p->decides].camera.name, l->decided_by);
	else
		memcpy(rec->decided_by, l->decided_by, sizeof rec->decided_by);
	for (int v = 0; v < s->views; v++) {
		rec->defects += p->look[v].defects;
		for (int i = 0; i < p->look[v].n_measures && measures < MEASURES_MAX; i++)
			p->measures[measures++] = p->look[v].measure[i];
	}
}

static void watch(struct okng_station *s, const struct job *job)
{
	struct view *v = &s->view[job->view];
	char why[200];
	if (!okng_drift_take(&v->drift, &job->judging->view[job->view].recipe, &job->result, why, sizeof why))
		return;
	okng_log(v->drift.shown ? LOG_WARNING : LOG_NOTICE, "camera %s: %s", s->config.view[job->view].camera.name, why);
	s->status_due = true;
}

void okng_verdict_look(struct okng_station *s, struct part *p, const struct job *job)
{
	if (p->judged)
		return;
	take_result(s, &p->look[job->view], job);
	if (job->judging == s->judging)
		watch(s, job);
	okng_record_look(s, p, job);
	p->record.recipe = (uint16_t)job->judging->number;
	snprintf(p->record.recipe_name, sizeof p->record.recipe_name, "%s", job->judging->name);
	for (int v = 0; v < s->views; v++)
		if (!p->look[v].judged)
			return;
	decide(s, p);
}

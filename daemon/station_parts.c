/* SPDX-License-Identifier: Apache-2.0
 *
 * A part's life: opened at its trigger (journalled as under way), judged once, by a result, a fault or its deadline,
 * and published in the order of triggers: first the record, then the registers, so that the PLC never sees a result
 * that a crash could lose.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"

/* The verdict is given this much before its deadline, so that it is readable at the deadline. */
#define MARGIN_NS 1000000
#define MARGIN_SHARE 20

_Static_assert(sizeof((struct part *)0)->measures == sizeof((struct okng_plc_result *)0)->measures, "as many as registers");

static struct part *at(const struct okng_station *s, unsigned i)
{
	return &s->parts[(s->first + i) & (s->part_room - 1)];
}

static int64_t utc_us(int64_t ago_ns)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 - ago_ns / 1000;
}

/* An earlier part must not hold back a later one with a nearer deadline, for results come in order. */
static void bring_deadlines_forward(struct okng_station *s, int64_t deadline_ns)
{
	for (unsigned i = 0; i < s->count; i++)
		if (at(s, i)->deadline_ns > deadline_ns)
			at(s, i)->deadline_ns = deadline_ns;
}

struct part *okng_part_open(struct okng_station *s, int64_t now, const struct okng_plc_trigger *trigger, bool from_plc)
{
	if (s->count == s->part_room)
		return NULL;
	int64_t budget = (trigger && trigger->deadline_ms ? trigger->deadline_ms : s->deadline_ms) * 1000000LL;
	int64_t margin = budget / MARGIN_SHARE < MARGIN_NS ? budget / MARGIN_SHARE : MARGIN_NS;
	bring_deadlines_forward(s, now + budget - margin);
	struct part *p = at(s, s->count++);
	memset(p, 0, sizeof *p);
	p->ticket = ++s->next_ticket;
	p->trigger_ns = now;
	p->deadline_ns = now + budget - margin;
	p->answers_plc = from_plc;
	p->record.utc_us = utc_us(okng_bell_now() - now);
	if (trigger) {
		p->record.trig_seq = trigger->trig_seq;
		memcpy(p->record.part_id, trigger->part_id, sizeof p->record.part_id);
	}
	if (s->judging) {
		p->generation = s->judging->generation;
		p->tuning = s->tuning;
		p->record.recipe = (uint16_t)s->judging->number;
		snprintf(p->record.recipe_name, sizeof p->record.recipe_name, "%s", s->judging->name);
	}
	int r = okng_store_accept(s->store, &p->record);
	p->recorded = r == 0;
	if (r == 0) {
		s->last_seq = p->record.seq;
	} else {
		/* The journal is full: READY is off, but this trigger still gets its rejecting answer. */
		p->record.seq = s->last_seq == UINT16_MAX ? 1 : (uint16_t)(s->last_seq + 1);
		okng_part_fault(p, OKNG_REASON_QUEUE_FULL, "the record cannot take more parts");
		okng_log(LOG_ERR, "a part could not be recorded: the journal is full");
	}
	s->triggered++;
	return p;
}

struct part *okng_part_find(struct okng_station *s, uint64_t ticket)
{
	if (s->count == 0 || ticket < at(s, 0)->ticket || ticket > s->next_ticket)
		return NULL;
	return at(s, (unsigned)(ticket - at(s, 0)->ticket));
}

void okng_part_fault(struct part *part, uint16_t reason, const char *text)
{
	if (part->judged)
		return;
	part->judged = true;
	part->record.verdict = OKNG_FAULT;
	part->record.reason = reason;
	snprintf(part->record.decided_by, sizeof part->record.decided_by, "%s", text);
}

static uint16_t clip16(int64_t v)
{
	return v < 0 ? 0 : v > UINT16_MAX ? UINT16_MAX : (uint16_t)v;
}

static void to_registers(const struct okng_record *r, int answers_plc, struct okng_plc_result *out)
{
	memset(out, 0, sizeof *out);
	out->seq = r->seq;
	out->trig_seq = r->trig_seq;
	out->acq_id = (uint16_t)r->acq_id;
	out->verdict = r->verdict;
	out->reason = r->reason;
	out->recipe = r->recipe;
	out->class_number = r->class_number;
	out->defects = clip16(r->defects);
	out->score = r->score;
	out->limit = r->limit;
	out->x = clip16(r->x);
	out->y = clip16(r->y);
	out->w = clip16(r->w);
	out->h = clip16(r->h);
	out->area = r->area;
	out->time = clip16(r->time_us / 100);
	out->utc = (uint32_t)(r->utc_us / 1000000);
	memcpy(out->part_id, r->part_id, sizeof out->part_id);
	out->answers_plc = answers_plc;
}

/* What goes beside the row: the deciding camera's picture, or else one that there is. */
static const struct okng_image *picture_of(const struct okng_station *s, const struct part *p)
{
	const struct okng_frame *frame = p->look[p->decides].frame;
	for (int i = 0; !frame && i < s->views; i++)
		frame = p->look[i].frame;
	return frame ? &frame->image : NULL;
}

static void publish(struct okng_station *s, struct part *p, int64_t now)
{
	struct okng_record *r = &p->record;
	int64_t us = (now - p->trigger_ns) / 1000;
	okng_verdict_truth(s, p);
	r->time_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	if (p->recorded) {
		const struct okng_image *img = picture_of(s, p);
		okng_store_judge(s->store, r, img ? img->data : NULL, img ? img->width : 0, img ? img->height : 0, img ? img->stride : 0);
	}
	if (s->plc) {
		struct okng_plc_result block;
		to_registers(r, p->answers_plc, &block);
		memcpy(block.measures, p->measures, sizeof block.measures);
		okng_plc_publish(s->plc, s->unit, &block);
	}
	okng_record_part(s, p); /* copies pictures: nobody waits for that */
	for (int i = 0; i < s->views; i++)
		okng_frame_unref(&p->look[i].frame);
	if (p->judging)
		p->judging->jobs--;
	if (s->show)
		okng_status_show(r);
	okng_status_count(s, r); /* after the line: it may be the last */
	s->status_due = true;
}

void okng_parts_publish(struct okng_station *s, int64_t now)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!at(s, i)->judged && now >= at(s, i)->deadline_ns)
			okng_part_fault(at(s, i), OKNG_REASON_DEADLINE,
				okng_verdict_exposed(s, at(s, i)) ? "the inspection took too long" : "no frame came in time");
	while (s->count && at(s, 0)->judged) {
		publish(s, at(s, 0), okng_bell_now());
		s->first = (s->first + 1) & (s->part_room - 1);
		s->count--;
	}
}

int64_t okng_parts_deadline(const struct okng_station *s)
{
	int64_t next = -1;
	for (unsigned i = 0; i < s->count; i++)
		if (!at(s, i)->judged && (next < 0 || at(s, i)->deadline_ns < next))
			next = at(s, i)->deadline_ns;
	return next;
}

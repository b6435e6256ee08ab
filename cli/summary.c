/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting per part and per injected defect. "Located" keeps the numbers honest: a part may be rejected for something
 * other than what was injected.
 */
#include "cli/summary.h"

#include <inttypes.h>
#include <string.h>

#include "cli/json.h"
#include "pipeline/verdict.h"

static struct okng_summary_kind *kind_of(struct okng_summary *s, const char *name, size_t length)
{
	struct okng_summary_kind *kind;

	if (length >= sizeof(kind->name))
		length = sizeof(kind->name) - 1;
	for (int i = 0; i < s->n_kinds; i++) {
		if (strncmp(s->kind[i].name, name, length) == 0 && !s->kind[i].name[length])
			return &s->kind[i];
	}
	if (s->n_kinds == OKNG_SUMMARY_KINDS)
		return NULL;
	kind = &s->kind[s->n_kinds++];
	memcpy(kind->name, name, length);
	kind->name[length] = '\0';
	return kind;
}

static bool touches(const struct okng_record *r, int x, int y, int w, int h)
{
	return r->w > 0 && r->h > 0 && r->x < x + w && x < r->x + r->w && r->y < y + h && y < r->y + r->h;
}

/* One "kind@x,y,w,h"; the box may be cut off at the end of the record's field. */
static void add_defect(struct okng_summary *s, const struct okng_record *r, const char *text, size_t length, bool caught)
{
	const char *at = memchr(text, '@', length);
	struct okng_summary_kind *kind = kind_of(s, text, at ? (size_t)(at - text) : length);
	int x, y, w, h;
	bool located;

	located = caught && at && sscanf(at, "@%5d,%5d,%5d,%5d", &x, &y, &w, &h) == 4 && touches(r, x, y, w, h);
	s->injected++;
	s->injected_caught += caught;
	s->injected_located += located;
	if (kind) {
		kind->injected++;
		kind->caught += caught;
		kind->located += located;
	}
}

static void add_truth(struct okng_summary *s, const struct okng_record *r)
{
	bool ok = r->verdict == OKNG_OK;
	const char *t = r->truth;

	if (!*t) {
		s->unknown++;
		return;
	}
	if (strcmp(t, "good") == 0) {
		s->good++;
		s->overkill += !ok;
		return;
	}
	s->bad++;
	s->caught += !ok;
	s->escapes += ok;
	for (t += strspn(t, " "); *t; t += strspn(t, " ")) {
		size_t length = strcspn(t, " ");

		add_defect(s, r, t, length, !ok);
		t += length;
	}
}

void okng_summary_add(struct okng_summary *s, const struct okng_record *r)
{
	if (s->parts++ == 0)
		s->first_us = r->utc_us;
	s->last_us = r->utc_us;
	s->verdict[r->verdict <= OKNG_FAULT ? r->verdict : OKNG_NONE]++;
	s->reason[r->reason < OKNG_SUMMARY_REASONS ? r->reason : OKNG_SUMMARY_REASONS - 1]++;
	s->time_sum_us += r->time_us;
	if (r->time_us > s->time_max_us)
		s->time_max_us = r->time_us;
	add_truth(s, r);
}

static void print_json(FILE *out, const struct okng_summary *s)
{
	static const enum okng_verdict order[] = { OKNG_OK, OKNG_NG, OKNG_REVIEW, OKNG_FAULT };
	struct okng_json json;

	okng_json_init(&json, out);
	okng_json_object(&json, NULL);
	okng_json_int(&json, "parts", (int64_t)s->parts);
	okng_json_object(&json, "verdicts");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		okng_json_int(&json, okng_verdict_name(order[i]), (int64_t)s->verdict[order[i]]);
	okng_json_end_object(&json);
	okng_json_array(&json, "reasons");
	for (int i = 0; i < OKNG_SUMMARY_REASONS; i++) {
		if (!s->reason[i])
			continue;
		okng_json_object(&json, NULL);
		okng_json_int(&json, "reason", i);
		okng_json_string(&json, "text", okng_reason_text((enum okng_reason)i));
		okng_json_int(&json, "parts", (int64_t)s->reason[i]);
		okng_json_end_object(&json);
	}
	okng_json_end_array(&json);
	okng_json_number(&json, "time_ms_mean", s->parts ? (double)s->time_sum_us / (double)s->parts / 1e3 : 0, 3);
	okng_json_number(&json, "time_ms_max", s->time_max_us / 1e3, 3);
	okng_json_object(&json, "truth");
	okng_json_int(&json, "unknown_parts", (int64_t)s->unknown);
	okng_json_int(&json, "good_parts", (int64_t)s->good);
	okng_json_int(&json, "overkill", (int64_t)s->overkill);
	okng_json_int(&json, "bad_parts", (int64_t)s->bad);
	okng_json_int(&json, "caught", (int64_t)s->caught);
	okng_json_int(&json, "escapes", (int64_t)s->escapes);
	okng_json_int(&json, "defects_injected", (int64_t)s->injected);
	okng_json_int(&json, "defects_caught", (int64_t)s->injected_caught);
	okng_json_int(&json, "defects_located", (int64_t)s->injected_located);
	okng_json_array(&json, "kinds");
	for (int i = 0; i < s->n_kinds; i++) {
		okng_json_object(&json, NULL);
		okng_json_string(&json, "kind", s->kind[i].name);
		okng_json_int(&json, "injected", (int64_t)s->kind[i].injected);
		okng_json_int(&json, "caught", (int64_t)s->kind[i].caught);
		okng_json_int(&json, "located", (int64_t)s->kind[i].located);
		okng_json_end_object(&json);
	}
	okng_json_end_array(&json);
	okng_json_end_object(&json);
	okng_json_end_object(&json);
}

static void print_text(FILE *out, const struct okng_summary *s)
{
	fprintf(out, "%" PRIu64 " parts: %" PRIu64 " OK, %" PRIu64 " NG, %" PRIu64 " REVIEW, %" PRIu64 " FAULT", s->parts, s->verdict[OKNG_OK],
		s->verdict[OKNG_NG], s->verdict[OKNG_REVIEW], s->verdict[OKNG_FAULT]);
	if (s->parts)
		fprintf(out, "; %.1f ms each, %.1f ms at most", (double)s->time_sum_us / (double)s->parts / 1e3, s->time_max_us / 1e3);
	putc('\n', out);
	for (int i = 1; i < OKNG_SUMMARY_REASONS; i++) {
		if (s->reason[i])
			fprintf(out, "  reason %2d %-40s %8" PRIu64 "\n", i, okng_reason_text((enum okng_reason)i), s->reason[i]);
	}
	if (s->good + s->bad == 0)
		return;
	fprintf(out, "parts with a defect: %" PRIu64 ", caught %" PRIu64 ", escaped %" PRIu64 "\n", s->bad, s->caught, s->escapes);
	fprintf(out, "good parts: %" PRIu64 ", rejected %" PRIu64 "\n", s->good, s->overkill);
	if (s->injected == 0)
		return;
	fprintf(out, "defects injected: %" PRIu64 ", caught %" PRIu64 ", at their place %" PRIu64 "\n", s->injected, s->injected_caught,
		s->injected_located);
	for (int i = 0; i < s->n_kinds; i++)
		fprintf(out, "  %-24s injected %6" PRIu64 "  caught %6" PRIu64 "  at their place %6" PRIu64 "\n", s->kind[i].name, s->kind[i].injected,
			s->kind[i].caught, s->kind[i].located);
}

void okng_summary_print(FILE *out, const struct okng_summary *summary, bool json)
{
	if (json)
		print_json(out, summary);
	else
		print_text(out, summary);
}

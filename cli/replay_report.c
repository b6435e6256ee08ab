/* SPDX-License-Identifier: Apache-2.0
 *
 * One line a part, so that it can be sorted and searched; several cameras add a line each. Text that came from a recording
 * is printed without control characters.
 */
#include "cli/replay_report.h"

#include <inttypes.h>
#include <string.h>

#include "cli/json.h"
#include "store/calendar.h"

static const char *const state_names[] = { "same", "differs", "changed", "not judged", "no frame", "failed" };

_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == OKNG_REPLAY_STATES, "a name for every state");

static const char *verdict_name(int verdict)
{
	return verdict == OKNG_NONE ? "-" : okng_verdict_name((enum okng_verdict)verdict);
}

static const char *plain(const char *text, char out[100])
{
	snprintf(out, 100, "%s", text);
	for (char *c = out; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return out;
}

static const char *why(const struct okng_replay_look *look)
{
	return !look->judged ? "" : look->result.decided_by[0] ? look->result.decided_by : look->result.reason ? okng_reason_text(look->result.reason) : "";
}

/* What a person wants to read beside the two verdicts. */
static void print_detail(FILE *out, const struct okng_replay_part *p)
{
	const struct okng_record *r = &p->part->record;
	const char *now = p->now == OKNG_NONE ? "" : why(&p->look[p->decides]);
	char a[100], b[100];

	plain(r->decided_by[0] ? r->decided_by : r->reason ? okng_reason_text((enum okng_reason)r->reason) : "", a);
	plain(now, b);
	if (p->state == OKNG_REPLAY_CHANGED || p->state == OKNG_REPLAY_DIFFERS)
		fprintf(out, "  then: %s; now: %s", *a ? a : "good", *b ? b : "good");
	else if (p->state == OKNG_REPLAY_UNJUDGED && p->now != OKNG_NONE)
		fprintf(out, "  then: %s; it would be: %s", a, *b ? b : "good");
	else if (*a)
		fprintf(out, "  %s", a);
}

static void text_frame(FILE *out, const struct okng_recorded_frame *f, const struct okng_replay_look *look)
{
	char name[100], then[100];

	fprintf(out, "    %-16s %-6s -> %-6s  %s", plain(f->camera_name, name), f->look.judged ? verdict_name(f->look.verdict) : "-",
		look->judged ? verdict_name((int)look->result.verdict) : "-", f->incomplete ? "incomplete" : !look->judged ? "not judged" : look->same ? "same" : "differs");
	if (f->look.judged || look->judged)
		fprintf(out, "  then: %s; now: %s", plain(f->look.decided_by, then), why(look));
	putc('\n', out);
}

static void text_part(struct okng_replay_report *report, const struct okng_replay_part *p)
{
	const struct okng_record *r = &p->part->record;
	double now = p->now == OKNG_NONE ? 0 : (double)p->look[p->decides].result.score;
	char when[32];

	if (!report->printed)
		fprintf(report->out, "%-8s %-5s %-27s %-6s %5s    %-6s %5s  %s\n", "ROW", "SEQ", "TIME (UTC)", "THEN", "SCORE", "NOW", "SCORE", "");
	okng_date_print(when, sizeof(when), r->utc_us);
	fprintf(report->out, "%-8" PRId64 " %-5u %-27s %-6s %5.3f -> %-6s ", r->id, r->seq, when, verdict_name(r->verdict), r->score / 1000.0, verdict_name((int)p->now));
	if (p->now == OKNG_NONE)
		fprintf(report->out, "%5s", "-");
	else
		fprintf(report->out, "%5.3f", now);
	fprintf(report->out, "  %-10s", state_names[p->state]);
	print_detail(report->out, p);
	putc('\n', report->out);
	for (int i = 0; p->part->n_frames > 1 && i < p->part->n_frames; i++)
		text_frame(report->out, &p->part->frames[i], &p->look[i]);
}

static void json_box(struct okng_json *json, struct okng_rect box)
{
	okng_json_array(json, "box");
	okng_json_int(json, NULL, box.x);
	okng_json_int(json, NULL, box.y);
	okng_json_int(json, NULL, box.w);
	okng_json_int(json, NULL, box.h);
	okng_json_end_array(json);
}

static void json_defect(struct okng_json *json, struct okng_rect box, uint32_t area, int class_number, double score)
{
	okng_json_object(json, NULL);
	json_box(json, box);
	okng_json_int(json, "area", area);
	okng_json_int(json, "class_number", class_number);
	okng_json_number(json, "score", score, 6);
	okng_json_end_object(json);
}

static void json_measure(struct okng_json *json, bool found, double value)
{
	if (found)
		okng_json_number(json, NULL, value, 6);
	else
		okng_json_null(json, NULL);
}

static void json_head(struct okng_json *json, const char *key, int verdict, int reason, double score, double limit, const char *decided_by)
{
	okng_json_object(json, key);
	okng_json_string(json, "verdict", okng_verdict_name((enum okng_verdict)verdict));
	okng_json_int(json, "reason", reason);
	okng_json_number(json, "score", score, 6);
	okng_json_number(json, "limit", limit, 6);
	okng_json_string(json, "decided_by", decided_by);
}

static void json_then(struct okng_json *json, const struct okng_recorded_look *l)
{
	json_head(json, "then", l->verdict, l->reason, l->score, l->limit, l->decided_by);
	okng_json_array(json, "defects");
	for (int i = 0; i < l->n_defects; i++) {
		const struct okng_recorded_defect *d = &l->defects[i];

		json_defect(json, (struct okng_rect){ d->x, d->y, d->w, d->h }, d->area, d->class_number, d->score);
	}
	okng_json_end_array(json);
	okng_json_array(json, "measures");
	for (int i = 0; i < l->n_measures; i++)
		json_measure(json, l->found >> i & 1, l->measures[i]);
	okng_json_end_array(json);
	okng_json_end_object(json);
}

static void json_now(struct okng_json *json, const struct okng_replay_look *look, const struct okng_recorded_frame *f)
{
	const struct okng_result *r = &look->result;
	json_head(json, "now", (int)r->verdict, (int)r->reason, (double)r->score, (double)r->limit, r->decided_by);
	okng_json_array(json, "defects");
	for (int i = 0; i < r->n_candidates; i++) {
		const struct okng_defect *d = &r->defects[i];

		if (d->verdict != OKNG_OK && d->score >= r->limit)
			json_defect(json, okng_inspect_box_in_frame(&r->pose, look->has_lens ? &look->lens : NULL, d->box, f->width, f->height), d->area, d->class_number, (double)d->score);
	}
	okng_json_end_array(json);
	okng_json_array(json, "measures");
	for (int i = 0; i < r->n_measures; i++)
		json_measure(json, r->measures[i].found, r->measures[i].value);
	okng_json_end_array(json);
	okng_json_end_object(json);
}

static void json_frame(struct okng_json *json, const struct okng_recorded_frame *f, const struct okng_replay_look *look)
{
	char print[20];

	okng_json_object(json, NULL);
	okng_json_int(json, "camera", f->camera);
	okng_json_string(json, "camera_name", f->camera_name);
	okng_json_int(json, "acq_id", (int64_t)f->acq_id);
	okng_json_int(json, "width", f->width);
	okng_json_int(json, "height", f->height);
	okng_json_bool(json, "incomplete", f->incomplete);
	okng_json_string(json, "setup", f->look.setup);
	okng_json_array(json, "limits");
	for (int i = 0; i < f->look.n_limits; i++)
		okng_json_number(json, NULL, f->look.limits[i], 6);
	okng_json_end_array(json);
	if (f->look.judged) {
		snprintf(print, sizeof(print), "%016" PRIx64, f->look.fingerprint);
		okng_json_string(json, "fingerprint", print);
		json_then(json, &f->look);
	}
	if (look->judged)
		json_now(json, look, f);
	if (f->look.judged && look->judged)
		okng_json_bool(json, "same", look->same);
	okng_json_end_object(json);
}

static void json_part(const struct okng_replay_report *report, const struct okng_replay_part *p)
{
	const struct okng_record *r = &p->part->record;
	struct okng_json json;
	char when[32];

	okng_date_print(when, sizeof(when), r->utc_us);
	okng_json_init(&json, report->out);
	okng_json_object(&json, NULL);
	okng_json_int(&json, "id", r->id);
	okng_json_int(&json, "seq", r->seq);
	okng_json_string(&json, "time", when);
	okng_json_string(&json, "part_id", r->part_id);
	okng_json_string(&json, "state", state_names[p->state]);
	json_head(&json, "then", r->verdict, r->reason, r->score / 1000.0, r->limit / 1000.0, r->decided_by);
	okng_json_end_object(&json);
	if (p->now != OKNG_NONE) {
		const struct okng_result *n = &p->look[p->decides].result;

		json_head(&json, "now", (int)p->now, (int)p->reason, (double)n->score, (double)n->limit, n->decided_by);
		okng_json_end_object(&json);
	}
	okng_json_string(&json, "recipe", r->recipe_name);
	okng_json_string(&json, "truth", r->truth);
	okng_json_string(&json, "segment", p->part->segment);
	okng_json_int(&json, "offset", (int64_t)p->part->offset);
	okng_json_array(&json, "frames");
	for (int i = 0; i < p->part->n_frames; i++)
		json_frame(&json, &p->part->frames[i], &p->look[i]);
	okng_json_end_array(&json);
	okng_json_end_object(&json);
}

void okng_replay_report_part(struct okng_replay_report *report, const struct okng_replay_part *p)
{
	report->parts++;
	report->state[p->state]++;
	if (p->state <= OKNG_REPLAY_CHANGED && p->part->record.verdict <= OKNG_FAULT)
		report->moved[p->part->record.verdict][p->now]++;
	if (report->changed_only && p->state != OKNG_REPLAY_CHANGED && p->state != OKNG_REPLAY_DIFFERS && p->state != OKNG_REPLAY_FAILED)
		return;
	if (report->json)
		json_part(report, p);
	else
		text_part(report, p);
	report->printed++;
}

static void text_moved(const struct okng_replay_report *report)
{
	for (int a = OKNG_OK; a <= OKNG_FAULT; a++) {
		for (int b = OKNG_OK; b <= OKNG_FAULT; b++) {
			if (a != b && report->moved[a][b])
				fprintf(report->out, "  %" PRIu64 " from %s to %s\n", report->moved[a][b], verdict_name(a), verdict_name(b));
		}
	}
}

static void json_total(const struct okng_replay_report *report, const struct okng_recording_notes *notes)
{
	static const char *const keys[] = { "same", "differs", "changed", "not_judged", "no_frame", "failed" };
	struct okng_json json;

	okng_json_init(&json, report->out);
	okng_json_object(&json, NULL);
	okng_json_int(&json, "parts", (int64_t)report->parts);
	for (int i = 0; i < OKNG_REPLAY_STATES; i++)
		okng_json_int(&json, keys[i], (int64_t)report->state[i]);
	okng_json_object(&json, "moved");
	for (int a = OKNG_OK; a <= OKNG_FAULT; a++) {
		for (int b = OKNG_OK; b <= OKNG_FAULT; b++) {
			char key[24];

			snprintf(key, sizeof(key), "%s_%s", verdict_name(a), verdict_name(b));
			if (a != b && report->moved[a][b])
				okng_json_int(&json, key, (int64_t)report->moved[a][b]);
		}
	}
	okng_json_end_object(&json);
	okng_json_int(&json, "dropped", (int64_t)notes->dropped);
	okng_json_int(&json, "damaged", (int64_t)notes->damaged);
	okng_json_int(&json, "cut", (int64_t)notes->cut);
	okng_json_end_object(&json);
}

void okng_replay_report_total(const struct okng_replay_report *report, const struct okng_recording_notes *notes)
{
	const uint64_t *n = report->state;

	if (report->json) {
		json_total(report, notes);
		return;
	}
	fprintf(report->out, "%" PRIu64 " parts: %" PRIu64 " %s", report->parts, n[OKNG_REPLAY_SAME],
		report->other_recipe ? "with the same verdict" : "the same to the last bit");
	if (!report->other_recipe)
		fprintf(report->out, ", %" PRIu64 " with the same verdict but not to the last bit", n[OKNG_REPLAY_DIFFERS]);
	fprintf(report->out, ", %" PRIu64 " changed", n[OKNG_REPLAY_CHANGED]);
	if (n[OKNG_REPLAY_UNJUDGED] + n[OKNG_REPLAY_NO_FRAME])
		fprintf(report->out, "; not judged then: %" PRIu64 " with a frame, %" PRIu64 " without", n[OKNG_REPLAY_UNJUDGED], n[OKNG_REPLAY_NO_FRAME]);
	if (n[OKNG_REPLAY_FAILED])
		fprintf(report->out, "; %" PRIu64 " could not be judged now", n[OKNG_REPLAY_FAILED]);
	putc('\n', report->out);
	text_moved(report);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Boxes are given in the pixels of the inspected image, as one sees them in an image viewer, not in those of the
 * reference; a class whose verdict is "ok" is ignored by the recipe and is no defect here either.
 */
#include "cli/report.h"

#include "cli/json.h"
#include "cli/say.h"
#include "pipeline/kernels.h"

bool okng_report_lists(const struct okng_report *report, const struct okng_result *result, const struct okng_defect *defect)
{
	return defect->verdict != OKNG_OK && (report->candidates || defect->score >= result->limit);
}

static const char *class_name(const struct okng_recipe *recipe, const struct okng_defect *defect)
{
	return defect->class_index >= 0 && defect->class_index < recipe->n_classes ? recipe->classes[defect->class_index].name : "unclassified";
}

static const char *polarity_name(enum okng_polarity polarity)
{
	return polarity == OKNG_POLARITY_BRIGHT ? "bright" : polarity == OKNG_POLARITY_DARK ? "dark" : "any";
}

/* What the keys of a [[class]] row are compared with. */
static void json_conductor(struct okng_json *json, const struct okng_defect *d)
{
	okng_json_object(json, "conductor");
	okng_json_bool(json, "added", d->conductor.added);
	okng_json_number(json, "residue", (double)d->conductor.residue, 0);
	okng_json_number(json, "depth", (double)d->conductor.depth, 2);
	okng_json_number(json, "relative_depth", (double)d->conductor.relative_depth, 3);
	okng_json_number(json, "radius", (double)d->conductor.radius, 2);
	okng_json_number(json, "conductors", (double)d->conductor.conductors, 0);
	okng_json_number(json, "grounds", (double)d->conductor.grounds, 0);
	okng_json_number(json, "border", (double)d->conductor.border, 0);
	okng_json_end_object(json);
}

static void json_defect(struct okng_json *json, const struct okng_report *report, const struct okng_look *look, const struct okng_defect *defect)
{
	struct okng_rect box = okng_inspect_box_in_frame(&look->result.pose, look->lens, defect->box, look->width, look->height);

	okng_json_object(json, NULL);
	okng_json_string(json, "class", class_name(report->recipe, defect));
	okng_json_array(json, "box");
	okng_json_int(json, NULL, box.x);
	okng_json_int(json, NULL, box.y);
	okng_json_int(json, NULL, box.w);
	okng_json_int(json, NULL, box.h);
	okng_json_end_array(json);
	okng_json_number(json, "score", (double)defect->score, 4);
	okng_json_int(json, "area", defect->area);
	okng_json_string(json, "polarity", polarity_name(defect->polarity));
	okng_json_number(json, "contrast", (double)defect->contrast, 2);
	okng_json_number(json, "elongation", (double)defect->elongation, 2);
	if (defect->why[0])
		okng_json_string(json, "why", defect->why);
	if (report->recipe->tools[defect->tool].type == OKNG_TOOL_CONDUCTOR)
		json_conductor(json, defect);
	okng_json_end_object(json);
}

static const char *measure_state(const struct okng_measurement *m)
{
	return !m->found ? "not found" : !m->judged ? "told" : m->score >= 0.5f ? "out" : "good";
}

static void json_measure(struct okng_json *json, const struct okng_report *report, const struct okng_measurement *m)
{
	okng_json_object(json, NULL);
	okng_json_string(json, "tool", report->recipe->tools[m->tool].name);
	okng_json_string(json, "quantity", okng_quantity_name(m->quantity));
	okng_json_string(json, "state", measure_state(m));
	if (m->found)
		okng_json_number(json, "value", m->value, 5);
	else
		okng_json_null(json, "value");
	okng_json_string(json, "unit", okng_unit_name(m->unit));
	if (m->judged) {
		okng_json_number(json, "nominal", m->nominal, 5);
		okng_json_number(json, "lower", m->lower, 5);
		okng_json_number(json, "upper", m->upper, 5);
		okng_json_number(json, "score", (double)m->score, 4);
	}
	okng_json_number(json, "scatter", m->scatter, 5);
	okng_json_end_object(json);
}

static void text_measure(const struct okng_report *report, const struct okng_measurement *m)
{
	fprintf(report->out, "  %-9s  %-16s %-9s", measure_state(m), report->recipe->tools[m->tool].name, okng_quantity_name(m->quantity));
	if (m->found)
		fprintf(report->out, " %10.3f %s", m->value, okng_unit_name(m->unit));
	if (m->judged)
		fprintf(report->out, "  %.3f to %.3f", m->lower, m->upper);
	putc('\n', report->out);
}

static void json_part(const struct okng_report *report, const char *file, const char *golden, const struct okng_look *look)
{
	const struct okng_result *r = &look->result;
	char text[sizeof(look->error) + 32];
	struct okng_json json;

	okng_json_init(&json, report->out);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "file", file);
	if (golden)
		okng_json_string(&json, "golden", golden);
	okng_json_string(&json, "verdict", okng_verdict_name(r->verdict));
	okng_json_int(&json, "reason", r->reason);
	okng_json_string(&json, "reason_text", okng_reason_text(r->reason));
	okng_json_number(&json, "score", (double)r->score, 4);
	okng_json_number(&json, "limit", (double)r->limit, 4);
	okng_json_number(&json, "time_ms", look->time_ms, 3);
	okng_json_array(&json, "defects");
	for (int i = 0; i < r->n_candidates; i++) {
		if (okng_report_lists(report, r, &r->defects[i]))
			json_defect(&json, report, look, &r->defects[i]);
	}
	okng_json_end_array(&json);
	okng_json_string(&json, "cpu", okng_cpu_name(okng_kernels_get(okng_cpu_level())->cpu));
	okng_json_string(&json, "decided_by", r->decided_by);
	okng_json_array(&json, "measures");
	for (int i = 0; i < r->n_measures; i++)
		json_measure(&json, report, &r->measures[i]);
	okng_json_end_array(&json);
	if (!look->readable)
		okng_json_string(&json, "error", okng_say_where(&look->error, text, sizeof(text)));
	okng_json_end_object(&json);
}

static void text_part(const struct okng_report *report, const char *file, const struct okng_look *look)
{
	const struct okng_result *r = &look->result;
	const char *why = r->decided_by[0] ? r->decided_by : r->reason != OKNG_REASON_NONE ? okng_reason_text(r->reason) : "";

	fprintf(report->out, "%-*s  %-6s  %2d  %.3f  %8.2f ms%s%s\n", report->name_width, file, okng_verdict_name(r->verdict), r->reason,
		(double)r->score, look->time_ms, *why ? "  " : "", why);
	for (int i = 0; i < r->n_measures; i++)
		text_measure(report, &r->measures[i]);
	if (!report->candidates)
		return;
	for (int i = 0; i < r->n_candidates; i++) {
		const struct okng_defect *d = &r->defects[i];
		struct okng_rect box = okng_inspect_box_in_frame(&r->pose, look->lens, d->box, look->width, look->height);

		if (okng_report_lists(report, r, d))
			fprintf(report->out, "  %.3f  %-16s %5d,%d %dx%d  area %u, %s, contrast %.1f, elongation %.1f\n", (double)d->score,
				class_name(report->recipe, d), box.x, box.y, box.w, box.h, d->area, polarity_name(d->polarity), (double)d->contrast,
				(double)d->elongation);
	}
}

void okng_report_part(struct okng_report *report, const char *file, const char *golden, const struct okng_look *look)
{
	report->parts++;
	report->count[look->result.verdict]++;
	if (look->readable)
		report->time_ms += look->time_ms;
	else
		report->unreadable++;
	if (!look->readable)
		okng_say_error(&look->error, 0, file);
	if (report->json)
		json_part(report, file, golden, look);
	else
		text_part(report, file, look);
}

void okng_report_total(const struct okng_report *report)
{
	int readable = report->parts - report->unreadable;

	if (report->json)
		return;
	fprintf(report->out, "%d parts: %d OK, %d NG, %d REVIEW, %d FAULT", report->parts, report->count[OKNG_OK], report->count[OKNG_NG],
		report->count[OKNG_REVIEW], report->count[OKNG_FAULT]);
	if (report->unreadable)
		fprintf(report->out, " (%d could not be read)", report->unreadable);
	if (readable)
		fprintf(report->out, "; %.2f ms each", report->time_ms / readable);
	putc('\n', report->out);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A row as text. What came from outside (part id, names, truth) may hold any byte: it must neither break a line of CSV
 * or JSON nor reach a terminal as a control sequence.
 */
#include "store/records.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "store/calendar.h"
#include "store/columns.h"

static const char *verdict_text(unsigned verdict)
{
	static const char *const names[] = { "NONE", "OK", "NG", "REVIEW", "FAULT" };

	return verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "UNKNOWN";
}

/* Bytes of the well-formed UTF-8 sequence at s (Unicode table 3-7), or 0. */
static size_t utf8_length(const unsigned char *s)
{
	static const struct { unsigned char first, last, low, high, n; } rows[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (s[0] < rows[i].first || s[0] > rows[i].last)
			continue;
		if (rows[i].n > 1 && (s[1] < rows[i].low || s[1] > rows[i].high))
			return 0;
		for (size_t k = 2; k < rows[i].n; k++) {
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		}
		return rows[i].n;
	}
	return 0;
}

/* Calls for each character; a byte that is not UTF-8 becomes U+FFFD. */
static void print_json_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', out);
	while (*s) {
		size_t n = utf8_length(s);

		if (!n)
			fputs("\\ufffd", out);
		else if (n == 1 && (*s < 0x20 || *s == 0x7f))
			fprintf(out, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	putc('"', out);
}

static void print_csv_string(FILE *out, const char *text)
{
	if (!strpbrk(text, "\",\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* Control bytes, also the C1 ones, and what is not UTF-8 become '?'. */
static void print_plain(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t n = utf8_length(s);

		if (!n || *s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0))
			putc('?', out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

static void print_table(FILE *out, const struct okng_record *r, int first)
{
	char when[32], worst[64];

	if (first)
		fprintf(out, "%-10s %-5s %-27s %-7s %-6s %-14s %7s %7s %-24s %9s %s\n", "ROW", "SEQ", "TIME (UTC)", "VERDICT", "REASON",
			"CLASS", "SCORE", "DEFECTS", "WORST x,y w×h", "ms", "PART DECIDED BY");
	okng_date_print(when, sizeof(when), r->utc_us);
	worst[0] = '\0';
	if (r->w > 0)
		snprintf(worst, sizeof(worst), "%d,%d %dx%d", r->x, r->y, r->w, r->h);
	fprintf(out, "%-10" PRId64 " %-5u %-27s %-7s %-6u ", r->id, r->seq, when, verdict_text(r->verdict), r->reason);
	print_plain(out, r->class_name[0] ? r->class_name : "-");
	for (size_t n = strnlen(r->class_name, sizeof(r->class_name)); n < 14; n += n ? 1 : 2)
		putc(' ', out);
	fprintf(out, " %7.3f %7u %-24s %9.3f ", r->score / 1000.0, r->defects, worst, r->time_us / 1000.0);
	print_plain(out, r->part_id[0] ? r->part_id : "-");
	putc(' ', out);
	print_plain(out, r->decided_by);
	putc('\n', out);
}

#define NUM_HEAD(type, field, column) "," column
#define TEXT_HEAD(field, column) "," column
#define NUM_CSV(type, field, column) fprintf(out, ",%" PRId64, (int64_t)r->field);
#define TEXT_CSV(field, column) putc(',', out); print_csv_string(out, r->field);

/* The columns of the table, with the time and the verdict as text in front. */
static void print_csv(FILE *out, const struct okng_record *r, int first)
{
	char when[32];

	if (first)
		fputs("time,verdict_name" OKNG_RECORD_COLUMNS(NUM_HEAD, TEXT_HEAD) "\n", out);
	okng_date_print(when, sizeof(when), r->utc_us);
	fprintf(out, "%s,%s", when, verdict_text(r->verdict));
	OKNG_RECORD_COLUMNS(NUM_CSV, TEXT_CSV)
	putc('\n', out);
}

static void print_json_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	print_json_string(out, text);
}

static void print_json(FILE *out, const struct okng_record *r)
{
	char when[32];

	okng_date_print(when, sizeof(when), r->utc_us);
	fprintf(out, "{\"id\":%" PRId64 ",\"seq\":%u,\"trig_seq\":%u,\"time\":\"%s\",\"utc_us\":%" PRId64
		",\"verdict\":\"%s\",\"reason\":%u,\"recipe\":%u", r->id, r->seq, r->trig_seq, when, r->utc_us, verdict_text(r->verdict),
		r->reason, r->recipe);
	print_json_member(out, "recipe_name", r->recipe_name);
	fprintf(out, ",\"acq_id\":%" PRIu32 ",\"score\":%u.%03u,\"limit\":%u.%03u,\"defects\":%" PRIu32 ",\"class_number\":%u", r->acq_id,
		r->score / 1000u, r->score % 1000u, r->limit / 1000u, r->limit % 1000u, r->defects, r->class_number);
	print_json_member(out, "class", r->class_name);
	fprintf(out, ",\"box\":[%" PRId32 ",%" PRId32 ",%" PRId32 ",%" PRId32 "],\"area\":%" PRIu32 ",\"time_ms\":%" PRIu32 ".%03" PRIu32,
		r->x, r->y, r->w, r->h, r->area, r->time_us / 1000, r->time_us % 1000);
	print_json_member(out, "decided_by", r->decided_by);
	print_json_member(out, "part_id", r->part_id);
	print_json_member(out, "truth", r->truth);
	print_json_member(out, "picture", r->picture);
	fputs("}\n", out);
}

int okng_records_print(FILE *out, enum okng_records_format format, const struct okng_record *record, int first)
{
	switch (format) {
	case OKNG_RECORDS_TABLE: print_table(out, record, first); break;
	case OKNG_RECORDS_CSV: print_csv(out, record, first); break;
	case OKNG_RECORDS_JSON: print_json(out, record); break;
	default: return -EINVAL;
	}
	return ferror(out) ? -EIO : 0;
}

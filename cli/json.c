/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer keeps no text: only how deep it is and whether a comma is due. Numbers are printed in the C locale,
 * which this program never leaves.
 */
#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 sequence at s, 0: not one (RFC 3629: no overlong form, no surrogate, at most U+10FFFF). */
static int utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	int more;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		more = 1;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		more = 2;
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		more = 3;
		low = s[0] == 0xf0 ? 0x90 : 0x80;
		high = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	for (int i = 1; i <= more; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return more + 1;
}

static void put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', out);
	while (*s) {
		int n = utf8_length(s);

		if (n == 0) {
			fputs("\\ufffd", out);
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			fprintf(out, "\\%c", *s);
		} else if (*s < 0x20 || *s == 0x7f) {
			fprintf(out, "\\u%04x", *s);
		} else {
			fwrite(s, 1, (size_t)n, out);
		}
		s += n;
	}
	putc('"', out);
}

static void begin(struct okng_json *json, const char *key)
{
	if (json->filled[json->depth])
		fputs(", ", json->out);
	json->filled[json->depth] = true;
	if (key) {
		put_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_level(struct okng_json *json, const char *key, char bracket)
{
	begin(json, key);
	assert(json->depth < OKNG_JSON_DEPTH_MAX);
	json->filled[++json->depth] = false;
	putc(bracket, json->out);
}

static void close_level(struct okng_json *json, char bracket)
{
	assert(json->depth > 0);
	putc(bracket, json->out);
	if (--json->depth == 0) {
		putc('\n', json->out);
		json->filled[0] = false;
	}
}

void okng_json_init(struct okng_json *json, FILE *out)
{
	*json = (struct okng_json){ .out = out };
}

void okng_json_object(struct okng_json *json, const char *key)
{
	open_level(json, key, '{');
}

void okng_json_array(struct okng_json *json, const char *key)
{
	open_level(json, key, '[');
}

void okng_json_string(struct okng_json *json, const char *key, const char *text)
{
	begin(json, key);
	put_string(json->out, text);
}

void okng_json_int(struct okng_json *json, const char *key, int64_t value)
{
	begin(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void okng_json_number(struct okng_json *json, const char *key, double value, int digits)
{
	char text[352]; /* DBL_MAX has 309 digits before the point */
	size_t n;

	begin(json, key);
	if (!isfinite(value)) {
		fputs("null", json->out);
		return;
	}
	n = (size_t)snprintf(text, sizeof(text), "%.*f", digits, value);
	assert(n < sizeof(text));
	if (strchr(text, '.')) {
		while (text[n - 1] == '0')
			text[--n] = '\0';
		if (text[n - 1] == '.')
			text[--n] = '\0';
	}
	fputs(strcmp(text, "-0") == 0 ? "0" : text, json->out);
}

void okng_json_bool(struct okng_json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void okng_json_null(struct okng_json *json, const char *key)
{
	begin(json, key);
	fputs("null", json->out);
}

void okng_json_end_object(struct okng_json *json)
{
	close_level(json, '}');
}

void okng_json_end_array(struct okng_json *json)
{
	close_level(json, ']');
}

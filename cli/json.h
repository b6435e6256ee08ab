/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON out, one value after the other, straight to a stream: a program reads one object a line. Keys and strings are
 * escaped; bytes that are not UTF-8 (file names may hold anything) become U+FFFD, so that every line parses.
 */
#ifndef OKNG_CLI_JSON_H
#define OKNG_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OKNG_JSON_DEPTH_MAX 8

struct okng_json {
	FILE *out;
	int depth;
	bool filled[OKNG_JSON_DEPTH_MAX + 1]; /* this level has a value already: a comma comes first */
};

void okng_json_init(struct okng_json *json, FILE *out);

/* key is NULL inside an array and for the outermost value. */
void okng_json_object(struct okng_json *json, const char *key);
void okng_json_array(struct okng_json *json, const char *key);
void okng_json_string(struct okng_json *json, const char *key, const char *text);
void okng_json_int(struct okng_json *json, const char *key, int64_t value);
/* digits after the point, without trailing zeros; what is not finite becomes null. */
void okng_json_number(struct okng_json *json, const char *key, double value, int digits);
void okng_json_bool(struct okng_json *json, const char *key, bool value);
void okng_json_null(struct okng_json *json, const char *key);
/* Closes the innermost object or array; the outermost ends the line. */
void okng_json_end_object(struct okng_json *json);
void okng_json_end_array(struct okng_json *json);

#endif

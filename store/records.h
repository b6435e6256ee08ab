/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the record, while okngd writes it or after: filters, and export as text, CSV and JSON lines.
 */
#ifndef OKNG_STORE_RECORDS_H
#define OKNG_STORE_RECORDS_H

#include <stdio.h>

#include "store/store.h"

struct okng_records_filter {
	int64_t from_id;        /* first row wanted; 0 = from the start */
	int64_t since_us, until_us; /* UTC µs; 0 = open */
	unsigned verdicts;      /* bit 1 << verdict; 0 = all */
	int recipe, reason, class_number, seq; /* -1 = any */
	char part_id[33];       /* "" = any */
	int64_t limit;          /* newest that many, printed oldest first; 0 = all */
};

enum okng_records_format { OKNG_RECORDS_TABLE = 0, OKNG_RECORDS_CSV, OKNG_RECORDS_JSON };

/* A filter that lets everything pass. */
void okng_records_all(struct okng_records_filter *filter);

/* Calls each(user, record) in order of id until it returns non-zero. Number of rows, or negative errno with why. */
int64_t okng_records_read(const char *folder, const struct okng_records_filter *filter,
	int (*each)(void *user, const struct okng_record *record), void *user, char *why, size_t why_size);

/* CSV has a header line and RFC 4180 quoting; JSON one object a line. */
int okng_records_print(FILE *out, enum okng_records_format format, const struct okng_record *record, int first);

#endif

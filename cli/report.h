/* SPDX-License-Identifier: Apache-2.0
 *
 * What `okng inspect` prints of a part: a JSON object or an aligned line. The JSON is an interface that others script
 * against; keys are only ever added.
 */
#ifndef OKNG_CLI_REPORT_H
#define OKNG_CLI_REPORT_H

#include <stdio.h>

#include "cli/look.h"

struct okng_report {
	FILE *out;
	const struct okng_recipe *recipe;
	bool json;
	bool candidates; /* defects below their limit, too */
	int name_width;  /* text: column of the file names */
	int parts, count[OKNG_FAULT + 1], unreadable;
	double time_ms; /* of those that were readable */
};

/* golden: what it was compared with, NULL: the taught part. Counts it, too. A file that was not readable is also said
 * on standard error. */
void okng_report_part(struct okng_report *report, const char *file, const char *golden, const struct okng_look *look);

/* The line of totals, text only. */
void okng_report_total(const struct okng_report *report);

/* True when the defect is listed: class not ignored and, without candidates, at or above its limit. */
bool okng_report_lists(const struct okng_report *report, const struct okng_result *result, const struct okng_defect *defect);

#endif

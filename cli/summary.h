/* SPDX-License-Identifier: Apache-2.0
 *
 * Records counted: by verdict and reason, and, where the source knew the truth, what was caught and what was missed.
 * An escape is a part with a defect that was called OK; overkill is a good part that was not.
 */
#ifndef OKNG_CLI_SUMMARY_H
#define OKNG_CLI_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "store/store.h"

#define OKNG_SUMMARY_REASONS 64
#define OKNG_SUMMARY_KINDS 32

struct okng_summary_kind {
	char name[24];
	uint64_t injected;
	uint64_t caught;  /* their part was not called OK */
	uint64_t located; /* and the worst defect's box touches theirs */
};

struct okng_summary {
	uint64_t parts, verdict[5], reason[OKNG_SUMMARY_REASONS]; /* the last reason gathers those beyond */
	int64_t first_us, last_us;
	uint32_t time_max_us;
	uint64_t time_sum_us;
	uint64_t unknown; /* parts without truth */
	uint64_t good, overkill;
	uint64_t bad, caught, escapes;
	uint64_t injected, injected_caught, injected_located;
	struct okng_summary_kind kind[OKNG_SUMMARY_KINDS];
	int n_kinds; /* kinds beyond the maximum are in injected only */
};

/* A zeroed summary is an empty one. Truth is "good" or "kind@x,y,w,h …"; "" is unknown. */
void okng_summary_add(struct okng_summary *summary, const struct okng_record *record);

void okng_summary_print(FILE *out, const struct okng_summary *summary, bool json);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which parts are recorded, as the station file says it.
 */
#ifndef OKNG_STORE_RECORD_CHOICE_H
#define OKNG_STORE_RECORD_CHOICE_H

#include <stdint.h>

#define OKNG_RECORD_EVERY_MAX 1000000

/* Each bit for itself. */
enum okng_recorded_parts { OKNG_RECORD_NONE = 0, OKNG_RECORD_ALL = 1, OKNG_RECORD_NG = 2 /* all that is not OK */, OKNG_RECORD_FAULT = 4, OKNG_RECORD_EVERY = 8 };

struct okng_record_choice {
	unsigned parts;   /* bits of okng_recorded_parts */
	int64_t every;    /* OKNG_RECORD_EVERY: rows 1, 1 + every, 1 + 2 × every, …; 1 or more */
};

/* "none", "all", "ng", "fault", "every:100", or some of the last with commas. 0, or -EINVAL. */
int okng_record_parse(const char *text, struct okng_record_choice *choice);

#endif

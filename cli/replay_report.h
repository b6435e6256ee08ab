/* SPDX-License-Identifier: Apache-2.0
 *
 * What okng replay prints of a part, and its totals. The JSON is an interface that others script against; keys are only
 * ever added.
 */
#ifndef OKNG_CLI_REPLAY_REPORT_H
#define OKNG_CLI_REPLAY_REPORT_H

#include <stdio.h>

#include "pipeline/inspect.h"
#include "pipeline/verdict.h"
#include "store/recording.h"

enum okng_replay_state {
	OKNG_REPLAY_SAME,     /* with another recipe: the same verdict; else to the last bit */
	OKNG_REPLAY_DIFFERS,  /* the same verdict, but not to the last bit */
	OKNG_REPLAY_CHANGED,  /* another verdict */
	OKNG_REPLAY_UNJUDGED, /* the station's own verdict: nobody looked, or not at all of it */
	OKNG_REPLAY_NO_FRAME, /* and there is nothing to look at */
	OKNG_REPLAY_FAILED,   /* could not be judged now */
	OKNG_REPLAY_STATES
};

/* One frame now. */
struct okng_replay_look {
	bool judged, same;    /* same: to the last bit */
	bool has_lens;
	struct okng_brown lens; /* that it was judged through, where has_lens */
	struct okng_result result;
};

struct okng_replay_part {
	const struct okng_recorded_part *part;
	enum okng_replay_state state;
	enum okng_verdict now; /* OKNG_NONE: not judged now */
	enum okng_reason reason;
	int decides;           /* frame whose look is the verdict now */
	struct okng_replay_look *look; /* of each frame */
};

struct okng_replay_report {
	FILE *out;
	bool json, changed_only, other_recipe;
	uint64_t parts, printed, state[OKNG_REPLAY_STATES];
	uint64_t moved[OKNG_FAULT + 1][OKNG_FAULT + 1]; /* then, now: of those judged both times */
};

void okng_replay_report_part(struct okng_replay_report *report, const struct okng_replay_part *part);
void okng_replay_report_total(const struct okng_replay_report *report, const struct okng_recording_notes *notes);

#endif

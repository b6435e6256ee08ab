/* SPDX-License-Identifier: Apache-2.0
 *
 * Judging a recorded frame again: with what it was judged with then, or with another recipe. Inspectors are kept, as parts
 * of several cameras and recipes take turns.
 */
#ifndef OKNG_CLI_REPLAY_H
#define OKNG_CLI_REPLAY_H

#include "cli/taught.h"
#include "pipeline/inspect.h"
#include "store/recording.h"

#define OKNG_REPLAY_JUDGES 8 /* one for each camera of a station */

struct okng_replay_judge {
	char key[640];           /* "" free */
	int32_t width, height;
	int rc;                  /* negative: it cannot be opened, which was said */
	struct okng_taught taught;
	struct okng_inspector *inspector;
	struct okng_tunable tunable[OKNG_TUNABLES_MAX];
	uint64_t used;           /* when last, in frames */
};

struct okng_replayer {
	const struct okng_recording *recording;
	const char *recipe;      /* another one; NULL: each frame's own, with the limits then in force */
	const char *flat, *calib; /* with recipe: another flat field, lens profile; NULL: the recorded one */
	const struct okng_brown *lens; /* that the last frame was judged through, NULL: none; until the next call */
	uint64_t frames;
	struct okng_replay_judge judge[OKNG_REPLAY_JUDGES];
};

/* Judges the frame. 0 with *result and *recipe (valid until the next call); -ENODATA the frame is incomplete, as it was then;
 * negative errno: it cannot be judged; the reason was said once for each setup. */
int okng_replayer_look(struct okng_replayer *replayer, const struct okng_recorded_frame *frame, struct okng_result *result,
	const struct okng_recipe **recipe);

void okng_replayer_close(struct okng_replayer *replayer);

#endif

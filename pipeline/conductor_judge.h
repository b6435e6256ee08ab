/* SPDX-License-Identifier: Apache-2.0
 *
 * What a finding is, by the taught forest: class, score and the words that say why. Reads the chunk that
 * okng_conductor_teacher_learn made.
 */
#ifndef OKNG_PIPELINE_CONDUCTOR_JUDGE_H
#define OKNG_PIPELINE_CONDUCTOR_JUDGE_H

#include "pipeline/conductor.h"
#include "pipeline/error.h"

#define OKNG_CONDUCTOR_CLASSES_MAX 15

struct okng_conductor_judge;

/* 0; -EINVAL with *err (damaged, or other features); -ENOMEM. */
int okng_conductor_judge_parse(struct okng_conductor_judge **judge, const void *bytes, size_t size, const char *name,
	struct okng_error *err);
void okng_conductor_judge_close(struct okng_conductor_judge **judge);

/* Class number of the likeliest defect, and a score of 0 to 1: at 0.5 and above a defect is likelier than none, and the
 * surer its class, the higher. why: at least 40 bytes, NULL: not asked for. No heap. */
int okng_conductor_judge_run(const struct okng_conductor_judge *judge, const struct okng_conductor_finding *finding, float *score,
	char *why, size_t size);

#endif

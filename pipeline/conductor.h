/* SPDX-License-Identifier: Apache-2.0
 *
 * Bare boards, flexible prints and lead frames against a golden image, as patterns of conductor and ground: what is
 * missing and what is added beyond the wobble of outlines, each with features that say what it does to the conductors
 * (cuts, joins, pierces, adds). The tool conductor decides by them, okng learn --pairs teaches by them.
 */
#ifndef OKNG_PIPELINE_CONDUCTOR_H
#define OKNG_PIPELINE_CONDUCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/image.h"

#define OKNG_CONDUCTOR_FINDINGS_MAX 1024 /* of one part; with more it is no part of this kind */

enum okng_conductor_feature {
#define FEATURE(name, text) OKNG_CONDUCTOR_##name,
#include "pipeline/conductor_feature.def"
#undef FEATURE
	OKNG_CONDUCTOR_FEATURES
};

/* "relative_depth"; NULL past the end. Static. */
const char *okng_conductor_feature_name(int feature);

/* A number that changes when a feature is added or renamed: okng_trees_learn's kind. */
uint32_t okng_conductor_feature_kind(void);

struct okng_conductor_setup {
	int threshold; /* 1 to 255 grey levels */
	bool dark;     /* conductor is darker than the threshold; else brighter */
	int search;    /* 0 to 16: ± pixels of the global shift */
	int margin;    /* 0 to 64: pixels around a defect that its box has, too */
	int least_box; /* 1 to 256: a box has at least this side, pixels */
};

struct okng_conductor_finding {
	struct okng_rect box; /* with margin, clipped to the image */
	struct okng_rect tight;
	int32_t feature[OKNG_CONDUCTOR_FEATURES];
};

struct okng_conductor;

/* All memory for images of this size; belongs to one thread. 0, -ENOMEM. */
int okng_conductor_open(struct okng_conductor **conductor, const struct okng_conductor_setup *setup, int32_t width, int32_t height);
void okng_conductor_close(struct okng_conductor **conductor);

/* The golden image (MONO8 of the size of open) that parts are compared with from now on. No heap. */
void okng_conductor_golden(struct okng_conductor *conductor, const struct okng_image *golden);

/* Looks at a part (MONO8 of that size). Number of findings; -ENOENT: it could not be aligned with the golden image;
 * -EOVERFLOW: more than OKNG_CONDUCTOR_FINDINGS_MAX. No heap. */
int okng_conductor_run(struct okng_conductor *conductor, const struct okng_image *part);

/* The i-th finding of the last run; stays until the next. */
const struct okng_conductor_finding *okng_conductor_finding(const struct okng_conductor *conductor, int i);

/* Of the last run: how well the patterns fit, differing pixels over pixels of golden outline, in 1/1000. */
int32_t okng_conductor_misfit(const struct okng_conductor *conductor);

#endif

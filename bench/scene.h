/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture that is inspected: a made-up board of any size, its pads, tracks and prints placed by a hash, seen at a
 * known pose through a lens that darkens the corners, with noise and a known number of defects. The same numbers give
 * the same pixels; the truth is known, so that what is timed can be checked.
 */
#ifndef OKNG_BENCH_SCENE_H
#define OKNG_BENCH_SCENE_H

#include "pipeline/correct.h"
#include "pipeline/image.h"
#include "pipeline/verdict.h"

struct okng_bench_view {
	int32_t width, height;
	struct okng_pose pose; /* of the frame; the score is not used */
	int blobs;             /* defects, bright and dark in turn, at least 4 pixels of the part apart and 20 in area */
	bool shaded;           /* the frame needs its flat field */
	uint32_t seed;         /* of the noise */
};

struct okng_bench_scene {
	struct okng_bench_view view;
	struct okng_image golden; /* the part itself, MONO8: straight, evenly lit, no noise, no defect */
	struct okng_image frame;  /* MONO8 */
	struct okng_flat flat;    /* what makes the frame even; dark 0 and gain 1 where it is not shaded */
};

/* The most defects that a picture of this size has room for. */
int okng_bench_scene_room(int32_t width, int32_t height);

/* The part of the picture that holds defect i, at least 3 pixels from its edge, when the part is straight; the regions of
 * different defects do not overlap. */
struct okng_rect okng_bench_scene_region(const struct okng_bench_view *view, int i);

/* Draws everything. 0; -EINVAL (size, more blobs than room); -ENOMEM. finish accepts a zeroed scene. */
int okng_bench_scene_init(struct okng_bench_scene *scene, const struct okng_bench_view *view);
void okng_bench_scene_finish(struct okng_bench_scene *scene);

#endif

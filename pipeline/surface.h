/* SPDX-License-Identifier: Apache-2.0
 *
 * Surfaces without a fixed pattern: how unlike any good patch a patch is. Taught from good parts only, as a memory of
 * good patches searched for the nearest one (Roth and others, "Towards Total Recall in Industrial Anomaly Detection",
 * 2022), with a small fixed filter bank (surface_features.h) in the place of a network. The limit comes from the good
 * parts: each is looked at with the memory of the others, a Gumbel distribution is fitted by its moments to their worst
 * patches, and about one good part in 1000 lies beyond the limit.
 */
#ifndef OKNG_PIPELINE_SURFACE_H
#define OKNG_PIPELINE_SURFACE_H

#include "pipeline/error.h"
#include "pipeline/recipe.h"

struct okng_surface_teacher;
struct okng_surface;

/* A teacher of one tool, which must outlive it. 0, -ENOMEM. */
int okng_surface_teacher_open(struct okng_surface_teacher **teacher, const struct okng_tool *tool);

/* Adds a good part (MONO8); sizes may differ. spans: per row [x0, x1) inside the frame, NULL: all. 0; -EINVAL when a
 * region or margin leaves no room for a patch; -EDOM when too much lies outside the frame; -EOVERFLOW when no more
 * patches can be kept; -ENOMEM. After a failure the part is left out. */
int okng_surface_teacher_add(struct okng_surface_teacher *teacher, const struct okng_image *img, const int32_t (*spans)[2]);

/* What was taught, as bytes that the caller frees: the same for the same parts in the same order. Takes time in
 * proportion to the patches' number squared. 0; -ENODATA with fewer than two parts; -ENOMEM. */
int okng_surface_teacher_bytes(const struct okng_surface_teacher *teacher, uint8_t **bytes, size_t *size);

void okng_surface_teacher_close(struct okng_surface_teacher **teacher);

/* Opens what was taught for images of one size; nothing of the arguments is kept. 0; -EINVAL with *err (damaged,
 * taught with another patch or margin, no room for a patch); -ENOMEM. */
int okng_surface_open(struct okng_surface **surface, const struct okng_tool *tool, const uint8_t *bytes, size_t size, int32_t width,
	int32_t height, struct okng_error *err);

/* The limit from the next run on, in times what the good parts taught. */
void okng_surface_tune(struct okng_surface *surface, double unlike);

/* Looks at an image (MONO8, of the opened size; spans as above). Calls each for every unlike patch, and always for the
 * most unlike one, with box, area, score (distance / (distance + limit), 0.5 at the limit) and why. Number of calls;
 * -EDOM as above. No heap calls. */
int okng_surface_run(struct okng_surface *surface, const struct okng_image *img, const int32_t (*spans)[2],
	void (*each)(void *user, const struct okng_defect *defect), void *user);

/* Of the last run: for each cell of 8 × 8 pixels how unlike the most unlike patch around it is, in 1/256 of the limit
 * (65535: that or more). [rows × columns], owned by surface. */
const uint16_t *okng_surface_map(const struct okng_surface *surface, int32_t *columns, int32_t *rows);

void okng_surface_close(struct okng_surface **surface);

#endif

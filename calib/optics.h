/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of one camera's calibration, loaded together as what the inspector takes.
 */
#ifndef OKNG_CALIB_OPTICS_H
#define OKNG_CALIB_OPTICS_H

#include "pipeline/optics.h"

struct okng_calibration {
	bool has_flat, has_lens, has_plane;
	struct okng_flat flat;
	struct okng_brown lens;
	struct okng_plane plane;
};

/* Flat field file and lens profile, NULL or "": none. serial (NULL or "": not known) and, where width is not 0, size are the
 * camera's. 0; negative errno with *err, *calibration empty: a file that is missing or damaged, or a profile of another camera
 * or size (okng_profile_match). */
int okng_calibration_load(struct okng_calibration *calibration, const char *flat, const char *profile, const char *serial,
	int32_t width, int32_t height, struct okng_error *err);

/* Points into *calibration. */
struct okng_optics okng_calibration_optics(const struct okng_calibration *calibration);

void okng_calibration_finish(struct okng_calibration *calibration);

#endif

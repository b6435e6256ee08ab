/* SPDX-License-Identifier: Apache-2.0
 *
 * What changes slowly: brightness, sharpness and place of the parts that one camera sees, averaged over many, against what was
 * taught. Pure; said before good parts are rejected for it.
 */
#ifndef OKNG_DAEMON_DRIFT_H
#define OKNG_DAEMON_DRIFT_H

#include <stddef.h>

#include "pipeline/recipe.h"

/* All zero: nothing seen yet. */
struct okng_drift {
	struct okng_drift_mean {
		double mean;
		int n; /* that it is of, at most recipe.drift.parts */
	} light, sharpness, x, y, angle;
	bool shown;   /* IMAGE_DRIFT */
};

/* Takes one result. true when it begins or ends to drift: why gets a sentence for the log. */
bool okng_drift_take(struct okng_drift *drift, const struct okng_recipe *recipe, const struct okng_result *result, char *why, size_t size);

#endif

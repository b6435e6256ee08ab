/* SPDX-License-Identifier: Apache-2.0
 *
 * Means with a window that grows to the recipe's number of parts and then slides (exponentially): one odd part moves them
 * little, and what ends needs a fifth less to be over, so that it does not flicker.
 */
#include "daemon/drift.h"

#include <math.h>
#include <stdio.h>

#define ENOUGH 10 /* parts before anything is said, or all that the average spans */
#define OVER 0.8

static void take(struct okng_drift_mean *m, double value, int window)
{
	if (m->n < window)
		m->n++;
	m->mean += (value - m->mean) / m->n;
}

/* How far beyond its limit, 1 at it; 0: not watched, or too few parts. */
static double reached(const struct okng_drift_mean *m, int window, double distance, double limit)
{
	int enough = window < ENOUGH ? window : ENOUGH;
	return limit > 0 && m->n >= enough ? distance / limit : 0;
}

static double further(double a, double b)
{
	return a > b ? a : b;
}

bool okng_drift_take(struct okng_drift *d, const struct okng_recipe *recipe, const struct okng_result *r, char *why, size_t size)
{
	int window = recipe->drift.parts;
	double search = recipe->locate.search * recipe->drift.position, turn = recipe->locate.angle * recipe->drift.position;
	if (r->light > 0)
		take(&d->light, r->light, window);
	if (r->sharpness > 0)
		take(&d->sharpness, r->sharpness, window);
	if (r->found) {
		take(&d->x, r->pose.dx, window);
		take(&d->y, r->pose.dy, window);
		take(&d->angle, r->pose.angle, window);
	}
	double light = reached(&d->light, window, fabs(d->light.mean - 1), recipe->drift.light);
	double blur = reached(&d->sharpness, window, 1 - d->sharpness.mean, recipe->drift.sharpness > 0 ? 1 - recipe->drift.sharpness : 0);
	double place = further(reached(&d->x, window, fabs(d->x.mean), search), reached(&d->y, window, fabs(d->y.mean), search));
	place = further(place, reached(&d->angle, window, fabs(d->angle.mean), turn));
	double most = further(light, further(blur, place));
	if (d->shown ? most >= OVER : most < 1)
		return false;
	d->shown = !d->shown;
	if (!d->shown)
		snprintf(why, size, "light, sharpness and place are again as they were taught");
	else if (light >= 1)
		snprintf(why, size, "the light is %.1f %% %s than taught, over the last parts: see to lamp, aperture and exposure before good parts are rejected",
			100 * fabs(d->light.mean - 1), d->light.mean < 1 ? "less" : "more");
	else if (blur >= 1)
		snprintf(why, size, "the picture has %.0f %% of the sharpness that was taught, over the last parts: see to focus and glass before good parts are rejected",
			100 * d->sharpness.mean);
	else
		snprintf(why, size, "parts lie %.1f, %.1f pixels and %.2f degrees off on average: see to fixture and camera mount before they are not found",
			d->x.mean, d->y.mean, d->angle.mean);
	return true;
}

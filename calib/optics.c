/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files say, checked against the camera before anything is opened with it.
 */
#include "calib/optics.h"

#include <errno.h>
#include <string.h>

#include "calib/flat.h"
#include "calib/profile.h"

static int load_profile(struct okng_calibration *c, const char *path, const char *serial, int32_t width, int32_t height,
	struct okng_error *err)
{
	struct okng_profile profile;
	int rc = okng_profile_load(&profile, path, err);
	if (rc)
		return rc;
	rc = okng_profile_match(&profile, serial, width ? width : profile.lens.width, height ? height : profile.lens.height, err);
	if (rc == 0 && profile.has_lens)
		rc = okng_brown_init(&c->lens, profile.lens.width, profile.lens.height, profile.lens.param, err);
	if (rc && err && !*err->file)
		strncat(err->file, path, sizeof err->file - 1);
	if (rc)
		return rc;
	c->has_lens = profile.has_lens;
	c->has_plane = profile.has_planar;
	if (profile.has_planar)
		c->plane = okng_profile_plane(&profile);
	return 0;
}

int okng_calibration_load(struct okng_calibration *c, const char *flat, const char *profile, const char *serial,
	int32_t width, int32_t height, struct okng_error *err)
{
	memset(c, 0, sizeof *c);
	int rc = flat && *flat ? okng_flat_load(&c->flat, flat, err) : 0;
	c->has_flat = rc == 0 && flat && *flat;
	if (rc == 0 && profile && *profile)
		rc = load_profile(c, profile, serial, width, height, err);
	if (rc)
		okng_calibration_finish(c);
	return rc;
}

struct okng_optics okng_calibration_optics(const struct okng_calibration *c)
{
	return (struct okng_optics){.flat = c->has_flat ? &c->flat : NULL, .lens = c->has_lens ? &c->lens : NULL,
		.plane = c->has_plane ? &c->plane : NULL};
}

void okng_calibration_finish(struct okng_calibration *c)
{
	okng_flat_finish(&c->flat);
	memset(c, 0, sizeof *c);
}

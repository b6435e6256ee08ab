/* SPDX-License-Identifier: Apache-2.0
 *
 * In place of source_aravis.c and aravis_*.c when the build has no Aravis: says so instead of failing to build.
 */
#include <errno.h>

#include "camera/discover.h"
#include "camera/source.h"

static int refuse(struct okng_error *err)
{
	return okng_error_set(err, -ENOSYS, "", 0, "camera.type", "this okng was built without GigE Vision and USB3 Vision: build it with "
		"libaravis-dev installed (meson setup -Daravis=enabled)");
}

int okng_camera_discover(struct okng_camera_found *found, int max, struct okng_error *err)
{
	(void)found;
	(void)max;
	return refuse(err);
}

static int none_open(void **live, const struct okng_camera_params *params, int ready_fd, int32_t *width, int32_t *height, struct okng_error *err)
{
	(void)params;
	(void)ready_fd;
	*live = NULL;
	*width = *height = 0;
	return refuse(err);
}

/* open is all that is ever called. */
const struct okng_live_ops okng_live_aravis = {.open = none_open};

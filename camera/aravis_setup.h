/* SPDX-License-Identifier: Apache-2.0
 *
 * A camera found, opened and set up as the station file says. Everything is set at every connection, because a camera
 * keeps what its last client set, and read back, because a camera rounds, ignores or refuses. Only the files aravis_*.c and
 * source_aravis.c include this.
 */
#ifndef OKNG_CAMERA_ARAVIS_SETUP_H
#define OKNG_CAMERA_ARAVIS_SETUP_H

#include <arv.h>

#include "camera/aravis_pixels.h"
#include "camera/camera.h"

/* How its exposures begin. */
enum okng_aravis_mode { OKNG_ARAVIS_SOFTWARE, OKNG_ARAVIS_LINE, OKNG_ARAVIS_FREE };

static inline enum okng_aravis_mode okng_aravis_mode(const struct okng_camera_params *params)
{
	return *params->aravis.trigger_line ? OKNG_ARAVIS_LINE : params->rate > 0 ? OKNG_ARAVIS_FREE : OKNG_ARAVIS_SOFTWARE;
}

/* What the camera will send. */
struct okng_aravis_shape {
	const struct okng_aravis_format *format;
	int variant;    /* index into its codes */
	uint32_t code;  /* that one */
	int32_t width, height;
	size_t payload; /* bytes of a buffer */
};

/* Finds the camera by serial number, address or name, and opens it as the one in control of it. 0; -ENODEV not there;
 * -EEXIST several could be meant; -EBUSY another program controls it; other negative errno. */
int okng_aravis_connect(ArvCamera **camera, const char *id, struct okng_error *err);

/* True for a camera that a program plays. */
bool okng_aravis_is_played(ArvCamera *camera);

/* Its serial number, "" when it tells none. */
void okng_aravis_serial(ArvCamera *camera, char *text, size_t size);

/* Sets and reads back. 0; -EINVAL the camera cannot do or did not take what err->key says; -EIO it does not answer. */
int okng_aravis_setup(ArvCamera *camera, const struct okng_camera_params *params, struct okng_aravis_shape *shape, struct okng_error *err);

/* "Name=Value" set and read back; the same errors, key camera.aravis.features. */
int okng_aravis_set_feature(ArvDevice *device, const char *assignment, struct okng_error *err);

/* What Aravis said, as an error of ours; clears it. -EIO when the camera did not answer, else -EINVAL. */
int okng_aravis_refuse(struct okng_error *err, const char *key, const char *what, GError **error);

#endif

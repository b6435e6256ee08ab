/* SPDX-License-Identifier: Apache-2.0
 *
 * See station_camera.h.
 */
#include "cli/station_camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"
#include "config/config.h"

int okng_station_camera(struct okng_camera_params *camera, const char *path, const char *name)
{
	struct okng_config_errors *errors = calloc(1, sizeof(*errors));
	struct okng_station_config *station = calloc(1, sizeof(*station));
	int rc = errors && station ? okng_config_load_station(station, path, errors) : -ENOMEM;
	int i = 0;

	if (rc && errors)
		okng_say_config_errors(errors);
	while (!rc && name && i < station->n_views && strcmp(station->view[i].camera.name, name))
		i++;
	if (!rc && i < station->n_views) {
		*camera = station->view[i].camera;
	} else if (!rc) {
		okng_say("%s: no camera has the name \"%s\"; the first is \"%s\"", path, name, station->view[0].camera.name);
		rc = -ENOENT;
	}
	free(station);
	free(errors);
	return rc;
}

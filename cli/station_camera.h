/* SPDX-License-Identifier: Apache-2.0
 *
 * Which camera a command means: one of those in a station file.
 */
#ifndef OKNG_CLI_STATION_CAMERA_H
#define OKNG_CLI_STATION_CAMERA_H

#include "camera/params.h"

/* The camera of that name in the station file at path; name NULL: the first. 0, or a negative errno after saying why. */
int okng_station_camera(struct okng_camera_params *camera, const char *path, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The cameras that can be reached from here.
 */
#ifndef OKNG_CAMERA_DISCOVER_H
#define OKNG_CAMERA_DISCOVER_H

#include <stdbool.h>

#include "pipeline/error.h"

struct okng_camera_found {
	char id[96];       /* for camera.aravis.id or camera.v4l2.id, as are serial and address */
	char vendor[64], model[64], serial[64];
	char address[64];  /* IP address, or what USB or the driver says of its place */
	char protocol[24]; /* "GigEVision", "USB3Vision", "V4L2" */
};

/* Asks on every network interface and USB, which takes about a second. Returns how many there are, of which at most max
 * are in found; -ENOSYS with *err: this build has no Aravis. Thread-safe. */
int okng_camera_discover(struct okng_camera_found *found, int max, struct okng_error *err);

/* Those with a V4L2 driver that give pictures, by asking every video device file. id is a path that stays (below
 * /dev/v4l) where there is one. Returns how many there are, of which at most max are in found. Thread-safe. */
int okng_camera_discover_v4l2(struct okng_camera_found *found, int max);

/* The same below another root folder, for tests. */
int okng_camera_discover_v4l2_at(const char *root, struct okng_camera_found *found, int max);

#endif

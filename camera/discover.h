/* SPDX-License-Identifier: Apache-2.0
 *
 * The cameras that can be reached from here.
 */
#ifndef OKNG_CAMERA_DISCOVER_H
#define OKNG_CAMERA_DISCOVER_H

#include <stdbool.h>

#include "pipeline/error.h"

struct okng_camera_found {
	char id[96];       /* for camera.aravis.id, as are serial and address */
	char vendor[64], model[64], serial[64];
	char address[64];  /* IP address, or what USB says */
	char protocol[24]; /* "GigEVision", "USB3Vision" */
};

/* Asks on every network interface and USB, which takes about a second. Returns how many there are, of which at most max
 * are in found; -ENOSYS with *err: this build has no Aravis. Thread-safe. */
int okng_camera_discover(struct okng_camera_found *found, int max, struct okng_error *err);

#endif

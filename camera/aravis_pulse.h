/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a GigE Vision camera still lives, asked on a socket of our own: Aravis asks each second and gives up after
 * five, and its calls wait seconds for a dead camera. A reading of the register that says who controls the camera is
 * allowed to everyone (GigE Vision 1.2, 14.2 READREG, 28.33 CCP), answered in less than a millisecond, and tells a
 * camera that was restarted in between, which has forgotten us.
 */
#ifndef OKNG_CAMERA_ARAVIS_PULSE_H
#define OKNG_CAMERA_ARAVIS_PULSE_H

#include <netinet/in.h>

struct okng_aravis_pulse;

/* Starts a thread that asks four times in lost_ms or more often; lost is called once, from it, when the camera has not answered for
 * lost_ms or is not controlled by anyone. Silent from the beginning, it is left alone: some firewall drops our port.
 * 0 or negative errno. */
int okng_aravis_pulse_open(struct okng_aravis_pulse **pulse, const struct sockaddr_in *camera, const struct sockaddr_in *host,
	int lost_ms, void (*lost)(void *user, const char *why), void *user);

/* Joins it; lost is not called any more. */
void okng_aravis_pulse_close(struct okng_aravis_pulse **pulse);

#endif

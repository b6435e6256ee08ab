/* SPDX-License-Identifier: Apache-2.0
 *
 * A GigE Vision camera in a process of its own, Aravis's, on the loopback of a network namespace of the test's own: it
 * can be killed, stopped and started again, and loses packets when told to. Every pixel of its frame n is n % 251, so
 * that bytes of another frame are seen.
 */
#ifndef OKNG_TESTS_CAMERA_GIGE_H
#define OKNG_TESTS_CAMERA_GIGE_H

#include <stdbool.h>
#include <sys/types.h>

#define GIGE_SERIAL "T1"
#define GIGE_NAME "Aravis-Fake-T1"

/* Gives this process a network with nothing but lo. Before any thread starts. False: not allowed here. */
bool gige_alone(void);

/* Starts the camera, which loses lost of 1000 packets; returns when it answers. */
pid_t gige_start(int lost);

/* kill -9, and waits for its end. */
void gige_kill(pid_t *camera);

#endif

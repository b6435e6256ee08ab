/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps a machine from being a good station, each with the command that puts it right. The checks of the system read
 * files below a root, so that tests can make up a machine.
 */
#ifndef OKNG_CLI_DOCTOR_H
#define OKNG_CLI_DOCTOR_H

#include "config/config.h"

enum okng_health { OKNG_HEALTH_OK, OKNG_HEALTH_WARN /* it will do, but not well */, OKNG_HEALTH_FAIL };

struct okng_symptom {
	enum okng_health health;
	char what[24];
	char text[320];
	char cure[320]; /* a command, or ""; nothing to cure */
};

#define OKNG_SYMPTOMS_MAX 128

struct okng_doctor {
	const char *root; /* "" : this machine's */
	int n;            /* more than fit are left out */
	struct okng_symptom symptom[OKNG_SYMPTOMS_MAX];
};

void okng_doctor_say(struct okng_doctor *doctor, enum okng_health health, const char *what, const char *cure, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Processor, clock, network, USB, limits: as the cameras of these stations need them. */
void okng_doctor_system(struct okng_doctor *doctor, const struct okng_machine_config *machine);

/* Room and speed where a station keeps its record; writes a file there and removes it. */
void okng_doctor_disk(struct okng_doctor *doctor, const struct okng_station_config *station);

/* Recipes, models and cameras of a station. */
void okng_doctor_station(struct okng_doctor *doctor, const struct okng_station_config *station, const char *file);

/* Whether the registers can be served, or okngd does already. */
void okng_doctor_port(struct okng_doctor *doctor, const struct okng_plc_params *plc);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The station: trigger, frame, verdict, registers, record. One thread owns every part from its trigger to its
 * publication and is the only place where a verdict becomes registers; the camera thread, the workers and the PLC link
 * meet it in bounded rings. Every accepted trigger gets exactly one result, in order, at its deadline at the latest.
 */
#ifndef OKNG_DAEMON_STATION_H
#define OKNG_DAEMON_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/judging.h"
#include "plc/plc.h"

struct okng_station;

/* What the station asks of the main thread, because it reads files. */
struct okng_station_command {
	uint16_t code, id;
	uint32_t args;
	uint32_t generation;       /* of the judging that was in force */
	struct okng_tuning tuning; /* its limits in force */
};

struct okng_station_totals {
	uint64_t parts, ok, ng, review, fault;
	uint64_t beats;   /* counts up while the workers answer */
	bool finished;    /* parts_wanted were published */
	bool idle;        /* nothing under way */
};

/* Opens camera, store and PLC link and starts the threads; recipe errors are logged and leave the station in its error
 * state (FAULT 24). main_bell is rung when a command waits or the station finished. parts_wanted 0: no end.
 * 0, or negative errno, logged. Main thread, as all below. */
int okng_station_open(struct okng_station **station, const struct okng_station_config *config, const char *station_file,
	int main_bell, uint64_t parts_wanted, bool show);


int okng_station_links(const struct okng_station *station, struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1]); /* how many */

/* The next command, false: none. Answer with okng_station_command_done. */
bool okng_station_command(struct okng_station *station, struct okng_station_command *command);
void okng_station_command_done(struct okng_station *station, const struct okng_station_command *command, int err);

/* What is in force. */
const struct okng_station_config *okng_station_config(const struct okng_station *station);
const struct okng_judging *okng_station_judging(const struct okng_station *station); /* NULL: none */

/* Loads recipe name with config (what needs a restart is kept as it was) and swaps it in; on failure the old one stays. */
int okng_station_load(struct okng_station *station, const struct okng_station_config *config, const char *name);

void okng_station_totals(struct okng_station *station, struct okng_station_totals *totals);

/* Takes no further trigger; what is under way ends as it would. */
void okng_station_drain(struct okng_station *station);

/* Ends the threads, flushes the record. */
void okng_station_close(struct okng_station **station);

#endif

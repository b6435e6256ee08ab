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

/* PLC link → station, in the order of events. */
struct okng_station_event {
	enum {
		OKNG_STATION_TRIGGER, OKNG_STATION_COMMAND, OKNG_STATION_OFFLINE, OKNG_STATION_RESET, OKNG_STATION_CLEAR, OKNG_STATION_LIMITS,
	} kind;
	struct okng_plc_trigger trigger;
	struct okng_station_command command; /* of limits: generation and tuning */
	int offline;
};

/* Opens camera, store and recipe; recipe errors are logged and leave the station in its error state (FAULT 24). subject:
 * what its log lines begin with. main_bell is rung when a command waits or the station finished. parts_wanted 0: no end.
 * 0, or negative errno, logged. Main thread, as all below. */
int okng_station_open(struct okng_station **station, const struct okng_station_config *config, const char *station_file,
	const char *subject, int main_bell, uint64_t parts_wanted, bool show);

/* Starts the threads. plc (NULL: none) must live until okng_station_stop; unit: ours of it. 0, or negative errno, logged. */
int okng_station_start(struct okng_station *station, struct okng_plc *plc, int unit);

/* From the link's threads, one at a time, also before the start. 0; -EAGAIN: limits that cannot be taken now. */
int okng_station_link_event(struct okng_station *station, const struct okng_station_event *event);

/* The next command, false: none. Answer with okng_station_command_done. */
bool okng_station_command(struct okng_station *station, struct okng_station_command *command);
void okng_station_command_done(struct okng_station *station, const struct okng_station_command *command, int err);

/* What is in force. */
const struct okng_station_config *okng_station_config(const struct okng_station *station);
const struct okng_judging *okng_station_judging(const struct okng_station *station); /* NULL: none */

/* Recipe name with config, as okng_judging_open; what needs a restart is kept as it was. */
int okng_station_prepare(const struct okng_station *station, const struct okng_station_config *config, const char *name,
	struct okng_judging **judging);
/* Puts it in force; takes *judging whatever comes. 0; -EAGAIN: the station does not keep up, the old one stays. */
int okng_station_swap(struct okng_station *station, const struct okng_station_config *config, const char *name,
	struct okng_judging **judging);

void okng_station_totals(struct okng_station *station, struct okng_station_totals *totals);

/* Takes no further trigger; what is under way ends as it would. */
void okng_station_drain(struct okng_station *station);

/* Ends the threads that use the link. */
void okng_station_stop(struct okng_station *station);

/* Stops, flushes the record. The link must be closed: its threads would tell us. */
void okng_station_close(struct okng_station **station);

#endif

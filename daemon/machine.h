/* SPDX-License-Identifier: Apache-2.0
 *
 * All that one okngd runs: its stations and the PLC link they share, one unit id each. Main thread, but for what the
 * link's threads bring.
 */
#ifndef OKNG_DAEMON_MACHINE_H
#define OKNG_DAEMON_MACHINE_H

#include "config/config.h"
#include "daemon/station.h"

struct okng_machine;

/* Opens and starts every station of config, then the link. bell is rung when a command waits or a station finished.
 * parts_wanted: of each station, 0: no end. 0, or negative errno, logged. */
int okng_machine_open(struct okng_machine **machine, const struct okng_machine_config *config, int bell, uint64_t parts_wanted, bool show);

int okng_machine_stations(const struct okng_machine *machine, struct okng_station *stations[OKNG_STATIONS_MAX]); /* how many */
int okng_machine_links(const struct okng_machine *machine, struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1]);  /* how many */

/* Of all stations: counts are sums, beats those of the slowest, finished and idle when all are. */
void okng_machine_totals(const struct okng_machine *machine, struct okng_station_totals *totals);

/* No station takes a further trigger. */
void okng_machine_drain(struct okng_machine *machine);

void okng_machine_close(struct okng_machine **machine);

#endif

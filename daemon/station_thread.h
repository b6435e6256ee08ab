/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of the station thread, between station.c, which is it, and station_open.c, which starts and ends it.
 */
#ifndef OKNG_DAEMON_STATION_THREAD_H
#define OKNG_DAEMON_STATION_THREAD_H

void *okng_station_thread(void *station);

#endif

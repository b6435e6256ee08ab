/* SPDX-License-Identifier: Apache-2.0
 *
 * A station for the server's tests: a real okng_plc on a free port of the loopback, whose triggers and commands are
 * answered in order by a thread of its own, as the daemon does.
 */
#ifndef OKNG_TESTS_PLC_STATION_H
#define OKNG_TESTS_PLC_STATION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "plc/plc.h"

#define STATION_UNITS 2
#define STATION_ROOM 1024

struct station_item {
	int unit;
	bool is_command;
	struct okng_plc_trigger trigger;
	uint16_t id;
};

struct station {
	struct okng_plc *plc;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct station_item items[STATION_ROOM];
	unsigned head, tail;
	bool quit, hold; /* hold: nothing is answered */
	uint16_t seq[STATION_UNITS];
	unsigned accepted, refused, commands, published, logged;
	char last_log[256];
	char log[64][256]; /* the latest, at logged % 64 */
};

/* Every line of the log goes there, too. Before station_open. */
void station_log_to(FILE *out);
/* Returns when that line, or a part of it, has been logged n times in all. */
void station_await_log(struct station *s, const char *part, unsigned n);

/* Parameters that suit a test: loopback, any port, 8 connections. */
struct okng_plc_params station_params(void);
/* Handlers of no station, for an open that must fail. */
const struct okng_plc_handlers *station_handlers(void);
void station_open(struct station *s, const struct okng_plc_params *params);
void station_close(struct station *s);
/* A result of a hardware trigger, in order with the others. */
void station_publish(struct station *s, int unit, uint16_t verdict);
void station_hold(struct station *s, bool hold);
unsigned station_count(struct station *s, const unsigned *counter);

#endif

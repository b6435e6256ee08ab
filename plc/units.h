/* SPDX-License-Identifier: Apache-2.0
 *
 * The stations behind a link: one handshake each, one lock around all. Every transport hands its requests here, and the
 * station its news, so that both see whole states only. Also here: who may write (rule 8), and the log with its limit.
 */
#ifndef OKNG_PLC_UNITS_H
#define OKNG_PLC_UNITS_H

#include <pthread.h>

#include "plc/handshake.h"
#include "plc/limits.h"
#include "plc/pdu.h"

struct okng_units_peer {
	uint64_t id;      /* never 0, never used twice */
	bool may_write;   /* by write_allow; else exception 1, as Modbus Security answers the unauthorized */
	const char *name; /* for the log */
};

struct okng_unit {
	struct okng_handshake handshake;
	uint64_t writer; /* peer id, 0 none */
	int64_t writer_ms; /* its last request */
	bool lost_told;
	struct okng_limits limits;
	unsigned wrong_results; /* breaches by the station, told by the next okng_units_tick */
};

struct okng_units {
	pthread_mutex_t lock;
	struct okng_plc_handlers handlers;
	int64_t writer_silence_ms; /* 0: the place is kept until the writer disconnects */
	int wake_fd;               /* eventfd of the thread which ticks, or -1 */
	int64_t log_second;
	unsigned log_lines, log_left_out;
	int64_t moves_second;
	int moves; /* of limits, in that second */
	int n;
	struct okng_unit unit[];
};

int64_t okng_units_now_ms(void); /* monotonic */

struct okng_units *okng_units_open(int n, enum okng_word_order order, int writer_s, const struct okng_plc_handlers *handlers);
void okng_units_close(struct okng_units **units);

/* From the station, any thread. */
void okng_units_event(struct okng_units *u, int unit, struct okng_handshake_event *event);

void okng_units_limits(struct okng_units *u, int unit, uint32_t generation, const struct okng_plc_limit *limits, int n);

/* From a transport's thread. number is the Modbus unit id. The answer's size, or -EPROTO for a malformed request. */
int okng_units_request(struct okng_units *u, const struct okng_units_peer *peer, uint8_t number, const uint8_t *request,
	size_t size, uint8_t answer[OKNG_PDU_MAX]);
void okng_units_gone(struct okng_units *u, const struct okng_units_peer *peer);
/* Time passes; returns when to come again (ms, monotonic) or -1. */
int64_t okng_units_tick(struct okng_units *u);
/* One line to handlers.log; past 50 lines in a second the rest is only counted. Transport's thread only. */
void okng_units_log(struct okng_units *u, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

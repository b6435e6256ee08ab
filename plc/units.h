/* SPDX-License-Identifier: Apache-2.0
 *
 * The stations behind a link: one handshake each, one lock around all. Every transport hands its requests here, and the
 * station its news, so that both see whole states only. Also here: who may write (rule 8), and the log with its limit.
 */
#ifndef OKNG_PLC_UNITS_H
#define OKNG_PLC_UNITS_H

#include <pthread.h>
#include <stdatomic.h>

#include "plc/handshake.h"
#include "plc/limits.h"
#include "plc/pdu.h"

struct okng_units_peer {
	uint64_t id;      /* from okng_units_new_peer */
	bool may_write;   /* by write_allow; else exception 1, as Modbus Security answers the unauthorized */
	const char *name; /* for the log */
	enum okng_word_order order; /* in which it reads and writes */
};

/* A thread that wants to know of something: an eventfd, written while the lock is held. */
struct okng_units_listener {
	int fd;
	bool changes; /* of whatever a client can read; else only of what the next tick tells */
};

struct okng_unit {
	struct okng_handshake handshake;
	uint64_t writer; /* peer id, 0 none */
	uint64_t last_writer; /* who was it last, 0 nobody yet */
	int64_t writer_ms; /* its last request */
	bool lost_told;
	struct okng_limits limits;
	unsigned wrong_results; /* breaches by the station, told by the next okng_units_tick */
};

struct okng_units {
	pthread_mutex_t lock;
	struct okng_plc_handlers handlers;
	int64_t writer_silence_ms; /* 0: the place is kept until the writer disconnects */
	enum okng_word_order order; /* of the handshakes */
	struct okng_units_listener listeners[OKNG_PLC_LINKS_MAX + 1];
	int n_listeners;
	atomic_uint_fast64_t peers;
	pthread_mutex_t log_lock;
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

/* From a client's thread; unit is the index, words are in the peer's order. */
/* Everything readable, now. */
void okng_units_image(struct okng_units *u, int unit, enum okng_word_order order, struct okng_plc_image *image);
/* Another peer was the writer since this one was: what is shown answers the other. */
bool okng_units_foreign(struct okng_units *u, const struct okng_units_peer *peer, int unit);
/* The control block as it was read: written says which words are news, stale that they were written while the link was
 * down. 0, or -EBUSY: another peer is the writer and nothing was taken. */
int okng_units_control(struct okng_units *u, const struct okng_units_peer *peer, int unit,
	const uint16_t words[OKNG_MAP_HOLDINGS], uint32_t written, bool stale);
/* The link to the PLC broke: if it was the writer, nothing older than this is good any more (OKNG_EVENT_LINK_LOST). */
void okng_units_lost(struct okng_units *u, const struct okng_units_peer *peer, uint16_t delivered);
/* Time passes; returns when to come again (ms, monotonic) or -1. */
int64_t okng_units_tick(struct okng_units *u);
/* Never 0, never the same twice. */
uint64_t okng_units_new_peer(struct okng_units *u);
/* Before the transport's thread starts and after it was joined. */
void okng_units_listen(struct okng_units *u, int fd, bool changes);
void okng_units_unlisten(struct okng_units *u, int fd);
/* One line to handlers.log; past 50 lines in a second the rest is only counted. */
void okng_units_log(struct okng_units *u, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

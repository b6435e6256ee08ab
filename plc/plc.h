/* SPDX-License-Identifier: Apache-2.0
 *
 * The PLC link as the station sees it: a register image and a handshake machine per unit, and the links to them: the Modbus
 * TCP server of [plc] and one more for each [[link]], each with a thread of its own. Requests are answered from the image
 * under one lock, so that a result block changes as a whole between two requests. Every function here may be called from any thread and never blocks on the network.
 */
#ifndef OKNG_PLC_PLC_H
#define OKNG_PLC_PLC_H

#include <stddef.h>
#include <stdint.h>

#include "plc/limit.h"
#include "plc/params.h"

struct okng_plc;

#define OKNG_PLC_PART_ID 32 /* ASCII bytes */
#define OKNG_PLC_BUFFERS 8  /* results that wait for their ack with BUFFER_RESULTS */

struct okng_plc_trigger {
	uint16_t trig_seq;                   /* TRIG_SEQ that asked; 0: bit style */
	uint16_t refused;                    /* 0: accepted; else the reason (25, 26, 28) of the FAULT result it must get */
	uint16_t deadline_ms;                /* VERDICT_DEADLINE; 0 = the station's own */
	char part_id[OKNG_PLC_PART_ID + 1];  /* written by the PLC, zero-terminated */
};

/* Called in a link's thread under the lock: they must not block and must not call back into okng_plc_*. */
struct okng_plc_handlers {
	void *user;
	/* Every accepted or refused trigger, once, in order. The station owes exactly one okng_plc_publish for each. */
	void (*trigger)(void *user, int unit, const struct okng_plc_trigger *trigger);
	/* A command (1 to 4 of the interface, or unknown) with CMD_ARGS; owes one okng_plc_command_done. */
	void (*command)(void *user, int unit, uint16_t code, uint16_t id, uint32_t args);
	/* SET_OFFLINE or RESET_COUNTERS or CLEAR_ERROR changed to 1 (offline also to 0). */
	void (*offline)(void *user, int unit, int offline);
	void (*reset_counters)(void *user, int unit);
	void (*clear_error)(void *user, int unit);
	/* The PLC moved limits (okng_plc_limits) of that generation: all n values as they shall be from the next trigger on, in
	 * order with the triggers. 0, or negative: not taken, the PLC is answered "busy" and nothing changes. NULL: no limit can
	 * be written. */
	int (*limits)(void *user, int unit, uint32_t generation, const double *values, int n);
	/* For the log: connections, refusals, writers. One line, no newline. level as in syslog. */
	void (*log)(void *user, int level, const char *text);
};

/* The result block, as numbers of the interface. */
struct okng_plc_result {
	uint16_t seq, trig_seq;
	uint16_t acq_id, verdict, reason, recipe, class_number, defects;
	uint16_t score, limit;      /* ×1000 */
	uint16_t x, y, w, h;
	uint32_t area;
	uint16_t time;              /* 0.1 ms */
	uint32_t utc;
	char part_id[OKNG_PLC_PART_ID + 1];
	float measures[5];
	int answers_plc;            /* 1: this ends a trigger handed to handlers.trigger; 0: internal or hardware trigger */
};

/* What the station says of itself; everything else in the status bits is the handshake's own. */
struct okng_plc_status {
	int online, camera_ok, recipe_ok;
	int room;                   /* triggers that can be taken now beyond those in flight; 0 = READY off */
	int running;                /* STATE 7 continuous when triggers come from elsewhere, 5/6 when from the PLC */
	int drift, disk_warn, simulation;
	uint16_t error, warning, offline_reason;
	uint16_t recipe, config_crc;
	uint32_t counters[10];      /* total, OK, NG, REVIEW, FAULT, missed (filled by the link), dropped frames, incomplete, reconnects, p99 0.1 ms */
};

enum okng_plc_link_state { OKNG_LINK_DOWN = 0, OKNG_LINK_CONNECTING, OKNG_LINK_UP };

struct okng_plc_link {
	char name[192];
	enum okng_plc_link_state state; /* a TCP server is always UP: it listens */
	int unit;                       /* that it is for; -1: all */
	uint32_t losses;                /* UP to DOWN so far */
	uint16_t port;                  /* of a TCP server, else 0 */
};

/* Opens every link and starts its thread; why gets a sentence on failure. A serial device or a PLC that is not there is
 * no failure, it is waited for. 0; -EADDRINUSE, -EACCES, -EINVAL … */
int okng_plc_open(struct okng_plc **plc, const struct okng_plc_params *params, int units,
	const struct okng_plc_handlers *handlers, char *why, size_t why_size);

/* The port that the first TCP server listens on, 0 without one. */
uint16_t okng_plc_port(const struct okng_plc *plc);

/* How the links are, in the order of the configuration; the number of links. Any thread. */
int okng_plc_links(const struct okng_plc *plc, struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1]);

/* unit is the index, 0 = first station. */
void okng_plc_set_status(struct okng_plc *plc, int unit, const struct okng_plc_status *status);
void okng_plc_heartbeat(struct okng_plc *plc, int unit); /* the inspection lives: HEARTBEAT counts */
void okng_plc_exposed(struct okng_plc *plc, int unit);   /* EXPOSURE_DONE of the oldest trigger not yet exposed */
/* Makes the result the block's content, or queues it (BUFFER_RESULTS). Results are published in trigger order. */
void okng_plc_publish(struct okng_plc *plc, int unit, const struct okng_plc_result *result);
void okng_plc_command_done(struct okng_plc *plc, int unit, uint16_t id, uint16_t result);
void okng_plc_recipe_changed(struct okng_plc *plc, int unit); /* the block is cleared */
/* What the recipe in force opens for the PLC, at most OKNG_PLC_LIMITS_MAX; copied. generation: any number that tells it from
 * the one before. What the PLC had written to earlier ones is gone. */
void okng_plc_limits(struct okng_plc *plc, int unit, uint32_t generation, const struct okng_plc_limit *limits, int n);
uint32_t okng_plc_missed(struct okng_plc *plc, int unit);     /* missed triggers so far */

/* Stops the thread, closes every connection. Accepts NULL content. */
void okng_plc_close(struct okng_plc **plc);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * okng as the master, over TCP or a serial device: one thread, one poll loop, one request under way. Reads the PLC's control
 * block every poll_ms, writes the result block when it changed (master.h). A link that breaks is DOWN, CONNECTING, then
 * UP when the result block has been written and the control block read; what is older than the loss is not delivered as
 * if it were fresh (OKNG_EVENT_LINK_LOST, write.stale).
 *
 * Why not libmodbus here: its connect, read and write wait inside (select, which breaks past descriptor 1023, and a
 * recovery that sleeps and reconnects unseen), so that a result could not interrupt a wait, and a loss would go unnoticed.
 * Its framing is 7 bytes of header or a CRC, which stream.c and rtu.c have as pure, fuzzed code for the servers already.
 */
#ifndef OKNG_PLC_CLIENT_H
#define OKNG_PLC_CLIENT_H

#include "plc/link.h"
#include "plc/params.h"

struct okng_client;

/* Role client or rtu-client, for that unit (index). Starts the thread; a PLC that is not there is waited for. units must
 * outlive it. 0 or a negative errno with a sentence in why. */
int okng_client_open(struct okng_client **client, const struct okng_link_params *params, int unit, struct okng_units *units,
	char *why, size_t why_size);
const struct okng_link *okng_client_link(const struct okng_client *client);
int okng_client_unit(const struct okng_client *client);
/* What is under way is still delivered when the PLC answers in time. */
void okng_client_close(struct okng_client **client);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The Modbus TCP server: one thread, one poll loop, non-blocking sockets, fixed buffers. The other roles (rtu_server.h,
 * client.h) stand beside it on the same okng_units.
 */
#ifndef OKNG_PLC_SERVER_H
#define OKNG_PLC_SERVER_H

#include "plc/params.h"
#include "plc/units.h"

struct okng_server;

/* Starts the thread. units must outlive it. why: a sentence on failure. 0 or a negative errno. */
int okng_server_open(struct okng_server **server, const struct okng_plc_params *params, struct okng_units *units, char *why,
	size_t why_size);
uint16_t okng_server_port(const struct okng_server *server);
void okng_server_close(struct okng_server **server);

#endif

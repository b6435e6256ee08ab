/* SPDX-License-Identifier: Apache-2.0
 *
 * The Modbus RTU server: one serial device, one thread, one poll loop. Unit ids from params.unit up are the stations; a
 * request to another unit or with a wrong CRC is silently ignored, one to unit 0 is carried out by every station without
 * an answer. A device that vanishes is reopened when it is back.
 */
#ifndef OKNG_PLC_RTU_SERVER_H
#define OKNG_PLC_RTU_SERVER_H

#include "plc/link.h"
#include "plc/params.h"

struct okng_rtu_server;

/* Starts the thread; a device that is not there is waited for. units must outlive it. 0 or a negative errno with a sentence in why. */
int okng_rtu_server_open(struct okng_rtu_server **server, const struct okng_link_params *params, struct okng_units *units,
	char *why, size_t why_size);
const struct okng_link *okng_rtu_server_link(const struct okng_rtu_server *server);
void okng_rtu_server_close(struct okng_rtu_server **server);

#endif

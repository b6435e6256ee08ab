/* SPDX-License-Identifier: Apache-2.0
 *
 * A blocking Modbus TCP client for commands, on plc/stream.h: one request, one answer, a limit on every wait. Not
 * libmodbus: its connect and its recovery wait in places of their own, and a late answer can become the next one's.
 *
 * Every call returns 0, a Modbus exception code (over 0; the connection stays good), or a negative errno: then the
 * connection is of no use any more and must be closed (-ETIMEDOUT no answer in time, -EPROTO an answer that is none to
 * what was asked, -ECONNRESET the peer closed).
 */
#ifndef OKNG_CLI_MODBUS_H
#define OKNG_CLI_MODBUS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plc/regmap.h"
#include "plc/stream.h"

#define OKNG_MODBUS_PORT 1502 /* okngd's default */
#define OKNG_MODBUS_HOST 256

struct okng_modbus {
	int fd; /* -1: closed */
	int response_ms;
	const volatile sig_atomic_t *stop; /* NULL, or set by a signal handler: then a wait ends with -EINTR */
	uint8_t unit;
	uint16_t transaction;
	int64_t sent_ns, seen_ns; /* monotonic: the last request was given to the system, its answer was whole */
	struct okng_stream stream;
};

/* "HOST", "HOST:PORT", "[IPv6]:PORT"; host has room for OKNG_MODBUS_HOST bytes. 0 or -EINVAL. */
int okng_modbus_address(const char *text, char host[OKNG_MODBUS_HOST], uint16_t *port);

/* Asks the name server for a host that is no number, for as long as that takes. 0 or a negative errno (-EHOSTUNREACH:
 * no such host); m is closed then. */
int okng_modbus_open(struct okng_modbus *m, const char *host, uint16_t port, int unit, int connect_ms, int response_ms,
	const volatile sig_atomic_t *stop);
void okng_modbus_close(struct okng_modbus *m);

/* n bits (1 to 32), the first in bit 0 of *bits; FC 1 or 2. */
int okng_modbus_read_bits(struct okng_modbus *m, enum okng_map_table table, uint16_t at, uint16_t n, uint32_t *bits);
/* n registers (1 to 125); FC 3 or 4. */
int okng_modbus_read_words(struct okng_modbus *m, enum okng_map_table table, uint16_t at, uint16_t n, uint16_t *words);
/* n registers (1 to 123); FC 6 for one, FC 16 for more. */
int okng_modbus_write_words(struct okng_modbus *m, uint16_t at, uint16_t n, const uint16_t *words);
/* FC 5. */
int okng_modbus_write_coil(struct okng_modbus *m, uint16_t at, bool on);

/* "exception 2 (illegal data address)", "no answer in time", …, for what a call above returned. */
const char *okng_modbus_text(int code);

/* Pure, for the fuzzer: what an answer means. count: the bytes of data that must follow, 0: the answer repeats the first
 * five bytes of the request. 0 with *data in the answer, an exception code, or -EPROTO. */
int okng_modbus_parse(const uint8_t *request, const uint8_t *answer, size_t size, size_t count, const uint8_t **data);

#endif

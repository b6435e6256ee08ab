/* SPDX-License-Identifier: Apache-2.0
 *
 * A bare libmodbus server, to compare the PLC link with: the loops of its manual, nothing else. In a module of its own, so
 * that okng does without libmodbus.
 */
#ifndef OKNG_BENCH_LIBMODBUS_H
#define OKNG_BENCH_LIBMODBUS_H

#include <stdint.h>

#define OKNG_BENCH_LIBMODBUS_FILE "okng_bench_libmodbus.so"
#define OKNG_BENCH_LIBMODBUS_SYMBOL "okng_bench_libmodbus"

struct okng_bench_libmodbus {
	const char *version;
	/* Serves 100 input and 26 holding registers on a free port of the loopback, in a thread of its own: one client at a time
	 * in a blocking loop, or many with select. 0 or a negative errno. */
	int (*open)(void **server, uint16_t *port, int clients);
	/* When its clients have gone. Takes NULL content. */
	void (*close)(void **server);
};

#endif

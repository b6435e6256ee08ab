/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast the PLC link answers, side by side with a bare libmodbus server doing the same reads, while two workers inspect
 * without pause; and how soon a verdict can be read.
 */
#ifndef OKNG_BENCH_PLC_H
#define OKNG_BENCH_PLC_H

#include "bench/bench.h"
#include "bench/libmodbus.h"

/* NAN: does not apply. */
struct okng_bench_plc_row {
	const char *name, *what;               /* static */
	double ms, p99_ms;                     /* request to response, verdict to response; milliseconds on the wall */
	double libmodbus_ms, libmodbus_p99_ms;
	double ratio;                          /* libmodbus's median over ours, of rates ours over libmodbus's; median of the
	                                        * ratios of each round */
	double spread;                         /* of ratio: interquartile range over median */
	double p99_ratio;                      /* our p99 over libmodbus's */
	double per_s, libmodbus_per_s;         /* answers per second */
	int clients, workers, requests;        /* requests: to each side */
	int rounds;                            /* 0: measured alone */
};

/* plc_read, plc_write, plc_rate_1, plc_rate_32, plc_verdict; ends with NULL. */
extern const char *const okng_bench_plc_names[];

/* libmodbus NULL: our side alone. 0; -EINVAL no such name; -EPROTO with *err: a side answered wrongly; or another negative
 * errno, with *err where there are words. Blocking. */
int okng_bench_plc_run(const struct okng_bench_setup *setup, const struct okng_bench_libmodbus *libmodbus, const char *name,
	struct okng_bench_plc_row *row, struct okng_error *err);

#endif

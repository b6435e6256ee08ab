/* SPDX-License-Identifier: Apache-2.0
 *
 * okng bench plc: the rows of the PLC link, which have other columns than those of the pipeline.
 */
#ifndef OKNG_CLI_BENCH_PLC_H
#define OKNG_CLI_BENCH_PLC_H

#include <stdbool.h>

#include "bench/bench.h"

/* "plc", or the name of one of them. */
bool okng_bench_plc_known(const char *name);

/* Measures and prints; enum okng_exit. */
int okng_bench_plc(const struct okng_bench_setup *setup, const char *name, bool json);

#endif

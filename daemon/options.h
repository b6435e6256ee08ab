/* SPDX-License-Identifier: Apache-2.0
 *
 * okngd's command line; what it gives goes over the station file, at start and at every reload.
 */
#ifndef OKNG_DAEMON_OPTIONS_H
#define OKNG_DAEMON_OPTIONS_H

#include "config/config.h"

struct okng_options {
	const char *config;
	uint64_t parts; /* 0: no end */
	bool show;
	int port, period_ms; /* -1: as in the file */
	int trigger;         /* enum okng_trigger_source, -1: as in the file */
};

/* 0 go on; 1 said what was asked for (--help, --version); negative: usage, said on standard error. */
int okng_options_parse(struct okng_options *options, int argc, char **argv);

void okng_options_apply(const struct okng_options *options, struct okng_station_config *config);

#endif

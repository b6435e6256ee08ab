/* SPDX-License-Identifier: Apache-2.0
 *
 * A limit that the active recipe opens for the PLC, as plain data; config/ fills it from the recipe's rows. The i-th of them
 * is a float32 in holding registers 100 + 2·i and the one after.
 */
#ifndef OKNG_PLC_LIMIT_H
#define OKNG_PLC_LIMIT_H

#include <stdbool.h>

#define OKNG_PLC_LIMITS_MAX 48

struct okng_plc_limit {
	char name[112];     /* "limits.area", "tool.gap.tolerance_low" */
	const char *unit;   /* static, may be "" */
	double min, max;    /* both inclusive */
	double value;       /* what the recipe's file says */
	bool whole;         /* takes whole numbers only */
	bool below_next;    /* must stay less than the next limit */
};

#endif

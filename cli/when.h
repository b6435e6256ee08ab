/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as people type them: "2026-01-31", "2026-01-31 06:00", "2026-01-31T06:00:00Z" (Z: UTC, else the local time
 * zone), "90s" "10m" "8h" "3d" "2w" ago, "now", "today", "yesterday" (their midnight).
 */
#ifndef OKNG_CLI_WHEN_H
#define OKNG_CLI_WHEN_H

#include <stdint.h>

/* UTC µs; now_us is the present. 0 or -EINVAL. */
int okng_when_parse(const char *text, int64_t now_us, int64_t *us);

#endif

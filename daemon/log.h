/* SPDX-License-Identifier: Apache-2.0
 *
 * What okngd says. Threads with a deadline must not wait for a terminal or the journal: lines go into a bounded
 * queue that the main thread drains; when it is full, lines are counted and the count is said.
 */
#ifndef OKNG_DAEMON_LOG_H
#define OKNG_DAEMON_LOG_H

#include <stdarg.h>
#include <syslog.h>

#define OKNG_LOG_SHOW (-1) /* a line of --show: to standard output, whatever the level */

/* Lines above max_level (a syslog level) are left out. Any thread, any time. bell is rung for each line; -1: none. */
void okng_log_setup(int max_level, int bell);

/* Lines of the calling thread begin with "name: " from now on, for okngd with several stations; "": they do not. */
void okng_log_subject(const char *name);

void okng_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes what waits: with the journal's level prefix when standard error is the journal. Main thread only. */
void okng_log_drain(void);

#endif

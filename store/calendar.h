/* SPDX-License-Identifier: Apache-2.0
 *
 * UTC dates of the record, without the C library's time zone code, which takes locks, heap and files: the station
 * thread names pictures with this.
 */
#ifndef OKNG_STORE_CALENDAR_H
#define OKNG_STORE_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

struct okng_date {
	int year, month, day;            /* proleptic Gregorian, UTC */
	int hour, minute, second, micro;
};

/* Times before 1970 are taken as 1970-01-01, times after year 9999 as its last day. */
struct okng_date okng_date_of(int64_t utc_us);

/* "2026-11-23T03:01:08.123456Z"; size at least 28. */
void okng_date_print(char *text, size_t size, int64_t utc_us);

#endif

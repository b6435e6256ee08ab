/* SPDX-License-Identifier: Apache-2.0
 *
 * Days since 1970 to a date, by counting 400-year cycles and then years and months: short, exact, and easy to check.
 */
#include "store/calendar.h"

#include <stdbool.h>
#include <stdio.h>

#define DAY_US 86400000000LL
#define LAST_US (253402300799LL * 1000000 + 999999) /* 9999-12-31T23:59:59.999999 */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

struct okng_date okng_date_of(int64_t utc_us)
{
	struct okng_date date = { .year = 1970, .month = 1, .day = 1 };
	int64_t us = utc_us < 0 ? 0 : utc_us > LAST_US ? LAST_US : utc_us;
	int days = (int)(us / DAY_US);
	int64_t rest = us % DAY_US;

	date.year += days / 146097 * 400; /* days in 400 years */
	days %= 146097;
	while (days >= 365 + is_leap(date.year)) {
		days -= 365 + is_leap(date.year);
		date.year++;
	}
	while (days >= month_days(date.year, date.month)) {
		days -= month_days(date.year, date.month);
		date.month++;
	}
	date.day += days;
	date.micro = (int)(rest % 1000000);
	date.second = (int)(rest / 1000000 % 60);
	date.minute = (int)(rest / 60000000 % 60);
	date.hour = (int)(rest / 3600000000LL);
	return date;
}

void okng_date_print(char *text, size_t size, int64_t utc_us)
{
	struct okng_date d = okng_date_of(utc_us);

	snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", d.year, d.month, d.day, d.hour, d.minute, d.second, d.micro);
}

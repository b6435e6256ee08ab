/* SPDX-License-Identifier: Apache-2.0
 *
 * A date that does not exist (31 February) is refused: mktime would quietly move it, and a list of records that
 * begins on another day than asked misleads.
 */
#include "cli/when.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)

static int parse_ago(const char *text, int64_t now_us, int64_t *us)
{
	static const struct { char unit; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	char *end;
	long n;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	n = strtol(text, &end, 10);
	if (n > 1000000 || !end[0] || end[1])
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (*end == units[i].unit) {
			*us = now_us - n * units[i].seconds * SECOND;
			return 0;
		}
	}
	return -EINVAL;
}

static int midnight(int64_t now_us, int days_back, int64_t *us)
{
	time_t now = (time_t)(now_us / SECOND);
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days_back;
	tm.tm_isdst = -1;
	*us = (int64_t)mktime(&tm) * SECOND;
	return 0;
}

/* The fields, and in *rest what follows them. */
static bool scan(const char *text, struct tm *tm, const char **rest)
{
	int n = 0, m = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm->tm_year, &tm->tm_mon, &tm->tm_mday, &n) != 3 || n != 10)
		return false;
	text += n;
	if (*text == 'T' || *text == ' ') {
		text++;
		n = 0;
		if (sscanf(text, "%2d:%2d%n:%2d%n", &tm->tm_hour, &tm->tm_min, &n, &tm->tm_sec, &m) < 2 || n != 5 || (m && m != 8))
			return false;
		text += m ? m : n;
	}
	*rest = text;
	return true;
}

int okng_when_parse(const char *text, int64_t now_us, int64_t *us)
{
	struct tm tm = { .tm_isdst = -1 }, real;
	const char *rest;
	time_t t;

	if (strcmp(text, "now") == 0) {
		*us = now_us;
		return 0;
	}
	if (strcmp(text, "today") == 0)
		return midnight(now_us, 0, us);
	if (strcmp(text, "yesterday") == 0)
		return midnight(now_us, 1, us);
	if (!scan(text, &tm, &rest))
		return parse_ago(text, now_us, us);
	if (*rest && strcmp(rest, "Z") != 0)
		return -EINVAL;
	if (tm.tm_year < 1970 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	real = tm;
	t = *rest ? timegm(&real) : mktime(&real);
	if (t == (time_t)-1 || real.tm_mon != tm.tm_mon || real.tm_mday != tm.tm_mday)
		return -EINVAL;
	*us = (int64_t)t * SECOND;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "camera/v4l2_book.h"

#define NS_PER_S INT64_C(1000000000)
#define AHEAD_NS NS_PER_S        /* hardware clocks are fitted to ours, and may lead a little */
#define BEHIND_NS (10 * NS_PER_S)
#define GAP_MOST 1000

uint32_t okng_v4l2_gap(struct okng_v4l2_book *book, uint32_t sequence, int64_t ns)
{
	uint32_t step = sequence - book->last, gap = book->running && step > 1 && step <= GAP_MOST ? step - 1 : 0;
	book->running = true;
	book->last = sequence;
	book->last_ns = ns;
	return gap;
}

int64_t okng_v4l2_first_missing_ns(int64_t earlier_ns, int64_t ns, uint32_t missing)
{
	return earlier_ns + (ns - earlier_ns) / ((int64_t)missing + 1);
}

bool okng_v4l2_is_monotonic(uint32_t flags)
{
	return (flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
}

bool okng_v4l2_stamp(const struct v4l2_buffer *b, int64_t now_ns, int64_t *ns)
{
	*ns = now_ns;
	if (!okng_v4l2_is_monotonic(b->flags) || b->timestamp.tv_sec < 0 || b->timestamp.tv_sec > INT64_MAX / NS_PER_S - 1)
		return false;
	int64_t t = (int64_t)b->timestamp.tv_sec * NS_PER_S + (int64_t)b->timestamp.tv_usec * 1000;
	if (t > now_ns + AHEAD_NS || t < now_ns - BEHIND_NS)
		return false;
	*ns = t < now_ns ? t : now_ns;
	return true;
}

int64_t okng_v4l2_lead_ns(uint32_t flags, int64_t period_ns, int64_t exposure_ns)
{
	int64_t exposure = exposure_ns > 0 ? exposure_ns : period_ns;
	bool start = (flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
	return start ? exposure : exposure + period_ns;
}

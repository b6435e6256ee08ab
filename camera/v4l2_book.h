/* SPDX-License-Identifier: Apache-2.0
 *
 * What the number and the time that a driver writes on a frame say about it: which never came, and whether its exposure
 * began after a trigger. Pure.
 */
#ifndef OKNG_CAMERA_V4L2_BOOK_H
#define OKNG_CAMERA_V4L2_BOOK_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one stream, from its first frame on; zeroed at the start. */
struct okng_v4l2_book {
	bool running;
	uint32_t last;
	int64_t last_ns;     /* its time, 0: not known */
};

/* Frames between the last one and this, which came at ns (0: not known), that never came. A number that runs
 * backwards or leaps by 1000 begins a new count. */
uint32_t okng_v4l2_gap(struct okng_v4l2_book *book, uint32_t sequence, int64_t ns);

/* Of the missing frames between earlier_ns and ns the first would have come at this time: they are taken to be even. */
int64_t okng_v4l2_first_missing_ns(int64_t earlier_ns, int64_t ns, uint32_t missing);

/* True when the driver stamps its buffers by CLOCK_MONOTONIC. flags: struct v4l2_buffer. */
bool okng_v4l2_is_monotonic(uint32_t flags);

/* The driver's time in *ns, made to be no later than now_ns. False when it is not one of CLOCK_MONOTONIC: more than a second
 * ahead of now, or more than 10 s behind. */
bool okng_v4l2_stamp(const struct v4l2_buffer *b, int64_t now_ns, int64_t *ns);

/* Longest time from the beginning of an exposure to the frame's timestamp, by flags and what is known of the exposure
 * (exposure_ns 0: not known, then it may fill the period). The documentation means the beginning of the exposure by
 * TSTAMP_SRC_SOE; uvcvideo sets that flag and takes the arrival of the first byte, which is an exposure later, so that
 * an exposure is allowed for. With the end of the frame as its time, so is the transfer: a period. */
int64_t okng_v4l2_lead_ns(uint32_t flags, int64_t period_ns, int64_t exposure_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A V4L2 driver in place of the kernel's, behind the calls of v4l2_device.h (the test is linked with --wrap for them), so
 * that what drivers do right and wrong is tried everywhere. /dev/video0 is a camera that sends what the test says, when it
 * says; /dev/video1 is its metadata device, as USB cameras have one.
 */
#ifndef OKNG_TESTS_CAMERA_V4L2_FAKE_H
#define OKNG_TESTS_CAMERA_V4L2_FAKE_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_control {
	uint32_t id;
	const char *name;
	uint32_t type;
	int64_t minimum, maximum, step, value;
	bool deaf;            /* keeps its value and says that all is well */
	int64_t at_start;     /* value it falls to when a stream starts; -1: keeps it */
};

/* Set before the camera is opened; fake_reset gives the defaults. */
struct fake {
	const char *driver, *card, *bus;
	uint32_t capabilities;
	uint32_t formats[8];  /* 0-terminated */
	uint32_t sizes[4][2];
	uint32_t rates[4];
	bool no_rates;        /* no S_PARM */
	bool any_size;        /* takes the nearest size instead of the one asked for, as all drivers do; false: as asked */
	uint32_t short_stride;/* bytes a row too few */
	uint32_t took_format; /* what S_FMT makes of every format; 0: what was asked */
	uint32_t later_width; /* what G_FMT says after an S_FMT that took all; 0: the same */
	uint32_t field, stamp_flags, most_buffers, buffer_bytes;
	int inputs;
	int open_error, format_error, start_error, put_error, get_error; /* errno of the next such call, then 0 */
	char text[9];         /* value of the text control */
};
extern struct fake fake;
extern struct fake_control fake_controls[];

void fake_reset(void);
struct fake_control *fake_control(uint32_t id);
int fake_pushed(void); /* how often the button was */

/* Waits until a stream runs and n buffers are with the driver. */
void fake_await(int n);
/* Fills the next buffer and hands it out. ns: its timestamp, 0: now. */
void fake_frame(const void *bytes, size_t size, int64_t ns, uint32_t sequence, uint32_t flags);
/* All calls from now on say that the device is gone, until it is back. */
void fake_unplug(void);
void fake_plug(void);
/* The stream dies, with DQBUF's error. */
void fake_die(int error);
/* Sets a field while a stream runs. */
void fake_set(int *field, int value);

/* Buffers that are mapped; devices that are open; streams started. */
int fake_mapped(void);
int fake_opened(void);
int fake_started(void);
/* The buffer that holds this address, or -1. */
int fake_holds(const void *data);
int fake_with_driver(void);

#endif

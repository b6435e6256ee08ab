/* SPDX-License-Identifier: Apache-2.0
 *
 * The system calls of the V4L2 files, in one place, where tests put a driver of their own. Thread-safe.
 */
#ifndef OKNG_CAMERA_V4L2_DEVICE_H
#define OKNG_CAMERA_V4L2_DEVICE_H

#include <stddef.h>
#include <stdint.h>

/* Opens a device file without waiting. The descriptor or a negative errno. */
int okng_v4l2_device_open(const char *path);

/* 0 or a negative errno; -ENODEV when the device is gone. Goes on when a signal came. */
int okng_v4l2_device_ask(int fd, unsigned long request, void *argument);

/* The driver's buffer at offset, NULL when it cannot be mapped. */
void *okng_v4l2_device_map(int fd, size_t length, int64_t offset);
void okng_v4l2_device_unmap(void *data, size_t length);

void okng_v4l2_device_close(int fd);

#endif

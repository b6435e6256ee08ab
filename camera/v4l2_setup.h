/* SPDX-License-Identifier: Apache-2.0
 *
 * A camera found, opened and set up as the station file says. Everything is set at every connection, because a driver keeps
 * what its last client set, and read back, because a driver answers with what it likes better and calls it success.
 * Only v4l2_*.c and source_v4l2.c include this.
 */
#ifndef OKNG_CAMERA_V4L2_SETUP_H
#define OKNG_CAMERA_V4L2_SETUP_H

#include "camera/camera.h"
#include "camera/v4l2_pixels.h"

/* What the camera will send. */
struct okng_v4l2_shape {
	struct okng_v4l2_raster raster;
	int64_t period_ns;   /* between two frames; 0: the driver does not say */
	bool played;         /* a driver without a camera */
};

/* The device file of the camera that id means (struct okng_v4l2_params). 0; -ENODEV not there; -EEXIST several could be
 * meant. */
int okng_v4l2_find(char *path, size_t size, const char *id, struct okng_error *err);

/* Serial number of the USB camera at that path, "" without one. */
void okng_v4l2_serial(const char *path, char *text, size_t size);

/* Opens the device file: the descriptor; -ENODEV no such device; -EACCES, -EINVAL it is no camera that streams; other
 * negative errno. */
int okng_v4l2_connect(const char *path, bool *played, struct okng_error *err);

/* Input, format, rate and controls, set and read back. 0; -EINVAL the camera cannot do or did not take what err->key
 * says; -EBUSY another program uses it; -EIO, -ENODEV it does not answer. */
int okng_v4l2_setup(int fd, const struct okng_camera_params *params, struct okng_v4l2_shape *shape, struct okng_error *err);

/* The controls once more, but for buttons, as some cameras forget them when they begin to stream. As setup. */
int okng_v4l2_set_controls(int fd, const struct okng_v4l2_params *params, bool again, struct okng_error *err);

/* What the driver answered, as an error of ours: -ENODEV, -EIO and -EBUSY stay, all else is -EINVAL. */
int okng_v4l2_refuse(struct okng_error *err, const char *key, const char *what, int rc);

/* One control, "name=value" (camera.v4l2.controls); again: leaves buttons alone. */
int okng_v4l2_assign(int fd, const char *assignment, bool again, struct okng_error *err);

/* A control by its number, set and read back in *took. -ENOENT: the camera has none. */
int okng_v4l2_set_control(int fd, uint32_t id, int64_t value, int64_t *took);
bool okng_v4l2_has_control(int fd, uint32_t id);

/* A control's name as it is written in station files: "White Balance, Automatic" is white_balance_automatic. */
void okng_v4l2_control_name(const char *from, char *to, size_t size);

#endif

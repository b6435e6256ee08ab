/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel numbers device files in the order in which drivers come up, so that /dev/video0 may be another camera after a
 * restart; udev's links by serial number and by port stay. Serial number and maker are not in the V4L2 interface: sysfs
 * has them, of the USB device that the video device is an interface of.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/discover.h"
#include "camera/v4l2_device.h"
#include "camera/v4l2_setup.h"

#define NUMBERS 256 /* /dev/video0 to 255, as many as the kernel has */
#define KEY "camera.v4l2.id"

/* The first line of a file, "" without one. */
static void first_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	*out = '\0';
	if (f && fgets(out, (int)size, f))
		out[strcspn(out, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void attribute(const char *root, int number, const char *name, char *out, size_t size)
{
	char path[512];
	snprintf(path, sizeof path, "%s/sys/class/video4linux/video%d/device/../%s", root, number, name);
	first_line(path, out, size);
}

/* The link in folder that leads to the device file. */
static bool find_link(const char *root, const char *folder, const char *device, char *out, size_t size)
{
	char path[600], real[4096], wanted[4096];
	bool found = false;
	snprintf(path, sizeof path, "%s%s", root, folder);
	DIR *d = opendir(path);
	if (!d || !realpath(device, wanted)) {
		if (d)
			closedir(d);
		return false;
	}
	for (struct dirent *e; !found && (e = readdir(d)) != NULL;) {
		if (snprintf(path, sizeof path, "%s%s/%s", root, folder, e->d_name) >= (int)sizeof path || strlen(path) >= size)
			continue;
		found = *e->d_name != '.' && realpath(path, real) && strcmp(real, wanted) == 0;
		if (found)
			snprintf(out, size, "%s", path);
	}
	closedir(d);
	return found;
}

static bool describe(const char *root, int number, struct okng_camera_found *f)
{
	char device[400];
	struct v4l2_capability cap = {0};
	snprintf(device, sizeof device, "%s/dev/video%d", root, number);
	int fd = okng_v4l2_device_open(device);
	if (fd < 0)
		return false;
	int rc = okng_v4l2_device_ask(fd, VIDIOC_QUERYCAP, &cap);
	okng_v4l2_device_close(fd);
	uint32_t can = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
	if (rc < 0 || !(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING))
		return false;
	*f = (struct okng_camera_found){.protocol = "V4L2"};
	if (!find_link(root, "/dev/v4l/by-id", device, f->id, sizeof f->id) && !find_link(root, "/dev/v4l/by-path", device, f->id, sizeof f->id))
		snprintf(f->id, sizeof f->id, "%.*s", (int)sizeof f->id - 1, device);
	snprintf(f->model, sizeof f->model, "%.*s", (int)sizeof cap.card, (const char *)cap.card);
	snprintf(f->address, sizeof f->address, "%.*s", (int)sizeof cap.bus_info, (const char *)cap.bus_info);
	attribute(root, number, "serial", f->serial, sizeof f->serial);
	attribute(root, number, "manufacturer", f->vendor, sizeof f->vendor);
	if (!*f->vendor)
		snprintf(f->vendor, sizeof f->vendor, "%.*s", (int)sizeof cap.driver, (const char *)cap.driver);
	return true;
}

int okng_camera_discover_v4l2_at(const char *root, struct okng_camera_found *found, int max)
{
	struct okng_camera_found f;
	int n = 0;
	for (int number = 0; number < NUMBERS; number++) {
		if (!describe(root, number, &f))
			continue;
		if (n < max)
			found[n] = f;
		n++;
	}
	return n;
}

int okng_camera_discover_v4l2(struct okng_camera_found *found, int max)
{
	return okng_camera_discover_v4l2_at("", found, max);
}

void okng_v4l2_serial(const char *path, char *text, size_t size)
{
	char real[4096];
	int number = -1;
	*text = '\0';
	if (realpath(path, real) && sscanf(real, "/dev/video%d", &number) == 1 && number >= 0)
		attribute("", number, "serial", text, size);
}

static bool is_called(const struct okng_camera_found *f, const char *id)
{
	return !*id || strcmp(id, f->id) == 0 || strcmp(id, f->serial) == 0 || strcmp(id, f->address) == 0 || strcmp(id, f->model) == 0;
}

int okng_v4l2_find(char *path, size_t size, const char *id, struct okng_error *err)
{
	struct okng_camera_found all[16];
	const struct okng_camera_found *first = NULL;
	if (*id == '/') {
		snprintf(path, size, "%s", id);
		return 0;
	}
	int n = okng_camera_discover_v4l2(all, (int)(sizeof all / sizeof *all));
	for (int i = 0; i < n && i < (int)(sizeof all / sizeof *all); i++) {
		if (!is_called(&all[i], id))
			continue;
		if (first)
			return okng_error_set(err, -EEXIST, "", 0, KEY, "%s and %s are there: say which, best by such a path", first->id, all[i].id);
		first = &all[i];
	}
	if (!first && *id)
		return okng_error_set(err, -ENODEV, "", 0, KEY, "no camera called %.100s is there, or its device file may not be opened", id);
	if (!first)
		return okng_error_set(err, -ENODEV, "", 0, KEY, "no camera with a V4L2 driver is there, or its device file may not be opened");
	snprintf(path, size, "%s", first->id);
	return 0;
}

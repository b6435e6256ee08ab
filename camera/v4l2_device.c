/* SPDX-License-Identifier: Apache-2.0 */
#include "camera/v4l2_device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int okng_v4l2_device_open(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int okng_v4l2_device_ask(int fd, unsigned long request, void *argument)
{
	int rc;
	while ((rc = ioctl(fd, request, argument)) < 0 && errno == EINTR)
		;
	return rc < 0 ? -errno : 0;
}

void *okng_v4l2_device_map(int fd, size_t length, int64_t offset)
{
	void *data = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	return data == MAP_FAILED ? NULL : data;
}

void okng_v4l2_device_unmap(void *data, size_t length)
{
	munmap(data, length);
}

void okng_v4l2_device_close(int fd)
{
	close(fd);
}

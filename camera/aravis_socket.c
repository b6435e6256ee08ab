/* SPDX-License-Identifier: Apache-2.0
 *
 * Aravis gives its socket the wished buffer only when the first frame has begun to arrive, so that the first one of a
 * connection may have holes, and does not say when the kernel gave less. It keeps the descriptor to itself: it is the
 * one of ours that is bound to the stream's port.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "camera/aravis_session.h"

#define KIB 1024
#define MOST_KIB (1 << 20)

static bool is_bound_to(int fd, uint16_t port)
{
	struct sockaddr_in at = {0};
	int type = 0;
	socklen_t at_size = sizeof at, type_size = sizeof type;
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_DGRAM &&
		getsockname(fd, (struct sockaddr *)&at, &at_size) == 0 && at.sin_family == AF_INET && ntohs(at.sin_port) == port;
}

static int find(uint16_t port)
{
	DIR *d = opendir("/proc/self/fd");
	int found = -1;
	for (struct dirent *e; d && found < 0 && (e = readdir(d));) {
		char *end;
		long fd = strtol(e->d_name, &end, 10);
		if (end != e->d_name && *end == '\0' && fd != dirfd(d) && is_bound_to((int)fd, port))
			found = (int)fd;
	}
	if (d)
		closedir(d);
	return found;
}

int okng_aravis_socket_buffer(ArvGvStream *stream, int kib, struct okng_error *err)
{
	int size = (kib ? kib : MOST_KIB) * KIB, got = 0;
	socklen_t length = sizeof got;
	int fd = find(arv_gv_stream_get_port(stream));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0 || getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length) < 0)
		return okng_error_set(err, -EIO, "", 0, "camera.aravis.socket_buffer_kib", "the socket cannot be reached");
	got /= 2; /* the kernel doubles what it is asked for */
	if (kib && got < size)
		return okng_error_set(err, -EINVAL, "", 0, "camera.aravis.socket_buffer_kib", "is %d, but the kernel gives %d: "
			"sysctl -w net.core.rmem_max=%d", kib, got / KIB, size);
	g_object_set(stream, "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_FIXED, "socket-buffer-size", got, NULL);
	return 0;
}

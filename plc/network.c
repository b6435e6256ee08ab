/* SPDX-License-Identifier: Apache-2.0
 *
 * Kept apart so that the server's loop is about Modbus alone.
 */
#include "plc/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Address bytes: 4 or 16 of them. */
static int bytes_of(const struct sockaddr_storage *a, uint8_t out[16])
{
	if (a->ss_family == AF_INET) {
		memcpy(out, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
		return 4;
	}
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(v6)) {
		memcpy(out, v6->s6_addr + 12, 4);
		return 4;
	}
	memcpy(out, v6->s6_addr, 16);
	return 16;
}

bool okng_network_holds(const char *cidr, const struct sockaddr_storage *peer)
{
	char address[64];
	uint8_t net[16], have[16];
	snprintf(address, sizeof address, "%s", cidr);
	char *slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	int len = strchr(address, ':') ? 16 : 4;
	if (inet_pton(len == 4 ? AF_INET : AF_INET6, address, net) != 1 || bytes_of(peer, have) != len)
		return false;
	int bits = slash ? atoi(slash) : len * 8;
	for (int i = 0; i < len && bits > 0; i++, bits -= 8) {
		unsigned mask = bits >= 8 ? 0xff : 0xff00u >> bits & 0xff;
		if ((net[i] ^ have[i]) & mask)
			return false;
	}
	return true;
}

int okng_network_listen(const char *address, unsigned short *port)
{
	char service[8];
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *info;
	snprintf(service, sizeof service, "%u", *port);
	if (getaddrinfo(address, service, &hints, &info) != 0)
		return -EINVAL;
	int one = 1, r = 0;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
		bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, 64) < 0)
		r = -errno;
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	if (r == 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
		*port = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)(void *)&bound)->sin_port :
			((struct sockaddr_in6 *)(void *)&bound)->sin6_port);
	freeaddrinfo(info);
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

void okng_network_name(const struct sockaddr_storage *peer, char *out, size_t size)
{
	char host[64], service[8];
	socklen_t len = peer->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (getnameinfo((const struct sockaddr *)peer, len, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(out, size, "%s:%s", host, service);
	else
		snprintf(out, size, "unknown peer");
}

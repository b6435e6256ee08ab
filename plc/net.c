/* SPDX-License-Identifier: Apache-2.0
 *
 * The few socket calls that server and client need, kept apart from their loops.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plc/net.h"

static void map_v4(const void *v4, uint8_t address[16])
{
	memset(address, 0, 10);
	address[10] = address[11] = 0xff;
	memcpy(address + 12, v4, 4);
}

int okng_net_range_parse(const char *text, struct okng_net_range *range)
{
	char host[64];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	if (n == 0 || n >= sizeof host)
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = 0;
	struct in_addr v4;
	bool is_v4 = inet_pton(AF_INET, host, &v4) == 1;
	if (is_v4)
		map_v4(&v4, range->address);
	else if (inet_pton(AF_INET6, host, range->address) != 1)
		return -EINVAL;
	long bits = is_v4 ? 32 : 128;
	if (slash) {
		char *end;
		long most = bits;
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		bits = strtol(slash + 1, &end, 10);
		if (*end || bits > most)
			return -EINVAL;
	}
	range->bits = (int)bits + (is_v4 ? 96 : 0);
	return 0;
}

bool okng_net_range_holds(const struct okng_net_range *range, const uint8_t address[16])
{
	int whole = range->bits / 8, rest = range->bits % 8;
	if (memcmp(range->address, address, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((range->address[whole] ^ address[whole]) & (0xff << (8 - rest) & 0xff)) == 0;
}

void okng_net_peer(const struct sockaddr_storage *from, uint8_t address[16], char name[OKNG_NET_NAME])
{
	char host[INET6_ADDRSTRLEN] = "?";
	uint16_t port = 0;
	memset(address, 0, 16);
	if (from->ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, from, sizeof in);
		map_v4(&in.sin_addr, address);
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
		port = ntohs(in.sin_port);
	} else if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, from, sizeof in6);
		memcpy(address, &in6.sin6_addr, 16);
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
		port = ntohs(in6.sin6_port);
	}
	snprintf(name, OKNG_NET_NAME, from->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, port);
}

static int bound_port(int fd, uint16_t *port)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof at;
	char name[NI_MAXSERV];
	if (getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -errno;
	if (getnameinfo((struct sockaddr *)&at, size, NULL, 0, name, sizeof name, NI_NUMERICSERV | NI_NUMERICHOST) != 0)
		return -EINVAL;
	*port = (uint16_t)strtoul(name, NULL, 10);
	return 0;
}

int okng_net_listen(const char *address, uint16_t *port)
{
	char service[8];
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *at;
	snprintf(service, sizeof service, "%u", *port);
	if (getaddrinfo(address, service, &hints, &at) != 0)
		return -EINVAL;
	int on = 1, r = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
		bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, 64) < 0)
		r = -errno;
	if (r == 0)
		r = bound_port(fd, port);
	freeaddrinfo(at);
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

int okng_net_connect(const char *address, uint16_t port)
{
	char service[8];
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *to;
	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(address, service, &hints, &to) != 0)
		return -EINVAL;
	int r = 0, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS))
		r = -errno;
	freeaddrinfo(to);
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

void okng_net_tune(int fd, int dead_s)
{
	const int on = 1, asked = dead_s > 0 ? dead_s : OKNG_NET_DEAD_S;
	const int idle_s = asked > 1 ? asked / 2 : 1, every_s = asked / 10 > 1 ? asked / 10 : 1, times = (asked - idle_s) / every_s + 1;
	const unsigned dead_ms = 1000u * (unsigned)asked; /* with answers unsent, too; it overrules times */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses: who may connect, who may write, where to listen. Numeric only, so that nothing here asks a name server.
 */
#ifndef OKNG_PLC_NET_H
#define OKNG_PLC_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv4 lies in the IPv4-mapped part of IPv6, so that one comparison serves both. */
struct okng_net_range {
	uint8_t address[16];
	int bits; /* 0 to 128 */
};

#define OKNG_NET_NAME 64

/* "192.168.1.0/24", "10.0.0.7", "fd00::/8". 0 or -EINVAL. */
int okng_net_range_parse(const char *text, struct okng_net_range *range);
bool okng_net_range_holds(const struct okng_net_range *range, const uint8_t address[16]);

/* The peer's address for the ranges, and "address:port" for the log. */
void okng_net_peer(const struct sockaddr_storage *from, uint8_t address[16], char name[OKNG_NET_NAME]);

/* A non-blocking listening socket on a numeric address, or a negative errno. port: wanted (0 any), and what it became. */
int okng_net_listen(const char *address, uint16_t *port);

/* A non-blocking socket on its way to a numeric address (POLLOUT: SO_ERROR tells), or a negative errno. */
int okng_net_connect(const char *address, uint16_t port);

#define OKNG_NET_DEAD_S 5

/* Without delay, and with keep-alive: a peer that no longer answers (cable cut, switched off) is noticed within dead_s and a
 * second; 0: OKNG_NET_DEAD_S. */
void okng_net_tune(int fd, int dead_s);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses: CIDR lists and listening sockets.
 */
#ifndef OKNG_PLC_NETWORK_H
#define OKNG_PLC_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Is the peer in "address" or "address/bits"? IPv4 peers of an IPv6 socket count as IPv4. */
bool okng_network_holds(const char *cidr, const struct sockaddr_storage *peer);

/* A non-blocking listening socket on a numeric address; port is updated when it was 0. Descriptor, or negative errno. */
int okng_network_listen(const char *address, unsigned short *port);

/* "address:port" of a peer. */
void okng_network_name(const struct sockaddr_storage *peer, char *out, size_t size);

#endif

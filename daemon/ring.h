/* SPDX-License-Identifier: Apache-2.0
 *
 * Where two threads meet: a bounded ring with one producer and one consumer, elements copied by value. Neither side
 * ever waits; a full ring is the producer's news to deal with.
 */
#ifndef OKNG_DAEMON_RING_H
#define OKNG_DAEMON_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct okng_ring {
	_Alignas(64) atomic_uint head; /* next to take, written by the consumer */
	_Alignas(64) atomic_uint tail; /* next to fill, written by the producer */
	unsigned mask;
	size_t size; /* of one element, bytes */
	unsigned char *slots;
};

/* Room for at least count elements of size bytes. 0, -ENOMEM. */
int okng_ring_init(struct okng_ring *ring, unsigned count, size_t size);
void okng_ring_finish(struct okng_ring *ring);

unsigned okng_ring_room(const struct okng_ring *ring);            /* for at least so many; the producer's */
bool okng_ring_push(struct okng_ring *ring, const void *element); /* false: full */
bool okng_ring_pop(struct okng_ring *ring, void *element);        /* false: empty */

#endif

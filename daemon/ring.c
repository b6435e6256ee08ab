/* SPDX-License-Identifier: Apache-2.0
 *
 * Indices run freely and are masked on use, so that full and empty differ without a spare slot. The producer's
 * release store of tail publishes the element; the consumer's release store of head gives the slot back.
 */
#include "daemon/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int okng_ring_init(struct okng_ring *ring, unsigned count, size_t size)
{
	unsigned room = 2;
	while (room < count)
		room *= 2;
	ring->slots = calloc(room, size);
	if (!ring->slots)
		return -ENOMEM;
	ring->mask = room - 1;
	ring->size = size;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return 0;
}

void okng_ring_finish(struct okng_ring *ring)
{
	free(ring->slots);
	ring->slots = NULL;
}

unsigned okng_ring_room(const struct okng_ring *ring)
{
	unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	return ring->mask + 1 - (tail - atomic_load_explicit(&ring->head, memory_order_acquire));
}

bool okng_ring_push(struct okng_ring *ring, const void *element)
{
	unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	unsigned head = atomic_load_explicit(&ring->head, memory_order_acquire);
	if (tail - head > ring->mask)
		return false;
	memcpy(ring->slots + (size_t)(tail & ring->mask) * ring->size, element, ring->size);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

bool okng_ring_pop(struct okng_ring *ring, void *element)
{
	unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	unsigned tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	if (head == tail)
		return false;
	memcpy(element, ring->slots + (size_t)(head & ring->mask) * ring->size, ring->size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

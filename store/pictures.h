/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures on their way to the disk: fixed buffers, one thread that encodes, writes, and takes old days away. Rows
 * never wait for it. A picture that could not be written keeps its buffer until the row's writer has taken the picture
 * out of the row.
 */
#ifndef OKNG_STORE_PICTURES_H
#define OKNG_STORE_PICTURES_H

#include "store/store.h"
#include "store/trouble.h"

struct okng_pictures;

/* Allocates every buffer and starts the thread. folder stays the caller's and open. wake(user) is called by the thread
 * when okng_pictures_failed or okng_pictures_expired has news. 0, -ENOMEM, -EAGAIN. */
int okng_pictures_open(struct okng_pictures **pictures, const struct okng_store_params *params, int folder,
	struct okng_trouble *trouble, void (*wake)(void *user), void *user);

/* Station thread: copies the pixels and sets record->picture, or counts a dropped picture and leaves it "". */
void okng_pictures_put(struct okng_pictures *pictures, struct okng_record *record,
	const uint8_t *pixels, int32_t width, int32_t height, ptrdiff_t stride);

/* Row's writer: calls forget(user, id) for failed pictures of rows below id end; where it returns 0 the buffer is free
 * again. Returns the first error. */
int okng_pictures_failed(struct okng_pictures *pictures, int64_t end, int (*forget)(void *user, int64_t id), void *user);

/* Days before this path are gone. How often old days were looked for so far; 0: not yet. */
unsigned okng_pictures_expired(struct okng_pictures *pictures, char before[64]);

void okng_pictures_stats(struct okng_pictures *pictures, uint64_t *written, uint64_t *dropped, bool *warn); /* any thread */

/* Writes what waits, joins the thread; after it okng_pictures_failed may still be called. */
void okng_pictures_stop(struct okng_pictures *pictures);

/* Accepts NULL content. */
void okng_pictures_close(struct okng_pictures **pictures);

#endif

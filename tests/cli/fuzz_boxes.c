/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of boxes come from anywhere: whatever the bytes, a box lies where an image may be and has a size and a class,
 * and what is refused is refused with its reason.
 */
#include <assert.h>
#include <stdint.h>

#include "cli/boxes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct okng_error err = { 0 };
	struct okng_boxes boxes;

	if (okng_boxes_parse(&boxes, (const char *)data, size, "fuzz", &err) == 0) {
		assert(boxes.n >= 0 && boxes.n <= OKNG_BOXES_MAX);
		for (int i = 0; i < boxes.n; i++) {
			const struct okng_rect *r = &boxes.box[i].rect;

			assert(r->x >= 0 && r->y >= 0 && r->w > 0 && r->h > 0);
			assert(r->x + r->w <= OKNG_IMAGE_SIDE_MAX && r->y + r->h <= OKNG_IMAGE_SIDE_MAX);
			assert(boxes.box[i].class_number >= 1 && boxes.box[i].class_number <= 999);
		}
	} else {
		assert(!boxes.box && err.text[0]);
	}
	okng_boxes_finish(&boxes);
	return 0;
}

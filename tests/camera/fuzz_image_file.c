/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a picture: refused with a reason, or an image whose every pixel can be read.
 */
#include <assert.h>
#include <string.h>

#include "camera/image_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct okng_image img;
	struct okng_error err = {0};
	int rc = okng_image_file_parse(&img, data, size, "fuzz", &err);
	if (rc < 0) {
		assert(!img.data && err.text[0]);
		return 0;
	}
	uint64_t sum = 0;
	for (int32_t y = 0; y < img.height; y++)
		for (int32_t x = 0; x < img.width; x++)
			sum += okng_image_row(&img, y)[x];
	assert(sum <= UINT64_C(255) * (uint64_t)img.width * (uint64_t)img.height);
	okng_image_finish(&img);
	return 0;
}

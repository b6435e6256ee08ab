/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a flat field: refused with a reason, or usable. Each input is also tried with its checksum put right,
 * since no fuzzer guesses a CRC.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "calib/flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const uint8_t *data, size_t size)
{
	struct okng_flat flat;
	struct okng_error err = {0};
	if (okng_flat_parse(&flat, data, size, "fuzz", &err) < 0) {
		assert(!flat.dark.data && !flat.gain.data && !flat.bad && err.text[0]);
		return;
	}
	struct okng_image img;
	if (okng_image_init(&img, flat.dark.width, flat.dark.height, OKNG_PIXEL_MONO8) == 0) {
		int rc = okng_correct(&flat, &img, &img);
		assert(rc == 0);
	}
	okng_image_finish(&img);
	okng_flat_finish(&flat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try(data, size);
	if (size < 24)
		return 0;
	uint8_t *copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	uLong crc = crc32_z(crc32_z(0, NULL, 0), copy, 20);
	crc = crc32_z(crc, copy + 24, size - 24);
	for (int i = 0; i < 4; i++)
		copy[20 + i] = (uint8_t)(crc >> 8 * i);
	try(copy, size);
	free(copy);
	return 0;
}

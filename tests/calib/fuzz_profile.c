/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a lens profile: refused with a reason, or one that prints and reads back. Each input is also tried with
 * its checksum put right, since no fuzzer guesses a CRC.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "calib/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const void *data, size_t size)
{
	struct okng_profile profile, back;
	struct okng_error err = {0};
	char text[OKNG_PROFILE_SIZE_MAX];
	if (okng_profile_parse(&profile, data, size, "fuzz", &err) < 0) {
		assert(profile.lens.width == 0 && !profile.has_planar && err.text[0]);
		return;
	}
	int n = okng_profile_print(&profile, text, sizeof text);
	assert(n > 0);
	int rc = okng_profile_parse(&back, text, (size_t)n, "fuzz", &err);
	assert(rc == 0 && memcmp(&back.lens, &profile.lens, sizeof back.lens) == 0 && memcmp(&back.planar, &profile.planar, sizeof back.planar) == 0);
	struct okng_plane plane = okng_profile_plane(&back);
	assert(!back.has_planar || okng_planar_sound(&plane, back.lens.width, back.lens.height));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char key[] = "checksum = \"";
	char text[OKNG_PROFILE_SIZE_MAX + 32];
	try(data, size);
	if (size > OKNG_PROFILE_SIZE_MAX)
		return 0;
	memcpy(text, data, size);
	const char *end = memmem(text, size, key, sizeof key - 1);
	size_t n = end ? (size_t)(end - text) : size;
	int more = sprintf(text + n, "%s%08lx\"\n", key, crc32_z(0, (const Bytef *)text, n));
	try(text, n + (size_t)more);
	return 0;
}

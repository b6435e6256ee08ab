/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of pairs come from anywhere: whatever the bytes, no pair is empty and nothing leaks.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cli/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct okng_error err = { 0 };
	struct okng_pairs pairs;

	if (okng_pairs_parse(&pairs, (const char *)data, size, "fuzz", &err) == 0) {
		assert(pairs.n > 0);
		for (int i = 0; i < pairs.n; i++)
			assert(strlen(pairs.pair[i].golden) > 0 && strlen(pairs.pair[i].image) > 0 && !strchr(pairs.pair[i].image, '\n'));
	} else {
		assert(!pairs.pair);
	}
	okng_pairs_finish(&pairs);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Ratios of sums: the part may be shifted by a fraction of a pixel against the reference, and no pixel is believed alone.
 */
#include "pipeline/light.h"

#define ROWS 128

int32_t okng_light_rows(int32_t height)
{
	return height < 2 * ROWS ? 1 : height / ROWS;
}

void okng_light_add(const struct okng_kernels *k, struct okng_light_sums *sums, const uint8_t *part, const uint8_t *reference,
	const int32_t span[2])
{
	uint32_t row[2];
	if (span[0] >= span[1])
		return;
	k->light_sums(part + span[0], reference + span[0], span[1] - span[0], row);
	sums->part += row[0];
	sums->reference += row[1];
}

uint32_t okng_light_gain(const struct okng_light_sums *sums)
{
	if (sums->part == 0)
		return OKNG_LIGHT_ONE;
	uint64_t gain = (sums->reference * OKNG_LIGHT_ONE + sums->part / 2) / sums->part;
	return gain < OKNG_LIGHT_ONE / 2 ? OKNG_LIGHT_ONE / 2 : gain > OKNG_LIGHT_ONE * 2 ? OKNG_LIGHT_ONE * 2 : (uint32_t)gain;
}

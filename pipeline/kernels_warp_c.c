/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the warp.
 */
#include "pipeline/kernels.h"
#include "pipeline/kernels_warp_parts.h"

static void warp(const struct okng_warp_row *row, int32_t x0, int32_t x1, uint8_t *out)
{
	warp_from(row, x0, x1, out);
}

void okng_kernels_init_warp_c(struct okng_kernels *k)
{
	k->warp = warp;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Best first, C last.
 */
#include "pipeline/kernels.h"

static const struct okng_kernels *const table[] = {
	&okng_kernels_c,
};

const struct okng_kernels *okng_kernels_get(enum okng_cpu level)
{
	for (unsigned i = 0; i + 1 < sizeof table / sizeof *table; i++)
		if (table[i]->cpu <= level)
			return table[i];
	return &okng_kernels_c;
}

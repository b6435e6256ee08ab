/* SPDX-License-Identifier: Apache-2.0
 *
 * Which label leads a component, as its runs meet (B. A. Galler, M. J. Fischer, "An improved equivalence algorithm",
 * Communications of the ACM 7, 1964; paths are halved). The lower label leads, so that a component keeps that of its
 * first pixel. Local to pipeline/.
 */
#ifndef OKNG_PIPELINE_LABELS_H
#define OKNG_PIPELINE_LABELS_H

#include <stdint.h>

static inline uint32_t okng_label_lead(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* Returns who leads both from now on. */
static inline uint32_t okng_label_join(uint32_t *parent, uint32_t i, uint32_t j)
{
	i = okng_label_lead(parent, i);
	j = okng_label_lead(parent, j);
	uint32_t low = i < j ? i : j;
	parent[i < j ? j : i] = low;
	return low;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the kernels that look at single places of a picture, for the locator.
 */
#include "pipeline/kernels.h"
#include "pipeline/kernels_points_parts.h"

static void sample(const struct okng_sampler *m, const int32_t (*uv)[2], int32_t n, int32_t *grey)
{
	for (int32_t i = 0; i < n; i++)
		grey[i] = sample_at(m, uv[i]);
}

static void smooth(const struct okng_sampler *m, const int32_t (*uv)[2], int32_t n, int32_t *grey)
{
	for (int32_t i = 0; i < n; i++) {
		int64_t x, y;
		place(m, uv[i], &x, &y);
		if (!smooth_inside(m, x, y)) {
			grey[i] = -1;
			continue;
		}
		int32_t wx = (int32_t)(x & 255), wy = (int32_t)(y & 255), sum = 0;
		int32_t kx[4] = {256 - wx, 512 - wx, 256 + wx, wx}, ky[4] = {256 - wy, 512 - wy, 256 + wy, wy};
		const uint8_t *p = m->data + ((y >> 8) - 1) * m->stride + (x >> 8) - 1;
		for (int j = 0; j < 4; j++, p += m->stride)
			sum += (ky[j] * (kx[0] * p[0] + kx[1] * p[1] + kx[2] * p[2] + kx[3] * p[3])) >> 6;
		grey[i] = (sum + 32) >> 6;
	}
}

void okng_kernels_init_points_c(struct okng_kernels *k)
{
	k->sample = sample;
	k->smooth = smooth;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a point falls, the same in all implementations: the addresses are the larger part of the work, and have to be
 * exact. Only static inline functions, as each including file is compiled for another instruction set.
 */
#ifndef OKNG_PIPELINE_KERNELS_POINTS_PARTS_H
#define OKNG_PIPELINE_KERNELS_POINTS_PARTS_H

#include <stdint.h>

#include "pipeline/brown.h"
#include "pipeline/kernels.h"

/* A place in 1/1024 pixel of the undistorted picture becomes one in 1/256 pixel of the frame; far off is beyond it all the
 * same. */
static inline void bend(const struct okng_brown *lens, int64_t *x, int64_t *y)
{
	double u, v, far = 1 << 20;
	okng_brown_at(lens, (double)*x * (1.0 / 1024), (double)*y * (1.0 / 1024), &u, &v);
	*x = u > -far && u < far ? (int64_t)((u + far) * 256 + 0.5) - ((int64_t)256 << 20) : -256;
	*y = v > -far && v < far ? (int64_t)((v + far) * 256 + 0.5) - ((int64_t)256 << 20) : -256;
}

/* In 1/256 pixel. */
static inline void place(const struct okng_sampler *m, const int32_t uv[2], int64_t *x, int64_t *y)
{
	*x = m->ox + ((m->c * uv[0] + m->s * uv[1]) >> 30);
	*y = m->oy + ((m->c * uv[1] - m->s * uv[0]) >> 30);
	if (m->lens) {
		bend(m->lens, x, y);
		return;
	}
	*x = (*x + 2) >> 2;
	*y = (*y + 2) >> 2;
}

static inline int smooth_inside(const struct okng_sampler *m, int64_t x, int64_t y)
{
	return x >= 256 && y >= 256 && x < (int64_t)(m->width - 2) * 256 && y < (int64_t)(m->height - 2) * 256;
}

static inline int32_t sample_at(const struct okng_sampler *m, const int32_t uv[2])
{
	int64_t x, y;
	place(m, uv, &x, &y);
	if (x < 0 || y < 0 || x >= (int64_t)(m->width - 1) * 256 || y >= (int64_t)(m->height - 1) * 256)
		return -1;
	const uint8_t *a = m->data + (y >> 8) * m->stride + (x >> 8), *b = a + m->stride;
	int32_t wx = (int32_t)(x & 255), wy = (int32_t)(y & 255);
	int32_t top = a[0] * 256 + (a[1] - a[0]) * wx, bottom = b[0] * 256 + (b[1] - b[0]) * wx;
	return (top * 256 + (bottom - top) * wy) >> 8;
}

#endif

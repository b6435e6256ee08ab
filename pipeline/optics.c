/* SPDX-License-Identifier: Apache-2.0
 *
 * A pose is an affine map, so that plane and pose together are a plane again.
 */
#include "pipeline/optics.h"

#include "pipeline/locate.h"

struct okng_plane okng_plane_posed(const struct okng_plane *plane, const struct okng_pose *pose, int32_t width, int32_t height)
{
	double si, co, cx = (width - 1) / 2.0, cy = (height - 1) / 2.0;
	okng_locate_sincos(pose->angle, &si, &co);
	const double x[3] = {co, si, cx + pose->dx - co * cx - si * cy}, y[3] = {-si, co, cy + pose->dy + si * cx - co * cy};
	struct okng_plane p;
	for (int i = 0; i < 3; i++) {
		const double *m = plane->m + 3 * i;
		for (int j = 0; j < 3; j++)
			p.m[3 * i + j] = m[0] * x[j] + m[1] * y[j] + (j == 2 ? m[2] : 0);
	}
	return p;
}

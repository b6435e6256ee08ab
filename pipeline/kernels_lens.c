/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the pixels of a row lie in a frame seen through a lens: the exact lens at nodes, parabolas between them. One source
 * for every instruction set, in loops that become wide code (-O3, meson.build says for which sets): each place is reckoned
 * for itself, by operations whose result IEEE 754 fixes, so that wide and narrow code agree to the last bit.
 */
#include "pipeline/brown.h"
#include "pipeline/kernels.h"

#define JOIN(a, b) a##b
#define NAME(level) JOIN(okng_kernels_init_lens_, level)

#define STEP_MOST (1 << 22)  /* 64 pixels from node to node in 1/2^16 */
#define CURVE_MOST (1 << 19) /* 8 pixels of second difference */

/* Places p[0] to p[n + 1], of which the outer two are neighbours only. */
static inline void to_fixed(const double *p, double end, int32_t n, int32_t *out)
{
	const double low = -OKNG_WARP_FAR, high = end + OKNG_WARP_FAR;
	for (int32_t i = 0; i < n; i++) {
		double v = p[i + 1] - ((p[i] - p[i + 1]) - (p[i + 1] - p[i + 2])) * (1.0 / 16);
		v = v > low ? v : low;
		v = v < high ? v : high;
		out[i] = (int32_t)((v + OKNG_WARP_FAR) * 65536 + 0.5) - OKNG_WARP_FAR * 65536;
	}
}

static void warp_nodes(const struct okng_brown *lens, const double start[2], const double step[2], int32_t n, int32_t *x, int32_t *y)
{
	double u[OKNG_WARP_SIDE_MAX + 2], v[OKNG_WARP_SIDE_MAX + 2];
	const struct okng_brown l = *lens;
	const double u0 = start[0], v0 = start[1], du = step[0], dv = step[1];
	for (int32_t i = 0; i < n + 2; i++)
		okng_brown_at(&l, u0 + (i - 1) * du, v0 + (i - 1) * dv, &u[i], &v[i]);
	to_fixed(u, lens->width - 1, n, x);
	to_fixed(v, lens->height - 1, n, y);
}

static inline int32_t within(int32_t v, int32_t most)
{
	return v < -most ? -most : v > most ? most : v;
}

static void warp_strip(const int32_t *const nodes[3], int32_t n, const struct okng_warp_strip *strip)
{
	const int32_t *a = nodes[0], *b = nodes[1], *c = nodes[2];
	for (int32_t i = 0; i < n; i++) {
		int32_t first = within(b[i] - a[i], STEP_MOST);
		strip->at[i] = a[i];
		strip->first[i] = first;
		strip->second[i] = within(within(c[i] - b[i], STEP_MOST) - first, CURVE_MOST);
	}
}

static inline int32_t place(const struct okng_warp_strip *s, int32_t i, int32_t t, int32_t bend)
{
	return s->at[i] + ((t * s->first[i] + ((bend * s->second[i]) >> 5) + 8) >> 4);
}

static void warp_places(const struct okng_warp_strip *strip, int32_t t, int32_t n, int32_t *restrict places, int32_t range[2])
{
	const struct okng_warp_strip s = *strip;
	const int32_t bend = t * (t - OKNG_WARP_ROWS);
	int32_t least = INT32_MAX, most = INT32_MIN;
	for (int32_t i = 0; i < n - 1; i++) {
		int32_t v = place(&s, i, t, bend);
		places[i] = v;
		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	places[n - 1] = place(&s, n - 1, t, bend);
	range[0] = least;
	range[1] = most;
}

void NAME(OKNG_LEVEL)(struct okng_kernels *k)
{
	k->warp_nodes = warp_nodes;
	k->warp_strip = warp_strip;
	k->warp_places = warp_places;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens to a good part's picture on a line: it lies a little elsewhere, the lamp ages, the lens is touched, the
 * sensor is noisy, the picture is stored as JPEG. Each is drawn from a seed and applied to a picture, for tests that
 * must say what an inspection makes of it. Shift and rotation by cubic convolution (R. Keys, "Cubic convolution
 * interpolation for digital image processing", 1981), which hardly blurs.
 */
#ifndef OKNG_TESTS_DISTURB_H
#define OKNG_TESTS_DISTURB_H

#include "pipeline/image.h"

/* A zeroed one leaves the picture as it is. */
struct disturb {
	double dx, dy;   /* pixels */
	double angle;    /* degrees */
	double blur;     /* pixels: σ of a Gauss; negative: sharper by as much */
	double light;    /* share that the picture is brighter */
	double vignette; /* share of light lost in the corners against the middle; negative: won */
	double noise;    /* σ, grey levels */
	int quality;     /* of a JPEG in between; 0: none */
};

enum disturb_kind {
	DISTURB_NONE,
	DISTURB_SHIFT,    /* ±5 pixels */
	DISTURB_ROTATION, /* ±1° */
	DISTURB_LIGHT,    /* ±20 % */
	DISTURB_VIGNETTE, /* ±15 % in the corners */
	DISTURB_JPEG,     /* quality 80 */
	DISTURB_NOISE,    /* σ 4 */
	DISTURB_BLUR,     /* ±0.5 pixels */
	DISTURB_ALL,
	DISTURB_KINDS
};

/* "rotation". Static. */
const char *disturb_name(enum disturb_kind kind);

/* One of this kind, uniform over its range; the same for the same seed. */
struct disturb disturb_draw(enum disturb_kind kind, uint64_t seed);

struct disturber;

/* For pictures of one size; out_width × out_height around their middle is what comes out, so that with a border of
 * 12 pixels what moves into the picture is real. Every failure ends the test. */
struct disturber *disturber_open(int32_t width, int32_t height, int32_t out_width, int32_t out_height);
void disturber_close(struct disturber **disturber);

/* MONO8 in, MONO8 out, of the opened sizes. seed: of the noise. What lies beyond the picture repeats its border. */
void disturber_run(struct disturber *disturber, const struct disturb *disturb, uint64_t seed, const struct okng_image *in,
	struct okng_image *out);

/* The upright box around where a box of `in` lies in `out`, clipped; w 0: beyond it. */
struct okng_rect disturber_box(const struct disturber *disturber, const struct disturb *disturb, struct okng_rect box);

#endif

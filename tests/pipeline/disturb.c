/* SPDX-License-Identifier: Apache-2.0 */
#include "disturb.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "camera/synthetic_random.h"
#include "pipeline/locate.h"

#define PHASES 256
#define NOISE_SIZE 65536
#define TAPS 3 /* of a blur, on either side */

static const char *const names[DISTURB_KINDS] = {"none", "shift", "rotation", "brightness", "vignetting", "JPEG", "noise", "blur", "all"};

struct disturber {
	int32_t width, height, out_width, out_height;
	float cubic[PHASES][4];
	float *noise;
	float *plane, *rows;     /* out's size */
	unsigned char *bytes;
	unsigned long size;
	tjhandle pack, unpack;
};

const char *disturb_name(enum disturb_kind kind)
{
	return names[kind];
}

struct disturb disturb_draw(enum disturb_kind kind, uint64_t seed)
{
	struct okng_random r = okng_random_init((uint32_t)kind, seed, 0xd157);
	struct disturb d = {0};
	bool all = kind == DISTURB_ALL;
	if (all || kind == DISTURB_SHIFT) {
		d.dx = okng_random_range(&r, -5, 5);
		d.dy = okng_random_range(&r, -5, 5);
	}
	if (all || kind == DISTURB_ROTATION)
		d.angle = okng_random_range(&r, -1, 1);
	if (all || kind == DISTURB_LIGHT)
		d.light = okng_random_range(&r, -0.2, 0.2);
	if (all || kind == DISTURB_VIGNETTE)
		d.vignette = okng_random_range(&r, -0.15, 0.15);
	if (all || kind == DISTURB_BLUR)
		d.blur = okng_random_range(&r, -0.5, 0.5);
	d.noise = all || kind == DISTURB_NOISE ? 4 : 0;
	d.quality = all || kind == DISTURB_JPEG ? 80 : 0;
	return d;
}

/* Cubic convolution with a = -1/2: reproduces parabolas. */
static void make_cubic(float cubic[PHASES][4])
{
	for (int i = 0; i < PHASES; i++) {
		float t = (float)i / PHASES, tt = t * t, ttt = tt * t;
		cubic[i][0] = (-t + 2 * tt - ttt) / 2;
		cubic[i][1] = (2 - 5 * tt + 3 * ttt) / 2;
		cubic[i][2] = (t + 4 * tt - 3 * ttt) / 2;
		cubic[i][3] = (ttt - tt) / 2;
	}
}

/* Sums of twelve uniform numbers: variance 1. */
static void make_noise(float *noise)
{
	struct okng_random r = okng_random_init(1, 0, 0x0153);
	for (int i = 0; i < NOISE_SIZE; i++) {
		noise[i] = -6;
		for (int k = 0; k < 12; k++)
			noise[i] += (float)okng_random_unit(&r);
	}
}

struct disturber *disturber_open(int32_t width, int32_t height, int32_t out_width, int32_t out_height)
{
	struct disturber *s = calloc(1, sizeof *s);
	assert(s && out_width <= width && out_height <= height);
	size_t pixels = (size_t)out_width * (size_t)out_height;
	s->width = width;
	s->height = height;
	s->out_width = out_width;
	s->out_height = out_height;
	s->noise = calloc(NOISE_SIZE, sizeof *s->noise);
	s->plane = calloc(pixels, sizeof *s->plane);
	s->rows = calloc(pixels, sizeof *s->rows);
	s->size = tjBufSize(out_width, out_height, TJSAMP_GRAY);
	s->bytes = tjAlloc((int)s->size);
	s->pack = tjInitCompress();
	s->unpack = tjInitDecompress();
	assert(s->noise && s->plane && s->rows && s->bytes && s->pack && s->unpack);
	make_cubic(s->cubic);
	make_noise(s->noise);
	return s;
}

void disturber_close(struct disturber **disturber)
{
	struct disturber *s = *disturber;
	*disturber = NULL;
	if (!s)
		return;
	free(s->noise);
	free(s->plane);
	free(s->rows);
	tjFree(s->bytes);
	tjDestroy(s->pack);
	tjDestroy(s->unpack);
	free(s);
}

static int32_t within(int32_t v, int32_t end)
{
	return v < 0 ? 0 : v >= end ? end - 1 : v;
}

/* The picture between its pixels, x and y in 1/PHASES. */
static float sample(const struct disturber *s, const struct okng_image *in, int32_t x, int32_t y)
{
	const float *wx = s->cubic[x & (PHASES - 1)], *wy = s->cubic[y & (PHASES - 1)];
	int32_t x0 = (x >> 8) - 1, y0 = (y >> 8) - 1;
	float sum = 0;
	bool inner = x0 >= 0 && x0 + 3 < s->width;
	for (int j = 0; j < 4; j++) {
		const uint8_t *p = okng_image_row(in, within(y0 + j, s->height));
		if (inner)
			sum += wy[j] * (wx[0] * p[x0] + wx[1] * p[x0 + 1] + wx[2] * p[x0 + 2] + wx[3] * p[x0 + 3]);
		else
			for (int i = 0; i < 4; i++)
				sum += wy[j] * wx[i] * p[within(x0 + i, s->width)];
	}
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

static void move(struct disturber *s, const struct disturb *d, const struct okng_image *in)
{
	double sine, cosine;
	okng_locate_sincos(d->angle, &sine, &cosine);
	int32_t left = (s->width - s->out_width) / 2, top = (s->height - s->out_height) / 2;
	bool still = d->dx == 0 && d->dy == 0 && d->angle == 0;
	float *to = s->plane;
	for (int32_t y = 0; y < s->out_height; y++) {
		double u = -(s->out_width - 1) / 2.0 - d->dx, v = y - (s->out_height - 1) / 2.0 - d->dy;
		double at[2] = {(s->out_width - 1) / 2.0 + left + cosine * u - sine * v, (s->out_height - 1) / 2.0 + top + sine * u + cosine * v};
		for (int32_t x = 0; x < s->out_width; x++)
			*to++ = still ? okng_image_row(in, y + top)[x + left] :
				sample(s, in, (int32_t)floor((at[0] + cosine * x) * PHASES + 0.5), (int32_t)floor((at[1] + sine * x) * PHASES + 0.5));
	}
}

/* Half a Gauss, its middle first, whole sum 1. */
static void make_gauss(float weight[TAPS + 1], double sigma)
{
	double sum = 1, w[TAPS + 1] = {1};
	for (int i = 1; i <= TAPS; i++) {
		w[i] = exp(-i * i / (2 * sigma * sigma));
		sum += 2 * w[i];
	}
	for (int i = 0; i <= TAPS; i++)
		weight[i] = (float)(w[i] / sum);
}

/* Sharper is what the blur takes away, once more. */
static void blur(struct disturber *s, double sigma)
{
	float weight[TAPS + 1];
	int32_t w = s->out_width, h = s->out_height;
	make_gauss(weight, fabs(sigma));
	for (int32_t y = 0; y < h; y++)
		for (int32_t x = 0; x < w; x++) {
			const float *p = s->plane + (ptrdiff_t)y * w;
			float sum = weight[0] * p[x];
			for (int i = 1; i <= TAPS; i++)
				sum += weight[i] * (p[within(x - i, w)] + p[within(x + i, w)]);
			s->rows[(ptrdiff_t)y * w + x] = sum;
		}
	for (int32_t y = 0; y < h; y++)
		for (int32_t x = 0; x < w; x++) {
			float sum = weight[0] * s->rows[(ptrdiff_t)y * w + x], *p = s->plane + (ptrdiff_t)y * w + x;
			for (int i = 1; i <= TAPS; i++)
				sum += weight[i] * (s->rows[(ptrdiff_t)within(y - i, h) * w + x] + s->rows[(ptrdiff_t)within(y + i, h) * w + x]);
			*p = sigma > 0 ? sum : 2 * *p - sum;
		}
}

static void expose(const struct disturber *s, const struct disturb *d, uint64_t seed, struct okng_image *out)
{
	struct okng_random r = okng_random_init(7, seed, 0x0153);
	int32_t w = s->out_width, h = s->out_height;
	double corner = (double)w * w / 4 + (double)h * h / 4;
	const float *from = s->plane;
	for (int32_t y = 0; y < h; y++) {
		uint8_t *to = okng_image_row(out, y);
		uint32_t at = (uint32_t)(okng_random_next(&r) >> 32);
		double v = y - (h - 1) / 2.0, u = -(w - 1) / 2.0;
		float gain = (float)((1 + d->light) * (1 - d->vignette * v * v / corner));
		float loss = (float)((1 + d->light) * d->vignette / corner), noise = (float)d->noise;
		for (int32_t x = 0; x < w; x++, u++) {
			float g = *from++ * (gain - loss * (float)(u * u)) + noise * s->noise[(at + (uint32_t)x) & (NOISE_SIZE - 1)];
			to[x] = (uint8_t)(g <= 0 ? 0 : g >= 255 ? 255 : g + 0.5f);
		}
	}
}

static void store(struct disturber *s, int quality, struct okng_image *img)
{
	unsigned long size = s->size;
	int r = tjCompress2(s->pack, img->data, img->width, (int)img->stride, img->height, TJPF_GRAY, &s->bytes, &size, TJSAMP_GRAY, quality,
		TJFLAG_NOREALLOC);
	assert(r == 0);
	r = tjDecompress2(s->unpack, s->bytes, size, img->data, img->width, (int)img->stride, img->height, TJPF_GRAY, TJFLAG_ACCURATEDCT);
	assert(r == 0);
}

void disturber_run(struct disturber *s, const struct disturb *d, uint64_t seed, const struct okng_image *in, struct okng_image *out)
{
	assert(in->width == s->width && in->height == s->height && out->width == s->out_width && out->height == s->out_height);
	move(s, d, in);
	if (d->blur != 0)
		blur(s, d->blur);
	expose(s, d, seed, out);
	if (d->quality)
		store(s, d->quality, out);
}

struct okng_rect disturber_box(const struct disturber *s, const struct disturb *d, struct okng_rect box)
{
	double sine, cosine, x0 = s->out_width, y0 = s->out_height, x1 = -1, y1 = -1;
	okng_locate_sincos(d->angle, &sine, &cosine);
	for (int i = 0; i < 4; i++) {
		double u = box.x + (i & 1 ? box.w : 0) - 0.5 - (s->width - 1) / 2.0, v = box.y + (i & 2 ? box.h : 0) - 0.5 - (s->height - 1) / 2.0;
		double x = (s->out_width - 1) / 2.0 + d->dx + cosine * u + sine * v, y = (s->out_height - 1) / 2.0 + d->dy - sine * u + cosine * v;
		x0 = fmin(x0, x);
		x1 = fmax(x1, x);
		y0 = fmin(y0, y);
		y1 = fmax(y1, y);
	}
	int32_t left = within((int32_t)x0, s->out_width), top = within((int32_t)y0, s->out_height);
	int32_t right = within((int32_t)x1 + 1, s->out_width + 1), bottom = within((int32_t)y1 + 1, s->out_height + 1);
	if (x1 <= 0 || y1 <= 0 || right <= left || bottom <= top)
		return (struct okng_rect){0};
	return (struct okng_rect){left, top, right - left, bottom - top};
}

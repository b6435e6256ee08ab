/* SPDX-License-Identifier: Apache-2.0
 *
 * Exposing the synthetic board. The ideal board is drawn once, at twice the frame's resolution; each part is that
 * picture shifted and turned by fixed-point bilinear sampling over the fixture, lit, and given noise from a table. A
 * defect is drawn into the ideal board for the time of one exposure, and its box is what that changed.
 */
#include "camera/synthetic.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "camera/synthetic_board.h"

#define OVERSAMPLE 2.0
#define NOISE_SIZE 65536      /* a power of two; more than the widest row */
#define PATCH_SIDE 180.0      /* board units: no change reaches further */
#define CHANGES_MAX 2
#define FIXTURE_GREY 40
#define FALL_OFF 0.15         /* light lost in the corners */
#define TILT 0.05             /* light lost from the upper left to the lower right edge, each way */

enum stream { STREAM_POSE = 1, STREAM_DEFECT, STREAM_NOISE, STREAM_TABLE };

struct patch {
	struct okng_rect at;
	uint16_t *saved;
};

struct okng_synthetic {
	struct okng_camera_params params;
	struct okng_board board;
	struct okng_canvas canvas;
	int8_t texture[256 * 256];
	uint8_t *fixture;         /* what lies around the board, in the frame */
	double *fall_x, *fall_y;  /* share of light lost */
	int32_t *gain_x;          /* of this exposure, 2.14 */
	int16_t *noise;           /* 1/16 level */
	struct okng_change change[CHANGES_MAX];
	struct patch patch[CHANGES_MAX];
	size_t patch_room;
};

struct pose {
	double x, y, cos, sin; /* middle of the board in the frame */
	double light;
};

static int check_range(double v, double lo, double hi, const char *key, struct okng_error *err)
{
	if (v >= lo && v <= hi)
		return 0;
	return okng_error_set(err, -EINVAL, "", 0, key, "%g; %g to %g is possible", v, lo, hi);
}

static int check(const struct okng_camera_params *p, struct okng_error *err)
{
	const struct { double v, lo, hi; const char *key; } rows[] = {
		{p->width, 160, 4096, "camera.width"},    {p->height, 120, 4096, "camera.height"},
		{p->defect_rate, 0, 1, "camera.defect_rate"}, {p->shift, 0, 1024, "camera.shift"},
		{p->angle, 0, 45, "camera.angle"},        {p->light, 0, 1, "camera.light"},
		{p->noise, 0, 64, "camera.noise"},        {p->fade, 0, 0.1, "camera.fade"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (check_range(rows[i].v, rows[i].lo, rows[i].hi, rows[i].key, err) < 0)
			return -EINVAL;
	return 0;
}

static void make_noise(int16_t *noise, uint32_t seed, double sigma)
{
	struct okng_random r = okng_random_init(seed, 0, STREAM_TABLE);
	for (int i = 0; i < NOISE_SIZE; i++) {
		/* Sum of twelve uniform numbers: variance 1 in units of 65536. */
		int64_t sum = -6 * 65536;
		for (int k = 0; k < 3; k++)
			for (uint64_t v = okng_random_next(&r), n = 0; n < 4; n++, v >>= 16)
				sum += (int64_t)(v & 65535);
		double g = (double)sum / 65536.0 * sigma * 16;
		noise[i] = (int16_t)(g < 0 ? g - 0.5 : g + 0.5);
	}
}

/* Dark anodised aluminium, brushed along x. */
static void make_fixture(uint8_t *to, int32_t w, int32_t h, int8_t *brush, int8_t *grain)
{
	okng_texture(brush, 101, 64, 1);
	okng_texture(grain, 102, 2, 2);
	for (int32_t y = 0; y < h; y++)
		for (int32_t x = 0; x < w; x++) {
			int32_t at = (y & 255) * 256 + (x & 255);
			*to++ = (uint8_t)(FIXTURE_GREY + (brush[at] * 5 + grain[at] * 3) / 128);
		}
}

static void make_light(double *fall, int32_t n, double diagonal)
{
	for (int32_t i = 0; i < n; i++) {
		double d = (i + 0.5 - n * 0.5) / diagonal;
		fall[i] = FALL_OFF * d * d + TILT * d;
	}
}

static void make_texture(int8_t *texture, int8_t *coarse)
{
	okng_texture(texture, 103, 4, 4);
	okng_texture(coarse, 104, 64, 32);
	for (int i = 0; i < 256 * 256; i++)
		texture[i] = (int8_t)((texture[i] + coarse[i]) / 2);
}

static int allocate(struct okng_synthetic *s)
{
	size_t w = (size_t)s->params.width, h = (size_t)s->params.height;
	double scale = s->params.width / 640.0 < s->params.height / 480.0 ? s->params.width / 640.0 : s->params.height / 480.0;
	s->canvas = okng_canvas_init(scale * OVERSAMPLE);
	s->canvas.texture = s->texture;
	s->canvas.pixels = calloc((size_t)s->canvas.width * (size_t)s->canvas.height, sizeof *s->canvas.pixels);
	s->fixture = malloc(w * h);
	s->fall_x = calloc(w, sizeof *s->fall_x);
	s->fall_y = calloc(h, sizeof *s->fall_y);
	s->gain_x = calloc(w, sizeof *s->gain_x);
	s->noise = calloc(NOISE_SIZE, sizeof *s->noise);
	size_t side = (size_t)(PATCH_SIDE * s->canvas.scale) + 1;
	s->patch_room = side * side;
	bool there = s->canvas.pixels && s->fixture && s->fall_x && s->fall_y && s->gain_x && s->noise;
	for (int i = 0; i < CHANGES_MAX; i++) {
		s->patch[i].saved = calloc(s->patch_room, sizeof *s->patch[i].saved);
		there = there && s->patch[i].saved;
	}
	return there ? 0 : -ENOMEM;
}

static int draw_all(struct okng_synthetic *s)
{
	int8_t (*tiles)[256 * 256] = malloc(2 * sizeof *tiles);
	if (!tiles)
		return -ENOMEM;
	make_texture(s->texture, tiles[0]);
	make_fixture(s->fixture, s->params.width, s->params.height, tiles[0], tiles[1]);
	free(tiles);
	double w = s->params.width, h = s->params.height, diagonal = 0.5 * sqrt(w * w + h * h);
	make_light(s->fall_x, s->params.width, diagonal);
	make_light(s->fall_y, s->params.height, diagonal);
	make_noise(s->noise, s->params.seed, s->params.noise);
	okng_board_init(&s->board);
	okng_canvas_draw(&s->canvas, (struct okng_rect){0, 0, s->canvas.width, s->canvas.height}, &s->board.shapes, NULL, 0);
	return 0;
}

int okng_synthetic_open(struct okng_synthetic **synthetic, const struct okng_camera_params *params, struct okng_error *err)
{
	*synthetic = NULL;
	int rc = check(params, err);
	if (rc < 0)
		return rc;
	struct okng_synthetic *s = calloc(1, sizeof *s);
	if (s)
		s->params = *params;
	rc = s ? allocate(s) : -ENOMEM;
	if (rc == 0)
		rc = draw_all(s);
	if (rc < 0) {
		okng_synthetic_close(&s);
		return okng_error_set(err, rc, "", 0, "camera", "no memory for %d x %d pixels", params->width, params->height);
	}
	*synthetic = s;
	return 0;
}

void okng_synthetic_close(struct okng_synthetic **synthetic)
{
	struct okng_synthetic *s = *synthetic;
	*synthetic = NULL;
	if (!s)
		return;
	for (int i = 0; i < CHANGES_MAX; i++)
		free(s->patch[i].saved);
	free(s->canvas.pixels);
	free(s->fixture);
	free(s->fall_x);
	free(s->fall_y);
	free(s->gain_x);
	free(s->noise);
	free(s);
}

/* Series to the seventh power: exact to 1e-9 for ±45°, and the same everywhere. */
static struct pose draw_pose(const struct okng_camera_params *p, uint64_t number)
{
	struct okng_random r = okng_random_init(p->seed, number, STREAM_POSE);
	struct pose pose;
	pose.x = p->width * 0.5 + okng_random_range(&r, -p->shift, p->shift);
	pose.y = p->height * 0.5 + okng_random_range(&r, -p->shift, p->shift);
	double a = okng_random_range(&r, -p->angle, p->angle) * (3.14159265358979323846 / 180), q = a * a;
	pose.sin = a * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72 * (1 - q / 110)))));
	pose.cos = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90 * (1 - q / 132)))));
	double faded = p->fade * (double)number;
	pose.light = (1 + okng_random_range(&r, -p->light, p->light)) * (faded < 0.9 ? 1 - faded : 0.1);
	return pose;
}

static void copy_patch(uint16_t *patch, const struct okng_canvas *c, struct okng_rect r)
{
	for (int32_t y = 0; y < r.h; y++)
		memcpy(patch + (size_t)y * (size_t)r.w, c->pixels + (size_t)(r.y + y) * (size_t)c->width + r.x, (size_t)r.w * sizeof *patch);
}

static void restore_patch(struct okng_canvas *c, const struct patch *p)
{
	for (int32_t y = 0; y < p->at.h; y++)
		memcpy(c->pixels + (size_t)(p->at.y + y) * (size_t)c->width + p->at.x, p->saved + (size_t)y * (size_t)p->at.w,
			(size_t)p->at.w * sizeof *p->saved);
}

/* The box of canvas pixels that differ from what was saved; w 0: none. */
static struct okng_rect changed(const struct okng_canvas *c, const struct patch *p)
{
	int32_t x0 = INT32_MAX, x1 = -1, y0 = INT32_MAX, y1 = -1;
	for (int32_t y = p->at.y; y < p->at.y + p->at.h; y++) {
		const uint16_t *is = c->pixels + (size_t)y * (size_t)c->width;
		const uint16_t *was = p->saved + (size_t)(y - p->at.y) * (size_t)p->at.w;
		for (int32_t x = p->at.x; x < p->at.x + p->at.w; x++) {
			if (is[x] == was[x - p->at.x])
				continue;
			x0 = x < x0 ? x : x0;
			x1 = x > x1 ? x : x1;
			y0 = y < y0 ? y : y0;
			y1 = y;
		}
	}
	return x1 < 0 ? (struct okng_rect){0} : (struct okng_rect){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

/* The frame pixels whose bilinear sample touches a canvas pixel of r. */
static struct okng_rect to_frame(const struct okng_synthetic *s, const struct pose *pose, struct okng_rect r)
{
	double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
	for (int i = 0; i < 4; i++) {
		double u = (i & 1 ? r.x + r.w : r.x - 1) + 0.5 - s->canvas.origin_x;
		double v = (i & 2 ? r.y + r.h : r.y - 1) + 0.5 - s->canvas.origin_y;
		double x = pose->x + (pose->cos * u - pose->sin * v) / OVERSAMPLE - 0.5;
		double y = pose->y + (pose->sin * u + pose->cos * v) / OVERSAMPLE - 0.5;
		x0 = x < x0 ? x : x0;
		x1 = x > x1 ? x : x1;
		y0 = y < y0 ? y : y0;
		y1 = y > y1 ? y : y1;
	}
	double w = s->params.width, h = s->params.height;
	int32_t l = (int32_t)(x0 < 0 ? 0 : x0 > w ? w : x0), t = (int32_t)(y0 < 0 ? 0 : y0 > h ? h : y0);
	int32_t right = (int32_t)(x1 < 0 ? 0 : x1 + 1 > w ? w : x1 + 1), bottom = (int32_t)(y1 < 0 ? 0 : y1 + 1 > h ? h : y1 + 1);
	return (struct okng_rect){l, t, right - l, bottom - t};
}

/* How many defects a part gets: mostly one. */
static int plan_defects(const struct okng_camera_params *p, enum okng_synthetic_part part, struct okng_random *r)
{
	bool by_rate = okng_random_unit(r) < p->defect_rate;
	bool second = okng_random_unit(r) < 0.12;
	bool defect = part == OKNG_SYNTHETIC_BY_RATE ? by_rate : part == OKNG_SYNTHETIC_DEFECT;
	return defect ? second ? 2 : 1 : 0;
}

/* Draws the defects into the canvas, each over the one before; those that show are in truth. Number of patches made. */
static int damage(struct okng_synthetic *s, const struct pose *pose, int n, struct okng_random *r, struct okng_truth *truth, int *truths)
{
	for (int i = 0; i < n; i++) {
		okng_board_damage(&s->board, r, &s->change[i]);
		struct patch *p = &s->patch[i];
		p->at = okng_canvas_reach(&s->canvas, &s->board.shapes, &s->change[i]);
		assert((size_t)p->at.w * (size_t)p->at.h <= s->patch_room);
		copy_patch(p->saved, &s->canvas, p->at);
		okng_canvas_draw(&s->canvas, p->at, &s->board.shapes, s->change, i + 1);
		struct okng_rect box = changed(&s->canvas, p);
		if (box.w == 0)
			continue;
		struct okng_truth *t = &truth[(*truths)++];
		memcpy(t->kind, s->change[i].kind, sizeof t->kind);
		t->box = to_frame(s, pose, box);
	}
	return n;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

/* Narrows [*from, *to) to the x for which 0 <= start + x · step < limit. */
static void narrow(int64_t start, int64_t step, int64_t limit, int32_t *from, int32_t *to)
{
	int64_t lo = *from, hi = *to;
	if (step == 0) {
		if (start < 0 || start >= limit)
			hi = lo;
	} else if (step > 0) {
		int64_t first = -floor_div(start, step), end = -floor_div(start - limit, step);
		lo = first > lo ? first : lo;
		hi = end < hi ? end : hi;
	} else {
		int64_t first = floor_div(start - limit, -step) + 1, end = floor_div(start, -step) + 1;
		lo = first > lo ? first : lo;
		hi = end < hi ? end : hi;
	}
	lo = lo < *to ? lo : *to;
	*from = (int32_t)lo;
	*to = (int32_t)(hi > lo ? hi : lo);
}

static int32_t fixed16(double v)
{
	return (int32_t)(v < 0 ? v * 65536 - 0.5 : v * 65536 + 0.5);
}

/* Grey and coverage as two lanes of one word. */
static uint32_t lanes(uint16_t pixel)
{
	return (pixel & 0xffu) | (pixel & 0xff00u) << 8;
}

/* Bilinear sample: grey in the low half, coverage in the high half, both 8.8. */
static uint32_t sample(const uint16_t *p, ptrdiff_t pitch, uint32_t fu, uint32_t fv)
{
	uint32_t top = lanes(p[0]) * (256 - fu) + lanes(p[1]) * fu;
	uint32_t bottom = lanes(p[pitch]) * (256 - fu) + lanes(p[pitch + 1]) * fu;
	return (top >> 8 & 0xff00ffu) * (256 - fv) + (bottom >> 8 & 0xff00ffu) * fv;
}

static uint8_t develop(uint32_t grey, int32_t gain, int noise)
{
	int32_t v = (int32_t)((uint64_t)grey * (uint32_t)gain >> 18) + noise + 8;
	return (uint8_t)(v < 0 ? 0 : v > 4080 ? 255 : v >> 4);
}

struct row {
	const uint8_t *fixture;
	const int16_t *noise; /* the whole table */
	uint32_t at;          /* where in it this row begins */
	int32_t gain;         /* 2.14, the column's share is taken off */
};

static void expose_fixture(const struct okng_synthetic *s, const struct row *r, uint8_t *to, int32_t from, int32_t end)
{
	for (int32_t x = from; x < end; x++)
		to[x] = develop((uint32_t)r->fixture[x] << 8, r->gain - s->gain_x[x], r->noise[(r->at + (uint32_t)x) & (NOISE_SIZE - 1)]);
}

static void expose_board(const struct okng_synthetic *s, const struct row *r, uint8_t *to, int32_t from, int32_t end, int64_t u, int64_t v,
	int32_t du, int32_t dv)
{
	ptrdiff_t pitch = s->canvas.width;
	u += (int64_t)from * du;
	v += (int64_t)from * dv;
	for (int32_t x = from; x < end; x++, u += du, v += dv) {
		uint32_t c = sample(s->canvas.pixels + (v >> 16) * pitch + (u >> 16), pitch, u >> 8 & 255, v >> 8 & 255);
		uint32_t grey = (c & 0xffffu) + (r->fixture[x] * (65280u - (c >> 16)) >> 8);
		to[x] = develop(grey, r->gain - s->gain_x[x], r->noise[(r->at + (uint32_t)x) & (NOISE_SIZE - 1)]);
	}
}

static void expose_frame(struct okng_synthetic *s, const struct pose *pose, struct okng_random *noise, struct okng_image *out)
{
	int32_t du = fixed16(pose->cos * OVERSAMPLE), dv = fixed16(-pose->sin * OVERSAMPLE);
	for (int32_t x = 0; x < out->width; x++)
		s->gain_x[x] = (int32_t)((s->fall_x[x] + 1) * pose->light * 16384);
	for (int32_t y = 0; y < out->height; y++) {
		double px = 0.5 - pose->x, py = y + 0.5 - pose->y;
		int64_t u = (int64_t)((s->canvas.origin_x - 0.5 + OVERSAMPLE * (pose->cos * px + pose->sin * py)) * 65536);
		int64_t v = (int64_t)((s->canvas.origin_y - 0.5 + OVERSAMPLE * (pose->cos * py - pose->sin * px)) * 65536);
		struct row row = {
			.fixture = s->fixture + (size_t)y * (size_t)out->width,
			.noise = s->noise,
			.at = (uint32_t)(okng_random_next(noise) >> 32),
			.gain = (int32_t)((2 - s->fall_y[y]) * pose->light * 16384),
		};
		int32_t from = 0, to = out->width;
		narrow(u, du, (int64_t)(s->canvas.width - 1) << 16, &from, &to);
		narrow(v, dv, (int64_t)(s->canvas.height - 1) << 16, &from, &to);
		expose_fixture(s, &row, okng_image_row(out, y), 0, from);
		expose_board(s, &row, okng_image_row(out, y), from, to, u, v, du, dv);
		expose_fixture(s, &row, okng_image_row(out, y), to, out->width);
	}
}

int okng_synthetic_expose(struct okng_synthetic *synthetic, uint64_t number, enum okng_synthetic_part part, struct okng_image *out,
	struct okng_truth truth[OKNG_TRUTH_MAX], int *truths)
{
	struct okng_synthetic *s = synthetic;
	*truths = 0;
	if (out->pixel != OKNG_PIXEL_MONO8 || out->width != s->params.width || out->height != s->params.height)
		return -EINVAL;
	struct pose pose = draw_pose(&s->params, number);
	struct okng_random defects = okng_random_init(s->params.seed, number, STREAM_DEFECT);
	struct okng_random noise = okng_random_init(s->params.seed, number, STREAM_NOISE);
	int patches = damage(s, &pose, plan_defects(&s->params, part, &defects), &defects, truth, truths);
	expose_frame(s, &pose, &noise, out);
	while (patches > 0)
		restore_patch(&s->canvas, &s->patch[--patches]);
	return 0;
}

int okng_synthetic_render(const struct okng_camera_params *params, uint64_t number, enum okng_synthetic_part part, struct okng_image *out,
	struct okng_truth truth[OKNG_TRUTH_MAX], int *truths, struct okng_error *err)
{
	struct okng_synthetic *s;
	*out = (struct okng_image){0};
	*truths = 0;
	int rc = okng_synthetic_open(&s, params, err);
	if (rc < 0)
		return rc;
	rc = okng_image_init(out, params->width, params->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_synthetic_expose(s, number, part, out, truth, truths);
	else
		okng_error_set(err, rc, "", 0, "camera", "no memory for %d x %d pixels", params->width, params->height);
	okng_synthetic_close(&s);
	return rc;
}

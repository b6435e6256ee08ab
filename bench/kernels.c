/* SPDX-License-Identifier: Apache-2.0
 *
 * Each kernel over a whole picture, row by row, as the tools call it; OpenCV's function for the same where it has one.
 * Both outputs are compared pixel by pixel before anything is timed.
 */
#include "bench/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/locate.h"

struct lab {
	const struct okng_kernels *k;
	struct okng_bench_task task;
	struct okng_image bytes;          /* the mask as OpenCV has it: 0 or 255 */
	struct okng_image deep[3];        /* frame, lower, upper in 12 of 16 bits */
	struct okng_image out, deep_out;
	struct okng_mask mask, dark, bright;
};

enum reads { FRAME = 1, BOUNDS = 2, MASK = 4, DEEP = 8, FLAT = 16 };

static const struct okng_pose turned = {.dx = 7.3, .dy = -11.6, .angle = 1.7};

struct kernel {
	const char *name;
	void (*rows)(struct lab *lab);
	unsigned reads;
	enum okng_bench_op op;
	/* Whether the outputs agree. */
	bool (*same)(const struct lab *lab, const struct okng_image *theirs);
};

static int32_t above(int32_t y)
{
	return y > 0 ? y - 1 : 0;
}

static int32_t below(const struct lab *lab, int32_t y)
{
	return y + 1 < lab->out.height ? y + 1 : y;
}

static void gauss3(struct lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height; y++)
		lab->k->gauss3(okng_image_row(in, above(y)), okng_image_row(in, y), okng_image_row(in, below(lab, y)),
			okng_image_row(&lab->out, y), in->width);
}

static void band(struct lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height; y++)
		lab->k->band(okng_image_row(in, y), okng_image_row(&lab->task.lower, y), okng_image_row(&lab->task.upper, y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), in->width);
}

static void gauss3_band(struct lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height; y++) {
		const uint8_t *const rows[3] = {okng_image_row(in, above(y)), okng_image_row(in, y), okng_image_row(in, below(lab, y))};
		lab->k->gauss3_band(rows, okng_image_row(&lab->task.lower, y), okng_image_row(&lab->task.upper, y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), in->width, 0, in->width);
	}
}

static uint16_t *deep_row(const struct okng_image *img, int32_t y)
{
	return (uint16_t *)(void *)okng_image_row(img, y);
}

static void gauss3_16(struct lab *lab)
{
	const struct okng_image *in = &lab->deep[0];
	for (int32_t y = 0; y < in->height; y++)
		lab->k->gauss3_16(deep_row(in, above(y)), deep_row(in, y), deep_row(in, below(lab, y)), deep_row(&lab->deep_out, y),
			in->width);
}

static void band_16(struct lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->band_16(deep_row(&lab->deep[0], y), deep_row(&lab->deep[1], y), deep_row(&lab->deep[2], y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), lab->out.width);
}

static void erode(struct lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->erode(okng_mask_row(&lab->mask, above(y)), okng_mask_row(&lab->mask, y), okng_mask_row(&lab->mask, below(lab, y)),
			okng_mask_row(&lab->dark, y), lab->out.width, 1);
}

static void dilate(struct lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->dilate(okng_mask_row(&lab->mask, above(y)), okng_mask_row(&lab->mask, y), okng_mask_row(&lab->mask, below(lab, y)),
			okng_mask_row(&lab->dark, y), lab->out.width, 1);
}

static void correct(struct lab *lab)
{
	okng_correct(&lab->task.scene.flat, &lab->task.scene.frame, &lab->out);
}

static void resample(struct lab *lab)
{
	okng_locate_resample(&turned, &lab->task.scene.frame, &lab->out, lab->task.spans);
}

static bool same_rows(const struct okng_image *ours, const struct okng_image *theirs, size_t bytes)
{
	for (int32_t y = 0; y < ours->height; y++)
		if (theirs->pixel != ours->pixel || memcmp(okng_image_row(ours, y), okng_image_row(theirs, y), bytes) != 0)
			return false;
	return true;
}

static bool same_bytes(const struct lab *lab, const struct okng_image *theirs)
{
	return same_rows(&lab->out, theirs, (size_t)lab->out.width);
}

static bool same_words(const struct lab *lab, const struct okng_image *theirs)
{
	return same_rows(&lab->deep_out, theirs, (size_t)lab->out.width * 2);
}

/* OpenCV rounds halves to even and interpolates at 1/32 pixel: whether no pixel is more than `most` levels off, and all of
 * them half a level on average at most. */
static bool near_bytes(const struct lab *lab, const struct okng_image *theirs, int most)
{
	int64_t sum = 0;
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++) {
			int d = abs(okng_image_row(&lab->out, y)[x] - okng_image_row(theirs, y)[x]);
			if (d > most)
				return false;
			sum += d;
		}
	return sum * 2 <= (int64_t)lab->out.width * lab->out.height;
}

static bool same_light(const struct lab *lab, const struct okng_image *theirs)
{
	return near_bytes(lab, theirs, 1);
}

static bool same_place(const struct lab *lab, const struct okng_image *theirs)
{
	return near_bytes(lab, theirs, 16);
}

static bool bit(const struct okng_mask *mask, int32_t x, int32_t y)
{
	return okng_mask_row(mask, y)[x / 64] >> (x & 63) & 1;
}

static bool same_bits(const struct lab *lab, const struct okng_image *theirs)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++)
			if (bit(&lab->dark, x, y) != (okng_image_row(theirs, y)[x] != 0))
				return false;
	return true;
}

/* inRange says what is within. */
static bool same_band(const struct lab *lab, const struct okng_image *theirs)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		for (int32_t x = 0; x < lab->out.width; x++)
			if ((bit(&lab->dark, x, y) || bit(&lab->bright, x, y)) != (okng_image_row(theirs, y)[x] == 0))
				return false;
	return true;
}

static const struct kernel kernels[] = {
	{"gauss3", gauss3, FRAME, OKNG_BENCH_GAUSS3, same_bytes},
	{"gauss3_16", gauss3_16, FRAME | DEEP, OKNG_BENCH_GAUSS3, same_words},
	{"band", band, FRAME | BOUNDS, OKNG_BENCH_BAND, same_band},
	{"band_16", band_16, FRAME | BOUNDS | DEEP, OKNG_BENCH_BAND, same_band},
	{"gauss3_band", gauss3_band, FRAME | BOUNDS, OKNG_BENCH_GAUSS3_BAND, same_band},
	{"erode", erode, MASK, OKNG_BENCH_ERODE3, same_bits},
	{"dilate", dilate, MASK, OKNG_BENCH_DILATE3, same_bits},
	{"correct", correct, FRAME | FLAT, OKNG_BENCH_CORRECT, same_light},
	{"resample", resample, FRAME, OKNG_BENCH_RESAMPLE, same_place},
};

/* The same picture with four more bits, the lowest of which are noise. */
static int make_deep(struct lab *lab)
{
	const struct okng_image *from[3] = {&lab->task.scene.frame, &lab->task.lower, &lab->task.upper};
	int rc = okng_image_init(&lab->deep_out, lab->out.width, lab->out.height, OKNG_PIXEL_MONO16);
	for (int i = 0; rc == 0 && i < 3; i++) {
		rc = okng_image_init(&lab->deep[i], lab->out.width, lab->out.height, OKNG_PIXEL_MONO16);
		for (int32_t y = 0; rc == 0 && y < lab->out.height; y++)
			for (int32_t x = 0; x < lab->out.width; x++)
				deep_row(&lab->deep[i], y)[x] = (uint16_t)(okng_image_row(from[i], y)[x] * 16 + (i ? 8 : (x * 7 + y * 5) % 16));
	}
	return rc;
}

/* The mask that the morphology works on: what lies beyond the band, in bits and in bytes. */
static int make_masks(struct lab *lab)
{
	int32_t width = lab->out.width, height = lab->out.height;
	int rc = okng_image_init(&lab->bytes, width, height, OKNG_PIXEL_MONO8);
	struct okng_mask *masks[] = {&lab->mask, &lab->dark, &lab->bright};
	for (int i = 0; rc == 0 && i < 3; i++)
		rc = okng_mask_init(masks[i], width, height);
	if (rc < 0)
		return rc;
	band(lab);
	for (int32_t y = 0; y < height; y++) {
		for (int32_t i = 0; i < lab->mask.words; i++)
			okng_mask_row(&lab->mask, y)[i] = okng_mask_row(&lab->dark, y)[i] | okng_mask_row(&lab->bright, y)[i];
		for (int32_t x = 0; x < width; x++)
			okng_image_row(&lab->bytes, y)[x] = bit(&lab->mask, x, y) ? 255 : 0;
	}
	return 0;
}

static void finish(struct lab *lab)
{
	okng_bench_task_finish(&lab->task);
	okng_image_finish(&lab->bytes);
	okng_image_finish(&lab->out);
	okng_image_finish(&lab->deep_out);
	for (int i = 0; i < 3; i++)
		okng_image_finish(&lab->deep[i]);
	okng_mask_finish(&lab->mask);
	okng_mask_finish(&lab->dark);
	okng_mask_finish(&lab->bright);
}

static struct okng_bench_stream stream_of(const struct lab *lab, unsigned reads)
{
	struct okng_bench_stream stream = {.n = 0};
	if (reads & FRAME)
		okng_bench_stream_add(&stream, reads & DEEP ? &lab->deep[0] : &lab->task.scene.frame);
	if (reads & BOUNDS) {
		okng_bench_stream_add(&stream, reads & DEEP ? &lab->deep[1] : &lab->task.lower);
		okng_bench_stream_add(&stream, reads & DEEP ? &lab->deep[2] : &lab->task.upper);
	}
	if (reads & FLAT) {
		okng_bench_stream_add(&stream, &lab->task.scene.flat.dark);
		okng_bench_stream_add(&stream, &lab->task.scene.flat.gain);
	}
	if (reads & MASK) {
		stream.buffer[stream.n].bytes = lab->mask.bits;
		stream.buffer[stream.n++].size = (size_t)lab->mask.height * (size_t)lab->mask.words * sizeof *lab->mask.bits;
	}
	return stream;
}

struct running {
	const struct kernel *kernel;
	struct lab *lab;
};

static int run(void *state)
{
	struct running *r = state;
	r->kernel->rows(r->lab);
	return 0;
}

static int measure(struct lab *lab, const struct kernel *kernel, const struct okng_bench_setup *setup, struct okng_bench_row *row,
	struct okng_error *err)
{
	struct running running = {kernel, lab};
	struct okng_bench_side theirs, ours = {run, &running};
	struct okng_bench_opponent opponent;
	struct okng_bench_work work = okng_bench_task_work(&lab->task, kernel->op);
	struct okng_bench_stream stream = stream_of(lab, kernel->reads);
	work.pose = turned;
	if (kernel->reads & MASK)
		work.frame = lab->bytes;
	if (kernel->reads & DEEP) {
		work.frame = lab->deep[0];
		work.lower = lab->deep[1];
		work.upper = lab->deep[2];
	}
	int rc = okng_bench_opponent_open(&opponent, setup->opencv, &work, &theirs, err);
	if (rc == 0) {
		run(&running);
		if (theirs.run && !kernel->same(lab, &opponent.outcome.out))
			rc = okng_error_set(err, -EPROTO, "", 0, kernel->name, "okng and OpenCV do not give the same");
	}
	if (rc == 0)
		rc = okng_bench_measure(&ours, &theirs, &stream, setup->seconds, setup->rounds, &row->t);
	okng_bench_opponent_close(&opponent);
	return rc;
}

int okng_bench_kernel(const struct okng_bench_setup *setup, const char *name, struct okng_bench_row *row, struct okng_error *err)
{
	const struct kernel *kernel = NULL;
	struct lab lab = {.k = okng_kernels_get(okng_cpu_level())};
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if (strcmp(kernels[i].name, name) == 0)
			kernel = &kernels[i];
	if (!kernel)
		return okng_error_set(err, -EINVAL, "", 0, name, "no such benchmark");
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .blobs = OKNG_BENCH_BLOBS,
		.shaded = kernel->reads & FLAT, .seed = 1};
	int rc = okng_bench_task_init(&lab.task, &view);
	if (rc == 0)
		rc = okng_image_init(&lab.out, setup->width, setup->height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = make_masks(&lab);
	if (rc == 0)
		rc = make_deep(&lab);
	if (rc == 0)
		rc = measure(&lab, kernel, setup, row, err);
	finish(&lab);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Each kernel over a whole picture, row by row, as the tools call it; OpenCV's function for the same where it has one.
 * Both outputs are compared pixel by pixel before anything is timed.
 */
#include "bench/lab.h"

#include <errno.h>
#include <string.h>

#include "pipeline/locate.h"

static const struct okng_pose turned = {.dx = 7.3, .dy = -11.6, .angle = 1.7};

struct kernel {
	const char *name;
	void (*rows)(struct okng_bench_lab *lab);
	unsigned reads;
	enum okng_bench_op op; /* 0: OpenCV has no such thing */
	/* Whether the outputs agree. */
	bool (*same)(const struct okng_bench_lab *lab, const struct okng_image *theirs);
};

static int32_t above(int32_t y)
{
	return y > 0 ? y - 1 : 0;
}

static int32_t below(const struct okng_bench_lab *lab, int32_t y)
{
	return y + 1 < lab->out.height ? y + 1 : y;
}

static void gauss3(struct okng_bench_lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height; y++)
		lab->k->gauss3(okng_image_row(in, above(y)), okng_image_row(in, y), okng_image_row(in, below(lab, y)),
			okng_image_row(&lab->out, y), in->width);
}

static void band(struct okng_bench_lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height; y++)
		lab->k->band(okng_image_row(in, y), okng_image_row(&lab->task.lower, y), okng_image_row(&lab->task.upper, y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), in->width);
}

static void gauss3_band(struct okng_bench_lab *lab)
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

static void gauss3_16(struct okng_bench_lab *lab)
{
	const struct okng_image *in = &lab->deep[0];
	for (int32_t y = 0; y < in->height; y++)
		lab->k->gauss3_16(deep_row(in, above(y)), deep_row(in, y), deep_row(in, below(lab, y)), deep_row(&lab->deep_out, y),
			in->width);
}

static void band_16(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->band_16(deep_row(&lab->deep[0], y), deep_row(&lab->deep[1], y), deep_row(&lab->deep[2], y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), lab->out.width);
}

static void erode(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->erode(okng_mask_row(&lab->mask, above(y)), okng_mask_row(&lab->mask, y), okng_mask_row(&lab->mask, below(lab, y)),
			okng_mask_row(&lab->dark, y), lab->out.width, 1);
}

static void dilate(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->dilate(okng_mask_row(&lab->mask, above(y)), okng_mask_row(&lab->mask, y), okng_mask_row(&lab->mask, below(lab, y)),
			okng_mask_row(&lab->dark, y), lab->out.width, 1);
}

static void correct(struct okng_bench_lab *lab)
{
	okng_correct(&lab->task.scene.flat, &lab->task.scene.frame, &lab->out);
}

static void resample(struct okng_bench_lab *lab)
{
	okng_locate_resample(&turned, &lab->task.scene.frame, &lab->out, lab->task.spans);
}

/* As the window of a local threshold moves down. */
static void slide(struct okng_bench_lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	memset(lab->columns, 0, (size_t)in->width * sizeof *lab->columns);
	for (int32_t y = 0; y < in->height; y++)
		lab->k->slide(lab->columns, okng_image_row(in, y), okng_image_row(in, y >= OKNG_BENCH_WINDOW ? y - OKNG_BENCH_WINDOW : 0), in->width);
}

static void local_mean(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		okng_local_row(lab->local, &lab->task.scene.frame, y, okng_image_row(&lab->out, y));
}

static void margins(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->k->margins(okng_image_row(&lab->task.scene.frame, y), OKNG_BENCH_MARGIN, OKNG_BENCH_MARGIN, okng_image_row(&lab->out, y),
			okng_image_row(&lab->upper, y), lab->out.width);
}

static void sum(struct okng_bench_lab *lab)
{
	lab->sum = 0;
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->sum += lab->k->sum(okng_image_row(&lab->task.scene.frame, y), lab->out.width);
}

static void energy(struct okng_bench_lab *lab)
{
	lab->sum = 0;
	for (int32_t y = 0; y < lab->out.height; y++)
		lab->sum += lab->k->energy(okng_image_row(&lab->task.scene.frame, y), lab->out.width);
}

static void halve(struct okng_bench_lab *lab)
{
	const struct okng_image *in = &lab->task.scene.frame;
	for (int32_t y = 0; y < in->height / 2; y++)
		lab->k->halve(okng_image_row(in, 2 * y), okng_image_row(in, 2 * y + 1), okng_image_row(&lab->out, y), in->width / 2);
}

static void light_sums(struct okng_bench_lab *lab)
{
	uint32_t sums[2];
	lab->sum = 0;
	for (int32_t y = 0; y < lab->out.height; y++) {
		lab->k->light_sums(okng_image_row(&lab->task.scene.frame, y), okng_image_row(&lab->task.scene.golden, y), lab->out.width, sums);
		lab->sum += sums[0] + sums[1];
	}
}

/* In place: the copy before it is measured, too, as OpenCV writes to another picture. */
static void light(struct okng_bench_lab *lab)
{
	for (int32_t y = 0; y < lab->out.height; y++) {
		memcpy(okng_image_row(&lab->out, y), okng_image_row(&lab->task.scene.frame, y), (size_t)lab->out.width);
		lab->k->light(okng_image_row(&lab->out, y), okng_image_row(&lab->task.scene.golden, y), OKNG_BENCH_GAIN, lab->out.width);
	}
}

static const struct kernel kernels[] = {
	{"gauss3", gauss3, OKNG_BENCH_FRAME, OKNG_BENCH_GAUSS3, okng_bench_same_bytes},
	{"gauss3_16", gauss3_16, OKNG_BENCH_FRAME | OKNG_BENCH_DEEP, OKNG_BENCH_GAUSS3, okng_bench_same_words},
	{"band", band, OKNG_BENCH_FRAME | OKNG_BENCH_BOUNDS, OKNG_BENCH_BAND, okng_bench_same_band},
	{"band_16", band_16, OKNG_BENCH_FRAME | OKNG_BENCH_BOUNDS | OKNG_BENCH_DEEP, OKNG_BENCH_BAND, okng_bench_same_band},
	{"gauss3_band", gauss3_band, OKNG_BENCH_FRAME | OKNG_BENCH_BOUNDS, OKNG_BENCH_GAUSS3_BAND, okng_bench_same_band},
	{"erode", erode, OKNG_BENCH_MASK, OKNG_BENCH_ERODE3, okng_bench_same_bits},
	{"dilate", dilate, OKNG_BENCH_MASK, OKNG_BENCH_DILATE3, okng_bench_same_bits},
	{"slide", slide, OKNG_BENCH_FRAME, 0, NULL},
	{"local_mean", local_mean, OKNG_BENCH_FRAME, OKNG_BENCH_LOCAL_MEAN, okng_bench_same_means},
	{"margins", margins, OKNG_BENCH_FRAME, OKNG_BENCH_MARGINS, okng_bench_same_margins},
	{"correct", correct, OKNG_BENCH_FRAME | OKNG_BENCH_FLAT, OKNG_BENCH_CORRECT, okng_bench_same_light},
	{"sum", sum, OKNG_BENCH_FRAME, OKNG_BENCH_SUM, okng_bench_same_sum},
	{"energy", energy, OKNG_BENCH_FRAME, 0, NULL},
	{"halve", halve, OKNG_BENCH_FRAME, OKNG_BENCH_HALVE, okng_bench_same_halves},
	{"light_sums", light_sums, OKNG_BENCH_FRAME | OKNG_BENCH_GOLDEN, 0, NULL},
	{"light", light, OKNG_BENCH_FRAME, OKNG_BENCH_LIGHT, okng_bench_same_light},
	{"resample", resample, OKNG_BENCH_FRAME, OKNG_BENCH_RESAMPLE, okng_bench_same_place},
};

struct running {
	const struct kernel *kernel;
	struct okng_bench_lab *lab;
};

static int run(void *state)
{
	struct running *r = state;
	r->kernel->rows(r->lab);
	return 0;
}

static int measure(struct okng_bench_lab *lab, const struct kernel *kernel, const struct okng_bench_setup *setup, struct okng_bench_row *row,
	struct okng_error *err)
{
	struct running running = {kernel, lab};
	struct okng_bench_side theirs, ours = {run, &running};
	struct okng_bench_opponent opponent;
	struct okng_bench_work work = okng_bench_task_work(&lab->task, kernel->op);
	struct okng_bench_stream stream = okng_bench_lab_stream(lab, kernel->reads);
	work.pose = turned;
	work.window = OKNG_BENCH_WINDOW;
	work.margin = OKNG_BENCH_MARGIN;
	work.light = OKNG_BENCH_GAIN / 4096.0;
	if (kernel->reads & OKNG_BENCH_MASK)
		work.frame = lab->bytes;
	if (kernel->reads & OKNG_BENCH_DEEP) {
		work.frame = lab->deep[0];
		work.lower = lab->deep[1];
		work.upper = lab->deep[2];
	}
	int rc = okng_bench_opponent_open(&opponent, kernel->op ? setup->opencv : NULL, &work, &theirs, err);
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
	struct okng_bench_lab lab;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if (strcmp(kernels[i].name, name) == 0)
			kernel = &kernels[i];
	if (!kernel)
		return okng_error_set(err, -EINVAL, "", 0, name, "no such benchmark");
	int rc = okng_bench_lab_init(&lab, setup->width, setup->height, kernel->reads & OKNG_BENCH_FLAT);
	if (rc == 0)
		rc = measure(&lab, kernel, setup, row, err);
	okng_bench_lab_finish(&lab);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything is made for every kernel, though each looks at a part: what it costs is not timed.
 */
#include "bench/lab.h"

#include <errno.h>
#include <stdlib.h>

static uint16_t *deep_row(const struct okng_image *img, int32_t y)
{
	return (uint16_t *)(void *)okng_image_row(img, y);
}

/* The same picture with four more bits, the lowest of which are noise. */
static int make_deep(struct okng_bench_lab *lab)
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

static int make_local(struct okng_bench_lab *lab)
{
	int rc = okng_image_init(&lab->upper, lab->out.width, lab->out.height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = okng_local_open(&lab->local, lab->out.width, OKNG_BENCH_WINDOW, lab->k);
	if (rc == 0 && !(lab->columns = calloc((size_t)lab->out.width, sizeof *lab->columns)))
		rc = -ENOMEM;
	return rc;
}

/* The mask that the morphology works on: what lies beyond the band, in bits and in bytes. */
static int make_masks(struct okng_bench_lab *lab)
{
	int32_t width = lab->out.width, height = lab->out.height;
	int rc = okng_image_init(&lab->bytes, width, height, OKNG_PIXEL_MONO8);
	struct okng_mask *masks[] = {&lab->mask, &lab->dark, &lab->bright};
	for (int i = 0; rc == 0 && i < 3; i++)
		rc = okng_mask_init(masks[i], width, height);
	if (rc < 0)
		return rc;
	for (int32_t y = 0; y < height; y++) {
		lab->k->band(okng_image_row(&lab->task.scene.frame, y), okng_image_row(&lab->task.lower, y), okng_image_row(&lab->task.upper, y),
			okng_mask_row(&lab->dark, y), okng_mask_row(&lab->bright, y), width);
		for (int32_t i = 0; i < lab->mask.words; i++)
			okng_mask_row(&lab->mask, y)[i] = okng_mask_row(&lab->dark, y)[i] | okng_mask_row(&lab->bright, y)[i];
		for (int32_t x = 0; x < width; x++)
			okng_image_row(&lab->bytes, y)[x] = okng_mask_row(&lab->mask, y)[x / 64] >> (x & 63) & 1 ? 255 : 0;
	}
	return 0;
}

void okng_bench_lab_finish(struct okng_bench_lab *lab)
{
	okng_bench_task_finish(&lab->task);
	okng_image_finish(&lab->bytes);
	okng_image_finish(&lab->out);
	okng_image_finish(&lab->deep_out);
	okng_image_finish(&lab->upper);
	okng_local_close(&lab->local);
	free(lab->columns);
	for (int i = 0; i < 3; i++)
		okng_image_finish(&lab->deep[i]);
	okng_mask_finish(&lab->mask);
	okng_mask_finish(&lab->dark);
	okng_mask_finish(&lab->bright);
}

struct okng_bench_stream okng_bench_lab_stream(const struct okng_bench_lab *lab, unsigned reads)
{
	struct okng_bench_stream stream = {.n = 0};
	if (reads & OKNG_BENCH_FRAME)
		okng_bench_stream_add(&stream, reads & OKNG_BENCH_DEEP ? &lab->deep[0] : &lab->task.scene.frame);
	if (reads & OKNG_BENCH_BOUNDS) {
		okng_bench_stream_add(&stream, reads & OKNG_BENCH_DEEP ? &lab->deep[1] : &lab->task.lower);
		okng_bench_stream_add(&stream, reads & OKNG_BENCH_DEEP ? &lab->deep[2] : &lab->task.upper);
	}
	if (reads & OKNG_BENCH_GOLDEN)
		okng_bench_stream_add(&stream, &lab->task.scene.golden);
	if (reads & OKNG_BENCH_FLAT) {
		okng_bench_stream_add(&stream, &lab->task.scene.flat.dark);
		okng_bench_stream_add(&stream, &lab->task.scene.flat.gain);
	}
	if (reads & OKNG_BENCH_MASK) {
		stream.buffer[stream.n].bytes = lab->mask.bits;
		stream.buffer[stream.n++].size = (size_t)lab->mask.height * (size_t)lab->mask.words * sizeof *lab->mask.bits;
	}
	return stream;
}

int okng_bench_lab_init(struct okng_bench_lab *lab, int32_t width, int32_t height, bool shaded)
{
	const struct okng_bench_view view = {.width = width, .height = height, .blobs = OKNG_BENCH_BLOBS, .shaded = shaded, .seed = 1};
	*lab = (struct okng_bench_lab){.k = okng_kernels_get(okng_cpu_level())};
	int rc = okng_bench_task_init(&lab->task, &view);
	if (rc == 0)
		rc = okng_image_init(&lab->out, width, height, OKNG_PIXEL_MONO8);
	if (rc == 0)
		rc = make_masks(lab);
	if (rc == 0)
		rc = make_deep(lab);
	if (rc == 0)
		rc = make_local(lab);
	return rc;
}

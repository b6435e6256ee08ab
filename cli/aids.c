/* SPDX-License-Identifier: Apache-2.0
 *
 * The sharpness is the inspection's own, so that what is read here can be compared with what a recipe asks for.
 */
#include "cli/aids.h"

#include <errno.h>
#include <string.h>

#include "pipeline/cpu.h"
#include "pipeline/intake.h"

int okng_aids_measure(struct okng_aids *aids, const struct okng_image *image, struct okng_rect region)
{
	struct okng_intake_sums sums;
	struct okng_image part;
	uint64_t grey = 0;
	double n;
	int rc;

	memset(aids, 0, sizeof(*aids));
	if (!region.w)
		region = (struct okng_rect){ 0, 0, image->width, image->height };
	if (image->pixel != OKNG_PIXEL_MONO8 || region.x < 0 || region.y < 0 || region.w <= 0 || region.h <= 0 ||
		region.x > image->width - region.w || region.y > image->height - region.h)
		return -EINVAL;
	/* A copy, for the kernels read whole vectors of a row. */
	rc = okng_image_init(&part, region.w, region.h, OKNG_PIXEL_MONO8);
	if (rc)
		return rc;
	for (int32_t y = 0; y < region.h; y++) {
		const uint8_t *row = image->data + (region.y + y) * image->stride + region.x;

		memcpy(part.data + y * part.stride, row, (size_t)region.w);
		for (int32_t x = 0; x < region.w; x++) {
			aids->histogram[row[x] / (256 / OKNG_AIDS_BINS)]++;
			aids->dark += row[x] == 0;
			aids->bright += row[x] == 255;
			grey += row[x];
		}
	}
	okng_intake_run(&(struct okng_intake){ .k = okng_kernels_get(okng_cpu_level()), .sharpness = true }, &part, &sums);
	n = (double)region.w * region.h;
	aids->mean = (double)grey / n;
	aids->dark /= n;
	aids->bright /= n;
	aids->sharpness = grey ? sums.sharpness / n : 0;
	okng_image_finish(&part);
	return 0;
}

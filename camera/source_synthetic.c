/* SPDX-License-Identifier: Apache-2.0
 *
 * The synthetic board as a camera's source: exposure n shows part n, whether or not those before it were seen.
 */
#include "camera/source.h"
#include "camera/synthetic.h"

static int synthetic_open(void **source, const struct okng_camera_params *p, int32_t *width, int32_t *height, struct okng_error *err)
{
	struct okng_synthetic *s;
	int rc = okng_synthetic_open(&s, p, err);
	*source = s;
	*width = p->width;
	*height = p->height;
	return rc;
}

static bool synthetic_exhausted(const void *source)
{
	(void)source;
	return false;
}

static int synthetic_expose(void *source, struct okng_frame *frame, struct okng_error *err)
{
	(void)err;
	return okng_synthetic_expose(source, frame->id, OKNG_SYNTHETIC_BY_RATE, &frame->image, frame->truth, &frame->truths);
}

/* Parts are counted by the camera. */
static void synthetic_skip(void *source, uint64_t exposures)
{
	(void)source;
	(void)exposures;
}

static void synthetic_close(void **source)
{
	struct okng_synthetic *s = *source;
	*source = NULL;
	okng_synthetic_close(&s);
}

const struct okng_source_ops okng_source_synthetic = {
	.simulates = true,
	.skips = true,
	.open = synthetic_open,
	.exhausted = synthetic_exhausted,
	.expose = synthetic_expose,
	.skip = synthetic_skip,
	.close = synthetic_close,
};

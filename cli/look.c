/* SPDX-License-Identifier: Apache-2.0
 *
 * A recipe without a taught part takes pictures of any size, but an inspector is opened for one: it is opened again
 * when the size changes.
 */
#include "cli/look.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "camera/image_file.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void okng_look_fault(struct okng_look *look, enum okng_reason reason)
{
	look->readable = false;
	look->time_ms = 0;
	look->width = look->height = 0;
	look->lens = NULL;
	look->result = (struct okng_result){ .verdict = OKNG_FAULT, .reason = reason, .limit = 0.5f, .worst = -1 };
}

int okng_looker_open(struct okng_looker *looker, const struct okng_recipe *recipe, const struct okng_model *model,
	const struct okng_optics *optics, struct okng_error *err)
{
	*looker = (struct okng_looker){ .recipe = recipe, .optics = *optics, .fixed = model && model->mean.width };
	if (!looker->fixed) {
		looker->model = model;
		return 0;
	}
	return okng_inspector_open(&looker->inspector, recipe, model, &looker->optics, 0, 0, err);
}

static int fit(struct okng_looker *looker, const struct okng_image *image, struct okng_error *err)
{
	if (looker->fixed || (looker->inspector && looker->width == image->width && looker->height == image->height))
		return 0;
	okng_inspector_close(&looker->inspector);
	looker->width = image->width;
	looker->height = image->height;
	return okng_inspector_open(&looker->inspector, looker->recipe, looker->model, &looker->optics, image->width, image->height, err);
}

int okng_looker_golden(struct okng_looker *looker, const struct okng_image *golden)
{
	return looker->inspector ? okng_inspector_golden(looker->inspector, golden) : -ENOTSUP;
}

void okng_looker_image(struct okng_looker *looker, const struct okng_image *image, const char *name, struct okng_look *look)
{
	double start;
	int rc;

	memset(&look->error, 0, sizeof(look->error));
	rc = fit(looker, image, &look->error);
	if (rc) {
		if (!look->error.text[0])
			okng_error_set(&look->error, rc, name, 0, "", "%s", strerror(-rc));
		okng_look_fault(look, OKNG_REASON_RECIPE);
		return;
	}
	look->readable = true;
	look->width = image->width;
	look->height = image->height;
	look->lens = looker->optics.lens;
	start = now_ms();
	okng_inspector_run(looker->inspector, image, &look->result);
	look->time_ms = now_ms() - start;
}

void okng_looker_file(struct okng_looker *looker, const char *path, struct okng_look *look)
{
	struct okng_image image;
	int rc;

	memset(&look->error, 0, sizeof(look->error));
	rc = okng_image_file_load(&image, path, &look->error);
	if (rc) {
		if (!look->error.text[0])
			okng_error_set(&look->error, rc, path, 0, "", "%s", strerror(-rc));
		okng_look_fault(look, OKNG_REASON_INCOMPLETE);
		return;
	}
	okng_looker_image(looker, &image, path, look);
	okng_image_finish(&image);
}

void okng_looker_close(struct okng_looker *looker)
{
	okng_inspector_close(&looker->inspector);
	*looker = (struct okng_looker){ 0 };
}

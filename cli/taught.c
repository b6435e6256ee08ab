/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden images and pictures to learn from come from the same camera as the parts, so flat field and lens are applied
 * to them, too; the inspector does it for the parts.
 */
#include "cli/taught.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "camera/image_file.h"
#include "cli/say.h"
#include "config/config.h"
#include "pipeline/warp.h"

int okng_taught_model_path(const char *dir, char *path, size_t size)
{
	struct stat st;
	const char *slash = strrchr(dir, '/');
	int n;

	if (stat(dir, &st) || S_ISDIR(st.st_mode))
		n = snprintf(path, size, "%s%smodel.okm", dir, slash && !slash[1] ? "" : "/");
	else if (slash)
		n = snprintf(path, size, "%.*s/model.okm", (int)(slash - dir), dir);
	else
		n = snprintf(path, size, "model.okm");
	return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int okng_taught_open_recipe(struct okng_taught *taught, const char *dir)
{
	struct okng_config_errors errors = { 0 };
	int rc;

	*taught = (struct okng_taught){ 0 };
	rc = okng_config_load_recipe(&taught->recipe, dir, &errors);
	if (rc)
		okng_say_config_errors(&errors);
	return rc;
}

int okng_taught_open_optics(struct okng_taught *taught, const char *flat, const char *profile)
{
	struct okng_error err = { 0 };
	int rc;

	rc = okng_calibration_load(&taught->calibration, flat, profile, NULL, 0, 0, &err);
	if (rc)
		okng_say_error(&err, rc, flat ? flat : profile);
	return rc;
}

/* In place. */
static int correct(const struct okng_calibration *c, struct okng_image *image, const char *path, struct okng_error *err)
{
	struct okng_image straight;
	int rc;

	if (c->has_flat && okng_correct(&c->flat, image, image))
		return okng_error_set(err, -EINVAL, path, 0, "", "%d x %d pixels, but the flat field is %d x %d",
			image->width, image->height, c->flat.dark.width, c->flat.dark.height);
	if (!c->has_lens)
		return 0;
	rc = okng_undistort(&c->lens, image, &straight, err);
	if (rc)
		return rc;
	okng_image_finish(image);
	*image = straight;
	return 0;
}

int okng_taught_golden(const struct okng_taught *taught, const char *path, struct okng_model **model, struct okng_error *err)
{
	struct okng_image golden;
	int rc;

	*model = NULL;
	rc = okng_image_file_load(&golden, path, err);
	if (rc)
		return rc;
	rc = correct(&taught->calibration, &golden, path, err);
	if (!rc)
		rc = okng_model_golden(model, &golden);
	if (!rc && taught->tools)
		rc = okng_model_copy_chunks(*model, taught->tools);
	if (rc)
		okng_model_close(model);
	okng_image_finish(&golden);
	return rc;
}

static int load_model(struct okng_model **model, const char *dir)
{
	struct okng_error err = { 0 };
	char path[4096];
	int rc;

	rc = okng_taught_model_path(dir, path, sizeof(path));
	if (!rc && access(path, F_OK) && errno == ENOENT) {
		okng_say("%s: not there: teach it first: okng learn --recipe %s GOOD_PICTURE...", path, dir);
		return -ENOENT;
	}
	if (!rc)
		rc = okng_model_load(model, path, &err);
	if (rc)
		okng_say_error(&err, rc, path);
	return rc;
}

int okng_taught_open_tools(struct okng_taught *taught, const char *dir)
{
	return okng_recipe_needs_taught(&taught->recipe) ? load_model(&taught->tools, dir) : 0;
}

int okng_taught_open_model(struct okng_taught *taught, const char *dir, const char *golden)
{
	struct okng_error err = { 0 };
	int rc;

	if (!golden)
		return okng_recipe_needs_model(&taught->recipe) ? load_model(&taught->model, dir) : 0;
	rc = okng_taught_open_tools(taught, dir);
	if (rc)
		return rc;
	rc = okng_taught_golden(taught, golden, &taught->model, &err);
	if (rc)
		okng_say_error(&err, rc, golden);
	return rc;
}

void okng_taught_close(struct okng_taught *taught)
{
	okng_model_close(&taught->model);
	okng_model_close(&taught->tools);
	okng_calibration_finish(&taught->calibration);
	*taught = (struct okng_taught){ 0 };
}

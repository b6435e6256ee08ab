/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever differs from what was recorded, a file of the setup, a limit, a tool that this okng does not have, must not pass
 * as a verdict: then the frame could not be judged.
 */
#include "cli/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "config/config.h"

static void close_judge(struct okng_replay_judge *j)
{
	okng_inspector_close(&j->inspector);
	okng_taught_close(&j->taught);
	*j = (struct okng_replay_judge){ 0 };
}

/* Files of a setup as they were: 0, or negative errno after saying which is not. */
static int check_files(const struct okng_replayer *r, const struct okng_recorded_setup *setup)
{
	for (int i = 0; i < setup->n_files; i++) {
		const struct okng_setup_file *f = &setup->files[i];
		char path[4096];
		int rc;

		if (strcmp(f->role, "recipe") != 0 && strcmp(f->role, "model") != 0 && strcmp(f->role, "flat") != 0 &&
		    strcmp(f->role, "lens") != 0) {
			okng_say("setup %s needs %s (%s), which this okng does not know: it takes the okng that recorded it, %s, or a newer one", setup->name,
				f->name, f->role, setup->version);
			return -ENOTSUP;
		}
		rc = okng_recording_setup_file(r->recording, setup, f->role, path, sizeof(path));
		if (rc) {
			okng_say("%s: %s", path, rc == -EINVAL ? "is not what was recorded: it was changed since" : strerror(-rc));
			return rc;
		}
	}
	return 0;
}

/* The recorded flat field or lens profile, "" none. */
static int recorded(const struct okng_replayer *r, const struct okng_recorded_setup *setup, const char *role, char *path, size_t size)
{
	int rc = okng_recording_setup_file(r->recording, setup, role, path, size);

	if (rc == -ENOENT && !*path)
		return 0;
	if (rc)
		okng_say("%s: %s", path, rc == -EINVAL ? "is not what was recorded: it was changed since" : strerror(-rc));
	return rc;
}

/* What of the camera goes with it: as told, or as recorded. */
static int find_optics(const struct okng_replayer *r, const struct okng_recorded_setup *setup, const char *told, const char *role, char *path, size_t size)
{
	*path = '\0';
	if (told)
		return (size_t)snprintf(path, size, "%s", told) < size ? 0 : -ENAMETOOLONG;
	return recorded(r, setup, role, path, size);
}

/* Where recipe and model lie, flat field and lens profile ("" none). */
static int find_files(const struct okng_replayer *r, const struct okng_recorded_setup *setup, char *folder, char *flat, char *lens, size_t size)
{
	int n = r->recipe ? snprintf(folder, size, "%s%s%s", r->recipe, *setup->view ? "/" : "", setup->view) :
		snprintf(folder, size, "%s/" OKNG_RECORDING_SETUPS "/%s", okng_recording_folder(r->recording), setup->name);
	int rc = 0;

	if (n < 0 || (size_t)n >= size)
		rc = -ENAMETOOLONG;
	if (!rc)
		rc = find_optics(r, setup, r->flat, "flat", flat, size);
	if (!rc)
		rc = find_optics(r, setup, r->calib, "lens", lens, size);
	if (rc == -ENAMETOOLONG)
		okng_say("%s: name too long", folder);
	return rc;
}

static int open_judge(const struct okng_replayer *r, struct okng_replay_judge *j, const struct okng_recorded_setup *setup, const struct okng_recorded_frame *frame)
{
	char folder[4096], flat[4096], lens[4096];
	struct okng_optics optics;
	struct okng_error err = { 0 };
	int rc = r->recipe ? 0 : check_files(r, setup);

	if (!rc)
		rc = find_files(r, setup, folder, flat, lens, sizeof(folder));
	if (!rc)
		rc = okng_taught_open_recipe(&j->taught, folder);
	if (!rc)
		rc = okng_taught_open_optics(&j->taught, *flat ? flat : NULL, *lens ? lens : NULL);
	if (!rc)
		rc = okng_taught_open_model(&j->taught, folder, NULL);
	if (rc)
		return rc;
	if (j->taught.model && j->taught.model->mean.width && (j->taught.model->mean.width != frame->width || j->taught.model->mean.height != frame->height)) {
		okng_say("%s/model.okm: taught at %d x %d, but the recorded frames of camera %s are %d x %d", folder, j->taught.model->mean.width,
			j->taught.model->mean.height, frame->camera_name, frame->width, frame->height);
		return -EINVAL;
	}
	optics = okng_calibration_optics(&j->taught.calibration);
	rc = okng_inspector_open(&j->inspector, &j->taught.recipe, j->taught.model, &optics, frame->width, frame->height, &err);
	if (rc)
		okng_say_error(&err, rc, folder);
	else
		okng_tunable_list(&j->taught.recipe, j->tunable);
	return rc;
}

/* The judge for this frame: an open one, or opened in the place of the one not used for the longest time. */
static struct okng_replay_judge *find_judge(struct okng_replayer *r, const struct okng_recorded_frame *frame)
{
	static const struct okng_recorded_setup none = { .name = "" };
	const struct okng_recorded_setup *setup = okng_recording_setup(r->recording, frame->look.setup);
	struct okng_replay_judge *j = NULL;
	char key[sizeof(j->key)];

	snprintf(key, sizeof(key), "%s camera %d", frame->look.setup, frame->camera);
	for (int i = 0; i < OKNG_REPLAY_JUDGES; i++) {
		struct okng_replay_judge *k = &r->judge[i];

		if (strcmp(k->key, key) == 0 && k->width == frame->width && k->height == frame->height)
			return k;
		if (!j || k->used < j->used)
			j = k;
	}
	close_judge(j);
	memcpy(j->key, key, sizeof(key));
	j->width = frame->width;
	j->height = frame->height;
	if (!setup && (!r->recipe || frame->camera)) {
		okng_say("camera %s: the recording does not hold what its frames were judged with%s", frame->camera_name,
			frame->look.setup[0] ? ": setup missing" : "");
		j->rc = -ENOENT;
		return j;
	}
	j->rc = open_judge(r, j, setup ? setup : &none, frame);
	return j;
}

/* The limits that the PLC had moved. */
static int tune(struct okng_replay_judge *j, const struct okng_recorded_look *look)
{
	struct okng_plc_limit limit[OKNG_PLC_LIMITS_MAX];
	struct okng_tuning tuning = { .n = look->n_limits };
	int n = okng_config_limits(&j->taught.recipe, limit);
	bool fits = n == look->n_limits;

	for (int i = 0; fits && i < n; i++) {
		double v = look->limits[i];

		fits = v >= limit[i].min && v <= limit[i].max && (!limit[i].whole || v == (double)(int)v) &&
			(!limit[i].below_next || (i + 1 < n && v < look->limits[i + 1]));
		tuning.value[i] = v;
	}
	if (!fits) {
		okng_say("the limits recorded as in force are not such as recipe %s has", j->taught.recipe.name);
		return -EINVAL;
	}
	okng_inspector_tune(j->inspector, j->tunable, &tuning);
	return 0;
}

int okng_replayer_look(struct okng_replayer *r, const struct okng_recorded_frame *frame, struct okng_result *result, const struct okng_recipe **recipe)
{
	struct okng_image image = okng_image_view((void *)(uintptr_t)frame->pixels, frame->width, frame->height, frame->stride, OKNG_PIXEL_MONO8);
	struct okng_replay_judge *j;

	*recipe = NULL;
	if (frame->incomplete)
		return -ENODATA;
	if (frame->pixel != OKNG_RECORDED_MONO8)
		return -ENOTSUP;
	j = find_judge(r, frame);
	j->used = ++r->frames;
	if (!j->rc && !r->recipe)
		j->rc = tune(j, &frame->look);
	if (j->rc)
		return j->rc;
	okng_inspector_run(j->inspector, &image, result);
	r->lens = j->taught.calibration.has_lens ? &j->taught.calibration.lens : NULL;
	*recipe = &j->taught.recipe;
	return 0;
}

void okng_replayer_close(struct okng_replayer *r)
{
	for (int i = 0; i < OKNG_REPLAY_JUDGES; i++)
		close_judge(&r->judge[i]);
}

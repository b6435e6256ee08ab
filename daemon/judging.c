/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading is the main thread's work: it reads files and allocates, while the station goes on with what it has.
 */
#include "daemon/judging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/optics.h"
#include "camera/image_file.h"
#include "daemon/log.h"

static void log_error(const struct okng_error *e)
{
	if (e->line > 0)
		okng_log(LOG_ERR, "%s:%d: %s%s%s", e->file, e->line, e->key, *e->key ? ": " : "", e->text);
	else
		okng_log(LOG_ERR, "%s%s%s%s%s", e->file, *e->file ? ": " : "", e->key, *e->key ? ": " : "", e->text);
}

static int open_inspector(struct okng_inspector **inspector, const struct okng_recipe *recipe, const char *folder,
	const struct okng_optics *optics, int32_t width, int32_t height)
{
	struct okng_error err = {0};
	struct okng_model *model = NULL;
	char path[640];
	snprintf(path, sizeof path, "%s/model.okm", folder);
	int r = okng_recipe_needs_model(recipe) ? okng_model_load(&model, path, &err) : 0;
	if (r == 0 && model && model->mean.width && (model->mean.width != width || model->mean.height != height))
		r = okng_error_set(&err, -EINVAL, path, 0, "", "taught at %d×%d, but the camera gives %d×%d: teach the recipe again",
			model->mean.width, model->mean.height, width, height);
	if (r == 0)
		r = okng_inspector_open(inspector, recipe, model, optics, width, height, &err);
	if (r < 0)
		log_error(&err);
	okng_model_close(&model);
	return r;
}

/* size.serial must be the profile's, where both are known. */
static int load_optics(struct okng_calibration *calibration, const struct okng_view_config *config, struct okng_judging_size size)
{
	struct okng_error err = {0};
	int r = okng_calibration_load(calibration, config->flat, config->calibration, size.serial, size.width, size.height, &err);
	if (r < 0)
		log_error(&err);
	return r;
}

static void log_config_errors(const struct okng_config_errors *errors)
{
	for (int i = 0; i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++)
		log_error(&errors->error[i]);
}

/* Its limits come after those of the views before. */
static int add_limits(struct okng_judging *j, struct okng_judging_view *v, const char *camera)
{
	struct okng_plc_limit limit[OKNG_PLC_LIMITS_MAX];
	v->first_limit = j->n_limits;
	v->n_limits = okng_config_limits(&v->recipe, limit);
	if (j->n_limits + v->n_limits > OKNG_PLC_LIMITS_MAX) {
		okng_log(LOG_ERR, "%s/recipe.toml: plc_writable: the recipes of all cameras open %d limits for the PLC; there is room for %d", v->folder,
			j->n_limits + v->n_limits, OKNG_PLC_LIMITS_MAX);
		return -EINVAL;
	}
	for (int i = 0; i < v->n_limits; i++) {
		struct okng_plc_limit *l = &j->limit[j->n_limits++];
		*l = limit[i];
		if (j->n_views > 1)
			snprintf(l->name, sizeof l->name, "%s: %.60s", camera, limit[i].name);
	}
	okng_tunable_list(&v->recipe, v->tunable);
	return 0;
}

static int open_view(struct okng_judging *j, int i, const struct okng_station_config *config, const char *name, struct okng_judging_size size)
{
	struct okng_judging_view *v = &j->view[i];
	const struct okng_view_config *c = &config->view[i];
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	if (!errors)
		return -ENOMEM;
	snprintf(v->folder, sizeof v->folder, "%s/%s%s%s", config->recipes, name, *c->view ? "/" : "", c->view);
	int r = okng_config_load_recipe(&v->recipe, v->folder, errors);
	if (r < 0)
		log_config_errors(errors);
	free(errors);
	if (r == 0 && v->recipe.number != j->view[0].recipe.number) {
		okng_log(LOG_ERR, "%s/recipe.toml: number: is %d, but %s/recipe.toml, for the same part, has %d", v->folder, v->recipe.number,
			j->view[0].folder, j->view[0].recipe.number);
		r = -EINVAL;
	}
	struct okng_calibration calibration = {0};
	if (r == 0)
		r = load_optics(&calibration, c, size);
	const struct okng_optics optics = okng_calibration_optics(&calibration);
	for (int w = 0; r == 0 && w < config->workers; w++)
		r = open_inspector(&v->inspector[w], &v->recipe, v->folder, &optics, size.width, size.height);
	v->has_lens = calibration.has_lens;
	v->lens = calibration.lens;
	okng_calibration_finish(&calibration);
	return r == 0 ? add_limits(j, v, c->camera.name) : r;
}

static uint16_t crc_of(const struct okng_judging *j, const struct okng_station_config *config, const char *station_file)
{
	char file[2 * OKNG_CAMERAS_MAX][640];
	const char *paths[1 + 4 * OKNG_CAMERAS_MAX] = {station_file};
	int n = 1;
	for (int i = 0; i < j->n_views; i++)
		for (int model = 0; model < 2; model++) {
			snprintf(file[2 * i + model], sizeof file[0], "%s/%s", j->view[i].folder, model ? "model.okm" : "recipe.toml");
			paths[n++] = file[2 * i + model];
		}
	for (int i = 0; i < j->n_views; i++) {
		const char *const camera[] = {config->view[i].flat, config->view[i].calibration};
		for (int k = 0; k < 2; k++)
			if (*camera[k])
				paths[n++] = camera[k];
	}
	return okng_config_crc(paths, n);
}

int okng_judging_open(struct okng_judging **judging, const struct okng_station_config *config, const char *station_file,
	const char *name, const struct okng_judging_size *size)
{
	static uint32_t generations; /* main thread only */
	*judging = NULL;
	struct okng_judging *j = calloc(1, sizeof *j);
	int r = j ? 0 : -ENOMEM;
	if (r == 0) {
		j->n_views = config->n_views;
		j->workers = config->workers;
	}
	for (int i = 0; r == 0 && i < config->n_views; i++)
		r = open_view(j, i, config, name, size[i]);
	if (r == 0) {
		snprintf(j->name, sizeof j->name, "%s", j->view[0].recipe.name);
		j->number = j->view[0].recipe.number;
		j->generation = ++generations;
		j->crc = crc_of(j, config, station_file);
		*judging = j;
		j = NULL;
	}
	okng_judging_close(&j);
	return r;
}

static struct okng_tuning tuning_of(const struct okng_judging_view *v, const struct okng_tuning *all)
{
	struct okng_tuning t = {.n = v->n_limits};
	memcpy(t.value, all->value + v->first_limit, (size_t)t.n * sizeof *t.value);
	return t;
}

void okng_judging_run(const struct okng_judging *judging, int view, int worker, const struct okng_tuning *tuning,
	const struct okng_image *image, struct okng_result *result)
{
	const struct okng_judging_view *v = &judging->view[view];
	struct okng_tuning mine = tuning_of(v, tuning);
	okng_inspector_tune(v->inspector[worker], v->tunable, &mine);
	okng_inspector_run(v->inspector[worker], image, result);
}

/* Judges one folder of references: how many were not as labelled, or negative errno. */
static int test_folder(struct okng_inspector *inspector, const char *folder, bool good, int *seen)
{
	char **paths = NULL;
	struct okng_error err = {0};
	int n = okng_image_file_list(&paths, folder, NULL, &err), wrong = 0;
	if (n == -ENOENT || n == -ENODATA)
		return 0;
	for (int i = 0; i < n; i++) {
		struct okng_image img = {0};
		struct okng_result result = {.verdict = OKNG_FAULT, .reason = OKNG_REASON_INCOMPLETE};
		if (okng_image_file_load(&img, paths[i], &err) < 0)
			log_error(&err);
		else
			okng_inspector_run(inspector, &img, &result);
		okng_image_finish(&img);
		(*seen)++;
		if ((result.verdict == OKNG_OK) != good) {
			wrong++;
			okng_log(LOG_ERR, "test run: %s is %s (%s), but lies in %s", paths[i], okng_verdict_name(result.verdict),
				*result.decided_by ? result.decided_by : okng_reason_text(result.reason), good ? "ok" : "ng");
		}
	}
	okng_image_file_list_free(&paths);
	return n < 0 ? n : wrong;
}

struct okng_tuning okng_judging_tuning(const struct okng_judging *judging)
{
	struct okng_tuning t = {.n = judging->n_limits};
	for (int i = 0; i < t.n; i++)
		t.value[i] = judging->limit[i].value;
	return t;
}

/* How many references of a view were not as labelled, or negative errno. */
static int test_view(const struct okng_judging_view *v, const struct okng_view_config *config, const struct okng_tuning *tuning, int *seen)
{
	struct okng_model *model = NULL;
	struct okng_inspector *inspector = NULL;
	struct okng_error err = {0};
	struct okng_tuning mine = tuning_of(v, tuning);
	char path[640];
	int wrong = 0;
	/* Its own inspector of the files on disk: the workers' belong to their threads. */
	snprintf(path, sizeof path, "%s/model.okm", v->folder);
	int r = okng_model_load(&model, path, &err);
	if (r < 0 && r != -ENOENT)
		log_error(&err);
	bool taught = r == 0 && model->mean.width;
	int32_t w = taught ? model->mean.width : config->camera.width, h = taught ? model->mean.height : config->camera.height;
	struct okng_calibration calibration = {0};
	if (r == 0 || r == -ENOENT)
		r = load_optics(&calibration, config, (struct okng_judging_size){w, h, ""});
	const struct okng_optics optics = okng_calibration_optics(&calibration);
	if (r == 0)
		r = open_inspector(&inspector, &v->recipe, v->folder, &optics, w, h);
	if (r == 0)
		okng_inspector_tune(inspector, v->tunable, &mine);
	for (int good = 1; r == 0 && good >= 0; good--) {
		snprintf(path, sizeof path, "%s/reference/%s", v->folder, good ? "ok" : "ng");
		int n = test_folder(inspector, path, good, seen);
		r = n < 0 ? n : 0;
		wrong += n > 0 ? n : 0;
	}
	okng_model_close(&model);
	okng_inspector_close(&inspector);
	okng_calibration_finish(&calibration);
	return r < 0 ? r : wrong;
}

int okng_judging_test(const struct okng_judging *judging, const struct okng_station_config *config, const struct okng_tuning *tuning)
{
	int seen = 0, wrong = 0, r = 0;
	for (int i = 0; r >= 0 && i < judging->n_views; i++) {
		r = test_view(&judging->view[i], &config->view[i], tuning, &seen);
		wrong += r > 0 ? r : 0;
	}
	if (r < 0)
		return r;
	if (seen == 0) {
		okng_log(LOG_WARNING, "test run: no pictures in %s/reference/ok or /ng", judging->view[0].folder);
		return -ENODATA;
	}
	okng_log(LOG_INFO, "test run: %d of %d references judged as labelled", seen - wrong, seen);
	return wrong ? -EBADMSG : 0;
}

void okng_judging_close(struct okng_judging **judging)
{
	struct okng_judging *j = *judging;
	*judging = NULL;
	if (!j)
		return;
	for (int i = 0; i < j->n_views; i++)
		for (int w = 0; w < OKNG_WORKERS_MAX; w++)
			okng_inspector_close(&j->view[i].inspector[w]);
	free(j);
}

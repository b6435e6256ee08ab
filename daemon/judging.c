/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading is the main thread's work: it reads files and allocates, while the station goes on with what it has.
 */
#include "daemon/judging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/flat.h"
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
	const char *flat_file, int32_t width, int32_t height)
{
	struct okng_error err = {0};
	struct okng_model *model = NULL;
	struct okng_flat flat = {0};
	char path[600];
	snprintf(path, sizeof path, "%s/model.okm", folder);
	int r = okng_recipe_needs_model(recipe) ? okng_model_load(&model, path, &err) : 0;
	if (r == 0 && *flat_file)
		r = okng_flat_load(&flat, flat_file, &err);
	if (r == 0 && model && model->mean.width && (model->mean.width != width || model->mean.height != height))
		r = okng_error_set(&err, -EINVAL, path, 0, "", "taught at %d×%d, but the camera gives %d×%d: teach the recipe again",
			model->mean.width, model->mean.height, width, height);
	if (r == 0)
		r = okng_inspector_open(inspector, recipe, model, *flat_file ? &flat : NULL, width, height, &err);
	if (r < 0)
		log_error(&err);
	okng_model_close(&model);
	okng_flat_finish(&flat);
	return r;
}

static void log_config_errors(const struct okng_config_errors *errors)
{
	for (int i = 0; i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++)
		log_error(&errors->error[i]);
}

int okng_judging_open(struct okng_judging **judging, const struct okng_station_config *config, const char *station_file,
	const char *name, int32_t width, int32_t height)
{
	static uint32_t generations; /* main thread only */
	*judging = NULL;
	struct okng_judging *j = calloc(1, sizeof *j);
	struct okng_config_errors *errors = calloc(1, sizeof *errors);
	int r = j && errors ? 0 : -ENOMEM;
	if (r == 0) {
		snprintf(j->folder, sizeof j->folder, "%s/%s", config->recipes, name);
		r = okng_config_load_recipe(&j->recipe, j->folder, errors);
		if (r < 0)
			log_config_errors(errors);
	}
	for (int i = 0; r == 0 && i < config->workers; i++) {
		r = open_inspector(&j->inspector[i], &j->recipe, j->folder, config->view[0].flat, width, height);
		if (r == 0)
			j->workers = i + 1;
	}
	if (r == 0) {
		char recipe_file[600], model_file[600];
		snprintf(recipe_file, sizeof recipe_file, "%s/recipe.toml", j->folder);
		snprintf(model_file, sizeof model_file, "%s/model.okm", j->folder);
		j->generation = ++generations;
		j->n_limits = okng_config_limits(&j->recipe, j->limit);
		okng_tunable_list(&j->recipe, j->tunable);
		j->crc = okng_config_crc((const char *const[]){station_file, recipe_file, model_file}, 3);
		*judging = j;
		j = NULL;
	}
	free(errors);
	okng_judging_close(&j);
	return r;
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

int okng_judging_test(const struct okng_judging *judging, const struct okng_station_config *config, const struct okng_tuning *tuning)
{
	struct okng_model *model = NULL;
	struct okng_inspector *inspector = NULL;
	struct okng_error err = {0};
	char path[600];
	/* Its own inspector of the files on disk: the workers' belong to their threads. */
	snprintf(path, sizeof path, "%s/model.okm", judging->folder);
	int r = okng_model_load(&model, path, &err);
	if (r < 0 && r != -ENOENT)
		log_error(&err);
	bool taught = r == 0 && model->mean.width;
	int32_t w = taught ? model->mean.width : config->view[0].camera.width, h = taught ? model->mean.height : config->view[0].camera.height;
	if (r == 0 || r == -ENOENT)
		r = open_inspector(&inspector, &judging->recipe, judging->folder, "", w, h);
	if (r == 0)
		okng_inspector_tune(inspector, judging->tunable, tuning);
	int seen = 0, wrong = 0;
	for (int good = 1; r == 0 && good >= 0; good--) {
		snprintf(path, sizeof path, "%s/reference/%s", judging->folder, good ? "ok" : "ng");
		int n = test_folder(inspector, path, good, &seen);
		r = n < 0 ? n : 0;
		wrong += n > 0 ? n : 0;
	}
	okng_model_close(&model);
	okng_inspector_close(&inspector);
	if (r == 0 && seen == 0) {
		okng_log(LOG_WARNING, "test run: no pictures in %s/reference/ok or /ng", judging->folder);
		return -ENODATA;
	}
	if (r == 0)
		okng_log(LOG_INFO, "test run: %d of %d references judged as labelled", seen - wrong, seen);
	return r < 0 ? r : wrong ? -EBADMSG : 0;
}

void okng_judging_close(struct okng_judging **judging)
{
	struct okng_judging *j = *judging;
	*judging = NULL;
	if (!j)
		return;
	for (int i = 0; i < OKNG_WORKERS_MAX; i++)
		okng_inspector_close(&j->inspector[i]);
	free(j);
}

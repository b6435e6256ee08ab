/* SPDX-License-Identifier: Apache-2.0
 *
 * What okng replay needs of a part: its frames as the inspectors got them, what each was judged to be, the limits in force,
 * and the files that the recipe was loaded from. Handed to the store's recorder once the verdict is out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"
#include "pipeline/fingerprint.h"
#include "store/recorder.h"

#define LOAD_TRIES 3

_Static_assert(OKNG_CAMERAS_MAX <= OKNG_RECORDED_FRAMES_MAX, "a frame of each camera");
_Static_assert(OKNG_TUNABLES_MAX <= OKNG_RECORDED_LIMITS_MAX, "every limit");
_Static_assert(OKNG_MEASURES_MAX <= OKNG_RECORDED_MEASURES_MAX, "every measure");
_Static_assert(OKNG_DEFECTS_MAX <= OKNG_RECORDED_DEFECTS_MAX, "every defect");

int okng_record_allocate(struct okng_station *s)
{
	if (!okng_store_recorder(s->store))
		return 0;
	s->recorded = calloc((size_t)s->part_room * (size_t)s->views, sizeof *s->recorded);
	return s->recorded ? 0 : -ENOMEM;
}

struct files {
	struct okng_recorded_setup setup;
	char path[4][640];
	const char *paths[4];
};

static void add_file(struct files *f, const char *role, const char *name, const char *path)
{
	struct okng_setup_file *file = &f->setup.files[f->setup.n_files];
	FILE *there = fopen(path, "rb"); /* a recipe may need no model */
	if (!there)
		return;
	fclose(there);
	snprintf(file->role, sizeof file->role, "%s", role);
	snprintf(file->name, sizeof file->name, "%s", name);
	snprintf(f->path[f->setup.n_files], sizeof f->path[0], "%s", path);
	f->paths[f->setup.n_files] = f->path[f->setup.n_files];
	f->setup.n_files++;
}

/* What camera v is going to be judged with. */
static void name_files(struct files *f, const struct okng_station_config *config, const char *name, int v)
{
	const struct okng_view_config *c = &config->view[v];
	char path[640], why[256];
	*f = (struct files){0};
	snprintf(f->setup.version, sizeof f->setup.version, "%s", OKNG_VERSION);
	snprintf(f->setup.station, sizeof f->setup.station, "%s", config->name);
	snprintf(f->setup.recipe, sizeof f->setup.recipe, "%s", name);
	snprintf(f->setup.view, sizeof f->setup.view, "%s", c->view);
	snprintf(path, sizeof path, "%s/%s%s%s/recipe.toml", config->recipes, name, *c->view ? "/" : "", c->view);
	add_file(f, "recipe", "recipe.toml", path);
	snprintf(path, sizeof path, "%s/%s%s%s/model.okm", config->recipes, name, *c->view ? "/" : "", c->view);
	add_file(f, "model", "model.okm", path);
	if (*c->flat)
		add_file(f, "flat", "flat.okf", c->flat);
	if (*c->calibration)
		add_file(f, "lens", "lens.toml", c->calibration);
	if (okng_recorder_setup_sum(&f->setup, f->paths, why, sizeof why) < 0)
		f->setup.n_files = 0; /* who loads it says what is wrong */
}

/* 0, also when the recording cannot take it; -ESTALE. */
static int keep_files(struct okng_recorder *recorder, struct files *f, struct okng_judging_view *view)
{
	char why[256] = "";
	int r = okng_recorder_setup_keep(recorder, &f->setup, f->paths, why, sizeof why);
	if (r < 0 && r != -ESTALE)
		okng_log(LOG_ERR, "recording: %s: frames are kept without what they were judged with", why);
	memcpy(view->setup, f->setup.name, sizeof view->setup);
	return r == -ESTALE ? r : 0;
}

int okng_record_judging(const struct okng_station *s, const struct okng_station_config *config, const char *name,
	struct okng_judging **judging)
{
	struct okng_recorder *recorder = okng_store_recorder(s->store);
	struct okng_judging_size size[OKNG_CAMERAS_MAX];
	struct files *files = calloc(OKNG_CAMERAS_MAX, sizeof *files);
	int r = files ? -ESTALE : -ENOMEM;
	*judging = NULL;
	for (int v = 0; v < s->views; v++)
		size[v] = (struct okng_judging_size){s->view[v].width, s->view[v].height, okng_camera_serial(s->view[v].camera)};
	for (int i = 0; r == -ESTALE && i < LOAD_TRIES; i++) {
		for (int v = 0; recorder && v < s->views; v++)
			name_files(&files[v], config, name, v);
		okng_judging_close(judging);
		r = okng_judging_open(judging, config, s->station_file, name, size);
		for (int v = 0; r == 0 && recorder && v < s->views; v++)
			r = keep_files(recorder, &files[v], &(*judging)->view[v]);
	}
	if (r == -ESTALE) {
		okng_log(LOG_ERR, "recipe %s: its files change while they are read", name);
		okng_judging_close(judging);
	}
	free(files);
	return r;
}

static struct okng_recorded_look *look_of(const struct okng_station *s, const struct part *p, int view)
{
	return &s->recorded[(p - s->parts) * s->views + view];
}

static void take_defects(struct okng_recorded_look *look, const struct okng_result *r, const struct view *v, const struct okng_judging_view *with)
{
	look->n_defects = 0;
	for (int i = 0; i < r->n_candidates; i++) {
		const struct okng_defect *d = &r->defects[i];
		if (d->verdict == OKNG_OK || d->score < r->limit)
			continue;
		struct okng_rect box = okng_inspect_box_in_frame(&r->pose, with->has_lens ? &with->lens : NULL, d->box, v->width, v->height);
		look->defects[look->n_defects++] = (struct okng_recorded_defect){box.x, box.y, box.w, box.h, d->area, d->class_number, (double)d->score};
	}
}

void okng_record_look(struct okng_station *s, const struct part *p, const struct job *job)
{
	if (!s->recorded)
		return;
	const struct okng_result *r = &job->result;
	struct okng_recorded_look *look = look_of(s, p, job->view);
	look->verdict = (int32_t)r->verdict;
	look->reason = (int32_t)r->reason;
	look->fingerprint = okng_result_fingerprint(r);
	look->score = (double)r->score;
	look->limit = (double)r->limit;
	look->found = 0;
	look->n_measures = r->n_measures;
	for (int i = 0; i < r->n_measures; i++) {
		look->measures[i] = r->measures[i].value;
		look->found |= (uint32_t)r->measures[i].found << i;
	}
	snprintf(look->decided_by, sizeof look->decided_by, "%s", r->decided_by);
	take_defects(look, r, &s->view[job->view], &job->judging->view[job->view]);
}

/* What look v of a part was judged with, and whether it was. */
static void conclude(const struct part *p, int v, struct okng_recorded_look *look)
{
	look->judged = p->look[v].judged;
	look->setup[0] = '\0';
	look->n_limits = 0;
	if (!p->judging)
		return;
	const struct okng_judging_view *view = &p->judging->view[v];
	memcpy(look->setup, view->setup, sizeof look->setup);
	look->n_limits = view->n_limits;
	memcpy(look->limits, p->tuning.value + view->first_limit, (size_t)view->n_limits * sizeof *look->limits);
}

void okng_record_part(struct okng_station *s, const struct part *p)
{
	struct okng_recorder *recorder = okng_store_recorder(s->store);
	struct okng_recorded_frame frames[OKNG_CAMERAS_MAX];
	int n = 0;
	if (!s->recorded || !p->recorded || !okng_recorder_wants(recorder, &p->record))
		return;
	for (int v = 0; v < s->views; v++) {
		const struct okng_frame *f = p->look[v].frame;
		if (!f)
			continue;
		struct okng_recorded_look *look = look_of(s, p, v);
		conclude(p, v, look);
		frames[n] = (struct okng_recorded_frame){.camera = v, .acq_id = f->id, .incomplete = f->incomplete,
			.pixel = f->image.pixel == OKNG_PIXEL_MONO16 ? OKNG_RECORDED_MONO16 : OKNG_RECORDED_MONO8, .width = f->image.width,
			.height = f->image.height, .stride = f->image.stride, .pixels = f->image.data, .look = *look};
		memcpy(frames[n++].camera_name, s->config.view[v].camera.name, sizeof frames[0].camera_name);
	}
	okng_recorder_put(recorder, &p->record, frames, n);
}

void okng_record_dropped(struct okng_station *s, uint64_t dropped)
{
	if (dropped > 2 * s->record_dropped) { /* the first, then ever more rarely */
		okng_log(LOG_WARNING, "recording: %llu parts are missing in it: the disk does not keep up or is full", (unsigned long long)dropped);
		s->record_dropped = dropped;
	}
}

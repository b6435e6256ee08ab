/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers of the recorder's tests; they fail the running test when something they need does not work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/recorded.h"

#define W 37
#define H 21

void recorded_make(struct recorded_room *r)
{
	scratch_make(&r->params, r->folder);
	snprintf(r->data, sizeof(r->data), "%s", r->params.folder);
	assert_int_equal(mkdir(r->data, 0755), 0);
	r->at = open(r->data, O_RDONLY | O_DIRECTORY);
	assert_true(r->at >= 0);
	r->recorder = NULL;
}

void recorded_start(struct recorded_room *r, const char *choice, uint64_t max_bytes, size_t waiting)
{
	struct okng_recorder_params p = { .max_bytes = max_bytes, .waiting_bytes = waiting };
	char why[256] = "";

	assert_int_equal(okng_record_parse(choice, &p.choice), 0);
	if (okng_recorder_open(&r->recorder, &p, r->at, why, sizeof(why)))
		fail_msg("%s", why);
}

void recorded_unmake(struct recorded_room *r)
{
	okng_recorder_close(&r->recorder);
	close(r->at);
	scratch_remove(r->folder);
}

void recorded_fill(struct okng_record *record, struct okng_recorded_frame *frames, int n_frames, unsigned n, const char *setup)
{
	scratch_fill(record, n);
	scratch_judge(record, n);
	record->id = (int64_t)n;
	record->seq = (uint16_t)n;
	for (int i = 0; i < n_frames; i++) {
		struct okng_recorded_frame *f = &frames[i];
		uint8_t *pixels = malloc((W + 5) * H);

		assert_non_null(pixels);
		for (int k = 0; k < (W + 5) * H; k++)
			pixels[k] = (uint8_t)(k * 7 + (int)n * 31 + i * 101 + k / 53);
		*f = (struct okng_recorded_frame){ .camera = i, .acq_id = n * 3 + (unsigned)i, .incomplete = i == 2, .pixel = OKNG_RECORDED_MONO8, .width = W,
			.height = H, .stride = W + 5, .pixels = pixels };
		snprintf(f->camera_name, sizeof(f->camera_name), "camera %d", i);
		snprintf(f->look.setup, sizeof(f->look.setup), "%s", setup);
		f->look.n_limits = 2 + i;
		for (int k = 0; k < f->look.n_limits; k++)
			f->look.limits[k] = 0.1 * k + n;
		f->look.judged = i != 2;
		if (!f->look.judged)
			continue;
		f->look.verdict = 2;
		f->look.reason = 1;
		f->look.fingerprint = UINT64_C(0xfedcba9876543210) + n;
		f->look.score = 0.7f;
		f->look.limit = 0.5f;
		f->look.n_measures = 3;
		f->look.measures[0] = 1.0 / 3;
		f->look.measures[2] = -1e-300;
		f->look.found = 5;
		f->look.n_defects = 2;
		f->look.defects[0] = (struct okng_recorded_defect){ -3, 4, 50, 60, 4000000000u, 7, 0.9 };
		f->look.defects[1] = (struct okng_recorded_defect){ 1, 2, 3, 4, 5, 0, 0.625 };
		snprintf(f->look.decided_by, sizeof(f->look.decided_by), "class scratch: area %u ≥ 20", n);
	}
}

void recorded_free(struct okng_recorded_frame *frames, int n)
{
	for (int i = 0; i < n; i++)
		free((void *)(uintptr_t)frames[i].pixels);
}

static void same_frame(const struct okng_recorded_frame *a, const struct okng_recorded_frame *b)
{
	assert_int_equal(a->camera, b->camera);
	assert_string_equal(a->camera_name, b->camera_name);
	assert_int_equal(a->acq_id, b->acq_id);
	assert_int_equal(a->incomplete, b->incomplete);
	assert_int_equal(a->pixel, b->pixel);
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	for (int y = 0; y < a->height; y++)
		assert_memory_equal(a->pixels + y * a->stride, b->pixels + y * b->stride, (size_t)a->width);
	assert_int_equal(a->look.judged, b->look.judged);
	assert_string_equal(a->look.setup, b->look.setup);
	assert_int_equal(a->look.n_limits, b->look.n_limits);
	assert_memory_equal(a->look.limits, b->look.limits, sizeof(a->look.limits));
	assert_int_equal(a->look.verdict, b->look.verdict);
	assert_int_equal(a->look.reason, b->look.reason);
	assert_true(a->look.fingerprint == b->look.fingerprint && a->look.score == b->look.score && a->look.limit == b->look.limit);
	assert_int_equal(a->look.n_measures, b->look.n_measures);
	assert_memory_equal(a->look.measures, b->look.measures, sizeof(a->look.measures));
	assert_int_equal(a->look.found, b->look.found);
	assert_string_equal(a->look.decided_by, b->look.decided_by);
	assert_int_equal(a->look.n_defects, b->look.n_defects);
	for (int i = 0; i < a->look.n_defects; i++) {
		const struct okng_recorded_defect *p = &a->look.defects[i], *q = &b->look.defects[i];

		assert_true(p->x == q->x && p->y == q->y && p->w == q->w && p->h == q->h && p->area == q->area);
		assert_true(p->class_number == q->class_number && p->score == q->score);
	}
}

void recorded_put(struct recorded_room *r, unsigned n, int n_frames, const char *setup)
{
	struct okng_recorded_frame frames[OKNG_RECORDED_FRAMES_MAX];
	struct okng_record record;

	recorded_fill(&record, frames, n_frames, n, setup);
	okng_recorder_put(r->recorder, &record, frames, n_frames);
	recorded_free(frames, n_frames);
}

int recorded_read(const char *path, int of, const char *setup, struct okng_recording_notes *notes)
{
	struct okng_recording *recording;
	struct okng_recorded_part part;
	int n = 0, ret;
	int64_t last = 0;

	assert_int_equal(okng_recording_open(&recording, path, NULL, 0), 0);
	while ((ret = okng_recording_next(recording, &part)) > 0) {
		struct okng_recorded_frame frames[OKNG_RECORDED_FRAMES_MAX];
		struct okng_record record;
		int want = (int)(part.record.id % of);

		assert_true(part.record.id > last);
		last = part.record.id;
		assert_int_equal(part.n_frames, want);
		recorded_fill(&record, frames, want, (unsigned)part.record.id, setup);
		scratch_same(&part.record, &record);
		for (int i = 0; i < want; i++)
			same_frame(&frames[i], &part.frames[i]);
		recorded_free(frames, want);
		n++;
	}
	assert_int_equal(ret, 0);
	okng_recording_notes(recording, notes);
	assert_int_equal(notes->parts, n);
	okng_recording_close(&recording);
	return n;
}

char *recorded_segment(const struct recorded_room *r, char path[400], int *count)
{
	DIR *d;
	struct dirent *e;

	snprintf(path, 400, "%s/recording", r->data);
	d = opendir(path);
	assert_non_null(d);
	*count = 0;
	while ((e = readdir(d)) != NULL) {
		if (strstr(e->d_name, ".okr")) {
			snprintf(path, 400, "%s/recording/%.60s", r->data, e->d_name);
			++*count;
		}
	}
	closedir(d);
	return path;
}

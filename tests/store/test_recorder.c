/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording gives back what was put into it, to the last bit, and tells of what is missing: dropped, cut, damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/recorder.h"
#include "tests/store/scratch.h"

#define W 37
#define H 21

struct room {
	struct okng_store_params params;
	char folder[64], data[300];
	int at;                       /* of folder/data */
	struct okng_recorder *recorder;
};

static void make(struct room *r)
{
	scratch_make(&r->params, r->folder);
	snprintf(r->data, sizeof(r->data), "%s", r->params.folder);
	assert_int_equal(mkdir(r->data, 0755), 0);
	r->at = open(r->data, O_RDONLY | O_DIRECTORY);
	assert_true(r->at >= 0);
	r->recorder = NULL;
}

static void start(struct room *r, const char *choice, uint64_t max_bytes, size_t waiting)
{
	struct okng_recorder_params p = { .max_bytes = max_bytes, .waiting_bytes = waiting };
	char why[256] = "";

	assert_int_equal(okng_record_parse(choice, &p.choice), 0);
	if (okng_recorder_open(&r->recorder, &p, r->at, why, sizeof(why)))
		fail_msg("%s", why);
}

static void unmake(struct room *r)
{
	okng_recorder_close(&r->recorder);
	close(r->at);
	scratch_remove(r->folder);
}

static void write_file(const struct room *r, const char *name, const char *text, char path[400])
{
	FILE *f;

	snprintf(path, 400, "%s/%s", r->folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Everything that can be said of part n; frames own their pixels. */
static void fill(struct okng_record *record, struct okng_recorded_frame *frames, int n_frames, unsigned n, const char *setup)
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

static void free_frames(struct okng_recorded_frame *frames, int n)
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

static void put(struct room *r, unsigned n, int n_frames, const char *setup)
{
	struct okng_recorded_frame frames[OKNG_RECORDED_FRAMES_MAX];
	struct okng_record record;

	fill(&record, frames, n_frames, n, setup);
	okng_recorder_put(r->recorder, &record, frames, n_frames);
	free_frames(frames, n_frames);
}

/* Reads all; checks each part against what put gave for its id, with id % of frames; how many. */
static int read_all(const char *path, int of, const char *setup, struct okng_recording_notes *notes)
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
		fill(&record, frames, want, (unsigned)part.record.id, setup);
		scratch_same(&part.record, &record);
		for (int i = 0; i < want; i++)
			same_frame(&frames[i], &part.frames[i]);
		free_frames(frames, want);
		n++;
	}
	assert_int_equal(ret, 0);
	okng_recording_notes(recording, notes);
	assert_int_equal(notes->parts, n);
	okng_recording_close(&recording);
	return n;
}

/* Parts of none to three frames, through several segments and two runs. */
static void gives_back(void **state)
{
	struct okng_recording_notes notes;
	struct room r;

	(void)state;
	make(&r);
	for (unsigned run = 0; run < 2; run++) {
		start(&r, "all", 64 << 20, 1 << 20);
		for (unsigned n = 1; n <= 40; n++)
			put(&r, 100 * run + n, (int)((100 * run + n) % 4), "");
		okng_recorder_close(&r.recorder);
	}
	assert_int_equal(read_all(r.data, 4, "", &notes), 80);
	assert_true(notes.damaged == 0 && notes.cut == 0 && notes.dropped == 0);
	unmake(&r);
}

static void choices(void **state)
{
	static const struct { const char *text; int ret; unsigned parts; int64_t every; } rows[] = {
		{ "none", 0, 0, 1 }, { "all", 0, OKNG_RECORD_ALL, 1 }, { "ng", 0, OKNG_RECORD_NG, 1 }, { "fault", 0, OKNG_RECORD_FAULT, 1 },
		{ "every:1", 0, OKNG_RECORD_EVERY, 1 }, { "every:100", 0, OKNG_RECORD_EVERY, 100 }, { "ng,every:1000000", 0, OKNG_RECORD_NG | OKNG_RECORD_EVERY, 1000000 },
		{ "fault,every:5", 0, OKNG_RECORD_FAULT | OKNG_RECORD_EVERY, 5 }, { "", -EINVAL, 0, 0 }, { "NG", -EINVAL, 0, 0 }, { "ng,", -EINVAL, 0, 0 },
		{ ",ng", -EINVAL, 0, 0 }, { "ng,ng", -EINVAL, 0, 0 }, { "none,ng", -EINVAL, 0, 0 }, { "every", -EINVAL, 0, 0 }, { "every:", -EINVAL, 0, 0 },
		{ "every:0", -EINVAL, 0, 0 }, { "every:-1", -EINVAL, 0, 0 }, { "every:1000001", -EINVAL, 0, 0 }, { "every:99999999999999999999", -EINVAL, 0, 0 },
		{ "every:5x", -EINVAL, 0, 0 }, { "every:5 ", -EINVAL, 0, 0 }, { "all ng", -EINVAL, 0, 0 },
	};
	static const struct { const char *choice; uint16_t verdict; int64_t id; bool wants; } wants[] = {
		{ "all", 1, 7, true }, { "ng", 1, 1, false }, { "ng", 2, 1, true }, { "ng", 3, 1, true }, { "ng", 4, 1, true }, { "fault", 2, 1, false },
		{ "fault", 4, 1, true }, { "every:10", 1, 1, true }, { "every:10", 1, 10, false }, { "every:10", 2, 11, true }, { "every:10", 4, 12, false },
		{ "ng,every:10", 1, 21, true }, { "ng,every:10", 1, 22, false }, { "ng,every:10", 2, 22, true },
	};
	struct room r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct okng_record_choice c;

		assert_int_equal(okng_record_parse(rows[i].text, &c), rows[i].ret);
		if (rows[i].ret == 0 && (c.parts != rows[i].parts || c.every != rows[i].every))
			fail_msg("%s: %u %lld", rows[i].text, c.parts, (long long)c.every);
	}
	make(&r);
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct okng_record record = { .id = wants[i].id, .verdict = wants[i].verdict };

		start(&r, wants[i].choice, 64 << 20, 4096);
		if (okng_recorder_wants(r.recorder, &record) != wants[i].wants)
			fail_msg("row %zu: %s", i, wants[i].choice);
		okng_recorder_close(&r.recorder);
	}
	unmake(&r);
}

/* More than the ring holds at once: each part is in the recording or counted in it as dropped. */
static void full_ring(void **state)
{
	struct okng_recording_notes notes;
	struct okng_recorder_stats stats;
	unsigned n = 0;
	struct room r;

	(void)state;
	make(&r);
	start(&r, "all", 1 << 30, 32 << 10);
	do {
		for (int i = 0; i < 64; i++)
			n++, put(&r, n, (int)(n % 2), "");
		okng_recorder_stats(r.recorder, &stats);
	} while (!stats.dropped && n < 100000);
	okng_recorder_close(&r.recorder);
	assert_true(stats.dropped > 0 && !stats.warn);
	assert_int_equal(read_all(r.data, 2, "", &notes) + (int)notes.dropped, (int)n);
	assert_true(notes.damaged == 0 && notes.cut == 0);
	/* never room for that one: also counted */
	start(&r, "all", 1 << 30, 4096);
	put(&r, n + 1, 1, "");
	okng_recorder_stats(r.recorder, &stats);
	assert_int_equal(stats.dropped, 1);
	unmake(&r);
}

static char *segment_path(const struct room *r, char path[400], int *count)
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

static uint8_t *load(const char *path, size_t *size)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*size = (size_t)st.st_size;
	bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	fclose(f);
	return bytes;
}

static void save(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Cut anywhere: the parts before are whole, and the cut is told unless it falls between two parts. */
static void cut(void **state)
{
	struct okng_recording_notes notes;
	int count, last = 0, silent = 0;
	uint8_t *bytes;
	char path[400];
	struct room r;
	size_t size;

	(void)state;
	make(&r);
	start(&r, "all", 64 << 20, 1 << 20);
	for (unsigned n = 1; n <= 5; n++)
		put(&r, n, (int)(n % 3), "");
	okng_recorder_close(&r.recorder);
	bytes = load(segment_path(&r, path, &count), &size);
	assert_int_equal(count, 1);
	for (size_t n = 0; n <= size; n += n < 64 ? 1 : 13) {
		int parts;

		save(path, bytes, n);
		parts = read_all(r.data, 3, "", &notes);
		assert_true(parts >= last && parts <= 5 && notes.damaged == 0 && notes.cut <= 1);
		silent += notes.cut == 0;
		last = parts;
	}
	assert_true(silent <= 8);
	save(path, bytes, size);
	assert_int_equal(read_all(r.data, 3, "", &notes), 5);
	free(bytes);
	unmake(&r);
}

/* A byte changed anywhere loses at most that part, is told, and never gives another part than was put. */
static void flipped(void **state)
{
	struct okng_recording_notes notes;
	int count, untold = 0;
	uint8_t *bytes;
	char path[400];
	struct room r;
	size_t size;

	(void)state;
	make(&r);
	start(&r, "all", 64 << 20, 1 << 20);
	for (unsigned n = 1; n <= 5; n++)
		put(&r, n, (int)(n % 3), "");
	okng_recorder_close(&r.recorder);
	bytes = load(segment_path(&r, path, &count), &size);
	for (size_t n = OKNG_BLOCK_HEAD; n < size; n += 17) {
		int parts;

		bytes[n] ^= 0x10;
		save(path, bytes, size);
		bytes[n] ^= 0x10;
		parts = read_all(r.data, 3, "", &notes);
		assert_true(parts >= 4 && parts <= 5);
		if (parts == 5)
			untold++; /* padding */
		else
			assert_true(notes.damaged >= 1);
	}
	assert_true(untold <= 20);
	memset(bytes, 'x', OKNG_BLOCK_HEAD);
	save(path, bytes, size);
	assert_int_equal(read_all(r.data, 3, "", &notes), 0);
	assert_int_equal(notes.damaged, 1);
	free(bytes);
	unmake(&r);
}

static uint64_t folder_bytes(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	uint64_t bytes = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[700];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.')
			continue;
		assert_int_equal(lstat(path, &st), 0);
		bytes += S_ISDIR(st.st_mode) ? folder_bytes(path) : (uint64_t)st.st_size / st.st_nlink;
	}
	closedir(d);
	return bytes;
}

static int keep(const struct room *r, struct okng_recorded_setup *setup, const char *const *paths)
{
	char why[256];
	int ret = okng_recorder_setup_sum(setup, paths, why, sizeof(why));

	return ret ? ret : okng_recorder_setup_keep(r->recorder, setup, paths, why, sizeof(why));
}

/* Setups: once for the same contents, linked where a file is the same, known by name, gone with the last segment. */
static void setups(void **state)
{
	struct okng_recorded_setup a = { .version = "1.2.3", .station = "s", .recipe = "demo", .n_files = 2,
		.files = { { .role = "recipe", .name = "recipe.toml" }, { .role = "model", .name = "model.okm" } } };
	struct okng_recorded_setup b = a, again = a;
	char recipe[400], model[400], path[800], other[800], why[256] = "";
	const char *paths[] = { recipe, model };
	struct okng_recording *recording;
	struct okng_recorded_part part;
	struct stat st;
	struct room r;

	(void)state;
	make(&r);
	start(&r, "all", 64 << 20, 1 << 20);
	write_file(&r, "recipe", "number = 1\n", recipe);
	write_file(&r, "model", "a model", model);
	assert_int_equal(keep(&r, &a, paths), 0);
	assert_int_equal(keep(&r, &again, paths), 0);
	assert_string_equal(a.name, again.name);
	put(&r, 1, 1, a.name);
	write_file(&r, "recipe", "number = 2\n", recipe);
	again = a;
	assert_int_equal(okng_recorder_setup_keep(r.recorder, &again, paths, why, sizeof(why)), -ESTALE); /* changed since it was summed */
	assert_int_equal(keep(&r, &b, paths), 0);
	assert_string_not_equal(a.name, b.name);
	put(&r, 2, 2, b.name);
	okng_recorder_close(&r.recorder);

	assert_int_equal(okng_recording_open(&recording, r.data, why, sizeof(why)), 0);
	assert_int_equal(okng_recording_next(recording, &part), 1);
	assert_memory_equal(okng_recording_setup(recording, part.frames[0].look.setup), &a, sizeof(a));
	assert_null(okng_recording_setup(recording, b.name));
	assert_int_equal(okng_recording_next(recording, &part), 1);
	assert_memory_equal(okng_recording_setup(recording, part.frames[1].look.setup), &b, sizeof(b));
	assert_int_equal(okng_recording_setup_file(recording, &a, "recipe", path, sizeof(path)), 0);
	assert_int_equal(okng_recording_setup_file(recording, &b, "recipe", other, sizeof(other)), 0);
	assert_int_equal(okng_recording_setup_file(recording, &b, "flat", other, sizeof(other)), -ENOENT);
	save(path, (const uint8_t *)"number = 3\n", 11);
	assert_int_equal(okng_recording_setup_file(recording, &a, "recipe", path, sizeof(path)), -EINVAL);
	assert_int_equal(okng_recording_setup_file(recording, &b, "model", path, sizeof(path)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	okng_recording_close(&recording);

	/* the same name, other contents (somebody wrote into the folder): a name of its own */
	write_file(&r, "recipe", "number = 1\n", recipe);
	again = a;
	start(&r, "all", 64 << 20, 1 << 20);
	assert_int_equal(keep(&r, &again, paths), 0);
	assert_string_not_equal(again.name, a.name);
	assert_int_equal(strncmp(again.name, a.name, 8), 0);
	assert_int_equal(unlink(model), 0);
	assert_int_equal(okng_recorder_setup_sum(&again, paths, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, model));
	unmake(&r);
}

/* The bound holds; the oldest goes first; with the last part that needs it a setup goes, too; a part larger than the bound is
 * dropped. */
static void bounded(void **state)
{
	struct okng_recorded_setup setup = { .n_files = 1, .files = { { .role = "recipe", .name = "recipe.toml" } } };
	const uint64_t bound = 256 << 10;
	struct okng_recording_notes notes;
	struct okng_recorder_stats stats;
	char recipe[400], why[256], kept[800], gone[800];
	const char *paths[] = { recipe };
	struct okng_recording *recording;
	struct okng_recorded_part part;
	struct room r;
	struct stat st;

	(void)state;
	make(&r);
	write_file(&r, "recipe", "number = 1\n", recipe);
	start(&r, "all", bound, 64 << 20);
	assert_int_equal(keep(&r, &setup, paths), 0);
	put(&r, 1, 1, setup.name);
	snprintf(gone, sizeof(gone), "%s/recording/setups/%s", r.data, setup.name);
	okng_recorder_close(&r.recorder);
	write_file(&r, "recipe", "number = 2\n", recipe);
	start(&r, "all", bound, 64 << 20);
	assert_int_equal(keep(&r, &setup, paths), 0);
	snprintf(kept, sizeof(kept), "%s/recording/setups/%s", r.data, setup.name);
	assert_int_equal(stat(gone, &st), 0);
	for (unsigned n = 2; n <= 1001; n++)
		put(&r, n, (int)(n % 2), setup.name);
	okng_recorder_close(&r.recorder);
	snprintf(why, sizeof(why), "%.200s/recording", r.data);
	assert_true(folder_bytes(why) <= bound);
	assert_true(folder_bytes(why) > bound / 2);
	assert_int_equal(stat(gone, &st), -1);
	assert_int_equal(stat(kept, &st), 0);
	assert_true(read_all(r.data, 2, setup.name, &notes) > 50);
	assert_true(notes.damaged == 0 && notes.cut == 0);
	assert_int_equal(okng_recording_open(&recording, r.data, NULL, 0), 0);
	while (okng_recording_next(recording, &part) > 0)
		assert_true(part.record.id > 1);
	assert_int_equal(part.record.id, 1001);
	okng_recording_close(&recording);

	start(&r, "all", 8 << 10, 64 << 20);
	put(&r, 1002, 3, "");
	okng_recorder_close(&r.recorder);
	start(&r, "all", bound, 64 << 20);
	put(&r, 1003, 1, "");
	okng_recorder_stats(r.recorder, &stats);
	assert_int_equal(stats.dropped, 0);
	unmake(&r);
}

static void days(void **state)
{
	struct okng_recorder_params p = { .choice = { OKNG_RECORD_ALL, 1 }, .max_bytes = 64 << 20, .waiting_bytes = 1 << 20, .max_days = 3 };
	struct okng_recorded_frame frames[1];
	struct okng_record record;
	char path[400], why[256];
	int count;
	struct room r;

	(void)state;
	make(&r);
	start(&r, "all", 64 << 20, 1 << 20);
	fill(&record, frames, 1, 1, "");
	record.utc_us = INT64_C(1000000000000000); /* in 2001 */
	okng_recorder_put(r.recorder, &record, frames, 1);
	free_frames(frames, 1);
	okng_recorder_close(&r.recorder);
	segment_path(&r, path, &count);
	assert_int_equal(count, 1);
	assert_int_equal(okng_recorder_open(&r.recorder, &p, r.at, why, sizeof(why)), 0);
	okng_recorder_close(&r.recorder);
	segment_path(&r, path, &count);
	assert_int_equal(count, 0);
	assert_int_equal(okng_recording_open(&(struct okng_recording *){ NULL }, r.data, why, sizeof(why)), -ENOENT);
	unmake(&r);
}

/* Through the store: its parameters, its stats. */
static void in_store(void **state)
{
	struct okng_store_stats stats;
	struct okng_recorded_frame frames[1];
	struct okng_recording_notes notes;
	struct okng_store *store;
	struct okng_record record;
	char why[256] = "";
	struct room r;

	(void)state;
	make(&r);
	snprintf(r.params.record, sizeof(r.params.record), "sometimes");
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "sometimes"));
	snprintf(r.params.record, sizeof(r.params.record), "all");
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), -EINVAL);
	r.params.record_max_mib = 10;
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), 0);
	fill(&record, frames, 1, 1, "");
	okng_recorder_put(okng_store_recorder(store), &record, frames, 1);
	okng_store_close(&store);
	assert_int_equal(read_all(r.data, 2, "", &notes), 1);
	r.params.min_free_mib = INT32_MAX; /* no disk has that */
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), 0);
	okng_recorder_put(okng_store_recorder(store), &record, frames, 1);
	okng_store_stats(store, &stats);
	assert_true(stats.disk_warn && stats.record_dropped == 1 && stats.recorded == 0 && strstr(stats.last_error, "min_free_mib"));
	okng_store_close(&store);
	snprintf(r.params.record, sizeof(r.params.record), "none");
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), 0);
	assert_null(okng_store_recorder(store));
	okng_store_close(&store);
	free_frames(frames, 1);
	unmake(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back), cmocka_unit_test(choices), cmocka_unit_test(full_ring), cmocka_unit_test(cut), cmocka_unit_test(flipped),
		cmocka_unit_test(setups), cmocka_unit_test(bounded), cmocka_unit_test(days), cmocka_unit_test(in_store),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}

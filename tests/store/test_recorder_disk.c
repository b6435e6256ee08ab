/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recording takes of the disk: setups once, no more than its bound, nothing half where the disk refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/recorded.h"

static void overwrite(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void write_file(const struct recorded_room *r, const char *name, const char *text, char path[400])
{
	snprintf(path, 400, "%s/%s", r->folder, name);
	overwrite(path, text);
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

static int keep(const struct recorded_room *r, struct okng_recorded_setup *setup, const char *const *paths)
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
	struct recorded_room r;

	(void)state;
	recorded_make(&r);
	recorded_start(&r, "all", 64 << 20, 1 << 20);
	write_file(&r, "recipe", "number = 1\n", recipe);
	write_file(&r, "model", "a model", model);
	assert_int_equal(keep(&r, &a, paths), 0);
	assert_int_equal(keep(&r, &again, paths), 0);
	assert_string_equal(a.name, again.name);
	recorded_put(&r, 1, 1, a.name);
	write_file(&r, "recipe", "number = 2\n", recipe);
	again = a;
	assert_int_equal(okng_recorder_setup_keep(r.recorder, &again, paths, why, sizeof(why)), -ESTALE); /* changed since it was summed */
	assert_int_equal(keep(&r, &b, paths), 0);
	assert_string_not_equal(a.name, b.name);
	recorded_put(&r, 2, 2, b.name);
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
	overwrite(path, "number = 3\n");
	assert_int_equal(okng_recording_setup_file(recording, &a, "recipe", path, sizeof(path)), -EINVAL);
	assert_int_equal(okng_recording_setup_file(recording, &b, "model", path, sizeof(path)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	okng_recording_close(&recording);

	/* the same name, other contents (somebody wrote into the folder): a name of its own */
	write_file(&r, "recipe", "number = 1\n", recipe);
	again = a;
	recorded_start(&r, "all", 64 << 20, 1 << 20);
	assert_int_equal(keep(&r, &again, paths), 0);
	assert_string_not_equal(again.name, a.name);
	assert_int_equal(strncmp(again.name, a.name, 8), 0);
	assert_int_equal(unlink(model), 0);
	assert_int_equal(okng_recorder_setup_sum(&again, paths, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, model));
	recorded_unmake(&r);
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
	struct recorded_room r;
	struct stat st;

	(void)state;
	recorded_make(&r);
	write_file(&r, "recipe", "number = 1\n", recipe);
	recorded_start(&r, "all", bound, 64 << 20);
	assert_int_equal(keep(&r, &setup, paths), 0);
	recorded_put(&r, 1, 1, setup.name);
	snprintf(gone, sizeof(gone), "%s/recording/setups/%s", r.data, setup.name);
	okng_recorder_close(&r.recorder);
	write_file(&r, "recipe", "number = 2\n", recipe);
	recorded_start(&r, "all", bound, 64 << 20);
	assert_int_equal(keep(&r, &setup, paths), 0);
	snprintf(kept, sizeof(kept), "%s/recording/setups/%s", r.data, setup.name);
	assert_int_equal(stat(gone, &st), 0);
	for (unsigned n = 2; n <= 1001; n++)
		recorded_put(&r, n, (int)(n % 2), setup.name);
	okng_recorder_close(&r.recorder);
	snprintf(why, sizeof(why), "%.200s/recording", r.data);
	assert_true(folder_bytes(why) <= bound);
	assert_true(folder_bytes(why) > bound / 2);
	assert_int_equal(stat(gone, &st), -1);
	assert_int_equal(stat(kept, &st), 0);
	assert_true(recorded_read(r.data, 2, setup.name, &notes) > 50);
	assert_true(notes.damaged == 0 && notes.cut == 0);
	assert_int_equal(okng_recording_open(&recording, r.data, NULL, 0), 0);
	while (okng_recording_next(recording, &part) > 0)
		assert_true(part.record.id > 1);
	assert_int_equal(part.record.id, 1001);
	okng_recording_close(&recording);

	recorded_start(&r, "all", 8 << 10, 64 << 20);
	recorded_put(&r, 1002, 3, "");
	okng_recorder_close(&r.recorder);
	recorded_start(&r, "all", bound, 64 << 20);
	recorded_put(&r, 1003, 1, "");
	okng_recorder_stats(r.recorder, &stats);
	assert_int_equal(stats.dropped, 0);
	recorded_unmake(&r);
}

static void days(void **state)
{
	struct okng_recorder_params p = { .choice = { OKNG_RECORD_ALL, 1 }, .max_bytes = 64 << 20, .waiting_bytes = 1 << 20, .max_days = 3 };
	struct okng_recorded_frame frames[1];
	struct okng_record record;
	char path[400], why[256];
	int count;
	struct recorded_room r;

	(void)state;
	recorded_make(&r);
	recorded_start(&r, "all", 64 << 20, 1 << 20);
	recorded_fill(&record, frames, 1, 1, "");
	record.utc_us = INT64_C(1000000000000000); /* in 2001 */
	okng_recorder_put(r.recorder, &record, frames, 1);
	recorded_free(frames, 1);
	okng_recorder_close(&r.recorder);
	recorded_segment(&r, path, &count);
	assert_int_equal(count, 1);
	assert_int_equal(okng_recorder_open(&r.recorder, &p, r.at, why, sizeof(why)), 0);
	okng_recorder_close(&r.recorder);
	recorded_segment(&r, path, &count);
	assert_int_equal(count, 0);
	assert_int_equal(okng_recording_open(&(struct okng_recording *){ NULL }, r.data, why, sizeof(why)), -ENOENT);
	recorded_unmake(&r);
}

static void write_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk refuses in the middle of a part: nothing half is left, the loss is counted in the recording, and it goes on. */
static void refused(void **state)
{
	struct okng_recording_notes notes;
	struct okng_recorder_stats stats;
	struct recorded_room r;
	unsigned n = 0;
	int parts;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	recorded_make(&r);
	recorded_start(&r, "all", 64 << 20, 4 << 20);
	write_limit(20000);
	do {
		n++, recorded_put(&r, n, (int)(n % 2), "");
		okng_recorder_stats(r.recorder, &stats);
	} while (!stats.errors && n < 100000);
	write_limit(RLIM_INFINITY);
	assert_true(stats.errors > 0 && strstr(stats.last_error, "recording: "));
	for (unsigned more = n + 20; n < more;)
		n++, recorded_put(&r, n, (int)(n % 2), "");
	okng_recorder_close(&r.recorder);
	parts = recorded_read(r.data, 2, "", &notes);
	assert_true(parts >= 20);
	assert_int_equal(parts + (int)notes.dropped, (int)n);
	assert_true(notes.dropped > 0 && notes.damaged == 0 && notes.cut == 0);
	recorded_unmake(&r);
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
	struct recorded_room r;

	(void)state;
	recorded_make(&r);
	snprintf(r.params.record, sizeof(r.params.record), "sometimes");
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "sometimes"));
	snprintf(r.params.record, sizeof(r.params.record), "all");
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), -EINVAL);
	r.params.record_max_mib = 10;
	assert_int_equal(okng_store_open(&store, &r.params, why, sizeof(why)), 0);
	recorded_fill(&record, frames, 1, 1, "");
	okng_recorder_put(okng_store_recorder(store), &record, frames, 1);
	okng_store_close(&store);
	assert_int_equal(recorded_read(r.data, 2, "", &notes), 1);
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
	recorded_free(frames, 1);
	recorded_unmake(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setups), cmocka_unit_test(bounded), cmocka_unit_test(days), cmocka_unit_test(refused), cmocka_unit_test(in_store),
	};

	return cmocka_run_group_tests_name("recorder on the disk", tests, NULL, NULL);
}

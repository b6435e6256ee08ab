/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers of the store's tests; they fail the running test when something they need does not work.
 */
#include "tests/store/scratch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/columns.h"

void scratch_make(struct okng_store_params *params, char folder[64])
{
	snprintf(folder, 64, "/tmp/okng-store-XXXXXX");
	assert_non_null(mkdtemp(folder));
	*params = (struct okng_store_params){ .keep = OKNG_KEEP_NG, .format = OKNG_PICTURE_JPEG, .jpeg_quality = 90,
		.journal_rows = 256, .pictures_waiting = 4, .picture_max_pixels = 64 * 1024 };
	snprintf(params->folder, sizeof(params->folder), "%s/data", folder);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void scratch_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_fill(struct okng_record *r, unsigned n)
{
	memset(r, 0, sizeof(*r));
	r->trig_seq = (uint16_t)(n * 7);
	r->utc_us = 1795000000000000 + (int64_t)n * 1000003;
	r->recipe = (uint16_t)(n % 5 + 1);
	snprintf(r->recipe_name, sizeof(r->recipe_name), "recipe %u", n % 5 + 1);
	snprintf(r->part_id, sizeof(r->part_id), "PART-%u", n);
	snprintf(r->truth, sizeof(r->truth), "scratch@%u,40,22,8", n);
}

void scratch_judge(struct okng_record *r, unsigned n)
{
	r->verdict = (uint16_t)(n % 4 + 1);
	r->reason = (uint16_t)(n % 29);
	r->class_number = (uint16_t)(n % 10);
	r->acq_id = n * 3;
	r->defects = n % 17;
	r->score = (uint16_t)(n % 1001);
	r->limit = 500;
	r->x = -(int32_t)n;
	r->y = (int32_t)n;
	r->w = (int32_t)(n % 100 + 1);
	r->h = 9;
	r->area = n * 11;
	r->time_us = 4000000000u + n;
	snprintf(r->class_name, sizeof(r->class_name), "class %u", n % 10);
	snprintf(r->decided_by, sizeof(r->decided_by), "class scratch: area %u >= 20", n);
}

struct rows {
	struct okng_record *row;
	int64_t n, room;
};

static int collect(void *user, const struct okng_record *record)
{
	struct rows *rows = user;

	if (rows->n == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 64;
		rows->row = realloc(rows->row, (size_t)rows->room * sizeof(*rows->row));
		assert_non_null(rows->row);
	}
	rows->row[rows->n++] = *record;
	return 0;
}

struct okng_record *scratch_rows(const char *folder, int64_t *n)
{
	struct okng_records_filter all;
	struct rows rows = { 0 };
	char why[256];

	okng_records_all(&all);
	*n = okng_records_read(folder, &all, collect, &rows, why, sizeof(why));
	if (*n < 0)
		fail_msg("%s", why);
	assert_int_equal(*n, rows.n);
	return rows.row;
}

#define NUM_SAME(type, field, column) \
	if (a->field != b->field) \
		fail_msg("row %lld: " column " is %lld and %lld", (long long)a->id, (long long)a->field, (long long)b->field);
#define TEXT_SAME(field, column) assert_string_equal(a->field, b->field);

void scratch_same(const struct okng_record *a, const struct okng_record *b)
{
	OKNG_RECORD_COLUMNS(NUM_SAME, TEXT_SAME)
}

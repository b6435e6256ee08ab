/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a record for tests of `okng records`: make_store DIR FIRST COUNT. Row i (counted from FIRST) has a verdict,
 * truth and part id that follow from i, so that the test knows what it must read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"

static void fill(struct okng_record *r, int i)
{
	r->utc_us = (INT64_C(1767225600) + i) * 1000000;
	r->recipe = (uint16_t)(1 + i % 2);
	r->time_us = (uint32_t)(1000 + i);
	r->limit = 500;
	snprintf(r->recipe_name, sizeof(r->recipe_name), "board");
	snprintf(r->part_id, sizeof(r->part_id), "P%04d", i);
	if (i % 5 == 0) { /* a defect, every second of them missed */
		snprintf(r->truth, sizeof(r->truth), "scratch@10,20,30,4");
		r->verdict = i % 10 == 0 ? 1 : 2;
		r->reason = i % 10 == 0 ? 0 : 1;
	} else {
		snprintf(r->truth, sizeof(r->truth), "good");
		r->verdict = i % 7 == 0 ? 4 : 1;
		r->reason = i % 7 == 0 ? 20 : 0;
	}
	if (r->verdict == 2) {
		r->class_number = 3;
		r->defects = 1;
		r->x = 12;
		r->y = 21;
		r->w = 5;
		r->h = 5;
		r->area = 40;
		r->score = 800;
		snprintf(r->class_name, sizeof(r->class_name), "scratch, \"long\"");
	}
}

int main(int argc, char **argv)
{
	struct okng_store_params params = { .journal_rows = 256, .jpeg_quality = 90, .pictures_waiting = 1 };
	struct okng_store *store;
	char why[320];
	int first, count;

	if (argc != 4)
		return 2;
	first = atoi(argv[2]);
	count = atoi(argv[3]);
	snprintf(params.folder, sizeof(params.folder), "%s", argv[1]);
	if (okng_store_open(&store, &params, why, sizeof(why))) {
		fprintf(stderr, "make_store: %s\n", why);
		return 2;
	}
	for (int i = first; i < first + count; i++) {
		struct okng_record r = { 0 };

		fill(&r, i);
		while (okng_store_accept(store, &r)) /* the journal is full: wait for the writer */
			okng_store_flush(store);
		okng_store_judge(store, &r, NULL, 0, 0, 0);
	}
	okng_store_flush(store);
	okng_store_close(&store);
	return 0;
}

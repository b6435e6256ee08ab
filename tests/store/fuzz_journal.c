/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery reads a file that a power cut or a stranger left. First byte: bit 0, the rest is the whole file; else the
 * rest are slots behind a good header, and bit 1 mends their checksums, so that the contents are reached.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const uint8_t *bytes, uint32_t rows)
{
	struct okng_record r;

	for (uint32_t i = 0; i < rows; i++) {
		if (okng_journal_find(bytes, i, &r) != OKNG_JOURNAL_ROW)
			continue;
		assert(r.id >= 1 && r.id < OKNG_JOURNAL_ID_MAX && r.id % rows == i && r.seq == okng_journal_seq(r.id) && r.seq >= 1);
		assert(memchr(r.recipe_name, 0, sizeof(r.recipe_name)) && memchr(r.class_name, 0, sizeof(r.class_name)));
		assert(memchr(r.decided_by, 0, sizeof(r.decided_by)) && memchr(r.part_id, 0, sizeof(r.part_id)));
		assert(memchr(r.truth, 0, sizeof(r.truth)) && memchr(r.picture, 0, sizeof(r.picture)));
		assert(okng_journal_next(bytes, "boot") > r.id);
	}
	assert(okng_journal_next(bytes, "") >= 1);
}

static void mend(uint8_t *at)
{
	struct okng_journal_slot slot;

	memcpy(&slot, at, sizeof(slot));
	slot.accepted_crc = okng_journal_crc(&slot.accepted, sizeof(slot.accepted));
	slot.judged_crc = okng_journal_crc(&slot.judged, sizeof(slot.judged));
	memcpy(at, &slot, sizeof(slot));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t whole = OKNG_JOURNAL_PAGE + OKNG_JOURNAL_ROWS_MIN * sizeof(struct okng_journal_slot);
	struct okng_journal_header h = { .magic = OKNG_JOURNAL_MAGIC, .version = OKNG_JOURNAL_VERSION, .order = 0x01020304u,
		.row_size = sizeof(struct okng_journal_slot), .rows = OKNG_JOURNAL_ROWS_MIN };
	char why[256];
	uint8_t *bytes;

	if (!size)
		return 0;
	if (data[0] & 1) {
		bytes = malloc(size); /* exact size: reading past it is seen */
		memcpy(bytes, data + 1, size - 1);
		if (!okng_journal_check(bytes, size - 1, why, sizeof(why))) {
			memcpy(&h, bytes, sizeof(h));
			check_rows(bytes, h.rows);
		}
		free(bytes);
		return 0;
	}
	bytes = calloc(1, whole);
	h.crc = okng_journal_crc(&h, offsetof(struct okng_journal_header, crc));
	atomic_store(&h.next_id, 5);
	atomic_store(&h.reserved_id, 500);
	memcpy(bytes, &h, sizeof(h));
	memcpy(bytes + OKNG_JOURNAL_PAGE, data + 1, size - 1 < whole - OKNG_JOURNAL_PAGE ? size - 1 : whole - OKNG_JOURNAL_PAGE);
	for (size_t i = 0; (data[0] & 2) && i < OKNG_JOURNAL_ROWS_MIN; i++)
		mend(bytes + OKNG_JOURNAL_PAGE + i * sizeof(struct okng_journal_slot));
	assert(!okng_journal_check(bytes, whole, why, sizeof(why)));
	check_rows(bytes, OKNG_JOURNAL_ROWS_MIN);
	free(bytes);
	return 0;
}

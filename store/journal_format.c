/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a journal that may be of another program, cut short, or torn by a power cut. Nothing here trusts a length, a
 * number or a string of the file: the fuzzer feeds these functions.
 */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "store/trouble.h"

#define ORDER 0x01020304u
#define FAULT 4      /* verdict and reason as plain numbers of the PLC interface */
#define RESTARTED 27

_Static_assert(sizeof(struct okng_journal_header) <= 512, "the header must fit one disk sector");
_Static_assert(sizeof(struct okng_journal_slot) == 1024, "a slot must not lie on two pages");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "state words are shared with the file");

uint32_t okng_journal_crc(const void *bytes, size_t size)
{
	return (uint32_t)crc32(0, bytes, (uInt)size);
}

uint16_t okng_journal_seq(int64_t id)
{
	return (uint16_t)(1 + (id - 1) % 65535);
}

void okng_journal_boot(char boot[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, boot, 36);

	memset(boot + (n > 0 ? n : 0), 0, 40 - (size_t)(n > 0 ? n : 0));
	if (fd >= 0)
		close(fd);
}

void okng_journal_restarted(struct okng_record *record)
{
	record->verdict = FAULT;
	record->reason = RESTARTED;
	record->class_number = 0;
	record->score = 0;
	record->defects = 0;
	record->class_name[0] = record->picture[0] = '\0';
	snprintf(record->decided_by, sizeof(record->decided_by), "restarted while the part was under way");
}

static bool header_sane(const struct okng_journal_header *h)
{
	int64_t next = atomic_load(&h->next_id), reserved = atomic_load(&h->reserved_id);

	return next >= 1 && next < OKNG_JOURNAL_ID_MAX && reserved >= 1 && reserved < OKNG_JOURNAL_ID_MAX;
}

int okng_journal_check(const void *bytes, size_t size, char *why, size_t why_size)
{
	struct okng_journal_header h;
	const char *advice = "move it away to start with an empty one; rows that wait in it will be missing from the record";

	if (size < OKNG_JOURNAL_PAGE)
		return okng_why(why, why_size, -EINVAL, "journal is cut short (%zu bytes): %s", size, advice);
	memcpy(&h, bytes, sizeof(h));
	if (memcmp(h.magic, OKNG_JOURNAL_MAGIC, sizeof(h.magic)) != 0)
		return okng_why(why, why_size, -EINVAL, "journal is not a journal of okng: %s", advice);
	if (h.version != OKNG_JOURNAL_VERSION)
		return okng_why(why, why_size, -EINVAL, "journal has format %u, this okngd reads %u: start and stop the okngd that "
			"wrote it, then move the file away", h.version, OKNG_JOURNAL_VERSION);
	if (h.crc != okng_journal_crc(&h, offsetof(struct okng_journal_header, crc)) || h.order != ORDER || !header_sane(&h))
		return okng_why(why, why_size, -EINVAL, "journal has a damaged header: %s", advice);
	if (h.row_size != sizeof(struct okng_journal_slot) || h.rows < OKNG_JOURNAL_ROWS_MIN || h.rows > OKNG_JOURNAL_ROWS_MAX)
		return okng_why(why, why_size, -EINVAL, "journal has %u rows of %u bytes, which no okngd of this format writes: %s",
			h.rows, h.row_size, advice);
	if (size != OKNG_JOURNAL_PAGE + (size_t)h.rows * sizeof(struct okng_journal_slot))
		return okng_why(why, why_size, -EINVAL, "journal has a length (%zu bytes) other than its header says: %s", size, advice);
	return 0;
}

static void end_strings(struct okng_record *r)
{
	r->recipe_name[sizeof(r->recipe_name) - 1] = '\0';
	r->class_name[sizeof(r->class_name) - 1] = '\0';
	r->decided_by[sizeof(r->decided_by) - 1] = '\0';
	r->part_id[sizeof(r->part_id) - 1] = '\0';
	r->truth[sizeof(r->truth) - 1] = '\0';
	r->picture[sizeof(r->picture) - 1] = '\0';
}

/* A copy is whole when its checksum fits and it is of this row: the copy of the slot's last row has a good checksum too. */
static bool is_whole(const struct okng_record *r, uint32_t crc, int64_t id)
{
	return r->id == id && r->seq == okng_journal_seq(id) && okng_journal_crc(r, sizeof(*r)) == crc;
}

enum okng_journal_find okng_journal_find(const void *bytes, uint32_t index, struct okng_record *record)
{
	struct okng_journal_header h;
	struct okng_journal_slot slot;
	uint32_t state;

	memcpy(&h, bytes, sizeof(h));
	memcpy(&slot, (const uint8_t *)bytes + OKNG_JOURNAL_PAGE + (size_t)index * sizeof(slot), sizeof(slot));
	state = atomic_load(&slot.state);
	if (state == OKNG_JOURNAL_FREE)
		return OKNG_JOURNAL_NOTHING;
	if (slot.id < 1 || slot.id >= OKNG_JOURNAL_ID_MAX || slot.id % h.rows != index)
		return OKNG_JOURNAL_BROKEN;
	if (state == OKNG_JOURNAL_JUDGED && is_whole(&slot.judged, slot.judged_crc, slot.id)) {
		*record = slot.judged;
	} else if (is_whole(&slot.accepted, slot.accepted_crc, slot.id)) {
		*record = slot.accepted;
		okng_journal_restarted(record);
	} else {
		return OKNG_JOURNAL_BROKEN;
	}
	end_strings(record);
	return OKNG_JOURNAL_ROW;
}

int64_t okng_journal_next(const void *bytes, const char *boot)
{
	struct okng_journal_header h;
	struct okng_record record;
	int64_t next;

	memcpy(&h, bytes, sizeof(h));
	next = atomic_load(&h.next_id);
	/* Another boot without a clean close: memory newer than the disk may be gone. */
	if (!atomic_load(&h.clean) && (!boot[0] || strncmp(h.boot, boot, sizeof(h.boot)) != 0) && next < atomic_load(&h.reserved_id))
		next = atomic_load(&h.reserved_id);
	for (uint32_t i = 0; i < h.rows; i++) {
		if (okng_journal_find(bytes, i, &record) == OKNG_JOURNAL_ROW && record.id >= next)
			next = record.id + 1;
	}
	return next;
}

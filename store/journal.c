/* SPDX-License-Identifier: Apache-2.0
 *
 * Why kill -9 at any instruction is safe. Pages of a shared mapping belong to the kernel: a store that was executed is
 * kept, whatever happens to the process. So only the order of stores counts, and release stores fix it.
 *   accept: copy, checksum, id  -> state = ACCEPTED -> next_id. Before the state word changes the slot is free and the
 *     number was not given to anyone; after it the part is recovered as FAULT 27; next_id only helps when the database
 *     is lost, a slot's own id counts too.
 *   judge: second copy, checksum -> state = JUDGED. Until then the first copy stands untouched: FAULT 27, and the
 *     verdict was not published, because judge returns first.
 *   release: state = FREE after the row's transaction is durable. A kill in between inserts the row a second time,
 *     which the database ignores (same primary key, same content).
 *   start: next_id, reserved_id, boot, then clean = 0. A kill in between leaves clean = 1 with an exact next_id; after
 *     a power cut (clean already 0) a half-written boot id only makes the numbers skip again.
 * Why a power cut is safe: the disk may hold any older page. Slots never lie on two pages and carry checksums with
 * their id, so that a torn or older copy is not taken for the row. A slot that is older than the database is ignored by
 * primary key. Numbers are given out only below reserved_id, which was synced before; when the boot id differs and
 * clean is 0, the next number is reserved_id.
 * The file's blocks are allocated at creation, so that a full disk cannot raise SIGBUS on a store later.
 */
#include "store/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/trouble.h"

#define NAME "journal"
#define NAME_NEW "journal.new"

struct okng_journal {
	uint8_t *map;
	size_t size;
	struct okng_journal_header *header;
	struct okng_journal_slot *slots;
	uint32_t rows;
	bool started;
	int64_t next_id;             /* station thread */
	int64_t block;               /* two of them are kept reserved, so that a full ring is what stops accept first */
	_Atomic int64_t reserved;    /* what is on the disk */
};

static int write_header(int fd, uint32_t rows, int64_t next_id)
{
	struct okng_journal_header h = { .magic = OKNG_JOURNAL_MAGIC, .version = OKNG_JOURNAL_VERSION, .order = 0x01020304u,
		.row_size = sizeof(struct okng_journal_slot), .rows = rows };

	h.crc = okng_journal_crc(&h, offsetof(struct okng_journal_header, crc));
	atomic_store(&h.clean, 1);
	atomic_store(&h.next_id, next_id);
	atomic_store(&h.reserved_id, next_id);
	if (pwrite(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return errno ? -errno : -EIO;
	return fsync(fd) ? -errno : 0;
}

int okng_journal_create(int folder, uint32_t rows, int64_t next_id, char *why, size_t why_size)
{
	off_t size = OKNG_JOURNAL_PAGE + (off_t)rows * (off_t)sizeof(struct okng_journal_slot);
	int fd = openat(folder, NAME_NEW, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0)
		return okng_why(why, why_size, -errno, "journal cannot be created: %s", strerror(errno));
	ret = -posix_fallocate(fd, 0, size);
	if (!ret)
		ret = write_header(fd, rows, next_id);
	close(fd);
	if (!ret && (renameat(folder, NAME_NEW, folder, NAME) || fsync(folder)))
		ret = -errno;
	if (ret) {
		unlinkat(folder, NAME_NEW, 0);
		okng_why(why, why_size, ret, "journal cannot be created (it needs %lld KiB): %s", (long long)size / 1024, strerror(-ret));
	}
	return ret;
}

static int map_file(struct okng_journal *j, int fd, char *why, size_t why_size)
{
	struct stat st;

	if (fstat(fd, &st))
		return okng_why(why, why_size, -errno, "journal cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size < OKNG_JOURNAL_PAGE)
		return okng_journal_check("", 0, why, why_size);
	j->size = (size_t)st.st_size;
	j->map = mmap(NULL, j->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (j->map == MAP_FAILED) {
		j->map = NULL;
		return okng_why(why, why_size, -errno, "journal cannot be mapped: %s", strerror(errno));
	}
	return okng_journal_check(j->map, j->size, why, why_size);
}

int okng_journal_open(struct okng_journal **journal, int folder, char *why, size_t why_size)
{
	struct okng_journal *j;
	int fd = openat(folder, NAME, O_RDWR | O_CLOEXEC);
	int ret;

	*journal = NULL;
	if (fd < 0)
		return okng_why(why, why_size, -errno, "journal cannot be opened: %s", strerror(errno));
	j = calloc(1, sizeof(*j));
	ret = j ? map_file(j, fd, why, why_size) : okng_why(why, why_size, -ENOMEM, "out of memory");
	/* A file with holes (restored from a backup) would raise SIGBUS on a full disk. */
	if (!ret && posix_fallocate(fd, 0, (off_t)j->size))
		ret = okng_why(why, why_size, -ENOSPC, "journal: no room on the disk for its %zu KiB", j->size / 1024);
	close(fd);
	if (ret) {
		if (j && j->map)
			munmap(j->map, j->size);
		free(j);
		return ret;
	}
	j->header = (struct okng_journal_header *)(void *)j->map;
	j->slots = (struct okng_journal_slot *)(void *)(j->map + OKNG_JOURNAL_PAGE);
	j->rows = j->header->rows;
	j->block = j->rows < 1024 ? 1024 : j->rows > 16384 ? 16384 : j->rows;
	(void)mlock(j->map, j->size); /* best effort: accept and judge should not fault */
	*journal = j;
	return 0;
}

const void *okng_journal_bytes(const struct okng_journal *journal)
{
	return journal->map;
}

uint32_t okng_journal_rows(const struct okng_journal *journal)
{
	return journal->rows;
}

static struct okng_journal_slot *slot_of(const struct okng_journal *j, int64_t id)
{
	return &j->slots[id % j->rows];
}

int okng_journal_start(struct okng_journal *j, int64_t next_id)
{
	struct okng_journal_header *h = j->header;
	char boot[40];

	okng_journal_boot(boot);
	for (uint32_t i = 0; i < j->rows; i++)
		atomic_store(&j->slots[i].state, OKNG_JOURNAL_FREE);
	j->next_id = next_id;
	atomic_store(&h->next_id, next_id);
	atomic_store(&h->reserved_id, next_id + 3 * j->block);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(h->boot, boot, sizeof(h->boot));
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&h->clean, 0);
	if (msync(j->map, OKNG_JOURNAL_PAGE, MS_SYNC))
		return -errno;
	atomic_store(&j->reserved, next_id + 3 * j->block);
	j->started = true;
	return 0;
}

int okng_journal_accept(struct okng_journal *j, struct okng_record *record)
{
	int64_t id = j->next_id;
	struct okng_journal_slot *slot = slot_of(j, id);

	if (atomic_load_explicit(&slot->state, memory_order_acquire) != OKNG_JOURNAL_FREE || id >= atomic_load(&j->reserved))
		return -EAGAIN;
	record->id = id;
	record->seq = okng_journal_seq(id);
	memcpy(&slot->accepted, record, sizeof(*record));
	slot->accepted_crc = okng_journal_crc(&slot->accepted, sizeof(slot->accepted));
	slot->id = id;
	atomic_store_explicit(&slot->state, OKNG_JOURNAL_ACCEPTED, memory_order_release);
	j->next_id = id + 1;
	atomic_store_explicit(&j->header->next_id, id + 1, memory_order_release);
	return 0;
}

void okng_journal_judge(struct okng_journal *j, const struct okng_record *record)
{
	struct okng_journal_slot *slot = slot_of(j, record->id);

	assert(slot->id == record->id && atomic_load(&slot->state) == OKNG_JOURNAL_ACCEPTED);
	memcpy(&slot->judged, record, sizeof(*record));
	slot->judged.seq = okng_journal_seq(record->id);
	slot->judged_crc = okng_journal_crc(&slot->judged, sizeof(slot->judged));
	atomic_store_explicit(&slot->state, OKNG_JOURNAL_JUDGED, memory_order_release);
}

const struct okng_record *okng_journal_take(struct okng_journal *j, int64_t id)
{
	struct okng_journal_slot *slot = slot_of(j, id);

	if (atomic_load_explicit(&slot->state, memory_order_acquire) != OKNG_JOURNAL_JUDGED || slot->id != id)
		return NULL;
	return &slot->judged;
}

void okng_journal_release(struct okng_journal *j, int64_t id)
{
	atomic_store_explicit(&slot_of(j, id)->state, OKNG_JOURNAL_FREE, memory_order_release);
}

int okng_journal_reserve(struct okng_journal *j)
{
	int64_t next = atomic_load(&j->header->next_id);

	if (atomic_load(&j->reserved) - next >= 2 * j->block)
		return 0;
	atomic_store(&j->header->reserved_id, next + 3 * j->block);
	if (msync(j->map, OKNG_JOURNAL_PAGE, MS_SYNC))
		return -errno;
	atomic_store(&j->reserved, next + 3 * j->block);
	return 0;
}

int64_t okng_journal_head(const struct okng_journal *j)
{
	return atomic_load(&j->header->next_id);
}

void okng_journal_close(struct okng_journal **journal)
{
	struct okng_journal *j = *journal;

	if (!j)
		return;
	*journal = NULL;
	if (j->started && !msync(j->map, j->size, MS_SYNC)) {
		atomic_store(&j->header->clean, 1);
		(void)msync(j->map, OKNG_JOURNAL_PAGE, MS_SYNC);
	}
	munmap(j->map, j->size);
	free(j);
}

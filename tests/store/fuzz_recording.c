/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording comes from a copy, a stick, another machine. First byte: 0, the rest is a whole segment; 1, its fields: the
 * second byte says of what; else blocks with right checksums, so that what stands behind them is reached: kind, n, id, two
 * bytes of length, payload. What is read must be written back as the same.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "store/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends(const char *text, size_t size)
{
	return memchr(text, 0, size) != NULL;
}

static void check_part(const struct okng_record *r)
{
	struct okng_record again;
	uint8_t bytes[OKNG_PART_ROOM];
	size_t n = okng_part_write(bytes, sizeof(bytes), r);

	assert(n && ends(r->part_id, sizeof(r->part_id)) && ends(r->truth, sizeof(r->truth)) && ends(r->decided_by, sizeof(r->decided_by)));
	assert(okng_part_read(bytes, n, &again) == 0 && again.id == r->id && again.x == r->x && strcmp(again.truth, r->truth) == 0);
	assert(okng_part_write(bytes, n - 1, r) == 0);
}

static void check_frame(const struct okng_recorded_frame *f)
{
	const struct okng_recorded_look *l = &f->look;
	uint8_t bytes[OKNG_FRAME_ROOM];
	uint64_t sum = 0;

	assert(f->camera >= 0 && f->camera < OKNG_RECORDED_FRAMES_MAX && f->width >= 1 && f->width <= 16384 && f->height >= 1 && f->height <= 16384);
	assert(l->n_limits >= 0 && l->n_limits <= OKNG_RECORDED_LIMITS_MAX && l->n_measures >= 0 && l->n_measures <= OKNG_RECORDED_MEASURES_MAX);
	assert(l->n_defects >= 0 && l->n_defects <= OKNG_RECORDED_DEFECTS_MAX && ends(l->setup, sizeof(l->setup)) && !strchr(l->setup, '/'));
	assert(l->verdict >= 0 && l->verdict <= 4 && ends(f->camera_name, sizeof(f->camera_name)) && ends(l->decided_by, sizeof(l->decided_by)));
	for (uint64_t i = 0; i < okng_frame_pixels(f); i++)
		sum += f->pixels[i];
	assert(sum <= 255 * okng_frame_pixels(f));
	assert(okng_frame_write(bytes, sizeof(bytes), f) > 0);
}

static void check_setup(const struct okng_recorded_setup *s)
{
	uint8_t bytes[OKNG_PART_ROOM];
	struct okng_recorded_setup again;
	size_t n = okng_setup_write(bytes, sizeof(bytes), s);

	assert(n && *s->name && !strchr(s->name, '/') && s->n_files >= 0 && s->n_files <= OKNG_SETUP_FILES_MAX);
	for (int i = 0; i < s->n_files; i++)
		assert(ends(s->files[i].role, sizeof(s->files[i].role)) && ends(s->files[i].name, sizeof(s->files[i].name)) && !strchr(s->files[i].name, '/'));
	assert(okng_setup_read(bytes, n, &again) == 0 && memcmp(s, &again, sizeof(again)) == 0);
}

static void fields(int what, const uint8_t *bytes, size_t size)
{
	struct okng_record record;
	struct okng_recorded_frame frame;
	struct okng_recorded_setup setup;
	uint64_t count;

	if (what == 0 && okng_part_read(bytes, size, &record) == 0)
		check_part(&record);
	if (what == 1 && okng_frame_read(bytes, size, &frame) == 0)
		check_frame(&frame);
	if (what == 2 && okng_setup_read(bytes, size, &setup) == 0)
		check_setup(&setup);
	if (what == 3)
		(void)!okng_dropped_read(bytes, size, &count);
}

static void read_file(int fd, size_t size)
{
	struct okng_recording *recording;
	struct okng_recording_notes notes;
	struct okng_recorded_part part;
	size_t parts = 0;
	int ret;

	lseek(fd, 0, SEEK_SET);
	assert(okng_recording_open_fd(&recording, fd, "fuzz.okr") == 0);
	while ((ret = okng_recording_next(recording, &part)) > 0) {
		parts++;
		assert(part.offset < size && part.n_frames <= OKNG_RECORDED_FRAMES_MAX && (part.frames || !part.n_frames));
		check_part(&part.record);
		for (int i = 0; i < part.n_frames; i++) {
			const struct okng_recorded_setup *s = okng_recording_setup(recording, part.frames[i].look.setup);

			check_frame(&part.frames[i]);
			if (s)
				check_setup(s);
		}
	}
	assert(ret == 0);
	okng_recording_notes(recording, &notes);
	assert(notes.parts == parts && ends(notes.last, sizeof(notes.last)));
	okng_recording_close(&recording);
}

static void put(int fd, const void *bytes, size_t size)
{
	assert(write(fd, bytes, size) == (ssize_t)size);
}

static void put_block(int fd, int kind, int n, int64_t id, const uint8_t *payload, size_t size)
{
	static const uint8_t zeros[OKNG_BLOCK_HEAD];
	struct okng_block_head head = { (uint16_t)kind, (uint16_t)n, size, id, (uint32_t)crc32_z(0, payload, size) };
	uint8_t bytes[OKNG_BLOCK_HEAD];

	okng_block_head_write(bytes, &head);
	put(fd, bytes, sizeof(bytes));
	put(fd, payload, size);
	put(fd, zeros, (size_t)okng_block_room(size) - sizeof(bytes) - size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes;
	int fd;

	if (size < 2)
		return 0;
	if (data[0] == 1) {
		bytes = malloc(size); /* exact size: reading past it is seen */
		memcpy(bytes, data + 2, size - 2);
		fields(data[1] & 3, bytes, size - 2);
		free(bytes);
		return 0;
	}
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0);
	if (data[0] == 0) {
		put(fd, data + 1, size - 1);
	} else {
		put_block(fd, OKNG_BLOCK_SEGMENT, OKNG_RECORDING_VERSION, 0, data, 0);
		for (size_t at = 1; at + 5 <= size;) {
			size_t n = (size_t)data[at + 3] | (size_t)data[at + 4] << 8;

			n = n < size - at - 5 ? n : size - at - 5;
			put_block(fd, data[at] & 7, data[at + 1], (int8_t)data[at + 2], data + at + 5, n);
			at += 5 + n;
		}
	}
	read_file(fd, 1 << 24);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks and fields. What is read may come from anywhere: every length is checked against what is left, every number
 * against its field, before anything is believed.
 */
#include "store/recording.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "store/columns.h"

#define MARK "OKBL"
#define FIELD_HEAD 8
#define SIDE_MAX 16384
#define DEFECT_VALUES 7

static void put_le(uint8_t *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void okng_block_head_write(uint8_t bytes[OKNG_BLOCK_HEAD], const struct okng_block_head *head)
{
	memcpy(bytes, MARK, 4);
	put_le(bytes + 4, head->kind, 2);
	put_le(bytes + 6, head->n, 2);
	put_le(bytes + 8, head->size, 8);
	put_le(bytes + 16, (uint64_t)head->id, 8);
	put_le(bytes + 24, head->crc, 4);
	put_le(bytes + 28, crc32_z(0, bytes, 28), 4);
}

bool okng_block_head_read(const uint8_t bytes[OKNG_BLOCK_HEAD], struct okng_block_head *head)
{
	if (memcmp(bytes, MARK, 4) != 0 || get_le(bytes + 28, 4) != crc32_z(0, bytes, 28))
		return false;
	head->kind = (uint16_t)get_le(bytes + 4, 2);
	head->n = (uint16_t)get_le(bytes + 6, 2);
	head->size = get_le(bytes + 8, 8);
	head->id = (int64_t)get_le(bytes + 16, 8);
	head->crc = (uint32_t)get_le(bytes + 24, 4);
	return head->size < UINT64_C(1) << 40;
}

uint64_t okng_block_room(uint64_t size)
{
	return OKNG_BLOCK_HEAD + (size + OKNG_BLOCK_HEAD - 1) / OKNG_BLOCK_HEAD * OKNG_BLOCK_HEAD;
}

/* --- writing --- */

struct pen {
	uint8_t *at;
	size_t room, used;
	bool full;
};

/* Where the value of so many bytes goes, NULL: no room. */
static uint8_t *field(struct pen *p, char type, const char *name, uint64_t count, size_t bytes)
{
	size_t length = strlen(name);
	uint8_t *at = p->at + p->used;

	if (p->full || p->room - p->used < FIELD_HEAD + length + bytes) {
		p->full = true;
		return NULL;
	}
	at[0] = (uint8_t)type;
	at[1] = (uint8_t)length;
	put_le(at + 2, 0, 2);
	put_le(at + 4, count, 4);
	memcpy(at + FIELD_HEAD, name, length);
	p->used += FIELD_HEAD + length + bytes;
	return at + FIELD_HEAD + length;
}

static void write_int(struct pen *p, const char *name, int64_t value)
{
	uint8_t *at = field(p, 'i', name, 1, 8);

	if (at)
		put_le(at, (uint64_t)value, 8);
}

static void write_reals(struct pen *p, const char *name, const double *values, int n)
{
	uint8_t *at = field(p, 'r', name, (uint64_t)n, 8 * (size_t)n);

	for (int i = 0; at && i < n; i++) {
		uint64_t bits;

		memcpy(&bits, &values[i], 8);
		put_le(at + 8 * i, bits, 8);
	}
}

/* size: of the array that text lies in. */
static void write_text(struct pen *p, const char *name, const char *text, size_t size)
{
	size_t n = strnlen(text, size);
	uint8_t *at = field(p, 't', name, n, n);

	if (at)
		memcpy(at, text, n);
}

#define WRITE_TEXT(pen, name, array) write_text(pen, name, array, sizeof(array))

static size_t finish(const struct pen *p)
{
	return p->full ? 0 : p->used;
}

#define NUM_WRITE(type, member, column) write_int(&p, column, (int64_t)record->member);
#define TEXT_WRITE(member, column) WRITE_TEXT(&p, column, record->member);

size_t okng_part_write(uint8_t *bytes, size_t room, const struct okng_record *record)
{
	struct pen p = { bytes, room, 0, false };

	OKNG_RECORD_COLUMNS(NUM_WRITE, TEXT_WRITE)
	return finish(&p);
}

static void write_look(struct pen *p, const struct okng_recorded_look *look)
{
	double values[OKNG_RECORDED_DEFECTS_MAX * DEFECT_VALUES];

	WRITE_TEXT(p, "setup", look->setup);
	write_reals(p, "limits", look->limits, look->n_limits);
	write_int(p, "judged", look->judged);
	if (!look->judged)
		return;
	write_int(p, "verdict", look->verdict);
	write_int(p, "reason", look->reason);
	write_int(p, "fingerprint", (int64_t)look->fingerprint);
	write_reals(p, "score", &look->score, 1);
	write_reals(p, "limit", &look->limit, 1);
	write_reals(p, "measures", look->measures, look->n_measures);
	write_int(p, "found", look->found);
	WRITE_TEXT(p, "decided_by", look->decided_by);
	for (int i = 0; i < look->n_defects; i++) {
		const struct okng_recorded_defect *d = &look->defects[i];
		double *v = values + DEFECT_VALUES * i;

		v[0] = d->x, v[1] = d->y, v[2] = d->w, v[3] = d->h, v[4] = d->area, v[5] = d->class_number, v[6] = d->score;
	}
	write_reals(p, "defects", values, DEFECT_VALUES * look->n_defects);
}

uint64_t okng_frame_pixels(const struct okng_recorded_frame *frame)
{
	return (uint64_t)frame->width * (uint64_t)frame->height * (frame->pixel == OKNG_RECORDED_MONO16 ? 2 : 1);
}

size_t okng_frame_write(uint8_t *bytes, size_t room, const struct okng_recorded_frame *frame)
{
	struct pen p = { bytes, room, 0, false };
	uint64_t pixels = okng_frame_pixels(frame);

	write_int(&p, "camera", frame->camera);
	WRITE_TEXT(&p, "camera_name", frame->camera_name);
	write_int(&p, "acq_id", (int64_t)frame->acq_id);
	write_int(&p, "incomplete", frame->incomplete);
	write_int(&p, "pixel", frame->pixel);
	write_int(&p, "width", frame->width);
	write_int(&p, "height", frame->height);
	write_look(&p, &frame->look);
	field(&p, 'b', "pixels", pixels, 0); /* last: its bytes follow */
	return finish(&p);
}

size_t okng_setup_write(uint8_t *bytes, size_t room, const struct okng_recorded_setup *setup)
{
	struct pen p = { bytes, room, 0, false };

	WRITE_TEXT(&p, "name", setup->name);
	WRITE_TEXT(&p, "version", setup->version);
	WRITE_TEXT(&p, "station", setup->station);
	WRITE_TEXT(&p, "recipe", setup->recipe);
	WRITE_TEXT(&p, "view", setup->view);
	for (int i = 0; i < setup->n_files; i++) {
		WRITE_TEXT(&p, "role", setup->files[i].role);
		WRITE_TEXT(&p, "file", setup->files[i].name);
		write_int(&p, "size", (int64_t)setup->files[i].size);
		write_int(&p, "crc", setup->files[i].crc);
	}
	return finish(&p);
}

size_t okng_dropped_write(uint8_t *bytes, size_t room, uint64_t count)
{
	struct pen p = { bytes, room, 0, false };

	write_int(&p, "count", (int64_t)count);
	return finish(&p);
}

/* --- reading --- */

struct field {
	char type;
	char name[64];   /* longer ones are not ours */
	uint64_t count;
	const uint8_t *value;
};

/* 1: a field; 0: the end; -EINVAL. */
static int next_field(const uint8_t *bytes, size_t size, size_t *at, struct field *f)
{
	size_t left = size - *at, length, each;

	if (!left)
		return 0;
	bytes += *at;
	if (left < FIELD_HEAD || left - FIELD_HEAD < bytes[1])
		return -EINVAL;
	f->type = (char)bytes[0];
	length = bytes[1];
	f->count = get_le(bytes + 4, 4);
	each = f->type == 'i' || f->type == 'r' ? 8 : f->type == 't' || f->type == 'b' ? 1 : 0;
	left -= FIELD_HEAD + length;
	if (!each || f->count > left / each)
		return -EINVAL;
	memset(f->name, 0, sizeof(f->name));
	if (length < sizeof(f->name))
		memcpy(f->name, bytes + FIELD_HEAD, length);
	f->value = bytes + FIELD_HEAD + length;
	*at += FIELD_HEAD + length + (size_t)f->count * each;
	return 1;
}

static bool is(const struct field *f, char type, const char *name)
{
	return f->type == type && strcmp(f->name, name) == 0;
}

/* What a field says goes into *out when it is one number in range. */
static bool read_int(const struct field *f, int64_t min, int64_t max, int64_t *out)
{
	if (f->count != 1)
		return false;
	*out = (int64_t)get_le(f->value, 8);
	return *out >= min && *out <= max;
}

static bool read_text(const struct field *f, char *out, size_t size)
{
	if (f->count >= size || memchr(f->value, 0, (size_t)f->count))
		return false;
	memset(out, 0, size);
	memcpy(out, f->value, (size_t)f->count);
	return true;
}

static bool read_reals(const struct field *f, uint64_t max, double *out, int32_t *n)
{
	if (f->count > max)
		return false;
	for (uint64_t i = 0; i < f->count; i++) {
		uint64_t bits = get_le(f->value + 8 * i, 8);

		memcpy(&out[i], &bits, 8);
	}
	*n = (int32_t)f->count;
	return true;
}

#define READ_TEXT(f, array) read_text(f, array, sizeof(array))

#define NUM_READ(type, member, column) \
	if (is(&f, 'i', column)) { \
		if (!read_int(&f, INT64_MIN, INT64_MAX, &v) || (int64_t)(type)v != v) \
			return -EINVAL; \
		record->member = (type)v; \
		continue; \
	}
#define TEXT_READ(member, column) \
	if (is(&f, 't', column)) { \
		if (!READ_TEXT(&f, record->member)) \
			return -EINVAL; \
		continue; \
	}

int okng_part_read(const uint8_t *bytes, size_t size, struct okng_record *record)
{
	struct field f;
	size_t at = 0;
	int64_t v;
	int ret;

	memset(record, 0, sizeof(*record));
	while ((ret = next_field(bytes, size, &at, &f)) > 0) {
		OKNG_RECORD_COLUMNS(NUM_READ, TEXT_READ)
	}
	return ret;
}

/* A whole number of a defect. */
static bool whole(double v, double min, double max)
{
	return v >= min && v <= max && v == (double)(int64_t)v;
}

static bool read_defects(const struct field *f, struct okng_recorded_look *look)
{
	double v[OKNG_RECORDED_DEFECTS_MAX * DEFECT_VALUES];
	int32_t n;

	if (!read_reals(f, sizeof(v) / sizeof(*v), v, &n) || n % DEFECT_VALUES)
		return false;
	look->n_defects = n / DEFECT_VALUES;
	for (int i = 0; i < look->n_defects; i++) {
		const double *d = v + DEFECT_VALUES * i;

		for (int k = 0; k < 6; k++) {
			if (!whole(d[k], k == 4 ? 0 : -65536, k == 4 ? UINT32_MAX : 65536))
				return false;
		}
		look->defects[i] = (struct okng_recorded_defect){ (int32_t)d[0], (int32_t)d[1], (int32_t)d[2], (int32_t)d[3], (uint32_t)d[4],
			(int32_t)d[5], d[6] };
	}
	return true;
}

/* 1: it was a field of a look; 0: not; -EINVAL. */
static int read_look(const struct field *f, struct okng_recorded_look *look)
{
	int64_t v = 0;
	int32_t one = 1;
	bool good;

	if (is(f, 't', "setup"))
		good = READ_TEXT(f, look->setup) && !strchr(look->setup, '/') && look->setup[0] != '.'; /* the name of a folder */
	else if (is(f, 't', "decided_by"))
		good = READ_TEXT(f, look->decided_by);
	else if (is(f, 'r', "limits"))
		good = read_reals(f, OKNG_RECORDED_LIMITS_MAX, look->limits, &look->n_limits);
	else if (is(f, 'r', "measures"))
		good = read_reals(f, OKNG_RECORDED_MEASURES_MAX, look->measures, &look->n_measures);
	else if (is(f, 'r', "score"))
		good = read_reals(f, 1, &look->score, &one) && one == 1;
	else if (is(f, 'r', "limit"))
		good = read_reals(f, 1, &look->limit, &one) && one == 1;
	else if (is(f, 'r', "defects"))
		good = read_defects(f, look);
	else if (is(f, 'i', "judged"))
		good = read_int(f, 0, 1, &v), look->judged = v == 1;
	else if (is(f, 'i', "verdict"))
		good = read_int(f, 0, 4, &v), look->verdict = good ? (int32_t)v : 0;
	else if (is(f, 'i', "reason"))
		good = read_int(f, 0, UINT16_MAX, &v), look->reason = good ? (int32_t)v : 0;
	else if (is(f, 'i', "fingerprint"))
		good = read_int(f, INT64_MIN, INT64_MAX, &v), look->fingerprint = (uint64_t)v;
	else if (is(f, 'i', "found"))
		good = read_int(f, 0, UINT32_MAX, &v), look->found = (uint32_t)v;
	else
		return 0;
	return good ? 1 : -EINVAL;
}

/* As read_look, of a frame's own fields. */
static int read_frame(const struct field *f, struct okng_recorded_frame *frame)
{
	int64_t v = 0;
	bool good;

	if (is(f, 't', "camera_name"))
		good = READ_TEXT(f, frame->camera_name);
	else if (is(f, 'i', "camera"))
		good = read_int(f, 0, OKNG_RECORDED_FRAMES_MAX - 1, &v), frame->camera = good ? (int32_t)v : 0;
	else if (is(f, 'i', "acq_id"))
		good = read_int(f, INT64_MIN, INT64_MAX, &v), frame->acq_id = (uint64_t)v;
	else if (is(f, 'i', "incomplete"))
		good = read_int(f, 0, 1, &v), frame->incomplete = v == 1;
	else if (is(f, 'i', "pixel"))
		good = read_int(f, OKNG_RECORDED_MONO8, OKNG_RECORDED_MONO16, &v), frame->pixel = v == 2 ? OKNG_RECORDED_MONO16 : OKNG_RECORDED_MONO8;
	else if (is(f, 'i', "width"))
		good = read_int(f, 1, SIDE_MAX, &v), frame->width = good ? (int32_t)v : 0;
	else if (is(f, 'i', "height"))
		good = read_int(f, 1, SIDE_MAX, &v), frame->height = good ? (int32_t)v : 0;
	else
		return 0;
	return good ? 1 : -EINVAL;
}

int okng_frame_read(const uint8_t *bytes, size_t size, struct okng_recorded_frame *frame)
{
	struct field f;
	size_t at = 0;
	uint64_t pixels = 0;
	int ret, known;

	memset(frame, 0, sizeof(*frame));
	while ((ret = next_field(bytes, size, &at, &f)) > 0) {
		if (is(&f, 'b', "pixels")) {
			frame->pixels = f.value;
			pixels = f.count;
			continue;
		}
		known = read_frame(&f, frame);
		known = known ? known : read_look(&f, &frame->look);
		if (known < 0)
			return known;
	}
	if (ret < 0 || !frame->pixels || !frame->pixel || !frame->width || !frame->height || okng_frame_pixels(frame) != pixels)
		return -EINVAL;
	frame->stride = (ptrdiff_t)frame->width * (frame->pixel == OKNG_RECORDED_MONO16 ? 2 : 1);
	return 0;
}

/* Every file begins with its role. */
static bool read_setup_file(const struct field *f, struct okng_recorded_setup *s)
{
	struct okng_setup_file *file = s->n_files ? &s->files[s->n_files - 1] : NULL;
	int64_t v = 0;

	if (is(f, 't', "role")) {
		if (s->n_files == OKNG_SETUP_FILES_MAX)
			return false;
		return READ_TEXT(f, s->files[s->n_files++].role);
	}
	if (is(f, 't', "file"))
		return file && READ_TEXT(f, file->name) && !strchr(file->name, '/') && file->name[0] != '.';
	if (is(f, 'i', "size")) {
		if (!file || !read_int(f, 0, INT64_MAX, &v))
			return false;
		file->size = (uint64_t)v;
	} else if (is(f, 'i', "crc")) {
		if (!file || !read_int(f, 0, UINT32_MAX, &v))
			return false;
		file->crc = (uint32_t)v;
	}
	return true;
}

int okng_setup_read(const uint8_t *bytes, size_t size, struct okng_recorded_setup *s)
{
	struct field f;
	size_t at = 0;
	int ret;

	memset(s, 0, sizeof(*s));
	while ((ret = next_field(bytes, size, &at, &f)) > 0) {
		bool good;

		if (is(&f, 't', "name"))
			good = READ_TEXT(&f, s->name);
		else if (is(&f, 't', "version"))
			good = READ_TEXT(&f, s->version);
		else if (is(&f, 't', "station"))
			good = READ_TEXT(&f, s->station);
		else if (is(&f, 't', "recipe"))
			good = READ_TEXT(&f, s->recipe);
		else if (is(&f, 't', "view"))
			good = READ_TEXT(&f, s->view) && !strchr(s->view, '/') && s->view[0] != '.';
		else
			good = read_setup_file(&f, s);
		if (!good)
			return -EINVAL;
	}
	return ret < 0 || !s->name[0] || strchr(s->name, '/') || s->name[0] == '.' ? -EINVAL : 0;
}

int okng_dropped_read(const uint8_t *bytes, size_t size, uint64_t *count)
{
	struct field f;
	size_t at = 0;
	int64_t v = 0;
	int ret;

	while ((ret = next_field(bytes, size, &at, &f)) > 0) {
		if (is(&f, 'i', "count") && !read_int(&f, 0, INT64_MAX, &v))
			return -EINVAL;
	}
	*count = (uint64_t)v;
	return ret;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording: what a station saw and said, so that another machine can say it again. A folder with segments
 * (*.okr: parts with their raw frames) and setups/NAME/ (recipe.toml, model.okm, flat.okf, lens.toml: what a frame was judged with).
 * Pixels are stored as they are: on 5 megapixels that took 5 to 17 ms with its checksum, PNG at its fastest 200 ms for a
 * third less room.
 *
 * A segment, little-endian, is a row of blocks that begin on multiples of 32 bytes; the first is the segment's own. A
 * block: "OKBL", u16 kind, u16 n, u64 size, i64 part id, u32 CRC-32 of the payload, u32 CRC-32 of the 28 bytes before it;
 * then size bytes of payload, zeros up to the next multiple of 32. A payload is a list of fields: u8 type, u8 length of
 * name, u16 0, u32 count, name, value: type 'i' count × i64, 'r' count × IEEE 754 double, 't' count bytes of text, 'b'
 * count bytes. A reader passes over names and kinds it does not know. SEGMENT (n: the format's version) stands first; SETUP
 * before the first part that was judged with it; PART (n: its number of frames) is followed by that many FRAME (n: 0, 1,
 * …); DROPPED says how many parts are missing because the disk did not keep up.
 */
#ifndef OKNG_STORE_RECORDING_H
#define OKNG_STORE_RECORDING_H

#include "store/store.h"

#define OKNG_RECORDING_FOLDER "recording" /* below the store's folder */
#define OKNG_RECORDING_SETUPS "setups"    /* below that */
#define OKNG_RECORDING_SUFFIX ".okr"
#define OKNG_RECORDING_VERSION 1
#define OKNG_RECORDED_FRAMES_MAX 16       /* of one part */
#define OKNG_RECORDED_LIMITS_MAX 48
#define OKNG_RECORDED_MEASURES_MAX 24
#define OKNG_RECORDED_DEFECTS_MAX 64
#define OKNG_SETUP_NAME_MAX 24            /* bytes with the zero */
#define OKNG_SETUP_FILES_MAX 8

struct okng_recorded_defect {
	int32_t x, y, w, h;   /* box in the frame, pixels */
	uint32_t area;
	int32_t class_number;
	double score;
};

/* What one frame was judged to be, with what. Numbers of verdict.h, as in struct okng_record. */
struct okng_recorded_look {
	bool judged;          /* else nobody looked: late, incomplete, queue full; only setup and limits may hold */
	char setup[OKNG_SETUP_NAME_MAX]; /* "" unknown */
	int32_t n_limits;     /* limits in force, as okng_tunable_list of the setup's recipe counts them */
	double limits[OKNG_RECORDED_LIMITS_MAX];
	int32_t verdict, reason;
	uint64_t fingerprint; /* of every bit of the result */
	double score, limit;
	int32_t n_measures;
	double measures[OKNG_RECORDED_MEASURES_MAX]; /* 0 where not found */
	uint32_t found;       /* bit i: measure i was found */
	int32_t n_defects;    /* at or above their limit, at most that many are kept */
	struct okng_recorded_defect defects[OKNG_RECORDED_DEFECTS_MAX];
	char decided_by[96];
};

enum okng_recorded_pixel { OKNG_RECORDED_MONO8 = 1, OKNG_RECORDED_MONO16 = 2 }; /* MONO16: little-endian */

struct okng_recorded_frame {
	int32_t camera;       /* index among the station's cameras, 0 first */
	char camera_name[48];
	uint64_t acq_id;      /* the camera's exposure counter */
	bool incomplete;      /* some of its bytes are of another exposure */
	enum okng_recorded_pixel pixel;
	int32_t width, height; /* 1 to 16384 */
	ptrdiff_t stride;     /* bytes; read back: width × bytes a pixel */
	const uint8_t *pixels;
	struct okng_recorded_look look;
};

/* read back: valid until the next call on the recording. */
struct okng_recorded_part {
	struct okng_record record;
	int n_frames;         /* 0: no frame came */
	struct okng_recorded_frame *frames;
	const char *segment;  /* read back: file name */
	uint64_t offset;      /* and where in it the part lies */
};

struct okng_setup_file {
	char role[16];        /* "recipe", "model", "flat", "lens" */
	char name[32];        /* in the setup's folder */
	uint64_t size;
	uint32_t crc;
};

struct okng_recorded_setup {
	char name[OKNG_SETUP_NAME_MAX];
	char version[24];     /* okng's */
	char station[48], recipe[48];
	char view[48];        /* folder below the recipe's that its files come from, "" the recipe's own */
	int n_files;
	struct okng_setup_file files[OKNG_SETUP_FILES_MAX];
};

/* --- the bytes: recording_format.c. Pure; bytes may be anything. --- */

#define OKNG_BLOCK_HEAD 32

enum okng_block { OKNG_BLOCK_SEGMENT = 1, OKNG_BLOCK_SETUP, OKNG_BLOCK_PART, OKNG_BLOCK_FRAME, OKNG_BLOCK_DROPPED };

struct okng_block_head {
	uint16_t kind, n;
	uint64_t size;
	int64_t id;
	uint32_t crc;         /* of the payload */
};

void okng_block_head_write(uint8_t bytes[OKNG_BLOCK_HEAD], const struct okng_block_head *head);
bool okng_block_head_read(const uint8_t bytes[OKNG_BLOCK_HEAD], struct okng_block_head *head); /* false: none begins here */
uint64_t okng_block_room(uint64_t size); /* head, payload and padding */

/* Payloads into room bytes: the length, 0 when room is too small. A frame's is all but the pixels that follow. */
#define OKNG_PART_ROOM 4096
#define OKNG_FRAME_ROOM 8192
size_t okng_part_write(uint8_t *bytes, size_t room, const struct okng_record *record);
size_t okng_frame_write(uint8_t *bytes, size_t room, const struct okng_recorded_frame *frame);
size_t okng_setup_write(uint8_t *bytes, size_t room, const struct okng_recorded_setup *setup);
size_t okng_dropped_write(uint8_t *bytes, size_t room, uint64_t count);
uint64_t okng_frame_pixels(const struct okng_recorded_frame *frame); /* bytes */

/* 0, or -EINVAL: not what such a block holds. Strings are zero-terminated, numbers in range; what is not there is 0. A
 * frame's pixels point into bytes. */
int okng_part_read(const uint8_t *bytes, size_t size, struct okng_record *record);
int okng_frame_read(const uint8_t *bytes, size_t size, struct okng_recorded_frame *frame);
int okng_setup_read(const uint8_t *bytes, size_t size, struct okng_recorded_setup *setup);
int okng_dropped_read(const uint8_t *bytes, size_t size, uint64_t *count);

/* --- reading a folder: recording_read.c. One thread at a time. --- */

struct okng_recording;

/* path: a recording's folder, the store's folder that holds one, or one segment. 0; -ENOENT: no segment there; negative errno;
 * why gets a sentence. */
int okng_recording_open(struct okng_recording **recording, const char *path, char *why, size_t why_size);
/* A segment alone, from an open file that may hold anything; takes fd. */
int okng_recording_open_fd(struct okng_recording **recording, int fd, const char *name);

/* 1: a part; 0: that was the last; negative errno: reading failed. Damaged or cut parts are left out and counted. */
int okng_recording_next(struct okng_recording *recording, struct okng_recorded_part *part);

/* Setups of the segments read so far; NULL: none of that name. */
const struct okng_recorded_setup *okng_recording_setup(const struct okng_recording *recording, const char *name);

/* The folder that holds setups/. */
const char *okng_recording_folder(const struct okng_recording *recording);
int okng_recording_segments(const struct okng_recording *recording);

struct okng_recording_notes {
	uint64_t parts, dropped; /* dropped: wanted, but the disk did not keep up */
	uint64_t damaged;        /* places where the bytes are not what was written */
	uint64_t cut;            /* segments that end in the middle of a part, as a power cut or a writing okngd leaves them */
	char last[192];          /* the last of damaged and cut in words: file, offset */
};
void okng_recording_notes(const struct okng_recording *recording, struct okng_recording_notes *notes);

void okng_recording_close(struct okng_recording **recording); /* accepts NULL content */

/* A setup's file still holds what was recorded: 0; -ENOENT; -EINVAL it was changed; path gets where it lies. */
int okng_recording_setup_file(const struct okng_recording *recording, const struct okng_recorded_setup *setup, const char *role,
	char *path, size_t size);

#endif

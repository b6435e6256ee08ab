/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording played as a camera, so that a whole station can be run again on what it saw. Each exposure is one recorded
 * part, also one whose frame of this camera never came: several cameras stay in step, and what was a FAULT is one again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/source.h"
#include "store/recording.h"

#define LOOK_AT 64 /* parts at the start, for this camera's name and the size of its frames */

struct source {
	char folder[sizeof ((struct okng_camera_params *)0)->folder], name[48];
	struct okng_recording *recording;
	struct okng_recorded_part part; /* the next one */
	bool there, loop;
	int32_t width, height;
};

static const struct okng_recorded_frame *frame_of(const struct source *s)
{
	for (int i = 0; i < s->part.n_frames; i++)
		if (*s->name ? strcmp(s->part.frames[i].camera_name, s->name) == 0 : s->part.frames[i].camera == 0)
			return &s->part.frames[i];
	return NULL;
}

/* From the start. */
static int rewind_recording(struct source *s, struct okng_error *err)
{
	char why[256] = "";
	okng_recording_close(&s->recording);
	s->there = false;
	int rc = okng_recording_open(&s->recording, s->folder, why, sizeof why);
	return rc < 0 ? okng_error_set(err, rc, "", 0, "", "%s", why) : 0;
}

/* 0, also at the end. */
static int next_part(struct source *s, struct okng_error *err)
{
	bool any = s->there;
	int rc = okng_recording_next(s->recording, &s->part);
	s->there = rc > 0;
	if (rc == 0 && s->loop && any) {
		rc = rewind_recording(s, err);
		if (rc == 0)
			rc = okng_recording_next(s->recording, &s->part);
		s->there = rc > 0;
	}
	return rc < 0 ? okng_error_set(err, rc, s->folder, 0, "", "%s", strerror(-rc)) : 0;
}

/* Finds the first frame of the camera; leaves the recording at its start. */
static int look(struct source *s, struct okng_error *err)
{
	int rc = rewind_recording(s, err);
	for (int i = 0; rc == 0 && i < LOOK_AT && !s->width; i++) {
		rc = next_part(s, err);
		if (rc < 0 || !s->there)
			break;
		const struct okng_recorded_frame *f = frame_of(s);
		s->width = f ? f->width : 0;
		s->height = f ? f->height : 0;
	}
	return rc < 0 ? rc : rewind_recording(s, err);
}

static void recording_close(void **source)
{
	struct source *s = *source;
	*source = NULL;
	if (!s)
		return;
	okng_recording_close(&s->recording);
	free(s);
}

static int recording_open(void **source, const struct okng_camera_params *p, int32_t *width, int32_t *height, struct okng_error *err)
{
	struct source *s = calloc(1, sizeof *s);
	*source = s;
	if (!s)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	snprintf(s->folder, sizeof s->folder, "%s", p->folder);
	snprintf(s->name, sizeof s->name, "%s", p->name);
	int rc = look(s, err);
	if (rc == 0 && !s->width) { /* nobody of that name: the first camera */
		*s->name = '\0';
		rc = look(s, err);
	}
	if (rc == 0 && !s->width)
		return okng_error_set(err, -ENODATA, p->folder, 0, "", "no frame in the first %d parts of the recording", LOOK_AT);
	s->loop = p->loop;
	if (rc == 0)
		rc = next_part(s, err);
	*width = s->width;
	*height = s->height;
	return rc;
}

static bool recording_exhausted(const void *source)
{
	return !((const struct source *)source)->there;
}

static void recording_skip(void *source, uint64_t exposures)
{
	struct source *s = source;
	struct okng_error err;
	for (; exposures && s->there; exposures--)
		if (next_part(s, &err) < 0)
			return;
}

/* What this part has for the camera. */
static int take(const struct source *s, struct okng_frame *frame, struct okng_error *err)
{
	const struct okng_recorded_frame *f = frame_of(s);
	if (!f)
		return okng_error_set(err, -EIO, s->folder, 0, "", "part %lld was recorded without a frame of this camera", (long long)s->part.record.id);
	if (f->pixel != OKNG_RECORDED_MONO8 || f->width != s->width || f->height != s->height)
		return okng_error_set(err, -EIO, s->folder, 0, "", "the frame of part %lld has %d x %d pixels, the first one had %d x %d",
			(long long)s->part.record.id, (int)f->width, (int)f->height, (int)s->width, (int)s->height);
	struct okng_image image = okng_image_view((void *)(uintptr_t)f->pixels, f->width, f->height, f->stride, OKNG_PIXEL_MONO8);
	frame->incomplete = f->incomplete;
	return okng_image_copy(&frame->image, &image);
}

static int recording_expose(void *source, struct okng_frame *frame, struct okng_error *err)
{
	struct source *s = source;
	frame->truths = -1;
	frame->source = s->folder;
	int rc = take(s, frame, err), next = next_part(s, err);
	return rc < 0 || next < 0 ? -EIO : 0;
}

const struct okng_source_ops okng_source_recording = {
	.simulates = true,
	.skips = false,
	.open = recording_open,
	.exhausted = recording_exhausted,
	.expose = recording_expose,
	.skip = recording_skip,
	.close = recording_close,
};

bool okng_source_is_recording(const char *folder)
{
	struct okng_recording *recording;
	bool is = okng_recording_open(&recording, folder, NULL, 0) == 0;
	okng_recording_close(&recording);
	return is;
}

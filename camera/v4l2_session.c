/* SPDX-License-Identifier: Apache-2.0 */
#include "camera/v4l2_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camera/v4l2_device.h"

#define LEAST 3 /* one being filled, one next, one being looked at */

static const int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

static int map_buffer(struct okng_v4l2_session *s, uint32_t i, struct okng_error *err)
{
	struct okng_v4l2_buffer *b = &s->buffers[i];
	struct v4l2_buffer q = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_QUERYBUF, &q);
	if (rc < 0)
		return okng_v4l2_refuse(err, "camera.v4l2", "no buffer", rc);
	size_t least = okng_v4l2_frame_bytes(&s->shape.raster);
	if (q.length < least)
		return okng_error_set(err, -EINVAL, "", 0, "camera.v4l2.format", "the driver's buffers have %u bytes, a frame has %zu", q.length, least);
	*b = (struct okng_v4l2_buffer){.session = s, .index = i, .length = q.length, .data = okng_v4l2_device_map(s->fd, q.length, q.m.offset)};
	if (!b->data)
		return okng_error_set(err, -ENOMEM, "", 0, "camera.v4l2", "no memory for the driver's buffers");
	s->n = (int)i + 1;
	s->stamp_flags = q.flags;
	return 0;
}

static int map_buffers(struct okng_v4l2_session *s, int n, struct okng_error *err)
{
	struct v4l2_requestbuffers r = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .count = (uint32_t)(n < VIDEO_MAX_FRAME ? n : VIDEO_MAX_FRAME)};
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_REQBUFS, &r);
	if (rc < 0)
		return okng_v4l2_refuse(err, "camera.v4l2", "no buffers", rc);
	if (r.count < LEAST)
		return okng_error_set(err, -ENOMEM, "", 0, "camera.v4l2", "the driver has memory for %u buffers only", r.count);
	for (uint32_t i = 0; rc == 0 && i < r.count && i < VIDEO_MAX_FRAME; i++)
		rc = map_buffer(s, i, err);
	return rc;
}

static int begin(struct okng_v4l2_session *s, struct okng_error *err)
{
	int rc = 0;
	for (int i = 0; rc == 0 && i < s->n; i++)
		rc = okng_v4l2_session_put(&s->buffers[i]);
	if (rc == 0)
		rc = okng_v4l2_session_start(s);
	if (rc == -ENOSPC)
		return okng_error_set(err, -EINVAL, "", 0, "camera.v4l2.format", "USB has no room for so many bytes a second beside what else is on "
			"the same controller: another port, a smaller size, a lower rate, or MJPG");
	return rc < 0 ? okng_v4l2_refuse(err, "camera.v4l2", "does not start", rc) : 0;
}

int okng_v4l2_session_open(struct okng_v4l2_session **session, const struct okng_camera_params *params, int n, struct okng_error *err)
{
	struct okng_v4l2_session *s = calloc(1, sizeof *s);
	*session = s;
	if (!s)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	s->fd = -1;
	int rc = okng_v4l2_find(s->path, sizeof s->path, params->v4l2.id, err);
	if (rc == 0) {
		s->fd = okng_v4l2_connect(s->path, &s->shape.played, err);
		rc = s->fd < 0 ? s->fd : okng_v4l2_setup(s->fd, params, &s->shape, err);
	}
	if (rc == 0)
		rc = map_buffers(s, n, err);
	if (rc == 0)
		rc = begin(s, err);
	if (rc == 0)
		rc = okng_v4l2_set_controls(s->fd, &params->v4l2, true, err);
	if (rc < 0)
		okng_v4l2_session_close(session);
	return rc;
}

int okng_v4l2_session_put(struct okng_v4l2_buffer *b)
{
	struct okng_v4l2_session *s = b->session;
	struct v4l2_buffer q = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = b->index};
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_QBUF, &q);
	if (rc < 0)
		return rc;
	s->driver++;
	b->where = OKNG_V4L2_DRIVER;
	return 0;
}

int okng_v4l2_session_get(struct okng_v4l2_session *s, struct okng_v4l2_buffer **buffer, struct v4l2_buffer *said)
{
	*said = (struct v4l2_buffer){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_DQBUF, said);
	if (rc < 0)
		return rc;
	if (said->index >= (uint32_t)s->n || s->buffers[said->index].where != OKNG_V4L2_DRIVER)
		return -EIO;
	*buffer = &s->buffers[said->index];
	(*buffer)->where = OKNG_V4L2_OUT;
	s->driver--;
	s->out++;
	return 0;
}

int okng_v4l2_session_halt(struct okng_v4l2_session *s)
{
	int t = type;
	return okng_v4l2_device_ask(s->fd, VIDIOC_STREAMOFF, &t);
}

void okng_v4l2_session_idle(struct okng_v4l2_session *s)
{
	for (int i = 0; i < s->n; i++)
		if (s->buffers[i].where == OKNG_V4L2_DRIVER)
			s->buffers[i].where = OKNG_V4L2_IDLE;
	s->driver = 0;
}

int okng_v4l2_session_start(struct okng_v4l2_session *s)
{
	int t = type;
	return okng_v4l2_device_ask(s->fd, VIDIOC_STREAMON, &t);
}

void okng_v4l2_session_stop(struct okng_v4l2_session *s)
{
	if (s->fd >= 0) {
		okng_v4l2_session_halt(s);
		okng_v4l2_device_close(s->fd);
	}
	s->fd = -1;
}

void okng_v4l2_session_close(struct okng_v4l2_session **session)
{
	struct okng_v4l2_session *s = *session;
	*session = NULL;
	if (!s)
		return;
	okng_v4l2_session_stop(s);
	for (int i = 0; i < s->n; i++)
		okng_v4l2_device_unmap(s->buffers[i].data, s->buffers[i].length);
	free(s);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Any control of the driver by its name, as v4l2-ctl writes it, with the value in the terms of the control's own type.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/v4l2_device.h"
#include "camera/v4l2_setup.h"

#define KEY "camera.v4l2.controls"
#define STRING_MAX 64

struct assignment {
	char name[64], value[STRING_MAX];
	struct v4l2_query_ext_ctrl query;
	int fd;
	struct okng_error *err;
};

void okng_v4l2_control_name(const char *from, char *to, size_t size)
{
	size_t n = 0;
	for (; *from && n + 1 < size; from++) {
		if (isalnum((unsigned char)*from))
			to[n++] = (char)tolower((unsigned char)*from);
		else if (n && to[n - 1] != '_')
			to[n++] = '_';
	}
	while (n && to[n - 1] == '_')
		n--;
	to[n] = '\0';
}

static int ext(int fd, unsigned long request, struct v4l2_ext_control *control)
{
	struct v4l2_ext_controls all = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = control};
	return okng_v4l2_device_ask(fd, request, &all);
}

static int query(int fd, uint32_t id, struct v4l2_query_ext_ctrl *q)
{
	*q = (struct v4l2_query_ext_ctrl){.id = id};
	int rc = okng_v4l2_device_ask(fd, VIDIOC_QUERY_EXT_CTRL, q);
	return rc == 0 && q->flags & V4L2_CTRL_FLAG_DISABLED && !(id & V4L2_CTRL_FLAG_NEXT_CTRL) ? -EINVAL : rc;
}

bool okng_v4l2_has_control(int fd, uint32_t id)
{
	struct v4l2_query_ext_ctrl q;
	return query(fd, id, &q) == 0;
}

static int read_back(int fd, uint32_t id, bool wide, int64_t *took)
{
	struct v4l2_ext_control c = {.id = id};
	int rc = ext(fd, VIDIOC_G_EXT_CTRLS, &c);
	*took = wide ? c.value64 : c.value;
	return rc;
}

static int set(int fd, uint32_t id, bool wide, int64_t value, int64_t *took)
{
	struct v4l2_ext_control c = {.id = id};
	if (wide)
		c.value64 = value;
	else
		c.value = (int32_t)value;
	int rc = ext(fd, VIDIOC_S_EXT_CTRLS, &c);
	return rc < 0 ? rc : read_back(fd, id, wide, took);
}

int okng_v4l2_set_control(int fd, uint32_t id, int64_t value, int64_t *took)
{
	struct v4l2_query_ext_ctrl q;
	int rc = query(fd, id, &q);
	if (rc < 0)
		return rc == -EINVAL || rc == -ENOTTY ? -ENOENT : rc;
	return set(fd, id, q.type == V4L2_CTRL_TYPE_INTEGER64, value, took);
}

static int wrong(const struct assignment *a, const char *allowed)
{
	return okng_error_set(a->err, -EINVAL, "", 0, KEY, "%s takes %s, not \"%s\"", a->name, allowed, a->value);
}

static int took_other(const struct assignment *a, const char *took)
{
	return okng_error_set(a->err, -EINVAL, "", 0, KEY, "%s=%s, but the camera took %s", a->name, a->value, took);
}

static int find(struct assignment *a)
{
	const uint32_t next = V4L2_CTRL_FLAG_NEXT_CTRL;
	char name[sizeof a->query.name + 1];
	int rc;
	uint32_t id = next;
	for (int i = 0; i < 4096 && (rc = query(a->fd, id, &a->query)) == 0 && a->query.id > (id & ~next); i++, id = a->query.id | next) {
		okng_v4l2_control_name(a->query.name, name, sizeof name);
		if (strcmp(name, a->name) == 0 && !(a->query.flags & V4L2_CTRL_FLAG_DISABLED))
			return 0;
	}
	return okng_error_set(a->err, -EINVAL, "", 0, KEY, "the camera has no control %s; v4l2-ctl -L lists those it has", a->name);
}

static int set_number(const struct assignment *a)
{
	const struct v4l2_query_ext_ctrl *q = &a->query;
	char *end, text[112];
	errno = 0;
	long long want = strtoll(a->value, &end, 0);
	if (q->type == V4L2_CTRL_TYPE_BOOLEAN && (strcmp(a->value, "true") == 0 || strcmp(a->value, "false") == 0))
		want = *a->value == 't';
	else if (errno || end == a->value || *end)
		return wrong(a, q->type == V4L2_CTRL_TYPE_BOOLEAN ? "true or false" : "a whole number");
	if (q->type != V4L2_CTRL_TYPE_BITMASK && (want < q->minimum || want > q->maximum)) {
		snprintf(text, sizeof text, "%lld to %lld in steps of %llu", (long long)q->minimum, (long long)q->maximum, (unsigned long long)q->step);
		return wrong(a, text);
	}
	int64_t took = want;
	int rc = set(a->fd, q->id, q->type == V4L2_CTRL_TYPE_INTEGER64, want, &took);
	if (rc < 0)
		return okng_v4l2_refuse(a->err, KEY, a->name, rc);
	snprintf(text, sizeof text, "%" PRId64, took);
	bool same = q->type == V4L2_CTRL_TYPE_BITMASK ? (uint32_t)took == (uint32_t)want : took == want;
	return same ? 0 : took_other(a, text);
}

/* By number, or by the words of the menu. */
static int set_menu(struct assignment *a)
{
	char name[sizeof((struct v4l2_querymenu *)0)->name + 1], want[sizeof a->value], has[200] = "";
	size_t at = 0;
	okng_v4l2_control_name(a->value, want, sizeof want);
	for (int64_t i = a->query.minimum; i <= a->query.maximum && i < a->query.minimum + 256; i++) {
		struct v4l2_querymenu m = {.id = a->query.id, .index = (uint32_t)i};
		if (okng_v4l2_device_ask(a->fd, VIDIOC_QUERYMENU, &m) < 0)
			continue;
		if (a->query.type == V4L2_CTRL_TYPE_INTEGER_MENU)
			snprintf(name, sizeof name, "%lld", (long long)m.value);
		else
			okng_v4l2_control_name((const char *)m.name, name, sizeof name);
		if (strcmp(name, want) == 0 && a->query.type == V4L2_CTRL_TYPE_MENU) {
			snprintf(a->value, sizeof a->value, "%lld", (long long)i);
			return set_number(a);
		}
		if (at < sizeof has)
			at += (size_t)snprintf(has + at, sizeof has - at, "%s%lld (%s)", at ? ", " : "", (long long)i, name);
	}
	char *end;
	strtoll(a->value, &end, 0);
	return end == a->value || *end ? wrong(a, *has ? has : "a number of its menu") : set_number(a);
}

static int set_text(const struct assignment *a)
{
	char text[STRING_MAX + 1] = "", took[STRING_MAX + 1] = "";
	struct v4l2_ext_control c = {.id = a->query.id, .size = sizeof text, .string = text};
	if (a->query.maximum < 0 || a->query.maximum + 1 > (int64_t)sizeof text)
		return okng_error_set(a->err, -EINVAL, "", 0, KEY, "%s takes longer texts than can be set here", a->name);
	c.size = (uint32_t)a->query.maximum + 1;
	if (strlen(a->value) >= c.size)
		return wrong(a, "a shorter text");
	snprintf(text, sizeof text, "%s", a->value);
	int rc = ext(a->fd, VIDIOC_S_EXT_CTRLS, &c);
	c = (struct v4l2_ext_control){.id = a->query.id, .size = (uint32_t)a->query.maximum + 1, .string = took};
	if (rc == 0)
		rc = ext(a->fd, VIDIOC_G_EXT_CTRLS, &c);
	if (rc < 0)
		return okng_v4l2_refuse(a->err, KEY, a->name, rc);
	return strcmp(a->value, took) == 0 ? 0 : took_other(a, took);
}

static int push(const struct assignment *a, bool again)
{
	struct v4l2_ext_control c = {.id = a->query.id, .value = 1};
	if (strcmp(a->value, "1") != 0 && strcmp(a->value, "execute") != 0)
		return wrong(a, "execute: it is a button");
	int rc = again ? 0 : ext(a->fd, VIDIOC_S_EXT_CTRLS, &c);
	return rc < 0 ? okng_v4l2_refuse(a->err, KEY, a->name, rc) : 0;
}

int okng_v4l2_assign(int fd, const char *assignment, bool again, struct okng_error *err)
{
	struct assignment a = {.fd = fd, .err = err};
	const char *equals = strchr(assignment, '=');
	size_t n = equals ? (size_t)(equals - assignment) : 0;
	if (n == 0 || n >= sizeof a.name || strlen(equals + 1) >= sizeof a.value)
		return okng_error_set(err, -EINVAL, "", 0, KEY, "must be written \"name=value\", each of less than 64 bytes, not \"%s\"", assignment);
	memcpy(a.name, assignment, n);
	snprintf(a.value, sizeof a.value, "%s", equals + 1);
	int rc = find(&a);
	if (rc < 0)
		return rc;
	switch (a.query.type) {
	case V4L2_CTRL_TYPE_BUTTON: return push(&a, again);
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU: return set_menu(&a);
	case V4L2_CTRL_TYPE_STRING: return set_text(&a);
	case V4L2_CTRL_TYPE_INTEGER:
	case V4L2_CTRL_TYPE_BOOLEAN:
	case V4L2_CTRL_TYPE_INTEGER64:
	case V4L2_CTRL_TYPE_BITMASK: return set_number(&a);
	default: return okng_error_set(err, -EINVAL, "", 0, KEY, "%s is not a single value", a.name);
	}
}

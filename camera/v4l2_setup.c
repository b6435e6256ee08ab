/* SPDX-License-Identifier: Apache-2.0
 *
 * The order matters: the input before the format, which depends on it; the rate after the format, which resets it; the
 * controls by name before those with a key of their own, as one of them may load a set of others.
 */
#include "camera/v4l2_setup.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "camera/v4l2_device.h"

#define KEY "camera.v4l2."
#define NEAR 0.01    /* a camera rounds to its clock */
#define NS_PER_S 1e9
#define LISTED 24    /* sizes or rates named in an error */

struct setting {
	int fd;
	const struct okng_camera_params *camera;
	const struct okng_v4l2_params *p;
	struct okng_error *err;
};

int okng_v4l2_refuse(struct okng_error *err, const char *key, const char *what, int rc)
{
	if (rc == -EBUSY)
		return okng_error_set(err, rc, "", 0, key, "%s: another program uses the camera", what);
	bool silent = rc == -ENODEV || rc == -EIO || rc == -ETIMEDOUT || rc == -EPIPE || rc == -EPROTO;
	return okng_error_set(err, !silent ? -EINVAL : rc == -ENODEV ? rc : -EIO, "", 0, key, "%s: %s", what, strerror(-rc));
}

static int differs(const struct setting *s, const char *key, double want, double took)
{
	return okng_error_set(s->err, -EINVAL, "", 0, key, "is %g, but the camera took %g", want, took);
}

static bool near(double want, double took)
{
	return fabs(want - took) <= NEAR * fabs(want);
}

int okng_v4l2_connect(const char *path, bool *played, struct okng_error *err)
{
	const char *key = KEY "id";
	struct v4l2_capability cap = {0};
	int fd = okng_v4l2_device_open(path);
	if (fd == -EACCES || fd == -EPERM)
		return okng_error_set(err, -EACCES, "", 0, key, "%s may not be opened: its group, most often video, may", path);
	if (fd < 0)
		return okng_error_set(err, fd == -ENOENT || fd == -ENXIO ? -ENODEV : fd, "", 0, key, "%s: %s", path, strerror(-fd));
	int rc = okng_v4l2_device_ask(fd, VIDIOC_QUERYCAP, &cap);
	uint32_t can = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
	const char *driver = (const char *)cap.driver;
	if (rc == -ENODEV)
		okng_error_set(err, rc, "", 0, key, "%s: %s", path, strerror(-rc));
	else if (rc < 0)
		rc = okng_error_set(err, -EINVAL, "", 0, key, "%s is not a V4L2 device", path);
	else if (!(can & V4L2_CAP_VIDEO_CAPTURE))
		rc = okng_error_set(err, -EINVAL, "", 0, key, can & V4L2_CAP_VIDEO_CAPTURE_MPLANE ? "%s has the multi-planar interface only, which is not supported" :
			"%s does not give pictures: a camera may have several device files", path);
	else if (!(can & V4L2_CAP_STREAMING))
		rc = okng_error_set(err, -EINVAL, "", 0, key, "%s cannot stream", path);
	if (rc < 0) {
		okng_v4l2_device_close(fd);
		return rc;
	}
	*played = strcmp(driver, "vivid") == 0 || strcmp(driver, "vimc") == 0 || strcmp(driver, "v4l2 loopback") == 0;
	return fd;
}

static int set_input(const struct setting *s)
{
	int has = 0, want = s->p->input;
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_INPUT, &has);
	if (rc == -ENOTTY && want == 0)
		return 0;
	if (rc == 0 && has != want)
		rc = okng_v4l2_device_ask(s->fd, VIDIOC_S_INPUT, &want);
	if (rc == 0)
		rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_INPUT, &has);
	if (rc < 0)
		return okng_v4l2_refuse(s->err, KEY "input", "not set", rc);
	return has == s->p->input ? 0 : differs(s, KEY "input", s->p->input, has);
}

/* Which of the format's codes the camera has; -EINVAL none. */
static int choose_variant(const struct setting *s, struct okng_v4l2_raster *r)
{
	char has[200] = "";
	size_t at = 0;
	struct v4l2_fmtdesc d = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	for (; okng_v4l2_device_ask(s->fd, VIDIOC_ENUM_FMT, &d) == 0 && d.index < 4096; d.index++) {
		for (int v = 0; v < OKNG_V4L2_CODES; v++)
			if (r->format->code[v] == d.pixelformat && d.pixelformat) {
				r->variant = v;
				return 0;
			}
		for (int i = 0; i < OKNG_V4L2_FORMATS; i++)
			for (int v = 0; v < OKNG_V4L2_CODES && at < sizeof has; v++)
				if (okng_v4l2_formats[i].code[v] == d.pixelformat && !strstr(has, okng_v4l2_formats[i].name))
					at += (size_t)snprintf(has + at, sizeof has - at, "%s%s", at ? ", " : "", okng_v4l2_formats[i].name);
	}
	return okng_error_set(s->err, -EINVAL, "", 0, KEY "format", "the camera does not send %s; it has %s", r->format->name,
		*has ? has : "none that can be inspected");
}

/* The sizes of the format in words, and the largest; 0 x 0 when the driver does not tell. */
static void list_sizes(const struct setting *s, uint32_t code, char *has, size_t size, struct okng_v4l2_raster *largest)
{
	size_t at = 0;
	struct v4l2_frmsizeenum e = {.pixel_format = code};
	*has = '\0';
	largest->width = largest->height = 0;
	for (; okng_v4l2_device_ask(s->fd, VIDIOC_ENUM_FRAMESIZES, &e) == 0 && e.index < 1024; e.index++) {
		bool fixed = e.type == V4L2_FRMSIZE_TYPE_DISCRETE;
		uint32_t w = fixed ? e.discrete.width : e.stepwise.max_width, h = fixed ? e.discrete.height : e.stepwise.max_height;
		bool fits = w <= OKNG_IMAGE_SIDE_MAX && h <= OKNG_IMAGE_SIDE_MAX;
		if (fits && (uint64_t)w * h > (uint64_t)largest->width * (uint64_t)largest->height) {
			largest->width = (int32_t)w;
			largest->height = (int32_t)h;
		}
		if (at < size && e.index < LISTED)
			at += (size_t)snprintf(has + at, size - at, fixed ? "%s%u x %u" : "%sup to %u x %u", at ? ", " : "", w, h);
		if (!fixed)
			break;
	}
}

static int set_format(const struct setting *s, struct okng_v4l2_raster *r)
{
	char has[160];
	struct okng_v4l2_raster largest;
	struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	r->format = &okng_v4l2_formats[s->p->format];
	if ((s->p->width == 0) != (s->p->height == 0))
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "width", "width and height are given both or neither");
	int rc = choose_variant(s, r);
	if (rc < 0)
		return rc;
	rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_FMT, &f);
	uint32_t code = r->format->code[r->variant];
	list_sizes(s, code, has, sizeof has, &largest);
	uint32_t w = f.fmt.pix.width, h = f.fmt.pix.height;
	if (s->p->width || largest.width) {
		w = (uint32_t)(s->p->width ? s->p->width : largest.width);
		h = (uint32_t)(s->p->width ? s->p->height : largest.height);
	}
	if (rc == 0) {
		f = (struct v4l2_format){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
		f.fmt.pix.width = w;
		f.fmt.pix.height = h;
		f.fmt.pix.pixelformat = code;
		f.fmt.pix.field = V4L2_FIELD_NONE;
		rc = okng_v4l2_device_ask(s->fd, VIDIOC_S_FMT, &f);
	}
	if (rc == 0) /* what S_FMT answers is not always what will be sent */
		rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_FMT, &f);
	if (rc < 0)
		return okng_v4l2_refuse(s->err, KEY "format", "not set", rc);
	if (f.fmt.pix.pixelformat != code)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "format", "is %s, but the camera took %.4s", r->format->name,
			(const char *)&f.fmt.pix.pixelformat);
	if (f.fmt.pix.width != w || f.fmt.pix.height != h)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "width", "is %u x %u, but the camera took %u x %u%s%.160s", w, h, f.fmt.pix.width,
			f.fmt.pix.height, *has ? "; it has " : "", has);
	if (f.fmt.pix.field != V4L2_FIELD_NONE && f.fmt.pix.field != V4L2_FIELD_ANY)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "format", "the camera sends half pictures (interlaced), two moments in one frame");
	r->width = (int32_t)w;
	r->height = (int32_t)h;
	r->stride = r->format->layout == OKNG_V4L2_JPEG ? 0 : f.fmt.pix.bytesperline;
	rc = okng_v4l2_check_raster(r, s->err);
	if (rc < 0 && s->err)
		snprintf(s->err->key, sizeof s->err->key, KEY "width");
	return rc;
}

static void list_rates(const struct setting *s, const struct okng_v4l2_raster *r, char *has, size_t size)
{
	size_t at = 0;
	struct v4l2_frmivalenum e = {.pixel_format = r->format->code[r->variant], .width = (uint32_t)r->width, .height = (uint32_t)r->height};
	*has = '\0';
	for (; okng_v4l2_device_ask(s->fd, VIDIOC_ENUM_FRAMEINTERVALS, &e) == 0 && e.index < LISTED && at < size; e.index++) {
		bool fixed = e.type == V4L2_FRMIVAL_TYPE_DISCRETE;
		const struct v4l2_fract *t = fixed ? &e.discrete : &e.stepwise.min;
		at += (size_t)snprintf(has + at, size - at, "%s%s%g", at ? ", " : "", fixed ? "" : "up to ", t->numerator ? (double)t->denominator / t->numerator : 0);
		if (!fixed)
			break;
	}
}

static int set_rate(const struct setting *s, struct okng_v4l2_shape *shape)
{
	const char *key = s->camera->rate > 0 ? "camera.rate" : KEY "fps";
	double want = s->camera->rate > 0 ? s->camera->rate : s->p->fps;
	struct v4l2_streamparm p = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	const struct v4l2_fract *t = &p.parm.capture.timeperframe;
	char has[160];
	int rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_PARM, &p);
	bool can = rc == 0 && p.parm.capture.capability & V4L2_CAP_TIMEPERFRAME;
	if (want > 0 && can) {
		p.parm.capture.timeperframe = (struct v4l2_fract){1000, (uint32_t)(want * 1000 + 0.5)};
		rc = okng_v4l2_device_ask(s->fd, VIDIOC_S_PARM, &p);
		if (rc == 0)
			rc = okng_v4l2_device_ask(s->fd, VIDIOC_G_PARM, &p);
	}
	if (rc < 0 && rc != -ENOTTY && rc != -EINVAL)
		return okng_v4l2_refuse(s->err, key, "not set", rc);
	bool told = rc == 0 && t->numerator && t->denominator;
	double took = told ? (double)t->denominator / t->numerator : 0;
	shape->period_ns = told ? (int64_t)(NS_PER_S * t->numerator / t->denominator) : 0;
	if (want <= 0 || (told && near(want, took)))
		return 0;
	if (!told)
		return okng_error_set(s->err, -EINVAL, "", 0, key, "is %g, but the driver does not let a rate be set", want);
	list_rates(s, &shape->raster, has, sizeof has);
	return okng_error_set(s->err, -EINVAL, "", 0, key, "is %g, but the camera took %g%s%s", want, took, *has ? "; at this size it has " : "", has);
}

/* Sets the control exactly; needed false: the camera may lack it. */
static int set_exact(const struct setting *s, const char *key, const char *what, uint32_t id, int64_t want, bool needed)
{
	int64_t took = want;
	int rc = okng_v4l2_set_control(s->fd, id, want, &took);
	if (rc == -ENOENT)
		return needed ? okng_error_set(s->err, -EINVAL, "", 0, key, "the camera has no %s that can be set", what) : 0;
	if (rc < 0)
		return okng_v4l2_refuse(s->err, key, what, rc);
	return took == want ? 0 : okng_error_set(s->err, -EINVAL, "", 0, key, "%s is %lld, but the camera took %lld", what, (long long)want, (long long)took);
}

/* The control's unit is 100 µs. */
static int set_exposure(const struct setting *s)
{
	const char *key = KEY "exposure_us";
	int64_t took = 0;
	if (s->p->exposure_us <= 0)
		return 0;
	int rc = set_exact(s, key, "manual exposure", V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL, false);
	if (rc == 0) /* else the rate falls when it is dark */
		rc = set_exact(s, key, "constant rate", V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0, false);
	if (rc < 0)
		return rc;
	rc = okng_v4l2_set_control(s->fd, V4L2_CID_EXPOSURE_ABSOLUTE, (int64_t)(s->p->exposure_us / 100 + 0.5), &took);
	if (rc == -ENOENT)
		return okng_error_set(s->err, -EINVAL, "", 0, key, "the camera has no exposure time in seconds; it may have one in a unit of its own for controls");
	if (rc < 0)
		return okng_v4l2_refuse(s->err, key, "not set", rc);
	return near(s->p->exposure_us, (double)took * 100) ? 0 : okng_error_set(s->err, -EINVAL, "", 0, key,
		"is %g, but the camera took %g (it counts in steps of at least 100)", s->p->exposure_us, (double)took * 100);
}

static int set_gain(const struct setting *s)
{
	if (s->p->gain < 0)
		return 0;
	int rc = set_exact(s, KEY "gain", "manual gain", V4L2_CID_AUTOGAIN, 0, false);
	uint32_t id = okng_v4l2_has_control(s->fd, V4L2_CID_GAIN) ? V4L2_CID_GAIN : V4L2_CID_ANALOGUE_GAIN;
	return rc < 0 ? rc : set_exact(s, KEY "gain", "gain", id, s->p->gain, true);
}

static int set_white_balance(const struct setting *s)
{
	if (s->p->white_balance_k <= 0)
		return 0;
	int rc = set_exact(s, KEY "white_balance_k", "manual white balance", V4L2_CID_AUTO_WHITE_BALANCE, 0, false);
	return rc < 0 ? rc : set_exact(s, KEY "white_balance_k", "white balance", V4L2_CID_WHITE_BALANCE_TEMPERATURE, s->p->white_balance_k, true);
}

static int set_power_line(const struct setting *s)
{
	static const int64_t values[] = {
		[OKNG_POWER_LINE_OFF] = V4L2_CID_POWER_LINE_FREQUENCY_DISABLED,
		[OKNG_POWER_LINE_50] = V4L2_CID_POWER_LINE_FREQUENCY_50HZ,
		[OKNG_POWER_LINE_60] = V4L2_CID_POWER_LINE_FREQUENCY_60HZ,
		[OKNG_POWER_LINE_AUTO] = V4L2_CID_POWER_LINE_FREQUENCY_AUTO,
	};
	if (s->p->power_line == OKNG_POWER_LINE_LEFT)
		return 0;
	return set_exact(s, KEY "power_line", "power line frequency", V4L2_CID_POWER_LINE_FREQUENCY, values[s->p->power_line], true);
}

int okng_v4l2_set_controls(int fd, const struct okng_v4l2_params *params, bool again, struct okng_error *err)
{
	const struct setting s = {.fd = fd, .p = params, .err = err};
	int rc = 0;
	for (int i = 0; rc == 0 && i < params->n_controls; i++)
		rc = okng_v4l2_assign(fd, params->controls[i], again, err);
	if (rc == 0)
		rc = set_power_line(&s);
	if (rc == 0)
		rc = set_white_balance(&s);
	if (rc == 0)
		rc = set_exposure(&s);
	return rc == 0 ? set_gain(&s) : rc;
}

int okng_v4l2_setup(int fd, const struct okng_camera_params *params, struct okng_v4l2_shape *shape, struct okng_error *err)
{
	const struct setting s = {fd, params, &params->v4l2, err};
	int rc = set_input(&s);
	if (rc == 0)
		rc = set_format(&s, &shape->raster);
	if (rc == 0)
		rc = set_rate(&s, shape);
	return rc == 0 ? okng_v4l2_set_controls(fd, &params->v4l2, false, err) : rc;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The order matters: features by name first (a user set loaded by one overrides all else), then the format, which
 * changes what regions are possible, the region, the exposure, the trigger, and the network last, since the largest
 * packet is found by sending some.
 */
#include "camera/aravis_setup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY "camera.aravis."
#define HEARTBEAT_REGISTER 0x0938 /* GigE Vision bootstrap: how long the camera waits for us, ms */
#define HEARTBEAT_MS 3000         /* Aravis gives a sign each second */
#define NEAR 0.01                 /* a camera rounds to its clock */

struct setting {
	ArvCamera *camera;
	const struct okng_aravis_params *p;
	struct okng_error *err;
};

int okng_aravis_refuse(struct okng_error *err, const char *key, const char *what, GError **error)
{
	bool silent = g_error_matches(*error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_TIMEOUT) ||
		g_error_matches(*error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_NOT_CONNECTED) ||
		g_error_matches(*error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_TRANSFER_ERROR);
	int rc = okng_error_set(err, silent ? -EIO : -EINVAL, "", 0, key, "%s: %s", what, (*error)->message);
	g_clear_error(error);
	return rc;
}

static int differs(const struct setting *s, const char *key, double want, double took)
{
	return okng_error_set(s->err, -EINVAL, "", 0, key, "is %g, but the camera took %g", want, took);
}

static bool near(double want, double took)
{
	return fabs(want - took) <= NEAR * fabs(want);
}

static int set_format(const struct setting *s, struct okng_aravis_shape *shape)
{
	GError *error = NULL;
	char has[240] = "", what[320];
	guint n = 0;
	shape->format = &okng_aravis_formats[s->p->format];
	/* A mosaic comes in one of four patterns: that of the sensor, which the camera alone knows. */
	for (int i = 0; i < OKNG_ARAVIS_CODES && shape->format->code[i]; i++) {
		shape->variant = i;
		shape->code = shape->format->code[i];
		arv_camera_set_pixel_format(s->camera, shape->code, &error);
		if (!error && arv_camera_get_pixel_format(s->camera, &error) == shape->code && !error)
			return 0;
		if (g_error_matches(error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_TIMEOUT))
			return okng_aravis_refuse(s->err, KEY "format", "not set", &error);
		g_clear_error(&error);
	}
	const char **names = arv_camera_dup_available_pixel_formats_as_strings(s->camera, &n, NULL);
	for (guint i = 0, at = 0; names && i < n && at < sizeof has; i++)
		at += (guint)snprintf(has + at, sizeof has - at, "%s%s", i ? ", " : "", names[i]);
	g_free(names);
	snprintf(what, sizeof what, "the camera does not send %s; it has %s", shape->format->name, *has ? has : "no list of its formats");
	return okng_error_set(s->err, -EINVAL, "", 0, KEY "format", "%s", what);
}

/* Offsets to 0 first: they limit what width and height can be. */
static int set_region(const struct setting *s, struct okng_aravis_shape *shape)
{
	GError *error = NULL;
	int x = s->p->x, y = s->p->y, w = s->p->width, h = s->p->height, most_w = 0, most_h = 0, least = 0;
	bool offsets = arv_camera_is_region_offset_available(s->camera, NULL);
	if (!offsets && (x || y))
		return okng_error_set(s->err, -EINVAL, "", 0, x ? KEY "x" : KEY "y", "the camera cannot shift its region of interest");
	if (offsets) {
		arv_camera_set_integer(s->camera, "OffsetX", 0, &error);
		if (!error)
			arv_camera_set_integer(s->camera, "OffsetY", 0, &error);
	}
	if (!error)
		arv_camera_get_width_bounds(s->camera, &least, &most_w, &error);
	if (!error)
		arv_camera_get_height_bounds(s->camera, &least, &most_h, &error);
	if (error)
		return okng_aravis_refuse(s->err, KEY "width", "not set", &error);
	w = w ? w : most_w - x;
	h = h ? h : most_h - y;
	if (x + w > most_w || w < 1)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "width", "x + width is %d, but the sensor has %d pixels", x + w, most_w);
	if (y + h > most_h || h < 1)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "height", "y + height is %d, but the sensor has %d rows", y + h, most_h);
	arv_camera_set_integer(s->camera, "Width", w, &error);
	if (!error)
		arv_camera_set_integer(s->camera, "Height", h, &error);
	if (!error && offsets)
		arv_camera_set_integer(s->camera, "OffsetX", x, &error);
	if (!error && offsets)
		arv_camera_set_integer(s->camera, "OffsetY", y, &error);
	if (error)
		return okng_aravis_refuse(s->err, KEY "width", "region of interest not set", &error);
	shape->width = w;
	shape->height = h;
	return 0;
}

static int check_region(const struct setting *s, const struct okng_aravis_shape *shape)
{
	GError *error = NULL;
	int x = 0, y = 0, w = 0, h = 0;
	arv_camera_get_region(s->camera, &x, &y, &w, &h, &error);
	if (error)
		return okng_aravis_refuse(s->err, KEY "width", "not read back", &error);
	const struct { const char *key; int want, took; } all[] = {{KEY "width", shape->width, w}, {KEY "height", shape->height, h},
		{KEY "x", s->p->x, x}, {KEY "y", s->p->y, y}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].want != all[i].took)
			return differs(s, all[i].key, all[i].want, all[i].took);
	if (w > OKNG_IMAGE_SIDE_MAX || h > OKNG_IMAGE_SIDE_MAX)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "width", "%d x %d pixels are more than %d", w, h, OKNG_IMAGE_SIDE_MAX);
	if (w % shape->format->group)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "width", "%d is not a multiple of %d, which %s needs", w, shape->format->group,
			shape->format->name);
	return 0;
}

static int set_exposure(const struct setting *s)
{
	GError *error = NULL;
	double took;
	if (s->p->exposure_us > 0) {
		if (arv_camera_is_exposure_auto_available(s->camera, NULL))
			arv_camera_set_exposure_time_auto(s->camera, ARV_AUTO_OFF, &error);
		if (!error)
			arv_camera_set_exposure_time(s->camera, s->p->exposure_us, &error);
		took = error ? 0 : arv_camera_get_exposure_time(s->camera, &error);
		if (error)
			return okng_aravis_refuse(s->err, KEY "exposure_us", "not set", &error);
		if (!near(s->p->exposure_us, took))
			return differs(s, KEY "exposure_us", s->p->exposure_us, took);
	}
	if (s->p->gain >= 0) {
		if (arv_camera_is_gain_auto_available(s->camera, NULL))
			arv_camera_set_gain_auto(s->camera, ARV_AUTO_OFF, &error);
		if (!error)
			arv_camera_set_gain(s->camera, s->p->gain, &error);
		took = error ? 0 : arv_camera_get_gain(s->camera, &error);
		if (error)
			return okng_aravis_refuse(s->err, KEY "gain", "not set", &error);
		if (!near(s->p->gain, took) && fabs(s->p->gain - took) > 0.05)
			return differs(s, KEY "gain", s->p->gain, took);
	}
	return 0;
}

/* A feature that must read as it was written. */
static int set_word(const struct setting *s, const char *key, const char *feature, const char *value)
{
	GError *error = NULL;
	char what[96];
	arv_camera_set_string(s->camera, feature, value, &error);
	const char *took = error ? NULL : arv_camera_get_string(s->camera, feature, &error);
	if (!error && took && strcmp(took, value) == 0)
		return 0;
	snprintf(what, sizeof what, "%.40s = %.40s", feature, value);
	if (error)
		return okng_aravis_refuse(s->err, key, what, &error);
	return okng_error_set(s->err, -EINVAL, "", 0, key, "%s, but the camera took %s", what, took ? took : "nothing");
}

static int set_delay(const struct setting *s)
{
	GError *error = NULL;
	static const char *const names[] = {"TriggerDelay", "TriggerDelayAbs"};
	const char *name = NULL;
	for (int i = 0; i < 2 && !name; i++)
		if (arv_camera_is_feature_available(s->camera, names[i], NULL))
			name = names[i];
	if (!name && s->p->trigger_delay_us <= 0)
		return 0;
	if (!name)
		return okng_error_set(s->err, -EINVAL, "", 0, KEY "trigger_delay_us", "the camera cannot delay its trigger");
	arv_camera_set_float(s->camera, name, s->p->trigger_delay_us, &error);
	double took = error ? 0 : arv_camera_get_float(s->camera, name, &error);
	if (error)
		return okng_aravis_refuse(s->err, KEY "trigger_delay_us", "not set", &error);
	return near(s->p->trigger_delay_us, took) || fabs(s->p->trigger_delay_us - took) <= 1 ? 0 :
		differs(s, KEY "trigger_delay_us", s->p->trigger_delay_us, took);
}

static int set_trigger(const struct setting *s, const char *source)
{
	static const char *const words[] = {"RisingEdge", "FallingEdge", "AnyEdge", "LevelHigh", "LevelLow"};
	static const char key[] = KEY "trigger_line";
	GError *error = NULL;
	bool line = *s->p->trigger_line;
	arv_camera_set_trigger(s->camera, source, &error);
	if (error)
		return okng_aravis_refuse(s->err, key, line ? "the line does not trigger" : "no software trigger", &error);
	int rc = set_word(s, key, "TriggerSource", source);
	if (rc == 0)
		rc = set_word(s, key, "TriggerMode", "On");
	if (rc == 0 && line && (s->p->activation != OKNG_EDGE_RISING || arv_camera_is_feature_available(s->camera, "TriggerActivation", NULL)))
		rc = set_word(s, KEY "trigger_activation", "TriggerActivation", words[s->p->activation]);
	if (rc == 0 && !line && !arv_camera_is_software_trigger_supported(s->camera, NULL))
		rc = okng_error_set(s->err, -EINVAL, "", 0, key, "the camera has no software trigger: name its input, or let it run freely (camera.rate)");
	return rc == 0 ? set_delay(s) : rc;
}

static int set_rate(const struct setting *s, double rate)
{
	GError *error = NULL;
	arv_camera_clear_triggers(s->camera, &error);
	if (!error)
		arv_camera_set_frame_rate(s->camera, rate, &error);
	double took = error ? 0 : arv_camera_get_frame_rate(s->camera, &error);
	if (error)
		return okng_aravis_refuse(s->err, "camera.rate", "not set", &error);
	if (!near(rate, took))
		return differs(s, "camera.rate", rate, took);
	return arv_camera_is_feature_available(s->camera, "TriggerMode", NULL) ? set_word(s, "camera.rate", "TriggerMode", "Off") : 0;
}

static int set_network(const struct setting *s)
{
	GError *error = NULL;
	if (!arv_camera_is_gv_device(s->camera))
		return 0;
	ArvDevice *device = arv_camera_get_device(s->camera);
	guint32 heartbeat = 0;
	if (arv_device_write_register(device, HEARTBEAT_REGISTER, HEARTBEAT_MS, &error))
		arv_device_read_register(device, HEARTBEAT_REGISTER, &heartbeat, &error);
	if (error)
		return okng_aravis_refuse(s->err, "camera.aravis", "heartbeat not set", &error);
	arv_camera_gv_set_packet_size_adjustment(s->camera, ARV_GV_PACKET_SIZE_ADJUSTMENT_NEVER);
	if (s->p->packet_size > 0)
		arv_camera_gv_set_packet_size(s->camera, s->p->packet_size, &error);
	else
		arv_camera_gv_auto_packet_size(s->camera, &error);
	int took = error ? 0 : (int)arv_camera_gv_get_packet_size(s->camera, &error);
	if (error)
		return okng_aravis_refuse(s->err, KEY "packet_size", "not set", &error);
	if (s->p->packet_size > 0 && took != s->p->packet_size)
		return differs(s, KEY "packet_size", s->p->packet_size, took);
	arv_camera_gv_set_packet_delay(s->camera, s->p->packet_delay_ns, &error);
	double delay = error ? 0 : (double)arv_camera_gv_get_packet_delay(s->camera, &error);
	if (error && s->p->packet_delay_ns > 0)
		return okng_aravis_refuse(s->err, KEY "packet_delay_ns", "not set", &error);
	g_clear_error(&error);
	if (!near(s->p->packet_delay_ns, delay) && fabs(s->p->packet_delay_ns - delay) > 1000)
		return differs(s, KEY "packet_delay_ns", s->p->packet_delay_ns, delay);
	arv_camera_gv_set_stream_options(s->camera, s->p->packet_socket ? ARV_GV_STREAM_OPTION_NONE : ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED);
	return 0;
}

int okng_aravis_setup(ArvCamera *camera, const struct okng_camera_params *params, struct okng_aravis_shape *shape, struct okng_error *err)
{
	const struct setting s = {camera, &params->aravis, err};
	GError *error = NULL;
	int rc = 0;
	/* It may still be sending to its last client, and locks its settings while it does; some have nothing to stop then. */
	arv_camera_stop_acquisition(camera, NULL);
	for (int i = 0; rc == 0 && i < s.p->n_features; i++)
		rc = okng_aravis_set_feature(arv_camera_get_device(camera), s.p->features[i], err);
	if (rc == 0)
		rc = set_format(&s, shape);
	if (rc == 0)
		rc = set_region(&s, shape);
	if (rc == 0)
		rc = check_region(&s, shape);
	if (rc == 0)
		rc = set_exposure(&s);
	if (rc == 0)
		rc = set_word(&s, "camera.aravis", "AcquisitionMode", "Continuous");
	enum okng_aravis_mode mode = okng_aravis_mode(params);
	if (rc == 0)
		rc = mode == OKNG_ARAVIS_FREE ? set_rate(&s, params->rate) : set_trigger(&s, mode == OKNG_ARAVIS_LINE ? s.p->trigger_line : "Software");
	if (rc == 0)
		rc = set_network(&s);
	if (rc < 0)
		return rc;
	shape->payload = arv_camera_get_payload(camera, &error);
	if (error)
		return okng_aravis_refuse(err, "camera.aravis", "size of a frame not known", &error);
	if (shape->payload < okng_aravis_row_bytes(shape->format, shape->width) * (size_t)shape->height)
		return okng_error_set(err, -EINVAL, "", 0, KEY "format", "the camera says that a frame of %d x %d has %zu bytes", shape->width,
			shape->height, shape->payload);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "camera/aravis_session.h"

#include <errno.h>
#include <stdlib.h>

#define BUFFERS 8 /* for what comes while the camera thread is busy */

/* In the stream's thread. */
static void on_stream(void *user, ArvStreamCallbackType type, ArvBuffer *buffer)
{
	struct okng_aravis_session *s = user;
	(void)buffer;
	if (type == ARV_STREAM_CALLBACK_TYPE_BUFFER_DONE)
		s->on.frame(s->on.user);
}

static void on_control_lost(ArvDevice *device, void *user)
{
	struct okng_aravis_session *s = user;
	(void)device;
	s->on.lost(s->on.user, s->on.session, "control of the camera was lost");
}

static void on_pulse_lost(void *user, const char *why)
{
	struct okng_aravis_session *s = user;
	s->on.lost(s->on.user, s->on.session, why);
}

static int start_stream(struct okng_aravis_session *s, struct okng_error *err)
{
	GError *error = NULL;
	const struct okng_aravis_params *p = &s->params->aravis;
	s->stream = arv_camera_create_stream(s->camera, on_stream, s, &error);
	if (!s->stream)
		return error ? okng_aravis_refuse(err, "camera.aravis", "no stream", &error) :
			okng_error_set(err, -EIO, "", 0, "camera.aravis", "no stream");
	if (ARV_IS_GV_STREAM(s->stream)) {
		g_object_set(s->stream, "packet-resend", p->resend ? ARV_GV_STREAM_PACKET_RESEND_ALWAYS : ARV_GV_STREAM_PACKET_RESEND_NEVER, NULL);
		int rc = okng_aravis_socket_buffer(ARV_GV_STREAM(s->stream), p->socket_buffer_kib, err);
		if (rc < 0)
			return rc;
	}
	for (int i = 0; i < BUFFERS; i++)
		arv_stream_push_buffer(s->stream, arv_buffer_new_allocate(s->shape.payload));
	arv_camera_start_acquisition(s->camera, &error);
	return error ? okng_aravis_refuse(err, "camera.aravis", "does not start", &error) : 0;
}

static int start_pulse(struct okng_aravis_session *s, struct okng_error *err)
{
	if (!arv_camera_is_gv_device(s->camera))
		return 0;
	ArvGvDevice *device = ARV_GV_DEVICE(arv_camera_get_device(s->camera));
	struct sockaddr_in there, here;
	if (!g_socket_address_to_native(arv_gv_device_get_device_address(device), &there, sizeof there, NULL) ||
	    !g_socket_address_to_native(arv_gv_device_get_interface_address(device), &here, sizeof here, NULL))
		return okng_error_set(err, -EIO, "", 0, "camera.aravis", "its address is not known");
	int rc = okng_aravis_pulse_open(&s->pulse, &there, &here, s->params->aravis.lost_ms, on_pulse_lost, s);
	return rc < 0 ? okng_error_set(err, rc, "", 0, "camera.aravis", "cannot be watched: %s", g_strerror(-rc)) : 0;
}

int okng_aravis_session_open(struct okng_aravis_session **session, const struct okng_camera_params *params,
	const struct okng_aravis_events *on, struct okng_error *err)
{
	*session = NULL;
	struct okng_aravis_session *s = calloc(1, sizeof *s);
	if (!s)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	s->on = *on;
	s->params = params;
	int rc = okng_aravis_connect(&s->camera, params->aravis.id, err);
	if (rc == 0) {
		s->played = okng_aravis_is_played(s->camera);
		okng_aravis_serial(s->camera, s->serial, sizeof s->serial);
		rc = okng_aravis_setup(s->camera, params, &s->shape, err);
	}
	if (rc == 0) {
		s->lost_handler = g_signal_connect(arv_camera_get_device(s->camera), "control-lost", G_CALLBACK(on_control_lost), s);
		rc = start_stream(s, err);
	}
	if (rc == 0)
		rc = start_pulse(s, err);
	*session = s;
	if (rc < 0)
		okng_aravis_session_close(session);
	return rc;
}

int okng_aravis_session_restart(struct okng_aravis_session *s, struct okng_error *err)
{
	GError *error = NULL;
	arv_camera_stop_acquisition(s->camera, &error);
	g_clear_object(&s->stream);
	return error ? okng_aravis_refuse(err, "camera.aravis", "does not stop", &error) : start_stream(s, err);
}

int okng_aravis_session_fire(struct okng_aravis_session *s, struct okng_error *err)
{
	GError *error = NULL;
	arv_camera_software_trigger(s->camera, &error);
	return error ? okng_aravis_refuse(err, "", "the trigger was refused", &error) : 0;
}

int okng_aravis_session_check(struct okng_aravis_session *s, struct okng_error *err)
{
	GError *error = NULL;
	guint32 version;
	if (s->pulse || arv_device_read_register(arv_camera_get_device(s->camera), 0, &version, &error))
		return 0;
	if (error)
		okng_aravis_refuse(err, "", "the camera does not answer", &error);
	return -EIO;
}

void okng_aravis_session_packets(const struct okng_aravis_session *s, uint64_t *resent, uint64_t *missing)
{
	guint64 r = 0, m = 0;
	if (s->stream && ARV_IS_GV_STREAM(s->stream))
		arv_gv_stream_get_statistics(ARV_GV_STREAM(s->stream), &r, &m);
	*resent += r;
	*missing += m;
}

void okng_aravis_session_close(struct okng_aravis_session **session)
{
	struct okng_aravis_session *s = *session;
	*session = NULL;
	if (!s)
		return;
	okng_aravis_pulse_close(&s->pulse);
	if (s->stream)
		arv_camera_stop_acquisition(s->camera, NULL);
	g_clear_object(&s->stream); /* ends its thread */
	if (s->lost_handler)
		g_signal_handler_disconnect(arv_camera_get_device(s->camera), s->lost_handler);
	g_clear_object(&s->camera); /* ends the thread that may be about to say that control was lost */
	free(s);
}

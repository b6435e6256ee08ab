/* SPDX-License-Identifier: Apache-2.0
 *
 * Aravis keeps one list of devices for the whole process, which each update replaces: a lock of ours holds it still
 * while it is read.
 */
#include "camera/discover.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "camera/aravis_setup.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static void put(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void describe(unsigned i, struct okng_camera_found *f)
{
	put(f->id, sizeof f->id, arv_get_device_id(i));
	put(f->vendor, sizeof f->vendor, arv_get_device_vendor(i));
	put(f->model, sizeof f->model, arv_get_device_model(i));
	put(f->serial, sizeof f->serial, arv_get_device_serial_nbr(i));
	put(f->address, sizeof f->address, arv_get_device_address(i));
	put(f->protocol, sizeof f->protocol, arv_get_device_protocol(i));
}

int okng_camera_discover(struct okng_camera_found *found, int max, struct okng_error *err)
{
	(void)err;
	pthread_mutex_lock(&list_lock);
	arv_update_device_list();
	unsigned n = arv_get_n_devices();
	for (unsigned i = 0; i < n && (int)i < max; i++)
		describe(i, &found[i]);
	pthread_mutex_unlock(&list_lock);
	return (int)n;
}

static bool is_called(const struct okng_camera_found *f, const char *id)
{
	return strcmp(id, f->id) == 0 || strcmp(id, f->serial) == 0 || strcmp(id, f->address) == 0;
}

/* The full name of the camera that id means; what is not in the list may still be reached by its address. */
static int find(char *name, size_t size, const char *id, struct okng_error *err)
{
	struct okng_camera_found f, first = {0};
	int matches = 0;
	pthread_mutex_lock(&list_lock);
	arv_update_device_list();
	unsigned n = arv_get_n_devices();
	for (unsigned i = 0; i < n; i++) {
		describe(i, &f);
		if ((*id && !is_called(&f, id)) || strcmp(f.id, first.id) == 0)
			continue;
		if (matches++ == 0)
			first = f;
		else if (matches == 2)
			okng_error_set(err, -EEXIST, "", 0, "camera.aravis.id", "%s and %s are there: say which by serial number or address",
				first.id, f.id);
	}
	pthread_mutex_unlock(&list_lock);
	if (matches > 1)
		return -EEXIST;
	if (matches == 0 && !*id)
		return okng_error_set(err, -ENODEV, "", 0, "camera.aravis.id", "no GigE Vision or USB3 Vision camera answers");
	snprintf(name, size, "%s", matches ? first.id : id);
	return 0;
}

int okng_aravis_connect(ArvCamera **camera, const char *id, struct okng_error *err)
{
	char name[sizeof((struct okng_camera_found *)0)->id];
	GError *error = NULL;
	*camera = NULL;
	if (strncmp(id, "Fake_", 5) == 0)
		arv_enable_interface("Fake");
	int rc = find(name, sizeof name, id, err);
	if (rc < 0)
		return rc;
	*camera = arv_camera_new(name, &error);
	if (!*camera || error) {
		bool absent = !error || g_error_matches(error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_NOT_FOUND);
		if (absent)
			okng_error_set(err, -ENODEV, "", 0, "camera.aravis.id", "no camera called %s answers", name);
		else
			okng_error_set(err, -EIO, "", 0, "camera.aravis.id", "%s cannot be opened: %s", name, error->message);
		g_clear_error(&error);
		g_clear_object(camera);
		return absent ? -ENODEV : -EIO;
	}
	ArvDevice *device = arv_camera_get_device(*camera);
	if (ARV_IS_GV_DEVICE(device) && !arv_gv_device_is_controller(ARV_GV_DEVICE(device))) {
		g_clear_object(camera);
		return okng_error_set(err, -EBUSY, "", 0, "camera.aravis.id", "%s is controlled by another program", name);
	}
	return 0;
}

void okng_aravis_serial(ArvCamera *camera, char *text, size_t size)
{
	GError *error = NULL;
	const char *serial = arv_camera_get_device_serial_number(camera, &error);
	snprintf(text, size, "%s", serial && !error ? serial : "");
	g_clear_error(&error);
}

bool okng_aravis_is_played(ArvCamera *camera)
{
	const char *vendor = arv_camera_get_vendor_name(camera, NULL), *model = arv_camera_get_model_name(camera, NULL);
	return vendor && model && strcmp(vendor, "Aravis") == 0 && strcmp(model, "Fake") == 0;
}
